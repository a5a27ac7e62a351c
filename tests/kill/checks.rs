//! What must hold once the kills are over and the sides have settled.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;
use slotbridge::domain::entry::{Entry, Field, TimeSpan};

use super::stage::Stage;

pub fn all(stage: &Stage) {
    let entries = stage.entries();
    let live = stage.account.live_ids();
    each_booking_has_one_entry(stage, &live, &entries);
    each_entry_has_a_booking(&live, &entries);
    only_what_a_person_withdrew_was_cancelled(stage);
    own_words_survive(stage, &entries);
    notes_agree(stage, &entries);
}

fn each_booking_has_one_entry(stage: &Stage, live: &[String], entries: &BTreeMap<String, Entry>) {
    for id in live {
        let is_its = |entry: &&Entry| entry.event_id.as_ref().is_some_and(|of| of.as_str() == id);
        let mine: Vec<&Entry> = entries.values().filter(is_its).collect();
        let event = stage.account.event(id).unwrap();
        if mine.len() != 1 {
            println!("{}", stage.story());
            panic!("{} entries of {id}: {event:#} {mine:#?}", mine.len());
        }
        let time = |name: &str| -> Timestamp { event[name].as_str().unwrap().parse().unwrap() };
        let span = TimeSpan {
            start: time("start_date_time"),
            end: time("end_date_time"),
        };
        assert_eq!(mine[0].fields.get(Field::Time), span.text(), "{id}");
    }
    let uids: BTreeSet<&str> = entries.values().map(|entry| entry.uid.as_str()).collect();
    assert_eq!(
        uids.len(),
        entries.len(),
        "a UID stands twice: {entries:#?}"
    );
}

fn each_entry_has_a_booking(live: &[String], entries: &BTreeMap<String, Entry>) {
    for (name, entry) in entries {
        let id = entry.event_id.as_ref().unwrap().as_str();
        assert!(live.iter().any(|live| live == id), "{name} stands for {id}");
    }
}

fn only_what_a_person_withdrew_was_cancelled(stage: &Stage) {
    let mut cancelled = stage.account.cancellations();
    for id in &cancelled {
        let wanted = stage.history.withdrawn.contains(id);
        assert!(wanted, "{id} was cancelled by nobody's wish");
    }
    let patches = stage.account.patches().into_iter();
    let asked: Vec<String> = patches
        .filter(|patch| patch.body == json!({"status": "cancelled"}))
        .map(|patch| patch.id)
        .collect();
    cancelled.sort();
    let once: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(once.len(), asked.len(), "cancelled twice: {asked:?}");
    assert!(once.into_iter().eq(&cancelled), "{asked:?} {cancelled:?}");
}

/// An own title and an unknown line survive whatever Zoom did, as long as the booker has one
/// booking that was never withdrawn.
fn own_words_survive(stage: &Stage, entries: &BTreeMap<String, Entry>) {
    let mut checked = 0;
    for (name, entry) in entries {
        let booker = stage.booker(entry.event_id.as_ref().unwrap().as_str());
        let Some(own) = stage.history.own.get(&booker) else {
            continue;
        };
        if let Some(title) = &own.title {
            assert_eq!(entry.fields.get(Field::Summary), title, "{name}");
            checked += 1;
        }
        let text = stage.calendar.get(name).unwrap();
        for line in &own.lines {
            assert!(text.contains(line), "{name} lost {line}:\n{text}");
            checked += 1;
        }
    }
    println!("{} entries, {checked} own words kept", entries.len());
}

/// Notes are the same on both sides, or in conflict.
fn notes_agree(stage: &Stage, entries: &BTreeMap<String, Entry>) {
    let conflicts = stage.conflicts();
    println!("{conflicts:#?}");
    for (name, entry) in entries {
        let id = entry.event_id.as_ref().unwrap().as_str();
        if conflicts.iter().any(|conflict| conflict["booking"] == id) {
            continue;
        }
        let event = stage.account.event(id).unwrap();
        let there = event["meeting_notes"].as_str().unwrap_or_default();
        assert_eq!(
            entry.fields.get(Field::Notes).trim(),
            there.trim(),
            "{name}"
        );
    }
}
