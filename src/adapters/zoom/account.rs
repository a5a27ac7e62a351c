//! An account: its token, its limits and its connections, shared by the hosts behind it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::calls::Calls;
use super::client::ZoomClient;
use super::config::{Auth, HostUser, ZoomConfig};
use super::limiter::Limiter;
use crate::adapters::backoff::Jitter;
use crate::adapters::http_client::HttpClient;
use crate::adapters::oauth::{Authority, Grant, Party, Way, Words};
use crate::domain::fingerprint::Fingerprint;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::Result;
use crate::ports::meter::Meter;

/// Whose tokens those of an app are that one user logs in to.
const USER: &str = "user";

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
        let authority = Authority::new(
            apart,
            party(config),
            base.clone(),
            clock.clone(),
            jitter.clone(),
        );
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

    /// A token for Zoom's WebSocket, and how long it is good.
    ///
    /// # Errors
    /// `Denied` when Zoom refuses the app.
    pub async fn token_for_events(&self) -> Result<(SecretString, Duration)> {
        let doing = "asking Zoom for a token for its WebSocket";
        let hint = "check zoom.auth.client_id and client_secret, and the app's event subscription";
        self.shared.authority.for_app(doing, hint).await
    }

    /// The account's tokens, for `login` and `check`.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.shared.authority
    }
}

fn account_digest(config: &ZoomConfig) -> Fingerprint {
    let (client_id, _) = config.auth.client();
    Fingerprint::of([config.api_url.as_str(), client_id, whose(&config.auth)])
}

fn whose(auth: &Auth) -> &str {
    match auth {
        Auth::User { .. } => USER,
        Auth::ServerToServer { account_id, .. } => account_id,
    }
}

/// The grant of an app that users log in to.
#[must_use]
pub fn user_grant(oauth_url: &Url, client_id: &str) -> Grant {
    Grant::of(oauth_url, client_id, USER)
}

fn party(config: &ZoomConfig) -> Party {
    let (client_id, client_secret) = config.auth.client();
    Party {
        token_url: below(&config.oauth_url, "token"),
        revoke_url: Some(below(&config.oauth_url, "revoke")),
        client_id: client_id.to_owned(),
        client_secret: client_secret.clone(),
        way: match &config.auth {
            Auth::User { refresh_token, .. } => Way::User {
                refresh_token: refresh_token.clone(),
            },
            Auth::ServerToServer { account_id, .. } => Way::Account {
                account_id: account_id.clone(),
            },
        },
        whose: whose(&config.auth).to_owned(),
        place: config.oauth_url.clone(),
        // Zoom's older examples have them there.
        may_read_query: true,
        first_wait: config.first_wait,
        words: words(),
    }
}

fn words() -> Words {
    Words {
        server: "Zoom".to_owned(),
        table: "zoom.auth".to_owned(),
        address: "zoom.oauth_url".to_owned(),
        login: "slotbridge login".to_owned(),
        ended: "run `slotbridge login`, or put a new token into zoom.auth.refresh_token; \
                a refresh token works once, and only with the zoom.auth.client_secret it was made for"
            .to_owned(),
        no_refresh: "use an app that users log in to: *General App*, user-managed, in Zoom's \
                     marketplace"
            .to_owned(),
        refused: "a user app may need a new zoom.auth.refresh_token".to_owned(),
    }
}

/// An address below `zoom.oauth_url`.
fn below(oauth_url: &Url, name: &str) -> Url {
    let mut url = oauth_url.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(name);
    }
    url
}
