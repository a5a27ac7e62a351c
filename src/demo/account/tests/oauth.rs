//! Tokens.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::super::{Door, StoppedClock};
use super::{AccountOptions, Bench, at};

async fn refresh(bench: &Bench, token: &str) -> (u16, Value) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let answer = bench.token(&form).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_refresh_token_is_good_for_one_use() {
    let bench = Bench::new().await;
    let first = bench.account.refresh_token().unwrap();
    let (status, answer) = refresh(&bench, &first).await;
    assert_eq!(status, 200);
    let second = answer["refresh_token"].as_str().unwrap();
    assert_eq!(bench.account.refresh_token().as_deref(), Some(second));
    let (status, answer) = refresh(&bench, &first).await;
    assert_eq!((status, &answer["error"]), (400, &"invalid_grant".into()));
    assert_eq!(
        refresh(&bench, second).await.0,
        200,
        "the good one is still good"
    );
    assert_eq!(bench.account.refreshes().len(), 2);
    assert_eq!(bench.account.request_count(Door::Oauth), 3);
    assert_eq!(bench.account.request_count(Door::Api), 0);
}

#[tokio::test]
async fn a_wrong_client_or_account_gets_no_token() {
    let bench = Bench::new().await;
    let url = format!("{}/token", bench.server.oauth_url());
    let form = [("grant_type", "client_credentials")];
    let wrong = bench
        .client
        .post(&url)
        .basic_auth("demo-client", Some("guess"));
    assert_eq!(wrong.form(&form).send().await.unwrap().status(), 401);
    assert_eq!(
        bench
            .client
            .post(&url)
            .form(&form)
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    assert_eq!(bench.token(&form).await.status(), 200);
    let other = [
        ("grant_type", "account_credentials"),
        ("account_id", "other"),
    ];
    assert_eq!(bench.token(&other).await.status(), 400);
    assert_eq!(
        bench.token(&[("grant_type", "password")]).await.status(),
        400
    );
}

#[tokio::test]
async fn a_code_needs_its_verifier_and_is_good_for_one_use() {
    let bench = Bench::new().await;
    let verifier = "0123456789abcdefghijklmnopqrstuvwxyz0123456789";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let redirect = "http://127.0.0.1:9/callback";
    let authorize = || async {
        let query = [
            ("response_type", "code"),
            ("client_id", "demo-client"),
            ("redirect_uri", redirect),
            ("state", "s t"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let url = format!("{}/authorize", bench.server.oauth_url());
        let answer = bench.client.get(url).query(&query).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        let to = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let pairs: Vec<(String, String)> = to.query_pairs().into_owned().collect();
        assert_eq!(pairs[1], ("state".to_owned(), "s t".to_owned()));
        pairs[0].1.clone()
    };
    let exchange = |code: String, redirect: &'static str, verifier: &'static str| {
        let bench = &bench;
        async move {
            let form = [
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", redirect),
                ("code_verifier", verifier),
            ];
            bench.token(&form).await.status().as_u16()
        }
    };
    let code = authorize().await;
    assert_eq!(exchange(code.clone(), redirect, verifier).await, 200);
    assert_eq!(exchange(code, redirect, verifier).await, 400);
    let wrong = "another-verifier-another-verifier-another-verifier";
    assert_eq!(exchange(authorize().await, redirect, wrong).await, 400);
    assert_eq!(
        exchange(authorize().await, "http://127.0.0.1:9/", verifier).await,
        400
    );
}

#[tokio::test]
async fn an_access_token_ends_and_can_be_revoked() {
    let clock = Arc::new(StoppedClock::at(at("2026-11-21T12:00:00Z")));
    let mut bench = Bench::with(AccountOptions::new(clock.clone())).await;
    assert_eq!(bench.status("/users/me").await, 200);
    clock.advance(Duration::from_hours(1));
    let answer = bench.get("/users/me").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], 124);
    bench.log_in().await;
    assert_eq!(bench.status("/users/me").await, 200);
    let url = format!("{}/revoke", bench.server.oauth_url());
    let revoke = bench
        .client
        .post(url)
        .basic_auth("demo-client", Some("demo-client-secret"));
    let answer = revoke
        .form(&[("token", &bench.token)])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(bench.status("/users/me").await, 401);
    let none = bench
        .client
        .get(format!("{}/scheduler/users/me", bench.server.api_url()));
    let answer = none.send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], 4700);
}
