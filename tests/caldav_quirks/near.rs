//! What a full listing of a source leaves out, and on which servers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use slotbridge::adapters::caldav::{CaldavConfig, CaldavSource};
use slotbridge::domain::window::Window;
use slotbridge::ports::base::Base;
use slotbridge::ports::calendar::{Change, Coverage};
use slotbridge::ports::clock::Clock;
use slotbridge::ports::error::{Kind, Result};
use slotbridge::ports::source::Source as _;
use wiremock::matchers::{body_string_contains, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::bench::{MapBase, StillClock, alice};
use crate::script::{
    Skill, line, multistatus, propfind, server, sync, token, url, with_props, with_status,
};

const RADICALE: &str = "http://radicale.org/ns/sync/1";
const SABRE: &str = "http://sabre.io/ns/sync/1";

/// A server of this kind of token, with an object for each day from "past" to "future".
async fn kind(token_text: &str) -> MockServer {
    let server = server(Skill::Sync).await;
    let about = with_props(
        "/cal/",
        &format!(
            "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>\
             <d:displayname>Work</d:displayname><d:sync-token>{token_text}</d:sync-token>"
        ),
    );
    propfind("0")
        .respond_with(multistatus(&about))
        .with_priority(1)
        .mount(&server)
        .await;
    let lines = [
        "past.ics",
        "near.ics",
        "weekly.ics",
        "dates.ics",
        "busy.ics",
        "far.ics",
    ];
    let all: String = lines.iter().map(|name| line(name, "\"1\"")).collect();
    sync("")
        .respond_with(multistatus(&(all + &token(token_text))))
        .mount(&server)
        .await;
    server
}

/// Answers a query that says this.
async fn query(server: &MockServer, says: &str, answer: ResponseTemplate) {
    Mock::given(method("REPORT"))
        .and(header("depth", "1"))
        .and(body_string_contains("calendar-query"))
        .and(body_string_contains(says))
        .respond_with(answer)
        .mount(server)
        .await;
}

async fn good_queries(server: &MockServer) {
    let range = "start=\"20261120T000000Z\" end=\"20270220T000000Z\"";
    query(server, range, multistatus(&line("near.ics", "\"1\""))).await;
    query(
        server,
        "\"RRULE\"",
        multistatus(&line("weekly.ics", "\"1\"")),
    )
    .await;
    query(
        server,
        "\"RDATE\"",
        multistatus(&line("dates.ics", "\"1\"")),
    )
    .await;
    query(server, "\"RECURRENCE-ID\"", multistatus("")).await;
    query(
        server,
        "\"VFREEBUSY\"",
        multistatus(&line("busy.ics", "\"1\"")),
    )
    .await;
}

fn source(server: &MockServer, base: &Arc<MapBase>, all_of: usize) -> CaldavSource {
    source_with(server, base, all_of, Arc::new(StillClock::default()))
}

fn source_with(
    server: &MockServer,
    base: &Arc<MapBase>,
    all_of: usize,
    clock: Arc<dyn Clock>,
) -> CaldavSource {
    let config = CaldavConfig {
        url: url(server).parse().unwrap(),
        collection: None,
        credentials: alice(),
    };
    let base: Arc<dyn Base> = base.clone();
    let source = CaldavSource::new(config, base, clock).unwrap();
    source.listing_all_of(all_of)
}

/// The names in a full listing, and the queries that it took.
async fn list(server: &MockServer, source: &CaldavSource) -> Result<(Vec<String>, usize)> {
    let around = Window {
        from: "2026-11-21T00:00:00Z".parse().unwrap(),
        to: "2027-01-20T00:00:00Z".parse().unwrap(),
    };
    let before = queries(server).await;
    let mut listing = source.list(None, around).await?;
    let mut names = Vec::new();
    while let Some(lines) = listing.next().await? {
        names.extend(lines.into_iter().map(|line| match line {
            Change::There { href, .. } => href.to_string(),
            Change::Removed { href } => panic!("{href} is removed"),
        }));
    }
    let listed = listing.listed();
    assert_eq!(listed.coverage, Coverage::Full);
    assert!(listed.cursor.is_some());
    Ok((names, queries(server).await - before))
}

async fn queries(server: &MockServer) -> usize {
    let all = server.received_requests().await.unwrap();
    let is_query = |body: &[u8]| String::from_utf8_lossy(body).contains("calendar-query");
    all.iter().filter(|request| is_query(&request.body)).count()
}

const ALL: [&str; 6] = [
    "past.ics",
    "near.ics",
    "weekly.ics",
    "dates.ics",
    "busy.ics",
    "far.ics",
];

#[tokio::test]
async fn a_large_calendar_is_listed_by_what_is_near_or_recurs() {
    let server = kind(RADICALE).await;
    good_queries(&server).await;
    let source = source(&server, &Arc::default(), 5);
    let (names, queries) = list(&server, &source).await.unwrap();
    assert_eq!(names, ["near.ics", "weekly.ics", "dates.ics", "busy.ics"]);
    assert_eq!(queries, 5);
}

#[rstest]
#[case::small(RADICALE, 6)]
#[case::of_a_server_that_misses_recurrences(SABRE, 0)]
#[tokio::test]
async fn another_calendar_is_listed_whole_without_a_query(
    #[case] token: &str,
    #[case] all_of: usize,
) {
    let server = kind(token).await;
    good_queries(&server).await;
    let source = source(&server, &Arc::default(), all_of);
    let (names, queries) = list(&server, &source).await.unwrap();
    assert_eq!((names, queries), (ALL.map(str::to_owned).to_vec(), 0));
}

#[rstest]
#[case::refused(ResponseTemplate::new(403))]
#[case::broken(ResponseTemplate::new(500))]
#[case::nonsense(ResponseTemplate::new(207).set_body_raw("<html/>", "text/html"))]
#[case::cut_short(multistatus(&(line("near.ics", "\"1\"") + &with_status("/cal/", 507))))]
#[tokio::test]
async fn a_query_that_fails_leaves_nothing_out_and_is_not_asked_again(
    #[case] answer: ResponseTemplate,
) {
    let server = kind(RADICALE).await;
    query(&server, "time-range", answer).await;
    good_queries(&server).await;
    let base = Arc::<MapBase>::default();
    let all = ALL.map(str::to_owned).to_vec();
    let first = source(&server, &base, 0);
    // One try: a query that keeps a server busy is not sent again.
    let (names, queries) = list(&server, &first).await.unwrap();
    assert!(names == all && queries == 1, "{names:?} {queries}");
    let (names, queries) = list(&server, &first).await.unwrap();
    assert!(names == all && queries == 0, "{names:?} {queries}");
    let after_a_restart = source(&server, &base, 0);
    let (names, queries) = list(&server, &after_a_restart).await.unwrap();
    assert!(names == all && queries == 0, "{names:?} {queries}");
}

/// So many hours after the others.
struct Later(i64);

#[async_trait]
impl Clock for Later {
    fn now(&self) -> Timestamp {
        StillClock::default().now() + SignedDuration::from_hours(self.0)
    }

    async fn sleep(&self, _: Duration) {}
}

#[tokio::test]
async fn a_query_that_failed_once_is_asked_again_after_a_day_and_then_after_longer() {
    let server = kind(RADICALE).await;
    Mock::given(body_string_contains("time-range"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(3)
        .mount(&server)
        .await;
    good_queries(&server).await;
    let base = Arc::<MapBase>::default();
    let all = ALL.map(str::to_owned).to_vec();
    let at = |hours: i64| source_with(&server, &base, 0, Arc::new(Later(hours)));
    for (hours, expected) in [(0, 1), (20, 0), (24, 1), (24 + 40, 0), (24 + 48, 1)] {
        let (names, queries) = list(&server, &at(hours)).await.unwrap();
        assert!(names == all && queries == expected, "{hours}: {queries}");
    }
    for hours in [24 + 48 + 96, 24 + 48 + 97] {
        let (names, queries) = list(&server, &at(hours)).await.unwrap();
        assert!(
            names.len() < all.len() && queries == 5,
            "{hours}: {queries}"
        );
    }
}

#[tokio::test]
async fn a_query_that_meets_a_limit_of_requests_waits_as_told() {
    let server = kind(RADICALE).await;
    let wait = ResponseTemplate::new(429).insert_header("retry-after", "90");
    query(&server, "time-range", wait).await;
    let source = source(&server, &Arc::default(), 0);
    let error = list(&server, &source).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Throttled { .. }), "{error}");
}
