//! The tokens of calendars that a person logs in to: whose they are, where they come from, and how
//! errors call all of that.

use std::sync::Arc;
use std::time::Duration;

use crate::adapters::backoff::Jitter;
use crate::adapters::caldav;
use crate::adapters::http_client::{HttpClient, Timeouts};
use crate::adapters::oauth::{self, Authority, Grant, Party, Way, Words};
use crate::domain::ids::CalendarName;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error;
use crate::ports::secret::LiveSecret;
use crate::settings::Settings;
use crate::settings::resolved::{CalendarPlace, Credentials, OAuth};

use super::failure::{Exit, Failure};
use super::signals;

const FIRST_WAIT: Duration = Duration::from_millis(200);

/// How long an answer with tokens may take from the signal to end on: one that is not read loses a
/// login whose refresh tokens are good for one use. systemd kills after 20 s (`TimeoutStopSec` of our
/// units), and the process itself has to end in that time.
const LAST_WAIT: Duration = Duration::from_secs(12);

/// Ends what is under way with tokens, before the process ends.
pub async fn finished() {
    oauth::finished(signals::left_of(LAST_WAIT)).await;
}

/// How a calendar is logged in to, where it is.
#[must_use]
pub fn oauth<'a>(settings: &'a Settings, name: &CalendarName) -> Option<&'a OAuth> {
    match &settings.calendar(name)?.place {
        CalendarPlace::Caldav {
            credentials: Credentials::OAuth(oauth),
            ..
        } => Some(oauth),
        CalendarPlace::Caldav { .. } | CalendarPlace::Ics { .. } | CalendarPlace::Vdir { .. } => {
            None
        }
    }
}

/// The same for a calendar that a person named.
///
/// # Errors
/// When there is no such calendar, or nobody logs in to it.
pub fn named<'a>(settings: &'a Settings, name: &CalendarName) -> Result<&'a OAuth, Failure> {
    if settings.calendar(name).is_none() {
        return Err(no_calendar(name));
    }
    oauth(settings, name).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("nobody logs in to the calendar \"{name}\": it has no [calendar.oauth]"),
            "its password or token stands in the configuration; `slotbridge check` tries it",
        )
    })
}

/// What a person is told who named a calendar that is not there.
pub(super) fn no_calendar(name: &CalendarName) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("there is no calendar \"{name}\" in the configuration"),
        "`slotbridge config show` lists them",
    )
}

/// Whose tokens they are: calendars that name the same account share a login.
#[must_use]
pub fn whose(name: &CalendarName, oauth: &OAuth) -> String {
    match &oauth.account {
        Some(account) => format!("account/{account}"),
        None => format!("calendar/{name}"),
    }
}

/// Which tokens in the state they are.
#[must_use]
pub fn grant(name: &CalendarName, oauth: &OAuth) -> Grant {
    Grant::of(&oauth.token_url, &oauth.client_id, &whose(name, oauth))
}

/// What a person types to log in.
#[must_use]
pub fn command(name: &CalendarName) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.as_str().chars().all(plain) {
        format!("slotbridge login --calendar {name}")
    } else {
        format!("slotbridge login --calendar '{name}'")
    }
}

/// What a person calls the server.
#[must_use]
pub fn server(oauth: &OAuth) -> String {
    let host = oauth.token_url.host_str().unwrap_or("the server");
    if host == "oauth2.googleapis.com" {
        "Google".to_owned()
    } else {
        host.to_owned()
    }
}

/// What gives out the access tokens of a calendar. `kept` is the state itself, even in a dry run.
///
/// # Errors
/// `Local` when no TLS roots can be loaded.
pub fn authority(
    name: &CalendarName,
    oauth: &OAuth,
    client_secret: LiveSecret,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> error::Result<Authority> {
    let http = HttpClient::new(Timeouts::default(), Arc::default(), clock.clone())?;
    let party = Party {
        token_url: oauth.token_url.clone(),
        revoke_url: oauth.revoke_url.clone(),
        client_id: oauth.client_id.clone(),
        client_secret,
        way: Way::User {
            refresh_token: None,
        },
        whose: whose(name, oauth),
        place: oauth.token_url.clone(),
        may_read_query: false,
        first_wait: FIRST_WAIT,
        words: words(name, oauth),
    };
    let jitter = Arc::new(Jitter::random());
    Ok(Authority::new(
        http,
        party,
        kept.clone(),
        clock.clone(),
        jitter,
    ))
}

/// Who asks for a calendar. `secret` is what its configuration keeps secret.
///
/// # Errors
/// As [`authority`].
pub(super) fn credentials(
    name: &CalendarName,
    credentials: &Credentials,
    secret: Option<LiveSecret>,
    kept: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> error::Result<caldav::Credentials> {
    let secret = secret.unwrap_or_else(|| "".into());
    Ok(match credentials {
        Credentials::None => caldav::Credentials::None,
        Credentials::Password { username, .. } => caldav::Credentials::Password {
            username: username.clone(),
            password: secret,
        },
        Credentials::Bearer(_) => caldav::Credentials::Bearer(secret),
        Credentials::OAuth(oauth) => caldav::Credentials::Login {
            whose: whose(name, oauth),
            authority: Arc::new(authority(name, oauth, secret, kept, clock)?),
        },
    })
}

fn words(name: &CalendarName, oauth: &OAuth) -> Words {
    let (login, table) = (command(name), format!("calendar.{name}.oauth"));
    Words {
        server: server(oauth),
        address: format!("{table}.token_url"),
        ended: format!(
            "run `{login}`; a login ends when it is taken back there or the password changes, and with \
             Google after 7 days as long as the app's publishing status is \"testing\""
        ),
        no_refresh: format!(
            "take slotbridge's access away in the settings of that account, and run `{login}` again"
        ),
        refused: format!("run `{login}` again"),
        login,
        table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::secret::Secret;

    fn app(account: Option<&str>) -> OAuth {
        let page: url::Url = "https://oauth2.googleapis.com/token".parse().unwrap();
        OAuth {
            client_id: "id".to_owned(),
            client_secret: Secret::plain("calendar.work.oauth.client_secret", "hush"),
            authorize_url: page.clone(),
            token_url: page,
            revoke_url: None,
            scope: None,
            account: account.map(str::to_owned),
        }
    }

    #[test]
    fn only_calendars_that_name_the_same_account_share_a_login() {
        let [work, team] = ["work", "team"].map(CalendarName::new);
        let (alice, bob, nobody) = (app(Some("alice")), app(Some("bob")), app(None));
        assert_eq!(grant(&work, &alice), grant(&team, &alice));
        assert_ne!(grant(&work, &alice), grant(&work, &bob));
        assert_ne!(grant(&work, &nobody), grant(&team, &nobody));
        // An account that is called like a calendar is none.
        assert_ne!(grant(&work, &nobody), grant(&work, &app(Some("work"))));
    }

    #[test]
    fn what_is_typed_names_the_calendar_as_a_shell_reads_it() {
        let command = |name: &str| command(&CalendarName::new(name));
        assert_eq!(command("work"), "slotbridge login --calendar work");
        assert_eq!(command("my work"), "slotbridge login --calendar 'my work'");
        assert_eq!(server(&app(None)), "Google");
    }
}
