//! Which new booking is an old one at another time.
//!
//! Zoom reschedules by cancelling the old event and creating a new one with a new id (FACTS.md
//! section 2). How sure a pairing is:
//!
//! | evidence | sure |
//! |---|---|
//! | `rescheduled_from_event_id` names the old one | certain |
//! | same page, same booker, one lost and one new found in the same pass | as good as certain |
//! | the same, but several of them | the nearest in time of change are paired; a mistake costs only that an entry's alarms and own title stand on the booker's other appointment |

use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::BookingId;
use jiff::Timestamp;

/// A booking that is cancelled or gone, and has an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its id.
    pub id: BookingId,
    /// Page and booker.
    pub pair: Option<Fingerprint>,
    /// When it was cancelled, where Zoom tells it.
    pub changed: Option<Timestamp>,
}

/// A booking that is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// Its id.
    pub id: BookingId,
    /// Page and booker.
    pub pair: Option<Fingerprint>,
    /// When it was made, where Zoom tells it.
    pub changed: Option<Timestamp>,
    /// `rescheduled_from_event_id`.
    pub from: Option<BookingId>,
}

/// Pairs lost bookings with new ones: `(old, new)`, each id at most once, in order of the old id.
#[must_use]
pub fn pair(lost: &[Lost], new: &[New]) -> Vec<(BookingId, BookingId)> {
    let mut candidates: Vec<(u8, i64, &BookingId, &BookingId)> = Vec::new();
    for old in lost {
        for new in new {
            if let Some((rank, distance)) = evidence(old, new) {
                candidates.push((rank, distance, &old.id, &new.id));
            }
        }
    }
    candidates.sort();
    let mut pairs: Vec<(BookingId, BookingId)> = Vec::new();
    for (_, _, old, new) in candidates {
        let taken = pairs.iter().any(|(o, n)| o == old || n == new);
        if !taken {
            pairs.push((old.clone(), new.clone()));
        }
    }
    pairs.sort();
    pairs
}

/// The rank of the evidence (0 is certain) and how far the two changes are apart, in seconds.
fn evidence(old: &Lost, new: &New) -> Option<(u8, i64)> {
    match &new.from {
        Some(from) if *from == old.id => return Some((0, 0)),
        // It names another one: whatever else fits is chance.
        Some(_) => return None,
        None => {}
    }
    let same = old.pair.is_some() && old.pair == new.pair;
    let distance = match (old.changed, new.changed) {
        (Some(old), Some(new)) => old.as_second().abs_diff(new.as_second()),
        _ => u64::MAX,
    };
    same.then(|| (1, i64::try_from(distance).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(id: &str, pair: &str, second: i64) -> Lost {
        Lost {
            id: id.into(),
            pair: Some(Fingerprint::of([pair])),
            changed: Timestamp::from_second(second).ok(),
        }
    }

    fn new(id: &str, pair: &str, second: i64, from: Option<&str>) -> New {
        New {
            id: id.into(),
            pair: Some(Fingerprint::of([pair])),
            changed: Timestamp::from_second(second).ok(),
            from: from.map(BookingId::from),
        }
    }

    fn ids(pairs: &[(BookingId, BookingId)]) -> Vec<(&str, &str)> {
        pairs
            .iter()
            .map(|(old, new)| (old.as_str(), new.as_str()))
            .collect()
    }

    #[test]
    fn the_same_booker_on_the_same_page_is_a_reschedule() {
        let pairs = pair(
            &[lost("a", "bob", 0)],
            &[new("b", "bob", 5, None), new("c", "eve", 0, None)],
        );
        assert_eq!(ids(&pairs), [("a", "b")]);
    }

    #[test]
    fn zooms_word_beats_likeness() {
        let pairs = pair(
            &[lost("a", "bob", 0), lost("b", "bob", 0)],
            &[new("x", "bob", 0, Some("b")), new("y", "bob", 900, None)],
        );
        assert_eq!(ids(&pairs), [("a", "y"), ("b", "x")]);
    }

    #[test]
    fn one_that_names_another_booking_is_not_taken() {
        assert!(pair(&[lost("a", "bob", 0)], &[new("x", "bob", 0, Some("zzz"))]).is_empty());
    }

    #[test]
    fn the_nearest_change_is_taken_and_each_only_once() {
        let pairs = pair(
            &[lost("a", "bob", 100), lost("b", "bob", 900)],
            &[
                new("x", "bob", 899, None),
                new("y", "bob", 101, None),
                new("z", "bob", 5000, None),
            ],
        );
        assert_eq!(ids(&pairs), [("a", "y"), ("b", "x")]);
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let mut losts = [lost("a", "bob", 1), lost("b", "bob", 1)];
        let mut news = [new("x", "bob", 1, None), new("y", "bob", 1, None)];
        let first = pair(&losts, &news);
        losts.reverse();
        news.reverse();
        assert_eq!(pair(&losts, &news), first);
    }
}
