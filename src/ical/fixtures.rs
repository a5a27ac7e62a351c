//! Objects as programs write them, and a draft to start from.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::entry::{Base, Draft, Edit, Entry, Field, Fields};
use crate::domain::ids::{BookingId, HostName, Href, Uid};

pub(super) const OUTLOOK: &[u8] =
    include_bytes!("../../tests/fixtures/ics/outlook_windows_tzid.ics");
pub(super) const CUSTOM_ZONE: &[u8] =
    include_bytes!("../../tests/fixtures/ics/outlook_customized_time_zone.ics");
pub(super) const APPLE: &[u8] =
    include_bytes!("../../tests/fixtures/ics/apple_valarm_and_structured_location.ics");
pub(super) const THUNDERBIRD: &[u8] =
    include_bytes!("../../tests/fixtures/ics/thunderbird_x_moz.ics");
pub(super) const ALL_DAY: &[u8] = include_bytes!("../../tests/fixtures/ics/moved_to_all_day.ics");
pub(super) const RECURRING: &[u8] =
    include_bytes!("../../tests/fixtures/ics/made_recurring_with_an_override.ics");
pub(super) const BARE_LF: &[u8] = include_bytes!("../../tests/fixtures/ics/bare_lf.ics");
pub(super) const LONE_CR: &[u8] = include_bytes!("../../tests/fixtures/ics/lone_cr.ics");
pub(super) const BOM: &[u8] = include_bytes!("../../tests/fixtures/ics/bom.ics");
pub(super) const FOLDED: &[u8] =
    include_bytes!("../../tests/fixtures/ics/folded_in_the_middle_of_a_character.ics");
pub(super) const LATIN1: &[u8] = include_bytes!("../../tests/fixtures/ics/latin1.ics");
pub(super) const FOREIGN: &[u8] =
    include_bytes!("../../tests/fixtures/ics/somebody_elses_birthday.ics");
pub(super) const CUT_OFF: &[u8] = include_bytes!("../../tests/fixtures/ics/cut_off.ics");

/// Every fixture that can be read.
pub(super) const WHOLE: [&[u8]; 12] = [
    OUTLOOK,
    CUSTOM_ZONE,
    APPLE,
    THUNDERBIRD,
    ALL_DAY,
    RECURRING,
    BARE_LF,
    LONE_CR,
    BOM,
    FOLDED,
    LATIN1,
    FOREIGN,
];

pub(super) const MODIFIED: &str = "2026-11-21T09:00:00Z";

pub(super) fn fields() -> Fields {
    [
        (Field::Time, "2026-12-02T10:00:00Z/2026-12-02T10:30:00Z"),
        (Field::Status, "CONFIRMED"),
        (Field::Summary, "Intro, part 1; with Zoë"),
        (Field::About, "Zoë <zoe@example.org>\nC:\\plan"),
        (Field::Notes, ""),
        (Field::Location, "https://example.org/j/1"),
        (Field::Url, "https://example.org/j/1?pwd=a,b;c"),
        (Field::Conference, "https://example.org/j/1?pwd=a.b"),
        (
            Field::Attendees,
            "<bare@example.org>\nZoë \"Z\" <zoe@example.org>",
        ),
    ]
    .into_iter()
    .map(|(field, text)| (field, text.to_owned()))
    .collect()
}

pub(super) fn draft() -> Draft {
    let fields = fields();
    let uid = Uid::new("woft7@scheduler.slotbridge");
    Draft {
        href: Href::of_uid(&uid),
        entry: Entry {
            uid,
            event_id: Some(BookingId::new("woft7")),
            host: Some(HostName::new("alice")),
            sequence: 0,
            base: Base::from(&fields),
            fields,
            notes_shown: true,
        },
        modified: modified(),
        alarm_seconds: Some(600),
    }
}

pub(super) fn change(set: &[(Field, &str)]) -> Edit {
    Edit {
        href: Href::new("x.ics"),
        seen: None,
        set: set
            .iter()
            .map(|(field, text)| (*field, (*text).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        event_id: BookingId::new("new7"),
        host: HostName::new("alice"),
        sequence: 7,
        base: Base::default(),
        modified: modified(),
    }
}

fn modified() -> Timestamp {
    MODIFIED.parse().expect("a time")
}
