//! One object that cannot be read stops only itself (promise 6), from the very first pass on.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::{Bench, Run};
use super::busy::{Sink, bench, bench_with, flows, span};
use super::proxy::Break;
use super::side::Shelf;
use super::side::Side::{Radicale, Vdir, Xandikos};

/// The state is lost while something was busy that is not any more: only a source that counts as
/// read gives that time back.
fn starts_anew(bench: &Bench) {
    for day in 2..5 {
        bench.has_event(&format!("event-{day}"), span(day, 9, 10));
    }
    bench.pass();
    bench.lose_state();
    bench.has_no_event("event-4");
    bench.has_event("bad", span(8, 9, 10));
}

fn says_one(run: &Run) {
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.busy()["failed"], 1, "{run:#?}");
    let errors = run.host()["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{run:#?}");
    let hint = errors[0]["hint"].as_str().unwrap();
    assert!(hint.contains("the others are not affected"), "{run:#?}");
    for key in ["doing", "cause", "hint"] {
        assert!(
            !errors[0][key].as_str().unwrap().contains("bad"),
            "{run:#?}"
        );
    }
}

/// How a server fails on just that one. In the first pass that may be a fault that passes.
#[rstest]
#[case::forbidden(403)]
#[case::fails(500)]
#[case::refused(400)]
fn one_object_that_its_server_does_not_give_stops_only_itself(
    #[values(Radicale, Xandikos)] side: super::side::Side,
    #[values(Sink::Blocks, Sink::Overrides)] sink: Sink,
    #[case] status: u16,
) {
    let bench = bench(side, sink);
    starts_anew(&bench);
    bench.proxy().spoil("bad.ics", Break::Answer(status, &[]));
    let mut taken = vec![span(2, 9, 10), span(3, 9, 10), span(4, 9, 10)];
    says_one(&bench.sync(&["--json"]));
    bench.is_taken(&taken, "nothing is given back as long as that may pass");
    if sink == Sink::Blocks {
        // What an override is for, only the state knows.
        taken.pop();
    }
    for _ in 0..2 {
        says_one(&bench.sync(&["--json"]));
        bench.is_taken(&taken, "what is gone is given back");
    }
    bench.has_event("good", span(6, 9, 10));
    taken.push(span(6, 9, 10));
    says_one(&bench.sync(&["--json"]));
    bench.is_taken(&taken, "others go on");
    bench.has_no_event("good");
    taken.pop();
    says_one(&bench.sync(&["--json"]));
    bench.is_taken(&taken, "and are given back");
    bench.proxy().heal();
    taken.push(span(8, 9, 10));
    bench.pass_takes(&taken, "it is asked for again");
    bench.writes_nothing(2);
}

#[test]
fn files_whose_names_are_no_text_are_said_and_stop_only_themselves() {
    let flows = format!(
        "[host.bookings]\ncalendar = \"work\"\n{}",
        flows(Sink::Blocks)
    );
    let bench = bench_with(Vdir, &flows, AccountOptions::default());
    let Shelf::Vdir(folder) = &bench.shelf else {
        unreachable!()
    };
    let text = super::busy::event("latin", span(3, 9, 10));
    let latin = folder.join(OsStr::from_bytes(b"caf\xe9.ics"));
    fs::write(&latin, text).unwrap();
    bench.has_event("dentist", span(5, 9, 11));
    let id = bench.book(9);
    for _ in 0..2 {
        let run = bench.sync(&["--json"]);
        assert_eq!(run.code, 1, "{run:#?}");
        for flow in ["bookings", "busy"] {
            let flow = &run.host()[flow];
            assert_eq!(flow["failed"], 1, "{run:#?}");
            let errors = flow["errors"].as_array().unwrap();
            assert_eq!(errors.len(), 1, "{run:#?}");
            let cause = errors[0]["cause"].as_str().unwrap();
            assert!(cause.contains("UTF-8"), "{run:#?}");
        }
        assert!(bench.block_spans() == [span(5, 9, 11)], "{run:#?}");
        assert!(!bench.entry(&id).is_empty());
    }
    assert!(latin.exists(), "it is left alone");
    fs::rename(&latin, folder.join("cafe.ics")).unwrap();
    bench.pass();
    assert_eq!(bench.block_spans(), [span(3, 9, 10), span(5, 9, 11)]);
}
