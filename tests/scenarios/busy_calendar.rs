//! Blocks in the host's Zoom calendar: put right when somebody meddles, and nobody else's business.

use rstest::rstest;
use serde_json::{Value, json};
use slotbridge::demo::account::{Account, AccountOptions, CalendarEvent, Door, EventTime};
use slotbridge::domain::block::BLOCK_TAG;

use super::bench::{Bench, at};
use super::busy::{Sink, bench, bench_with, flows, span};
use super::side::Side::{Radicale, Vdir};

/// The only block.
fn block(bench: &Bench) -> (String, Value) {
    let blocks = bench.account.blocks();
    let [(when, id)] = blocks.as_slice() else {
        panic!("{blocks:#?}");
    };
    assert_eq!(*when, span(3, 9, 11));
    (id.clone(), bench.account.calendar_event(id).unwrap())
}

#[test]
fn a_block_says_that_time_is_busy_and_nothing_else() {
    let bench = bench(Vdir, Sink::Blocks);
    bench.has_event("dentist", span(3, 9, 11));
    bench.pass();
    let (_, block) = block(&bench);
    assert_eq!(block["summary"], "Busy");
    assert_eq!(block["visibility"], "private");
    assert_ne!(block["transparency"], "transparent");
    assert!(block["description"].as_str().unwrap().contains(BLOCK_TAG));
    assert!(block["attendees"].as_array().is_none_or(Vec::is_empty));
    assert_eq!(bench.account.mails_sent(), 0);
}

type Meddle = fn(&Account, &str);

#[test]
fn a_block_that_a_person_deleted_comes_back_and_one_that_they_edited_is_put_right() {
    let meddling: [(&str, Meddle); 9] = [
        ("deleted", |account, id| {
            assert!(account.delete_calendar_event(id));
        }),
        ("renamed", |account, id| {
            assert!(account.set_calendar_field(id, "summary", json!("Dentist, really")));
        }),
        ("moved", |account, id| {
            assert!(account.move_calendar_event(id, at(4, 9), at(4, 11)));
        }),
        ("stretched", |account, id| {
            assert!(account.move_calendar_event(id, at(3, 9), at(3, 18)));
        }),
        ("made transparent", |account, id| {
            assert!(account.set_calendar_field(id, "transparency", json!("transparent")));
        }),
        ("made public", |account, id| {
            assert!(account.set_calendar_field(id, "visibility", json!("public")));
        }),
        ("made recurring", |account, id| {
            let rule = json!(["RRULE:FREQ=DAILY;COUNT=5"]);
            assert!(account.set_calendar_field(id, "recurrence", rule));
        }),
        ("shared with guests", |account, id| {
            let guests = json!([{"email": "eve@example.org", "responseStatus": "accepted"}]);
            assert!(account.set_calendar_field(id, "attendees", guests));
        }),
        ("made a whole day", |account, id| {
            let day = at(3, 0).to_zoned(jiff::tz::TimeZone::UTC).date();
            let mut event = CalendarEvent::all_day(day, day.tomorrow().unwrap(), "Busy");
            event = event.with("description", json!(BLOCK_TAG));
            assert!(account.edit_calendar_event(id, event));
        }),
    ];
    let bench = bench(Vdir, Sink::Blocks);
    bench.has_event("dentist", span(3, 9, 11));
    bench.pass();
    for (what, meddle) in meddling {
        let (id, _) = block(&bench);
        meddle(&bench.account, &id);
        let run = bench.pass_takes(&[span(3, 9, 11)], what);
        let counts = run.busy();
        let done = counts["created"].as_u64().unwrap() + counts["updated"].as_u64().unwrap();
        assert!(done > 0, "{what}: {run:#?}");
        let (_, block) = block(&bench);
        assert_eq!(block["summary"], "Busy", "{what}");
        assert_eq!(block["visibility"], "private", "{what}");
        assert_eq!(block["recurrence"], Value::Null, "{what}");
        let guests = block["attendees"].as_array();
        assert!(guests.is_none_or(Vec::is_empty), "{what}");
        bench.writes_nothing(1);
    }
    assert_eq!(bench.account.mails_sent(), 0);
}

#[test]
fn a_block_that_lost_its_tag_is_the_persons_own_from_then_on() {
    let bench = bench(Vdir, Sink::Blocks);
    bench.has_event("dentist", span(3, 9, 11));
    bench.pass();
    let (id, _) = block(&bench);
    assert!(
        bench
            .account
            .set_calendar_field(&id, "description", json!("My own words"))
    );
    let theirs = bench.account.calendar_event(&id);
    bench.pass_takes(&[span(3, 9, 11)], "with their words");
    bench.has_no_event("dentist");
    bench.pass_takes(&[span(3, 9, 11)], "theirs stays");
    assert_eq!(bench.account.calendar_event(&id), theirs);
    assert_eq!(bench.block_spans(), []);
}

#[test]
fn events_of_a_person_are_never_touched() {
    let bench = bench(Radicale, Sink::Blocks);
    let account = &bench.account;
    let day = at(3, 0).to_zoned(jiff::tz::TimeZone::UTC).date();
    let own = [
        CalendarEvent::new(at(3, 9), at(3, 11), "Busy"),
        CalendarEvent::new(at(3, 10), at(3, 12), "Mine").with("visibility", json!("private")),
        CalendarEvent::all_day(day, day.tomorrow().unwrap(), "A day")
            .with("transparency", json!("transparent")),
        CalendarEvent::new(at(4, 8), at(4, 9), "Series")
            .with("recurrence", json!(["RRULE:FREQ=WEEKLY;COUNT=3"])),
        CalendarEvent {
            time: EventTime::Timed(at(5, 8), at(5, 9)),
            summary: "slotbridge".to_owned(),
            fields: serde_json::Map::new(),
        },
    ];
    let ids = own.map(|event| account.add_calendar_event(event));
    let before = ids
        .clone()
        .map(|id| account.calendar_event(&id).unwrap().to_string());
    bench.has_event("dentist", span(3, 9, 11));
    bench.pass();
    bench.has_event("dentist", span(4, 8, 9));
    bench.pass();
    bench.lose_state();
    bench.pass();
    bench.has_no_event("dentist");
    bench.pass();
    assert_eq!(bench.block_spans(), []);
    let after = ids.map(|id| bench.account.calendar_event(&id).unwrap().to_string());
    assert_eq!(after, before);
}

#[rstest]
fn an_expired_sync_token_costs_a_full_listing_and_nothing_is_doubled(
    #[values(410, 404, 400)] status: u16,
) {
    let mut options = AccountOptions::default();
    options.calendar.stale_sync_token = status;
    let bench = bench_with(Vdir, &flows(Sink::Blocks), options);
    bench.has_event("dentist", span(3, 9, 11));
    bench.has_event("lunch", span(4, 12, 13));
    bench.pass();
    bench.account.expire_sync_tokens();
    bench
        .account
        .delete_calendar_event(&bench.account.blocks()[1].1);
    bench.has_event("late", span(6, 20, 22));
    let expected = [span(3, 9, 11), span(4, 12, 13), span(6, 20, 22)];
    bench.pass_takes(&expected, "after the token was refused");
    assert_eq!(bench.block_spans(), expected);
    let run = bench.writes_nothing(1);
    assert_eq!(run.zoom_requests(), 1, "{run:#?}");
}

/// Everything of it was asked for in this pass.
#[test]
fn a_settled_pass_asks_zoom_once_and_for_changes_only() {
    let bench = bench(Radicale, Sink::Blocks);
    for days in 2..12 {
        bench.has_event(&format!("event-{days}"), span(days, 9, 10));
    }
    bench.pass();
    bench.pass();
    let run = bench.writes_nothing(1);
    let asked = bench.account.requests();
    let asked: Vec<_> = asked.iter().filter(|seen| seen.door == Door::Api).collect();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert!(
        asked[0].query.iter().any(|(name, _)| name == "syncToken"),
        "{asked:#?}"
    );
    assert_eq!(run.zoom_requests(), 1);
    let log = bench.calendar_log();
    assert_eq!(log.len(), 1, "{log:#?}");
}
