//! Entity tags: kept as their server writes them, compared without what proxies add.

use reqwest::header::{ETAG, HeaderMap, HeaderValue};

use crate::domain::ids::Etag;

/// The tag of an answer.
pub(super) fn of(headers: &HeaderMap) -> Option<Etag> {
    let text = headers.get(ETAG)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| Etag::new(text))
}

/// Whether two tags mean the same state: quotes are left out by some servers (FIELD.md section 3),
/// `W/` and `-gzip` are added by proxies.
pub(super) fn same(a: &Etag, b: &Etag) -> bool {
    bare(a) == bare(b)
}

fn bare(etag: &Etag) -> &str {
    let text = etag.as_str();
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    text.strip_suffix("-gzip").unwrap_or(text)
}

/// The value of `If-Match` for a tag; `None` for a weak one, which never matches
/// (RFC 9110 section 13.1.1).
pub(super) fn condition(etag: &Etag) -> Option<HeaderValue> {
    (!etag.is_weak())
        .then(|| HeaderValue::from_str(etag.as_str()).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_without_what_proxies_add() {
        for (a, b, alike) in [
            ("\"a\"", "\"a\"", true),
            ("\"a\"", "a", true),
            ("\"a\"", "W/\"a\"", true),
            ("\"a-gzip\"", "\"a\"", true),
            ("\"a\"", "\"b\"", false),
        ] {
            assert_eq!(same(&Etag::new(a), &Etag::new(b)), alike, "{a} {b}");
        }
    }

    #[test]
    fn a_weak_tag_is_never_a_condition() {
        assert_eq!(condition(&Etag::new("W/\"a\"")), None);
        assert!(condition(&Etag::new("a")).is_some());
    }
}
