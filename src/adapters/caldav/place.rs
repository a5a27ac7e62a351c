//! Where things are: paths compared decoded, because servers encode them differently from what
//! was sent (`@` or `%40`, upper or lower hexadecimal digits).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::domain::ids::Href;

/// What is escaped in a path segment: all but the unreserved characters and `@`
/// (RFC 3986 section 3.3), which several servers list unescaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// What an href in an answer names, seen from a collection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The collection itself.
    Itself,
    /// An object directly below it.
    Member(Href),
    /// A collection directly below it.
    Below,
    /// Anything else.
    Outside,
}

/// What an href in an answer names, whatever host it claims (proxies get that wrong) and however
/// it is escaped. The collection's own part is compared without case, as Zimbra needs.
pub(super) fn named(collection: &Url, href: &str) -> Named {
    let path = path_of(collection, href);
    let ours = segments(collection.path());
    let theirs = segments(&path);
    let below = theirs.len() >= ours.len()
        && ours
            .iter()
            .zip(&theirs)
            .all(|(a, b)| a == b || a.to_lowercase() == b.to_lowercase());
    match theirs.get(ours.len()..) {
        Some([]) if below => Named::Itself,
        Some([_]) if below && path.ends_with('/') => Named::Below,
        Some([name]) if below => Named::Member(Href::new(name.as_str())),
        _ => Named::Outside,
    }
}

/// The path in an href, which may be an absolute address, an absolute path or (against RFC 4918)
/// a relative one. Not by `Url::join`: a leading `//` or a colon in a name must not make a host
/// or a scheme of it.
fn path_of(collection: &Url, href: &str) -> String {
    if href.starts_with('/') {
        return href.to_owned();
    }
    let absolute = ["http://", "https://"].iter().any(|scheme| {
        href.get(..scheme.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(scheme))
    });
    if absolute && let Ok(url) = Url::parse(href) {
        return url.path().to_owned();
    }
    format!("{}/{href}", collection.path().trim_end_matches('/'))
}

/// The decoded segments of a path; empty ones are passed over.
pub(super) fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

/// The address of an object.
pub(super) fn address(collection: &Url, href: &Href) -> Url {
    let mut url = collection.clone();
    let base = collection.path().trim_end_matches('/');
    url.set_path(&format!("{base}/{}", encoded(href)));
    url
}

/// The name of an object as a path segment. `.` and `..` would leave the collection; no server
/// can hold objects of these names.
fn encoded(href: &Href) -> String {
    let name = href.as_str();
    if name == "." || name == ".." {
        return name.replace('.', "_");
    }
    utf8_percent_encode(name, SEGMENT).to_string()
}

/// The same address as a collection, ending in a slash and without query and fragment.
pub(super) fn as_collection(url: &Url) -> Url {
    let mut url = url.clone();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// An href in an answer as an address; `None` when it makes no sense.
pub(super) fn follow(base: &Url, href: &str) -> Option<Url> {
    let mut url = base.join(href).ok()?;
    // Who we are is never taken from an answer.
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn collection() -> Url {
        Url::parse("https://dav.example.org/dav/alice%40example.org/My%20Work/").unwrap()
    }

    fn member(name: &str) -> Named {
        Named::Member(Href::new(name))
    }

    #[rstest]
    #[case("/dav/alice%40example.org/My%20Work/", Named::Itself)]
    #[case("/dav/alice@example.org/My%20Work", Named::Itself)]
    #[case("/dav/alice@example.org/My Work/a.ics", member("a.ics"))]
    #[case("/dav/alice@example.org/My%20Work/a%40b.ics", member("a@b.ics"))]
    #[case("//dav/alice@example.org/My%20Work//a@b.ics", member("a@b.ics"))]
    #[case("/DAV/Alice@example.org/my%20work/A.ics", member("A.ics"))]
    #[case("/dav/alice@example.org/My%20Work/a%2Fb.ics", member("a/b.ics"))]
    #[case(
        "http://inside:8080/dav/alice@example.org/My%20Work/a.ics",
        member("a.ics")
    )]
    #[case("a:b.ics", member("a:b.ics"))]
    #[case("/dav/alice@example.org/My%20Work/%C3%BC.ics", member("ü.ics"))]
    #[case("/dav/alice@example.org/My%20Work/sub/", Named::Below)]
    #[case("/dav/alice@example.org/My%20Work/sub/a.ics", Named::Outside)]
    #[case("/dav/bob/My%20Work/a.ics", Named::Outside)]
    #[case("/", Named::Outside)]
    #[case("", Named::Itself)]
    fn an_href_is_compared_decoded(#[case] href: &str, #[case] expected: Named) {
        assert_eq!(named(&collection(), href), expected);
    }

    #[rstest]
    #[case("a@b.ics")]
    #[case("a b.ics")]
    #[case("a/b?c#d%41;=+.ics")]
    #[case("ü日.ics")]
    #[case("http:x.ics")]
    fn a_name_survives_its_address(#[case] name: &str) {
        let href = Href::new(name);
        let url = address(&collection(), &href);
        assert_eq!(named(&collection(), url.path()), Named::Member(href));
        assert_eq!(url.query(), None);
    }

    #[test]
    fn a_name_cannot_leave_its_collection() {
        for name in ["..", ".", "../x", "/x"] {
            let url = address(&collection(), &Href::new(name));
            assert!(url.path().starts_with(collection().path()), "{url}");
            assert_ne!(url.path(), collection().path());
        }
    }
}
