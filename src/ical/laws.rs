//! Laws of the lossless layer, on made-up and on mutated objects.

use proptest::prelude::*;

use super::component::{Document, Item, MAX_OBJECT_BYTES};
use super::content_line::{ContentLine, unfold};
use super::fixtures::{self, WHOLE};
use super::{export, import};
use crate::domain::canonical::canonical;
use crate::domain::entry::Field;

fn line() -> impl Strategy<Value = String> {
    let name = "[A-Za-z][A-Za-z0-9-]{0,20}".prop_filter("no BEGIN or END", |name| {
        !name.eq_ignore_ascii_case("BEGIN") && !name.eq_ignore_ascii_case("END")
    });
    let parameter = "(;[A-Z-]{1,9}=([a-z^ü]{0,9}|\"[a-z:;,ü🎉]{0,40}\")){0,3}";
    let value = "[ -~äöü€🎉\\\\]{0,200}";
    (name, parameter, value)
        .prop_map(|(name, parameter, value)| format!("{name}{parameter}:{value}"))
}

/// A tree of components as text, one physical line each.
fn object() -> impl Strategy<Value = String> {
    let leaf = line().prop_map(|line| format!("{line}\r\n"));
    leaf.prop_recursive(6, 60, 8, |inner| {
        ("[A-Z-]{1,10}", prop::collection::vec(inner, 0..8))
            .prop_map(|(name, items)| format!("BEGIN:{name}\r\n{}END:{name}\r\n", items.concat()))
    })
    .prop_map(|items| format!("BEGIN:VCALENDAR\r\n{items}END:VCALENDAR\r\n"))
}

fn all_lines(bytes: &[u8]) -> Vec<ContentLine> {
    unfold(bytes).collect()
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_the_same_tree(text in object()) {
        let tree = Document::parse(text.as_bytes()).expect("an object");
        let written = tree.write();
        prop_assert_eq!(&Document::parse(&written).expect("an object"), &tree);
        prop_assert_eq!(all_lines(&written), all_lines(text.as_bytes()));
        for line in written.split(|byte| *byte == b'\n') {
            prop_assert!(line.len() <= 76, "75 octets and a CR");
            prop_assert!(std::str::from_utf8(line).is_ok(), "folded inside a character");
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        drop(import::read(&bytes));
        drop(import::raw_uid(&bytes));
        drop(export::edit(&bytes, &fixtures::change(&[(Field::Summary, "x")])));
    }

    #[test]
    fn a_damaged_object_is_read_without_a_panic(
        which in 0..WHOLE.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..12),
    ) {
        let mut bytes = WHOLE[which].to_vec();
        for (at, byte, kind) in damage {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match kind {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 if at < bytes.len() => { bytes.remove(at); }
                _ => bytes.truncate(at.max(bytes.len() / 2)),
            }
        }
        let edit = fixtures::change(&[
            (Field::Time, "2026-12-05T10:00:00Z/2026-12-05T10:30:00Z"),
            (Field::Notes, "x"),
            (Field::Attendees, "A <a@example.org>"),
            (Field::Conference, ""),
        ]);
        drop(import::raw_uid(&bytes));
        if let Ok(import::Found::Ours(_)) = import::read(&bytes) {
            let edited = export::edit(&bytes, &edit).expect("what can be read can be edited");
            prop_assert!(matches!(import::read(&edited), Ok(import::Found::Ours(_))));
        }
    }

    #[test]
    fn whatever_a_field_holds_it_reads_back_and_adds_no_line(
        texts in prop::collection::vec("(?s).{0,120}", 7),
        name in "(?s)[^<>]{0,30}",
    ) {
        let mut draft = fixtures::draft();
        let order = [Field::Summary, Field::About, Field::Notes, Field::Location, Field::Url, Field::Conference];
        for (field, text) in order.into_iter().zip(&texts) {
            draft.entry.fields.set(field, text.as_str());
        }
        draft.entry.fields.set(Field::Attendees, format!("{name} <a@example.org>"));
        let text = export::create(&draft);
        let import::Found::Ours(read) = import::read(text.as_bytes()).expect("an entry") else {
            panic!("not ours");
        };
        for field in order {
            prop_assert_eq!(
                read.fields.get(field),
                canonical(field, draft.entry.fields.get(field)),
                "{}", field.word()
            );
        }
        prop_assert_eq!(&read.base, &crate::domain::entry::Base::from_digest_line(&draft.entry.base.digest_line()));
        let known = ["BEGIN", "END", "VERSION", "PRODID", "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "TRANSP",
            "SEQUENCE", "DTSTART", "DTEND", "STATUS", "SUMMARY", "LOCATION", "URL", "DESCRIPTION", "CATEGORIES",
            "TRIGGER", "ACTION", "CONFERENCE", "ATTENDEE", "X-SLOTBRIDGE-EVENT-ID", "X-SLOTBRIDGE-HOST",
            "X-SLOTBRIDGE-BASE"];
        for line in all_lines(text.as_bytes()) {
            prop_assert!(known.contains(&line.name().as_ref()));
        }
        let edited = export::edit(
            text.as_bytes(),
            &fixtures::change(&[(Field::Summary, &texts[6]), (Field::Url, &texts[6]), (Field::Notes, &texts[6])]),
        ).expect("an edit");
        for line in all_lines(&edited) {
            prop_assert!(known.contains(&line.name().as_ref()));
        }
    }
}

#[test]
fn a_depth_bomb_is_refused() {
    let bomb = format!(
        "{}{}",
        "BEGIN:VEVENT\n".repeat(2000),
        "END:VEVENT\n".repeat(2000)
    );
    let error = import::read(bomb.as_bytes()).expect_err("too deep");
    assert_eq!(
        error.to_string(),
        "its components are nested more than 16 deep"
    );
}

#[test]
fn an_object_over_the_limit_is_refused() {
    let huge = vec![b'x'; MAX_OBJECT_BYTES + 1];
    assert!(import::read(&huge).is_err());
    assert_eq!(import::raw_uid(&huge), None);
}

#[test]
fn a_huge_line_is_read_and_written() {
    let long = "ü".repeat(200_000);
    let text = format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a@b\r\nX-LONG:{long}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let tree = Document::parse(text.as_bytes()).expect("an object");
    assert_eq!(Document::parse(&tree.write()).expect("an object"), tree);
}

#[test]
fn every_fixture_survives_a_round_trip_line_by_line() {
    for bytes in WHOLE {
        let tree = Document::parse(bytes).expect("an object");
        assert_eq!(all_lines(&tree.write()), all_lines(bytes));
    }
}

#[test]
fn bytes_that_are_no_text_survive() {
    let tree = Document::parse(fixtures::LATIN1).expect("an object");
    let written = tree.write();
    let needle = b"X-PLACE:Z\xfcrich";
    assert!(written.windows(needle.len()).any(|window| window == needle));
}

#[test]
fn parameters_are_quoted_and_encoded_as_rfc_6868_says() {
    let cases = [
        ("plain", "N;P=plain:v"),
        ("a:b;c,d", "N;P=\"a:b;c,d\":v"),
        ("say \"hi\"\nthere^", "N;P=say ^'hi^'^nthere^^:v"),
        ("a\r\nATTENDEE:x", "N;P=\"a^nATTENDEE:x\":v"),
    ];
    for (value, raw) in cases {
        let line = ContentLine::with_parameters("N", &[("P", value)], "v");
        let mut written = Vec::new();
        line.write(&mut written);
        assert_eq!(String::from_utf8_lossy(&written), format!("{raw}\r\n"));
        let expected = value.replace("\r\n", "\n");
        assert_eq!(
            line.parameter_value("P").as_deref(),
            Some(expected.as_str())
        );
        assert_eq!(line.value(), "v");
    }
}

#[test]
fn odd_lines_are_read_as_far_as_they_make_sense() {
    let cases = [
        ("SUMMARY", "SUMMARY", "", None),
        ("x;p", "x", "", Some("")),
        ("X;P=\"open:v", "X", "v", Some("open")),
        ("X;P=\"a;b\";Q=c:v:w", "X", "v:w", Some("a;b")),
        (":only", "", "only", None),
    ];
    for (raw, name, value, parameter) in cases {
        let line = all_lines(raw.as_bytes()).pop().expect("a line");
        assert_eq!(
            (line.name().as_ref(), line.value().as_ref()),
            (name, value),
            "{raw}"
        );
        assert_eq!(line.parameter_value("P").as_deref(), parameter, "{raw}");
    }
}

#[test]
fn a_put_property_stands_before_the_components() {
    let text = "BEGIN:A\r\nX:1\r\nBEGIN:B\r\nEND:B\r\nEND:A\r\n";
    let mut tree = Document::parse(text.as_bytes()).expect("an object");
    let outer = &mut tree.components[0];
    outer.put(ContentLine::new("Y", "2"), |line| line.is("Y"));
    outer.put(ContentLine::new("X", "3"), |line| line.is("X"));
    assert!(matches!(outer.items.last(), Some(Item::Component(_))));
    assert_eq!(
        String::from_utf8_lossy(&tree.write()),
        "BEGIN:A\r\nX:3\r\nY:2\r\nBEGIN:B\r\nEND:B\r\nEND:A\r\n"
    );
}
