//! The account itself, asked over HTTP by a plain client.

mod availability;
mod calendar;
mod faults;
mod oauth;
mod paging;
mod slots;
mod sync;
mod writes;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{Account, AccountOptions, NewBooking, Server};

/// A served account and a client that is logged in.
struct Bench {
    account: Account,
    server: Server,
    client: Client,
    token: String,
}

impl Bench {
    async fn new() -> Self {
        Self::with(AccountOptions::at(at("2026-11-21T12:00:00Z"))).await
    }

    async fn with(options: AccountOptions) -> Self {
        let account = Account::new(options);
        let server = account.serve().await.unwrap();
        let client = client();
        let mut bench = Self {
            account,
            server,
            client,
            token: String::new(),
        };
        bench.log_in().await;
        bench.account.clear_log();
        bench
    }

    async fn log_in(&mut self) {
        let answer = self
            .token(&[
                ("grant_type", "account_credentials"),
                ("account_id", "demo-account"),
            ])
            .await;
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.token);
    }

    async fn token(&self, form: &[(&str, &str)]) -> Response {
        let options = self.account.options();
        self.client
            .post(format!("{}/token", self.server.oauth_url()))
            .basic_auth(&options.client_id, Some(&options.client_secret))
            .form(form)
            .send()
            .await
            .unwrap()
    }

    fn get(&self, path: &str) -> RequestBuilder {
        let url = format!("{}/scheduler{path}", self.server.api_url());
        self.client.get(url).bearer_auth(&self.token)
    }

    fn patch(&self, id: &str, body: &Value) -> RequestBuilder {
        let url = format!("{}/scheduler/events/{id}", self.server.api_url());
        self.client.patch(url).bearer_auth(&self.token).json(body)
    }

    fn delete(&self, id: &str) -> RequestBuilder {
        let url = format!("{}/scheduler/events/{id}", self.server.api_url());
        self.client.delete(url).bearer_auth(&self.token)
    }

    /// Any request below the API's root: status and body, `Null` for none.
    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}{path}", self.server.api_url());
        let method = method.parse().unwrap();
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn status(&self, path: &str) -> u16 {
        self.get(path).send().await.unwrap().status().as_u16()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn listed(&self, query: &str) -> Vec<String> {
        ids(&self.json(&format!("/events?page_size=300{query}")).await)
    }

    fn book(&self, start: &str) -> String {
        self.account
            .book(NewBooking::new(at(start), "Bob Example", "bob@example.org"))
    }
}

fn client() -> Client {
    // The provider may have been installed by another test of this process.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["event_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_stopped_server_comes_back_on_the_same_port_with_the_same_bookings() {
    let bench = Bench::new().await;
    let id = bench.book("2026-11-23T09:00:00Z");
    let port = bench.server.addr().port();
    bench.server.stop().await;
    let server = bench.account.serve_on(port).await.unwrap();
    let url = format!("{}/scheduler/events/{id}", server.api_url());
    let answer = bench.client.get(url).bearer_auth(&bench.token).send().await;
    assert_eq!(answer.unwrap().status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn the_same_seed_makes_the_same_account() {
    let make = || {
        let account = Account::new(AccountOptions::at(at("2026-11-21T12:00:00Z")));
        account.fill(50);
        let ids = account.event_ids();
        ids.iter().map(|id| account.event(id)).collect::<Vec<_>>()
    };
    assert_eq!(make(), make());
}

#[tokio::test]
async fn resources_are_there_and_what_is_unknown_is_refused() {
    let bench = Bench::new().await;
    let table = [
        ("/users/me", 200),
        ("/users/alice%40example.org", 200),
        ("/users/somebody", 404),
        ("/users/me?x=1", 400),
        ("/schedules", 200),
        ("/schedules?page_size=0", 400),
        ("/schedules/intro", 200),
        ("/schedules/introschedule0id4liffdyszs", 404),
        ("/availability", 200),
        ("/availability/hours0id4liffdyszsp8kpxl80", 200),
        ("/availability/other", 404),
        ("/nonsense", 404),
    ];
    for (path, status) in table {
        assert_eq!(bench.status(path).await, status, "{path}");
    }
    let patch = bench
        .client
        .patch(format!("{}/scheduler/events", bench.server.api_url()));
    let answer = patch
        .bearer_auth(&bench.token)
        .json(&json!({}))
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), 405);
}
