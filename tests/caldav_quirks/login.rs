//! Who we are, as servers want to hear it.

use std::sync::{Arc, Mutex};

use slotbridge::adapters::caldav::Credentials;
use slotbridge::ports::calendar::Calendar;
use slotbridge::ports::error::Kind;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::bench::{alice, calendar_with, list};
use crate::script::{Skill, about, line, multistatus, token, url};

/// A server that wants a digest: it gives a nonce, and after a few uses another one.
struct WantsDigest {
    uses_left: Mutex<u32>,
    generation: Mutex<u32>,
    algorithm: &'static str,
}

impl WantsDigest {
    fn challenge(&self, stale: bool) -> ResponseTemplate {
        let generation = *self.generation.lock().unwrap();
        let stale = if stale { ", stale=true" } else { "" };
        ResponseTemplate::new(401).insert_header(
            "WWW-Authenticate",
            format!(
                "Digest realm=\"a, b\", qop=\"auth\", nonce=\"n{generation}\", algorithm={}, opaque=\"o\"{stale}",
                self.algorithm
            ),
        )
    }
}

fn field<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("{name}="))?;
    Some(rest.split(',').next()?.trim_matches('"'))
}

impl Respond for WantsDigest {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = request.headers.get("authorization");
        let header = header.and_then(|value| value.to_str().ok()).unwrap_or("");
        if !header.starts_with("Digest ") {
            return self.challenge(false);
        }
        // The password is right if the same words give the same response.
        let mut challenge = digest_auth::parse(&format!(
            "Digest realm=\"a, b\", qop=\"auth\", nonce=\"{}\", algorithm={}, opaque=\"o\"",
            field(header, "nonce").unwrap(),
            self.algorithm
        ))
        .unwrap();
        let count = u32::from_str_radix(field(header, "nc").unwrap(), 16).unwrap();
        challenge.nc = count - 1;
        let mut context = digest_auth::AuthContext::new_with_method(
            "alice",
            "correct horse",
            request.url.path(),
            Option::<&[u8]>::None,
            request.method.as_str().into(),
        );
        context.set_custom_cnonce(field(header, "cnonce").unwrap());
        let expected = challenge.respond(&context).unwrap();
        if field(header, "response") != Some(expected.response.as_str()) {
            return self.challenge(false);
        }
        let mut generation = self.generation.lock().unwrap();
        let mut left = self.uses_left.lock().unwrap();
        if field(header, "nonce") != Some(&format!("n{generation}")) || *left == 0 {
            *generation += 1;
            *left = 3;
            drop((generation, left));
            return self.challenge(true);
        }
        assert_eq!(count, 4 - *left, "the counter goes up by one");
        *left -= 1;
        if request.method.as_str() == "REPORT" {
            multistatus(&[line("a.ics", "\"1\""), token("t1")].concat())
        } else {
            multistatus(&about("/cal/", Skill::Sync))
        }
    }
}

async fn wants_digest(algorithm: &'static str) -> MockServer {
    let server = MockServer::start().await;
    let answers = WantsDigest {
        uses_left: Mutex::new(3),
        generation: Mutex::new(0),
        algorithm,
    };
    Mock::given(wiremock::matchers::any())
        .respond_with(answers)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_digest_is_learned_reused_and_renewed_when_stale() {
    for algorithm in ["MD5", "SHA-256"] {
        let server = wants_digest(algorithm).await;
        let calendar = calendar_with(&url(&server), None, alice(), &Arc::default());
        for _ in 0..6 {
            assert_eq!(list(&calendar, None).await.unwrap().lines, 1);
        }
        // Seven exchanges, one first refusal, and one more for each nonce that was used up.
        assert_eq!(calendar.meter().requests(), 7 + 1 + 2);
    }
}

#[tokio::test]
async fn a_wrong_digest_password_is_denied_and_not_tried_for_ever() {
    let server = wants_digest("MD5").await;
    let wrong = Credentials::Password {
        username: "alice".to_owned(),
        password: "wrong".into(),
    };
    let calendar = calendar_with(&url(&server), None, wrong, &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(calendar.meter().requests(), 2);
    assert!(!format!("{error:?} {}", error.cause()).contains("wrong"));
}

#[tokio::test]
async fn a_bearer_token_goes_with_every_request() {
    let server = crate::script::server(Skill::Sync).await;
    let wanted = wiremock::matchers::header("authorization", "Bearer tok");
    crate::script::sync("")
        .and(wanted)
        .respond_with(multistatus(&line("a.ics", "\"1\"")))
        .mount(&server)
        .await;
    let bearer = Credentials::Bearer("tok".into());
    let calendar = calendar_with(&url(&server), None, bearer, &Arc::default());
    assert_eq!(list(&calendar, None).await.unwrap().lines, 1);
}

#[tokio::test]
async fn nobody_is_asked_for_by_a_server_that_wants_somebody() {
    let server = wants_digest("MD5").await;
    let calendar = calendar_with(&url(&server), None, Credentials::None, &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(
        (error.kind(), calendar.meter().requests()),
        (Kind::Denied, 1)
    );
}
