//! Entries of bookings in calendars that busy time is read from: never busy time of their own,
//! whatever the host, the calendar or its place is called.

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::Bench;
use super::busy::span;
use super::side::Shelf;
use super::side::Side::Vdir;

const FLOWS: &str = "[host.bookings]\ncalendar = \"work\"\n\
                     [host.busy]\nfrom = [\"work\"]\nto = \"zoom_calendar\"\n";
const TWO_SOURCES: &str = "[host.bookings]\ncalendar = \"work\"\n\
                           [host.busy]\nfrom = [\"work\", \"other\"]\nto = \"zoom_calendar\"\n";

/// Three bookings and one event of somebody's own, in step.
fn bench(flows: &str) -> Bench {
    let bench = Bench::flows(Vdir, flows, AccountOptions::default());
    bench.book_many(3);
    bench.has_event("own", span(5, 9, 10));
    bench.pass();
    bench.pass();
    only_the_event(&bench);
    bench
}

fn only_the_event(bench: &Bench) {
    let blocks: Vec<_> = bench
        .account
        .blocks()
        .into_iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(blocks, [span(5, 9, 10)]);
}

#[test]
fn a_host_that_gets_another_name_does_not_block_its_own_bookings() {
    let bench = bench(FLOWS);
    bench.configure(|text| text.replace("name = \"alice\"", "name = \"bob\""));
    for _ in 0..3 {
        assert_eq!(bench.sync(&[]).code, 0);
        only_the_event(&bench);
    }
    assert_eq!(bench.entries().len(), 4);
}

/// The calendar `work`, and the same place once more as `other`.
fn twice(bench_path: &str, path: &str, text: &str) -> String {
    let other =
        format!("[[calendar]]\nname = \"other\"\nkind = \"vdir\"\npath = \"{bench_path}\"\n");
    let typo = text.replace(
        &format!("path = \"{bench_path}\""),
        &format!("path = \"{path}\""),
    );
    typo.replacen("[[host]]", &format!("{other}[[host]]"), 1)
}

#[rstest]
fn a_slip_in_the_path_of_the_bookings_calendar_makes_no_blocks(
    #[values(false, true)] state_is_lost: bool,
) {
    let mut bench = bench(FLOWS);
    let path = path_of(&bench);
    if state_is_lost {
        bench.lose_state();
    }
    let set = |bench: &mut Bench, typo: &str| {
        bench.set_flows(TWO_SOURCES);
        let typo = format!("{path}{typo}");
        bench.configure(|text| twice(&path, &typo, &text));
    };
    set(&mut bench, "-typo");
    for _ in 0..3 {
        assert_eq!(bench.sync(&[]).code, 1);
        only_the_event(&bench);
    }
    // Right again: all goes on where it was.
    set(&mut bench, "");
    for _ in 0..2 {
        assert_eq!(bench.sync(&[]).code, 0);
        only_the_event(&bench);
    }
    assert_eq!(bench.entries().len(), 4);
}

/// Where the directory of a bench is.
fn path_of(bench: &Bench) -> String {
    match &bench.shelf {
        Shelf::Vdir(path) => path.display().to_string(),
        Shelf::Caldav { .. } => panic!("it is a directory"),
    }
}
