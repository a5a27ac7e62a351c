//! The state: whether it is whole, and the tokens that are tried.

use std::path::Path;
use std::sync::Arc;

use super::super::control::{self, NoDaemon};
use super::super::desk::{Answer, Ask};
use super::super::failure::{Exit, Failure};
use super::super::state::{self, NotHeld, State};
use super::super::tokens;
use super::Item;
use super::machine::{Daemon, of_failure, rights, space};
use crate::adapters::memory::base::MemoryBase;
use crate::adapters::oauth::{Grant, Lent};
use crate::adapters::zoom::account::user_grant;
use crate::domain::ids::CalendarName;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::settings::resolved::Auth;

const STATE: &str = "state";

/// Where Zoom's tokens come from.
pub(super) enum Tokens {
    /// Asked for anew, and forgotten: an account-wide app gets as many as it asks for.
    Anew,
    /// From the state, and back into it.
    Kept(Arc<dyn Base>),
    /// One that the daemon lent.
    Lent(Lent),
    /// They cannot be had: why is said.
    None,
}

/// The state, as far as it is needed here.
pub(super) struct StateSeen {
    pub(super) items: Vec<Item>,
    pub(super) tokens: Tokens,
    /// Where the tokens of calendars are; none where they cannot be had, and why is said.
    pub(super) kept: Option<Arc<dyn Base>>,
    /// The calendars for which the daemon had none to lend.
    pub(super) not_lent: Vec<CalendarName>,
}

/// Looks at the state, and opens it only where tokens have to go through it.
pub(super) async fn state(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    daemon: &Daemon,
) -> StateSeen {
    let dir = &settings.state_dir;
    let mut items = vec![rights(dir), space(dir)];
    let grant = match &settings.zoom.auth {
        Some(Auth::User { client_id, .. }) => Some(user_grant(&settings.zoom.oauth_url, client_id)),
        Some(Auth::ServerToServer { .. }) | None => None,
    };
    let usable = items.iter().all(|item| item.exit == Exit::Done);
    let calendars = grants(settings);
    let needed = grant.is_some() || !calendars.is_empty();
    let anew = |grant: Option<Grant>| match grant {
        Some(_) => Tokens::None,
        None => Tokens::Anew,
    };
    let is_new = ["db", "generation"]
        .iter()
        .all(|name| !dir.join(name).exists());
    let mut not_lent = Vec::new();
    let (tokens, kept) = match daemon {
        Daemon::Running(_) => {
            let (kept, without) = lent_to_calendars(dir, &calendars, &mut items).await;
            not_lent = without;
            let tokens = match grant {
                Some(grant) => lent(dir, grant, &mut items).await,
                None => Tokens::Anew,
            };
            (tokens, Some(kept))
        }
        _ if !usable => (anew(grant), None),
        // There is nothing to be had from a state that is not there, and nothing to keep in it.
        _ if is_new && !is_seeded(settings) => {
            let nothing: Arc<dyn Base> = Arc::new(MemoryBase::new());
            let tokens = match grant {
                Some(_) => Tokens::Kept(nothing.clone()),
                None => Tokens::Anew,
            };
            (tokens, Some(nothing))
        }
        _ if !needed => {
            let seen = state::open_to_read(dir, clock.as_ref());
            items.push(of_opened(dir, seen.map(drop)));
            (Tokens::Anew, None)
        }
        _ => match state::open_if_whole(dir, clock.as_ref()) {
            Ok(State { base, .. }) => {
                if is_new && let Some(rights) = items.first_mut() {
                    "made now: Zoom gives another token in place of zoom.auth.refresh_token, and that has to be kept"
                        .clone_into(&mut rights.seen);
                }
                items.push(of_opened(dir, Ok(())));
                let tokens = match grant {
                    Some(_) => Tokens::Kept(base.clone()),
                    None => Tokens::Anew,
                };
                (tokens, Some(base))
            }
            Err(why) => {
                items.push(of_opened(dir, Err(why)));
                (anew(grant), None)
            }
        },
    };
    StateSeen {
        items,
        tokens,
        kept,
        not_lent,
    }
}

/// Whether the configuration has a refresh token to begin with. It works once.
fn is_seeded(settings: &Settings) -> bool {
    let auth = settings.zoom.auth.as_ref();
    matches!(auth, Some(Auth::User { refresh_token, .. }) if refresh_token.is_some())
}

/// The logins of all calendars.
fn grants(settings: &Settings) -> Vec<(&CalendarName, Grant)> {
    let names = settings.calendars.iter().map(|calendar| &calendar.name);
    names
        .filter_map(|name| Some((name, tokens::grant(name, tokens::oauth(settings, name)?))))
        .collect()
}

/// What the running daemon lends of the tokens of calendars.
async fn lent_to_calendars(
    dir: &Path,
    grants: &[(&CalendarName, Grant)],
    items: &mut Vec<Item>,
) -> (Arc<dyn Base>, Vec<CalendarName>) {
    let base: Arc<dyn Base> = Arc::new(MemoryBase::new());
    let mut without = Vec::new();
    for (name, grant) in grants {
        let ask = Ask::AccessToken {
            grant: grant.clone(),
        };
        let kept = match control::ask(dir, &ask).await {
            Ok(Answer::AccessToken(Some(lent))) => grant.keep(lent, base.clone()).await,
            _ => Ok(false),
        };
        if !matches!(kept, Ok(true)) {
            without.push((*name).clone());
            items.push(Item::warning(
                "calendar token",
                name.as_str(),
                "the running daemon has none that is good now, and it alone may renew it",
                format!(
                    "`slotbridge sync` has the daemon run a pass, which renews it; if that is refused, run `{}`",
                    tokens::command(name)
                ),
            ));
        }
    }
    (base, without)
}

async fn lent(dir: &Path, grant: Grant, items: &mut Vec<Item>) -> Tokens {
    match control::ask(dir, &Ask::AccessToken { grant }).await {
        Ok(Answer::AccessToken(Some(lent))) => Tokens::Lent(lent),
        Ok(_) => {
            items.push(Item::warning(
                "Zoom token",
                "zoom.auth",
                "the running daemon has none that is good now, and it alone may renew it",
                "run this again after the next pass: `slotbridge sync` has the daemon run one now",
            ));
            Tokens::None
        }
        Err(NoDaemon::Broken(failure)) => {
            items.push(of_failure("Zoom token", "zoom.auth", &failure));
            Tokens::None
        }
        Err(NoDaemon::Absent) => {
            items.push(Item::warning(
                "Zoom token",
                "zoom.auth",
                "not tried: the daemon ended meanwhile",
                "run this again",
            ));
            Tokens::None
        }
    }
}

fn of_opened(dir: &Path, opened: Result<(), NotHeld>) -> Item {
    match opened {
        Ok(()) => Item::ok(STATE, dir.display().to_string(), "whole"),
        Err(why) => of_failure(STATE, dir.display().to_string(), &Failure::from(why)),
    }
}
