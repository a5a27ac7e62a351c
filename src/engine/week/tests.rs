use jiff::SignedDuration;

use super::*;
use crate::adapters::memory::base::MemoryBase;
use crate::domain::link::Standing;
use crate::engine::feeds::tests::{base_with, link, now, shown};
use crate::plan::week::Stretches;

async fn week_of(base: &MemoryBase, shown: &Shown) -> Week {
    let week = week::week_of(now(), &TimeZone::UTC);
    read(base, shown, week, now()).await.unwrap()
}

/// A booking that begins so many minutes after the week does.
fn booked(number: usize, minutes: i64, length: i64) -> Link {
    let monday: Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
    let mut link = link(number);
    link.start = monday + SignedDuration::from_mins(minutes);
    link.end = link.start + SignedDuration::from_mins(length);
    link.page = Some(format!("page {minutes}"));
    link
}

#[tokio::test]
async fn however_many_bookings_there_are_the_first_of_a_day_are_named_and_all_are_counted() {
    // Ids in another order than times; one a minute, so that all seven days are full.
    let links: Vec<Link> = (0..10_000)
        .map(|number| {
            let minute = i64::try_from(number * 7_919 % 10_000).unwrap();
            booked(number, minute, 1)
        })
        .collect();
    let base = base_with(&links).await;
    let week = week_of(&base, &shown()).await;
    for (index, day) in week.days.iter().enumerate() {
        let midnight = index * 24 * 60;
        let expected: Vec<String> = (0..NAMED)
            .map(|minute| format!("page {}", midnight + minute))
            .collect();
        let pages = day.bookings.iter();
        let pages: Vec<String> = pages.filter_map(|booking| booking.page.clone()).collect();
        assert_eq!(pages, expected);
        let all = if index == 6 {
            10_000 - 6 * 1_440
        } else {
            1_440
        };
        assert_eq!(day.bookings.len() + day.more, all);
    }
}

#[tokio::test]
async fn a_booking_over_midnight_is_on_both_days_and_one_that_is_over_by_then_on_neither() {
    let links = [
        booked(0, 24 * 60 - 30, 60),
        // It ends as the week begins; it begins as the week ends.
        booked(1, -30, 30),
        booked(2, 7 * 24 * 60, 30),
    ];
    let week = week_of(&base_with(&links).await, &shown()).await;
    let counts: Vec<usize> = week.days.iter().map(|day| day.bookings.len()).collect();
    assert_eq!(counts, [1, 1, 0, 0, 0, 0, 0]);
    let texts: Vec<String> = week.days[..2]
        .iter()
        .map(|day| day.bookings[0].span.text())
        .collect();
    assert_eq!(
        texts,
        [
            "2026-11-16T23:30:00Z/2026-11-17T00:00:00Z",
            "2026-11-17T00:00:00Z/2026-11-17T00:30:00Z"
        ]
    );
}

#[tokio::test]
async fn only_what_stands_is_shown_and_whether_it_waits_to_be_approved() {
    let mut pending = booked(0, 60, 30);
    pending.base.agree(Field::Status, "TENTATIVE");
    let mut confirmed = booked(1, 120, 30);
    confirmed.base.agree(Field::Status, "CONFIRMED");
    let mut cancelled = booked(2, 180, 30);
    cancelled.standing = Standing::Marked;
    let mut found_again = booked(3, 240, 30);
    found_again.base = crate::domain::entry::Base::default();
    found_again.page = None;
    let links = [pending, confirmed, cancelled, found_again];
    let week = week_of(&base_with(&links).await, &shown()).await;
    let monday = week.days[0].bookings.iter();
    let monday: Vec<_> = monday
        .map(|booking| (booking.page.as_deref(), booking.pending))
        .collect();
    assert_eq!(
        monday,
        [
            (Some("page 60"), Some(true)),
            (Some("page 120"), Some(false)),
            (None, None)
        ]
    );
}

#[tokio::test]
async fn what_is_off_and_what_was_not_read_yet_are_told_apart() {
    let base = MemoryBase::new();
    let week = week_of(&base, &shown()).await;
    assert_eq!(week.bookings, Known::NotYet);
    assert_eq!(week.days[6].plan.hours, Stretches::Off);
    assert_eq!(week.days[6].plan.busy, Stretches::Off);
    let mut without = shown();
    without.bookings = None;
    let week = week_of(&base, &without).await;
    assert_eq!(week.bookings, Known::Off);
    assert_eq!(week.days.len(), 7);
}
