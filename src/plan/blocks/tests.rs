#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::plan::instants::Instants;

const ALL: Window = Window {
    from: Timestamp::MIN,
    to: Timestamp::MAX,
};

fn span(start: i64, end: i64) -> TimeSpan {
    TimeSpan {
        start: Timestamp::from_second(start * 60).unwrap(),
        end: Timestamp::from_second(end * 60).unwrap(),
    }
}

fn busy(spans: &[(i64, i64)]) -> Busy {
    Busy::of(spans.iter().map(|(start, end)| span(*start, *end)))
}

fn block(id: &str, start: i64, end: i64) -> Block {
    Block {
        id: id.into(),
        span: Some(span(start, end)),
        title: "Busy".to_owned(),
        intact: true,
    }
}

/// `+10-20` creates, `a=10-20` changes, `-a` deletes.
fn words(steps: &[BlockStep]) -> String {
    let minute = |instant: Timestamp| instant.as_second() / 60;
    let times = |draft: &BlockDraft| {
        assert_eq!(draft.title, "Busy");
        format!("{}-{}", minute(draft.span.start), minute(draft.span.end))
    };
    let word = |step: &BlockStep| match step {
        BlockStep::Create(draft) => format!("+{}", times(draft)),
        BlockStep::Change { id, draft } => format!("{id}={}", times(draft)),
        BlockStep::Delete { id } => format!("-{id}"),
    };
    steps.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn certainly(desired: &[(i64, i64)], actual: &[Block]) -> String {
    words(&decide(
        &busy(desired),
        "Busy",
        actual,
        ALL,
        Certainty::Whole,
    ))
}

#[rstest]
#[case::nothing(&[], vec![], "")]
#[case::in_place(&[(10, 20)], vec![block("a", 10, 20)], "")]
#[case::new(&[(10, 20), (30, 40)], vec![block("a", 30, 40)], "+10-20")]
#[case::gone(&[], vec![block("a", 10, 20)], "-a")]
#[case::twice(&[(10, 20)], vec![block("b", 10, 20), block("a", 10, 20), block("c", 10, 20)], "-b -c")]
#[case::moved(&[(10, 20)], vec![block("a", 15, 25)], "a=10-20")]
#[case::moved_far(&[(10, 20)], vec![block("a", 20, 30)], "+10-20 -a")]
#[case::largest_overlap(&[(10, 20), (24, 40)], vec![block("a", 18, 30)], "+10-20 a=24-40")]
#[case::equal_overlap(&[(10, 20), (30, 40)], vec![block("a", 15, 35)], "+30-40 a=10-20")]
#[case::equal_blocks(&[(10, 20)], vec![block("b", 12, 30), block("a", 12, 30)], "a=10-20 -b")]
#[case::later_as_a_whole(&[(20, 40), (45, 60)], vec![block("a", 10, 30), block("b", 35, 50)], "a=20-40 b=45-60")]
#[case::earlier_as_a_whole(&[(5, 20), (25, 40)], vec![block("a", 10, 30), block("b", 30, 45)], "b=25-40 a=5-20")]
fn blocks_become_what_they_are_to_be(
    #[case] desired: &[(i64, i64)],
    #[case] mut actual: Vec<Block>,
    #[case] steps: &str,
) {
    assert_eq!(certainly(desired, &actual), steps);
    actual.reverse();
    assert_eq!(certainly(desired, &actual), steps);
}

#[rstest]
#[case::renamed(Block { title: "Mine".to_owned(), ..block("a", 10, 20) }, "a=10-20")]
#[case::made_transparent(Block { intact: false, ..block("a", 10, 20) }, "a=10-20")]
#[case::made_all_day(Block { span: None, intact: false, ..block("a", 10, 20) }, "+10-20 -a")]
fn what_a_person_edited_is_put_right(#[case] edited: Block, #[case] steps: &str) {
    assert_eq!(certainly(&[(10, 20)], &[edited]), steps);
}

#[test]
fn changes_that_wait_for_each_other_are_broken_up() {
    let actual = [
        block("a", 5, 25),
        block("b", 9, 28),
        block("c", 19, 41),
        block("d", 1, 35),
    ];
    let desired = [(0, 10), (20, 30), (34, 44)];
    let steps = decide(&busy(&desired), "Busy", &actual, ALL, Certainty::Whole);
    stays_closed(&busy(&desired), &actual, &steps);
}

#[rstest]
#[case::shrinks(&[(10, 20)], vec![block("a", 10, 30)], "")]
#[case::moves(&[(10, 20)], vec![block("a", 15, 30)], "a=10-30")]
#[case::deletes(&[], vec![block("a", 10, 20)], "")]
#[case::surplus(&[(10, 20)], vec![block("a", 10, 20), block("b", 10, 20)], "")]
#[case::adds(&[(10, 20)], vec![block("a", 30, 40)], "+10-20")]
#[case::no_span(&[], vec![Block { span: None, ..block("a", 0, 0) }], "")]
fn while_a_source_is_unknown_nothing_opens(
    #[case] desired: &[(i64, i64)],
    #[case] actual: Vec<Block>,
    #[case] steps: &str,
) {
    let decided = decide(
        &busy(desired),
        "Busy",
        &actual,
        ALL,
        Certainty::PartlyUnknown,
    );
    assert_eq!(words(&decided), steps);
}

#[test]
fn what_the_listing_does_not_show_is_left_alone() {
    let listed = Window {
        from: span(100, 200).start,
        to: span(100, 200).end,
    };
    let desired = busy(&[(80, 100), (90, 101), (199, 210), (220, 230)]);
    let actual = [block("old", 50, 100), block("now", 120, 130)];
    let steps = decide(&desired, "Busy", &actual, listed, Certainty::Whole);
    assert_eq!(words(&steps), "+80-101 +199-210 -now");
}

/// Applies steps one by one.
fn apply(blocks: &mut Vec<Block>, step: &BlockStep, number: usize) {
    let made = |id: &str, draft: &BlockDraft| Block {
        id: id.into(),
        span: Some(draft.span),
        title: draft.title.clone(),
        intact: true,
    };
    match step {
        BlockStep::Create(draft) => blocks.push(made(&format!("new{number}"), draft)),
        BlockStep::Change { id, draft } => {
            let at = blocks.iter().position(|block| block.id == *id).unwrap();
            blocks[at] = made(id.as_str(), draft);
        }
        BlockStep::Delete { id } => {
            let at = blocks.iter().position(|block| block.id == *id).unwrap();
            blocks.remove(at);
        }
    }
}

fn covered(blocks: &[Block]) -> Instants {
    Instants::of(
        blocks
            .iter()
            .filter(|block| block.intact)
            .filter_map(|block| block.span),
    )
}

/// Each step leaves closed what is busy before and after; returns what comes out.
fn stays_closed(desired: &Busy, actual: &[Block], steps: &[BlockStep]) -> Vec<Block> {
    let mut blocks = actual.to_vec();
    let needed = Instants::of(desired.spans().iter().copied()).both(&covered(&blocks));
    for (number, step) in steps.iter().enumerate() {
        apply(&mut blocks, step, number);
        let open = needed.minus(&covered(&blocks));
        assert!(open.is_empty(), "{step:?} of {steps:?} opens {open:?}");
    }
    blocks
}

fn any_spans() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let some = (0_i64..60, 1_i64..25).prop_map(|(start, length)| (start, start + length));
    prop::collection::vec(some, 0..7)
}

fn any_blocks() -> impl Strategy<Value = Vec<Block>> {
    let some = (0_i64..60, 1_i64..25, 0_u8..8);
    prop::collection::vec(some, 0..8).prop_map(|all| {
        let block = |(number, (start, length, odd)): (usize, (i64, i64, u8))| {
            let mut block = block(&format!("b{number}"), start, start + length);
            match odd {
                0 => block.intact = false,
                1 => block.title = "Other".to_owned(),
                2 => (block.span, block.intact) = (None, false),
                _ => {}
            }
            block
        };
        all.into_iter().enumerate().map(block).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn blocks_come_out_as_desired_and_nothing_busy_is_open_in_between(
        desired in any_spans(),
        actual in any_blocks(),
    ) {
        let desired = busy(&desired);
        let steps = decide(&desired, "Busy", &actual, ALL, Certainty::Whole);
        let out = stays_closed(&desired, &actual, &steps);
        let mut spans: Vec<_> = out.iter().map(|block| block.span.unwrap()).collect();
        spans.sort_unstable();
        prop_assert_eq!(&spans[..], desired.spans());
        prop_assert!(decide(&desired, "Busy", &out, ALL, Certainty::Whole).is_empty());
    }

    #[test]
    fn an_unknown_source_opens_nothing_at_all_and_settles(
        desired in any_spans(),
        actual in any_blocks(),
    ) {
        let desired = busy(&desired);
        let steps = decide(&desired, "Busy", &actual, ALL, Certainty::PartlyUnknown);
        let mut blocks = actual.clone();
        for (number, step) in steps.iter().enumerate() {
            let before = covered(&blocks);
            apply(&mut blocks, step, number);
            prop_assert!(before.minus(&covered(&blocks)).is_empty());
        }
        let wanted = Instants::of(desired.spans().iter().copied());
        prop_assert!(wanted.minus(&covered(&blocks)).is_empty());
        prop_assert!(decide(&desired, "Busy", &blocks, ALL, Certainty::PartlyUnknown).is_empty());
    }

    #[test]
    fn the_order_of_blocks_does_not_matter(
        desired in any_spans(),
        (actual, shuffled) in any_blocks().prop_flat_map(|all| {
            (Just(all.clone()), Just(all).prop_shuffle())
        }),
    ) {
        let desired = busy(&desired);
        let steps = |blocks: &[Block]| decide(&desired, "Busy", blocks, ALL, Certainty::Whole);
        prop_assert_eq!(steps(&actual), steps(&shuffled));
    }
}

#[test]
fn beside_a_stubborn_block_only_the_rest_is_wanted() {
    let span = |text: &str| TimeSpan::parse(text).unwrap();
    let asked = span("2026-11-24T10:00:00Z/2026-11-24T12:00:00Z");
    let other = span("2026-11-25T10:00:00Z/2026-11-25T12:00:00Z");
    let desired = Busy::of([asked, other]);
    let table = [
        ("10:30/12:00", Some("10:00/10:30")),
        ("10:00/11:00", Some("11:00/12:00")),
        // It covers everything, or nothing: it is let be as if it were right.
        ("09:00/13:00", None),
        ("13:00/15:00", None),
        ("10:00/10:00", None),
    ];
    for (real, rest) in table {
        let at = |text: &str| {
            let (start, end) = text.split_once('/').unwrap();
            span(&format!("2026-11-24T{start}:00Z/2026-11-24T{end}:00Z"))
        };
        let stubborn = Stubborn {
            id: BlockId::new("a"),
            asked,
            span: at(real),
        };
        let (left, let_be) = beside(&desired, &[stubborn]);
        let expected = rest.map_or(asked, at);
        assert_eq!(left.spans(), [expected, other], "{real}");
        assert_eq!(let_be.len(), usize::from(rest.is_some()), "{real}");
    }
}
