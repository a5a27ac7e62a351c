use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, poll_immediate};
use futures_util::stream;
use jiff::Timestamp;
use tower::ServiceExt as _;

use super::*;
use crate::domain::hint::Hint;
use crate::ports::error::Result as PortResult;

/// Hears nothing, at the beginning of time.
struct Still;

#[async_trait]
impl Hearing for Still {
    async fn heard(&self, _: &Fingerprint, _: Hint) -> PortResult<Heard> {
        Ok(Heard::New)
    }

    fn look_soon(&self) {}
}

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn sleep(&self, _: Duration) {}
}

/// The routes, at the beginning of time.
fn still() -> Router {
    routes(Webhook {
        secret: SecretString::from("hush"),
        shown: None,
        hearing: Arc::new(Still),
        clock: Arc::new(Still),
        refusals: Arc::default(),
        reading: Reading::default(),
    })
}

/// A webhook whose body never comes, and that counts who waits for it. It says how long it is, or not.
fn never_comes(asked: &Arc<AtomicUsize>, length: Option<usize>) -> Request {
    let (asked, mut first) = (asked.clone(), true);
    let body = stream::poll_fn(move |_| {
        asked.fetch_add(usize::from(std::mem::take(&mut first)), Ordering::SeqCst);
        std::task::Poll::<Option<Result<body::Bytes, axum::Error>>>::Pending
    });
    let mut request = Request::post("/webhooks/zoom")
        .header(TIMESTAMP, "0")
        .header(SIGNATURE, format!("v0={}", "0".repeat(64)));
    if let Some(length) = length {
        request = request.header(header::CONTENT_LENGTH, length);
    }
    request.body(Body::from_stream(body)).unwrap()
}

/// Whoever sends so, each as far as it comes at once.
async fn send(
    routes: &Router,
    count: usize,
    request: impl Fn() -> Request,
) -> Vec<BoxFuture<'static, Response>> {
    let mut calls = Vec::new();
    for _ in 0..count {
        let routes = routes.clone().oneshot(request());
        let mut call = routes
            .map(|answer| answer.unwrap_or_else(|never| match never {}))
            .boxed();
        assert!(poll_immediate(&mut call).await.is_none());
        calls.push(call);
    }
    calls
}

#[rstest::rstest]
#[case::how_long_is_not_said(None)]
#[case::it_may_be_a_mebibyte(Some(LONGEST))]
#[case::just_too_long_to_be_short(Some(SHORT + 1))]
#[tokio::test]
async fn eight_long_bodies_are_read_at_once_and_the_next_has_its_turn(
    #[case] length: Option<usize>,
) {
    let routes = still();
    let asked = Arc::new(AtomicUsize::new(0));
    let mut calls = send(&routes, 20, || never_comes(&asked, length)).await;
    assert_eq!(asked.load(Ordering::SeqCst), 8);
    drop(calls.remove(0));
    for call in &mut calls {
        assert!(poll_immediate(call).await.is_none());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 9, "one place was left");
}

/// Zoom's own are short: whoever sends long ones slowly, or short ones, does not keep Zoom waiting.
#[tokio::test]
async fn a_short_body_waits_for_no_place() {
    let routes = still();
    let asked = Arc::new(AtomicUsize::new(0));
    let _long = send(&routes, 20, || never_comes(&asked, None)).await;
    assert_eq!(asked.swap(0, Ordering::SeqCst), 8);
    let _short = send(&routes, 20, || never_comes(&asked, Some(SHORT))).await;
    assert_eq!(asked.load(Ordering::SeqCst), 20);
    let body = br#"{"event":"meeting.started"}"#;
    let signed = signature(&SecretString::from("hush"), "0", body);
    let request = Request::post("/webhooks/zoom")
        .header(TIMESTAMP, "0")
        .header(SIGNATURE, signed)
        .header(header::CONTENT_LENGTH, body.len())
        .body(Body::from(&body[..]))
        .unwrap();
    let answer = poll_immediate(routes.oneshot(request)).await;
    assert_eq!(
        answer.expect("at once").unwrap().status(),
        StatusCode::NO_CONTENT
    );
}
