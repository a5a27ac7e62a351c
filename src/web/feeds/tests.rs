#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{Read as _, Write as _};

use axum::body::to_bytes;
use axum::http::Request;
use rstest::rstest;
use tower::ServiceExt as _;

use super::*;

const TOKEN: &str = "Zm9yIGFsaWNlIGFsb25lLCBhbmQgbm9ib2R5";
const TEXT: &str = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";

struct One(Rendered);

impl Shelf for One {
    fn find(&self, token: &str) -> Option<Arc<Rendered>> {
        (token == TOKEN).then(|| Arc::new(self.0.clone()))
    }
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn rendered(text: &'static str) -> Rendered {
    Rendered {
        file: "alice-bookings.ics".to_owned(),
        ics: Bytes::from_static(text.as_bytes()),
        gzip: gzipped(text).into(),
        digest: "abc".to_owned(),
        gzip_digest: "abc-gzip".to_owned(),
        modified: "2026-11-21T10:00:00Z".parse().unwrap(),
    }
}

/// Status, headers, body.
type Answer = (StatusCode, HeaderMap, Vec<u8>);

async fn ask_of(feed: Rendered, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let answer = routes(Arc::new(One(feed))).oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    (parts.status, parts.headers, body)
}

async fn ask(method: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("/feeds/{TOKEN}.ics");
    ask_of(rendered(TEXT), method, &path, headers).await
}

#[tokio::test]
async fn a_feed_is_sent_with_everything_that_a_subscriber_needs() {
    let (status, headers, body) = ask("GET", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, TEXT.as_bytes());
    for (name, value) in [
        ("content-type", "text/calendar; charset=utf-8"),
        (
            "content-disposition",
            "inline; filename=\"alice-bookings.ics\"",
        ),
        ("content-length", "32"),
        ("etag", "\"abc\""),
        ("last-modified", "Sat, 21 Nov 2026 10:00:00 GMT"),
        ("vary", "accept-encoding"),
        ("cache-control", "private, no-cache"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(headers.get(name).unwrap(), value, "{name}");
    }
    let names: Vec<&str> = headers.keys().map(axum::http::HeaderName::as_str).collect();
    assert!(!names.iter().any(|name| name.starts_with("access-control")));
    assert!(!names.contains(&"content-encoding"));
}

#[tokio::test]
async fn a_head_says_the_same_without_the_text() {
    for coding in ["identity", "gzip"] {
        let (status, of_get, _) = ask("GET", &[("accept-encoding", coding)]).await;
        let (also, of_head, body) = ask("HEAD", &[("accept-encoding", coding)]).await;
        assert_eq!((status, of_get), (also, of_head));
        assert!(body.is_empty());
    }
}

#[rstest]
#[case("gzip", true)]
#[case("GZIP", true)]
#[case("x-gzip", true)]
#[case("br, gzip;q=0.5", true)]
#[case("deflate, gzip ; Q=0.001", true)]
#[case("*", true)]
#[case("gzip, identity", true)]
#[case("gzip;q=0.5, identity;q=0.5", true)]
#[case("identity;q=0, *", true)]
#[case("", false)]
#[case("br", false)]
#[case("gzip;q=0", false)]
#[case("gzip;q=0.000", false)]
#[case("*, gzip;q=0", false)]
#[case("*;q=0", false)]
#[case("gzip;q=0.4, identity;q=0.5", false)]
#[case("gzip;q=2", false)]
#[case("gzip;q=0.0001", false)]
#[case("gzip;q=", false)]
#[case("gzip;quick", false)]
#[tokio::test]
async fn gzip_is_sent_where_it_is_welcome(#[case] accept: &str, #[case] compressed: bool) {
    let (status, headers, body) = ask("GET", &[("accept-encoding", accept)]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers.get("vary").unwrap(), "accept-encoding");
    if compressed {
        assert_eq!(headers.get("content-encoding").unwrap(), "gzip");
        assert_eq!(headers.get("etag").unwrap(), "\"abc-gzip\"");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*body)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, TEXT);
    } else {
        assert!(headers.get("content-encoding").is_none());
        assert_eq!(headers.get("etag").unwrap(), "\"abc\"");
        assert_eq!(body, TEXT.as_bytes());
    }
}

#[rstest]
#[case(&[("if-none-match", "\"abc\"")], Some("\"abc\""))]
#[case(&[("if-none-match", "W/\"abc\"")], Some("\"abc\""))]
#[case(&[("if-none-match", "\"x,y\", W/\"z\" ,\"abc\"")], Some("\"abc\""))]
#[case(&[("if-none-match", "\"x\""), ("if-none-match", "\"abc\"")], Some("\"abc\""))]
#[case(&[("if-none-match", "*")], Some("\"abc\""))]
#[case(&[("if-none-match", "*"), ("accept-encoding", "gzip")], Some("\"abc-gzip\""))]
#[case(&[("if-none-match", "\"abc-gzip\""), ("accept-encoding", "gzip")], Some("\"abc-gzip\""))]
#[case::the_plain_form_is_there_already(&[("if-none-match", "\"abc\""), ("accept-encoding", "gzip")], Some("\"abc\""))]
#[case::a_form_that_was_not_asked_for(&[("if-none-match", "\"abc-gzip\"")], None)]
#[case(&[("if-none-match", "\"ab\"")], None)]
#[case(&[("if-none-match", "abc")], None)]
#[case(&[("if-none-match", "")], None)]
#[case::the_tag_has_the_say(&[("if-none-match", "\"x\""), ("if-modified-since", "Sat, 21 Nov 2026 10:00:00 GMT")], None)]
#[case(&[("if-modified-since", "Sat, 21 Nov 2026 10:00:00 GMT")], Some("\"abc\""))]
#[case(&[("if-modified-since", "Saturday, 21-Nov-26 10:00:00 GMT")], Some("\"abc\""))]
#[case(&[("if-modified-since", "Sat Nov 21 10:00:00 2026")], Some("\"abc\""))]
#[case(&[("if-modified-since", "Sun, 22 Nov 2026 00:00:00 GMT")], Some("\"abc\""))]
#[case(&[("if-modified-since", "Sat, 21 Nov 2026 09:59:59 GMT")], None)]
#[case(&[("if-modified-since", "yesterday")], None)]
#[tokio::test]
async fn whoever_has_it_is_told_so(#[case] headers: &[(&str, &str)], #[case] tag: Option<&str>) {
    for method in ["GET", "HEAD"] {
        let (status, answered, body) = ask(method, headers).await;
        let Some(tag) = tag else {
            assert_eq!(status, StatusCode::OK, "{headers:?}");
            continue;
        };
        assert_eq!(status, StatusCode::NOT_MODIFIED, "{headers:?}");
        assert!(body.is_empty());
        assert_eq!(answered.get("etag").unwrap(), tag);
        for name in ["last-modified", "vary", "cache-control"] {
            assert!(answered.contains_key(name), "{name}");
        }
        for name in ["content-type", "content-length", "content-encoding"] {
            assert!(!answered.contains_key(name), "{name}");
        }
    }
}

#[rstest]
#[case("/feeds/guess.ics")]
#[case("/feeds/Zm9yIGFsaWNlIGFsb25lLCBhbmQgbm9ib2R5")]
#[case("/feeds/Zm9yIGFsaWNlIGFsb25lLCBhbmQgbm9ib2R5.ICS")]
#[case("/feeds/.ics")]
#[case("/feeds/%2e%2e%2fstate.ics")]
#[case("/feeds/%ff.ics")]
#[case("/feeds/%00.ics")]
#[tokio::test]
async fn what_is_not_there_says_nothing_else(#[case] path: &str) {
    let headers = [("if-none-match", "*"), ("accept-encoding", "gzip")];
    let (status, answered, body) = ask_of(rendered(TEXT), "GET", path, &headers).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.is_empty());
    assert!(!answered.contains_key("etag") && !answered.contains_key("last-modified"));
}

#[rstest]
#[case("POST")]
#[case("PUT")]
#[case("DELETE")]
#[case("OPTIONS")]
#[case("PROPFIND")]
#[tokio::test]
async fn feeds_are_only_read(#[case] method: &str) {
    // A token that is right is answered like one that is wrong.
    let (status, headers, body) = ask(method, &[("origin", "https://evil.example")]).await;
    let wrong = ask_of(rendered(TEXT), method, "/feeds/guess.ics", &[]).await;
    assert_eq!(wrong, (status, headers.clone(), body.clone()));
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers.get("allow").unwrap(), "GET, HEAD");
    assert!(body.is_empty());
}

#[tokio::test]
async fn a_feed_that_no_pass_has_known_is_not_an_empty_calendar() {
    let path = format!("/feeds/{TOKEN}.ics");
    let (status, headers, body) = ask_of(rendered(""), "GET", &path, &[]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key("retry-after") && !headers.contains_key("etag"));
    assert!(body.is_empty());
}

#[rstest]
#[case("a.ics", "inline; filename=\"a.ics\"")]
#[case(
    "Ünal \"x\".ics",
    "inline; filename=\"_nal _x_.ics\"; filename*=UTF-8''%C3%9Cnal%20%22x%22.ics"
)]
fn a_file_name_stays_within_its_quotes(#[case] file: &str, #[case] said: &str) {
    assert_eq!(disposition(file), said);
}
