//! What Zoom tells again changes nothing: the same bytes, the same event at another time, after a
//! restart, in any order, thousands of times.

use std::thread;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rstest::rstest;
use serde_json::{Value, json};

use super::bench::{Bench, at, name_of};
use super::daemon::{Daemon, canceled, created, many, rescheduled};
use super::hints::{asked, bench};
use super::proxy::Passed;
use super::side::Side::{Radicale, Vdir};

/// How many deliveries there are, and over how many connections.
const DELIVERIES: usize = 10_000;
const AT_ONCE: usize = 4;

/// The same event, delivered so many milliseconds later.
fn later(said: &Value, milliseconds: i64) -> Value {
    let mut said = said.clone();
    said["event_ts"] = json!(said["event_ts"].as_i64().unwrap() + milliseconds);
    said
}

/// What the calendar took, as method and name.
fn written(bench: &Bench) -> Vec<String> {
    let writes = bench.calendar_writes().into_iter();
    let taken = writes.filter(|write| write.status.is_some_and(|status| status < 300));
    let name = |write: &Passed| {
        let name = write.path.rsplit('/').next().unwrap_or_default();
        format!("{} {}", write.method, name.replace("%40", "@"))
    };
    let mut written: Vec<String> = taken.map(|write| name(&write)).collect();
    written.sort();
    written
}

#[rstest]
#[case::the_same_bytes(0, false)]
#[case::at_another_time(300_000, false)]
#[case::the_same_bytes_after_a_restart(0, true)]
#[case::at_another_time_after_a_restart(300_000, true)]
fn what_is_told_again_is_not_written_again(#[case] milliseconds: i64, #[case] restart: bool) {
    let bench = bench(Radicale);
    let mut daemon = Daemon::ready(&bench);
    let (stands, gone) = (bench.book(1), bench.book(2));
    let mut told = vec![created(&bench, &stands), created(&bench, &gone)];
    for said in &told {
        assert_eq!(daemon.tell(said).status, 204);
        daemon.until("outcome=\"settled\"");
    }
    bench.account.cancel(&gone);
    told.push(canceled(&bench, &gone));
    assert_eq!(daemon.tell(&told[2]).status, 204);
    daemon.until("outcome=\"settled\"");
    let before = bench.entries();
    assert_eq!(before.keys().collect::<Vec<_>>(), [&name_of(&stands)]);
    if restart {
        daemon.end();
        daemon = Daemon::ready(&bench);
    }
    bench.clear_calendar_log();
    bench.account.clear_log();
    for said in told.iter().rev() {
        assert_eq!(daemon.tell(&later(said, milliseconds)).status, 204);
    }
    // What is told after them is done after them.
    let last = bench.book(3);
    assert_eq!(daemon.tell(&created(&bench, &last)).status, 204);
    while !bench.entries().contains_key(&name_of(&last)) {
        daemon.until("outcome=\"settled\"");
    }
    assert_eq!(written(&bench), [format!("PUT {}", name_of(&last))]);
    assert!(bench.zoom_writes().is_empty());
    let most = if milliseconds == 0 && !restart { 1 } else { 4 };
    let asked = asked(&bench);
    assert!(asked.len() <= most, "{asked:#?}");
    daemon.end();
    bench.is_settled();
}

/// Bookings that stand, that were cancelled, and that were rescheduled; everything that Zoom tells of
/// them, again and again, in any order, as the same bytes and at other times. Every delivery is taken
/// and looked into, as far as it is not the same bytes: only what it would do is done already.
#[test]
fn ten_thousand_duplicates_reordered_and_replayed_change_nothing() {
    let bench = bench(Radicale);
    let ids = bench.book_many(30);
    let mut daemon = Daemon::ready(&bench);
    assert_eq!(bench.entries().len(), 30);
    bench.clear_calendar_log();
    let mut told: Vec<Value> = ids.iter().map(|id| created(&bench, id)).collect();
    let (gone, rest) = ids.split_at(3);
    for id in gone {
        bench.account.cancel(id);
        told.push(canceled(&bench, id));
    }
    let mut expected: Vec<String> = gone
        .iter()
        .map(|id| format!("DELETE {}", name_of(id)))
        .collect();
    for (number, old) in rest[..10].iter().enumerate() {
        let day = 40 + i64::try_from(number).unwrap();
        let new = bench.account.reschedule(old, at(day, 12)).unwrap();
        told.push(rescheduled(created(&bench, &new), Some(old), None));
        told.push(rescheduled(canceled(&bench, old), None, Some(&new)));
        expected.push(format!("PUT {}", name_of(old)));
    }
    expected.sort();
    let mut random = StdRng::seed_from_u64(7);
    let mut bodies: Vec<String> = (0..DELIVERIES)
        .map(|_| {
            let said = told.choose(&mut random).unwrap();
            // A fifth are the same bytes again.
            let milliseconds = random.random_range(0..5) * random.random_range(0..1_000_000);
            later(said, milliseconds).to_string()
        })
        .collect();
    bodies.shuffle(&mut random);
    bench.account.clear_log();
    let taken: usize = thread::scope(|scope| {
        let address = daemon.address;
        let parts = bodies.chunks(DELIVERIES / AT_ONCE);
        let sending: Vec<_> = parts
            .map(|part| scope.spawn(move || many(address, part, part.len())))
            .collect();
        sending.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(taken, DELIVERIES, "each was taken");
    let last = bench.book(31);
    daemon.tell(&created(&bench, &last));
    while !bench.entries().contains_key(&name_of(&last)) {
        daemon.until("outcome=\"settled\"");
    }
    expected.push(format!("PUT {}", name_of(&last)));
    expected.sort();
    assert_eq!(
        written(&bench),
        expected,
        "each change once, and nothing else"
    );
    assert_eq!(bench.entries().len(), 28);
    assert!(bench.zoom_writes().is_empty());
    let asked = asked(&bench);
    println!(
        "{DELIVERIES} deliveries, {} requests, {} writes",
        asked.len(),
        expected.len()
    );
    assert!(asked.len() < DELIVERIES / 2, "{} requests", asked.len());
    daemon.end();
    bench.is_settled();
}

/// The same, told so fast that whole passes run meanwhile.
#[test]
fn duplicates_while_whole_passes_run_change_nothing() {
    let bench = bench(Vdir);
    let ids = bench.book_many(10);
    let mut daemon = Daemon::ready(&bench);
    let before = bench.entries();
    for round in 0..5 {
        let told = ids.iter().map(|id| later(&created(&bench, id), round));
        let bodies: Vec<String> = told.map(|said| said.to_string()).collect();
        assert_eq!(many(daemon.address, &bodies, 100), 100);
        assert_eq!(bench.sync(&[]).code, 0);
    }
    assert_eq!(bench.entries(), before);
    assert!(bench.zoom_writes().is_empty());
    daemon.logged();
    daemon.end();
    bench.is_settled();
}
