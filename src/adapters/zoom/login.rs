//! A login begins and ends: a code becomes tokens, tokens are revoked and forgotten.

use secrecy::{ExposeSecret, SecretString};

use super::auth::{Authority, account_refused};
use super::config::Auth;
use super::token_endpoint::{Granted, Scopes};
use crate::ports::error::{Error, Kind, Result};

impl Authority {
    /// Turns the code of a login into tokens (RFC 6749 section 4.1.3, RFC 7636), and saves them.
    /// There is no verifier where the login was not begun by us (Zoom's marketplace). Gives what
    /// the token may do; nothing where Zoom does not say.
    ///
    /// # Errors
    /// `Denied` when the code or its verifier is refused; `Local` when the tokens could not be
    /// saved.
    pub async fn exchange_code(
        &self,
        code: &SecretString,
        redirect_uri: &str,
        verifier: Option<&SecretString>,
    ) -> Result<Scopes> {
        let doing = "logging in to Zoom";
        let mut state = self.settled().await?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect_uri),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.expose_secret())));
        match self.endpoint.ask(&form, doing, &self.jitter).await? {
            // It would end within the hour.
            Granted::Grant(grant) if grant.refresh_token.is_none() => {
                Err(Error::new(Kind::Denied, doing)
                    .because("Zoom gave no refresh token")
                    .hint(
                        "use an app that users log in to: *General App*, user-managed, in Zoom's \
                         marketplace",
                    ))
            }
            Granted::Grant(grant) => {
                let scopes = grant.scopes();
                self.keep(&mut state, grant, None).await?;
                Ok(scopes)
            }
            Granted::Invalid => Err(Error::new(Kind::Denied, doing)
                .because("Zoom refused the code of this login (invalid_grant)")
                .hint(
                    "run `slotbridge login` again; a code works once, for a few minutes, and only \
                     with the redirect address that it was asked for with",
                )),
        }
    }

    /// Asks for a token of an app that needs no login, and keeps nothing. Gives what the token may
    /// do; nothing where Zoom does not say.
    ///
    /// # Errors
    /// `Denied` when the credentials are refused, or the app is one that users log in to.
    pub async fn try_credentials(&self) -> Result<Scopes> {
        let doing = "asking Zoom for an access token";
        let Auth::ServerToServer { account_id, .. } = &self.auth else {
            return Err(Error::new(Kind::Denied, doing)
                .because("this app needs a login")
                .hint("run `slotbridge login`"));
        };
        match self.ask_for_account(account_id, doing).await? {
            Granted::Grant(grant) => Ok(grant.scopes()),
            Granted::Invalid => Err(account_refused(doing)),
        }
    }

    /// Ends the login: revokes what is saved (RFC 7009), then forgets it. Whether there was any.
    ///
    /// # Errors
    /// As Zoom answers; then nothing is forgotten.
    pub async fn log_out(&self) -> Result<bool> {
        let mut state = self.settled().await?;
        let Some(saved) = state.saved.clone() else {
            return Ok(false);
        };
        // Zoom ends a login by an access token, which therefore has to be a living one. Where
        // none is to be had, the login has ended already.
        let is_alive = self.is_good(&saved) || self.refreshed_if_alive(&mut state).await?.is_some();
        if is_alive && let Some(tokens) = &state.saved {
            let refresh = tokens.current.as_deref();
            for token in refresh.into_iter().chain([tokens.access.as_str()]) {
                self.endpoint.revoke(token, &self.jitter).await?;
            }
        }
        self.store.forget().await?;
        Ok(true)
    }

    /// Forgets the tokens without a word to Zoom. Whether there were any.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn forget(&self) -> Result<bool> {
        let state = self.settled().await?;
        if state.saved.is_some() {
            self.store.forget().await?;
        }
        Ok(state.saved.is_some())
    }
}
