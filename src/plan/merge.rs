//! Three-way merge of one value: the algebra under every field.

use crate::domain::entry::Agreed;

/// The outcome of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Both sides say the same.
    Same,
    /// Only Zoom changed it.
    ZoomChanged,
    /// Only the calendar changed it.
    CalendarChanged,
    /// Both changed it, differently.
    BothChanged,
    /// They differ, and nobody knows what was agreed (the state was lost, and the entry does not
    /// carry it).
    Unknown,
}

/// Says who changed a value since both sides agreed.
///
/// | | calendar = base | calendar ≠ base |
/// |---|---|---|
/// | zoom = base | same | the calendar changed it |
/// | zoom ≠ base | Zoom changed it | both changed it (or, alike, the same) |
#[must_use]
pub fn merge(base: Option<&Agreed>, zoom: &str, calendar: &str) -> Merged {
    let agreed = base.map(|base| (base.is(zoom), base.is(calendar)));
    outcome(zoom == calendar, agreed)
}

/// The same of any values.
#[must_use]
pub fn merge_values<T: PartialEq>(base: Option<&T>, zoom: &T, calendar: &T) -> Merged {
    let agreed = base.map(|base| (base == zoom, base == calendar));
    outcome(zoom == calendar, agreed)
}

fn outcome(same: bool, agreed: Option<(bool, bool)>) -> Merged {
    match (same, agreed) {
        (true, _) => Merged::Same,
        (false, None) => Merged::Unknown,
        (false, Some((_, true))) => Merged::ZoomChanged,
        (false, Some((true, false))) => Merged::CalendarChanged,
        (false, Some((false, false))) => Merged::BothChanged,
    }
}

/// Merges texts by their lines; `None` where both sides changed the same lines.
#[must_use]
pub fn merge_lines(base: &str, zoom: &str, calendar: &str) -> Option<String> {
    let lines = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("{text}\n")
        }
    };
    let merged = diffy::merge(&lines(base), &lines(zoom), &lines(calendar)).ok()?;
    Some(merged.trim_end_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nobody_changed("a", "a", "a", Merged::Same)]
    #[case::zoom_changed("a", "b", "a", Merged::ZoomChanged)]
    #[case::the_calendar_changed("a", "a", "b", Merged::CalendarChanged)]
    #[case::both_changed_alike("a", "b", "b", Merged::Same)]
    #[case::both_changed("a", "b", "c", Merged::BothChanged)]
    fn the_table_holds(
        #[case] base: &str,
        #[case] zoom: &str,
        #[case] calendar: &str,
        #[case] outcome: Merged,
    ) {
        assert_eq!(
            merge(Some(&Agreed::Text(base.to_owned())), zoom, calendar),
            outcome
        );
    }

    #[test]
    fn without_a_base_a_difference_is_unknown() {
        assert_eq!(merge(None, "a", "b"), Merged::Unknown);
        assert_eq!(merge(None, "a", "a"), Merged::Same);
    }

    #[test]
    fn lines_added_on_both_sides_are_both_kept() {
        let base = "one\ntwo\nthree\nfour\nfive";
        let zoom = "zero\none\ntwo\nthree\nfour\nfive";
        let calendar = "one\ntwo\nthree\nfour\nfive\nsix";
        let merged = merge_lines(base, zoom, calendar);
        assert_eq!(
            merged.as_deref(),
            Some("zero\none\ntwo\nthree\nfour\nfive\nsix")
        );
    }

    #[test]
    fn the_same_line_changed_twice_cannot_be_merged() {
        assert_eq!(merge_lines("one", "two", "three"), None);
    }
}
