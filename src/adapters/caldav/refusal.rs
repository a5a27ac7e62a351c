//! What a refusal means: from a status to how we react and what a person can do.

use reqwest::StatusCode;

use crate::ports::error::{Error, Kind};

/// Who we are was not accepted.
pub(super) fn unauthorized(doing: &str) -> Error {
    Error::new(Kind::Denied, doing)
        .because("the server refused the credentials (401)")
        .hint(
            "check username and password; iCloud, Fastmail and accounts with two-factor login \
             want a password made for this app",
        )
}

/// A token is wanted, and there is none to show.
pub(super) fn no_token(doing: &str) -> Error {
    Error::new(Kind::Denied, doing)
        .because("the server takes no password, only tokens of a login (401, Bearer)")
        .hint(
            "write [calendar.oauth] with the addresses of its authorisation server, then say \
             `slotbridge login --calendar NAME` (docs/GOOGLE.md)",
        )
}

/// A token of a login was not accepted, and neither was a new one.
pub(super) fn login_refused(doing: &str, login: &str) -> Error {
    Error::new(Kind::Denied, doing)
        .because("the server refused the access token, and a new one, too (401)")
        .hint(format!(
            "run `{login}`, as the one whose calendar it is; check that the app there may use CalDAV"
        ))
}

/// A refusal to read.
pub(super) fn of_read(status: StatusCode, doing: &str) -> Error {
    let answered = format!("the server answered {}", status.as_u16());
    match status.as_u16() {
        401 => unauthorized(doing),
        403 => Error::new(Kind::Denied, doing)
            .because(answered)
            .hint("check that this user may read the calendar"),
        404 | 410 => Error::new(Kind::Missing, doing)
            .because(answered)
            .hint("check the address; `slotbridge calendars URL` lists what is there"),
        507 => Error::new(Kind::Refused, doing)
            .because(answered)
            .hint("the calendar is too large for the server to list"),
        500..=599 if status != StatusCode::NOT_IMPLEMENTED => Error::new(Kind::Transient, doing)
            .because(answered)
            .hint("it is tried again by itself; look into the server's log if it lasts"),
        408 => Error::new(Kind::Transient, doing).because(answered),
        300..=399 => Error::new(Kind::Malformed, doing)
            .because(answered)
            .hint("check the address of the calendar"),
        _ => Error::new(Kind::Refused, doing)
            .because(answered)
            .hint("check that the address is that of a CalDAV calendar"),
    }
}

/// A refusal to write. `writable` is what the server said of our rights, where it did.
pub(super) fn of_write(
    status: StatusCode,
    body: &[u8],
    writable: Option<bool>,
    doing: &str,
) -> Error {
    let code = status.as_u16();
    let new = |kind| {
        Error::new(kind, doing).because(match conditions(body).first() {
            Some(condition) => format!("the server answered {code} ({condition})"),
            None => format!("the server answered {code}"),
        })
    };
    let says = |condition: &str| conditions(body).contains(&condition);
    match code {
        401 => unauthorized(doing),
        // The UID stands in another object: somebody was faster (RFC 4791 section 5.3.2.1).
        403 if says("no-uid-conflict") => new(Kind::Stale),
        405 | 409 | 412 => new(Kind::Stale),
        403 if writable == Some(false) || says("need-privileges") => new(Kind::Denied).hint(
            "this user may only read the calendar: share it with write access, or use another",
        ),
        403 => new(Kind::Refused).hint(
            "the server does not take this entry; if it takes none, the calendar is read-only",
        ),
        404 | 410 => new(Kind::Missing)
            .hint("the calendar itself is gone; `slotbridge calendars URL` lists what is there"),
        413 => new(Kind::Refused).hint("the entry is larger than the server takes"),
        507 => new(Kind::Refused).hint("the calendar's quota is used up: make room on the server"),
        500..=599 if status != StatusCode::NOT_IMPLEMENTED => new(Kind::Transient)
            .hint("it is tried again by itself; look into the server's log if it lasts"),
        // Xandikos while another write is going on; elsewhere a client's lock, which ends too
        // (RFC 4918 section 11.3).
        423 => {
            new(Kind::Transient).hint("somebody else is writing there; it is tried again by itself")
        }
        408 => new(Kind::Transient),
        300..=399 => new(Kind::Malformed).hint("check the address of the calendar"),
        _ => new(Kind::Refused).hint("the server does not take this entry; its log says more"),
    }
}

/// Whether Google says that CalDAV is switched off for the app. It says so among its limits.
pub(super) fn is_switched_off(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("accessNotConfigured")
}

/// CalDAV is switched off for the app.
pub(super) fn switched_off(doing: &str) -> Error {
    Error::new(Kind::Denied, doing)
        .because("the server answered 403 (accessNotConfigured)")
        .hint("enable the CalDAV API in the project of your OAuth client (docs/GOOGLE.md)")
}

/// Google's way of saying 429 (FIELD.md section 2).
pub(super) fn is_rate_limit(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    ["usageLimits", "rateLimitExceeded", "quotaExceeded"]
        .iter()
        .any(|word| text.contains(word))
}

/// The conditions of RFC 4918 section 16 and RFC 4791 section 5.3.2.1 that a refusal names. Only
/// known words: a body may quote what must not stand in a log.
fn conditions(body: &[u8]) -> Vec<&'static str> {
    const KNOWN: [&str; 12] = [
        "no-uid-conflict",
        "need-privileges",
        "quota-not-exceeded",
        "sufficient-disk-space",
        "valid-calendar-data",
        "valid-calendar-object-resource",
        "supported-calendar-data",
        "supported-calendar-component",
        "supported-rscale",
        "max-resource-size",
        "max-date-time",
        "calendar-collection-location-ok",
    ];
    let text = String::from_utf8_lossy(body);
    KNOWN
        .into_iter()
        .filter(|known| text.contains(known))
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(412, "", None, Kind::Stale)]
    #[case(409, "", None, Kind::Stale)]
    #[case(405, "", None, Kind::Stale)]
    #[case(403, "<C:no-uid-conflict/>", None, Kind::Stale)]
    #[case(403, "", Some(false), Kind::Denied)]
    #[case(403, "<d:need-privileges/>", None, Kind::Denied)]
    #[case(403, "", Some(true), Kind::Refused)]
    #[case(403, "", None, Kind::Refused)]
    #[case(400, "", None, Kind::Refused)]
    #[case(413, "", None, Kind::Refused)]
    #[case(415, "", None, Kind::Refused)]
    #[case(422, "", None, Kind::Refused)]
    #[case(501, "", None, Kind::Refused)]
    #[case(507, "", None, Kind::Refused)]
    #[case(404, "", None, Kind::Missing)]
    #[case(500, "", None, Kind::Transient)]
    #[case(503, "", None, Kind::Transient)]
    #[case(302, "", None, Kind::Malformed)]
    fn a_refused_write_says_how_to_react(
        #[case] code: u16,
        #[case] body: &str,
        #[case] writable: Option<bool>,
        #[case] kind: Kind,
    ) {
        let status = StatusCode::from_u16(code).unwrap();
        let error = of_write(status, body.as_bytes(), writable, "writing x.ics");
        assert_eq!(error.kind(), kind);
    }

    #[test]
    fn a_refusal_never_quotes_its_body() {
        let body = b"<s:message>Meeting with Bob</s:message><C:valid-calendar-data/>";
        let error = of_write(StatusCode::BAD_REQUEST, body, None, "writing x.ics");
        assert_eq!(
            error.cause(),
            "the server answered 400 (valid-calendar-data)"
        );
    }

    #[test]
    fn google_says_its_rate_limit_in_a_403() {
        assert!(is_rate_limit(br#"{"domain": "usageLimits"}"#));
        let off = br#"{"domain": "usageLimits", "reason": "accessNotConfigured"}"#;
        assert!(is_switched_off(off) && !is_switched_off(b"no"));
        assert!(!is_rate_limit(b"no"));
    }
}
