//! What hears of Zoom: webhooks, the WebSocket, and the HTTP server that takes them.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::super::compose;
use super::super::failure::Exit;
use super::secrets::{Fetched, Purpose};
use super::{Item, Kit, in_time};
use crate::adapters::http_client::is_loopback;
use crate::ports::error::{Error, Kind};
use crate::settings::Settings;
use crate::settings::resolved::Http;
use crate::triggers::websocket::attempt::attempt;

pub(super) async fn items(kit: &Kit<'_>, daemon: bool) -> Vec<Item> {
    let settings = kit.settings;
    let mut items = Vec::new();
    if let Some(http) = &settings.http {
        items.push(listening(http, daemon));
    }
    items.extend(feeds(settings));
    if settings.zoom.webhook.is_some() {
        items.push(webhook(kit, daemon).await);
    }
    if settings.zoom.websocket.is_some() {
        items.push(Box::pin(websocket(kit, daemon)).await);
    }
    items
}

fn listening(http: &Http, daemon: bool) -> Item {
    let (name, address) = ("http", http.listen.to_string());
    match TcpListener::bind(http.listen) {
        Ok(_) => Item::ok(name, address, "it can be listened at"),
        Err(error) if error.kind() == ErrorKind::AddrInUse && daemon => Item::ok(
            name,
            address,
            "in use, as it should be while the daemon runs",
        ),
        Err(error) => Item::wrong(
            name,
            address,
            Exit::Attention,
            format!("it cannot be listened at: {error}"),
            "choose another address as http.listen, or end what listens there",
        ),
    }
}

/// How feeds are given out. Files of `feeds write` do without a server, so that none is no fault.
fn feeds(settings: &Settings) -> Option<Item> {
    let count: usize = settings.hosts.iter().map(|host| host.feeds.len()).sum();
    let seen = match &settings.http {
        _ if count == 0 => return None,
        None => {
            "not given out: http.listen is not set; `slotbridge feeds write DIRECTORY` writes them as files"
        }
        Some(http) if http.public_url.is_none() => {
            "given out; how others reach them is not known: http.public_url is not set"
        }
        Some(_) => "given out; `slotbridge feeds` says where",
    };
    Some(Item::ok("feeds", format!("{count} to give out"), seen))
}

async fn webhook(kit: &Kit<'_>, daemon: bool) -> Item {
    let (name, object) = ("webhook", "zoom.webhook");
    let had = [Purpose::Webhook, Purpose::Shown];
    if !had.iter().all(|purpose| kit.secrets.has(purpose)) {
        return Fetched::not_tried(name, object);
    }
    let Some(http) = &kit.settings.http else {
        return Item::warning(
            name,
            object,
            "nothing takes webhooks without http.listen",
            "set http.listen, or remove [zoom.webhook]",
        );
    };
    match &http.public_url {
        None => Item::warning(
            name,
            object,
            "its secret could be had, but http.public_url is not set: how Zoom reaches this machine is not known",
            "set http.public_url to the https address that leads here; in Zoom's app page it is that address with /webhooks/zoom",
        ),
        Some(url) if url.scheme() != "https" && !is_loopback(url) => not_https(""),
        Some(_) if !daemon && !is_taken(http) => Item::ok(
            name,
            object,
            "its secret could be had, and the public address is set; it is tried while slotbridge runs",
        ),
        Some(url) => super::webhook::item(kit, http, url).await,
    }
}

/// What is said of an address that Zoom does not take, behind what was seen there.
pub(super) fn not_https(seen: &str) -> Item {
    Item::warning(
        "webhook",
        "zoom.webhook",
        format!("{seen}http.public_url is not an https address, and Zoom sends to no other"),
        "put a web server with a certificate before it, and set its address",
    )
}

fn is_taken(http: &Http) -> bool {
    let bound = TcpListener::bind(http.listen);
    bound.is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

async fn websocket(kit: &Kit<'_>, daemon: bool) -> Item {
    let (name, object) = ("websocket", "zoom.websocket");
    if !kit.secrets.has(&Purpose::Client) {
        return Fetched::not_tried(name, object);
    }
    let revealed = &kit.secrets.revealed;
    let doing = "asking Zoom for a token for its WebSocket";
    let account = compose::account(kit.settings, revealed, &kit.scratch, kit.clock);
    let token = match account {
        Ok(account) => in_time(doing, account.token_for_events()).await,
        Err(failure) => Err(Error::new(Kind::Local, doing).because(failure)),
    };
    let (token, url) = match (token, &kit.settings.zoom.websocket) {
        (Ok((token, _)), Some(url)) if !daemon => (token, url),
        (token, _) => {
            // Zoom allows one connection: a second one would end the daemon's.
            return Item::of(name, object, &token, |_| {
                "Zoom gives tokens for it; opening it was not tried, because that would cut off the running daemon's (its log says how that is)".to_owned()
            });
        }
    };
    let outcome = in_time("opening Zoom's WebSocket", Box::pin(attempt(url, &token))).await;
    Item::of(name, object, &outcome, |()| {
        "Zoom gives tokens for it; it was opened, and closed again".to_owned()
    })
}
