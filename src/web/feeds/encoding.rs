//! Which form of a feed is welcome (RFC 9110 section 12.5.3).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

/// A form in which a feed can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Identity,
    /// Compressed.
    Gzip,
}

/// The forms that are welcome, the more welcome first; gzip where both are as welcome. Plain text
/// stays the answer where nothing that we have is accepted, because a feed in a form that nobody
/// asked for still beats none.
pub(super) fn accepted(headers: &HeaderMap) -> Vec<Encoding> {
    let mut words = headers
        .get_all(ACCEPT_ENCODING)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .peekable();
    if words.peek().is_none() {
        return vec![Encoding::Identity];
    }
    let (mut gzip, mut identity, mut others) = (None, None, None);
    for word in words {
        let (name, weight) = weighed(word);
        let place = match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => &mut gzip,
            "identity" => &mut identity,
            "*" => &mut others,
            _ => continue,
        };
        *place = Some(weight.max(place.unwrap_or_default()));
    }
    let gzip = gzip.or(others).unwrap_or(0);
    // Welcome without a word of it, but less than what was named.
    let identity = identity.unwrap_or(u16::from(others != Some(0)));
    let mut forms = Vec::new();
    if gzip > 0 {
        forms.push(Encoding::Gzip);
    }
    if identity > 0 || forms.is_empty() {
        let first = identity > gzip;
        forms.insert(if first { 0 } else { forms.len() }, Encoding::Identity);
    }
    forms
}

/// A coding and its weight in thousandths; one that cannot be read counts as not welcome.
fn weighed(word: &str) -> (&str, u16) {
    let Some((name, rest)) = word.split_once(';') else {
        return (word, 1000);
    };
    let weight = rest
        .trim()
        .strip_prefix(['q', 'Q'])
        .and_then(|rest| rest.trim_start().strip_prefix('='))
        .and_then(|number| thousandths(number.trim()));
    (name.trim(), weight.unwrap_or(0))
}

/// `0`, `0.5`, `1.000` (RFC 9110 section 12.4.2).
fn thousandths(number: &str) -> Option<u16> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let part: u16 = format!("{part:0<3}").parse().ok().filter(|_| digits)?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}
