//! The laws, asked once the faults are over.

use std::collections::BTreeMap;

use slotbridge::domain::booking::BookingStatus;
use slotbridge::domain::entry::{Entry, Field};
use slotbridge::domain::ids::{BookingId, Href, Uid};
use slotbridge::engine::waiting;
use slotbridge::ical::import::{Found, read};
use slotbridge::plan::policy::{CancelledInZoom, DeletedInCalendar, MovedInCalendar};

use super::people::uid;
use super::world::World;

/// Passes without faults, long enough for back-off and grace to end; then law 1 (settled: the
/// next plan is empty), law 3 (no echo: the next pass writes nothing).
pub async fn settled(world: &mut World) {
    // What a list leaves out for ever cannot be known.
    for id in world.zoom.standing() {
        world.zoom.hide(&id, false);
    }
    world.calm = true;
    for _ in 0..4 {
        world.pass(0, None).await;
        world.clock.advance(jiff::SignedDuration::from_hours(7));
    }
    // After the last of them nothing is left to wait for.
    world.pass(0, None).await;
    let plan = world.plan().await;
    let wanted: Vec<_> = plan
        .actions
        .iter()
        .filter(|done| done.verb != "hold")
        .collect();
    assert!(
        wanted.is_empty(),
        "law 1: the next plan is not empty: {wanted:?}"
    );
    let before = world.writes();
    world.hear_calmly().await;
    let report = world.pass(0, None).await;
    assert_eq!(
        world.writes(),
        before,
        "law 3: a pass with nothing to do wrote: {report:?}"
    );
    assert_eq!(
        report.bookings.map(|flow| flow.failed),
        Some(0),
        "{:?}",
        report.errors
    );
}

/// Laws 2, 5, 6 and 7 on what both sides hold now.
pub fn check(world: &World) {
    let entries = entries(world);
    each_booking_has_one_entry(world, &entries);
    each_entry_has_a_booking(world, &entries);
    only_withdrawn_bookings_were_cancelled(world);
    foreign_objects_are_untouched(world);
    own_words_survive(world, &entries);
    rescheduled_entries_stay(world, &entries);
    notes_agree(world, &entries);
}

fn entries(world: &World) -> BTreeMap<Href, Entry> {
    let mut all = BTreeMap::new();
    for href in world.calendar.hrefs() {
        let raw = world.calendar.raw(&href).unwrap();
        match read(&raw) {
            Ok(Found::Ours(entry)) => {
                all.insert(href, *entry);
            }
            Ok(Found::Foreign) => {}
            Err(broken) => panic!("law 2: {href} is broken: {broken}"),
        }
    }
    all
}

fn held(world: &World) -> Vec<BookingId> {
    let scopes = [(&world.host.name, Some(&world.host.calendar))];
    let held = waiting::held(world.base.as_ref(), &scopes).unwrap();
    held.iter()
        .filter_map(|held| held.booking().cloned())
        .collect()
}

/// Law 2 and promise 1: each standing booking has exactly one entry, at its time, unless its
/// entry was withdrawn and that waits for a person.
fn each_booking_has_one_entry(world: &World, entries: &BTreeMap<Href, Entry>) {
    let held = held(world);
    for id in world.zoom.standing() {
        let booking = world.zoom.get(&id).unwrap();
        let mine: Vec<&Entry> = entries
            .values()
            .filter(|entry| entry.event_id.as_ref() == Some(&id))
            .collect();
        assert!(mine.len() <= 1, "law 7: {id} has {} entries", mine.len());
        let Some(entry) = mine.first() else {
            // Whoever tidies up what is over cancels nothing, and gets nothing back.
            let over = world.seen.withdrawn.contains(&id) && booking.end <= world.now();
            assert!(
                over || held.contains(&id),
                "law 2: {id} has no entry, and nothing is held"
            );
            continue;
        };
        if entry.fields.get(Field::Status) == "CANCELLED" {
            assert!(
                held.contains(&id),
                "law 2: {id} stands, but its entry says cancelled"
            );
            continue;
        }
        let span = slotbridge::domain::entry::TimeSpan {
            start: booking.start,
            end: booking.end,
        };
        if world.host.bookings.moved_in_calendar == MovedInCalendar::Restore {
            assert_eq!(
                entry.fields.get(Field::Time),
                span.text(),
                "law 2: {id} at another time"
            );
        }
    }
}

/// Promise 3: entries of bookings that ended are gone or marked, unless the guard holds them.
fn each_entry_has_a_booking(world: &World, entries: &BTreeMap<Href, Entry>) {
    let held = held(world);
    for (href, entry) in entries {
        let id = entry.event_id.clone().unwrap();
        let stands = world
            .zoom
            .get(&id)
            .is_some_and(|booking| booking.status != BookingStatus::Cancelled);
        if stands || held.contains(&id) {
            continue;
        }
        let marked = entry.fields.get(Field::Status) == "CANCELLED"
            && world.host.bookings.cancelled_in_zoom == CancelledInZoom::Mark;
        assert!(marked, "law 2: {href} stands for {id}, which ended");
    }
}

/// Laws 6 and 7: a booking is only cancelled when a person withdrew that very booking's entry.
fn only_withdrawn_bookings_were_cancelled(world: &World) {
    let cancelled = world.zoom.cancellations();
    for id in &cancelled {
        assert!(
            world.seen.withdrawn.contains(id),
            "law 6: {id} was cancelled by nobody's wish"
        );
    }
    let allowed = match world.host.bookings.deleted_in_calendar {
        DeletedInCalendar::Cancel => true,
        DeletedInCalendar::Hold => world.seen.ever_released,
        DeletedInCalendar::Restore => false,
    };
    assert!(
        allowed || cancelled.is_empty(),
        "law 6: cancelled against the policy: {cancelled:?}"
    );
}

fn foreign_objects_are_untouched(world: &World) {
    for (href, bytes) in &world.seen.foreign {
        let now = world.calendar.raw(&Href::new(href.clone()));
        assert_eq!(
            now.as_ref(),
            Some(bytes),
            "law 2: {href} is not ours and was touched"
        );
    }
}

/// Law 2: an own title and an unknown line survive everything that Zoom did.
fn own_words_survive(world: &World, entries: &BTreeMap<Href, Entry>) {
    for (href, entry) in entries {
        let Some(own) = world.seen.own.get(&uid(href)) else {
            continue;
        };
        if let Some(title) = &own.title {
            assert_eq!(
                entry.fields.get(Field::Summary),
                title,
                "law 2: {href} lost its title"
            );
        }
        if let Some(line) = &own.x_line {
            let raw = String::from_utf8(world.calendar.raw(href).unwrap()).unwrap();
            assert!(
                raw.contains(line.as_str()),
                "law 2: {href} lost {line}:\n{raw}"
            );
        }
    }
}

/// Law 2: where nothing went wrong, an entry with something of a person's own in it follows its
/// booking through every reschedule.
fn rescheduled_entries_stay(world: &World, entries: &BTreeMap<Href, Entry>) {
    for name in world.seen.own.keys().filter(|_| world.fair) {
        let mut id = Uid::new(name.as_str()).first_booking().unwrap();
        while let Some(next) = world.seen.moved.get(&id) {
            id = next.clone();
        }
        let stands = world.zoom.standing().contains(&id) && !held(world).contains(&id);
        let there = entries.values().any(|entry| entry.uid.as_str() == name);
        assert!(
            there || !stands,
            "law 2: {name} did not follow its booking to {id}"
        );
    }
}

/// Law 2: notes are the same on both sides, or in conflict; and the last text that anybody wrote
/// is there, or kept in a conflict.
fn notes_agree(world: &World, entries: &BTreeMap<Href, Entry>) {
    let scopes = [(&world.host.name, Some(&world.host.calendar))];
    let conflicts = waiting::conflicts(world.base.as_ref(), &scopes).unwrap();
    let held = held(world);
    for entry in entries.values() {
        let id = entry.event_id.clone().unwrap();
        let Some(booking) = world.zoom.get(&id) else {
            continue;
        };
        if booking.status == BookingStatus::Cancelled || held.contains(&id) {
            continue;
        }
        let here = entry.fields.get(Field::Notes);
        let mine = conflicts
            .iter()
            .filter(|c| c.field() == Some((&id, Field::Notes)));
        let texts: Vec<&str> = mine
            .flat_map(|c| [c.zoom.as_str(), c.calendar.as_str()])
            .collect();
        let kept = |text: &str| texts.contains(&text);
        let agree = here == booking.notes;
        assert!(
            agree || (kept(here) && kept(&booking.notes)),
            "law 2: notes of {id} differ"
        );
        if let Some(last) = world.seen.last_note.get(&id) {
            let there = booking.notes.contains(last.as_str()) || here.contains(last.as_str());
            assert!(there || kept(last), "law 2: {id} lost the notes {last:?}");
        }
    }
}
