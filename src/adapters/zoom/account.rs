//! An account: its token, its limits and its connections, shared by the hosts behind it.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::auth::Authority;
use super::backoff::Jitter;
use super::calls::Calls;
use super::client::ZoomClient;
use super::config::{Auth, HostUser, ZoomConfig};
use super::limiter::Limiter;
use crate::adapters::http_client::HttpClient;
use crate::domain::fingerprint::Fingerprint;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::Result;
use crate::ports::meter::Meter;

/// One `[zoom]` table at work.
#[derive(Clone)]
pub struct Account {
    shared: Arc<Shared>,
}

/// What the hosts of an account share.
pub(super) struct Shared {
    pub(super) api_url: Url,
    pub(super) http: HttpClient,
    pub(super) authority: Authority,
    pub(super) limiter: Limiter,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) jitter: Arc<Jitter>,
    pub(super) first_wait: Duration,
}

impl Account {
    /// Prepares an account; nothing is sent yet.
    ///
    /// `base` must be the real store even in a dry run: a refresh kills the old refresh token at
    /// Zoom, so the new one has to be kept whatever else is only tried.
    ///
    /// # Errors
    /// `Local` when no TLS roots can be loaded.
    pub fn new(
        config: &ZoomConfig,
        base: Arc<dyn Base>,
        clock: Arc<dyn Clock>,
        jitter: Jitter,
    ) -> Result<Self> {
        let jitter = Arc::new(jitter);
        let http = HttpClient::new(config.timeouts, Arc::default(), clock.clone())?;
        // Asking for a token is no request to the API, and not counted as one.
        let apart = http.counted_by(Arc::new(Meter::default()));
        let authority = Authority::new(apart, config, base.clone(), clock.clone(), jitter.clone());
        let limiter = Limiter::new(
            config.plan,
            config.share,
            account_digest(config).as_str(),
            clock.clone(),
            base,
            jitter.clone(),
        );
        let shared = Arc::new(Shared {
            api_url: config.api_url.clone(),
            http,
            authority,
            limiter,
            clock,
            jitter,
            first_wait: config.first_wait,
        });
        Ok(Self { shared })
    }

    /// One host of this account, with a meter of its own.
    #[must_use]
    pub fn host(&self, user: HostUser) -> ZoomClient {
        ZoomClient::new(Calls::new(self.shared.clone()), user)
    }

    #[cfg(test)]
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The account's tokens, for `login` and `check`.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.shared.authority
    }
}

fn account_digest(config: &ZoomConfig) -> Fingerprint {
    let (client_id, _) = config.auth.client();
    let whose = match &config.auth {
        Auth::User { .. } => "user",
        Auth::ServerToServer { account_id, .. } => account_id,
    };
    Fingerprint::of([config.api_url.as_str(), client_id, whose])
}
