//! Zoom's WebSocket: a booking is told of without an address that Zoom can reach, and a connection
//! that is cut loses nothing.
//!
//! `SLOTBRIDGE_TEST_CUTS_FOR=5m` cuts it for as long as that; otherwise it is cut six times. The
//! figures are printed:
//!
//! ```text
//! SLOTBRIDGE_TEST_CUTS_FOR=5m cargo test --test scenarios again_and_again -- --nocapture
//! ```

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use rstest::rstest;
use slotbridge::demo::account::{AccountOptions, NewBooking};

use super::bench::{Bench, at, name_of};
use super::daemon::{Daemon, created, listening};
use super::zoom_socket::{HOUR, Say, Zoom};

/// How often the connection is cut, unless for how long is said.
const CUTS: usize = 6;

#[test]
fn a_booking_told_over_the_websocket_stands_in_the_calendar() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    // One that began after that finds whatever was missed, so that there need not be another.
    daemon.until("pass done");
    let id = bench.book(1);
    zoom.tell(&created(&bench, &id));
    daemon.until("outcome=\"settled\"");
    assert!(bench.entries().contains_key(&name_of(&id)));
    assert!(zoom.seen(|seen| seen.heartbeats) >= 1);
    let logged = daemon.end();
    for secret in ["hush-", "access-", "private@"] {
        assert!(!logged.contains(secret), "{secret}: {logged}");
    }
    bench.is_settled();
}

fn websocket(bench: &Bench) -> (String, String) {
    let run = bench.run(&["check", "--json"]);
    let items = run.json["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["name"] == "websocket");
    let item = item.unwrap_or_else(|| panic!("{run:#?}"));
    let word = |key: &str| item[key].as_str().unwrap().to_owned();
    assert!(!run.said().contains("hush-"), "{run:#?}");
    (word("state"), word("seen"))
}

#[test]
fn check_opens_the_websocket_and_closes_it_again() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    let (state, seen) = websocket(&bench);
    assert_eq!(state, "ok", "{seen}");
    assert!(seen.contains("opened"), "{seen}");
    assert_eq!(zoom.seen(|seen| (seen.connections, seen.most)), (1, 1));
}

#[rstest]
#[case::refused_once_it_is_open(true, "refused the connection")]
#[case::nobody_there(false, "refused")]
fn a_websocket_that_does_not_open_is_told_by_check(#[case] there: bool, #[case] cause: &str) {
    let mut zoom = Zoom::that(false, HOUR);
    if !there {
        // No test is given a port like this.
        zoom.port = 9;
    }
    let bench = zoom.bench(AccountOptions::default());
    let (state, seen) = websocket(&bench);
    assert_eq!(state, "failed", "{seen}");
    assert!(seen.contains(cause), "{seen}");
}

#[test]
fn check_leaves_the_websocket_of_a_running_daemon_alone() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    let (state, seen) = websocket(&bench);
    assert_eq!(state, "note", "{seen}");
    assert!(seen.contains("not tried"), "{seen}");
    assert_eq!(zoom.seen(|seen| seen.connections), 1);
    daemon.end();
}

/// How long the connection is cut for, where that is said.
fn asked_for() -> Option<Duration> {
    let text = std::env::var_os("SLOTBRIDGE_TEST_CUTS_FOR")?;
    let span: SignedDuration = text.to_str().unwrap().parse().unwrap();
    Some(span.try_into().unwrap())
}

/// Somebody books; each at another time.
fn book(bench: &Bench, booked: &mut Vec<String>) -> String {
    let number = i64::try_from(booked.len()).unwrap();
    let start = at(1 + number / 8 % 100, 6 + number % 8);
    let who = format!("bob{number}@example.org");
    let id = bench
        .account
        .book(NewBooking::new(start, "Bob Example", &who));
    booked.push(id.clone());
    id
}

/// Some bookings are told of just before the cut, some while there is no connection (nobody hears
/// that), and some when it is there again.
#[test]
fn a_connection_that_is_cut_again_and_again_misses_nothing_and_is_never_there_twice() {
    let (long, begun) = (asked_for(), Instant::now());
    let life = Duration::from_secs(if long.is_some() { 30 } else { 8 });
    let zoom = Zoom::that(true, life);
    let bench = zoom.bench(AccountOptions {
        access_token_life: life,
        ..AccountOptions::default()
    });
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    let (mut booked, mut cuts) = (Vec::new(), 0);
    while long.map_or(cuts < CUTS, |long| begun.elapsed() < long) {
        zoom.tell(&created(&bench, &book(&bench, &mut booked)));
        zoom.cut(&mut daemon);
        cuts += 1;
        zoom.tell(&created(&bench, &book(&bench, &mut booked)));
        daemon.until("WebSocket is open");
        let id = book(&bench, &mut booked);
        zoom.tell(&created(&bench, &id));
        while !bench.entries().contains_key(&name_of(&id)) {
            daemon.until("");
        }
    }
    for id in &booked {
        while !bench.entries().contains_key(&name_of(id)) {
            daemon.until("");
        }
    }
    assert_eq!(bench.entries().len(), booked.len(), "each exactly once");
    let (connections, tokens) = zoom.seen(|seen| (seen.connections, seen.tokens.len()));
    println!(
        "{} s: {cuts} cuts, {} bookings, {connections} connections, {tokens} tokens",
        begun.elapsed().as_secs(),
        booked.len()
    );
    assert_eq!(zoom.seen(|seen| seen.most), 1, "never two at a time");
    assert!(connections > cuts);
    assert!(tokens >= 2, "none was renewed");
    assert_eq!(zoom.seen(|seen| seen.stale), 0, "an old token was used");
    let logged = daemon.end();
    let closed = logged.matches("WebSocket is closed").count();
    assert!(closed >= cuts, "{closed} of {cuts}");
    bench.is_settled();
}

/// Whatever is asked of the log: the libraries below show requests and frames as they are.
#[rstest]
#[case::verbose(&["-vvvv"], "")]
#[case::everything(&[], "trace")]
#[case::by_name(
    &["--log-format", "json"],
    "slotbridge=trace,tungstenite=trace,tokio_tungstenite=trace,hyper=trace,hyper_util=trace,\
     reqwest=trace,rustls=trace,h2=trace,axum=trace"
)]
#[case::journald(&["--log-format", "journald"], "trace")]
fn no_log_shows_a_token_an_address_or_a_name(#[case] words: &[&str], #[case] filter: &str) {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    bench.configure(|text| {
        let url = format!(
            "ws://127.0.0.1:{}/ws?subscriptionId=hush-subscription",
            zoom.port
        );
        let feed = "[[host.feed]]\nname = \"f\"\nkind = \"bookings\"\n";
        let web = format!("[zoom.websocket]\nurl = \"{url}\"\n[zoom.webhook]");
        let text = listening(text) + feed;
        text.replace("[zoom.webhook]", &web)
            .replace("[http]\n", "[http]\nadmin_token = \"hush-admin\"\n")
    });
    let mut command = bench.command(words);
    command.arg("run").env("SLOTBRIDGE_LOG", filter);
    let mut daemon = Daemon::spawn(&mut command);
    daemon.until("WebSocket is open");
    daemon.until("pass done");
    let told = bench.book(1);
    zoom.tell(&created(&bench, &told));
    let hooked = bench.book(2);
    assert_eq!(daemon.tell(&created(&bench, &hooked)).status, 204);
    for id in [&told, &hooked] {
        while !bench.entries().contains_key(&name_of(id)) {
            daemon.until("");
        }
    }
    let admin = [("authorization", "Bearer hush-admin")];
    assert_eq!(daemon.ask("GET", "/metrics", &admin, b"").status, 200);
    let listed = bench.run(&["feeds", "list", "--json"]);
    let path = listed.json[0]["path"].as_str().unwrap();
    assert_eq!(daemon.get(path).status, 200);
    let token = path.trim_start_matches("/feeds/").trim_end_matches(".ics");
    let logged = daemon.end();
    let basic = "ZGVtby1jbGllbnQ6"; // "demo-client:"
    let secret = bench.account.options().client_secret.clone();
    let private = ["hush-", "access-", "private@", "Bob", "example.org"];
    let secrets = private.into_iter().chain([basic, &secret, token]);
    for word in secrets {
        let shown = logged.lines().find(|line| line.contains(word));
        assert!(shown.is_none(), "{word}: {shown:?}");
    }
}

#[test]
fn a_new_token_comes_before_the_old_one_ends_and_never_a_second_connection() {
    let life = Duration::from_secs(5);
    let zoom = Zoom::that(true, life);
    let bench = zoom.bench(AccountOptions {
        access_token_life: life,
        ..AccountOptions::default()
    });
    let mut daemon = Daemon::start(&bench);
    for _ in 0..3 {
        daemon.until("WebSocket is open");
    }
    assert!(zoom.seen(|seen| seen.tokens.len()) >= 3);
    assert_eq!(zoom.seen(|seen| seen.stale), 0);
    assert_eq!(zoom.seen(|seen| seen.most), 1);
    let logged = daemon.logged();
    assert!(!logged.contains("WebSocket is closed"), "{logged}");
}

#[test]
fn nonsense_on_the_websocket_does_no_harm() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    daemon.until("pass done");
    for said in [
        "",
        "[]",
        "{}",
        "{\"module\":7}",
        "{\"module\":\"message\"}",
        "{\"module\":\"message\",\"content\":\"{\"}",
        "\u{0}",
        "{\"module\":\"message\",\"content\":[[]]}",
    ] {
        zoom.say(Say::This(said.to_owned()));
    }
    zoom.say(Say::This("x".repeat(2 * 1024 * 1024)));
    daemon.until("a message was too long");
    daemon.until("WebSocket is open");
    let id = bench.book(1);
    zoom.tell(&created(&bench, &id));
    while !bench.entries().contains_key(&name_of(&id)) {
        daemon.until("");
    }
    assert!(!daemon.logged().contains("panicked"));
}

#[test]
fn a_connection_that_zoom_refuses_is_told_once_and_brings_no_passes() {
    let zoom = Zoom::that(false, HOUR);
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("pass done");
    for _ in 0..4 {
        daemon.until("WebSocket is closed");
    }
    let logged = daemon.end();
    assert_eq!(logged.matches("WARN").count(), 1, "{logged}");
    assert_eq!(logged.matches("pass done").count(), 1, "{logged}");
    assert!(!logged.contains("WebSocket is open"), "{logged}");
}

#[test]
fn a_reload_closes_the_connection_before_it_opens_another() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    for _ in 0..3 {
        daemon.signal("-HUP");
        daemon.until("the configuration was read again");
        daemon.until("WebSocket is open");
    }
    let id = bench.book(1);
    zoom.tell(&created(&bench, &id));
    while !bench.entries().contains_key(&name_of(&id)) {
        daemon.until("");
    }
    daemon.end();
    assert_eq!(zoom.seen(|seen| (seen.most, seen.connections)), (1, 4));
}
