//! Answers what a person asks of the state: in the daemon over its socket, else in the command
//! itself. One function, so that both say the same.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::adapters::oauth::{Grant, Lent};
use crate::adapters::store::OpenError;
use crate::domain::feed::FeedName;
use crate::domain::ids::{HostName, WaitingId};
use crate::domain::waiting::{About, Conflict, Decision, Held, HeldAction};
use crate::engine::ledger::Ledger;
use crate::engine::waiting;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind};
use crate::settings::Settings;

use super::control::{self, NoDaemon};
use super::failure::{Exit, Failure};
use super::feeds::{Address, FeedText};
use super::login::{Login, Logout};
use super::round::Round;
use super::seek::Found;
use super::siblings::Beside;
use super::state::{self, Patience, State};
use super::status::{self, Status};

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// How each host is.
    Status,
    /// Where the daemon serves HTTP; it alone knows.
    Listening,
    /// Every conflict.
    Conflicts,
    /// A decision about a conflict.
    Decide {
        /// Which.
        id: WaitingId,
        /// What.
        decision: Decision,
    },
    /// Every held action.
    Held,
    /// Do it after all.
    Release {
        /// Which; all of them without.
        id: Option<WaitingId>,
    },
    /// Leave both sides as they are.
    Drop {
        /// Which; all of them without.
        id: Option<WaitingId>,
    },
    /// Where each feed is.
    Feeds,
    /// Another address for a feed.
    RotateFeed {
        /// Which.
        name: FeedName,
    },
    /// What each feed says.
    FeedTexts,
    /// Whether the state is whole.
    Verify,
    /// A pass now; the daemon alone can.
    Sync {
        /// Only plan.
        dry_run: bool,
        /// Look at everything.
        full: bool,
        /// Only this host.
        host: Option<HostName>,
    },
    /// Everything, as JSON Lines; they follow the answer.
    Export,
    /// A login to finish.
    Login(Login),
    /// A login to end.
    Logout(Logout),
    /// The calendars beside one that a person logs in to.
    Calendars(Beside),
    /// The access token of this grant, if one is good; never what it is renewed with.
    AccessToken {
        /// Which.
        grant: Grant,
    },
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "of", rename_all = "kebab-case")]
pub enum Answer {
    /// To `Status`.
    Status(Status),
    /// To `Listening`; nothing where it serves no HTTP.
    Listening(Option<std::net::SocketAddr>),
    /// To `Conflicts`.
    Conflicts(Vec<Conflict>),
    /// To `Held`.
    Held(Vec<HeldShown>),
    /// To `Feeds` and `RotateFeed`.
    Feeds(Vec<Address>),
    /// To `FeedTexts`.
    FeedTexts(Vec<FeedText>),
    /// So many things were done.
    Done(u64),
    /// To `Verify`: what stands there, and what is wrong with it.
    Verified {
        /// How many records there are.
        records: u64,
        /// What is wrong.
        problems: Vec<String>,
    },
    /// To `Sync`.
    Synced {
        /// What was done.
        round: Box<Round>,
        /// The exit code.
        exit: u8,
    },
    /// To `Export`: so many bytes follow.
    Bytes(u64),
    /// To `Login`: what the token may do; nothing where Zoom does not say.
    LoggedIn(Vec<String>),
    /// To `Calendars`.
    Found(Found),
    /// To `AccessToken`.
    AccessToken(Option<Lent>),
    /// It could not be done.
    Failed {
        /// The exit code.
        exit: u8,
        /// Why, and what to do.
        words: String,
    },
}

/// What is held, and of which time the booking is, where that is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldShown {
    /// The action.
    #[serde(flatten)]
    pub held: Held,
    /// When the booking begins.
    #[serde(default)]
    pub start: Option<Timestamp>,
    /// When it ends.
    #[serde(default)]
    pub end: Option<Timestamp>,
}

impl HeldShown {
    fn of(base: &dyn Base, scopes: &[waiting::Scope<'_>], held: Held) -> Result<Self, Error> {
        let calendar = scopes.iter().find(|(host, _)| **host == held.host);
        let link = match (&held.about, calendar) {
            (About::Booking(booking), Some((host, Some(calendar)))) => {
                Ledger::new(base, host, calendar).link(booking)?
            }
            _ => None,
        };
        Ok(Self {
            held,
            start: link.as_ref().map(|link| link.start),
            end: link.as_ref().map(|link| link.end),
        })
    }
}

impl Ask {
    /// Whether the answer changes what the next pass does.
    #[must_use]
    pub fn decides(&self) -> bool {
        match self {
            Self::Decide { .. } | Self::Release { .. } | Self::Drop { .. } => true,
            Self::Login(login) => login.code.is_some(),
            Self::Status
            | Self::Listening
            | Self::Conflicts
            | Self::Held
            | Self::Feeds
            | Self::RotateFeed { .. }
            | Self::FeedTexts
            | Self::Verify
            | Self::Export
            | Self::Logout(_)
            | Self::Calendars(_)
            | Self::AccessToken { .. }
            | Self::Sync { .. } => false,
        }
    }

    /// Whether the answer may write to the state.
    fn writes(&self) -> bool {
        // A feed that is asked about for the first time gets an address.
        self.decides() || self.is_of_feeds()
    }

    fn is_of_feeds(&self) -> bool {
        self.lists_feeds() || matches!(self, Self::RotateFeed { .. })
    }

    fn lists_feeds(&self) -> bool {
        matches!(self, Self::Feeds | Self::FeedTexts)
    }
}

/// Answers from a state that this process holds. `Export`, and what works with a login, are
/// not answered here.
///
/// # Errors
/// When the state cannot be read or written, or there is no such item.
pub async fn answer(
    ask: &Ask,
    state: &State,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Answer, Failure> {
    let base = state.base.as_ref();
    let scopes = scopes(settings);
    Ok(match ask {
        Ask::Status => Answer::Status(status::read(base, settings, clock.now())?),
        // Without a daemon there is nothing that listens.
        Ask::Listening => Answer::Listening(None),
        Ask::Conflicts => Answer::Conflicts(waiting::conflicts(base, &scopes)?),
        Ask::Held => {
            let held = waiting::held(base, &scopes)?.into_iter();
            let shown = held.map(|held| HeldShown::of(base, &scopes, held));
            Answer::Held(shown.collect::<Result<_, _>>()?)
        }
        Ask::Decide { id, decision } => {
            let decided = waiting::decide(base, &scopes, id, *decision).await;
            decided.map_err(named_by_a_person)?;
            Answer::Done(1)
        }
        Ask::Release { id: Some(id) } => {
            let released = waiting::release(base, &scopes, id).await;
            released.map_err(named_by_a_person)?;
            Answer::Done(1)
        }
        Ask::Release { id: None } => {
            let mut count = 0;
            for held in waiting::held(base, &scopes)? {
                if held.waits() {
                    waiting::release(base, &scopes, &held.id).await?;
                    count += 1;
                }
            }
            Answer::Done(count)
        }
        Ask::Drop { id: Some(id) } => {
            let dropped = waiting::drop_held(base, &scopes, id).await;
            dropped.map_err(named_by_a_person)?;
            Answer::Done(1)
        }
        Ask::Drop { id: None } => {
            let mut count = 0;
            for held in waiting::held(base, &scopes)? {
                if held.what != HeldAction::KeptTime {
                    waiting::drop_held(base, &scopes, &held.id).await?;
                    count += 1;
                }
            }
            Answer::Done(count)
        }
        Ask::Feeds => Answer::Feeds(state.feeds.addresses()),
        Ask::RotateFeed { name } => {
            let rotated = state.feeds.rotate(name).await;
            Answer::Feeds(vec![rotated.map_err(named_by_a_person)?])
        }
        Ask::FeedTexts => Answer::FeedTexts(state.feeds.texts()),
        Ask::Verify => {
            let report = state.store.verify();
            Answer::Verified {
                records: report.pairs,
                problems: report.problems,
            }
        }
        Ask::AccessToken { grant } => {
            Answer::AccessToken(grant.lend(state.base.clone(), clock.now())?)
        }
        Ask::Sync { .. } => {
            return Err(Failure::new(
                Exit::Attention,
                "only the daemon's own loop runs its passes",
                "use `slotbridge sync`",
            ));
        }
        Ask::Export => {
            return Err(Failure::new(
                Exit::Attention,
                "an export is not one answer",
                "use `slotbridge state export`",
            ));
        }
        Ask::Login(_) | Ask::Logout(_) | Ask::Calendars(_) => {
            return Err(Failure::new(
                Exit::Attention,
                "a login is not answered from the state",
                "use `slotbridge login`",
            ));
        }
    })
}

/// Every host with the calendar that its bookings go to.
pub(super) fn scopes(settings: &Settings) -> Vec<waiting::Scope<'_>> {
    let hosts = settings.hosts.iter();
    let scopes = hosts.map(|host| {
        let bookings = host.bookings.as_ref();
        (&host.name, bookings.map(|bookings| &bookings.calendar))
    });
    scopes.collect()
}

/// An id that nobody knows was mistyped.
fn named_by_a_person(error: Error) -> Failure {
    let missing = error.kind() == Kind::Missing;
    let mut failure = Failure::from(error);
    if missing {
        failure.exit = Exit::Usage;
    }
    failure
}

/// Asks the daemon where one runs, else opens the state and answers here. A pass that holds the
/// state is waited for.
///
/// # Errors
/// As [`answer`]; and when somebody else holds the state for long.
pub async fn ask(ask: &Ask, settings: &Settings, clock: &dyn Clock) -> Result<Answer, Failure> {
    let mut patience = Patience::default();
    let state = loop {
        match control::ask(&settings.state_dir, ask).await {
            Ok(Answer::Failed { exit, words }) => {
                return Err(Failure {
                    exit: exit_of(exit),
                    words,
                });
            }
            Ok(answer) => return Ok(answer),
            Err(NoDaemon::Broken(failure)) => return Err(failure),
            Err(NoDaemon::Absent) if *ask == Ask::Status && !is_there(&settings.state_dir) => {
                return Ok(Answer::Status(status::before_any_pass(settings)));
            }
            Err(NoDaemon::Absent) => {}
        }
        // Addresses that are there already can be listed without writing.
        let read_alone = ask.lists_feeds() && OpenError::of_root(&settings.state_dir).is_some();
        let opened = if ask.writes() && !read_alone {
            state::open_if_whole(&settings.state_dir, clock)
        } else {
            state::open_to_read(&settings.state_dir, clock)
        };
        match opened {
            Ok(state) => break state,
            Err(why) => patience.wait(why, clock).await?,
        }
    };
    // The daemon does both by itself.
    if ask.is_of_feeds() {
        state.feeds.follow(settings).await?;
    }
    if *ask == Ask::FeedTexts
        && let Some(error) = state.feeds.refresh(clock.now()).await.into_iter().next()
    {
        return Err(error.into());
    }
    answer(ask, &state, settings, clock).await
}

fn is_there(state_dir: &Path) -> bool {
    state_dir.join("db").exists()
}

/// The exit code that was told.
pub(crate) fn exit_of(code: u8) -> Exit {
    match code {
        0 => Exit::Done,
        2 => Exit::Usage,
        3 => Exit::Denied,
        4 => Exit::Unreachable,
        5 => Exit::State,
        _ => Exit::Attention,
    }
}
