//! Two hosts in one configuration: whose a booking is, is learnt from what Zoom tells, and what is of
//! neither costs no request.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use slotbridge::demo::account::Fault;

use super::bench::{Bench, EVENTS, at};
use super::daemon::{Daemon, created, listening};
use super::hints::asked;
use super::side::Shelf;
use super::side::Side::{self, Radicale};

/// Alice, who logged in and is asked for bookings by their ids; and Bob, whose are found in lists.
/// Their calendars are on a server, so that no changed file brings a pass.
fn two_hosts() -> (Bench, Shelf) {
    let bench = Bench::new(Radicale, "");
    let user = bench.account.options().user_email.clone();
    let shelf = and_bob(&bench, &user, |text| text);
    (bench, shelf)
}

/// Bob is this user of Zoom's; Alice is changed.
fn and_bob(bench: &Bench, user: &str, change: impl FnOnce(String) -> String) -> Shelf {
    let shelf = Side::calendar(Radicale, bench.home.path());
    bench.configure(|text| {
        let text = change(text);
        let calendar = shelf.config().replace("name = \"work\"", "name = \"bob\"");
        let host = format!("[[host]]\nname = \"bob\"\nzoom_user = \"{user}\"\n");
        listening(text) + &calendar + &host + "[host.bookings]\ncalendar = \"bob\"\n"
    });
    shelf
}

/// What Zoom tells of a booking on the page of this user.
fn of(user: &str, mut said: Value) -> Value {
    said["payload"]["user_id"] = json!(user);
    said
}

/// A booking of somebody who is no host here: Zoom shows it to neither.
fn strange(bench: &Bench, near: &str, id: &str) -> Value {
    let mut said = of("stranger", created(bench, near));
    said["payload"]["object"]["scheduled_event"]["event_id"] = json!(id);
    said
}

/// A booking of Bob's: Alice, asked by its id, does not see it.
fn book_with_bob(bench: &Bench, daemon: &mut Daemon, days: i64) -> Value {
    let id = bench.book(days);
    let path = format!("{EVENTS}/{id}");
    bench
        .account
        .faults()
        .once("GET", &path, Fault::Status(404));
    let said = of("bob", created(bench, &id));
    assert_eq!(daemon.tell(&said).status, 204);
    daemon.until("outcome=\"settled\"");
    said
}

#[test]
fn a_booking_of_a_stranger_costs_no_request_once_every_host_is_known() {
    let (bench, _bobs) = two_hosts();
    let mut daemon = Daemon::ready(&bench);
    daemon.until("pass done");
    let id = bench.book(1);
    assert_eq!(daemon.tell(&of("alice", created(&bench, &id))).status, 204);
    daemon.until("outcome=\"settled\"");
    bench.account.clear_log();
    assert_eq!(daemon.tell(&strange(&bench, &id, "strange1")).status, 204);
    // Zoom may lag: both are asked some times before it is believed.
    for _ in 0..4 {
        daemon.until("outcome=\"not-here\"");
    }
    let seen = asked(&bench);
    let by_id = seen
        .iter()
        .filter(|seen| seen.ends_with("/strange1"))
        .count();
    assert!(by_id >= 4, "{seen:#?}");
    assert_eq!(seen.len(), 2 * by_id, "both branches: {seen:#?}");
    book_with_bob(&bench, &mut daemon, 2);
    bench.account.clear_log();
    for number in 2..20 {
        let said = strange(&bench, &id, &format!("strange{number}"));
        assert_eq!(daemon.tell(&said).status, 204);
        daemon.until("a hint is about nobody's booking here");
    }
    assert_eq!(asked(&bench), [""; 0]);
    // Who is ours is asked for as before.
    let said = book_with_bob(&bench, &mut daemon, 3);
    assert!(said["payload"]["user_id"] == "bob");
    let mine = bench.book(4);
    assert_eq!(
        daemon.tell(&of("alice", created(&bench, &mine))).status,
        204
    );
    daemon.until("outcome=\"settled\"");
    daemon.end();
}

#[test]
fn a_booking_of_a_known_host_is_asked_of_nobody_else() {
    let (bench, _bobs) = two_hosts();
    let mut daemon = Daemon::ready(&bench);
    daemon.until("pass done");
    let said = book_with_bob(&bench, &mut daemon, 1);
    bench.account.clear_log();
    let mut again = said.clone();
    again["event_ts"] = json!(1);
    assert_eq!(daemon.tell(&again).status, 204);
    daemon.until("outcome=\"settled\"");
    assert_eq!(asked(&bench), [format!("GET {EVENTS}")], "Bob's list alone");
    daemon.end();
}

#[test]
fn a_host_whose_id_is_configured_is_known_from_the_start() {
    let bench = Bench::new(Radicale, "");
    let user = bench.account.options().user_id.clone();
    let _bobs = and_bob(&bench, &user, |text| text);
    let mut daemon = Daemon::ready(&bench);
    daemon.until("pass done");
    bench.account.clear_log();
    let id = bench.book(1);
    assert_eq!(daemon.tell(&of(&user, created(&bench, &id))).status, 204);
    daemon.until("outcome=\"settled\"");
    let asked = asked(&bench);
    assert_eq!(asked[0], format!("GET {EVENTS}"), "{asked:#?}");
    assert!(!asked.contains(&format!("GET {EVENTS}/{id}")), "{asked:#?}");
    daemon.end();
}

/// As long as one host is not known, everybody may be them.
#[test]
fn in_doubt_everybody_is_asked() {
    let (bench, _bobs) = two_hosts();
    let mut daemon = Daemon::ready(&bench);
    daemon.until("pass done");
    let id = bench.book(1);
    assert_eq!(daemon.tell(&of("alice", created(&bench, &id))).status, 204);
    daemon.until("outcome=\"settled\"");
    assert_eq!(daemon.tell(&strange(&bench, &id, "strange1")).status, 204);
    for _ in 0..4 {
        daemon.until("outcome=\"not-here\"");
    }
    bench.account.clear_log();
    assert_eq!(daemon.tell(&strange(&bench, &id, "strange2")).status, 204);
    daemon.until("outcome=\"not-here\"");
    let seen = asked(&bench);
    assert!(
        seen.contains(&format!("GET {EVENTS}/strange2")),
        "{seen:#?}"
    );
    assert!(seen.contains(&format!("GET {EVENTS}")), "{seen:#?}");
    // Whoever is told of under another user's id is found all the same.
    let mine = bench.book(2);
    let said = of("stranger", created(&bench, &mine));
    assert_eq!(daemon.tell(&said).status, 204);
    daemon.until("outcome=\"settled\"");
    daemon.end();
}

/// Alice stands first in the configuration, and her calendar was never reached.
fn alice_fails() -> (Bench, Shelf, Daemon) {
    let bench = Bench::new(Radicale, "");
    let user = bench.account.options().user_email.clone();
    let bobs = and_bob(&bench, &user, |text| {
        let gone = "[[calendar]]\nname = \"gone\"\nkind = \"caldav\"\nurl = \"http://127.0.0.1:9/gone/\"\n";
        let text = text.replacen("calendar = \"work\"", "calendar = \"gone\"", 1);
        text.replacen("[[host]]", &format!("{gone}[[host]]"), 1)
    });
    let mut daemon = Daemon::start(&bench);
    daemon.until("host=bob flow=\"bookings\"");
    (bench, bobs, daemon)
}

#[test]
fn a_host_that_fails_keeps_nobodys_hints() {
    let (bench, bobs, mut daemon) = alice_fails();
    for days in 1..=2 {
        let id = bench.book(days);
        let said = of("bob", created(&bench, &id));
        assert_eq!(daemon.tell(&said).status, 204);
        daemon.until("outcome=\"settled\"");
        assert!(bobs.entries().iter().any(|(_, text)| text.contains(&id)));
    }
    daemon.end();
}

/// How many hints wait, by the daemon's own numbers.
fn waiting(daemon: &Daemon) -> String {
    let numbers = daemon.get("/metrics").body;
    let mut lines = numbers.lines();
    let line = lines.find_map(|line| line.strip_prefix("slotbridge_hints_waiting "));
    line.unwrap_or_else(|| panic!("{numbers}")).to_owned()
}

/// What only a whole pass can say is seen by the next one as far as it saw whose it is. Of a user of
/// whom nothing is known it may be Alice's, who cannot be asked.
#[test]
fn a_pass_forgets_the_hints_of_the_hosts_that_it_saw() {
    let (bench, _bobs, mut daemon) = alice_fails();
    for (user, days) in [("stranger", 1), ("bob", 2)] {
        let id = bench.book(days);
        assert_eq!(daemon.tell(&of("bob", created(&bench, &id))).status, 204);
        daemon.until("outcome=\"settled\"");
        // It is told late: the booking is another one by now, of which nobody told.
        bench.account.reschedule(&id, at(days + 10, 12)).unwrap();
        let mut late = of(user, created(&bench, &id));
        late["event_ts"] = json!(days);
        assert_eq!(daemon.tell(&late).status, 204);
        daemon.until("outcome=\"whole-pass\"");
    }
    daemon.signal("-USR1");
    daemon.until("host=bob flow=\"bookings\"");
    assert_eq!(waiting(&daemon), "1", "the stranger's");
    daemon.end();
}

/// Zoom asked to be left alone: no notification is a reason to ask it all the same.
#[test]
fn a_notification_does_not_shorten_the_rest_that_zoom_asked_for() {
    let bench = Bench::new(Radicale, "");
    bench.configure(listening);
    let until = bench.account.now() + SignedDuration::from_hours(2);
    let wait = Fault::ThrottleDaily { until };
    bench.account.faults().once("GET", EVENTS, wait);
    let mut daemon = Daemon::start(&bench);
    daemon.until("pass done");
    let id = bench.book(1);
    let mut said = created(&bench, &id);
    said["event"] = json!("calendar.event_updated");
    for _ in 0..20 {
        assert_eq!(daemon.tell(&said).status, 204);
        let status: Value = serde_json::from_str(&bench.run(&["status", "--json"]).stdout).unwrap();
        let next: Timestamp = status["hosts"][0]["next"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(next > until - SignedDuration::from_mins(1), "{status:#}");
    }
    daemon.end();
}
