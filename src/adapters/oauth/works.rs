//! How access tokens come about and are kept: durable before they are used. Each of these runs to its
//! end, whoever waits for it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::authority::AccessToken;
use super::endpoint::{Grant, Granted, TokenEndpoint};
use super::lending;
use super::party::{Party, Way};
use super::shared;
use super::store::{TokenStore, Tokens};
use crate::adapters::backoff::{Jitter, later};
use crate::adapters::http_client::HttpClient;
use crate::domain::fingerprint::Fingerprint;
use crate::ports::base::Base;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::secret::LiveSecret;

/// A token is not used any more this long before its end, so that none ends on its way.
const MARGIN: i64 = 60;

/// What works with the tokens of one grant.
pub(super) struct Works {
    /// That of everybody in this process who works with the same tokens. It stands before the store
    /// so that it ends before the base does, by whose address it is found.
    state: Arc<Mutex<State>>,
    pub(super) endpoint: TokenEndpoint,
    pub(super) store: TokenStore,
    clock: Arc<dyn Clock>,
    pub(super) jitter: Arc<Jitter>,
}

#[derive(Default)]
pub(super) struct State {
    /// As the store says now: a login, a logout or a pass before this one may have changed it.
    pub(super) saved: Option<Tokens>,
    /// Received, but not durable yet: must not be used, and must not be lost.
    pub(super) unsaved: Option<Tokens>,
}

impl Works {
    pub(super) fn new(
        http: HttpClient,
        party: Party,
        base: Arc<dyn Base>,
        clock: Arc<dyn Clock>,
        jitter: Arc<Jitter>,
    ) -> Self {
        let grant = lending::Grant::of(&party.place, &party.client_id, &party.whose);
        let (place, server) = (Arc::as_ptr(&base).cast::<()>().addr(), &party.words.server);
        let store = grant.store(base, server);
        Self {
            state: shared::state(place, store.key()),
            store,
            endpoint: TokenEndpoint::new(http, party),
            clock,
            jitter,
        }
    }

    pub(super) fn party(&self) -> &Party {
        self.endpoint.party()
    }

    pub(super) fn server(&self) -> &str {
        &self.party().words.server
    }

    pub(super) async fn access(&self) -> Result<AccessToken> {
        let mut state = self.settled().await?;
        if let Some(tokens) = state.saved.as_ref().filter(|tokens| self.is_good(tokens)) {
            return Ok(access_token(tokens));
        }
        self.renewed(&mut state).await
    }

    pub(super) async fn renew(&self, refused: &SecretString) -> Result<AccessToken> {
        let mut state = self.settled().await?;
        if let Some(tokens) = state.saved.as_ref().filter(|tokens| self.is_good(tokens))
            && tokens.access != refused.expose_secret()
        {
            return Ok(access_token(tokens));
        }
        self.renewed(&mut state).await
    }

    pub(super) async fn for_app(
        &self,
        doing: &str,
        hint: &str,
    ) -> Result<(SecretString, Duration)> {
        let form = [("grant_type", "client_credentials")];
        match self.endpoint.ask(&form, doing, &self.jitter).await? {
            Granted::Grant(grant) => {
                let life = u64::try_from(grant.lifetime()).unwrap_or_default();
                Ok((
                    SecretString::from(grant.access_token),
                    Duration::from_secs(life),
                ))
            }
            Granted::Invalid => Err(Error::new(Kind::Denied, doing)
                .because(format!("{} refused this app", self.server()))
                .hint(hint.to_owned())),
        }
    }

    /// The state, with nothing left to save.
    pub(super) async fn settled(&self) -> Result<tokio::sync::MutexGuard<'_, State>> {
        let mut state = self.state.lock().await;
        if let Some(seed) = self.live_seed()
            && let Err(error) = seed.get().await
        {
            // Without a seed, what is saved is as good as ever.
            tracing::warn!(cause = %error.cause(), hint = error.remedy().unwrap_or_default(), "{}", error.doing());
        }
        self.settle(&mut state).await?;
        state.saved = self.store.load()?;
        Ok(state)
    }

    async fn settle(&self, state: &mut State) -> Result<()> {
        if let Some(tokens) = &state.unsaved {
            self.store.save(tokens).await?;
            state.saved = state.unsaved.take();
        }
        Ok(())
    }

    async fn renewed(&self, state: &mut State) -> Result<AccessToken> {
        match &self.party().way {
            Way::Account { account_id } => self.granted(state, account_id).await,
            Way::User { .. } => self.refreshed(state).await,
        }
    }

    async fn granted(&self, state: &mut State, account_id: &str) -> Result<AccessToken> {
        let doing = &*format!("asking {} for an access token", self.server());
        match self.ask_for_account(account_id, doing).await? {
            Granted::Grant(grant) => self.keep(state, grant, None).await,
            Granted::Invalid => Err(self.account_refused(doing)),
        }
    }

    pub(super) async fn ask_for_account(&self, account_id: &str, doing: &str) -> Result<Granted> {
        let form = [
            ("grant_type", "account_credentials"),
            ("account_id", account_id),
        ];
        self.endpoint.ask(&form, doing, &self.jitter).await
    }

    async fn refreshed(&self, state: &mut State) -> Result<AccessToken> {
        let none = self.candidates(state.saved.as_ref()).is_empty();
        if let Some(given) = self.refreshed_if_alive(state).await? {
            return Ok(given);
        }
        if let Some(seed) = self.live_seed() {
            // Nothing else is left: that it cannot be had is what to tell.
            let refused = seed.get().await?;
            if seed.another(&refused).await.is_some()
                && let Some(given) = self.refreshed_if_alive(state).await?
            {
                return Ok(given);
            }
        }
        let cause = if none {
            "nobody has logged in yet: there is no refresh token".to_owned()
        } else {
            let server = self.server();
            format!("{server} refused the refresh token (invalid_grant)")
        };
        let words = &self.party().words;
        Err(Error::new(Kind::Denied, words.refreshing())
            .because(cause)
            .hint(words.ended.clone()))
    }

    /// A new access token; `None` when no refresh token is good any more.
    pub(super) async fn refreshed_if_alive(
        &self,
        state: &mut State,
    ) -> Result<Option<AccessToken>> {
        let doing = self.party().words.refreshing();
        for refresh in self.candidates(state.saved.as_ref()) {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh.as_str()),
            ];
            match self.endpoint.ask(&form, &doing, &self.jitter).await? {
                Granted::Grant(grant) => {
                    return self.keep(state, grant, Some(refresh)).await.map(Some);
                }
                Granted::Invalid => {
                    tracing::debug!("a refresh token was refused; trying the next one known");
                }
            }
        }
        Ok(None)
    }

    /// The refresh tokens to try, best first. Refresh tokens may be single-use, so `current`
    /// comes first; the one before helps where a server did not take our answer for received.
    /// A seed that a person has changed since is their newest word.
    fn candidates(&self, tokens: Option<&Tokens>) -> Vec<String> {
        let mut candidates: Vec<String> = tokens
            .into_iter()
            .flat_map(|tokens| [tokens.current.clone(), tokens.previous.clone()])
            .flatten()
            .collect();
        if let Some(seed) = self.seed() {
            let seed = seed.expose_secret().to_owned();
            let newest = tokens.is_some_and(|tokens| self.reseeded(tokens));
            candidates.retain(|known| *known != seed || !newest);
            candidates.insert(if newest { 0 } else { candidates.len() }, seed);
        }
        let mut seen = std::collections::BTreeSet::new();
        candidates.retain(|one| !one.is_empty() && seen.insert(one.clone()));
        candidates
    }

    pub(super) async fn keep(
        &self,
        state: &mut State,
        grant: Grant,
        used: Option<String>,
    ) -> Result<AccessToken> {
        let now = self.clock.now();
        let life = grant.lifetime();
        let good_for = (life - MARGIN).max(life / 2).unsigned_abs();
        let mut scopes = grant.scopes();
        if scopes.is_empty() && used.is_some() {
            // An answer to a refresh that names none leaves them as they were (RFC 6749 section 6).
            let before = state.saved.as_ref();
            let before = before.filter(|tokens| tokens.current == used || tokens.previous == used);
            scopes = before
                .map(|tokens| tokens.scopes.clone())
                .unwrap_or_default();
        }
        let tokens = Tokens {
            access: grant.access_token,
            since: now,
            good_until: later(now, Duration::from_secs(good_for)),
            // A server that does not rotate lets the old one live.
            current: grant.refresh_token.or_else(|| used.clone()),
            previous: used,
            seed: self.seed_print(),
            scopes,
        };
        // No await stands between the answer and this line, so that what cannot be saved is not lost:
        // whoever comes next saves it.
        let given = access_token(&tokens);
        state.unsaved = Some(tokens);
        self.settle(state).await?;
        Ok(given)
    }

    pub(super) fn is_good(&self, tokens: &Tokens) -> bool {
        !tokens.access.is_empty() && self.clock.now() < tokens.good_until && !self.reseeded(tokens)
    }

    /// Whether a person configured another seed after these tokens were saved.
    fn reseeded(&self, tokens: &Tokens) -> bool {
        self.seed_print()
            .is_some_and(|now| tokens.seed.as_ref() != Some(&now))
    }

    fn seed_print(&self) -> Option<Fingerprint> {
        self.seed()
            .map(|seed| Fingerprint::of([seed.expose_secret()]))
    }

    fn seed(&self) -> Option<SecretString> {
        self.live_seed().and_then(LiveSecret::at_hand)
    }

    fn live_seed(&self) -> Option<&LiveSecret> {
        match &self.party().way {
            Way::User { refresh_token } => refresh_token.as_ref(),
            Way::Account { .. } => None,
        }
    }

    pub(super) fn account_refused(&self, doing: &str) -> Error {
        let (server, table) = (self.server(), &self.party().words.table);
        Error::new(Kind::Denied, doing)
            .because(format!("{server} refused the account (invalid_grant)"))
            .hint(format!(
                "check {table}.account_id, and {table}.client_secret belonging to it"
            ))
    }
}

fn access_token(tokens: &Tokens) -> AccessToken {
    AccessToken {
        secret: tokens.access.clone().into(),
        since: tokens.since,
    }
}
