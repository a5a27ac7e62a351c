//! Any call may fail once, and the power may go at any call: three clean passes later all is as if
//! nothing had happened, and nothing more is written (laws 1, 3, 5 and 7).

use rstest::rstest;

use super::bench::{Bench, event, href};
use crate::adapters::memory::availability::EmptySegments;
use crate::adapters::memory::fault::Fault;
use crate::adapters::memory::zoom_calendar::Access;
use crate::engine::ledger;
use crate::plan::policy::BusyTo;
use crate::ports::error::Kind;

fn before(bench: &Bench) {
    for day in ["24", "25", "26", "27"] {
        let (start, end) = (format!("{day}T100000Z"), format!("{day}T110000Z"));
        bench.work.put(&href(day), &event(day, &start, &end));
    }
    bench
        .family
        .put(&href("f"), &event("f", "30T090000Z", "30T160000Z"));
}

/// One event goes, one moves, one grows, one is new.
fn change(bench: &Bench) {
    bench.work.remove(&href("24"));
    bench
        .work
        .put(&href("25"), &event("25", "25T140000Z", "25T150000Z"));
    bench
        .work
        .put(&href("26"), &event("26", "26T100000Z", "26T120000Z"));
    bench
        .work
        .put(&href("28"), &event("28", "26T150000Z", "26T160000Z"));
}

fn outcome(bench: &Bench) -> (Vec<String>, Vec<String>) {
    (bench.blocks(), bench.segments())
}

/// How a pass over the change ends when nothing goes wrong, and how many calls it makes.
async fn undisturbed(to: BusyTo, empty: EmptySegments, first: bool) -> (Bench, u64) {
    let bench = prepared(to, empty, first).await;
    bench.script.arm(None, None);
    bench.good_pass().await;
    let calls = bench.script.calls();
    bench.good_pass().await;
    (bench, calls)
}

async fn prepared(to: BusyTo, empty: EmptySegments, first: bool) -> Bench {
    let bench = Bench::with(to, Access::Full, empty);
    before(&bench);
    if !first {
        bench.good_pass().await;
        change(&bench);
    }
    bench
}

async fn converges(bench: &Bench, want: &(Vec<String>, Vec<String>), story: &str) {
    bench.script.arm(None, None);
    for _ in 0..3 {
        bench.pass().await;
    }
    assert_eq!(outcome(bench), *want, "{story}");
    let writes = bench.writes();
    let report = bench.pass().await;
    assert_eq!(bench.writes(), writes, "{story}: {:?}", report.actions);
    assert!(report.ok, "{story}: {:?}", report.errors);
}

#[rstest]
#[tokio::test]
async fn any_call_that_fails_once_is_made_up_for(
    #[values(BusyTo::ZoomCalendar, BusyTo::Availability)] to: BusyTo,
    #[values(true, false)] first: bool,
    #[values(
        Fault::Before(Kind::Transient),
        Fault::After(Kind::Transient),
        Fault::Before(Kind::Unreachable),
        Fault::Before(Kind::Refused)
    )]
    fault: Fault,
) {
    let (good, calls) = undisturbed(to, EmptySegments::Taken, first).await;
    let want = outcome(&good);
    for number in 0..calls {
        let bench = prepared(to, EmptySegments::Taken, first).await;
        bench.script.arm(Some((number, fault)), None);
        bench.pass().await;
        converges(
            &bench,
            &want,
            &format!("{fault:?} at call {number} of {calls}"),
        )
        .await;
    }
}

#[rstest]
#[tokio::test]
async fn a_power_cut_at_any_call_loses_and_doubles_nothing(
    #[values(BusyTo::ZoomCalendar, BusyTo::Availability)] to: BusyTo,
    #[values(true, false)] first: bool,
    #[values(false, true)] state_is_lost: bool,
) {
    let (good, calls) = undisturbed(to, EmptySegments::Taken, first).await;
    let want = outcome(&good);
    for number in 0..calls {
        let bench = prepared(to, EmptySegments::Taken, first).await;
        bench.script.arm(None, Some(number));
        bench.pass().await;
        bench.script.arm(None, None);
        if state_is_lost {
            ledger::forget_positions(bench.base.as_ref()).await.unwrap();
        }
        converges(&bench, &want, &format!("cut at call {number} of {calls}")).await;
    }
}
