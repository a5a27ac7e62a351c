use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
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

/// A webhook whose body never comes, and that counts who waits for it.
fn never_comes(asked: &Arc<AtomicUsize>) -> Request {
    let (asked, mut first) = (asked.clone(), true);
    let body = stream::poll_fn(move |_| {
        asked.fetch_add(usize::from(std::mem::take(&mut first)), Ordering::SeqCst);
        std::task::Poll::<Option<Result<body::Bytes, axum::Error>>>::Pending
    });
    Request::post("/webhooks/zoom")
        .header(TIMESTAMP, "0")
        .header(SIGNATURE, format!("v0={}", "0".repeat(64)))
        .body(Body::from_stream(body))
        .unwrap()
}

#[tokio::test]
async fn eight_bodies_are_read_at_once_and_the_next_has_its_turn() {
    let routes = routes(Webhook {
        secret: SecretString::from("hush"),
        shown: None,
        hearing: Arc::new(Still),
        clock: Arc::new(Still),
        refusals: Arc::default(),
        reading: Reading::default(),
    });
    let asked = Arc::new(AtomicUsize::new(0));
    let mut calls = Vec::new();
    for _ in 0..20 {
        let mut call = Box::pin(routes.clone().oneshot(never_comes(&asked)));
        assert!(
            futures_util::future::poll_immediate(&mut call)
                .await
                .is_none()
        );
        calls.push(call);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 8);
    drop(calls.remove(0));
    for call in &mut calls {
        assert!(futures_util::future::poll_immediate(call).await.is_none());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 9, "one place was left");
}
