//! What every Zoom calendar behind the port must do. Each check starts from an empty calendar.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use slotbridge::domain::block::{Block, BlockDraft};
use slotbridge::domain::ids::{BlockId, SyncToken, ZoomCalendarId};
use slotbridge::domain::time_span::TimeSpan;
use slotbridge::domain::window::Window;
use slotbridge::ports::calendar::Coverage;
use slotbridge::ports::error::Kind;
use slotbridge::ports::zoom_calendar::{BlocksListed, ZoomCalendar};

use crate::bench::kind;

/// A Zoom calendar under test, with a back door for what the host does to it.
#[async_trait]
pub trait Bench: Send + Sync {
    fn calendar(&self) -> &dyn ZoomCalendar;
    /// The host adds an event of their own.
    async fn add_foreign(&self, span: TimeSpan) -> BlockId;
    /// How many events that are not ours stand there.
    async fn foreign(&self) -> usize;
    async fn retitle(&self, id: &BlockId);
    async fn make_transparent(&self, id: &BlockId);
    async fn shift(&self, id: &BlockId, span: TimeSpan);
    async fn untag(&self, id: &BlockId);
    async fn remove(&self, id: &BlockId);
    async fn expire_tokens(&self);
}

/// Makes a module of tests out of all checks.
#[macro_export]
macro_rules! zoom_calendar_contract {
    ($name:ident, $open:path) => {
        $crate::zoom_calendar_contract!(@tests $name, $open,
            a_block_reads_back_as_it_was_drafted,
            the_calendar_found_is_the_one_that_is_written,
            a_full_listing_shows_our_blocks_in_the_window_and_nothing_else,
            three_hundred_blocks_are_listed,
            a_token_shows_what_was_added_changed_and_removed,
            a_token_shows_nothing_when_nothing_happened,
            a_token_that_is_not_good_gives_a_full_listing,
            an_edit_is_seen_and_put_right,
            a_change_of_what_is_gone_is_stale,
            deleting_twice_is_deleting_once,
            a_block_without_its_tag_is_not_ours,
            a_calendar_that_nobody_knows_is_missing,
            a_draft_without_time_is_refused,
            each_call_is_counted,
        );
    };
    (@tests $name:ident, $open:path, $($check:ident),+ $(,)?) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let bench = $open().await;
                    $crate::zoom_calendar::$check(&bench).await;
                }
            )+
        }
    };
}

/// So many hours after the window begins.
fn at(hour: i64) -> Timestamp {
    window().from + SignedDuration::from_hours(hour)
}

fn span(start: i64, end: i64) -> TimeSpan {
    TimeSpan {
        start: at(start),
        end: at(end),
    }
}

fn draft(start: i64, end: i64) -> BlockDraft {
    BlockDraft {
        span: span(start, end),
        title: "Busy, Zoë".to_owned(),
    }
}

fn window() -> Window {
    Window {
        from: "2026-11-23T00:00:00Z".parse().expect("a time"),
        to: "2027-01-22T00:00:00Z".parse().expect("a time"),
    }
}

async fn primary(bench: &dyn Bench) -> ZoomCalendarId {
    bench.calendar().primary().await.expect("a calendar")
}

async fn created(bench: &dyn Bench, draft: &BlockDraft) -> BlockId {
    let calendar = primary(bench).await;
    let created = bench.calendar().create_block(&calendar, draft).await;
    created.expect("created")
}

async fn listed(bench: &dyn Bench, since: Option<&SyncToken>) -> BlocksListed {
    let calendar = primary(bench).await;
    let listed = bench.calendar().blocks(&calendar, window(), since).await;
    let mut listed = listed.expect("a listing");
    listed.blocks.sort_by_key(|block| block.span);
    listed.gone.sort();
    listed
}

async fn block(bench: &dyn Bench, id: &BlockId) -> Option<Block> {
    let calendar = primary(bench).await;
    bench.calendar().block(&calendar, id).await.expect("read")
}

fn ids(blocks: &[Block]) -> Vec<BlockId> {
    blocks.iter().map(|block| block.id.clone()).collect()
}

pub async fn a_block_reads_back_as_it_was_drafted(bench: &dyn Bench) {
    let draft = draft(10, 11);
    let id = created(bench, &draft).await;
    let read = block(bench, &id).await.expect("a block");
    assert!(read.is_as(&draft), "{read:?}");
    assert_eq!(listed(bench, None).await.blocks, [read]);
}

pub async fn the_calendar_found_is_the_one_that_is_written(bench: &dyn Bench) {
    assert_eq!(primary(bench).await, primary(bench).await);
    created(bench, &draft(10, 11)).await;
    assert_eq!(listed(bench, None).await.blocks.len(), 1);
}

pub async fn a_full_listing_shows_our_blocks_in_the_window_and_nothing_else(bench: &dyn Bench) {
    bench.add_foreign(span(10, 12)).await;
    let mut shown = Vec::new();
    for (start, end, seen) in [
        (-2, 0, false),
        (-2, 1, true),
        (5, 6, true),
        (60 * 24 - 1, 60 * 24 + 5, true),
        (60 * 24, 60 * 24 + 1, false),
    ] {
        let id = created(bench, &draft(start, end)).await;
        if seen {
            shown.push(id);
        }
    }
    let listed = listed(bench, None).await;
    assert_eq!(listed.coverage, Coverage::Full);
    assert_eq!(ids(&listed.blocks), shown);
    assert_eq!(listed.gone, []);
    assert_eq!(bench.foreign().await, 1);
}

pub async fn three_hundred_blocks_are_listed(bench: &dyn Bench) {
    for hour in 0..300 {
        created(bench, &draft(hour, hour + 1)).await;
    }
    assert_eq!(listed(bench, None).await.blocks.len(), 300);
}

pub async fn a_token_shows_what_was_added_changed_and_removed(bench: &dyn Bench) {
    let mut all = Vec::new();
    for hour in 0..5 {
        all.push(created(bench, &draft(hour * 2, hour * 2 + 1)).await);
    }
    let token = listed(bench, None).await.next.expect("a token");
    bench.shift(&all[1], span(30, 31)).await;
    bench.remove(&all[2]).await;
    let calendar = primary(bench).await;
    let deleted = bench.calendar().delete_block(&calendar, &all[3]).await;
    deleted.expect("deleted");
    bench.untag(&all[4]).await;
    let foreign = bench.add_foreign(span(10, 12)).await;
    let new = created(bench, &draft(20, 21)).await;
    let listed = listed(bench, Some(&token)).await;
    assert_eq!(listed.coverage, Coverage::Since);
    assert_eq!(ids(&listed.blocks), [new, all[1].clone()]);
    assert_eq!(listed.blocks[1].span, Some(span(30, 31)));
    let mut gone = listed.gone;
    gone.retain(|id| *id != foreign);
    let mut expected = all[2..].to_vec();
    expected.sort();
    assert_eq!(gone, expected);
}

pub async fn a_token_shows_nothing_when_nothing_happened(bench: &dyn Bench) {
    created(bench, &draft(1, 2)).await;
    let mut token = listed(bench, None).await.next.expect("a token");
    for _ in 0..3 {
        let listed = listed(bench, Some(&token)).await;
        assert_eq!((listed.coverage, listed.blocks), (Coverage::Since, vec![]));
        assert_eq!(listed.gone, []);
        token = listed.next.expect("a token");
    }
}

pub async fn a_token_that_is_not_good_gives_a_full_listing(bench: &dyn Bench) {
    let id = created(bench, &draft(1, 2)).await;
    let token = listed(bench, None).await.next.expect("a token");
    bench.expire_tokens().await;
    for token in [token, SyncToken::new("nobody knows me")] {
        let listed = listed(bench, Some(&token)).await;
        assert_eq!(listed.coverage, Coverage::Full);
        assert_eq!(ids(&listed.blocks), std::slice::from_ref(&id));
        assert!(listed.next.is_some());
    }
}

pub async fn an_edit_is_seen_and_put_right(bench: &dyn Bench) {
    let draft = draft(1, 2);
    let id = created(bench, &draft).await;
    let calendar = primary(bench).await;
    for edit in 0..3 {
        match edit {
            0 => bench.retitle(&id).await,
            1 => bench.make_transparent(&id).await,
            _ => bench.shift(&id, span(5, 7)).await,
        }
        let edited = block(bench, &id).await.expect("a block");
        assert!(!edited.is_as(&draft), "{edited:?}");
        // Doing it twice is doing it once.
        for _ in 0..2 {
            let changed = bench.calendar().change_block(&calendar, &id, &draft).await;
            changed.expect("changed");
        }
        let right = block(bench, &id).await.expect("a block");
        assert!(right.is_as(&draft), "{right:?}");
    }
    assert_eq!(listed(bench, None).await.blocks.len(), 1);
}

pub async fn a_change_of_what_is_gone_is_stale(bench: &dyn Bench) {
    let id = created(bench, &draft(1, 2)).await;
    bench.remove(&id).await;
    let calendar = primary(bench).await;
    for id in [id, BlockId::new("nobody")] {
        let draft = draft(1, 2);
        let changed = bench.calendar().change_block(&calendar, &id, &draft);
        assert_eq!(kind(changed.await), Kind::Stale);
        assert_eq!(block(bench, &id).await, None);
    }
}

pub async fn deleting_twice_is_deleting_once(bench: &dyn Bench) {
    let id = created(bench, &draft(1, 2)).await;
    let calendar = primary(bench).await;
    for id in [&id, &id, &BlockId::new("nobody")] {
        let deleted = bench.calendar().delete_block(&calendar, id).await;
        deleted.expect("deleted");
    }
    assert_eq!(listed(bench, None).await.blocks, []);
}

pub async fn a_block_without_its_tag_is_not_ours(bench: &dyn Bench) {
    let id = created(bench, &draft(1, 2)).await;
    bench.untag(&id).await;
    assert_eq!(block(bench, &id).await, None);
    assert_eq!(listed(bench, None).await.blocks, []);
}

pub async fn a_calendar_that_nobody_knows_is_missing(bench: &dyn Bench) {
    let nobody = ZoomCalendarId::new("nobody@zmail.example");
    let calendar = bench.calendar();
    let full = calendar.blocks(&nobody, window(), None).await;
    assert_eq!(kind(full), Kind::Missing);
    let token = SyncToken::new("nobody knows me");
    let since = calendar.blocks(&nobody, window(), Some(&token)).await;
    assert_eq!(kind(since), Kind::Missing);
    let created = calendar.create_block(&nobody, &draft(1, 2)).await;
    assert_eq!(kind(created), Kind::Missing);
}

pub async fn a_draft_without_time_is_refused(bench: &dyn Bench) {
    let calendar = primary(bench).await;
    for draft in [draft(1, 1), draft(2, 1)] {
        let created = bench.calendar().create_block(&calendar, &draft).await;
        assert_eq!(kind(created), Kind::Refused);
    }
    assert_eq!(listed(bench, None).await.blocks, []);
}

pub async fn each_call_is_counted(bench: &dyn Bench) {
    let calendar = primary(bench).await;
    let before = bench.calendar().meter().requests();
    let listed = bench.calendar().blocks(&calendar, window(), None).await;
    listed.expect("a listing");
    assert_eq!(bench.calendar().meter().requests() - before, 1);
}
