//! What is gone, empty or broken in the calendar never empties Zoom, and the other way round.

use rstest::rstest;
use slotbridge::demo::account::Fault;

use super::bench::Bench;
use super::hours::{OBJECT, WEEK, ZONE, bench, date, flows, in_step, local, off, week_with};
use super::hours_text::{by_hand, with_times};
use super::proxy::Break;
use super::side::Side::{self, Radicale, Vdir, Xandikos};

/// The path of schedules in Zoom's API.
const SCHEDULES: &str = "/v2/scheduler/availability";

fn with_dates(side: Side) -> Bench {
    let bench = bench(side);
    bench.add_zoom_override(off(5));
    bench.add_zoom_override(local(9, 7, 9));
    bench.pass();
    bench
}

/// Zoom has what it had.
#[track_caller]
fn zoom_stands(bench: &Bench) {
    assert_eq!(bench.zoom_week(), WEEK);
    assert_eq!(bench.overrides(), [off(5), local(9, 7, 9)]);
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
}

#[rstest]
fn hours_that_are_gone_from_the_calendar_come_back(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = with_dates(side);
    let before = bench.hours_told();
    bench.remove_hours();
    assert_eq!(bench.hours_text(), None);
    let run = bench.pass();
    assert_eq!(run.hours()["updated"], 1, "{run:#?}");
    assert_eq!(bench.hours_told(), before);
    zoom_stands(&bench);
    bench.stays(2);
}

#[rstest]
fn hours_that_are_gone_with_the_state_come_back(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = with_dates(side);
    let before = bench.hours_told();
    bench.remove_hours();
    bench.lose_state();
    bench.pass();
    assert_eq!(bench.hours_told(), before);
    zoom_stands(&bench);
}

#[rstest]
fn a_calendar_that_is_gone_is_said_and_zoom_keeps_its_hours(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = with_dates(side);
    let before = bench.hours_told();
    bench.shelf.remove();
    let run = bench.sync(&["--json"]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(run.errors().contains("hint"), "{run:#?}");
    zoom_stands(&bench);
    bench.shelf.make();
    bench.clean_passes(2);
    assert_eq!(bench.hours_told(), before);
    zoom_stands(&bench);
    bench.stays(2);
}

/// All slots of the usual week are taken out, and every date.
fn emptied(text: &str) -> String {
    let mut out = Vec::new();
    let mut skipping = false;
    for line in text.lines() {
        skipping |= line == "BEGIN:AVAILABLE";
        if !skipping {
            out.push(line);
        }
        skipping &= line != "END:AVAILABLE";
    }
    out.join("\r\n") + "\r\n"
}

#[rstest]
fn a_week_emptied_in_the_calendar_waits_for_a_person(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("keep-zoom", "keep-calendar")] decision: &str,
) {
    let bench = in_step(side, "calendar");
    bench.edit_hours(emptied);
    let text = bench.hours_text();
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(bench.zoom_week(), WEEK);
        assert_eq!(bench.hours_text(), text);
    }
    let waiting = bench.disputes("open");
    assert_eq!(waiting.len(), 1, "{waiting:#?}");
    assert_eq!(waiting[0].0, "week");
    assert!(waiting[0].1.contains("friday 18:00-24:00"), "{waiting:#?}");
    assert_eq!(
        bench
            .run(&["conflicts", decision, &bench.only_dispute()])
            .code,
        0
    );
    bench.pass();
    let week = if decision == "keep-zoom" {
        WEEK
    } else {
        [""; 7]
    };
    assert_eq!(bench.zoom_week(), week);
    assert_eq!(bench.hours_told().week, week);
    bench.stays(2);
}

#[rstest]
fn a_week_emptied_in_zoom_waits_too(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = in_step(side, "zoom");
    let text = bench.hours_text();
    bench.set_zoom_week([""; 7]);
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(bench.hours_text(), text, "the calendar keeps what it says");
    bench.set_zoom_week(WEEK);
    bench.clean_passes(1);
    assert!(bench.waiting("conflicts").is_empty());
    bench.stays(1);
}

/// Texts that make no hours.
fn broken(kind: &str) -> String {
    let part = |lines: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VAVAILABILITY\r\n\
             UID:x@example.org\r\nDTSTAMP:20260101T000000Z\r\n{lines}END:VAVAILABILITY\r\nEND:VCALENDAR\r\n"
        )
    };
    match kind {
        "over" => part("DTSTART:20200101T000000Z\r\nDTEND:20210101T000000Z\r\n"),
        "no time" => part("DTSTART:20200101T0000xx\r\n"),
        "cut" => part("DTSTART:20200101T000000Z\r\n").replace("END:VCALENDAR\r\n", ""),
        other => other.to_owned(),
    }
}

#[rstest]
fn a_text_that_cannot_be_read_stays_and_zoom_keeps_its_hours(
    #[values(Radicale, Vdir)] side: Side,
    #[values("over", "no time", "cut", "no calendar at all")] kind: &str,
) {
    let bench = with_dates(side);
    bench.put_hours(&broken(kind));
    let text = bench.hours_text();
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(run.hours()["failed"], 1, "{run:#?}");
        assert!(
            run.errors().contains("repair the VAVAILABILITY"),
            "{run:#?}"
        );
        assert_eq!(bench.hours_text(), text);
        zoom_stands(&bench);
    }
    let status = bench.status();
    assert!(status.stdout.contains("working hours"), "{status:#?}");
    bench.remove_hours();
    bench.pass();
    assert_eq!(bench.hours_told().week, WEEK);
    bench.stays(1);
}

/// Xandikos reads what it is to keep, and takes only what is whole.
#[test]
fn an_object_that_says_nothing_in_force_stays_and_zoom_keeps_its_hours() {
    let bench = with_dates(Xandikos);
    bench.put_hours(&broken("over"));
    let text = bench.hours_text();
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(bench.hours_text(), text);
    zoom_stands(&bench);
    bench.shelf.delete(OBJECT);
    bench.pass();
    assert_eq!(bench.hours_told().week, WEEK);
}

#[rstest]
fn a_text_without_hours_gets_them(
    #[values(Radicale, Vdir)] side: Side,
    #[values(
        "",
        " \r\n",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nEND:VCALENDAR\r\n"
    )]
    text: &str,
) {
    let bench = with_dates(side);
    bench.put_hours(text);
    bench.clean_passes(2);
    assert_eq!(bench.hours_told().week, WEEK);
    zoom_stands(&bench);
    bench.stays(2);
}

#[rstest]
fn zoom_that_is_away_or_refuses_leaves_the_edit_pending(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(Fault::Status(500), Fault::Status(400), Fault::DropAfter)] fault: Fault,
) {
    let bench = in_step(side, "zoom");
    bench.edit_hours(|text| with_times(text, "180000", "190000"));
    bench.account.faults().always("PATCH", SCHEDULES, fault);
    let run = bench.sync(&["--json"]);
    assert_ne!(run.code, 0, "{run:#?}");
    bench.account.faults().clear();
    bench.clean_passes(2);
    let week = week_with(&[(4, "19:00-24:00")]);
    assert_eq!(bench.zoom_week(), week);
    assert_eq!(bench.hours_told().week, week);
    bench.stays(2);
}

#[rstest]
fn zoom_without_any_schedule_takes_nothing_from_the_calendar(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(Fault::Status(404), Fault::EmptyListing, Fault::GarbageItem)] fault: Fault,
) {
    let bench = in_step(side, "zoom");
    let text = bench.hours_text();
    bench.account.faults().always("GET", SCHEDULES, fault);
    bench.lose_state();
    let run = bench.sync(&["--json"]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert_eq!(bench.hours_text(), text);
    bench.account.faults().clear();
    bench.clean_passes(1);
    bench.stays(2);
}

#[test]
fn another_calendar_is_filled_and_the_old_one_left_alone() {
    let mut bench = with_dates(Radicale);
    let (old, before) = (bench.hours_text(), bench.hours_told());
    let folder = bench.home.path().join("other");
    std::fs::create_dir(&folder).unwrap();
    let table = format!(
        "{}[[calendar]]\nname = \"other\"\nkind = \"vdir\"\npath = \"{}\"\n",
        flows("zoom").replace("\"work\"", "\"other\""),
        folder.display()
    );
    bench.set_flows(&table);
    bench.pass();
    assert_eq!(bench.hours_text(), old);
    let text = std::fs::read_to_string(folder.join(OBJECT)).unwrap();
    assert_eq!(super::hours_text::told(&text), before);
    zoom_stands(&bench);
}

#[rstest]
fn dates_that_are_over_are_left_as_they_are(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = bench(side);
    bench.add_zoom_override(local(-4, 7, 9));
    bench.add_zoom_override(off(-2));
    bench.pass();
    assert!(bench.hours_told().dates.is_empty());
    bench.put_hours(&by_hand(ZONE, &[("MO,TU", "09:00-12:00")], ""));
    bench.pass();
    assert_eq!(bench.overrides(), [local(-4, 7, 9), off(-2)]);
    assert!(date(-2) < date(0));
    bench.stays(1);
}

#[rstest]
fn a_write_to_the_calendar_that_goes_wrong_is_done_in_the_end_and_once(
    #[values(Radicale, Xandikos)] side: Side,
    #[values(
        Break::Before,
        Break::After,
        Break::HalfAnswer,
        Break::Answer(500, &[]),
        Break::Answer(503, &[("Retry-After", "0")]),
        Break::Answer(412, &[])
    )]
    how: Break,
    #[values(true, false)] first: bool,
) {
    let bench = bench(side);
    let mut week = WEEK;
    if !first {
        bench.pass();
        week = week_with(&[(4, "19:00-24:00")]);
        bench.set_zoom_week(week);
    }
    let method = if side == Radicale { "PROPPATCH" } else { "PUT" };
    bench.proxy().on_nth(1, method, how);
    bench.clean_passes(3);
    assert_eq!(bench.proxy().heal(), 0, "it struck");
    assert_eq!(bench.hours_told().week, week);
    let objects = usize::from(side == Xandikos);
    assert_eq!(bench.shelf.names().len(), objects, "no second place");
    assert_eq!(
        (bench.zoom_week(), bench.zoom_writes().len()),
        (week.map(str::to_owned), 0)
    );
    bench.stays(2);
}

#[test]
fn a_calendar_that_may_only_be_read_still_tells_zoom_its_hours() {
    let mut bench = in_step(Radicale, "zoom");
    let text = with_times(&bench.hours_text().unwrap(), "180000", "190000");
    bench.put_hours(&text);
    bench.shelf.make_read_only();
    bench.configure(|text| text);
    bench.pass();
    let week = week_with(&[(4, "19:00-24:00")]);
    assert_eq!(bench.zoom_week(), week);
    // What Zoom changes cannot be written there, and that is said.
    bench.set_zoom_week(WEEK);
    let run = bench.sync(&["--json"]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(
        run.errors().contains("writing the working hours"),
        "{run:#?}"
    );
    assert_eq!(bench.zoom_week(), WEEK, "nor is Zoom put back");
    assert_eq!(bench.hours_told().week, week);
}
