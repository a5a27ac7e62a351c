//! What can be wrong with a feed: in words without its address, with what a person can do.

use std::io::{self, ErrorKind};
use std::path::Path;

use jiff::Timestamp;
use reqwest::StatusCode;

use super::text::Fault;
use crate::adapters::http_client::is_passing;
use crate::ical::broken::Broken;
use crate::ports::error::{Error, Kind};

/// What we are doing.
pub(super) const DOING: &str = "reading the feed";

const AGAIN: &str = "it is tried again by itself";
const COPY: &str = "copy its address anew from the settings of the calendar it shows";
const CHECK: &str = "look at what its address shows in a browser; most calendars have an address \
    of their own for subscriptions, ending in .ics";

fn error(kind: Kind, why: impl Into<String>) -> Error {
    Error::new(kind, DOING).because(why.into())
}

/// Which calendar a login was sent for, if one was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// With a user name and password.
    WithLogin,
    /// As nobody.
    WithoutLogin,
    /// As nobody, because another server was led to: who asks is told to the feed's own alone.
    Elsewhere,
}

/// What a status means that is no answer.
pub(super) fn of_status(status: StatusCode, asked: Asked) -> Error {
    let answered = format!("the server answered {}", status.as_u16());
    match (status.as_u16(), asked) {
        (401, Asked::WithLogin) => error(
            Kind::Denied,
            "the server refused the user name and password (401)",
        )
        .hint("check username and password"),
        (401, Asked::WithoutLogin) => error(
            Kind::Denied,
            "the server asks for a user name and password (401)",
        )
        .hint("add username and password to the [[calendar]]; only Basic authentication is used"),
        (401, Asked::Elsewhere) => error(
            Kind::Denied,
            "its server leads to another one, which asks for a user name and password (401)",
        )
        .hint(
            "username and password are configured, but are not sent to another server: set the \
             address that it leads to as url of the [[calendar]]",
        ),
        (403, _) => error(Kind::Denied, answered).hint(format!(
            "its calendar is no longer shared, or not with everybody who has the address: {COPY}"
        )),
        (404 | 410, _) => error(Kind::Missing, answered).hint(format!(
            "the feed is gone or its address was changed: {COPY}"
        )),
        (204 | 205, _) => of_text(Fault::Empty),
        (425, _) => error(Kind::Transient, answered).hint(AGAIN),
        _ if is_passing(status) => error(Kind::Transient, answered)
            .hint("it is tried again by itself; ask whoever runs the feed if it lasts"),
        (100..=399, _) => error(Kind::Malformed, answered).hint(CHECK),
        _ => error(Kind::Refused, answered).hint(CHECK),
    }
}

/// The server asked us to wait.
pub(super) fn throttled(until: Timestamp) -> Error {
    error(Kind::Throttled { until }, "the server asked to wait")
        .hint("it goes on by itself; sync less often if this happens a lot")
}

/// "Not modified", without having been asked.
pub(super) fn unasked() -> Error {
    error(
        Kind::Malformed,
        "the server answered 304 to a plain request",
    )
    .hint(AGAIN)
}

/// A failed exchange, less the hosts that its words name.
pub(super) fn of_exchange(failed: &Error, hosts: &[&str]) -> Error {
    let masked = |text: &str| {
        let hosts = hosts.iter().filter(|host| !host.is_empty());
        hosts.fold(text.to_owned(), |text, host| {
            text.replace(host, "the feed's server")
        })
    };
    let why = masked(&failed.cause());
    let hint = match failed.kind() {
        Kind::Unreachable => masked(failed.remedy().unwrap_or(AGAIN)),
        Kind::Local => return Error::new(Kind::Local, DOING).because(why),
        _ => AGAIN.to_owned(),
    };
    error(failed.kind(), why).hint(hint)
}

/// More than is taken.
pub(super) fn too_large(limit: usize) -> Error {
    let limit = limit >> 20;
    error(Kind::Malformed, format!("it is larger than {limit} MiB"))
        .hint("subscribe to a smaller calendar, or to one without its past")
}

/// A compression that nobody asked for.
pub(super) fn odd_encoding() -> Error {
    error(
        Kind::Malformed,
        "the server sends it in a compression that was not asked for",
    )
    .hint("ask whoever runs the feed")
}

/// Bytes that are no calendar.
pub(super) fn of_text(fault: Fault) -> Error {
    match fault {
        Fault::Empty => error(
            Kind::Malformed,
            "it is empty, without even a calendar's frame",
        )
        .hint("it is tried again by itself; if it lasts, ask whoever runs the feed"),
        Fault::WebPage => error(
            Kind::Malformed,
            "it is a web page (often one to log in), not a calendar",
        )
        .hint(CHECK),
        Fault::Json => error(Kind::Malformed, "it is JSON, not a calendar").hint(CHECK),
        Fault::Foreign => error(Kind::Malformed, "it is no iCalendar text").hint(CHECK),
        Fault::Cut => error(
            Kind::Transient,
            "it stops in the middle (there is no END:VCALENDAR)",
        )
        .hint(AGAIN),
    }
}

/// A calendar that cannot be read as one.
pub(super) fn of_split(broken: Broken) -> Error {
    Error::new(Kind::Malformed, DOING)
        .because(broken)
        .hint("ask whoever runs the feed")
}

/// The work was stopped.
pub(super) fn stopped(stopped: tokio::task::JoinError) -> Error {
    Error::new(Kind::Local, DOING).because(stopped)
}

/// A redirect to what is no address.
pub(super) fn leads_nowhere() -> Error {
    error(Kind::Malformed, "a redirect leads nowhere").hint(COPY_IT)
}

/// A redirect to where it was already.
pub(super) fn leads_in_a_circle() -> Error {
    error(Kind::Malformed, "its redirects lead in a circle").hint(COPY_IT)
}

/// Redirects without end.
pub(super) fn leads_on_and_on(most: usize) -> Error {
    error(Kind::Malformed, format!("more than {most} redirects")).hint(COPY_IT)
}

/// A redirect to plain http.
pub(super) fn leads_into_the_open() -> Error {
    error(
        Kind::Denied,
        "a redirect leads to plain http, which everybody on the way can read",
    )
    .hint(COPY_IT)
}

/// A redirect from elsewhere to this machine.
pub(super) fn leads_inside() -> Error {
    error(
        Kind::Denied,
        "a redirect leads to this machine itself, where a feed of another has no business",
    )
    .hint("if the feed really is here, configure its address here")
}

const COPY_IT: &str = "copy the feed's address anew from the settings of the calendar it shows";

/// A file that cannot be had. Its path is no secret.
pub(super) fn of_file(path: &Path, cause: io::Error) -> Error {
    let shown = path.display();
    let (kind, hint) = match cause.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => (
            Kind::Missing,
            format!("check the path {shown}; whatever writes the file has to make it first"),
        ),
        ErrorKind::PermissionDenied => (
            Kind::Local,
            format!("give the user that slotbridge runs as the right to read {shown}"),
        ),
        ErrorKind::IsADirectory => (
            Kind::Local,
            "a directory of .ics files is a calendar of kind \"vdir\"".to_owned(),
        ),
        ErrorKind::InvalidInput => (Kind::Local, "name a plain file".to_owned()),
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::StaleNetworkFileHandle => {
            (Kind::Transient, AGAIN.to_owned())
        }
        _ => (
            Kind::Local,
            "look at the system's log for what is wrong with the disk".to_owned(),
        ),
    };
    Error::new(kind, format!("{DOING} {shown}"))
        .because(cause)
        .hint(hint)
}
