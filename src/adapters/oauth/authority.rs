//! Access tokens: asked for once, durable before they are used, renewed by one caller for all.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use jiff::Timestamp;
use secrecy::SecretString;

use super::endpoint::Scopes;
use super::party::{Party, Way};
use super::shared::to_end;
use super::works::Works;
use crate::adapters::backoff::Jitter;
use crate::adapters::http_client::HttpClient;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::Result;

/// Gives out access tokens. However many of these there are for the tokens of one base, they take
/// turns; and what one has begun it ends, even if the caller gives up.
pub struct Authority {
    works: Arc<Works>,
}

/// An access token and when it was received.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub secret: SecretString,
    /// When it was received, by our own clock.
    pub since: Timestamp,
}

impl Authority {
    /// Prepares it; nothing is sent yet. `base` must be the real store even in a dry run: a refresh
    /// may kill the old refresh token, so the new one has to be kept whatever else is only tried.
    #[must_use]
    pub fn new(
        http: HttpClient,
        party: Party,
        base: Arc<dyn Base>,
        clock: Arc<dyn Clock>,
        jitter: Arc<Jitter>,
    ) -> Self {
        let works = Arc::new(Works::new(http, party, base, clock, jitter));
        Self { works }
    }

    /// What a person types to log in.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.works.party().words.login
    }

    /// An access token that is good for at least a minute, as far as our clock tells.
    ///
    /// # Errors
    /// `Denied` when every refresh token is refused, or there is none; `Local` when the new one
    /// could not be made durable.
    pub async fn access(&self) -> Result<AccessToken> {
        let works = self.works.clone();
        self.asked(async move { works.access().await }).await
    }

    /// Another access token than this one, which was refused. Where another caller has renewed
    /// it in the meantime, that one is given.
    ///
    /// # Errors
    /// As [`Authority::access`].
    pub async fn renew(&self, refused: &AccessToken) -> Result<AccessToken> {
        let (works, refused) = (self.works.clone(), refused.secret.clone());
        self.asked(async move { works.renew(&refused).await }).await
    }

    /// An app of the account gets as many tokens as it asks for: giving up there loses nothing.
    fn asked<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> BoxFuture<'static, Result<T>> {
        match self.works.party().way {
            Way::Account { .. } => work.boxed(),
            Way::User { .. } => to_end(work).boxed(),
        }
    }

    /// What the saved token may do; nothing where the server did not say.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn scopes(&self) -> Result<Scopes> {
        let saved = self.works.store.load()?;
        Ok(saved.map(|tokens| tokens.scopes).unwrap_or_default())
    }

    /// A token of the app itself (`client_credentials`), and how long it is good. It is not kept.
    ///
    /// # Errors
    /// `Denied` when the app is refused.
    pub async fn for_app(&self, doing: &str, hint: &str) -> Result<(SecretString, Duration)> {
        self.works.for_app(doing, hint).await
    }

    /// Turns the code of a login into tokens (RFC 6749 section 4.1.3, RFC 7636), and saves them.
    /// There is no verifier where the login was not begun by us (Zoom's marketplace has such). Gives what
    /// the token may do; nothing where the server does not say.
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
        let (works, code, verifier) = (self.works.clone(), code.clone(), verifier.cloned());
        let back = redirect_uri.to_owned();
        to_end(async move { works.exchange_code(&code, &back, verifier.as_ref()).await }).await
    }

    /// Asks for a token of an app that needs no login, and keeps nothing. Gives what the token may
    /// do; nothing where the server does not say.
    ///
    /// # Errors
    /// `Denied` when the credentials are refused, or the app is one that users log in to.
    pub async fn try_credentials(&self) -> Result<Scopes> {
        self.works.try_credentials().await
    }

    /// Ends the login: revokes what is saved (RFC 7009), then forgets it. Whether there was any.
    ///
    /// # Errors
    /// As the server answers; then nothing is forgotten.
    pub async fn log_out(&self) -> Result<bool> {
        let works = self.works.clone();
        to_end(async move { works.log_out().await }).await
    }

    /// Forgets the tokens without a word to the server. Whether there were any.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn forget(&self) -> Result<bool> {
        let works = self.works.clone();
        to_end(async move { works.forget().await }).await
    }
}

// Written by hand: it holds secrets.
impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}
