//! A scripted server with one calendar at `/cal/`.

use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

/// What the calendar can do.
#[derive(Clone, Copy)]
pub enum Skill {
    /// `sync-collection`, on a server that is not known to keep conditions.
    Sync,
    /// A ctag only.
    Ctag,
    /// `sync-collection`, on a server that is known to keep conditions.
    Strict,
}

/// An answer of XML.
pub fn xml(status: u16, body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.into(), "application/xml; charset=utf-8")
}

/// A multistatus with these responses and what follows them.
pub fn multistatus(inner: &str) -> ResponseTemplate {
    xml(207, document(inner))
}

/// The text of a multistatus.
pub fn document(inner: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/">{inner}</d:multistatus>"#
    )
}

/// A response with properties.
pub fn with_props(href: &str, props: &str) -> String {
    format!(
        "<d:response><d:href>{href}</d:href><d:propstat><d:prop>{props}</d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

/// A line of a listing.
pub fn line(name: &str, etag: &str) -> String {
    with_props(
        &format!("/cal/{name}"),
        &format!("<d:getetag>{etag}</d:getetag>"),
    )
}

/// A response with a status of its own.
pub fn with_status(href: &str, status: u16) -> String {
    format!(
        "<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 {status} Word</d:status></d:response>"
    )
}

/// The token to go on with.
pub fn token(text: &str) -> String {
    format!("<d:sync-token>{text}</d:sync-token>")
}

/// What the calendar says of itself.
pub fn about(href: &str, skill: Skill) -> String {
    let skill = match skill {
        Skill::Sync => "<d:sync-token>t0</d:sync-token>",
        Skill::Strict => "<d:sync-token>http://sabre.io/ns/sync/1</d:sync-token>",
        Skill::Ctag => "<cs:getctag>c0</cs:getctag>",
    };
    with_props(
        href,
        &format!(
            "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>\
             <d:displayname>Work</d:displayname>{skill}"
        ),
    )
}

/// A server with a calendar that says what it is.
pub async fn server(skill: Skill) -> MockServer {
    let server = MockServer::start().await;
    propfind("0")
        .respond_with(multistatus(&about("/cal/", skill)))
        .with_priority(200)
        .mount(&server)
        .await;
    server
}

/// The address of the calendar.
pub fn url(server: &MockServer) -> String {
    format!("{}/cal/", server.uri())
}

/// A `PROPFIND` of the calendar.
pub fn propfind(depth: &str) -> MockBuilder {
    Mock::given(method("PROPFIND"))
        .and(path("/cal/"))
        .and(header("depth", depth))
}

/// A `sync-collection` with this token.
pub fn sync(token: &str) -> MockBuilder {
    Mock::given(method("REPORT"))
        .and(path("/cal/"))
        .and(header("depth", "0"))
        .and(body_string_contains(format!(
            "<D:sync-token>{token}</D:sync-token>"
        )))
}

/// A `calendar-multiget`.
pub fn multiget() -> MockBuilder {
    Mock::given(method("REPORT")).and(body_string_contains("calendar-multiget"))
}

/// An object with somebody else's event.
pub fn foreign() -> &'static str {
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:x@example.org\r\n\
     DTSTAMP:20261121T090000Z\r\nDTSTART:20261124T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

/// How many requests with this method reached the server.
pub async fn count(server: &MockServer, method: &str) -> usize {
    let all = server.received_requests().await.unwrap();
    all.iter()
        .filter(|request| request.method.as_str() == method)
        .count()
}
