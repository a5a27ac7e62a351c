//! A login, begun in the command and finished by who holds the state: the daemon over its socket,
//! else the command itself. Authorisation code with PKCE (RFC 6749, RFC 7636, RFC 8252).

mod app;
/// What came back from the page, and whether it is ours.
pub mod callback;
/// The door that the browser comes back to.
pub mod listener;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::adapters::memory::base::MemoryBase;
use crate::adapters::oauth::Authority;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::settings::Settings;

pub use app::App;

use super::control::{self, NoDaemon};
use super::desk::{Answer, Ask, exit_of};
use super::failure::{Exit, Failure};
use super::siblings::{self, Beside};
use super::state::{self, Patience, State};
use super::{compose, tokens};

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    fn secret(&self) -> SecretString {
        SecretString::from(self.0.clone())
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a login came back with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    text: Hidden,
    redirect_uri: String,
    /// None where the login was not begun by us.
    verifier: Option<Hidden>,
}

/// A login to finish; without a code, only whether that could be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Of which app.
    pub app: App,
    /// What it came back with.
    pub code: Option<Code>,
}

/// A login to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logout {
    /// Of which app.
    pub app: App,
    /// Without a word to the server.
    pub only_here: bool,
}

/// A login under way.
pub struct Attempt {
    state: Hidden,
    verifier: Hidden,
    redirect_uri: String,
    address: Url,
    app: App,
}

impl Attempt {
    /// Begins a login that ends at `redirect_uri`. `random` makes the two secrets of it.
    #[must_use]
    pub fn begin(app: &App, redirect_uri: String, random: &[[u8; 32]; 2]) -> Self {
        let [state, verifier] = random.map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let mut address = app.page();
        address
            .query_pairs_mut()
            .append_pair("redirect_uri", &redirect_uri)
            .append_pair("state", &state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Self {
            state: Hidden(state),
            verifier: Hidden(verifier),
            redirect_uri,
            address,
            app: app.clone(),
        }
    }

    /// Where the person agrees.
    #[must_use]
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Where the browser ends.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }
}

/// Has it done by the daemon where one runs, else here. A pass that holds the state is waited for.
///
/// # Errors
/// As [`answer`]; and when somebody else holds the state for long.
pub async fn hand_over(
    ask: &Ask,
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Answer, Failure> {
    let mut patience = Patience::default();
    loop {
        match control::ask(&settings.state_dir, ask).await {
            Ok(Answer::Failed { exit, words }) => {
                return Err(Failure {
                    exit: exit_of(exit),
                    words,
                });
            }
            Ok(answer) => return Ok(answer),
            Err(NoDaemon::Broken(failure)) => return Err(failure),
            Err(NoDaemon::Absent) => {}
        }
        // Asking makes no state.
        if matches!(ask, Ask::Calendars(_)) && !settings.state_dir.join("db").exists() {
            let nothing: Arc<dyn Base> = Arc::new(MemoryBase::new());
            return answer(ask, settings, &nothing, clock).await;
        }
        match state::open_if_whole(&settings.state_dir, clock.as_ref()) {
            Ok(State { base, .. }) => return answer(ask, settings, &base, clock).await,
            Err(why) => patience.wait(why, clock.as_ref()).await?,
        }
    }
}

/// Finishes or ends a login with the state that this process holds.
///
/// # Errors
/// When the server refuses, cannot be reached, or the state cannot be written.
pub async fn answer(
    ask: &Ask,
    settings: &Settings,
    base: &Arc<dyn Base>,
    clock: &Arc<dyn Clock>,
) -> Result<Answer, Failure> {
    let (Ask::Login(Login { app, .. })
    | Ask::Logout(Logout { app, .. })
    | Ask::Calendars(Beside { app, .. })) = ask
    else {
        return Err(not_ours());
    };
    let same_place = match ask {
        Ask::Calendars(beside) => beside.is_in(settings),
        _ => true,
    };
    if !same_place || *app != app.again(settings)? {
        let whose = app.calendar().map_or_else(
            || "another Zoom app".to_owned(),
            |name| format!("another app for the calendar {name}"),
        );
        return Err(Failure::new(
            Exit::Usage,
            format!("the running daemon works with {whose} than this configuration names"),
            "have it read the configuration again (`systemctl reload slotbridge`, or SIGHUP), then try again",
        ));
    }
    // The code is looked at only now: whatever can be wrong before does not use it up.
    let live = compose::Secrets::of(settings, clock);
    if let Some(name) = app.calendar() {
        let oauth = tokens::named(settings, name)?;
        let secret = live.calendars.get(name);
        let secret = secret.cloned().unwrap_or_else(|| "".into());
        if matches!(ask, Ask::Calendars(_)) {
            let found = siblings::found(settings, name, Some(secret), base, clock);
            return Box::pin(found).await.map(Answer::Found);
        }
        // A login that could not be finished is not begun.
        secret.get().await?;
        let authority = tokens::authority(name, oauth, secret, base, clock)?;
        return ended(ask, app, &authority).await;
    }
    if let Some(secret) = &live.client {
        secret.get().await?;
    }
    let account = compose::zoom_account(settings, &live, base, clock)?;
    ended(ask, app, account.authority()).await
}

async fn ended(ask: &Ask, app: &App, authority: &Authority) -> Result<Answer, Failure> {
    Ok(match ask {
        Ask::Login(Login {
            code: Some(code), ..
        }) => {
            let verifier = code.verifier.as_ref().map(Hidden::secret);
            let exchanged = authority
                .exchange_code(&code.text.secret(), &code.redirect_uri, verifier.as_ref())
                .await;
            Answer::LoggedIn(exchanged.map_err(|error| not_kept(error, app))?)
        }
        Ask::Logout(Logout { only_here, .. }) => {
            let was = if *only_here {
                authority.forget().await?
            } else {
                authority.log_out().await?
            };
            Answer::Done(u64::from(was))
        }
        _ => Answer::Done(0),
    })
}

/// A command ends with what it could not write down.
fn not_kept(error: crate::ports::error::Error, app: &App) -> Failure {
    use crate::ports::error::Kind;
    if matches!(error.kind(), Kind::Local | Kind::State) {
        return Failure::new(
            Exit::State,
            error,
            format!(
                "make room in state_dir and check its rights, then run `{}` again: this login is lost",
                app.command()
            ),
        );
    }
    error.into()
}

fn not_ours() -> Failure {
    Failure::new(
        Exit::Attention,
        "this is neither a login nor a logout",
        "please report this",
    )
}

/// Tries an app that needs no login. What it may do; nothing where Zoom does not say.
///
/// # Errors
/// When Zoom refuses it or cannot be reached.
pub async fn try_credentials(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<String>, Failure> {
    // Such an app gets as many tokens as it asks for: this one is thrown away.
    let base: Arc<dyn Base> = Arc::new(MemoryBase::new());
    let secrets = compose::Secrets::of(settings, clock);
    let account = compose::zoom_account(settings, &secrets, &base, clock)?;
    Ok(account.authority().try_credentials().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_carries_the_challenge_and_never_the_verifier() {
        let app = App::sample();
        let uri = "http://127.0.0.1:5/callback";
        let attempt = Attempt::begin(&app, uri.to_owned(), &[[1; 32], [2; 32]]);
        let address = attempt.address();
        assert_eq!(address.path(), "/oauth/authorize");
        let said: std::collections::BTreeMap<_, _> = address.query_pairs().into_owned().collect();
        assert_eq!(said["response_type"], "code");
        assert_eq!(said["client_id"], "an id");
        assert_eq!(said["redirect_uri"], uri);
        assert_eq!(said["state"], attempt.state.0);
        assert_eq!(said["code_challenge_method"], "S256");
        let expected = URL_SAFE_NO_PAD.encode(Sha256::digest(&attempt.verifier.0));
        assert_eq!(said["code_challenge"], expected);
        assert!((43..=128).contains(&attempt.verifier.0.len()));
        assert_ne!(attempt.verifier, attempt.state);
        assert!(!address.as_str().contains(&attempt.verifier.0));
    }

    #[test]
    fn what_is_handed_over_shows_no_secret() {
        let code = Code {
            text: Hidden("hush-code".to_owned()),
            redirect_uri: "http://127.0.0.1:5/callback".to_owned(),
            verifier: Some(Hidden("hush-verifier".to_owned())),
        };
        assert!(!format!("{code:?}").contains("hush"));
        let sent = serde_json::to_string(&code).unwrap();
        assert_eq!(serde_json::from_str::<Code>(&sent).unwrap(), code);
    }
}
