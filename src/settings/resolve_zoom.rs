//! Reads `[zoom]`.

use url::{Host, Url};

use super::reader::{Table, quoted};
use super::resolve_calendar::credentials;
use super::resolved::{Auth, Credentials, Plan, Shown, Webhook, Zoom};
use super::secret;

/// Reads `[zoom]`.
pub(super) fn zoom(root: &Table<'_>, warnings: &mut Vec<String>) -> Option<Zoom> {
    let table = root.table("zoom")?;
    let api_url = url(&table, "api_url", &["https", "http"]);
    let oauth_url = url(&table, "oauth_url", &["https", "http"]);
    let plans = [
        ("free", Plan::Free),
        ("pro", Plan::Pro),
        ("business", Plan::Business),
    ];
    let plan = table.word("plan", &plans);
    let share = table.number("share");
    if share.is_some_and(|share| share <= 0.0 || share > 1.0) {
        table.wrong(
            "share",
            "this is not a share",
            "write a number over 0, at most 1: 0.8",
        );
    }
    let auth = table.table("auth").and_then(|table| auth(table, warnings));
    let webhook = table
        .table("webhook")
        .and_then(|table| webhook(table, warnings));
    let websocket = table.table("websocket").and_then(|table| {
        if !table.has("url") {
            table.missing(
                "url",
                "copy it from the app's page, or remove [zoom.websocket]",
            );
        }
        let address = url(&table, "url", &["wss", "ws"]);
        table.finish();
        address
    });
    table.finish();
    Some(Zoom {
        api_url: api_url?,
        oauth_url: oauth_url?,
        plan: plan?,
        share: share?,
        auth,
        webhook,
        websocket,
    })
}

fn webhook(table: Table<'_>, warnings: &mut Vec<String>) -> Option<Webhook> {
    if !table.has("secret_token") {
        table.missing(
            "secret_token",
            "copy it from the app's page, or remove [zoom.webhook]",
        );
    }
    let secret_token = secret::read(&table, "secret_token", warnings);
    let credentials = credentials(&table, warnings);
    let name = table.text("header").map(|said| said.value);
    let value = secret::read(&table, "header_value", warnings);
    let is_name = |name: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !name.is_empty() && name.chars().all(letter)
    };
    let shown = match (table.has("header"), table.has("header_value")) {
        (false, false) => credentials.map(Shown::Credentials),
        (true, false) => {
            table.missing("header_value", "write what Zoom sends in that header");
            None
        }
        (false, true) => {
            table.missing("header", "write the name of the header that Zoom sends");
            None
        }
        (true, true) if !matches!(credentials, Some(Credentials::None)) => {
            let remedy = "keep what is set up in the Zoom app";
            table.wrong("header", "both a header and credentials are given", remedy);
            None
        }
        (true, true) if !name.as_deref().is_some_and(is_name) => {
            let remedy = "write letters, digits and hyphens only";
            table.wrong("header", "this is no name of a header", remedy);
            None
        }
        (true, true) => name
            .zip(value)
            .map(|(name, value)| Shown::Header { name, value }),
    };
    table.finish();
    Some(Webhook {
        secret_token: secret_token?,
        shown: shown?,
    })
}

#[derive(Clone, Copy)]
enum AuthKind {
    User,
    ServerToServer,
}

fn auth(table: Table<'_>, warnings: &mut Vec<String>) -> Option<Auth> {
    let kinds = [
        ("user", AuthKind::User),
        ("server_to_server", AuthKind::ServerToServer),
    ];
    if !table.has("kind") {
        table.missing("kind", "write \"user\" or \"server_to_server\"");
    }
    let kind = table.word("kind", &kinds);
    let client_id = table.needed("client_id", "copy it from the app's page");
    if !table.has("client_secret") {
        table.missing(
            "client_secret",
            "copy it from the app's page into a file of its own",
        );
    }
    let client_secret = secret::read(&table, "client_secret", warnings);
    let account_id = table.text("account_id");
    let refresh_token = secret::read(&table, "refresh_token", warnings);
    match kind {
        Some(AuthKind::User) if table.has("account_id") => {
            table.wrong(
                "account_id",
                "this key belongs to kind = \"server_to_server\"",
                "remove it, or change kind",
            );
        }
        Some(AuthKind::ServerToServer) if table.has("refresh_token") => {
            table.wrong(
                "refresh_token",
                "this key belongs to kind = \"user\"",
                "remove it, or change kind",
            );
        }
        Some(AuthKind::ServerToServer) if !table.has("account_id") => {
            table.missing("account_id", "copy it from the app's page");
        }
        _ => {}
    }
    table.finish();
    let (client_id, client_secret) = (client_id?.value, client_secret?);
    Some(match kind? {
        AuthKind::User => Auth::User {
            client_id,
            client_secret,
            refresh_token,
        },
        AuthKind::ServerToServer => Auth::ServerToServer {
            client_id,
            client_secret,
            account_id: account_id?.value,
        },
    })
}

/// Reads an address with one of these schemes; the first is the encrypted one, and others are
/// taken for this machine only.
pub(super) fn url(table: &Table<'_>, key: &'static str, schemes: &[&str]) -> Option<Url> {
    let said = table.text(key)?;
    match Url::parse(&said.value) {
        Ok(url) if schemes.first() == Some(&url.scheme()) => Some(url),
        Ok(url) if schemes.contains(&url.scheme()) && is_this_machine(&url) => Some(url),
        Ok(url) if schemes.contains(&url.scheme()) => {
            let scheme = schemes.first().copied().unwrap_or("https");
            table.wrong(
                key,
                format!("{}:// is not encrypted", url.scheme()),
                format!(
                    "use {scheme}://; {}:// is only taken for this machine itself",
                    url.scheme()
                ),
            );
            None
        }
        Ok(url) => {
            table.wrong(
                key,
                format!(
                    "{} is not a scheme that can be used here",
                    quoted(url.scheme())
                ),
                format!(
                    "write an address that begins with {}://",
                    schemes.join(":// or ")
                ),
            );
            None
        }
        // Addresses may carry a subscription or a token, so they are not quoted.
        Err(error) => {
            table.wrong(
                key,
                format!("this is not an address: {error}"),
                format!(
                    "write an address that begins with {}://",
                    schemes.join(":// or ")
                ),
            );
            None
        }
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
