//! A collection as its server describes it.

use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::place;
use super::trust::Ranges;
use super::xml::Name;
use super::xml::multistatus::Report;
use super::xml::names;

/// What is asked about a collection.
pub(super) const DESCRIPTION: [Name; 10] = [
    names::RESOURCE_TYPE,
    names::DISPLAY_NAME,
    names::CALENDAR_COLOR,
    names::COMPONENTS,
    names::REPORTS,
    names::PRIVILEGES,
    names::CTAG,
    names::SYNC_TOKEN,
    names::PRINCIPAL,
    names::CALENDAR_HOME_SET,
];

/// A calendar on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Its address, ending in a slash.
    pub url: Url,
    /// Its name for people; the last segment of its address where it has none.
    pub display_name: String,
    /// Whether it says that it is a calendar; some that Synology and mail.ru have do not.
    pub is_calendar: bool,
    /// Its colour as the server writes it (`#RRGGBBAA`).
    pub color: Option<String>,
    /// Whether this user may write to it; `None` where the server does not say.
    pub writable: Option<bool>,
    /// The components it takes (`VEVENT`, `VTODO`); empty where the server does not say.
    pub components: Vec<String>,
    /// Whether it can say what changed since a token (RFC 6578).
    pub sync_collection: bool,
    /// Its tag, which changes with anything in it, where the server has such a thing.
    pub ctag: Option<String>,
    /// Whether its server is one that keeps `If-Match` and `If-None-Match` (FIELD.md section 3).
    pub keeps_conditions: bool,
    /// What its server's queries over a range of time are worth (FIELD.md section 3).
    pub(super) ranges: Ranges,
}

impl Collection {
    /// A collection from what its server said of it.
    pub(super) fn of(url: &Url, report: &Report, headers: &HeaderMap) -> Self {
        let url = place::as_collection(url);
        let token = report.text(names::SYNC_TOKEN);
        Self {
            display_name: report
                .text(names::DISPLAY_NAME)
                .map_or_else(|| segment(&url), str::to_owned),
            is_calendar: is_calendar(report),
            color: report.text(names::CALENDAR_COLOR).map(str::to_owned),
            writable: writable(report),
            components: components(report),
            sync_collection: token.is_some()
                || report
                    .prop(names::REPORTS)
                    .is_some_and(|reports| reports.holds(names::SYNC_COLLECTION)),
            ctag: report.text(names::CTAG).map(str::to_owned),
            keeps_conditions: keeps_conditions(headers, token),
            ranges: ranges(&url, headers, token),
            url,
        }
    }

    /// Whether it takes events; one that does not say takes everything (RFC 4791 section 5.2.3).
    #[must_use]
    pub fn takes_events(&self) -> bool {
        self.components.is_empty()
            || self
                .components
                .iter()
                .any(|name| name.eq_ignore_ascii_case("VEVENT"))
    }

    /// Whether it stands at this address, however its path is escaped there.
    #[must_use]
    pub fn is_at(&self, url: &Url) -> bool {
        self.url.origin() == url.origin()
            && place::segments(self.url.path()) == place::segments(url.path())
    }

    /// Whether a person may mean this one by that name.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.display_name == name || segment(&self.url) == name
    }
}

/// The last segment of an address, decoded.
fn segment(url: &Url) -> String {
    place::segments(url.path()).pop().unwrap_or_default()
}

/// Whether this is a calendar, and not its inbox, its trash or a plain folder.
pub(super) fn is_calendar(report: &Report) -> bool {
    report
        .prop(names::RESOURCE_TYPE)
        .is_some_and(|kind| kind.child(names::CALENDAR).is_some())
}

fn writable(report: &Report) -> Option<bool> {
    let privileges = report.prop(names::PRIVILEGES)?;
    if privileges.children.is_empty() {
        return None;
    }
    Some(names::WRITES.iter().any(|write| privileges.holds(*write)))
}

fn components(report: &Report) -> Vec<String> {
    let Some(set) = report.prop(names::COMPONENTS) else {
        return Vec::new();
    };
    set.all(names::COMP)
        .filter_map(|comp| comp.attribute("name"))
        .map(str::to_owned)
        .collect()
}

/// The servers that were seen to keep conditions. Others get a look before each write: SOGo and
/// Calypso overwrite in spite of `If-None-Match: *`, RustiCal in spite of `If-Match`.
fn keeps_conditions(headers: &HeaderMap, token: Option<&str>) -> bool {
    let server = server_name(headers);
    let xandikos = is_xandikos(&server, token);
    let named = ["cyrus", "xandikos", "radicale"];
    let tokens = ["http://radicale.org/ns/", "http://sabre.io/ns/"];
    xandikos
        || named.iter().any(|name| server.contains(name))
        || headers.contains_key("x-sabre-version")
        || headers.contains_key("x-davical-version")
        || token.is_some_and(|token| tokens.iter().any(|prefix| token.starts_with(prefix)))
}

/// What queries over a range of time are worth: nothing, unless the server is one that was seen to
/// leave nothing out once those that recur are asked for by their properties. sabre/dav, DAViCal and
/// RustiCal miss recurrences (FIELD.md section 3), and others were not looked at.
fn ranges(url: &Url, headers: &HeaderMap, token: Option<&str>) -> Ranges {
    let host = url.host_str().unwrap_or_default();
    if host == "apidata.googleusercontent.com" || host.ends_with(".google.com") {
        return Ranges::Needed;
    }
    let server = server_name(headers);
    let radicale = token.is_some_and(|token| token.starts_with("http://radicale.org/ns/"));
    let named = ["radicale", "cyrus"];
    if radicale || is_xandikos(&server, token) || named.iter().any(|name| server.contains(name)) {
        Ranges::Trusted
    } else {
        Ranges::Untrusted
    }
}

fn server_name(headers: &HeaderMap) -> String {
    let name = headers.get(reqwest::header::SERVER);
    let name = name.and_then(|value| value.to_str().ok());
    name.unwrap_or_default().to_ascii_lowercase()
}

/// Xandikos gives git's tree ids as tokens, and only its web framework's name.
fn is_xandikos(server: &str, token: Option<&str>) -> bool {
    let is_git = |token: &str| token.len() == 40 && token.bytes().all(|b| b.is_ascii_hexdigit());
    server.contains("xandikos") || server.contains("aiohttp") && token.is_some_and(is_git)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;

    const GIT: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[rstest]
    #[case::cyrus("server", "Cyrus-HTTP/3.6.1", None, true)]
    #[case::sabre("x-sabre-version", "4.7.0", None, true)]
    #[case::nextcloud("server", "nginx", Some("http://sabre.io/ns/sync/12"), true)]
    #[case::radicale(
        "server",
        "WSGIServer/0.2",
        Some("http://radicale.org/ns/sync/e3b0"),
        true
    )]
    #[case::xandikos("server", "Python/3.11 aiohttp/3.14", Some(GIT), true)]
    #[case::aiohttp("server", "Python/3.11 aiohttp/3.14", Some("1700000000"), false)]
    #[case::sogo("server", "Apache", Some("1700000000"), false)]
    #[case::nobody("server", "", None, false)]
    fn only_servers_that_were_seen_to_keep_conditions_are_trusted(
        #[case] name: &'static str,
        #[case] value: &'static str,
        #[case] token: Option<&str>,
        #[case] expected: bool,
    ) {
        let mut headers = HeaderMap::new();
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
        assert_eq!(keeps_conditions(&headers, token), expected);
    }

    #[rstest]
    #[case::cyrus("https://dav.example.org", "Cyrus-HTTP/3.6.1", None, Ranges::Trusted)]
    #[case::radicale(
        "https://dav.example.org",
        "WSGIServer/0.2",
        Some("http://radicale.org/ns/sync/e3b0"),
        Ranges::Trusted
    )]
    #[case::xandikos(
        "https://dav.example.org",
        "Python/3.11 aiohttp/3.14",
        Some(GIT),
        Ranges::Trusted
    )]
    #[case::sabre(
        "https://dav.example.org",
        "nginx",
        Some("http://sabre.io/ns/sync/12"),
        Ranges::Untrusted
    )]
    #[case::nobody("https://dav.example.org", "", None, Ranges::Untrusted)]
    #[case::google(
        "https://apidata.googleusercontent.com/caldav/v2/a/events/",
        "ESF",
        None,
        Ranges::Needed
    )]
    #[case::look_alike("https://google.com.example.org/", "", None, Ranges::Untrusted)]
    fn only_ranges_that_were_seen_to_leave_nothing_out_are_trusted(
        #[case] url: &str,
        #[case] server: &'static str,
        #[case] token: Option<&str>,
        #[case] expected: Ranges,
    ) {
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::SERVER, HeaderValue::from_static(server));
        assert_eq!(ranges(&Url::parse(url).unwrap(), &headers, token), expected);
    }
}
