//! Who owns a field, and what happens when both sides changed it.
//!
//! | field | only Zoom changed | only the calendar changed | both changed | nobody knows the base |
//! |---|---|---|---|---|
//! | notes | entry follows | `meeting_notes` patched | merged by lines, else open conflict | the side that has any, else open conflict |
//! | time | entry moves | put back and recorded, or kept | entry moves, recorded | entry moves |
//! | summary | entry follows | the person's stays | the person's stays, recorded | the person's stays |
//! | about | entry follows | the person's stays | merged by lines, else Zoom's, recorded | Zoom's |
//! | the others | entry follows | the person's stays | Zoom's, recorded | Zoom's |
//!
//! The base of a field is always what Zoom last said (except for notes in conflict), so that a
//! person's own text keeps differing from it and is known as theirs for good.

use std::collections::BTreeMap;

use crate::domain::entry::{Base, Field, Fields};
use crate::domain::waiting::{ConflictStanding, Decision};

use super::merge::{Merged, merge, merge_lines};
use super::policy::MovedInCalendar;

/// How many characters `meeting_notes` takes (Zoom's OpenAPI document, `maxLength` of the PATCH).
/// Longer notes of an entry are never cut: they wait as an open conflict until a person
/// shortens them.
pub const NOTES_LIMIT: usize = 1024;

/// What is to be reconciled.
#[derive(Clone, Copy, Debug)]
pub struct Three<'a> {
    /// What both last agreed.
    pub base: &'a Base,
    /// What the booking says, in an entry's words.
    pub zoom: &'a Fields,
    /// What the entry says.
    pub calendar: &'a Fields,
    /// What to do with a moved entry.
    pub moved: MovedInCalendar,
    /// Whether the booking is another one now (a reschedule): its notes start empty.
    pub rescheduled: bool,
    /// What a person decided, per field.
    pub decisions: &'a BTreeMap<Field, Decided>,
}

/// What a person decided about one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Whose text stands.
    pub decision: Decision,
    /// The calendar's text when the conflict was found.
    pub calendar: String,
}

/// What has to be written so that both sides agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// To be written into the entry.
    pub set: BTreeMap<Field, String>,
    /// To be written to Zoom as `meeting_notes`.
    pub note: Option<String>,
    /// What is agreed once that is done.
    pub base: Base,
    /// What both sides changed.
    pub conflicts: Vec<FieldConflict>,
}

/// Both sides changed a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldConflict {
    /// Which.
    pub field: Field,
    /// What Zoom says.
    pub zoom: String,
    /// What the calendar said.
    pub calendar: String,
    /// Whether a rule decided already.
    pub standing: ConflictStanding,
}

/// Reconciles all fields of one booking and its entry.
#[must_use]
pub fn reconcile(three: Three<'_>) -> Reconciled {
    let mut out = Reconciled {
        base: three.base.clone(),
        ..Reconciled::default()
    };
    for field in Field::ALL {
        let zoom = three.zoom.get(field);
        let calendar = three.calendar.get(field);
        if let Some(decided) = three.decisions.get(&field) {
            obey(&mut out, field, zoom, calendar, decided);
            continue;
        }
        let merged = merge(three.base.get(field), zoom, calendar);
        match field {
            Field::Notes => notes(&mut out, three, merged),
            Field::Time => time(&mut out, three, merged),
            Field::Summary => persons_own(&mut out, field, zoom, calendar, merged),
            Field::About => about(&mut out, three, merged),
            Field::Status | Field::Location | Field::Url | Field::Conference | Field::Attendees => {
                zooms_own(&mut out, field, zoom, calendar, merged);
            }
        }
    }
    out
}

fn obey(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str, decided: &Decided) {
    match (decided.decision, field) {
        (Decision::KeepCalendar, Field::Notes) if !fits(calendar) => {
            record(out, field, zoom, calendar, ConflictStanding::Open);
        }
        (Decision::KeepCalendar, Field::Notes) => {
            if zoom != calendar {
                out.note = Some(calendar.to_owned());
            }
            out.base.agree(field, calendar);
        }
        // Zoom has no way to move a booking: its time is the only one there is.
        (Decision::KeepZoom, _) | (Decision::KeepCalendar, Field::Time) => {
            follow(out, field, zoom, calendar);
        }
        (Decision::KeepCalendar, _) => {
            if calendar != decided.calendar {
                out.set.insert(field, decided.calendar.clone());
            }
            out.base.agree(field, zoom);
        }
    }
}

/// The entry follows Zoom.
fn follow(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str) {
    if zoom != calendar {
        out.set.insert(field, zoom.to_owned());
    }
    out.base.agree(field, zoom);
}

fn record(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str, how: ConflictStanding) {
    out.conflicts.push(FieldConflict {
        field,
        zoom: zoom.to_owned(),
        calendar: calendar.to_owned(),
        standing: how,
    });
}

fn notes(out: &mut Reconciled, three: Three<'_>, merged: Merged) {
    let field = Field::Notes;
    let zoom = three.zoom.get(field);
    let calendar = three.calendar.get(field);
    // A rescheduled booking is new to Zoom and has no notes yet; the entry's are what a person wrote.
    let carried = three.rescheduled && zoom.is_empty() && !calendar.is_empty();
    match merged {
        _ if carried => pass_on(out, zoom, calendar),
        Merged::Same => out.base.agree(field, zoom),
        Merged::ZoomChanged => follow(out, field, zoom, calendar),
        Merged::CalendarChanged => pass_on(out, zoom, calendar),
        Merged::Unknown if calendar.is_empty() => follow(out, field, zoom, calendar),
        Merged::Unknown if zoom.is_empty() => pass_on(out, zoom, calendar),
        Merged::Unknown => record(out, field, zoom, calendar, ConflictStanding::Open),
        Merged::BothChanged => {
            let base = three.base.get(field).and_then(|agreed| agreed.text());
            let both = base.and_then(|base| merge_lines(base, zoom, calendar));
            match both.filter(|both| fits(both)) {
                Some(both) => {
                    if both != calendar {
                        out.set.insert(field, both.clone());
                    }
                    if both != zoom {
                        out.note = Some(both.clone());
                    }
                    out.base.agree(field, both);
                }
                None => record(out, field, zoom, calendar, ConflictStanding::Open),
            }
        }
    }
}

fn fits(notes: &str) -> bool {
    notes.chars().count() <= NOTES_LIMIT
}

/// Zoom follows the entry, where it can.
fn pass_on(out: &mut Reconciled, zoom: &str, calendar: &str) {
    if !fits(calendar) {
        record(out, Field::Notes, zoom, calendar, ConflictStanding::Open);
        return;
    }
    out.note = Some(calendar.to_owned());
    out.base.agree(Field::Notes, calendar);
}

fn time(out: &mut Reconciled, three: Three<'_>, merged: Merged) {
    let field = Field::Time;
    let zoom = three.zoom.get(field);
    let calendar = three.calendar.get(field);
    match (merged, three.moved) {
        (Merged::CalendarChanged, MovedInCalendar::Keep) => out.base.agree(field, zoom),
        (Merged::CalendarChanged, MovedInCalendar::Restore) | (Merged::BothChanged, _) => {
            record(out, field, zoom, calendar, ConflictStanding::Settled);
            follow(out, field, zoom, calendar);
        }
        (Merged::Same | Merged::ZoomChanged | Merged::Unknown, _) => {
            follow(out, field, zoom, calendar);
        }
    }
}

/// A person's own text stays, whatever Zoom says later.
fn persons_own(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str, merged: Merged) {
    match merged {
        Merged::Same | Merged::ZoomChanged => follow(out, field, zoom, calendar),
        Merged::CalendarChanged | Merged::Unknown => out.base.agree(field, zoom),
        Merged::BothChanged => {
            record(out, field, zoom, calendar, ConflictStanding::Settled);
            out.base.agree(field, zoom);
        }
    }
}

/// A person's own text stays until Zoom has something new to say.
fn zooms_own(out: &mut Reconciled, field: Field, zoom: &str, calendar: &str, merged: Merged) {
    match merged {
        Merged::Same | Merged::ZoomChanged | Merged::Unknown => follow(out, field, zoom, calendar),
        Merged::CalendarChanged => out.base.agree(field, zoom),
        Merged::BothChanged => {
            record(out, field, zoom, calendar, ConflictStanding::Settled);
            follow(out, field, zoom, calendar);
        }
    }
}

fn about(out: &mut Reconciled, three: Three<'_>, merged: Merged) {
    let field = Field::About;
    let zoom = three.zoom.get(field);
    let calendar = three.calendar.get(field);
    let base = three.base.get(field).and_then(|agreed| agreed.text());
    let both = base.and_then(|base| merge_lines(base, zoom, calendar));
    match (merged, both) {
        (Merged::BothChanged, Some(both)) => {
            if both != calendar {
                out.set.insert(field, both);
            }
            out.base.agree(field, zoom);
        }
        _ => zooms_own(out, field, zoom, calendar, merged),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn one(field: Field, text: &str) -> Fields {
        [(field, text.to_owned())].into_iter().collect()
    }

    fn case(field: Field, base: Option<&str>, zoom: &str, calendar: &str) -> Reconciled {
        let base = base.map_or_else(Base::default, |text| Base::from(&one(field, text)));
        reconcile(Three {
            base: &base,
            zoom: &one(field, zoom),
            calendar: &one(field, calendar),
            moved: MovedInCalendar::Restore,
            rescheduled: false,
            decisions: &BTreeMap::new(),
        })
    }

    /// `written` is what the entry gets, `noted` what Zoom gets, `conflict` how it is recorded.
    #[rstest]
    #[case::notes_follow_zoom(Field::Notes, Some("a"), "b", "a", Some("b"), None, None)]
    #[case::notes_go_back_to_zoom(Field::Notes, Some("a"), "a", "b", None, Some("b"), None)]
    #[case::notes_deleted_in_the_entry(Field::Notes, Some("a"), "a", "", None, Some(""), None)]
    #[case::notes_merge(
        Field::Notes,
        Some("a\nb\nc"),
        "x\na\nb\nc",
        "a\nb\nc\ny",
        Some("x\na\nb\nc\ny"),
        Some("x\na\nb\nc\ny"),
        None
    )]
    #[case::notes_collide(
        Field::Notes,
        Some("a"),
        "b",
        "c",
        None,
        None,
        Some(ConflictStanding::Open)
    )]
    #[case::notes_without_base(
        Field::Notes,
        None,
        "b",
        "c",
        None,
        None,
        Some(ConflictStanding::Open)
    )]
    #[case::notes_only_in_zoom(Field::Notes, None, "b", "", Some("b"), None, None)]
    #[case::notes_only_in_the_entry(Field::Notes, None, "", "c", None, Some("c"), None)]
    #[case::a_reschedule_moves(Field::Time, Some("1"), "2", "1", Some("2"), None, None)]
    #[case::a_moved_entry_is_put_back(
        Field::Time,
        Some("1"),
        "1",
        "3",
        Some("1"),
        None,
        Some(ConflictStanding::Settled)
    )]
    #[case::moved_on_both_sides(
        Field::Time,
        Some("1"),
        "2",
        "3",
        Some("2"),
        None,
        Some(ConflictStanding::Settled)
    )]
    #[case::an_own_title_stays(Field::Summary, Some("a"), "a", "mine", None, None, None)]
    #[case::an_own_title_outlives_zooms(
        Field::Summary,
        Some("a"),
        "b",
        "mine",
        None,
        None,
        Some(ConflictStanding::Settled)
    )]
    #[case::a_title_follows(Field::Summary, Some("a"), "b", "a", Some("b"), None, None)]
    #[case::an_own_title_survives_state_loss(Field::Summary, None, "a", "mine", None, None, None)]
    #[case::a_new_place_wins(
        Field::Location,
        Some("a"),
        "b",
        "mine",
        Some("b"),
        None,
        Some(ConflictStanding::Settled)
    )]
    #[case::an_own_place_stays(Field::Location, Some("a"), "a", "mine", None, None, None)]
    #[case::own_lines_are_kept(
        Field::About,
        Some("a\nb\nc"),
        "z\na\nb\nc",
        "a\nb\nc\nmine",
        Some("z\na\nb\nc\nmine"),
        None,
        None
    )]
    #[case::colliding_lines(
        Field::About,
        Some("a"),
        "b",
        "mine",
        Some("b"),
        None,
        Some(ConflictStanding::Settled)
    )]
    fn the_table_holds(
        #[case] field: Field,
        #[case] base: Option<&str>,
        #[case] zoom: &str,
        #[case] calendar: &str,
        #[case] written: Option<&str>,
        #[case] noted: Option<&str>,
        #[case] conflict: Option<ConflictStanding>,
    ) {
        let out = case(field, base, zoom, calendar);
        assert_eq!(out.set.get(&field).map(String::as_str), written);
        assert_eq!(out.note.as_deref(), noted);
        assert_eq!(
            out.conflicts.first().map(|conflict| conflict.standing),
            conflict
        );
    }

    #[test]
    fn notes_longer_than_zoom_takes_wait_for_a_person() {
        let long = "x".repeat(NOTES_LIMIT + 1);
        let out = case(Field::Notes, Some("a"), "a", &long);
        assert_eq!(out.note, None);
        assert_eq!(out.conflicts[0].standing, ConflictStanding::Open);
        assert_eq!(out.conflicts[0].calendar, long);
        let fits = case(Field::Notes, Some("a"), "a", &"x".repeat(NOTES_LIMIT));
        assert!(fits.note.is_some());
    }

    #[test]
    fn doing_what_was_planned_leaves_nothing_to_plan() {
        for field in Field::ALL {
            let texts = ["", "a", "b", "a\nb", "c"];
            for base in texts {
                for zoom in texts {
                    for calendar in texts {
                        settles(field, base, zoom, calendar);
                    }
                }
            }
        }
    }

    fn settles(field: Field, base: &str, zoom: &str, calendar: &str) {
        let out = case(field, Some(base), zoom, calendar);
        if out
            .conflicts
            .iter()
            .any(|conflict| conflict.standing == ConflictStanding::Open)
        {
            return;
        }
        let zoom = out.note.as_deref().unwrap_or(zoom);
        let calendar = out.set.get(&field).map_or(calendar, String::as_str);
        let again = reconcile(Three {
            base: &out.base,
            zoom: &one(field, zoom),
            calendar: &one(field, calendar),
            moved: MovedInCalendar::Restore,
            rescheduled: false,
            decisions: &BTreeMap::new(),
        });
        let context = format!("{field:?} {base:?} {zoom:?} {calendar:?}");
        assert_eq!(again.set, BTreeMap::new(), "{context}");
        assert_eq!(again.note, None, "{context}");
        assert_eq!(again.conflicts, vec![], "{context}");
        assert_eq!(again.base, out.base, "{context}");
    }

    #[test]
    fn a_rescheduled_booking_gets_the_notes_of_its_entry() {
        let base = Base::from(&one(Field::Notes, "mine"));
        let out = reconcile(Three {
            base: &base,
            zoom: &Fields::default(),
            calendar: &one(Field::Notes, "mine"),
            moved: MovedInCalendar::Restore,
            rescheduled: true,
            decisions: &BTreeMap::new(),
        });
        assert_eq!(out.note.as_deref(), Some("mine"));
        assert!(out.set.is_empty());
    }

    #[rstest]
    #[case::zoom(Decision::KeepZoom, Some("b"), None)]
    #[case::calendar(Decision::KeepCalendar, None, Some("c"))]
    fn a_person_decides_about_notes(
        #[case] decision: Decision,
        #[case] written: Option<&str>,
        #[case] noted: Option<&str>,
    ) {
        let decided = Decided {
            decision,
            calendar: "c".to_owned(),
        };
        let out = reconcile(Three {
            base: &Base::from(&one(Field::Notes, "a")),
            zoom: &one(Field::Notes, "b"),
            calendar: &one(Field::Notes, "c"),
            moved: MovedInCalendar::Restore,
            rescheduled: false,
            decisions: &[(Field::Notes, decided)].into_iter().collect(),
        });
        assert_eq!(out.set.get(&Field::Notes).map(String::as_str), written);
        assert_eq!(out.note.as_deref(), noted);
        assert!(out.conflicts.is_empty());
    }
}
