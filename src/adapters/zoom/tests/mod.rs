//! The adapter against a server on this machine, with a clock that only moves when slept on.

mod availability;
mod blocks;
mod faults;
mod listing;
mod refused;
mod single;
mod throttling;
mod together;
mod token_place;
mod tokens;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{Account, Auth, HostUser, Jitter, Plan, ZoomClient, ZoomConfig};
use crate::adapters::http_client::Timeouts;
use crate::domain::window::Window;
use crate::ports::base::{Base, Change};
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind, Result};

pub(super) const SECRET: &str = "client-secret-hush";

pub(super) struct FakeClock {
    now: Mutex<Timestamp>,
    sleeps: Mutex<Vec<Duration>>,
}

impl FakeClock {
    pub(super) fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap();
        *now = crate::adapters::backoff::later(*now, by);
    }

    /// Waits that are not the even spacing of requests.
    pub(super) fn long_sleeps(&self) -> Vec<Duration> {
        let sleeps = self.sleeps.lock().unwrap();
        let spacing = Duration::from_millis(50);
        sleeps.iter().copied().filter(|s| *s > spacing).collect()
    }

    pub(super) fn sleeps(&self) -> Vec<Duration> {
        self.sleeps.lock().unwrap().clone()
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        self.sleeps.lock().unwrap().push(time);
        self.advance(time);
        tokio::task::yield_now().await;
    }
}

/// A store that can be told to fail.
#[derive(Default)]
pub(super) struct FakeBase {
    pub(super) map: Mutex<BTreeMap<String, Vec<u8>>>,
    pub(super) full: AtomicBool,
    /// A commit does not return as long as this is set, but says that it began.
    pub(super) stuck: AtomicBool,
    pub(super) begun: tokio::sync::Notify,
}

impl FakeBase {
    pub(super) fn json(&self, prefix: &str) -> Value {
        let map = self.map.lock().unwrap();
        let mut found = map.iter().filter(|(key, _)| key.starts_with(prefix));
        found.next().map_or(Value::Null, |(_, bytes)| {
            serde_json::from_slice(bytes).unwrap()
        })
    }
}

#[async_trait]
impl Base for FakeBase {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.map.lock().unwrap().get(key).cloned())
    }

    fn scan(&self, _: &str, _: Option<&str>, _: usize) -> Result<Vec<(String, Vec<u8>)>> {
        Ok(Vec::new())
    }

    async fn commit(&self, batch: Vec<Change>) -> Result<()> {
        tokio::task::yield_now().await;
        if self.stuck.load(Ordering::SeqCst) {
            self.begun.notify_one();
            while self.stuck.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
        }
        if self.full.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::Local, "writing the state").because("disk full"));
        }
        let mut map = self.map.lock().unwrap();
        for change in batch {
            match change {
                Change::Put(key, value) => map.insert(key, value),
                Change::Delete(key) => map.remove(&key),
            };
        }
        Ok(())
    }
}

/// A world with one server that is both Zoom's API and its token endpoint.
pub(super) struct World {
    pub(super) server: MockServer,
    pub(super) clock: Arc<FakeClock>,
    pub(super) base: Arc<FakeBase>,
    pub(super) config: ZoomConfig,
}

impl World {
    pub(super) async fn new() -> Self {
        let server = MockServer::start().await;
        let at = |path: &str| format!("{}{path}", server.uri()).parse().unwrap();
        let config = ZoomConfig {
            api_url: at("/v2"),
            oauth_url: at("/oauth"),
            plan: Plan::Business,
            share: 1.0,
            auth: server_to_server(),
            timeouts: Timeouts::default(),
            first_wait: Duration::from_millis(1),
        };
        let clock = Arc::new(FakeClock {
            now: Mutex::new("2026-11-21T10:00:00Z".parse().unwrap()),
            sleeps: Mutex::default(),
        });
        let base = Arc::default();
        Self {
            server,
            clock,
            base,
            config,
        }
    }

    /// A world whose token endpoint always grants.
    pub(super) async fn granting() -> Self {
        let world = Self::new().await;
        world
            .on("POST", "/oauth/token", |_: &Request| {
                token("t", 3_599, None)
            })
            .await;
        world
    }

    pub(super) async fn on(&self, verb: &str, at: &str, answer: impl Respond + 'static) {
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    /// Answers of [`too_late`] are not waited for.
    pub(super) fn impatient(mut self) -> Self {
        self.config.timeouts.total = Duration::from_millis(700);
        self
    }

    /// A new process: only what was committed is left.
    pub(super) fn account(&self) -> Account {
        let (base, clock) = (self.base.clone(), self.clock.clone());
        Account::new(&self.config, base, clock, Jitter::seeded(1)).unwrap()
    }

    pub(super) fn client(&self) -> ZoomClient {
        self.account().host(HostUser::Me)
    }

    /// Requests that arrived at this path.
    pub(super) async fn arrived(&self, at: &str) -> Vec<Request> {
        let all = self.server.received_requests().await.unwrap();
        all.into_iter().filter(|r| r.url.path() == at).collect()
    }
}

pub(super) fn server_to_server() -> Auth {
    Auth::ServerToServer {
        client_id: "client".to_owned(),
        client_secret: SECRET.into(),
        account_id: "account".to_owned(),
    }
}

pub(super) fn user(seed: Option<&str>) -> Auth {
    Auth::User {
        client_id: "client".to_owned(),
        client_secret: SECRET.into(),
        refresh_token: seed.map(Into::into),
    }
}

pub(super) fn token(access: &str, expires_in: i64, refresh: Option<&str>) -> ResponseTemplate {
    let mut body = json!({"access_token": access, "token_type": "bearer", "expires_in": expires_in, "scope": "x"});
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    ResponseTemplate::new(200).set_body_json(body)
}

pub(super) fn status(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code)
}

pub(super) fn too_late(code: u16) -> ResponseTemplate {
    status(code).set_delay(Duration::from_mins(1))
}

pub(super) fn body(code: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(code).set_body_json(body)
}

/// Gives these answers one after the other, and the last one for ever.
pub(super) struct InTurn(Mutex<(usize, Vec<ResponseTemplate>)>);

pub(super) fn in_turn(answers: impl IntoIterator<Item = ResponseTemplate>) -> InTurn {
    InTurn(Mutex::new((0, answers.into_iter().collect())))
}

impl Respond for InTurn {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut turn = self.0.lock().unwrap();
        let answer = turn.1[turn.0.min(turn.1.len() - 1)].clone();
        turn.0 += 1;
        answer
    }
}

pub(super) fn event(id: &str) -> Value {
    json!({
        "event_id": id,
        "schedule_id": "page",
        "summary": "A talk",
        "start_date_time": "2026-11-22T10:00:00Z",
        "end_date_time": "2026-11-22T11:30:00+01:00",
        "status": "confirmed",
        "event_type": "default",
        "attendees": [{"attendee_id": "a", "booker": true, "email": "b@example.org", "display_name": "Bo"}],
    })
}

pub(super) fn page(ids: &[&str], next: &str) -> Value {
    let items: Vec<Value> = ids.iter().map(|id| event(id)).collect();
    json!({"items": items, "next_page_token": next})
}

pub(super) fn window() -> Window {
    Window {
        from: "2026-11-14T10:00:00Z".parse().unwrap(),
        to: "2027-05-20T10:00:00Z".parse().unwrap(),
    }
}

pub(super) fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body)
        .into_owned()
        .collect()
}

pub(super) fn query(request: &Request) -> BTreeMap<String, String> {
    request.url.query_pairs().into_owned().collect()
}
