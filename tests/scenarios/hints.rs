//! Webhooks: a booking stands in the calendar at once, and nothing that is sent does harm.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::json;
use slotbridge::demo::account::{Door, Fault};

use super::bench::{Bench, EVENTS, at, name_of};
use super::daemon::{Daemon, SECRET, canceled, created, listening, now, rescheduled, signed};
use super::side::Side::{self, Radicale, Vdir, Xandikos};

pub fn bench(side: Side) -> Bench {
    let bench = Bench::new(side, "");
    bench.configure(listening);
    bench
}

/// What Zoom was asked since the log was cleared: method and path, less the query.
pub fn asked(bench: &Bench) -> Vec<String> {
    let seen = bench.account.requests().into_iter();
    seen.filter(|seen| seen.door == Door::Api)
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect()
}

#[rstest]
fn a_booking_stands_in_the_calendar_without_a_pass(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = bench(side);
    let mut daemon = Daemon::ready(&bench);
    bench.account.clear_log();
    bench.clear_calendar_log();
    let id = bench.book(1);
    let answer = daemon.tell(&created(&bench, &id));
    assert_eq!(answer.status, 204, "{answer:?}");
    daemon.until("outcome=\"settled\"");
    assert!(bench.entry(&id).contains("Bob Example"));
    assert_eq!(asked(&bench), [format!("GET {EVENTS}/{id}")]);
    let log = bench.calendar_log();
    let writes = bench.calendar_writes();
    assert_eq!(log.len(), writes.len(), "{log:#?}");
    assert_eq!(
        log.len(),
        usize::from(side != Vdir),
        "one conditional write"
    );
    let logged = daemon.end();
    assert!(
        !logged.contains("private@") && !logged.contains("Bob"),
        "{logged}"
    );
    bench.is_settled();
}

#[rstest]
fn a_cancelled_booking_takes_its_entry_along(#[values(Radicale, Vdir)] side: Side) {
    let bench = bench(side);
    let id = bench.book(1);
    let mut daemon = Daemon::ready(&bench);
    assert_eq!(bench.entries().len(), 1);
    bench.account.cancel(&id);
    assert_eq!(daemon.tell(&canceled(&bench, &id)).status, 204);
    daemon.until("outcome=\"settled\"");
    assert!(bench.entries().is_empty());
    daemon.end();
    bench.is_settled();
}

#[test]
fn what_zoom_says_is_looked_into_and_not_believed() {
    let bench = bench(Vdir);
    let id = bench.book(1);
    let mut daemon = Daemon::ready(&bench);
    assert_eq!(daemon.tell(&canceled(&bench, &id)).status, 204);
    // Zoom may tell it before it shows it: it is asked again for a while.
    daemon.until("outcome=\"not-yet\"");
    daemon.until("outcome=\"not-yet\"");
    assert_eq!(bench.entries().len(), 1, "it stands in Zoom");
    daemon.end();
    bench.is_settled();
}

/// What a person added to an entry.
const ADDED: &str = "X-COLOUR-OF-MINE:red";

/// A booking whose entry a person added to, and a daemon that knows both.
fn with_an_edited_entry() -> (Bench, String, Daemon) {
    let bench = bench(Vdir);
    let id = bench.book(1);
    let daemon = Daemon::ready(&bench);
    bench.edit(&id, |text| {
        text.replace("END:VEVENT", &format!("{ADDED}\r\nEND:VEVENT"))
    });
    (bench, id, daemon)
}

/// The entry of the old booking stands for the new one, with what the person added.
fn is_kept(bench: &Bench, old: &str, new: &str) {
    let entries = bench.entries();
    assert_eq!(entries.len(), 1, "{entries:?}");
    let entry = bench.entry(old);
    assert!(entry.contains(ADDED), "{entry}");
    let id = format!("X-SLOTBRIDGE-EVENT-ID:{new}");
    assert!(entry.contains(&id), "{entry}");
}

#[rstest]
#[case::created_first(true, true)]
#[case::cancelled_first(false, true)]
#[case::unnamed_created_first(true, false)]
#[case::unnamed_cancelled_first(false, false)]
fn a_reschedule_keeps_the_entry_and_what_a_person_added(
    #[case] created_first: bool,
    #[case] named: bool,
) {
    let (bench, id, mut daemon) = with_an_edited_entry();
    let new = bench.account.reschedule(&id, at(3, 12)).unwrap();
    let (from, to) = (named.then_some(id.as_str()), named.then_some(new.as_str()));
    let mut told = [
        rescheduled(created(&bench, &new), from, None),
        rescheduled(canceled(&bench, &id), None, to),
    ];
    if !created_first {
        told.reverse();
    }
    for said in &told {
        assert_eq!(daemon.tell(said).status, 204);
    }
    daemon.until("outcome=\"settled\"");
    daemon.until("outcome=\"settled\"");
    is_kept(&bench, &id, &new);
    daemon.end();
    bench.is_settled();
}

/// Zoom retries for more than an hour: by then the booking may be another one.
#[test]
fn a_creation_that_is_told_late_takes_no_entry_along() {
    let (bench, id, mut daemon) = with_an_edited_entry();
    let said = created(&bench, &id);
    let new = bench.account.reschedule(&id, at(3, 12)).unwrap();
    assert_eq!(said["payload"]["object"]["rescheduled"], false);
    assert_eq!(daemon.tell(&said).status, 204);
    daemon.until("outcome=\"whole-pass\"");
    daemon.until("pass done");
    is_kept(&bench, &id, &new);
    daemon.end();
    bench.is_settled();
}

/// Rescheduled twice before we looked; Zoom may tell of the last one alone, or let us find out.
#[rstest]
#[case::told(true, true)]
#[case::told_but_not_linked(true, false)]
#[case::found_by_a_pass(false, true)]
fn a_reschedule_of_a_reschedule_keeps_the_entry(#[case] told: bool, #[case] linked: bool) {
    let (bench, id, mut daemon) = with_an_edited_entry();
    let between = bench.account.reschedule(&id, at(3, 12)).unwrap();
    let new = bench.account.reschedule(&between, at(5, 12)).unwrap();
    if linked {
        let name = "rescheduled_from_event_id";
        assert!(bench.account.set_raw(&between, name, json!(id)));
        assert!(bench.account.set_raw(&new, name, json!(between)));
        // Only the chain leads to the old one: the booker uses another address now.
        let other = json!([{"booker": true, "display_name": "Bob", "email": "else@example.org"}]);
        assert!(bench.account.set_raw(&new, "attendees", other));
    }
    if told {
        let said = rescheduled(created(&bench, &new), Some(&between), None);
        assert_eq!(daemon.tell(&said).status, 204);
        daemon.until("outcome=\"settled\"");
    } else {
        daemon.signal("-USR1");
        daemon.until("pass done");
    }
    is_kept(&bench, &id, &new);
    daemon.end();
    bench.is_settled();
}

#[test]
fn many_cancellations_are_left_to_a_whole_pass_and_its_guard() {
    let bench = bench(Vdir);
    let ids = bench.book_many(20);
    let mut daemon = Daemon::ready(&bench);
    for id in &ids {
        bench.account.cancel(id);
    }
    for id in &ids {
        assert_eq!(daemon.tell(&canceled(&bench, id)).status, 204);
    }
    daemon.until("pass done");
    let left = bench.entries().len();
    assert!(left >= 17, "{left} of 20 entries are left");
    assert_eq!(bench.waiting("held").len(), left);
}

#[test]
fn a_booking_that_zoom_does_not_show_yet_is_looked_for_again() {
    let bench = bench(Vdir);
    let mut daemon = Daemon::ready(&bench);
    let id = bench.book(1);
    let path = format!("{EVENTS}/{id}");
    bench
        .account
        .faults()
        .once("GET", &path, Fault::Status(404));
    assert_eq!(daemon.tell(&created(&bench, &id)).status, 204);
    daemon.until("outcome=\"not-here\"");
    daemon.until("outcome=\"settled\"");
    assert_eq!(bench.entries().len(), 1);
}

#[rstest]
#[case::another_secret("other", 0)]
#[case::five_minutes_old(SECRET, -301)]
#[case::from_the_future(SECRET, 330)]
fn what_is_not_signed_now_by_zoom_is_refused(#[case] secret: &str, #[case] ago: i64) {
    let bench = bench(Vdir);
    let id = bench.book(1);
    let mut daemon = Daemon::ready(&bench);
    bench.account.clear_log();
    let body = created(&bench, &id).to_string();
    let (time, signature) = signed(secret, now() + ago, body.as_bytes());
    for _ in 0..50 {
        let answer = daemon.tell_so(&time, &signature, body.as_bytes());
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    assert_eq!(asked(&bench), [""; 0]);
    let logged = daemon.logged();
    assert_eq!(
        logged.matches("a request was refused").count(),
        1,
        "{logged}"
    );
    assert!(
        !logged.contains(&signature) && !logged.contains(SECRET),
        "{logged}"
    );
}

#[test]
fn a_signature_is_over_the_raw_bytes_and_nothing_else_passes() {
    let bench = bench(Vdir);
    let daemon = Daemon::ready(&bench);
    let body = b"{ \"event\" :\t\"meeting.started\",\n \"payload\": {} }";
    let (time, signature) = signed(SECRET, now(), body);
    assert_eq!(daemon.tell_so(&time, &signature, body).status, 204);
    let compact = b"{\"event\":\"meeting.started\",\"payload\":{}}";
    assert_eq!(daemon.tell_so(&time, &signature, compact).status, 401);
    for wrong in [
        "",
        "v0=",
        "v1=00",
        &signature[3..],
        &signature.to_uppercase(),
    ] {
        assert_eq!(daemon.tell_so(&time, wrong, body).status, 401, "{wrong}");
    }
    for wrong in ["", "soon", "99999999999999999999", "-1"] {
        assert_eq!(
            daemon.tell_so(wrong, &signature, body).status,
            401,
            "{wrong}"
        );
    }
    assert_eq!(daemon.ask("POST", "/webhooks/zoom", &[], body).status, 401);
    assert_eq!(daemon.get("/webhooks/zoom").status, 405);
}

#[test]
fn zooms_validation_is_answered() {
    let bench = bench(Vdir);
    let daemon = Daemon::ready(&bench);
    let said = json!({"event": "endpoint.url_validation", "payload": {"plainToken": "q9ibPhGeRZ6ayx5WTrXjRw"}});
    let answer = daemon.tell(&said);
    assert_eq!(answer.status, 200, "{answer:?}");
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    // Made with: printf %s q9ibPhGeRZ6ayx5WTrXjRw | openssl dgst -sha256 -hmac hush-webhook-secret
    assert_eq!(body["plainToken"], "q9ibPhGeRZ6ayx5WTrXjRw");
    assert_eq!(body["encryptedToken"], EXPECTED, "{body}");
}

const EXPECTED: &str = "634d6120d2bce56603f8186885a6f3e018ecdc6c52bd869715c028cc14430a3f";

#[test]
fn a_header_that_was_agreed_on_has_to_be_shown() {
    let bench = Bench::new(Vdir, "");
    bench.configure(|text| {
        let agreed = "[zoom.webhook]\nheader = \"X-Agreed\"\nheader_value = \"hush-header\"\n";
        listening(text).replace("[zoom.webhook]\n", agreed)
    });
    let daemon = Daemon::ready(&bench);
    let body = br#"{"event":"meeting.started"}"#;
    let (time, signature) = signed(SECRET, now(), body);
    assert_eq!(daemon.tell_so(&time, &signature, body).status, 401);
    let mut headers = vec![
        ("x-zm-request-timestamp", time.as_str()),
        ("x-zm-signature", signature.as_str()),
        ("x-agreed", "hush-other"),
    ];
    assert_eq!(
        daemon.ask("POST", "/webhooks/zoom", &headers, body).status,
        401
    );
    headers[2].1 = "hush-header";
    assert_eq!(
        daemon.ask("POST", "/webhooks/zoom", &headers, body).status,
        204
    );
}

#[test]
fn a_whole_pass_runs_when_a_signed_notification_cannot_be_read() {
    let bench = bench(Vdir);
    let mut daemon = Daemon::ready(&bench);
    bench.book(1);
    let said = json!({"event": "scheduler.scheduled_event_created", "payload": {"object": {}}});
    assert_eq!(daemon.tell(&said).status, 204);
    daemon.until("pass done");
    assert_eq!(bench.entries().len(), 1);
}

#[rstest]
fn what_was_taken_survives_a_power_cut_right_after_the_answer(
    #[values(Radicale, Vdir)] side: Side,
) {
    let bench = bench(side);
    let mut daemon = Daemon::ready(&bench);
    for day in 1..=50 {
        let id = bench.book(day);
        let answer = daemon.tell(&created(&bench, &id));
        daemon.kill();
        assert_eq!(answer.status, 204);
        daemon = Daemon::start(&bench);
        daemon.until("outcome=\"settled\"");
        // The first pass after a start would find it, too; the hint is quicker.
        let logged = daemon.seen.join("\n");
        assert!(!logged.contains("pass done"), "{logged}");
        assert!(bench.entries().contains_key(&name_of(&id)));
        daemon.until("pass done");
    }
    assert_eq!(bench.entries().len(), 50);
    // Each was written once, whenever the power went: the next life looks before it writes.
    let writes = bench.calendar_writes();
    let done = writes
        .iter()
        .filter(|write| write.status.is_some_and(|status| status < 300));
    let paths: BTreeSet<&String> = done.clone().map(|write| &write.path).collect();
    assert_eq!(done.count(), paths.len(), "{writes:#?}");
    assert!(side == Vdir || paths.len() >= 49, "{writes:#?}");
    daemon.end();
    bench.is_settled();
}

/// Who has an account-wide app sees others' bookings in lists alone, and lists may lag.
#[test]
fn a_list_that_leaves_out_somebodys_booking_deletes_nothing() {
    let bench = Bench::new(Vdir, "");
    let user = bench.account.options().user_email.clone();
    bench.configure(|text| {
        let other = format!("zoom_user = \"{user}\"");
        listening(text).replace("zoom_user = \"me\"", &other)
    });
    let id = bench.book(1);
    let mut daemon = Daemon::ready(&bench);
    assert_eq!(bench.entries().len(), 1);
    bench
        .account
        .faults()
        .once("GET", EVENTS, Fault::EmptyListing);
    assert_eq!(daemon.tell(&created(&bench, &id)).status, 204);
    daemon.until("outcome=\"settled\"");
    assert_eq!(
        bench.entries().len(),
        1,
        "it stands, whatever the list says"
    );
    let new = bench.book(2);
    assert_eq!(daemon.tell(&created(&bench, &new)).status, 204);
    daemon.until("outcome=\"settled\"");
    assert_eq!(bench.entries().len(), 2);
    daemon.end();
    bench.is_settled();
}

#[test]
fn a_flood_of_hints_about_nothing_keeps_nobody_out() {
    let bench = bench(Vdir);
    let daemon = Daemon::ready(&bench);
    let unknown = |number: i64| {
        let mut said = created(&bench, "");
        said["payload"]["object"]["scheduled_event"]["event_id"] =
            json!(format!("unknown{number}"));
        said.to_string()
    };
    let bodies: Vec<String> = (0..300).map(unknown).collect();
    assert_eq!(super::daemon::many(daemon.address, &bodies, 300), 300);
    bench.book(1);
    // As long as they are asked for again and again, everything else has its turn.
    for _ in 0..5 {
        assert_eq!(bench.sync(&[]).code, 0);
    }
    assert_eq!(bench.entries().len(), 1);
}
