//! What is kept of the sources, and what is held.

use rstest::rstest;

use super::bench::{Bench, WORK, event, href, more};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{BookingId, CalendarName, Uid};
use crate::domain::link::Link;
use crate::domain::waiting::HeldAction;
use crate::engine::bookable::pass;
use crate::engine::bookable::records::Records;
use crate::engine::ledger::{Batch, Ledger};
use crate::engine::{BookingsSeen, Order, waiting};
use crate::plan::policy::BusyTo;
use crate::ports::base::Base as _;
use crate::ports::error::Kind;

/// One event on each of so many days, from the 24th on.
pub(super) fn days(bench: &Bench, count: u32) {
    for day in 24..24 + count {
        let (start, end) = (format!("{day}T100000Z"), format!("{day}T110000Z"));
        bench.work.put(
            &href(&day.to_string()),
            &event(&day.to_string(), &start, &end),
        );
    }
}

#[tokio::test]
async fn the_last_good_copy_stays_in_force_and_other_sources_go_on() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 2);
    bench.good_pass().await;
    bench.script.away(Some(("source", Kind::Unreachable)));
    bench
        .family
        .put(&href("f"), &event("f", "27T100000Z", "27T110000Z"));
    let report = bench.pass().await;
    assert_eq!(bench.blocks().len(), 3);
    assert!(!report.ok && !report.worst.unreachable && !report.worst.denied);
    let hint = &report.errors[0].hint;
    assert!(hint.contains("stays in force"), "{hint}");
    bench.script.away(Some(("source", Kind::Denied)));
    let report = bench.pass().await;
    assert!(!report.ok && !report.worst.denied, "a copy is in force");
    bench.script.away(None);
    bench.good_pass().await;
}

#[tokio::test]
async fn a_source_that_was_never_read_gives_no_time_back() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 1);
    let empty = bench.base.snapshot();
    bench.good_pass().await;
    bench.base.restore(&empty);
    bench.script.away(Some(("source", Kind::Unreachable)));
    bench
        .family
        .put(&href("f"), &event("f", "27T100000Z", "27T110000Z"));
    let report = bench.pass().await;
    assert!(report.worst.unreachable);
    assert_eq!(
        bench.blocks().len(),
        2,
        "the block of the other source stays"
    );
    bench.script.away(None);
    bench.work.clear();
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["27T10:00/27T11:00"]);
}

#[tokio::test]
async fn a_broken_object_keeps_what_it_said_and_is_reported_in_each_pass() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 1);
    bench.good_pass().await;
    bench
        .work
        .put(&href("24"), b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n");
    for _ in 0..2 {
        let report = bench.pass().await;
        assert_eq!(report.busy.unwrap().failed, 1);
        assert!(
            report.errors[0].hint.contains("stays in force"),
            "{:?}",
            report.errors
        );
        assert!(!report.errors[0].doing.contains("24.ics"));
        assert_eq!(bench.blocks().len(), 1);
    }
}

#[tokio::test]
async fn a_source_that_is_suddenly_empty_is_held_and_what_comes_back_ends_that() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 3);
    bench.good_pass().await;
    bench.work.clear();
    for _ in 0..2 {
        let report = bench.pass().await;
        assert_eq!(report.busy.unwrap().held, 1);
        assert_eq!(bench.blocks().len(), 3);
    }
    let held = bench.held();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].what, HeldAction::FreeTime);
    // Not when some of them are back: only when all are.
    days(&bench, 2);
    assert_eq!(bench.pass().await.busy.unwrap().held, 1);
    assert_eq!(bench.blocks().len(), 3);
    days(&bench, 3);
    bench.good_pass().await;
    assert!(bench.held().is_empty());
    assert_eq!(bench.blocks().len(), 3);
}

#[tokio::test]
async fn a_release_gives_the_time_back_and_a_drop_keeps_it() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let scopes = [(&bench.host.name, None)];
    for release in [false, true] {
        days(&bench, 3);
        bench.good_pass().await;
        bench.work.clear();
        bench.pass().await;
        let id = bench.held()[0].id.clone();
        if release {
            waiting::release(bench.base.as_ref(), &scopes, &id)
                .await
                .unwrap();
        } else {
            waiting::drop_held(bench.base.as_ref(), &scopes, &id)
                .await
                .unwrap();
        }
        for _ in 0..2 {
            bench.good_pass().await;
        }
        bench.full_pass().await;
        assert!(!bench.held().iter().any(crate::domain::waiting::Held::waits));
        assert_eq!(bench.blocks().len(), if release { 0 } else { 3 });
        if release {
            assert!(bench.held().is_empty());
            continue;
        }
        // What is kept is listed, and can be given back.
        let kept = bench.held();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].what, HeldAction::KeptTime);
        waiting::drop_held(bench.base.as_ref(), &scopes, &kept[0].id)
            .await
            .unwrap();
        bench.good_pass().await;
        assert_eq!(bench.blocks().len(), 3, "kept is kept");
        waiting::release(bench.base.as_ref(), &scopes, &kept[0].id)
            .await
            .unwrap();
        for _ in 0..2 {
            bench.good_pass().await;
        }
        assert!(bench.held().is_empty() && bench.blocks().is_empty());
    }
}

#[tokio::test]
async fn events_that_only_changed_their_names_are_no_loss() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 5);
    bench.good_pass().await;
    let writes = bench.writes();
    bench.work.clear();
    for day in 24..29 {
        let (start, end) = (format!("{day}T100000Z"), format!("{day}T110000Z"));
        bench
            .work
            .put(&href(&format!("new-{day}")), &event("new", &start, &end));
    }
    bench.good_pass().await;
    assert_eq!(bench.writes(), writes);
}

#[tokio::test]
async fn a_few_events_may_go_and_what_is_over_needs_nobodys_leave() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 6);
    for old in 1..10 {
        let (start, end) = (format!("0{old}T100000Z"), format!("0{old}T110000Z"));
        bench
            .work
            .put(&href(&format!("old-{old}")), &event("old", &start, &end));
    }
    bench.good_pass().await;
    for name in ["24", "25", "26", "27", "28"] {
        bench.work.remove(&href(name));
    }
    for old in 1..10 {
        bench.work.remove(&href(&format!("old-{old}")));
    }
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["29T10:00/29T11:00"]);
}

#[tokio::test]
async fn a_listing_that_was_cut_short_proves_no_absence() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 4);
    bench.good_pass().await;
    bench.work.expire_cursors();
    bench.work.cut_listings_at(Some(1));
    let report = bench.pass().await;
    assert_eq!(bench.blocks().len(), 4);
    let said = &report.errors[0];
    assert!(said.cause.contains("only some of them"), "{said:?}");
    assert!(said.hint.contains("stays in force"), "{said:?}");
}

#[tokio::test]
async fn what_a_first_listing_cut_short_did_not_show_is_said_and_nothing_is_given_back() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 4);
    bench.work.cut_listings_at(Some(1));
    let report = bench.pass().await;
    assert!(!report.ok);
    let said = &report.errors[0];
    assert!(said.hint.contains("never been read as a whole"), "{said:?}");
}

#[tokio::test]
async fn a_source_that_was_never_read_and_refuses_us_is_a_matter_of_credentials() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    bench.script.away(Some(("source", Kind::Denied)));
    assert!(bench.pass().await.worst.denied);
}

/// The state is lost, and the second event is free no more although nothing else is known.
async fn forgets_and_loses_one(bench: &Bench) {
    days(bench, 2);
    let empty = bench.base.snapshot();
    bench.good_pass().await;
    bench.base.restore(&empty);
    bench.work.remove(&href("25"));
    assert_eq!(bench.blocks().len(), 2);
}

#[tokio::test]
async fn one_object_that_cannot_be_read_at_first_stops_only_itself() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    forgets_and_loses_one(&bench).await;
    bench
        .work
        .put(&href("bad"), &event("bad", "26T100000Z", "26T110000Z"));
    bench.work.refuse(&href("bad"), Some(Kind::Refused));
    let report = bench.pass().await;
    assert_eq!(report.busy.as_ref().unwrap().failed, 1, "{report:#?}");
    assert!(report.errors[0].hint.contains("asked for again"));
    assert_eq!(bench.blocks(), ["24T10:00/24T11:00"], "the other is freed");
    bench.work.refuse(&href("bad"), None);
    bench.good_pass().await;
    assert_eq!(bench.blocks().len(), 2, "read once it can be");
}

#[tokio::test]
async fn a_fault_that_passes_opens_nothing_and_one_that_stays_stops_only_itself() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    forgets_and_loses_one(&bench).await;
    for kind in [Kind::Transient, Kind::Stale] {
        bench.work.refuse(&href("24"), Some(kind));
        let report = bench.pass().await;
        assert_eq!(report.busy.as_ref().unwrap().failed, 1, "{report:#?}");
        assert_eq!(
            bench.blocks().len(),
            if kind == Kind::Transient { 2 } else { 0 }
        );
    }
    bench.work.refuse(&href("24"), None);
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["24T10:00/24T11:00"]);
}

#[tokio::test]
async fn a_right_that_one_object_lacks_is_its_own_matter_and_one_that_all_lack_is_ours() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 3);
    bench.work.refuse(&href("24"), Some(Kind::Denied));
    let report = bench.pass().await;
    assert!(!report.worst.denied, "{report:#?}");
    assert_eq!(bench.blocks().len(), 2);
    let bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 3);
    for day in ["24", "25", "26"] {
        bench.work.refuse(&href(day), Some(Kind::Denied));
    }
    assert!(bench.pass().await.worst.denied);
}

#[tokio::test]
async fn a_server_that_fails_on_everything_is_not_asked_for_each_object() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    for number in 0..40 {
        let name = href(&number.to_string());
        bench
            .work
            .put(&name, &event("x", "24T100000Z", "24T110000Z"));
        bench.work.refuse(&name, Some(Kind::Transient));
    }
    let report = bench.pass().await;
    assert!(report.worst.unreachable, "{report:#?}");
    assert!(report.requests.calendar < 12, "{:?}", report.requests);
}

#[tokio::test]
async fn a_calendar_that_is_a_source_no_more_leaves_nothing_behind() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    days(&bench, 3);
    bench.good_pass().await;
    bench.work.clear();
    bench.pass().await;
    assert_eq!(bench.held().len(), 1);
    let work = bench.policy().from.remove(0);
    bench.good_pass().await;
    assert!(bench.blocks().is_empty() && bench.held().is_empty());
    let pairs = bench.base.scan("", None, 1000).unwrap().into_iter();
    let left: Vec<String> = pairs
        .map(|(key, _)| key)
        .filter(|key| key.contains("/work"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    // A source again: all of it is read anew.
    bench.policy().from.push(work);
    days(&bench, 1);
    bench.good_pass().await;
    assert_eq!(bench.blocks(), ["24T10:00/24T11:00"]);
}

#[tokio::test]
async fn a_source_at_another_place_is_read_anew_and_what_is_not_there_is_judged() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    let place = |bench: &mut Bench, text: &str| {
        let place = Fingerprint::of([text]);
        bench.host.places.insert(CalendarName::new("work"), place);
    };
    place(&mut bench, "old");
    days(&bench, 4);
    bench.good_pass().await;
    let writes = bench.writes();
    // Away: what was known of the old place stays in force, and nothing else is opened.
    place(&mut bench, "new");
    bench.script.away(Some(("source", Kind::Unreachable)));
    assert!(bench.pass().await.worst.unreachable);
    assert_eq!(bench.blocks().len(), 4);
    bench.script.away(None);
    // The same events under the same names and tags: read anew all the same.
    let report = bench.good_pass().await;
    assert!(report.requests.calendar > 2, "{report:#?}");
    assert_eq!(bench.writes(), writes);
    // Another place without any: that is too much to believe.
    place(&mut bench, "empty");
    bench.work.clear();
    assert_eq!(bench.pass().await.busy.unwrap().held, 1);
    assert_eq!(bench.blocks().len(), 4);
}

/// The entry of a booking, as it is written, at some hour of the 24th.
fn entry(uid: &str, host: &str, hour: u32) -> Vec<u8> {
    let booking = uid.strip_suffix("@scheduler.slotbridge").unwrap_or("b1");
    let lines = format!(
        "DTSTART:20261124T{hour}0000Z\r\nDTEND:20261124T{}0000Z\r\nX-SLOTBRIDGE-EVENT-ID:{booking}\r\n\
         X-SLOTBRIDGE-HOST:{host}\r\n",
        hour + 1
    );
    let text = String::from_utf8(more("x", &lines)).unwrap();
    text.replace("UID:x@example.org", &format!("UID:{uid}"))
        .into_bytes()
}

/// The host has a booking from ten to eleven.
async fn has_booking(bench: &Bench) {
    let ledger = Ledger::new(
        bench.base.as_ref(),
        &bench.host.name,
        &CalendarName::new("work"),
    );
    let link = Link {
        booking: BookingId::new("b1"),
        uid: Uid::new("b1@scheduler.slotbridge"),
        href: href("b1"),
        etag: None,
        sequence: 0,
        base: crate::domain::entry::Base::default(),
        booking_print: None,
        policy_print: None,
        start: "2026-11-24T10:00:00Z".parse().unwrap(),
        end: "2026-11-24T11:00:00Z".parse().unwrap(),
        pair: None,
        page: None,
        manage_url: None,
        updated: None,
        pending: None,
        standing: crate::domain::link::Standing::Live,
    };
    let mut batch = Batch::default();
    ledger.put_link(&mut batch, &link, None);
    ledger.commit(batch).await.unwrap();
}

const OURS: &str = "b1@scheduler.slotbridge";

#[rstest]
#[case::as_agreed(OURS, "alice", 10, false)]
#[case::copied_as_agreed("copy", "alice", 10, false)]
#[case::moved(OURS, "alice", 13, true)]
#[case::duplicated("copy", "alice", 13, true)]
#[case::of_another_host("b2@scheduler.slotbridge", "bob", 10, true)]
#[case::of_this_host_under_an_earlier_name(OURS, "bob", 10, false)]
#[case::of_no_known_booking("b2@scheduler.slotbridge", "alice", 13, true)]
#[tokio::test]
async fn an_entry_is_busy_unless_it_is_of_this_host_and_where_it_was_agreed(
    #[case] uid: &str,
    #[case] host: &str,
    #[case] hour: u32,
    #[case] busy: bool,
) {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    has_booking(&bench).await;
    bench.work.put(&href("own"), &entry(uid, host, hour));
    let report = bench.good_pass().await;
    assert_eq!(report.busy.unwrap().seen, u64::from(busy));
    let spans = [format!("24T{hour}:00/24T{}:00", hour + 1)];
    assert_eq!(bench.blocks(), spans[..usize::from(busy)]);
    bench.work.remove(&href("own"));
    bench.good_pass().await;
    assert!(bench.blocks().is_empty());
}

#[tokio::test]
async fn an_entry_is_own_whatever_its_calendar_is_called_now() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    has_booking(&bench).await;
    let ledger = Ledger::new(
        bench.base.as_ref(),
        &bench.host.name,
        &CalendarName::new(WORK),
    );
    ledger.begin_at(&Fingerprint::of(["here"])).await.unwrap();
    bench.host.bookings = Some(CalendarName::new("renamed"));
    bench.family.put(&href("own"), &entry(OURS, "alice", 10));
    bench.good_pass().await;
    assert_eq!(bench.blocks(), Vec::<String>::new());
    bench.host.bookings = None;
    bench.good_pass().await;
    assert_eq!(bench.blocks(), Vec::<String>::new());
}

#[tokio::test]
async fn while_the_bookings_calendar_is_not_read_what_looks_like_an_entry_of_ours_changes_nothing()
{
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let order = Order {
        bookings: BookingsSeen::NotAll,
        ..Order::default()
    };
    let unread_pass = async || pass(&bench.sides(), &bench.host, &order).await;
    days(&bench, 2);
    bench.good_pass().await;
    bench
        .work
        .put(&href("own"), &entry("b7@scheduler.slotbridge", "alice", 15));
    bench
        .work
        .put(&href("bobs"), &entry("b8@scheduler.slotbridge", "bob", 17));
    let report = unread_pass().await;
    assert!(report.ok, "{report:#?}");
    let standing = [
        "24T10:00/24T11:00",
        "24T17:00/24T18:00",
        "25T10:00/25T11:00",
    ];
    assert_eq!(bench.blocks(), standing, "busy for others is busy");
    // Nobody knows what it is: nothing is given back in the meantime, either.
    bench.work.remove(&href("25"));
    unread_pass().await;
    assert_eq!(bench.blocks(), standing);
    // Read again, and no booking of this host: then it is an event like any other.
    bench.good_pass().await;
    assert_eq!(
        bench.blocks(),
        [
            "24T10:00/24T11:00",
            "24T15:00/24T16:00",
            "24T17:00/24T18:00"
        ]
    );
    // And what stands keeps standing when the next pass cannot read them.
    unread_pass().await;
    assert_eq!(bench.blocks().len(), 3);
}

#[tokio::test]
async fn entries_of_this_host_that_go_are_not_a_source_that_is_suddenly_empty() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    has_booking(&bench).await;
    for hour in [10, 12, 14] {
        let name = hour.to_string();
        bench.work.put(&href(&name), &entry(OURS, "alice", hour));
    }
    bench.good_pass().await;
    assert_eq!(bench.blocks().len(), 2);
    bench.work.clear();
    bench.good_pass().await;
    assert!(bench.blocks().is_empty());
}

#[tokio::test]
async fn what_was_kept_in_an_older_form_stays_in_force_and_is_read_anew() {
    let mut bench = Bench::new(BusyTo::ZoomCalendar);
    let work = CalendarName::new("work");
    let place = Fingerprint::of(["here"]);
    bench.host.places.insert(work.clone(), place);
    days(&bench, 4);
    bench.good_pass().await;
    let quiet = bench.good_pass().await.requests.calendar;
    let writes = bench.writes();
    let older = Records::new(bench.base.as_ref(), &bench.host.name);
    let shelf = older.shelf(&work);
    let mut state = shelf.state().unwrap();
    state.form = 0;
    let mut batch = Batch::default();
    shelf.put_state(&mut batch, &state);
    shelf.commit(batch).await.unwrap();
    bench.script.away(Some(("source", Kind::Unreachable)));
    bench.pass().await;
    assert_eq!(bench.blocks().len(), 4);
    bench.script.away(None);
    let report = bench.good_pass().await;
    assert!(report.requests.calendar > quiet, "{report:#?}");
    assert_eq!(bench.good_pass().await.requests.calendar, quiet);
    assert_eq!(bench.writes(), writes);
}

#[tokio::test]
async fn our_own_blocks_are_never_busy() {
    let bench = Bench::new(BusyTo::ZoomCalendar);
    let copy =
        "DTSTART:20261125T100000Z\r\nDTEND:20261125T110000Z\r\nDESCRIPTION:[slotbridge:block]\r\n";
    bench.work.put(&href("copy"), &more("copy", copy));
    let report = bench.good_pass().await;
    assert_eq!(report.busy.unwrap().seen, 0);
    assert!(bench.blocks().is_empty());
}
