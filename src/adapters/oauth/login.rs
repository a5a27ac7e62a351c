//! A login begins and ends: a code becomes tokens, tokens are revoked and forgotten.

use secrecy::{ExposeSecret, SecretString};

use super::endpoint::{Granted, Scopes};
use super::party::Way;
use super::works::Works;
use crate::ports::error::{Error, Kind, Result};

impl Works {
    pub(super) async fn exchange_code(
        &self,
        code: &SecretString,
        redirect_uri: &str,
        verifier: Option<&SecretString>,
    ) -> Result<Scopes> {
        let doing = &*format!("logging in to {}", self.server());
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
                    .because(format!("{} gave no refresh token", self.server()))
                    .hint(self.party().words.no_refresh.clone()))
            }
            Granted::Grant(grant) => {
                let scopes = grant.scopes();
                let kept = self.keep(&mut state, grant, None).await;
                if kept.is_err() {
                    // The person is told so, and logs in again.
                    state.unsaved = None;
                }
                kept.map(|_| scopes)
            }
            Granted::Invalid => Err(Error::new(Kind::Denied, doing)
                .because(format!(
                    "{} refused the code of this login (invalid_grant)",
                    self.server()
                ))
                .hint(format!(
                    "run `{}` again; a code works once, for a few minutes, and only with the \
                     redirect address that it was asked for with",
                    self.party().words.login
                ))),
        }
    }

    pub(super) async fn try_credentials(&self) -> Result<Scopes> {
        let doing = &*format!("asking {} for an access token", self.server());
        let Way::Account { account_id } = &self.party().way else {
            return Err(Error::new(Kind::Denied, doing)
                .because("this app needs a login")
                .hint(format!("run `{}`", self.party().words.login)));
        };
        match self.ask_for_account(account_id, doing).await? {
            Granted::Grant(grant) => Ok(grant.scopes()),
            Granted::Invalid => Err(self.account_refused(doing)),
        }
    }

    pub(super) async fn log_out(&self) -> Result<bool> {
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

    pub(super) async fn forget(&self) -> Result<bool> {
        let state = self.settled().await?;
        if state.saved.is_some() {
            self.store.forget().await?;
        }
        Ok(state.saved.is_some())
    }
}
