//! The rows of the table, one by one.

use rstest::rstest;

use super::*;
use crate::domain::entry::Base;
use crate::domain::ids::{BookingId, Href, Uid};

fn fields(notes: &str, status: &str) -> Fields {
    [
        (Field::Notes, notes.to_owned()),
        (Field::Status, status.to_owned()),
    ]
    .into_iter()
    .collect()
}

fn link(agreed: &Fields) -> Link {
    let id = BookingId::new("e1");
    let uid = Uid::of_booking(&id);
    Link {
        booking: id,
        href: Href::of_uid(&uid),
        uid,
        etag: None,
        sequence: 0,
        base: Base::from(agreed),
        booking_print: None,
        policy_print: None,
        start: Timestamp::UNIX_EPOCH,
        end: Timestamp::from_second(1000).unwrap(),
        pair: None,
        page: None,
        manage_url: None,
        updated: None,
        pending: None,
        standing: Standing::Live,
    }
}

fn entry(fields: Fields) -> Entry {
    Entry {
        uid: Uid::new("e1@scheduler.slotbridge"),
        fields,
        event_id: None,
        host: None,
        sequence: 0,
        base: Base::default(),
        notes_shown: true,
    }
}

fn decide(zoom: &Fields, now: EntryNow<'_>, policy: &BookingsPolicy) -> Verdict {
    let link = link(&fields("n", "CONFIRMED"));
    let decisions = BTreeMap::new();
    let known = Known {
        link: &link,
        zoom,
        entry: now,
        rescheduled: false,
        decisions: &decisions,
    };
    standing(known, policy, Timestamp::from_second(100).unwrap())
}

const GONE: EntryNow<'static> = EntryNow::Gone {
    since: Timestamp::UNIX_EPOCH,
};

fn with(deleted: DeletedInCalendar) -> BookingsPolicy {
    BookingsPolicy {
        deleted_in_calendar: deleted,
        ..BookingsPolicy::default()
    }
}

#[test]
fn a_deleted_entry_cancels_an_unchanged_booking() {
    let verdict = decide(&fields("n", "CONFIRMED"), GONE, &BookingsPolicy::default());
    assert_eq!(verdict, Verdict::CancelBooking);
}

#[test]
fn a_deleted_entry_of_a_changed_booking_comes_back() {
    let verdict = decide(
        &fields("new", "CONFIRMED"),
        GONE,
        &BookingsPolicy::default(),
    );
    assert!(
        matches!(verdict, Verdict::Recreate { conflict: Some(_) }),
        "{verdict:?}"
    );
}

#[rstest]
#[case::cancel(DeletedInCalendar::Cancel, Verdict::CancelBooking)]
#[case::hold(DeletedInCalendar::Hold, Verdict::HoldCancellation)]
#[case::restore(DeletedInCalendar::Restore, Verdict::Recreate { conflict: None })]
fn the_policy_says_what_a_deletion_means(
    #[case] policy: DeletedInCalendar,
    #[case] verdict: Verdict,
) {
    assert_eq!(
        decide(&fields("n", "CONFIRMED"), GONE, &with(policy)),
        verdict
    );
}

#[test]
fn tidying_up_what_is_over_cancels_nothing() {
    let agreed = fields("n", "CONFIRMED");
    let mut link = link(&agreed);
    link.end = Timestamp::from_second(99).unwrap();
    let decisions = BTreeMap::new();
    let known = Known {
        link: &link,
        zoom: &agreed,
        entry: GONE,
        rescheduled: false,
        decisions: &decisions,
    };
    let now = Timestamp::from_second(100).unwrap();
    assert_eq!(
        standing(known, &BookingsPolicy::default(), now),
        Verdict::LetGo
    );
}

#[test]
fn a_deletion_waits_out_its_grace() {
    let policy = BookingsPolicy {
        grace: Duration::from_secs(101),
        ..BookingsPolicy::default()
    };
    let verdict = decide(&fields("n", "CONFIRMED"), GONE, &policy);
    assert_eq!(
        verdict,
        Verdict::Wait {
            until: Timestamp::from_second(101).unwrap()
        }
    );
    let policy = BookingsPolicy {
        grace: Duration::from_secs(100),
        ..policy
    };
    assert_eq!(
        decide(&fields("n", "CONFIRMED"), GONE, &policy),
        Verdict::CancelBooking
    );
}

#[test]
fn setting_status_cancelled_is_like_deleting() {
    let marked = entry(fields("n", CANCELLED));
    let there = EntryNow::There(&marked);
    let zoom = fields("n", "CONFIRMED");
    assert_eq!(
        decide(&zoom, there, &BookingsPolicy::default()),
        Verdict::CancelBooking
    );
    match decide(&zoom, there, &with(DeletedInCalendar::Restore)) {
        Verdict::Reconcile(out) => {
            assert_eq!(
                out.set.get(&Field::Status).map(String::as_str),
                Some("CONFIRMED")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_revived_booking_brings_its_marked_entry_back() {
    let mut link = link(&fields("n", CANCELLED));
    link.standing = Standing::Marked;
    let marked = entry(fields("n", CANCELLED));
    let decisions = BTreeMap::new();
    let zoom = fields("n", "CONFIRMED");
    let known = Known {
        link: &link,
        zoom: &zoom,
        entry: EntryNow::There(&marked),
        rescheduled: false,
        decisions: &decisions,
    };
    match standing(known, &BookingsPolicy::default(), Timestamp::UNIX_EPOCH) {
        Verdict::Reconcile(out) => {
            assert_eq!(
                out.set.get(&Field::Status).map(String::as_str),
                Some("CONFIRMED")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_ended_booking_takes_its_entry_along() {
    let link = link(&fields("n", "CONFIRMED"));
    let there = entry(fields("n", "CONFIRMED"));
    let delete = BookingsPolicy::default();
    let mark = BookingsPolicy {
        cancelled_in_zoom: CancelledInZoom::Mark,
        ..BookingsPolicy::default()
    };
    assert_eq!(
        ended(&link, EntryNow::There(&there), &delete),
        Ended::DeleteEntry { conflicts: vec![] }
    );
    assert_eq!(
        ended(&link, EntryNow::There(&there), &mark),
        Ended::MarkEntry
    );
    let marked = entry(fields("n", CANCELLED));
    assert_eq!(ended(&link, EntryNow::There(&marked), &mark), Ended::Marked);
    assert_eq!(ended(&link, GONE, &delete), Ended::Forget);
}

#[test]
fn notes_that_zoom_never_saw_are_kept() {
    let link = link(&fields("n", "CONFIRMED"));
    let there = entry(fields("mine", "CONFIRMED"));
    match ended(&link, EntryNow::There(&there), &BookingsPolicy::default()) {
        Ended::DeleteEntry { conflicts } => assert_eq!(conflicts[0].calendar, "mine"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_left_alone_stays_so() {
    let mut link = link(&fields("n", "CONFIRMED"));
    link.standing = Standing::LeftAlone;
    let there = entry(fields("n", "CONFIRMED"));
    assert_eq!(
        ended(&link, EntryNow::There(&there), &BookingsPolicy::default()),
        Ended::LeaveAlone
    );
    assert_eq!(
        ended(&link, GONE, &BookingsPolicy::default()),
        Ended::Forget
    );
}

#[test]
fn a_client_that_drops_the_notes_line_clears_no_notes() {
    let mut stripped = entry(fields("", "CONFIRMED"));
    stripped.notes_shown = false;
    let there = EntryNow::There(&stripped);
    match decide(&fields("n", "CONFIRMED"), there, &BookingsPolicy::default()) {
        Verdict::Reconcile(out) => assert_eq!((out.note, out.set), (None, BTreeMap::new())),
        other => panic!("{other:?}"),
    }
}
