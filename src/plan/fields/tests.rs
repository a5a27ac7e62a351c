//! The table, row by row, and what follows from it.
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
#[case::notes_without_base(Field::Notes, None, "b", "c", None, None, Some(ConflictStanding::Open))]
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
