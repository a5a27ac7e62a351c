//! How calendars are found, and how moved ones are followed.

use std::sync::Arc;

use jiff::Timestamp;
use rstest::rstest;
use slotbridge::adapters::caldav::{Caldav, CaldavConfig, Credentials, discover};
use slotbridge::ports::calendar::{Calendar, Coverage};
use slotbridge::ports::clock::Clock;
use slotbridge::ports::error::Kind;
use url::Url;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::bench::{MapBase, StillClock, alice, calendar_with, list};
use crate::script::{
    Skill, about, count, line, multistatus, server, sync, token, url, with_props, xml,
};

fn asked(depth: &str, at: &str) -> wiremock::MockBuilder {
    Mock::given(method("PROPFIND"))
        .and(path(at))
        .and(header("depth", depth))
}

fn to(status: u16, target: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("Location", target)
}

/// A server as RFC 6764 wants it, with two homes.
async fn proper() -> MockServer {
    let server = MockServer::start().await;
    let principal = with_props(
        "/dav/",
        "<d:current-user-principal><d:href>/p/alice/</d:href></d:current-user-principal>",
    );
    let homes = with_props(
        "/p/alice/",
        "<c:calendar-home-set><d:href>/home/one/</d:href><d:href>/home/two/</d:href></c:calendar-home-set>",
    );
    let events = |name: &str, kind: &str| {
        format!(
            "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype><d:displayname>{name}</d:displayname>\
             <c:supported-calendar-component-set><c:comp name=\"{kind}\"/></c:supported-calendar-component-set>\
             <d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>"
        )
    };
    let one = [
        with_props(
            "/home/one/",
            "<d:resourcetype><d:collection/></d:resourcetype>",
        ),
        with_props("/home/one/work/", &events("Work", "VEVENT")),
        with_props("/home/one/tasks/", &events("Tasks", "VTODO")),
        with_props(
            "/home/one/inbox/",
            "<d:resourcetype><d:collection/><c:schedule-inbox/></d:resourcetype>",
        ),
    ];
    let two = [
        with_props("/home/two/work2/", &events("Private", "VEVENT")),
        with_props("/home/two/double/", &events("Private", "VEVENT")),
    ];
    let found = asked("0", "/.well-known/caldav").respond_with(to(303, "/dav/"));
    found.mount(&server).await;
    asked("0", "/dav/")
        .respond_with(multistatus(&principal))
        .mount(&server)
        .await;
    asked("0", "/p/alice/")
        .respond_with(multistatus(&homes))
        .mount(&server)
        .await;
    asked("1", "/home/one/")
        .respond_with(multistatus(&one.concat()))
        .mount(&server)
        .await;
    asked("1", "/home/two/")
        .respond_with(multistatus(&two.concat()))
        .mount(&server)
        .await;
    for home in ["/home/one/work/", "/home/two/work2/"] {
        let inner = [with_props(&format!("{home}a.ics"), ""), token("t")].concat();
        let report = Mock::given(method("PROPFIND"))
            .and(path(home))
            .and(header("depth", "1"));
        report
            .respond_with(multistatus(&inner))
            .mount(&server)
            .await;
    }
    server
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(StillClock::default())
}

fn config(url: &str) -> CaldavConfig {
    CaldavConfig {
        url: Url::parse(url).unwrap(),
        collection: None,
        credentials: alice(),
    }
}

#[tokio::test]
async fn all_homes_of_the_user_are_looked_into_for_events() {
    let server = proper().await;
    let found = discover(config(&server.uri()), clock()).await.unwrap();
    let names: Vec<&str> = found.iter().map(|c| c.display_name.as_str()).collect();
    assert_eq!(names, ["Work", "Private", "Private"]);
    assert_eq!(found[0].writable, Some(false));
    assert_eq!(found[0].url.path(), "/home/one/work/");
}

#[rstest]
#[case::by_name("Work", Ok(()))]
#[case::by_segment("work2", Ok(()))]
#[case::unknown("Nope", Err("there is no calendar \"Nope\""))]
#[case::tasks("Tasks", Err("there is no calendar \"Tasks\""))]
#[case::several("Private", Err("there are several calendars \"Private\""))]
#[tokio::test]
async fn a_calendar_is_picked_by_name_or_segment(
    #[case] name: &str,
    #[case] expected: Result<(), &str>,
) {
    let server = proper().await;
    let calendar = calendar_with(&server.uri(), Some(name), alice(), &Arc::default());
    match (list(&calendar, None).await, expected) {
        (Ok(read), Ok(())) => assert_eq!(read.listed.coverage, Coverage::Full),
        (Err(error), Err(why)) => {
            assert_eq!((error.kind(), error.cause().as_str()), (Kind::Missing, why));
            assert!(error.remedy().unwrap().contains("/home/two/double/"));
        }
        (got, expected) => panic!("{got:?}, not {expected:?}"),
    }
}

#[tokio::test]
async fn several_calendars_and_no_choice_is_said() {
    let server = proper().await;
    let calendar = calendar_with(&server.uri(), None, alice(), &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
}

#[tokio::test]
async fn a_server_without_principals_is_taken_at_its_word() {
    let server = MockServer::start().await;
    let plain = with_props("/cal/", "<d:resourcetype><d:collection/></d:resourcetype>");
    let inner = [plain.clone(), line("a.ics", "1")].concat();
    asked("0", "/cal/")
        .respond_with(multistatus(&plain))
        .mount(&server)
        .await;
    asked("1", "/cal/")
        .respond_with(multistatus(&inner))
        .mount(&server)
        .await;
    let calendar = calendar_with(&url(&server), None, alice(), &Arc::default());
    let read = list(&calendar, None).await.unwrap();
    assert_eq!((read.lines, read.listed.coverage), (1, Coverage::Full));
}

#[tokio::test]
async fn a_web_server_is_no_calendar() {
    let server = MockServer::start().await;
    Mock::given(method("PROPFIND"))
        .respond_with(xml(200, "<!DOCTYPE html><html></html>"))
        .mount(&server)
        .await;
    let calendar = calendar_with(&server.uri(), None, alice(), &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
}

#[tokio::test]
async fn another_calendar_is_not_the_one_that_is_gone() {
    let server = MockServer::start().await;
    let principal = with_props(
        "/",
        "<c:calendar-home-set><d:href>/home/</d:href></c:calendar-home-set>",
    );
    asked("0", "/")
        .respond_with(multistatus(&principal))
        .mount(&server)
        .await;
    asked("1", "/home/")
        .respond_with(multistatus(&about("/home/other/", Skill::Sync)))
        .mount(&server)
        .await;
    let gone = format!("{}/home/work/", server.uri());
    let calendar = calendar_with(&gone, None, alice(), &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing);
    assert!(
        error.remedy().unwrap().contains("/home/other/"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_calendar_that_moved_is_followed_and_remembered() {
    let server = server(Skill::Sync).await;
    let base = Arc::<MapBase>::default();
    sync("")
        .respond_with(multistatus(&[line("a.ics", "\"1\""), token("t1")].concat()))
        .mount(&server)
        .await;
    let first = calendar_with(&url(&server), None, alice(), &base);
    list(&first, None).await.unwrap();

    server.reset().await;
    let inner = [
        with_props("/new/a.ics", "<d:getetag>\"1\"</d:getetag>"),
        token("t1"),
    ];
    Mock::given(path("/cal/"))
        .respond_with(to(301, "/new/"))
        .mount(&server)
        .await;
    Mock::given(method("REPORT"))
        .and(path("/new/"))
        .respond_with(multistatus(&inner.concat()))
        .mount(&server)
        .await;
    let again = calendar_with(&url(&server), None, alice(), &base);
    assert_eq!(list(&again, None).await.unwrap().lines, 1);
    assert_eq!(again.meter().requests(), 2);
    let third = calendar_with(&url(&server), None, alice(), &base);
    assert_eq!(list(&third, None).await.unwrap().lines, 1);
    assert_eq!(third.meter().requests(), 1);
}

#[tokio::test]
async fn a_named_calendar_that_is_gone_from_its_place_is_found_again() {
    let server = proper().await;
    let base = Arc::<MapBase>::default();
    let first = calendar_with(&server.uri(), Some("Work"), alice(), &base);
    list(&first, None).await.unwrap();
    let stored = base.0.lock().unwrap().values().next().unwrap().clone();
    let stored = String::from_utf8(stored).unwrap();
    assert!(stored.contains("/home/one/work/"), "{stored}");
    let elsewhere = stored.replace("/home/one/work/", "/home/old/work/");
    let key = base.0.lock().unwrap().keys().next().unwrap().clone();
    base.0
        .lock()
        .unwrap()
        .insert(key.clone(), elsewhere.into_bytes());

    let again = calendar_with(&server.uri(), Some("Work"), alice(), &base);
    let cursor = "token:old".into();
    let read = list(&again, Some(&cursor)).await.unwrap();
    assert_eq!((read.lines, read.listed.coverage), (1, Coverage::Full));
    assert_eq!(base.0.lock().unwrap()[&key], stored.into_bytes());
}

#[rstest]
#[case(301)]
#[case(302)]
#[case(303)]
#[case(307)]
#[case(308)]
#[tokio::test]
async fn nothing_follows_a_redirect_to_another_host(#[case] status: u16) {
    let (server, other) = (server(Skill::Sync).await, MockServer::start().await);
    let target = format!("{}/cal/", other.uri());
    sync("")
        .respond_with(to(status, &target))
        .mount(&server)
        .await;
    let calendar = calendar_with(&url(&server), None, alice(), &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_href_of_another_host_is_not_told_who_we_are() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let home = with_props(
        "/",
        &format!(
            "<c:calendar-home-set><d:href>{}/home/</d:href></c:calendar-home-set>",
            other.uri()
        ),
    );
    asked("0", "/")
        .respond_with(multistatus(&home))
        .mount(&server)
        .await;
    let calendar = calendar_with(&server.uri(), None, alice(), &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let server = server(Skill::Sync).await;
    sync("").respond_with(to(302, "/cal/")).mount(&server).await;
    let calendar = calendar_with(&url(&server), None, alice(), &Arc::default());
    let error = list(&calendar, None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
    assert_eq!(count(&server, "REPORT").await, 6);
}

#[rstest]
#[case("http://dav.example.org/")]
#[case("https://alice:secret@dav.example.org/")]
#[case("mailto:nobody")]
#[case("ftp://dav.example.org/")]
fn an_address_that_will_not_do_is_said_at_once(#[case] url: &str) {
    let made = Caldav::new(config(url), Arc::<MapBase>::default(), clock());
    let error = made.err().unwrap();
    assert_eq!(error.kind(), Kind::Local);
    assert!(!format!("{error}{error:?}").contains("secret"));
}

#[test]
fn a_mail_address_names_its_server() {
    let nobody = CaldavConfig {
        credentials: Credentials::None,
        ..config("mailto:alice@example.org")
    };
    assert!(Caldav::new(nobody, Arc::<MapBase>::default(), clock()).is_ok());
    assert!(clock().now() > Timestamp::UNIX_EPOCH);
}
