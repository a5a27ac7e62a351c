//! Tokens and ctags, and every way in which they are refused.

use std::sync::Arc;

use rstest::rstest;
use slotbridge::domain::ids::Cursor;
use slotbridge::ports::calendar::{Calendar, Coverage};
use slotbridge::ports::error::Kind;
use wiremock::ResponseTemplate;

use crate::bench::{MapBase, alice, calendar, calendar_with, list};
use crate::script::{
    Skill, line, multistatus, propfind, server, sync, token, url, with_props, xml,
};

#[rstest]
#[case(400)]
#[case(403)]
#[case(404)]
#[case(405)]
#[case(409)]
#[case(410)]
#[case(412)]
#[case(415)]
#[case(418)]
#[case(500)]
#[case(501)]
#[case(507)]
#[tokio::test]
async fn a_refused_token_turns_into_a_full_listing(#[case] status: u16) {
    let server = server(Skill::Sync).await;
    let inner = [line("a.ics", "\"1\""), token("t5")];
    sync("old")
        .respond_with(xml(status, "<x/>"))
        .mount(&server)
        .await;
    sync("")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let calendar = calendar(&url(&server));
    let read = list(&calendar, Some(&Cursor::new("token:old")))
        .await
        .unwrap();
    assert_eq!((read.lines, read.listed.coverage), (1, Coverage::Full));
    assert_eq!(read.listed.cursor, Some(Cursor::new("token:t5")));
}

#[tokio::test]
async fn a_web_page_in_answer_to_a_token_turns_into_a_full_listing() {
    let server = server(Skill::Sync).await;
    sync("old")
        .respond_with(xml(200, "<html><body/></html>"))
        .mount(&server)
        .await;
    sync("")
        .respond_with(multistatus(&line("a.ics", "\"1\"")))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), Some(&Cursor::new("token:old")))
        .await
        .unwrap();
    assert_eq!((read.lines, read.listed.coverage), (1, Coverage::Full));
    // It gave no token to go on with.
    assert_eq!(read.listed.cursor, None);
}

#[rstest]
#[case(502)]
#[case(503)]
#[case(504)]
#[tokio::test]
async fn a_gateway_in_trouble_does_not_cost_the_token(#[case] status: u16) {
    let server = server(Skill::Sync).await;
    sync("old")
        .respond_with(xml(status, ""))
        .expect(3)
        .mount(&server)
        .await;
    let calendar = calendar(&url(&server));
    let error = list(&calendar, Some(&Cursor::new("token:old")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
}

#[tokio::test]
async fn a_server_too_large_for_reports_is_listed_by_etags_and_keeps_its_token() {
    let server = server(Skill::Sync).await;
    let inner = [
        with_props("/cal/", "<d:sync-token>t7</d:sync-token>"),
        line("a.ics", "\"1\""),
    ];
    sync("").respond_with(xml(400, "")).mount(&server).await;
    propfind("1")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), None).await.unwrap();
    assert_eq!((read.lines, read.listed.coverage), (1, Coverage::Full));
    assert_eq!(read.listed.cursor, Some(Cursor::new("token:t7")));
}

#[tokio::test]
async fn a_server_that_refuses_every_token_is_listed_by_ctag_from_then_on() {
    let server = server(Skill::Sync).await;
    let inner = [
        with_props(
            "/cal/",
            "<d:sync-token>t7</d:sync-token><cs:getctag>c7</cs:getctag>",
        ),
        line("a.ics", "\"1\""),
    ];
    sync("old").respond_with(xml(501, "")).mount(&server).await;
    sync("").respond_with(xml(501, "")).mount(&server).await;
    propfind("1")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    propfind("0")
        .and(wiremock::matchers::body_string_contains(
            "<D:prop><CS:getctag/></D:prop>",
        ))
        .respond_with(multistatus(&with_props(
            "/cal/",
            "<cs:getctag>c7</cs:getctag>",
        )))
        .mount(&server)
        .await;
    let calendar = calendar(&url(&server));
    let read = list(&calendar, Some(&Cursor::new("token:old")))
        .await
        .unwrap();
    assert_eq!(read.listed.cursor, Some(Cursor::new("ctag:c7")));
    let before = calendar.meter().requests();
    let read = list(&calendar, read.listed.cursor.as_ref()).await.unwrap();
    assert_eq!((read.lines, read.listed.coverage), (0, Coverage::Since));
    assert_eq!(calendar.meter().requests() - before, 1);
}

#[tokio::test]
async fn a_ctag_that_stands_still_costs_one_request() {
    let server = server(Skill::Ctag).await;
    let inner = [
        with_props("/cal/", "<cs:getctag>c0</cs:getctag>"),
        line("a.ics", "\"1\""),
    ];
    propfind("1")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let base = Arc::<MapBase>::default();
    let first = calendar_with(&url(&server), None, alice(), &base);
    let full = list(&first, None).await.unwrap();
    assert_eq!(full.listed.cursor, Some(Cursor::new("ctag:c0")));

    let again = calendar_with(&url(&server), None, alice(), &base);
    let quiet = list(&again, full.listed.cursor.as_ref()).await.unwrap();
    assert_eq!((quiet.lines, quiet.listed.coverage), (0, Coverage::Since));
    assert_eq!(quiet.listed.cursor, full.listed.cursor);
    assert_eq!(again.meter().requests(), 1);

    let moved = list(&again, Some(&Cursor::new("ctag:older")))
        .await
        .unwrap();
    assert_eq!((moved.lines, moved.listed.coverage), (1, Coverage::Full));
}

#[tokio::test]
async fn minus_one_is_no_mark() {
    let server = server(Skill::Sync).await;
    let inner = [line("a.ics", "\"1\""), token("-1")];
    sync("")
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let calendar = calendar(&url(&server));
    let read = list(&calendar, Some(&Cursor::new("token:-1")))
        .await
        .unwrap();
    assert_eq!(
        (read.listed.coverage, read.listed.cursor),
        (Coverage::Full, None)
    );
}

#[tokio::test]
async fn a_passing_fault_is_tried_three_times() {
    let server = server(Skill::Sync).await;
    let fault = ResponseTemplate::new(502);
    sync("t1")
        .respond_with(fault)
        .up_to_n_times(2)
        .expect(2)
        .mount(&server)
        .await;
    sync("t1")
        .respond_with(multistatus(&token("t2")))
        .expect(1)
        .mount(&server)
        .await;
    let read = list(&calendar(&url(&server)), Some(&Cursor::new("token:t1")))
        .await
        .unwrap();
    assert_eq!(read.listed.coverage, Coverage::Since);
}

#[rstest]
#[case::soon(429, Some("1"), "2026-11-21T10:01:00Z")]
#[case::wordless(429, None, "2026-11-21T10:01:00Z")]
#[case::in_a_while(503, Some("600"), "2026-11-21T10:10:00Z")]
#[case::next_year(503, Some("99999999"), "2026-11-21T12:00:00Z")]
#[tokio::test]
async fn a_server_that_asks_to_wait_is_waited_for(
    #[case] status: u16,
    #[case] after: Option<&str>,
    #[case] expected: &str,
) {
    let server = server(Skill::Sync).await;
    let mut answer = ResponseTemplate::new(status);
    if let Some(after) = after {
        answer = answer.insert_header("Retry-After", after);
    }
    sync("").respond_with(answer).expect(1).mount(&server).await;
    let calendar = calendar(&url(&server));
    let error = list(&calendar, None).await.unwrap_err();
    let until = expected.parse().unwrap();
    assert_eq!(error.kind(), Kind::Throttled { until });
    assert_eq!(calendar.meter().throttles(), 1);
}

#[tokio::test]
async fn a_403_about_usage_limits_is_a_rate_limit() {
    let server = server(Skill::Sync).await;
    let body = r#"{"error": {"domain": "usageLimits"}}"#;
    sync("t1").respond_with(xml(403, body)).mount(&server).await;
    let calendar = calendar(&url(&server));
    let error = list(&calendar, Some(&Cursor::new("token:t1")))
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::Throttled { .. }));
}
