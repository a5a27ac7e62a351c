//! Free slots: hours, days that differ, and what is in the way.

use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;

use super::super::{AccountOptions, CalendarEvent, Connection, Page};
use super::{Account, Bench, at};
use crate::domain::time_span::TimeSpan;

fn span(start: &str, end: &str) -> TimeSpan {
    TimeSpan {
        start: at(start),
        end: at(end),
    }
}

fn options(zone: &str) -> AccountOptions {
    let mut options = AccountOptions::at(at("2026-11-21T12:00:00Z"));
    zone.clone_into(&mut options.time_zone);
    options
}

/// Monday, 2026-11-23, in UTC: 09:00-12:00 and 13:00-17:00.
fn account() -> Account {
    Account::new(options("UTC"))
}

fn free(account: &Account, slug: &str) -> Vec<String> {
    let (from, to) = (at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"));
    let slots = account.free_slots(slug, from, to);
    slots
        .iter()
        .map(|start| start.strftime("%H:%M").to_string())
        .collect()
}

fn minutes(account: &Account, from: &str, to: &str) -> i64 {
    let stretches = account.free_stretches("intro", at(from), at(to));
    let seconds = |span: &TimeSpan| span.end.duration_since(span.start).as_secs();
    stretches.iter().map(seconds).sum::<i64>() / 60
}

#[test]
fn slots_stand_one_after_the_other_and_lie_wholly_inside_the_hours() {
    let account = account();
    assert_eq!(
        free(&account, "review"),
        [
            "09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00"
        ]
    );
    account.set_week(
        account.availability_id(),
        ["09:00-10:45", "", "", "", "", "", ""],
    );
    assert_eq!(free(&account, "review"), ["09:00"]);
    assert_eq!(free(&account, "intro"), ["09:00", "09:30", "10:00"]);
    assert!(free(&account, "none").is_empty());
}

#[test]
fn whatever_is_in_the_way_takes_its_time_and_the_rest_stays() {
    let account = account();
    let id = account.book(super::NewBooking::new(
        at("2026-11-23T09:00:00Z"),
        "B",
        "b@example.org",
    ));
    let event = CalendarEvent::new(at("2026-11-23T10:10:00Z"), at("2026-11-23T15:00:00Z"), "x");
    let event = account.add_calendar_event(event);
    assert_eq!(
        free(&account, "intro"),
        ["09:30", "15:00", "15:30", "16:00", "16:30"]
    );
    account.cancel(&id);
    assert_eq!(free(&account, "intro")[..2], ["09:00", "09:30"]);
    account.set_calendar_field(&event, "transparency", json!("transparent"));
    assert_eq!(free(&account, "review").len(), 7);
    account.set_calendar_field(&event, "transparency", json!("opaque"));
    assert_eq!(free(&account, "review"), ["09:00", "15:00", "16:00"]);
    account.delete_calendar_event(&event);
    assert_eq!(free(&account, "review").len(), 7);
}

#[test]
fn a_whole_day_is_a_day_of_the_calendars_zone() {
    let account = Account::new(options("Australia/Lord_Howe"));
    account.set_week(account.availability_id(), ["00:00-24:00"; 7]);
    let event = CalendarEvent::all_day(
        "2026-11-24".parse().unwrap(),
        "2026-11-25".parse().unwrap(),
        "x",
    );
    account.add_calendar_event(event);
    let stretches = account.free_stretches(
        "intro",
        at("2026-11-22T13:00:00Z"),
        at("2026-11-24T13:00:00Z"),
    );
    assert_eq!(
        stretches,
        [span("2026-11-22T13:00:00Z", "2026-11-23T13:00:00Z")]
    );
}

#[rstest]
#[case::other_hours(&[("2026-11-23T18:00:00Z", "2026-11-23T19:00:00Z")], &["18:00"])]
#[case::two(&[("2026-11-23T20:00:00Z", "2026-11-23T21:00:00Z"), ("2026-11-23T18:00:00Z", "2026-11-23T19:00:00Z")], &["18:00", "20:00"])]
#[case::a_day_off(&[("2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z")], &[])]
#[case::off_in_the_middle(&[("2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z")], &[])]
#[case::a_minute(&[("2026-11-23T00:00:00Z", "2026-11-23T00:01:00Z")], &[])]
#[case::over_midnight(&[("2026-11-22T22:00:00Z", "2026-11-23T02:00:00Z")], &["00:00", "01:00"])]
#[case::joined(&[("2026-11-23T09:30:00Z", "2026-11-23T10:00:00Z"), ("2026-11-23T10:00:00Z", "2026-11-23T10:30:00Z")], &["09:30"])]
#[case::the_day_before(&[("2026-11-22T10:00:00Z", "2026-11-23T00:00:00Z")], &["09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00"])]
#[case::the_day_after(&[("2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z")], &["09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00"])]
fn segments_replace_the_weekly_hours_of_the_days_they_touch(
    #[case] segments: &[(&str, &str)],
    #[case] slots: &[&str],
) {
    let account = account();
    let segments: Vec<TimeSpan> = segments
        .iter()
        .map(|(start, end)| span(start, end))
        .collect();
    account.set_overrides(account.availability_id(), &segments);
    assert_eq!(free(&account, "review"), slots);
}

#[test]
fn an_override_is_taken_back_by_its_day() {
    let account = Account::new(options("Asia/Kathmandu"));
    let id = account.availability_id();
    let midnight = at("2026-11-23T18:15:00Z");
    account.add_override(id, midnight, midnight);
    assert!(!account.remove_override(id, "2026-11-23".parse().unwrap()));
    assert!(account.remove_override(id, "2026-11-24".parse().unwrap()));
    assert!(account.overrides(id).is_empty());
}

#[rstest]
#[case::berlin_in_spring("Europe/Berlin", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", 23 * 60)]
#[case::berlin_in_autumn("Europe/Berlin", "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z", 25 * 60)]
#[case::new_york("America/New_York", "2027-03-14T05:00:00Z", "2027-03-15T04:00:00Z", 23 * 60)]
#[case::sydney("Australia/Sydney", "2027-04-03T13:00:00Z", "2027-04-04T14:00:00Z", 25 * 60)]
#[case::half_an_hour("Australia/Lord_Howe", "2027-04-03T13:00:00Z", "2027-04-04T13:30:00Z", 24 * 60 + 30)]
#[case::no_change("Asia/Kolkata", "2027-04-03T18:30:00Z", "2027-04-04T18:30:00Z", 24 * 60)]
fn a_day_is_as_long_as_its_zone_says(
    #[case] zone: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] length: i64,
) {
    let account = Account::new(options(zone));
    account.set_week(account.availability_id(), ["00:00-24:00"; 7]);
    assert_eq!(minutes(&account, from, to), length);
}

#[test]
fn skipped_and_doubled_hours_are_read_as_icalendar_does() {
    let account = Account::new(options("Europe/Berlin"));
    account.set_week(account.availability_id(), ["02:30-04:00"; 7]);
    let day = |from, to| account.free_stretches("intro", at(from), at(to));
    let spring = day("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z");
    assert_eq!(
        spring,
        [span("2027-03-28T01:30:00Z", "2027-03-28T02:00:00Z")]
    );
    let autumn = day("2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z");
    assert_eq!(
        autumn,
        [span("2027-10-31T00:30:00Z", "2027-10-31T03:00:00Z")]
    );
}

#[test]
fn a_page_has_its_own_length_buffers_notice_and_hours() {
    let account = account();
    let event = CalendarEvent::new(at("2026-11-23T13:00:00Z"), at("2026-11-23T15:00:00Z"), "x");
    account.add_calendar_event(event);
    let mut page = Page::new("long", "Long talk", 90);
    (page.buffer_before, page.buffer_after) = (15, 30);
    account.set_page(page.clone());
    assert_eq!(free(&account, "long"), ["09:00", "10:30", "15:15"]);
    page.cushion = (24 + 20) * 60 + 90 - 30;
    account.set_page(page.clone());
    assert_eq!(
        free(&account, "long"),
        ["09:00", "10:30", "15:15"],
        "from 09:00 on"
    );
    page.cushion += 1;
    account.set_page(page.clone());
    assert_eq!(free(&account, "long"), ["10:30", "15:15"]);
    page.cushion = 0;
    page.availability = account.add_availability("Evenings", "UTC");
    account.set_week(&page.availability, ["18:00-20:00", "", "", "", "", "", ""]);
    account.set_page(page);
    assert_eq!(free(&account, "long"), ["18:00"]);
}

#[test]
fn a_calendar_that_is_not_connected_takes_nothing() {
    let mut options = options("UTC");
    options.calendar.connection = Connection::NotConnected;
    let account = Account::new(options);
    let event = CalendarEvent::new(at("2026-11-23T09:00:00Z"), at("2026-11-23T17:00:00Z"), "x");
    account.add_calendar_event(event);
    assert_eq!(free(&account, "review").len(), 7);
}

#[test]
fn the_grid_does_not_depend_on_the_window() {
    let account = account();
    let event = CalendarEvent::new(at("2026-11-23T08:00:00Z"), at("2026-11-23T09:10:00Z"), "x");
    account.add_calendar_event(event);
    let slots = |from: &str, to: &str| account.free_slots("intro", at(from), at(to));
    let whole = slots("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z");
    let part = slots("2026-11-23T10:00:00Z", "2026-11-23T14:00:00Z");
    let inside =
        |start: &&Timestamp| (10..14).contains(&start.strftime("%H").to_string().parse().unwrap());
    assert_eq!(
        part,
        whole.iter().filter(inside).copied().collect::<Vec<_>>()
    );
    assert_eq!(part.first(), Some(&at("2026-11-23T10:10:00Z")));
}

#[tokio::test]
async fn an_invitee_sees_days_with_spots_always_with_an_offset() {
    let bench = Bench::with(options("UTC")).await;
    let window = "from=2026-11-21T00:00:00Z&to=2026-11-25T00:00:00Z";
    let page = bench
        .json(&format!("/schedules/review/available_times?{window}"))
        .await;
    let days = page["items"].as_array().unwrap();
    assert_eq!(days.len(), 2, "not on Saturday and Sunday: {page}");
    assert_eq!(
        days[0]["spots"][0]["start_time"],
        "2026-11-23T09:00:00+00:00"
    );
    let there = bench
        .json(&format!(
            "/schedules/review/available_times?{window}&time_zone=Asia/Tokyo"
        ))
        .await;
    assert_eq!(
        there["items"][0]["spots"][0]["start_time"],
        "2026-11-23T18:00:00+09:00"
    );
    for (path, status) in [
        (
            "/schedules/reviewschedule0id4liffdyszs/available_times",
            404,
        ),
        (
            "/schedules/review/available_times?from=2026-11-21T00:00:00Z",
            400,
        ),
        (
            "/schedules/review/available_times?from=2026-11-21&to=2026-11-25",
            400,
        ),
        (
            "/schedules/review/available_times?from=2026-11-21T00:00:00Z&to=2036-11-21T00:00:00Z",
            400,
        ),
    ] {
        let query = if status == 404 {
            format!("{path}?{window}")
        } else {
            path.to_owned()
        };
        assert_eq!(bench.status(&query).await, status, "{query}");
    }
}
