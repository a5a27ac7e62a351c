//! Several that work with the same tokens in one process: passes, `login`, `logout`, calendars of one
//! account. What one of them begins ends before the next one, even where nobody waits for it.

use rstest::rstest;
use serde_json::json;

use super::*;

const TOKEN: &str = "/oauth/token";
const SLOW: Duration = Duration::from_millis(500);

/// A server that takes its time: `r0` is good first, then `r1`, each once; a code is always good.
struct Slow {
    good: Mutex<u32>,
}

impl Respond for Slow {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let form = form(request);
        if form["grant_type"] == "authorization_code" {
            return token("of-login", 3_599, Some("of-login"));
        }
        let mut good = self.good.lock().unwrap();
        let answer = if form["refresh_token"] == format!("r{good}") {
            *good += 1;
            token(&format!("t{good}"), 3_599, Some(&format!("r{good}")))
        } else {
            body(400, &json!({"error": "invalid_grant"}))
        };
        answer.set_delay(SLOW)
    }
}

/// A login whose access token has ended; the refresh token is `r1` now.
async fn ended() -> World {
    let mut world = World::new().await;
    world.config.auth = user(Some("r0"));
    let slow = Slow {
        good: Mutex::new(0),
    };
    world.on("POST", TOKEN, slow).await;
    let revoked = body(200, &json!({"status": "success"}));
    world.on("POST", "/oauth/revoke", revoked).await;
    world.account().authority().access().await.unwrap();
    world.config.auth = user(None);
    world.clock.advance(Duration::from_hours(2));
    world
}

/// Until a refresh is under way.
async fn under_way(world: &World) {
    while world.arrived(TOKEN).await.len() < 2 {
        tokio::task::yield_now().await;
    }
}

#[rstest]
#[tokio::test]
async fn after_a_logout_no_token_stands_though_one_was_under_way(
    #[values(true, false)] only_here: bool,
) {
    let world = ended().await;
    let (pass, logout) = (world.account(), world.account());
    let out = async {
        under_way(&world).await;
        if only_here {
            logout.authority().forget().await
        } else {
            logout.authority().log_out().await
        }
    };
    let (passed, out) = tokio::join!(pass.authority().access(), out);
    passed.unwrap();
    assert!(out.unwrap());
    assert!(world.base.json("token/").is_null());
    let revoked = world.arrived("/oauth/revoke").await;
    let revoked: Vec<String> = revoked.iter().map(|r| form(r)["token"].clone()).collect();
    let expected: &[&str] = if only_here { &[] } else { &["r2", "t2"] };
    assert_eq!(revoked, expected, "what is ended is what was good");
}

#[tokio::test]
async fn after_a_login_its_tokens_stand_though_others_were_under_way() {
    let world = ended().await;
    let (pass, login) = (world.account(), world.account());
    let (code, back) = ("code".into(), "http://127.0.0.1:5/callback");
    let exchanged = async {
        under_way(&world).await;
        login.authority().exchange_code(&code, back, None).await
    };
    let (passed, exchanged) = tokio::join!(pass.authority().access(), exchanged);
    passed.unwrap();
    exchanged.unwrap();
    assert_eq!(world.base.json("token/")["current"], "of-login");
    let given = world.account().authority().access().await.unwrap();
    assert_eq!(
        secrecy::ExposeSecret::expose_secret(&given.secret),
        "of-login"
    );
}

#[tokio::test]
async fn who_share_a_login_refresh_it_once() {
    let world = ended().await;
    let both = [world.account(), world.account()];
    let asked = both.iter().map(|one| one.authority().access());
    for given in futures_util::future::join_all(asked).await {
        given.unwrap();
    }
    assert_eq!(world.arrived(TOKEN).await.len(), 2);
}

#[tokio::test]
async fn a_refresh_that_nobody_waits_for_any_more_is_not_lost() {
    let world = ended().await;
    {
        let impatient = world.account();
        tokio::select! {
            _ = impatient.authority().access() => panic!("it is slow"),
            () = under_way(&world) => {}
        }
    }
    world.account().authority().access().await.unwrap();
    assert_eq!(world.base.json("token/")["current"], "r2");
    assert_eq!(world.arrived(TOKEN).await.len(), 2);
}

#[tokio::test]
async fn a_process_that_ends_reads_the_answer_first() {
    let world = ended().await;
    {
        let impatient = world.account();
        tokio::select! {
            _ = impatient.authority().access() => panic!("it is slow"),
            () = under_way(&world) => {}
        }
    }
    assert_eq!(world.base.json("token/")["current"], "r1");
    crate::adapters::oauth::finished(Duration::from_secs(10)).await;
    assert_eq!(world.base.json("token/")["current"], "r2");
}
