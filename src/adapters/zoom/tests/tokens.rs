//! Tokens: cached, renewed once for all, durable before use, never shown.

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::ports::zoom::Zoom;

const EVENTS: &str = "/v2/scheduler/events";
const TOKEN: &str = "/oauth/token";

fn bearer(request: &Request) -> String {
    let value = request.headers.get("authorization").unwrap();
    value
        .to_str()
        .unwrap()
        .trim_start_matches("Bearer ")
        .to_owned()
}

/// A token endpoint with single-use refresh tokens: `r0` is good first, then `r1`, `r2`, …
struct Rotating {
    good: Mutex<u32>,
}

impl Respond for Rotating {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut good = self.good.lock().unwrap();
        if form(request)["refresh_token"] != format!("r{good}") {
            return body(
                400,
                &json!({"reason": "Invalid Token!", "error": "invalid_grant"}),
            );
        }
        *good += 1;
        token(&format!("t{good}"), 3_599, Some(&format!("r{good}")))
    }
}

async fn rotating(seed: Option<&str>) -> World {
    let mut world = World::new().await;
    world.config.auth = user(seed);
    world
        .on(
            "POST",
            TOKEN,
            Rotating {
                good: Mutex::new(0),
            },
        )
        .await;
    world.on("GET", EVENTS, body(200, &page(&[], ""))).await;
    world
}

async fn refreshed_with(world: &World) -> Vec<String> {
    let requests = world.arrived(TOKEN).await;
    requests
        .iter()
        .map(|r| form(r)["refresh_token"].clone())
        .collect()
}

#[tokio::test]
async fn a_server_to_server_app_asks_as_zoom_wants_and_the_next_process_does_not_ask_again() {
    let world = World::granting().await;
    world.on("GET", EVENTS, body(200, &page(&[], ""))).await;
    for _ in 0..3 {
        world.client().bookings(window(), None).await.unwrap();
    }
    let asked = world.arrived(TOKEN).await;
    assert_eq!(asked.len(), 1);
    let sent = form(&asked[0]);
    assert_eq!(sent["grant_type"], "account_credentials");
    assert_eq!(sent["account_id"], "account");
    assert_eq!(asked[0].url.query(), None);
    let basic = asked[0]
        .headers
        .get("authorization")
        .unwrap()
        .to_str()
        .unwrap();
    assert!(basic.starts_with("Basic "));
    assert_eq!(bearer(&world.arrived(EVENTS).await[0]), "t");
}

#[tokio::test]
async fn a_token_is_renewed_a_minute_before_its_end() {
    let world = rotating(Some("r0")).await;
    world.client().bookings(window(), None).await.unwrap();
    world.clock.advance(Duration::from_secs(3_535));
    world.client().bookings(window(), None).await.unwrap();
    assert_eq!(refreshed_with(&world).await, ["r0"]);
    world.clock.advance(Duration::from_secs(6));
    world.client().bookings(window(), None).await.unwrap();
    assert_eq!(refreshed_with(&world).await, ["r0", "r1"]);
    let saved = world.base.json("token/");
    assert_eq!(
        (&saved["current"], &saved["previous"]),
        (&json!("r2"), &json!("r1"))
    );
}

#[tokio::test]
async fn what_a_token_may_do_is_known_and_stays_where_a_refresh_does_not_say() {
    let mut world = World::new().await;
    world.config.auth = user(Some("r0"));
    let silent = json!({"access_token": "t2", "refresh_token": "r2"});
    let answers = [token("t1", 3_599, Some("r1")), body(200, &silent)];
    world.on("POST", TOKEN, in_turn(answers)).await;
    let account = world.account();
    assert!(account.authority().scopes().unwrap().is_empty());
    for refreshed in 1..=2 {
        account.authority().access().await.unwrap();
        assert_eq!(account.authority().scopes().unwrap(), ["x"]);
        assert_eq!(world.arrived(TOKEN).await.len(), refreshed);
        world.clock.advance(Duration::from_hours(2));
    }
}

#[tokio::test]
async fn a_changed_configuration_does_not_meet_the_old_token() {
    let mut world = World::granting().await;
    world.on("GET", EVENTS, body(200, &page(&[], ""))).await;
    world.client().bookings(window(), None).await.unwrap();
    if let Auth::ServerToServer { account_id, .. } = &mut world.config.auth {
        *account_id = "other".to_owned();
    }
    world.client().bookings(window(), None).await.unwrap();
    assert_eq!(world.arrived(TOKEN).await.len(), 2);
}

#[tokio::test]
async fn eight_callers_at_once_share_one_request_for_a_token() {
    let world = rotating(Some("r0")).await;
    let zoom = world.client();
    let calls = (0..8).map(|_| zoom.bookings(window(), None));
    for done in futures_util::future::join_all(calls).await {
        done.unwrap();
    }
    assert_eq!(refreshed_with(&world).await, ["r0"]);
}

#[rstest]
#[case::plain_401(401, json!({}))]
#[case::code_124(401, json!({"code": 124, "message": "Access token is expired."}))]
#[case::code_4700(400, json!({"code": 4700, "message": "Invalid access token"}))]
#[tokio::test]
async fn a_token_refused_in_mid_pass_is_renewed_once_for_all_and_the_requests_repeated(
    #[case] code: u16,
    #[case] refusal: Value,
) {
    let mut world = World::new().await;
    world.config.auth = user(Some("r0"));
    world
        .on(
            "POST",
            TOKEN,
            Rotating {
                good: Mutex::new(0),
            },
        )
        .await;
    let answer = move |request: &Request| match bearer(request).as_str() {
        "t2" => body(200, &page(&["1"], "")),
        _ => body(code, &refusal),
    };
    world.on("GET", EVENTS, answer).await;
    let zoom = world.client();
    let calls = (0..8).map(|_| zoom.bookings(window(), None));
    for done in futures_util::future::join_all(calls).await {
        assert_eq!(done.unwrap().bookings.len(), 1);
    }
    assert_eq!(refreshed_with(&world).await, ["r0", "r1"]);
}

#[tokio::test]
async fn a_token_refused_again_after_its_renewal_is_denied() {
    let world = World::granting().await;
    world.on("GET", EVENTS, status(401)).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(world.arrived(EVENTS).await.len(), 2);
    assert_eq!(world.arrived(TOKEN).await.len(), 2);
}

#[tokio::test]
async fn a_token_that_is_not_durable_is_neither_used_nor_lost() {
    let world = rotating(Some("r0")).await;
    let zoom = world.client();
    world.base.full.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let error = zoom.bookings(window(), None).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Local);
    }
    assert!(world.arrived(EVENTS).await.is_empty(), "it was not used");
    assert_eq!(
        refreshed_with(&world).await,
        ["r0"],
        "it was not asked for again"
    );
    world.base.full.store(false, Ordering::SeqCst);
    zoom.bookings(window(), None).await.unwrap();
    assert_eq!(refreshed_with(&world).await, ["r0"]);
    assert_eq!(world.base.json("token/")["current"], "r1");
}

#[tokio::test]
async fn a_caller_that_gives_up_while_saving_does_not_lose_the_token() {
    let world = rotating(Some("r0")).await;
    let account = world.account();
    world.base.stuck.store(true, Ordering::SeqCst);
    tokio::select! {
        _ = account.authority().access() => panic!("nothing can be saved"),
        () = world.base.begun.notified() => {}
    }
    world.base.stuck.store(false, Ordering::SeqCst);
    account.authority().access().await.unwrap();
    assert_eq!(refreshed_with(&world).await, ["r0"]);
}

#[rstest]
#[case::the_one_before_still_works("r8", None, &["r9", "r8"])]
#[case::the_seed_is_the_last_hope("r7", Some("r7"), &["r9", "r8", "r7"])]
#[tokio::test]
async fn when_the_saved_refresh_token_is_refused_the_others_known_are_tried(
    #[case] good: &str,
    #[case] seed: Option<&str>,
    #[case] tried: &[&str],
) {
    let world = rotating(seed).await;
    let good = good[1..].parse().unwrap();
    world.server.reset().await;
    world
        .on(
            "POST",
            TOKEN,
            Rotating {
                good: Mutex::new(good),
            },
        )
        .await;
    world.on("GET", EVENTS, body(200, &page(&[], ""))).await;
    save(&world, seed);
    world.client().bookings(window(), None).await.unwrap();
    assert_eq!(refreshed_with(&world).await, tried);
}

#[tokio::test]
async fn a_seed_that_a_person_has_changed_is_tried_first() {
    let world = rotating(Some("r0")).await;
    save(&world, Some("an older seed"));
    world.client().bookings(window(), None).await.unwrap();
    assert_eq!(refreshed_with(&world).await, ["r0"]);
}

/// What another process saved: `r9` current, `r8` before, and the access token used up.
fn save(world: &World, seed: Option<&str>) {
    let seed = seed.map(|seed| crate::domain::fingerprint::Fingerprint::of([seed]));
    let past = "2026-11-21T09:00:00Z";
    let tokens = json!({"access": "old", "since": past, "good_until": past, "current": "r9", "previous": "r8", "seed": seed});
    let url = world.config.oauth_url.as_str();
    let digest = crate::domain::fingerprint::Fingerprint::of([url, "client", "user"]);
    let key = format!("token/{}", digest.as_str());
    let bytes = serde_json::to_vec(&tokens).unwrap();
    world.base.map.lock().unwrap().insert(key, bytes);
}

#[tokio::test]
async fn a_fault_of_the_token_endpoint_is_tried_again() {
    let world = World::new().await;
    world
        .on(
            "POST",
            TOKEN,
            in_turn([status(500), status(429), token("t", 3_599, None)]),
        )
        .await;
    world.on("GET", EVENTS, body(200, &page(&[], ""))).await;
    world.client().bookings(window(), None).await.unwrap();
    assert_eq!(world.arrived(TOKEN).await.len(), 3);
}

#[rstest]
#[case::used_up(true, body(400, &json!({"error": "invalid_grant"})), Kind::Denied, "refresh_token")]
#[case::wrong_secret(true, body(401, &json!({"error": "invalid_client", "reason": "client-secret-hush"})), Kind::Denied, "zoom.auth.client_secret")]
#[case::wrong_account(false, body(400, &json!({"error": "invalid_request"})), Kind::Denied, "zoom.auth.account_id")]
#[case::wrong_kind(false, body(400, &json!({"error": "unsupported_grant_type"})), Kind::Denied, "zoom.auth.kind")]
#[case::moved(false, status(301).insert_header("Location", "http://elsewhere.example/"), Kind::Unreachable, "zoom.oauth_url")]
#[case::another_page(false, status(200).set_body_string("<html>client-secret-hush"), Kind::Unreachable, "zoom.oauth_url")]
#[case::down(false, status(500), Kind::Transient, "")]
#[tokio::test]
async fn a_refused_token_request_names_the_key_to_change_and_no_secret(
    #[case] as_user: bool,
    #[case] answer: ResponseTemplate,
    #[case] kind: Kind,
    #[case] hint: &str,
) {
    let mut world = World::new().await;
    if as_user {
        world.config.auth = user(Some("seed-hush"));
    }
    world.on("POST", TOKEN, answer).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let all = format!("{error} {error:?} {:?}", world.config);
    assert!(error.remedy().unwrap_or_default().contains(hint), "{all}");
    assert!(!all.contains("hush"), "{all}");
}

#[tokio::test]
async fn without_a_refresh_token_the_remedy_names_its_key() {
    let world = rotating(None).await;
    let error = world.client().bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(error.remedy().unwrap().contains("zoom.auth.refresh_token"));
    assert!(world.arrived(TOKEN).await.is_empty());
}

#[tokio::test]
async fn the_code_of_a_login_becomes_tokens_that_are_saved() {
    let world = World::new().await;
    world
        .on("POST", TOKEN, token("t1", 3_599, Some("r1")))
        .await;
    let mut config = world.config.clone();
    config.auth = user(None);
    let world = World { config, ..world };
    let account = world.account();
    let uri = "http://127.0.0.1/callback";
    account
        .authority()
        .exchange_code(&"code".into(), uri, Some(&"verifier".into()))
        .await
        .unwrap();
    let sent = form(&world.arrived(TOKEN).await[0]);
    assert_eq!(
        (sent["code"].as_str(), sent["code_verifier"].as_str()),
        ("code", "verifier")
    );
    assert_eq!(world.base.json("token/")["current"], "r1");
}

#[rstest]
#[case::a_text(json!("scheduler:read  calendar:read:event"), &["scheduler:read", "calendar:read:event"])]
#[case::with_commas(json!("a,b"), &["a", "b"])]
#[case::nothing(json!(null), &[])]
#[case::a_list(json!(["a"]), &[])]
#[case::what_is_none(json!("a \u{1b}[31m \"b\" c"), &["a", "c"])]
#[tokio::test]
async fn what_a_login_may_do_is_told_as_zoom_says_it(
    #[case] scope: Value,
    #[case] expected: &[&str],
) {
    let mut world = World::new().await;
    world.config.auth = user(None);
    let answer = json!({"access_token": "t1", "refresh_token": "r1", "scope": scope});
    world.on("POST", TOKEN, body(200, &answer)).await;
    let account = world.account();
    let code = "c".into();
    let exchanged = account.authority().exchange_code(&code, "u", None);
    assert_eq!(exchanged.await.unwrap(), expected);
}

#[tokio::test]
async fn a_login_without_a_refresh_token_is_none() {
    let mut world = World::new().await;
    world.config.auth = user(None);
    world.on("POST", TOKEN, token("t1", 3_599, None)).await;
    let account = world.account();
    let code = "c".into();
    let exchanged = account.authority().exchange_code(&code, "u", None);
    let error = exchanged.await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(world.base.json("token/"), Value::Null);
}

#[tokio::test]
async fn what_another_of_us_saved_is_used() {
    let world = rotating(Some("r0")).await;
    let (one, other) = (world.client(), world.client());
    one.bookings(window(), None).await.unwrap();
    world.clock.advance(Duration::from_hours(2));
    other.bookings(window(), None).await.unwrap();
    one.bookings(window(), None).await.unwrap();
    assert_eq!(refreshed_with(&world).await, ["r0", "r1"]);
    world.account().authority().forget().await.unwrap();
    let error = one.bookings(window(), None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
}

#[rstest]
#[case::ended(200, json!({"status": "success"}), true)]
#[case::was_dead(400, json!({"error": "invalid_request"}), true)]
#[case::wrong_client(401, json!({"error": "invalid_client"}), false)]
#[case::wrong_client_as_400(400, json!({"error": "invalid_client"}), false)]
#[case::fault(500, json!({}), false)]
#[tokio::test]
async fn tokens_are_forgotten_only_when_zoom_ended_them(
    #[case] code: u16,
    #[case] answer: Value,
    #[case] gone: bool,
) {
    let world = rotating(Some("r0")).await;
    world.client().bookings(window(), None).await.unwrap();
    world.on("POST", "/oauth/revoke", body(code, &answer)).await;
    let account = world.account();
    let out = account.authority().log_out().await;
    assert_eq!(out.is_ok(), gone, "{out:?}");
    assert_eq!(world.base.json("token/").is_null(), gone);
    let revoked = world.arrived("/oauth/revoke").await;
    let revoked: Vec<String> = revoked.iter().map(|r| form(r)["token"].clone()).collect();
    if gone {
        assert_eq!(revoked, ["r1", "t1"]);
        assert!(!account.authority().log_out().await.unwrap());
    } else {
        assert!(revoked.iter().all(|token| token == "r1"), "{revoked:?}");
    }
}
