//! The status page: who gets it, how it is asked for, and what a browser may do with it.

use rstest::rstest;

use super::daemon::{Daemon, listening, raw};
use super::markup::Element;
use super::page::{ask, bench};

const TOKEN: &str = "hush-admin";

fn with_token(text: String) -> String {
    listening(text).replace("[http]\n", &format!("[http]\nadmin_token = \"{TOKEN}\"\n"))
}

#[test]
fn it_carries_nothing_in_and_lets_nothing_out() {
    let bench = bench();
    let daemon = Daemon::ready(&bench);
    let answer = ask(&daemon, "GET", "/", "");
    for line in [
        "content-type: text/html; charset=utf-8",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; style-src 'sha256-",
        "frame-ancestors 'none'",
    ] {
        assert!(
            answer.head.contains(line),
            "{line:?} is not in {}",
            answer.head
        );
    }
    assert!(!answer.head.contains("set-cookie"), "{}", answer.head);
    let page = Element::read(&answer.body);
    for name in ["script", "img", "iframe", "form", "object"] {
        assert!(page.all(name).is_empty(), "{name}");
    }
    // Nothing is loaded: links lead to other weeks alone, and no element has a style of its own.
    for link in page.all("a") {
        let to = link.attribute("href").unwrap();
        assert!(to.starts_with("?week=") || to == "?", "{to}");
    }
    assert!(!answer.body.contains("style=\"") && !answer.body.contains("url("));
    let style = page.all("style");
    assert_eq!(style.len(), 1);
    // What the header allows is the style that is there.
    let start = answer.body.find("<style>").unwrap() + "<style>".len();
    let end = answer.body.find("</style>").unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&answer.body.as_bytes()[start..end]);
    let digest = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
    let allowed = format!("'sha256-{digest}'").to_ascii_lowercase();
    assert!(
        answer.head.contains(&allowed),
        "{allowed} is not in {}",
        answer.head
    );
}

#[test]
fn head_is_answered_without_a_body_and_what_writes_is_refused() {
    let bench = bench();
    let daemon = Daemon::ready(&bench);
    let head = ask(&daemon, "HEAD", "/", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(
        head.head.contains("content-type: text/html"),
        "{}",
        head.head
    );
    assert!(head.head.contains("content-length: "), "{}", head.head);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = ask(&daemon, method, "/", "Content-Length: 0\r\n");
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.head.contains("allow: get, head"), "{}", answer.head);
    }
}

#[rstest]
#[case("2026-W54")]
#[case("2026-W00")]
#[case("2025-W53")]
#[case("1999-W01")]
#[case("2200-W01")]
#[case("2026-w10")]
#[case("2026-W1")]
#[case("2026-W010")]
#[case("%2B026-W10")]
#[case("")]
#[case("2026-W10&week=2026-W11")]
#[case("%3Cscript%3E")]
#[case("%00%ff")]
fn a_week_that_is_none_is_refused_with_words(#[case] week: &str) {
    let bench = bench();
    let daemon = Daemon::ready(&bench);
    let answer = ask(&daemon, "GET", &format!("/?week={week}"), "");
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("2026-W48"), "{answer:?}");
    assert!(answer.head.contains("text/plain"), "{answer:?}");
    assert!(!answer.body.contains("script"), "{answer:?}");
}

#[test]
fn the_token_opens_it_to_browsers_and_programs_and_shows_the_feeds() {
    let bench = bench();
    bench.configure(with_token);
    let mut daemon = Daemon::ready(&bench);
    let with = |value: &str| ask(&daemon, "GET", "/", &format!("Authorization: {value}\r\n"));
    let without = ask(&daemon, "GET", "/", "");
    assert_eq!(without.status, 401);
    let challenge = "www-authenticate: basic realm=\"slotbridge\"";
    assert!(without.head.contains(challenge), "{}", without.head);
    assert!(!without.body.contains("alice"), "{}", without.body);
    for wrong in [
        "Bearer hush",
        "Bearer",
        "Basic !",
        "hush-admin",
        "Bearer hush-admin-2",
    ] {
        let answer = with(wrong);
        assert_eq!(answer.status, 401, "{wrong}");
        assert!(answer.head.contains(challenge), "{}", answer.head);
    }
    // "anybody:hush-admin"
    for right in ["Bearer hush-admin", "Basic YW55Ym9keTpodXNoLWFkbWlu"] {
        let answer = with(right);
        assert_eq!(answer.status, 200, "{right}");
        let page = Element::read(&answer.body);
        let feeds = page.by_id("feeds").text();
        let list = bench.run(&["feeds", "list", "--json"]);
        let all = list.json.as_array().unwrap().clone();
        assert_eq!(all.len(), 2, "{list:#?}");
        for one in all {
            assert!(feeds.contains(one["url"].as_str().unwrap()), "{feeds}");
        }
        assert!(!answer.body.contains(TOKEN), "{}", answer.body);
    }
    // With the token it is shown through a proxy, too.
    let through = "Authorization: Bearer hush-admin\r\nX-Forwarded-For: 192.0.2.1\r\n";
    let request =
        format!("GET / HTTP/1.1\r\nHost: cal.example.org\r\nConnection: close\r\n{through}\r\n");
    assert_eq!(raw(daemon.address, request.as_bytes()).status, 200);
    // A browser that asks for the first time is nobody who guesses; one with a wrong token may be.
    let refused = daemon.refusals();
    assert_eq!(
        refused.get("the status page without the admin token"),
        Some(&1)
    );
}

#[rstest]
#[case::by_name("GET / HTTP/1.1\r\nHost: localhost:8787\r\n", 200)]
#[case::below_it("GET / HTTP/1.1\r\nHost: Cal.LocalHost\r\n", 200)]
#[case::by_address("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", 200)]
#[case::another_address("GET / HTTP/1.1\r\nHost: 127.8.8.8:1\r\n", 200)]
#[case::sixth_version("GET / HTTP/1.1\r\nHost: [::1]:8787\r\n", 200)]
#[case::rebound("GET / HTTP/1.1\r\nHost: evil.example\r\n", 403)]
#[case::looks_like_it("GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n", 403)]
#[case::looks_like_an_address("GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n", 403)]
#[case::hidden_behind("GET / HTTP/1.1\r\nHost: localhost@evil.example\r\n", 403)]
#[case::hidden_before("GET / HTTP/1.1\r\nHost: evil.example@localhost\r\n", 403)]
#[case::of_the_house("GET / HTTP/1.1\r\nHost: 192.168.1.10:8787\r\n", 403)]
#[case::nobody("GET / HTTP/1.1\r\nHost:\r\n", 403)]
#[case::two("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 403)]
#[case::absolute("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n", 403)]
#[case::forwarded(
    "GET / HTTP/1.1\r\nHost: localhost\r\nForwarded: for=192.0.2.1\r\n",
    403
)]
#[case::forwarded_for(
    "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n",
    403
)]
#[case::forwarded_proto(
    "GET / HTTP/1.1\r\nHost: localhost\r\nx-forwarded-proto: https\r\n",
    403
)]
#[case::via("GET / HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 caddy\r\n", 403)]
#[case::real("GET / HTTP/1.1\r\nHost: localhost\r\nX-Real-IP: 192.0.2.1\r\n", 403)]
// nginx before 1.29.7 asks like this unless it is told otherwise.
#[case::older_nginx("GET / HTTP/1.0\r\nHost: 127.0.0.1:8787\r\n", 403)]
// A newer one asks as a browser of this machine does, and nothing tells them apart: the guide has it
// pass on `/webhooks/` and `/feeds/` alone, and `check` warns where no token is set.
#[case::nginx("GET / HTTP/1.1\r\nHost: 127.0.0.1:8787\r\n", 200)]
fn without_a_token_only_what_is_plainly_local_is_answered(
    #[case] request: &str,
    #[case] status: u16,
) {
    let bench = bench();
    let daemon = Daemon::ready(&bench);
    let request = format!("{request}Connection: close\r\n\r\n");
    let answer = raw(daemon.address, request.as_bytes());
    assert_eq!(answer.status, status, "{answer:?}");
    if status == 403 {
        assert!(answer.body.contains("admin_token"), "{answer:?}");
        assert!(!answer.body.contains("alice"), "{answer:?}");
    }
}

#[test]
fn from_outside_it_is_not_shown_without_a_token() {
    let bench = bench();
    bench.configure(|text| listening(text).replace("127.0.0.1:0", "0.0.0.0:0"));
    let mut daemon = Daemon::ready(&bench);
    daemon.address.set_ip([127, 0, 0, 1].into());
    let answer = ask(&daemon, "GET", "/", "");
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("admin_token"), "{answer:?}");
}
