//! Hours are changed in Zoom, in the calendar, or in both.

use rstest::rstest;
use serde_json::json;

use super::bench::Bench;
use super::busy::joined;
use super::hours::{WEEK, ZONE, date, in_step, local, off, week_with};
use super::hours_text::{by_hand, with_times};
use super::side::Side::{self, Radicale, Vdir, Xandikos};

/// The calendar gets another Friday: from `18:00-24:00` to `19:00-24:00`.
fn edit_friday(bench: &Bench) {
    bench.edit_hours(|text| with_times(text, "180000", "190000"));
}

/// What both sides say now.
#[track_caller]
fn both_say(bench: &Bench, week: [&str; 7]) {
    assert_eq!(bench.zoom_week(), week, "Zoom");
    assert_eq!(bench.hours_told().week, week, "the calendar");
}

#[rstest]
fn the_calendar_follows_zoom(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = in_step(side, "zoom");
    // What a person wrote beside the hours stays.
    let words = "BUSYTYPE:BUSY-UNAVAILABLE\r\nLOCATION:Room <4> & 5\r\nX-NOTE;X-P=\"a:b\":yes";
    bench.edit_hours(|text| {
        let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        text.replacen("BUSYTYPE:BUSY-UNAVAILABLE", words, 1)
    });
    bench.stays(1);
    let week = week_with(&[(1, "08:30-12:00"), (4, ""), (6, "10:00-11:00, 23:00-24:00")]);
    bench.set_zoom_week(week);
    bench.add_zoom_override(off(5));
    bench.add_zoom_override(local(9, 7, 9));
    bench.account.clear_log();
    let run = bench.pass();
    assert_eq!(run.hours()["updated"], 5, "{run:#?}");
    let told = bench.hours_told();
    assert_eq!(told.week, week);
    assert_eq!(told.dates.get(&date(5)).map(String::as_str), Some(""));
    assert_eq!(
        told.dates.get(&date(9)).map(String::as_str),
        Some("07:00-09:00")
    );
    assert_eq!(told.dates.len(), 2);
    let text = bench.hours_text().unwrap();
    assert!(
        text.contains("Room <4> & 5") && text.contains("X-NOTE;X-P=\"a:b\":yes"),
        "{text}"
    );
    assert!(bench.zoom_writes().is_empty(), "{:#?}", bench.zoom_writes());
    bench.stays(2);
    bench
        .account
        .set_overrides(bench.account.availability_id(), &[]);
    bench.pass();
    assert!(bench.hours_told().dates.is_empty());
}

#[rstest]
fn zoom_follows_the_calendar_in_one_patch(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = in_step(side, "zoom");
    let id = bench.account.availability_id();
    assert!(
        bench
            .account
            .rename_availability(id, "Bürozeit / \"Office\"")
    );
    bench.pass();
    edit_friday(&bench);
    let text = bench.hours_text();
    bench.account.clear_log();
    bench.clear_calendar_log();
    let run = bench.pass();
    assert_eq!(run.hours()["updated"], 1, "{run:#?}");
    assert_eq!(bench.zoom_week(), week_with(&[(4, "19:00-24:00")]));
    let patch = bench.only_patch();
    let body = patch.body.unwrap();
    assert_eq!(body["name"], json!("Bürozeit / \"Office\""));
    assert_eq!(body["time_zone"], json!(ZONE));
    assert_eq!(body.get("segments"), None, "no day differs");
    assert_eq!(bench.hours_text(), text);
    assert!(bench.calendar_writes().is_empty());
    bench.stays(2);
}

#[rstest]
fn a_text_of_another_program_is_followed_too(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = in_step(side, "zoom");
    let single = format!(
        "BEGIN:AVAILABLE\nUID:once@example.org\nDTSTAMP:20260101T000000Z\n\
         DTSTART;TZID={ZONE}:{0}T200000\nDURATION:PT2H\nEND:AVAILABLE\n",
        date(9).strftime("%Y%m%d")
    );
    let text = by_hand(ZONE, &[("MO,TU,WE,TH,FR,SA,SU", "10:00-12:00")], &single);
    bench.put_hours(&text);
    bench.pass();
    assert_eq!(bench.zoom_week(), ["10:00-12:00"; 7]);
    let told = bench.zoom_writes().concat();
    assert!(
        !told.contains("office") && !told.contains("example.org"),
        "{told}"
    );
    assert_eq!(
        bench.sorted_overrides(),
        [local(9, 10, 12), local(9, 20, 22)]
    );
    bench.stays(2);
    // And what changes in Zoom is put into that text.
    let mut week = ["10:00-12:00"; 7];
    week[2] = "";
    bench.set_zoom_week(week);
    bench.pass();
    let after = bench.hours_text().unwrap();
    assert!(after.contains("SUMMARY:My office hours") && after.contains("once@example.org"));
    assert!(!after.contains(",WE"), "{after}");
    bench.stays(2);
}

#[rstest]
fn a_date_changed_in_the_calendar_reaches_zoom_and_goes_again(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = in_step(side, "zoom");
    let plain = bench.hours_text().unwrap();
    let day = |date: jiff::civil::Date| date.strftime("%Y%m%dT000000").to_string();
    let shut = format!(
        "BEGIN:VAVAILABILITY\r\nUID:{}\r\nDTSTAMP:20260101T000000Z\r\nPRIORITY:1\r\n\
         DTSTART;TZID={ZONE}:{}\r\nDTEND;TZID={ZONE}:{}\r\nEND:VAVAILABILITY\r\nEND:VCALENDAR",
        // All parts of an object have one UID (RFC 4791 section 4.1).
        plain
            .split("BEGIN:VAVAILABILITY")
            .nth(1)
            .unwrap()
            .split("UID:")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap(),
        day(date(9)),
        day(date(10))
    );
    bench.put_hours(&plain.replace("END:VCALENDAR", &shut));
    bench.pass();
    assert_eq!(bench.overrides(), [off(9)]);
    bench.stays(2);
    bench.put_hours(&plain);
    bench.pass();
    assert_eq!(bench.overrides(), []);
    bench.stays(2);
}

#[rstest]
fn different_days_changed_on_both_sides_are_merged(#[values(Radicale, Xandikos, Vdir)] side: Side) {
    let bench = in_step(side, "hold");
    bench.set_zoom_week(week_with(&[(2, "14:00-15:00")]));
    bench.add_zoom_override(off(6));
    edit_friday(&bench);
    bench.account.clear_log();
    let run = bench.pass();
    assert_eq!(run.hours()["conflicts"], 0, "{run:#?}");
    both_say(&bench, week_with(&[(2, "14:00-15:00"), (4, "19:00-24:00")]));
    assert!(bench.hours_told().dates.contains_key(&date(6)));
    assert_eq!(bench.overrides(), [off(6)]);
    bench.only_patch();
    bench.stays(2);
}

#[rstest]
fn the_same_day_changed_on_both_sides_is_decided_as_wins_says(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("zoom", "calendar")] wins: &str,
) {
    let bench = in_step(side, wins);
    bench.set_zoom_week(week_with(&[(4, "17:00-24:00")]));
    edit_friday(&bench);
    let run = bench.sync(&["--json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.hours()["conflicts"], 1, "{run:#?}");
    let stands = if wins == "zoom" {
        "17:00-24:00"
    } else {
        "19:00-24:00"
    };
    both_say(&bench, week_with(&[(4, stands)]));
    let kept = ("friday".into(), "17:00-24:00".into(), "19:00-24:00".into());
    assert_eq!(bench.disputes("settled"), [kept]);
    bench.stays(2);
    let id = bench.only_dispute();
    let shown = bench.run(&["conflicts", "show", &id]);
    for text in ["17:00-24:00", "19:00-24:00", "friday"] {
        assert!(shown.stdout.contains(text), "{shown:#?}");
    }
    // A person thinks otherwise: the text that lost comes back on both sides.
    let (word, stands) = match wins {
        "zoom" => ("keep-calendar", "19:00-24:00"),
        _ => ("keep-zoom", "17:00-24:00"),
    };
    let run = bench.run(&["conflicts", word, &id]);
    assert_eq!(run.code, 0, "{run:#?}");
    bench.pass();
    both_say(&bench, week_with(&[(4, stands)]));
    assert!(bench.waiting("conflicts").is_empty());
    bench.stays(2);
}

#[rstest]
fn the_same_day_waits_for_a_person_where_that_is_wished(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("keep-zoom", "keep-calendar")] decision: &str,
) {
    let bench = in_step(side, "hold");
    bench.set_zoom_week(week_with(&[(4, "17:00-24:00")]));
    edit_friday(&bench);
    let text = bench.hours_text();
    bench.account.clear_log();
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(run.hours()["conflicts"], 1, "{run:#?}");
        assert_eq!(bench.zoom_week(), week_with(&[(4, "17:00-24:00")]));
        assert_eq!(bench.hours_text(), text);
    }
    assert!(bench.zoom_writes().is_empty());
    let status = bench.status();
    assert!(status.stdout.contains("1 in conflict"), "{status:#?}");
    let id = bench.only_dispute();
    // Other days go on.
    let mut week = week_with(&[(4, "17:00-24:00"), (0, "")]);
    bench.set_zoom_week(week);
    assert_eq!(bench.sync(&["--json"]).code, 1);
    assert_eq!(
        bench.hours_told().week,
        week_with(&[(4, "19:00-24:00"), (0, "")])
    );
    assert_eq!(bench.run(&["conflicts", decision, &id]).code, 0);
    bench.pass();
    if decision == "keep-calendar" {
        week[4] = "19:00-24:00";
    }
    both_say(&bench, week);
    assert!(bench.waiting("conflicts").is_empty());
    bench.stays(2);
}

#[rstest]
fn the_same_date_changed_on_both_sides_waits_and_is_decided(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values("keep-zoom", "keep-calendar")] decision: &str,
) {
    let bench = in_step(side, "hold");
    bench.add_zoom_override(local(9, 7, 9));
    bench.pass();
    bench
        .account
        .set_overrides(bench.account.availability_id(), &[local(9, 7, 10)]);
    bench.edit_hours(|text| with_times(text, "070000", "080000"));
    assert_eq!(bench.sync(&["--json"]).code, 1);
    let found = (
        date(9).to_string(),
        "07:00-10:00".to_owned(),
        "08:00-09:00".to_owned(),
    );
    assert_eq!(bench.disputes("open"), [found]);
    assert_eq!(
        bench
            .run(&["conflicts", decision, &bench.only_dispute()])
            .code,
        0
    );
    bench.pass();
    let (from, to) = if decision == "keep-zoom" {
        (7, 10)
    } else {
        (8, 9)
    };
    assert_eq!(bench.overrides(), [local(9, from, to)]);
    assert_eq!(
        bench.hours_told().dates[&date(9)],
        format!("{from:02}:00-{to:02}:00")
    );
    bench.stays(2);
}

#[rstest]
fn the_calendar_follows_when_the_host_moves_to_another_zone(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = in_step(side, "zoom");
    let id = bench.account.availability_id();
    assert!(bench.account.set_availability_zone(id, "America/New_York"));
    bench.pass();
    let told = bench.hours_told();
    assert_eq!(
        (told.zone.as_str(), told.week),
        ("America/New_York", WEEK.map(str::to_owned))
    );
    assert_eq!(bench.zoom_week(), WEEK);
    bench.stays(2);
}

#[rstest]
fn a_zone_changed_in_the_calendar_waits_until_zoom_has_it_or_a_person_decides(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
    #[values(true, false)] by_hand: bool,
) {
    let bench = in_step(side, "calendar");
    bench.edit_hours(|text| text.replace(ZONE, "America/New_York"));
    let text = bench.hours_text();
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(
            (bench.hours_text(), bench.zoom_week()),
            (text.clone(), WEEK.map(str::to_owned))
        );
    }
    let found = (
        "zone".to_owned(),
        ZONE.to_owned(),
        "America/New_York".to_owned(),
    );
    assert_eq!(bench.disputes("open"), [found]);
    if by_hand {
        let id = bench.only_dispute();
        let run = bench.run(&["conflicts", "keep-calendar", &id]);
        assert_ne!(run.code, 0, "{run:#?}");
        assert!(run.stderr.contains("change it there by hand"), "{run:#?}");
        let id = bench.account.availability_id();
        assert!(bench.account.set_availability_zone(id, "America/New_York"));
        bench.pass();
        assert_eq!(bench.hours_text(), text);
    } else {
        assert_eq!(
            bench
                .run(&["conflicts", "keep-zoom", &bench.only_dispute()])
                .code,
            0
        );
        bench.pass();
        assert_eq!(bench.hours_told().zone, ZONE);
        assert_eq!(bench.hours_told().week, WEEK);
    }
    assert!(bench.waiting("conflicts").is_empty());
    bench.stays(2);
}

#[rstest]
fn an_override_past_midnight_is_two_days_and_stays_as_it_is(
    #[values(Radicale, Xandikos, Vdir)] side: Side,
) {
    let bench = in_step(side, "zoom");
    bench.add_zoom_override(local(9, 22, 26));
    bench.pass();
    let told = bench.hours_told();
    assert_eq!(told.dates[&date(9)], "22:00-24:00");
    assert_eq!(told.dates[&date(10)], "00:00-02:00");
    assert_eq!(told.dates.len(), 2);
    bench.stays(2);
    bench.edit_hours(|text| with_times(text, "220000", "210000"));
    bench.pass();
    let open = joined(bench.overrides());
    assert_eq!(open, [local(9, 21, 26)]);
    bench.stays(2);
}
