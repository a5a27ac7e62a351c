//! Reads a `[[calendar]]` of kind `ics`. The address of a feed is often its only secret: it is
//! neither quoted nor logged.

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

use super::reader::Table;
use super::resolve_calendar::credentials;
use super::resolved::{CalendarPlace, Credentials};

const SCHEMES: [&str; 4] = ["https", "http", "webcal", "webcals"];
const REMEDY: &str = "write http(s)://, webcal(s):// or a path";

/// Where a feed is, and how to be let in.
pub(super) fn feed(table: &Table<'_>, warnings: &mut Vec<String>) -> Option<CalendarPlace> {
    let credentials = login(table, warnings);
    let said = table.needed("url", REMEDY)?;
    let is_address = said.value.contains("://") && !said.value.starts_with("file://");
    let url = if is_address {
        address(table, said.value)?
    } else {
        path(table, &said.value)?
    };
    Some(CalendarPlace::Ics {
        url: SecretString::from(url),
        credentials: credentials?,
    })
}

fn login(table: &Table<'_>, warnings: &mut Vec<String>) -> Option<Credentials> {
    let credentials = credentials(table, warnings);
    if table.has("bearer_token") {
        let remedy = "use username and password, or leave both out";
        table.wrong("bearer_token", "a feed is asked for without one", remedy);
        return None;
    }
    credentials
}

fn address(table: &Table<'_>, address: String) -> Option<String> {
    let parsed = Url::parse(&address).ok();
    let Some(parsed) = parsed.filter(|url| SCHEMES.contains(&url.scheme()) && url.has_host())
    else {
        table.wrong("url", "this is not the address of a feed", REMEDY);
        return None;
    };
    let named = !parsed.username().is_empty() || parsed.password().is_some();
    if named && table.has("username") {
        let remedy = "take it out of the address";
        table.wrong("url", "the address has a user name in it, too", remedy);
        return None;
    }
    Some(address)
}

fn path(table: &Table<'_>, text: &str) -> Option<String> {
    if table.has("username") || table.has("password") {
        let remedy = "leave out username and password";
        table.wrong("url", "a file asks for no user name", remedy);
        return None;
    }
    let plain = match text.strip_prefix("file://") {
        // RFC 8089: escaped like any address, and with `localhost` as its only host.
        Some(rest) => {
            let rest = rest.strip_prefix("localhost").unwrap_or(rest);
            percent_decode_str(rest).decode_utf8_lossy().into_owned()
        }
        None => text.to_owned(),
    };
    let path = table.placed("url", &plain)?;
    Some(path.to_string_lossy().into_owned())
}
