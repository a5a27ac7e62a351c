//! What is too much to do without asking a person (promise 3).

/// How many bookings one pass may cancel in Zoom without asking.
pub const CANCELLATIONS: usize = 3;

/// Why destructive actions are held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many cancellations towards Zoom in one pass.
    ManyCancellations {
        /// How many.
        wanted: usize,
    },
    /// Every entry is gone at once: the calendar was emptied, renamed or not mounted.
    CalendarEmpty {
        /// How many entries it had.
        expected: usize,
    },
    /// Too many deletions in the calendar in one pass.
    ManyDeletions {
        /// How many.
        wanted: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// Every event is gone from a calendar at once.
    EventsGone {
        /// How many blocked time.
        expected: usize,
    },
    /// Too many events are gone from a calendar at once.
    ManyEventsGone {
        /// How many.
        gone: usize,
        /// Of how many that blocked time.
        of: usize,
    },
    /// Zoom listed nothing although there should be bookings.
    ZoomEmpty {
        /// How many bookings should be there.
        expected: usize,
    },
}

/// Judges cancellations towards Zoom: `wanted` entries are gone, out of `entries` that there
/// should be.
#[must_use]
pub fn cancellations(wanted: usize, entries: usize) -> Option<Refusal> {
    if wanted >= 2 && wanted >= entries {
        return Some(Refusal::CalendarEmpty { expected: entries });
    }
    (wanted > CANCELLATIONS).then_some(Refusal::ManyCancellations { wanted })
}

/// Judges deletions in a calendar that holds `entries` entries of ours.
#[must_use]
pub fn deletions(wanted: usize, entries: usize) -> Option<Refusal> {
    let allowed = allowed_deletions(entries);
    (wanted > allowed).then_some(Refusal::ManyDeletions { wanted, allowed })
}

/// How many entries one pass may delete without asking: `max(5, 25 %)`.
#[must_use]
pub fn allowed_deletions(entries: usize) -> usize {
    (entries / 4).max(5)
}

/// Judges events that are gone from a calendar and would free their time: `gone` out of `events`
/// that blocked time. A series is one.
#[must_use]
pub fn freed(gone: usize, events: usize) -> Option<Refusal> {
    if gone >= 2 && gone >= events {
        return Some(Refusal::EventsGone { expected: events });
    }
    (gone > allowed_deletions(events)).then_some(Refusal::ManyEventsGone { gone, of: events })
}

/// Judges a listing of Zoom that shows `listed` bookings where the base has `expected`.
#[must_use]
pub fn zoom_listing(listed: usize, expected: usize) -> Option<Refusal> {
    (listed == 0 && expected >= 2).then_some(Refusal::ZoomEmpty { expected })
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ManyCancellations { wanted } => write!(
                f,
                "{wanted} bookings would be cancelled in one pass, more than {CANCELLATIONS}"
            ),
            Self::CalendarEmpty { expected } => write!(
                f,
                "all {expected} entries are gone from the calendar at once; it looks emptied, \
                 renamed or not mounted"
            ),
            Self::ManyDeletions { wanted, allowed } => write!(
                f,
                "{wanted} entries would be deleted in one pass, more than {allowed}"
            ),
            Self::EventsGone { expected } => write!(
                f,
                "all {expected} events that block time are gone from the calendar at once; it \
                 looks emptied, renamed or not mounted"
            ),
            Self::ManyEventsGone { gone, of } => write!(
                f,
                "{gone} of {of} events that block time are gone from the calendar at once"
            ),
            Self::ZoomEmpty { expected } => write!(
                f,
                "Zoom lists no bookings at all, but {expected} are expected"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::one_of_many(1, 10, false)]
    #[case::three_of_many(3, 10, false)]
    #[case::four_of_many(4, 10, true)]
    #[case::the_only_one(1, 1, false)]
    #[case::both(2, 2, true)]
    #[case::none_of_none(0, 0, false)]
    fn cancellations_are_counted(
        #[case] wanted: usize,
        #[case] entries: usize,
        #[case] held: bool,
    ) {
        assert_eq!(cancellations(wanted, entries).is_some(), held);
    }

    #[rstest]
    #[case::five_of_five(5, 5, false)]
    #[case::six_of_ten(6, 10, true)]
    #[case::a_quarter(25, 100, false)]
    #[case::more_than_a_quarter(26, 100, true)]
    fn deletions_are_counted(#[case] wanted: usize, #[case] entries: usize, #[case] held: bool) {
        assert_eq!(deletions(wanted, entries).is_some(), held);
    }

    #[rstest]
    #[case::the_only_one(1, 1, false)]
    #[case::both(2, 2, true)]
    #[case::five_of_six(5, 6, false)]
    #[case::six_of_ten(6, 10, true)]
    #[case::a_quarter(25, 100, false)]
    #[case::more_than_a_quarter(26, 100, true)]
    #[case::none_of_none(0, 0, false)]
    fn events_that_are_gone_are_counted(
        #[case] gone: usize,
        #[case] events: usize,
        #[case] held: bool,
    ) {
        assert_eq!(freed(gone, events).is_some(), held);
    }

    #[test]
    fn an_empty_side_against_a_full_base_is_refused() {
        assert!(zoom_listing(0, 2).is_some());
        assert!(zoom_listing(0, 1).is_none());
        assert!(zoom_listing(1, 100).is_none());
    }
}
