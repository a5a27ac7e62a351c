//! How entries are written where conditions are kept, and where they are not.

use rstest::rstest;
use slotbridge::domain::entry::Draft;
use slotbridge::domain::ids::Etag;
use slotbridge::ports::calendar::Calendar;
use slotbridge::ports::error::Kind;
use wiremock::matchers::{header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::bench::{calendar, draft, edit};
use crate::script::{Skill, count, multistatus, server, url, with_props, xml};

fn booking() -> Draft {
    draft("b1", "Intro")
}

async fn get(server: &MockServer, status: u16, etag: Option<&str>, body: &str) {
    let mut answer = ResponseTemplate::new(status).set_body_string(body);
    if let Some(etag) = etag {
        answer = answer.insert_header("ETag", etag);
    }
    Mock::given(method("GET"))
        .respond_with(answer)
        .mount(server)
        .await;
}

async fn answers(server: &MockServer, verb: &str, status: u16, etag: Option<&str>) {
    let mut answer = ResponseTemplate::new(status);
    if let Some(etag) = etag {
        answer = answer.insert_header("ETag", etag);
    }
    Mock::given(method(verb))
        .respond_with(answer)
        .mount(server)
        .await;
}

/// The tag that a listing shows.
async fn listed(server: &MockServer, etag: Option<&str>) {
    let at = "/cal/b1@scheduler.slotbridge.ics";
    let prop = etag.map(|etag| format!("<d:getetag>{etag}</d:getetag>"));
    Mock::given(method("PROPFIND"))
        .and(path(at))
        .respond_with(multistatus(&with_props(at, &prop.unwrap_or_default())))
        .mount(server)
        .await;
}

/// What our own entry looks like on the server.
async fn text_of(draft: &Draft) -> String {
    let server = server(Skill::Strict).await;
    answers(&server, "PUT", 201, Some("\"1\"")).await;
    calendar(&url(&server)).create(draft).await.unwrap();
    let all = server.received_requests().await.unwrap();
    let put = all
        .iter()
        .find(|request| request.method.as_str() == "PUT")
        .unwrap();
    assert_eq!(put.headers.get("if-none-match").unwrap(), "*");
    assert_eq!(
        put.headers.get("content-type").unwrap(),
        "text/calendar; charset=utf-8"
    );
    assert_eq!(
        put.headers.get("content-length").unwrap().to_str().unwrap(),
        put.body.len().to_string()
    );
    assert_eq!(put.url.path(), "/cal/b1@scheduler.slotbridge.ics");
    assert_eq!(
        count(&server, "GET").await,
        0,
        "a server that keeps conditions needs no look"
    );
    String::from_utf8(put.body.clone()).unwrap()
}

#[tokio::test]
async fn a_create_looks_first_where_conditions_are_not_known_to_be_kept() {
    let server = server(Skill::Sync).await;
    get(&server, 200, None, "x").await;
    answers(&server, "PUT", 204, None).await;
    let error = calendar(&url(&server))
        .create(&booking())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), count(&server, "PUT").await),
        (Kind::Stale, 0)
    );
}

#[rstest]
#[case::strong(Some("\"1\""), Some("\"1\""), 0)]
#[case::missing(None, Some("\"read\""), 1)]
#[case::weak(Some("W/\"1\""), Some("\"read\""), 1)]
#[tokio::test]
async fn a_tag_that_a_write_does_not_give_is_read_back(
    #[case] given: Option<&str>,
    #[case] expected: Option<&str>,
    #[case] reads: usize,
) {
    let text = text_of(&booking()).await;
    let server = server(Skill::Strict).await;
    answers(&server, "PUT", 201, given).await;
    get(&server, 200, Some("\"read\""), &text).await;
    let written = calendar(&url(&server)).create(&booking()).await.unwrap();
    assert_eq!(written.etag.as_ref().map(Etag::as_str), expected);
    assert_eq!(count(&server, "GET").await, reads);
}

#[tokio::test]
async fn the_tag_of_somebody_elses_later_write_is_not_taken_for_ours() {
    let text = text_of(&booking()).await.replace("Intro", "Theirs");
    let server = server(Skill::Strict).await;
    answers(&server, "PUT", 201, None).await;
    get(&server, 200, Some("\"theirs\""), &text).await;
    let written = calendar(&url(&server)).create(&booking()).await.unwrap();
    assert_eq!(written.etag, None);
}

#[rstest]
#[case(412, "", Kind::Stale)]
#[case(409, "", Kind::Stale)]
#[case(405, "", Kind::Stale)]
#[case(403, "<C:no-uid-conflict/>", Kind::Stale)]
#[case(403, "", Kind::Refused)]
#[case(400, "", Kind::Refused)]
#[case(413, "", Kind::Refused)]
#[case(415, "", Kind::Refused)]
#[case(422, "", Kind::Refused)]
#[case(501, "", Kind::Refused)]
#[case(507, "", Kind::Refused)]
#[case(401, "", Kind::Denied)]
#[case(500, "", Kind::Transient)]
#[case(503, "", Kind::Transient)]
#[tokio::test]
async fn a_refused_write_is_sent_once_and_says_how_to_react(
    #[case] status: u16,
    #[case] body: &str,
    #[case] kind: Kind,
) {
    let server = server(Skill::Strict).await;
    Mock::given(method("PUT"))
        .respond_with(xml(status, body))
        .expect(1)
        .mount(&server)
        .await;
    let error = calendar(&url(&server))
        .create(&booking())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
}

#[tokio::test]
async fn an_update_compares_before_it_writes() {
    let text = text_of(&booking()).await;
    let server = server(Skill::Sync).await;
    get(&server, 200, Some("\"now\""), &text).await;
    Mock::given(method("PUT"))
        .and(header("if-match", "\"now\""))
        .respond_with(ResponseTemplate::new(204).insert_header("ETag", "\"next\""))
        .mount(&server)
        .await;
    listed(&server, Some("\"now\"")).await;
    let calendar = calendar(&url(&server));
    let change = |seen: Option<&str>| edit(&booking(), seen.map(Etag::new).as_ref(), "Later");
    for seen in [Some("\"before\""), None] {
        let error = calendar.update(&change(seen)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Stale, "{seen:?}");
        let seen = seen.map(Etag::new);
        let error = calendar
            .delete(&booking().href, seen.as_ref())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Stale, "{seen:?}");
    }
    assert_eq!(count(&server, "PUT").await, 0);
    // Unquoted in listings, weak behind a proxy: the same tag.
    for seen in ["\"now\"", "now", "W/\"now\""] {
        let written = calendar.update(&change(Some(seen))).await.unwrap();
        assert_eq!(written.etag, Some(Etag::new("\"next\"")));
    }
}

#[tokio::test]
async fn a_weak_tag_is_compared_and_never_sent() {
    let text = text_of(&booking()).await;
    let server = server(Skill::Strict).await;
    get(&server, 200, Some("W/\"now\""), &text).await;
    let refusal = ResponseTemplate::new(412);
    let sent = || Mock::given(header_exists("if-match")).respond_with(refusal.clone());
    sent().with_priority(1).mount(&server).await;
    answers(&server, "PUT", 204, Some("\"next\"")).await;
    answers(&server, "DELETE", 204, None).await;
    let calendar = calendar(&url(&server));
    let seen = Etag::new("W/\"now\"");
    calendar
        .update(&edit(&booking(), Some(&seen), "Later"))
        .await
        .unwrap();
    calendar.delete(&booking().href, Some(&seen)).await.unwrap();
    let stale = calendar
        .delete(&booking().href, Some(&Etag::new("W/\"old\"")))
        .await;
    assert_eq!(stale.unwrap_err().kind(), Kind::Stale);
}

#[tokio::test]
async fn a_tag_that_only_listings_show_is_asked_for() {
    let text = text_of(&booking()).await;
    let server = server(Skill::Sync).await;
    get(&server, 200, None, &text).await;
    listed(&server, Some("\"now\"")).await;
    answers(&server, "PUT", 204, Some("\"next\"")).await;
    let calendar = calendar(&url(&server));
    let seen = Etag::new("\"now\"");
    calendar
        .update(&edit(&booking(), Some(&seen), "Later"))
        .await
        .unwrap();
    let stale = calendar
        .update(&edit(&booking(), Some(&Etag::new("\"old\"")), "Later"))
        .await;
    assert_eq!(stale.unwrap_err().kind(), Kind::Stale);
}

#[rstest]
#[case(204, Ok(()))]
#[case(404, Ok(()))]
#[case(410, Ok(()))]
#[case(412, Err(Kind::Stale))]
#[case(403, Err(Kind::Refused))]
#[case(500, Err(Kind::Transient))]
#[tokio::test]
async fn what_is_gone_is_deleted(#[case] status: u16, #[case] expected: Result<(), Kind>) {
    let server = server(Skill::Strict).await;
    Mock::given(method("DELETE"))
        .and(header("if-match", "\"1\""))
        .respond_with(ResponseTemplate::new(status))
        .expect(1)
        .mount(&server)
        .await;
    let seen = Etag::new("\"1\"");
    let deleted = calendar(&url(&server))
        .delete(&booking().href, Some(&seen))
        .await;
    assert_eq!(deleted.map_err(|error| error.kind()), expected);
}

#[tokio::test]
async fn a_delete_looks_first_where_conditions_are_not_known_to_be_kept() {
    let server = server(Skill::Sync).await;
    get(&server, 200, Some("\"now\""), "x").await;
    answers(&server, "DELETE", 204, None).await;
    let calendar = calendar(&url(&server));
    let stale = calendar
        .delete(&booking().href, Some(&Etag::new("\"old\"")))
        .await;
    assert_eq!(
        (stale.unwrap_err().kind(), count(&server, "DELETE").await),
        (Kind::Stale, 0)
    );
    calendar
        .delete(&booking().href, Some(&Etag::new("\"now\"")))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_read_only_calendar_is_said_to_be_one() {
    let server = MockServer::start().await;
    let about = with_props(
        "/cal/",
        "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype><d:sync-token>http://sabre.io/ns/sync/1</d:sync-token>\
         <d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>",
    );
    Mock::given(method("PROPFIND"))
        .respond_with(multistatus(&about))
        .mount(&server)
        .await;
    answers(&server, "PUT", 403, None).await;
    let error = calendar(&url(&server))
        .create(&booking())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(error.remedy().unwrap().contains("only read"));
}

#[tokio::test]
async fn a_server_that_lists_without_tags_is_written_to_all_the_same() {
    let text = text_of(&booking()).await;
    let server = server(Skill::Sync).await;
    get(&server, 200, Some("\"now\""), &text).await;
    listed(&server, None).await;
    for verb in ["PUT", "DELETE"] {
        Mock::given(method(verb))
            .and(header("if-match", "\"now\""))
            .respond_with(ResponseTemplate::new(204).insert_header("ETag", "\"next\""))
            .expect(1)
            .mount(&server)
            .await;
    }
    let calendar = calendar(&url(&server));
    calendar
        .update(&edit(&booking(), None, "Later"))
        .await
        .unwrap();
    calendar.delete(&booking().href, None).await.unwrap();
}
