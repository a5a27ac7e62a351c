//! What is written, and what is left alone.

use calcard::icalendar::{ICalendar, ICalendarProperty};

use super::super::content_line::unfold;
use super::super::fixtures::{self, *};
use super::super::import::{Found, read};
use super::*;
use crate::domain::entry::{Base, Entry, Field};

fn ours(bytes: &[u8]) -> Entry {
    match read(bytes) {
        Ok(Found::Ours(entry)) => *entry,
        other => panic!("not ours: {other:?}"),
    }
}

fn edited(bytes: &[u8], set: &[(Field, &str)]) -> Vec<u8> {
    edit(bytes, &fixtures::change(set)).expect("an edit")
}

fn lines(bytes: &[u8]) -> Vec<String> {
    unfold(bytes)
        .map(|line| {
            let mut out = Vec::new();
            line.write(&mut out);
            String::from_utf8_lossy(&out)
                .replace("\r\n ", "")
                .trim_end()
                .to_owned()
        })
        .collect()
}

/// The lines of `before` that are not in `after`, and the other way round, without bookkeeping.
fn difference(before: &[u8], after: &[u8]) -> (Vec<String>, Vec<String>) {
    let books = ["SEQUENCE", "LAST-MODIFIED", "DTSTAMP", "X-SLOTBRIDGE-"];
    let bare = |bytes| {
        let mut all = lines(bytes);
        all.retain(|line| !books.iter().any(|book| line.starts_with(book)));
        all
    };
    let (before, after) = (bare(before), bare(after));
    let gone = before
        .iter()
        .filter(|line| !after.contains(line))
        .cloned()
        .collect();
    let new = after
        .iter()
        .filter(|line| !before.contains(line))
        .cloned()
        .collect();
    (gone, new)
}

#[test]
fn a_new_entry_looks_like_this() {
    insta::assert_snapshot!(create(&draft()).replace("\r\n", "\n"), @r"
    BEGIN:VCALENDAR
    VERSION:2.0
    PRODID:-//slotbridge//slotbridge//EN
    BEGIN:VEVENT
    CREATED:20261121T090000Z
    DESCRIPTION:Zoë <zoe@example.org>\nC:\\plan\n\n--- Notes ---\n
    DTEND:20261202T103000Z
    DTSTAMP:20261121T090000Z
    DTSTART:20261202T100000Z
    LAST-MODIFIED:20261121T090000Z
    LOCATION:https://example.org/j/1
    SEQUENCE:0
    STATUS:CONFIRMED
    SUMMARY:Intro\, part 1\; with Zoë
    TRANSP:OPAQUE
    UID:woft7@scheduler.slotbridge
    URL:https://example.org/j/1?pwd=a,b;c
    CATEGORIES:Zoom Scheduler
    CONFERENCE;VALUE=URI;LABEL=Join:https://example.org/j/1?pwd=a.b
    ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;SCHEDULE-AGENT=NONE:mailto:
     bare@example.org
    ATTENDEE;CN=Zoë ^'Z^';ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;SCHEDULE-AGEN
     T=NONE:mailto:zoe@example.org
    X-SLOTBRIDGE-EVENT-ID:woft7
    X-SLOTBRIDGE-HOST:alice
    X-SLOTBRIDGE-BASE:time=76851a3ea1fa49ab\;status=b3b340689e1d13dd\;summary=9
     bb8457d0951597e\;about=afb782bb2647e6c3\;notes=af5570f5a1810b7a\;location=
     e5515b236eba17a4\;url=6b601a33fde3744c\;conference=b1c1f7602de5e0c7\;atten
     dees=3e380473a6a61c71
    BEGIN:VALARM
    ACTION:DISPLAY
    DESCRIPTION:Reminder
    TRIGGER:-PT10M
    END:VALARM
    END:VEVENT
    END:VCALENDAR
    ");
}

#[test]
fn a_new_entry_reads_back_as_its_draft() {
    let draft = draft();
    let text = create(&draft);
    assert_eq!(text, create(&draft), "same draft, same bytes");
    let entry = ours(text.as_bytes());
    assert_eq!(entry.fields, draft.entry.fields);
    assert_eq!(entry.uid, draft.entry.uid);
    assert_eq!(entry.event_id, draft.entry.event_id);
    assert_eq!(entry.host, draft.entry.host);
    for field in Field::ALL {
        let agreed = entry.base.get(field).expect("a digest");
        assert!(agreed.is(draft.entry.fields.get(field)));
    }
}

#[test]
fn another_parser_reads_the_same_values() {
    let text = create(&draft());
    let calendar = ICalendar::parse(&text).expect("calcard reads it");
    let event = calendar
        .components
        .iter()
        .find(|component| component.component_type.as_str() == "VEVENT")
        .expect("an event");
    let value = |property: ICalendarProperty| {
        event
            .property(&property)
            .and_then(|entry| entry.values.first())
            .and_then(|value| value.as_text())
            .map(str::to_owned)
    };
    assert_eq!(
        value(ICalendarProperty::Summary).as_deref(),
        Some("Intro, part 1; with Zoë")
    );
    assert_eq!(
        value(ICalendarProperty::Uid).as_deref(),
        Some("woft7@scheduler.slotbridge")
    );
    assert_eq!(
        value(ICalendarProperty::Description).as_deref(),
        Some("Zoë <zoe@example.org>\nC:\\plan\n\n--- Notes ---\n")
    );
}

#[test]
fn an_edit_of_nothing_changes_only_our_books() {
    for bytes in WHOLE {
        let Ok(Found::Ours(before)) = read(bytes) else {
            continue;
        };
        let after = edited(bytes, &[]);
        assert_eq!(difference(bytes, &after), (vec![], vec![]));
        let entry = ours(&after);
        assert_eq!(entry.fields, before.fields);
        assert_eq!((entry.sequence, entry.event_id), (7, Some("new7".into())));
        assert_eq!(entry.base, Base::default());
    }
}

#[test]
fn a_changed_title_keeps_its_place_and_language() {
    let after = edited(OUTLOOK, &[(Field::Summary, "Intro: Bob, again")]);
    let (gone, new) = difference(OUTLOOK, &after);
    assert_eq!(gone, ["SUMMARY;LANGUAGE=en-us:Intro: Bob"]);
    assert_eq!(new, ["SUMMARY;LANGUAGE=en-us:Intro: Bob\\, again"]);
    let place = |bytes| {
        lines(bytes)
            .iter()
            .position(|line| line.starts_with("SUMMARY"))
    };
    assert_eq!(place(&after), place(OUTLOOK));
}

#[test]
fn notes_and_about_are_changed_one_without_the_other() {
    let notes = edited(THUNDERBIRD, &[(Field::Notes, "Sent the offer\r\n")]);
    let (gone, new) = difference(THUNDERBIRD, &notes);
    assert_eq!(gone.len(), 1);
    assert_eq!(
        new,
        ["DESCRIPTION:Booked by Carol\\n\\n--- Notes ---\\nSent the offer"]
    );
    let about = edited(THUNDERBIRD, &[(Field::About, "Booked by Eve")]);
    assert_eq!(ours(&about).fields.get(Field::Notes), "Called back");
    assert_eq!(ours(&about).fields.get(Field::About), "Booked by Eve");
    let none = edited(THUNDERBIRD, &[(Field::About, ""), (Field::Notes, "")]);
    assert!(lines(&none).contains(&"DESCRIPTION:--- Notes ---\\n".to_owned()));
}

#[test]
fn a_missing_notes_line_comes_back_with_notes_alone() {
    let stripped = String::from_utf8_lossy(THUNDERBIRD)
        .lines()
        .filter(|line| !line.starts_with("DESCRIPTION") && !line.starts_with(' '))
        .collect::<Vec<_>>()
        .join("\r\n");
    assert!(!ours(stripped.as_bytes()).notes_shown);
    let about = edited(stripped.as_bytes(), &[(Field::About, "Booked by Eve")]);
    assert!(
        !ours(&about).notes_shown,
        "empty notes would read as emptied"
    );
    for notes in ["Called back", ""] {
        let back = ours(&edited(&about, &[(Field::Notes, notes)]));
        assert!(back.notes_shown);
        assert_eq!(back.fields.get(Field::Notes), notes);
        assert_eq!(back.fields.get(Field::About), "Booked by Eve");
    }
}

#[test]
fn a_moved_entry_has_one_time_again() {
    let time = "2026-12-05T10:00:00Z/2026-12-05T10:30:00Z";
    for bytes in [
        OUTLOOK,
        CUSTOM_ZONE,
        THUNDERBIRD,
        ALL_DAY,
        RECURRING,
        BARE_LF,
    ] {
        let after = edited(bytes, &[(Field::Time, time)]);
        assert_eq!(ours(&after).fields.get(Field::Time), time);
        let text = String::from_utf8_lossy(&after).into_owned();
        assert!(text.contains("\r\nDTSTART:20261205T100000Z\r\n"));
        assert!(text.contains("\r\nDTEND:20261205T103000Z\r\n"));
        for word in [
            "DURATION:PT45M",
            "RRULE:FREQ=WEEKLY",
            "EXDATE",
            "RECURRENCE-ID",
        ] {
            assert!(!text.contains(word), "{word}");
        }
    }
    let after = edited(RECURRING, &[(Field::Time, time)]);
    assert_eq!(
        lines(&after)
            .iter()
            .filter(|line| *line == "BEGIN:VEVENT")
            .count(),
        1
    );
    assert_eq!(ours(&after).fields.get(Field::Summary), "Every week");
}

#[test]
fn without_a_master_the_first_override_becomes_it() {
    let text = String::from_utf8_lossy(RECURRING);
    let start = text.rfind("BEGIN:VEVENT").expect("a master");
    let end = text.rfind("END:VCALENDAR").expect("an end");
    let orphan = format!("{}{}", &text[..start], &text[end..]);
    let time = "2026-12-05T10:00:00Z/2026-12-05T10:30:00Z";
    let after = edited(orphan.as_bytes(), &[(Field::Time, time)]);
    assert_eq!(ours(&after).fields.get(Field::Time), time);
}

#[test]
fn a_time_that_is_no_span_is_not_written() {
    for text in ["", "date 20261121/20261122", "recurring x"] {
        assert!(edit(OUTLOOK, &fixtures::change(&[(Field::Time, text)])).is_err());
    }
}

#[test]
fn an_empty_text_removes_its_property() {
    let after = edited(
        APPLE,
        &[(Field::Url, ""), (Field::Location, ""), (Field::Status, "")],
    );
    let (gone, new) = difference(APPLE, &after);
    assert_eq!(gone.len(), 3);
    assert_eq!(new, Vec::<String>::new());
    assert!(
        lines(&after)
            .iter()
            .any(|line| line.contains("X-TITLE=\"Café Müller\""))
    );
}

#[test]
fn attendees_of_a_person_stay_and_ours_follow() {
    let set = [(
        Field::Attendees,
        "Carol <carol@example.org>\nEve <eve@example.org>",
    )];
    let first = edited(THUNDERBIRD, &set);
    let (gone, new) = difference(THUNDERBIRD, &first);
    assert_eq!((gone.len(), new.len()), (0, 2));
    assert_eq!(ours(&first).fields.get(Field::Attendees), set[0].1);
    let second = edited(&first, &[(Field::Attendees, "Eve <eve@example.org>")]);
    let (gone, new) = difference(&first, &second);
    assert_eq!((gone.len(), new.len()), (1, 0));
    let none = edited(&second, &[(Field::Attendees, "")]);
    assert_eq!(difference(THUNDERBIRD, &none), (vec![], vec![]));
}

#[test]
fn a_conference_is_set_changed_and_removed() {
    let one = edited(APPLE, &[(Field::Conference, "https://example.org/j/1")]);
    assert_eq!(
        difference(APPLE, &one).1,
        ["CONFERENCE;VALUE=URI;LABEL=Join:https://example.org/j/1"]
    );
    let two = edited(&one, &[(Field::Conference, "https://example.org/j/2")]);
    assert_eq!(
        ours(&two).fields.get(Field::Conference),
        "https://example.org/j/2"
    );
    let none = edited(&two, &[(Field::Conference, "")]);
    assert_eq!(difference(APPLE, &none), (vec![], vec![]));
}

#[test]
fn somebody_elses_object_is_never_edited() {
    assert!(edit(FOREIGN, &fixtures::change(&[])).is_err());
    assert!(edit(CUT_OFF, &fixtures::change(&[])).is_err());
}

#[test]
fn no_value_can_write_a_line_of_its_own() {
    let evil = "x\r\nATTENDEE:mailto:evil@example.org\nBEGIN:VALARM\u{0}\u{2028}";
    let mut draft = draft();
    for field in Field::ALL {
        if field != Field::Time {
            draft.entry.fields.set(field, evil);
        }
    }
    draft
        .entry
        .fields
        .set(Field::Attendees, format!("{evil}\" <a@example.org\r\nX:y>"));
    draft.entry.event_id = Some(evil.into());
    draft.entry.host = Some(evil.into());
    let text = create(&draft);
    for set in Field::ALL.map(|field| (field, evil)) {
        let after = if set.0 == Field::Time {
            text.clone().into_bytes()
        } else {
            edited(text.as_bytes(), &[set])
        };
        let names: Vec<String> = unfold(&after)
            .map(|line| line.name().into_owned())
            .collect();
        assert!(!names.iter().any(|name| name == "X"));
        assert_eq!(names.iter().filter(|name| *name == "BEGIN").count(), 3);
        let attendees = unfold(&after).filter(|line| line.is("ATTENDEE"));
        assert!(
            attendees
                .into_iter()
                .all(|line| line.value() != "mailto:evil@example.org")
        );
    }
}
