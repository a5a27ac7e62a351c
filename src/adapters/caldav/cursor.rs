//! What a cursor of ours holds: a sync-token or a ctag, and which of the two.

use crate::domain::ids::Cursor;

/// What can be gone on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A sync-token (RFC 6578).
    Token(String),
    /// A ctag: only says whether anything changed.
    Ctag(String),
}

impl Mark {
    /// A sync-token, unless it is one that means nothing: SOGo says `-1`.
    pub(super) fn token(text: &str) -> Option<Self> {
        meaningful(text).map(|text| Self::Token(text.to_owned()))
    }

    /// A ctag, unless it is one that means nothing.
    pub(super) fn ctag(text: &str) -> Option<Self> {
        meaningful(text).map(|text| Self::Ctag(text.to_owned()))
    }

    /// As a cursor.
    pub(super) fn cursor(&self) -> Cursor {
        match self {
            Self::Token(text) => Cursor::new(format!("token:{text}")),
            Self::Ctag(text) => Cursor::new(format!("ctag:{text}")),
        }
    }

    /// From a cursor; `None` for one that is not ours.
    pub(super) fn parse(cursor: &Cursor) -> Option<Self> {
        match cursor.as_str().split_once(':')? {
            ("token", text) => Self::token(text),
            ("ctag", text) => Self::ctag(text),
            _ => None,
        }
    }
}

fn meaningful(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && text != "-1").then_some(text)
}

/// The token to send. SOGo's is a time in whole seconds, so a change in the second it was given
/// out would be missed: one second is asked for twice (FIELD.md section 3).
pub(super) fn with_overlap(token: &str) -> String {
    let is_time = token.len() == 10 && token.bytes().all(|byte| byte.is_ascii_digit());
    match token.parse::<u64>() {
        Ok(seconds) if is_time => seconds.saturating_sub(1).to_string(),
        _ => token.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_remembers_what_it_was_made_of() {
        for mark in [
            Mark::Token("http://x/a:b".to_owned()),
            Mark::Ctag("\"7\"".to_owned()),
        ] {
            assert_eq!(Mark::parse(&mark.cursor()), Some(mark));
        }
        for text in ["", "x", "token:", "token:-1", "ctag:-1", "other:1"] {
            assert_eq!(Mark::parse(&Cursor::new(text)), None, "{text}");
        }
    }

    #[test]
    fn a_token_that_is_a_time_overlaps_by_a_second() {
        assert_eq!(with_overlap("1700000000"), "1699999999");
        assert_eq!(with_overlap("17"), "17");
        assert_eq!(with_overlap("http://x/1700000000"), "http://x/1700000000");
    }
}
