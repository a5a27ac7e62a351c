//! How objects are read.

use rstest::rstest;
use slotbridge::domain::ids::{Etag, Href};
use slotbridge::ports::calendar::{Calendar, Content};
use slotbridge::ports::error::Kind;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::bench::calendar;
use crate::script::{
    Skill, count, foreign, multiget, multistatus, propfind, server, url, with_props, with_status,
    xml,
};

fn hrefs(names: &[&str]) -> Vec<Href> {
    names.iter().map(|name| Href::new(*name)).collect()
}

fn given(name: &str) -> String {
    let data = foreign().replace('&', "&amp;");
    with_props(
        &format!("/cal/{name}"),
        &format!("<d:getetag>\"m\"</d:getetag><c:calendar-data>{data}</c:calendar-data>"),
    )
}

async fn alone(server: &MockServer, name: &str, status: u16) {
    let mut answer = ResponseTemplate::new(status);
    if status == 200 {
        answer = answer
            .insert_header("ETag", "\"g\"")
            .set_body_string(foreign());
    }
    Mock::given(method("GET"))
        .and(path(format!("/cal/{name}")))
        .respond_with(answer)
        .mount(server)
        .await;
}

#[rstest]
#[case::with_a_404(with_status("/cal/b.ics", 404))]
#[case::in_silence(String::new())]
#[tokio::test]
async fn what_a_multiget_leaves_out_is_looked_at_alone(#[case] about_b: String) {
    let server = server(Skill::Sync).await;
    multiget()
        .respond_with(multistatus(&[given("%61.ics"), about_b].concat()))
        .mount(&server)
        .await;
    alone(&server, "b.ics", 404).await;
    alone(&server, "c.ics", 200).await;
    let read = calendar(&url(&server))
        .read(&hrefs(&["c.ics", "b.ics", "a.ics"]))
        .await
        .unwrap();
    let found: Vec<(&str, Option<&str>, &Content)> = read
        .iter()
        .map(|o| {
            (
                o.href.as_str(),
                o.etag.as_ref().map(Etag::as_str),
                &o.content,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("c.ics", Some("\"g\""), &Content::Foreign),
            ("b.ics", None, &Content::Absent),
            ("a.ics", Some("\"m\""), &Content::Foreign),
        ]
    );
}

#[rstest]
#[case(500)]
#[case(404)]
#[case(400)]
#[case(507)]
#[tokio::test]
async fn one_broken_object_does_not_spoil_its_neighbours(#[case] status: u16) {
    let server = server(Skill::Sync).await;
    multiget()
        .respond_with(xml(status, ""))
        .mount(&server)
        .await;
    alone(&server, "a.ics", 200).await;
    alone(&server, "b.ics", 500).await;
    let read = calendar(&url(&server))
        .read(&hrefs(&["a.ics", "b.ics"]))
        .await
        .unwrap();
    assert_eq!(read[0].content, Content::Foreign);
    assert!(matches!(&read[1].content, Content::Broken(why) if why.contains("500")));
}

#[tokio::test]
async fn a_server_that_gives_nothing_is_down_and_not_full_of_broken_objects() {
    let server = server(Skill::Sync).await;
    multiget().respond_with(xml(500, "")).mount(&server).await;
    alone(&server, "a.ics", 500).await;
    alone(&server, "b.ics", 500).await;
    let error = calendar(&url(&server))
        .read(&hrefs(&["a.ics", "b.ics"]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
}

#[tokio::test]
async fn nothing_is_absent_from_a_calendar_that_is_not_there() {
    let server = server(Skill::Sync).await;
    let calendar = calendar(&url(&server));
    alone(&server, "a.ics", 404).await;
    let there = calendar.read(&hrefs(&["a.ics"])).await.unwrap();
    assert_eq!(there[0].content, Content::Absent);
    let folder = with_props("/cal/", "<d:resourcetype><d:collection/></d:resourcetype>");
    for answer in [
        xml(404, ""),
        multistatus(&with_status("/cal/", 404)),
        multistatus(&folder),
    ] {
        let _gone = propfind("0")
            .respond_with(answer)
            .with_priority(1)
            .mount_as_scoped(&server)
            .await;
        let error = calendar.read(&hrefs(&["a.ics"])).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Missing);
    }
}

#[tokio::test]
async fn objects_are_asked_for_fifty_at_a_time() {
    let server = server(Skill::Sync).await;
    let names: Vec<String> = (0..120).map(|i| format!("{i}.ics")).collect();
    let all: Vec<String> = names.iter().map(|name| given(name)).collect();
    multiget()
        .respond_with(multistatus(&all.concat()))
        .mount(&server)
        .await;
    let hrefs: Vec<Href> = names.iter().map(|name| Href::new(name.as_str())).collect();
    let read = calendar(&url(&server)).read(&hrefs).await.unwrap();
    assert_eq!((read.len(), count(&server, "REPORT").await), (120, 3));
    for request in server.received_requests().await.unwrap() {
        let body = String::from_utf8(request.body).unwrap();
        assert!(body.matches("<D:href>").count() <= 50);
    }
}

#[tokio::test]
async fn an_object_too_large_is_broken_and_said_to_be() {
    let server = server(Skill::Sync).await;
    let huge = ResponseTemplate::new(200).set_body_bytes(vec![b'x'; (16 << 20) + 1]);
    Mock::given(method("GET"))
        .respond_with(huge)
        .mount(&server)
        .await;
    let read = calendar(&url(&server))
        .read(&hrefs(&["a.ics"]))
        .await
        .unwrap();
    assert!(matches!(&read[0].content, Content::Broken(why) if why.contains("larger")));
}

#[tokio::test]
async fn objects_are_never_asked_for_compressed() {
    let server = server(Skill::Sync).await;
    alone(&server, "a.ics", 200).await;
    calendar(&url(&server))
        .read(&hrefs(&["a.ics"]))
        .await
        .unwrap();
    let all = server.received_requests().await.unwrap();
    let get = all
        .iter()
        .find(|request| request.method.as_str() == "GET")
        .unwrap();
    assert_eq!(get.headers.get("accept-encoding").unwrap(), "identity");
}
