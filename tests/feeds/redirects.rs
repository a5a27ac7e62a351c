//! Redirects: followed where they may lead, and nobody else is told who asks.

use slotbridge::ports::error::Kind;

use crate::bench::*;
use crate::server::Server;

const BASIC: &str = "authorization: basic ywxpy2u6ahvudgvymg=="; // alice:hunter2, in small letters

fn to(target: String) -> Server {
    Server::start(move |_, out| out.say("302 Found", &format!("Location: {target}\r\n"), b""))
}

#[tokio::test]
async fn a_redirect_is_followed_and_not_remembered() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let there = Server::saying("200 OK", "", calendar(&["a"]));
        let target = there.at("127.0.0.1", PATH);
        let here =
            Server::start(move |_, out| out.say(status, &format!("Location: {target}\r\n"), b""));
        let feed = on(&here);
        assert_eq!(timings(&feed).await, 1, "{status}");
        assert_eq!(timings(&feed).await, 1, "{status}");
        assert_eq!(
            (here.heads().len(), there.heads().len()),
            (2, 2),
            "{status}"
        );
    }
}

#[tokio::test]
async fn who_asks_is_told_to_nobody_else() {
    let there = Server::saying("200 OK", "", calendar(&["a"]));
    let here = to(there.at("mallory:x@localhost", PATH));
    let address = here.at("alice:hunter2@127.0.0.1", PATH);
    assert_eq!(timings(&feed(&address)).await, 1);
    assert!(here.heads()[0].contains(BASIC), "{:?}", here.heads());
    let told = &there.heads()[0];
    assert!(
        !told.contains("authorization") && !told.contains("referer"),
        "{told}"
    );
}

#[tokio::test]
async fn who_asks_is_told_again_on_the_same_server() {
    let server = Server::start(|head, out| {
        if head.starts_with("get /very-secret.ics") {
            return out.say("302 Found", "Location: /further.ics\r\n", b"");
        }
        out.say("200 OK", "", calendar(&["a"]).as_bytes())
    });
    let address = server.at("127.0.0.1", PATH);
    let login = Some(("alice", "hunter2"));
    let feed = feed_with(
        &address,
        login,
        slotbridge::adapters::http_client::Timeouts::default(),
        StillClock::new(),
    );
    assert_eq!(timings(&feed).await, 1);
    let heads = server.heads();
    assert_eq!(heads.len(), 2);
    assert!(heads.iter().all(|head| head.contains(BASIC)), "{heads:?}");
}

#[tokio::test]
async fn a_circle_is_named() {
    let server = Server::start(|head, out| {
        let target = if head.contains("/round.ics") {
            PATH
        } else {
            "/round.ics"
        };
        out.say("302 Found", &format!("Location: {target}\r\n"), b"")
    });
    refused(&on(&server), Kind::Malformed, "in a circle").await;
    assert_eq!(server.heads().len(), 2);
}

#[tokio::test]
async fn redirects_without_end_are_given_up() {
    let steps = std::sync::atomic::AtomicU32::new(0);
    let server = Server::start(move |_, out| {
        let step = steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        out.say("302 Found", &format!("Location: /{step}.ics\r\n"), b"")
    });
    refused(&on(&server), Kind::Malformed, "more than 5 redirects").await;
    assert_eq!(server.heads().len(), 6);
}

#[tokio::test]
async fn a_redirect_never_leads_into_the_open() {
    let server = to("http://example.invalid/secret.ics".to_owned());
    refused(&on(&server), Kind::Denied, "plain http").await;
    let server = to("file:///etc/passwd".to_owned());
    refused(&on(&server), Kind::Malformed, "leads nowhere").await;
    let server = Server::saying("302 Found", "", "");
    refused(&on(&server), Kind::Malformed, "answered 302").await;
}

#[tokio::test]
async fn who_is_not_told_to_another_server_is_not_asked_to_configure_it_again() {
    let there = Server::saying("401 Unauthorized", "", "");
    let here = to(there.at("localhost", PATH));
    let address = here.at("127.0.0.1", PATH);
    let with = |login| {
        let timeouts = slotbridge::adapters::http_client::Timeouts::default();
        feed_with(&address, login, timeouts, StillClock::new())
    };
    let hint = async |login| {
        let error = list(&with(login), None).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        error.remedy().unwrap_or_default().to_owned()
    };
    let configured = hint(Some(("alice", "hunter2"))).await;
    assert!(
        configured.contains("are not sent to another server"),
        "{configured}"
    );
    let nobody = hint(None).await;
    assert!(nobody.contains("add username and password"), "{nobody}");
}
