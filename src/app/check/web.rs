//! What hears of Zoom: webhooks, the WebSocket, and the HTTP server that takes them.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use url::Url;

use super::super::compose;
use super::super::failure::Exit;
use super::secrets::{Fetched, Purpose};
use super::{Item, Kit, in_time};
use crate::adapters::http_client::{HttpClient, Timeouts, is_loopback, read_body};
use crate::ports::error::{Error, Kind};
use crate::settings::Settings;
use crate::settings::resolved::{Http, Webhook};
use crate::triggers::websocket::attempt::attempt;

const ALIVE: &str = "asking at http.listen whether slotbridge answers";
/// The longest answer to that, in bytes.
const SHORT: usize = 1024;

pub(super) async fn items(kit: &Kit<'_>, daemon: bool) -> Vec<Item> {
    let settings = kit.settings;
    let mut items = Vec::new();
    if let Some(http) = &settings.http {
        items.push(listening(kit, http, daemon).await);
    }
    items.extend(feeds(settings));
    if let Some(hook) = &settings.zoom.webhook {
        items.push(webhook(kit, hook, daemon).await);
    }
    if settings.zoom.websocket.is_some() {
        items.push(Box::pin(websocket(kit, daemon)).await);
    }
    items
}

async fn listening(kit: &Kit<'_>, http: &Http, daemon: bool) -> Item {
    let (name, address) = ("http", http.listen.to_string());
    let wrong =
        |seen: String, hint: &str| Item::wrong(name, address.as_str(), Exit::Attention, seen, hint);
    if http.listen.port() == 0 {
        let seen = "not tried: any free port will do, and the log says which it is";
        return Item::note(name, address, seen);
    }
    match TcpListener::bind(http.listen) {
        Ok(_) if daemon => wrong(
            "slotbridge runs, but does not listen there".to_owned(),
            "have it read the configuration again (`systemctl reload slotbridge`, or SIGHUP), and look into its log",
        ),
        Ok(_) => Item::ok(name, address, "it can be listened at"),
        Err(error) if error.kind() == ErrorKind::AddrInUse && daemon => {
            match in_time(ALIVE, is_alive(kit, http)).await {
                Ok(true) => Item::ok(name, address, "slotbridge answers there"),
                Ok(false) => wrong(
                    "slotbridge runs, but something else answers there".to_owned(),
                    "choose another address as http.listen, or end what listens there",
                ),
                Err(error) => Item::failed(name, address, &error),
            }
        }
        Err(error) => wrong(
            format!("it cannot be listened at: {error}"),
            "choose another address as http.listen, or end what listens there",
        ),
    }
}

/// Whether what listens says what slotbridge says.
async fn is_alive(kit: &Kit<'_>, http: &Http) -> Result<bool, Error> {
    let clock = Arc::clone(kit.clock);
    let client = HttpClient::new(Timeouts::default(), Arc::default(), clock)?;
    let because = |cause: String| Error::new(Kind::Local, ALIVE).because(cause);
    let url = at_home(http).map_err(|error| because(error.to_string()))?;
    let request = client.requests().get(format!("{url}healthz")).build();
    let request = request.map_err(|error| because(error.without_url().to_string()))?;
    let response = client.send(request, ALIVE).await?;
    let well = response.status().is_success();
    let body = read_body(response, SHORT, ALIVE).await;
    Ok(well && body.is_ok_and(|body| body == b"ok\n"))
}

/// How this machine itself reaches what listens.
pub(super) fn at_home(http: &Http) -> Result<Url, url::ParseError> {
    let ip = match http.listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let address = SocketAddr::new(ip, http.listen.port());
    Url::parse(&format!("http://{address}/"))
}

/// How feeds are to be given out; none is fetched. Files of `feeds write` do without a server, so that none is no fault.
fn feeds(settings: &Settings) -> Option<Item> {
    let count: usize = settings.hosts.iter().map(|host| host.feeds.len()).sum();
    let seen = match &settings.http {
        _ if count == 0 => return None,
        None => {
            "not given out: http.listen is not set; `slotbridge feeds write DIRECTORY` writes them as files"
        }
        Some(http) if http.public_url.is_none() => {
            "not fetched; how others reach them is not known: http.public_url is not set"
        }
        Some(_) => "not fetched; `slotbridge feeds` says where they are",
    };
    Some(Item::note("feeds", format!("{count} to give out"), seen))
}

async fn webhook(kit: &Kit<'_>, webhook: &Webhook, daemon: bool) -> Item {
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
    if !daemon && !is_taken(http) {
        return not_running(http);
    }
    let home = at_home(http).ok().filter(|_| http.listen.port() != 0);
    match (&http.public_url, home) {
        (Some(url), _) if url.scheme() != "https" && !is_loopback(url) => not_https(""),
        (Some(url), _) => super::webhook::item(kit, webhook, http, url).await,
        (None, None) => no_public_url("its secret could be had, but "),
        (None, Some(home)) => {
            let item = super::webhook::item(kit, webhook, http, &home).await;
            if item.exit == Exit::Done {
                return no_public_url("slotbridge answers Zoom's question at http.listen, but ");
            }
            item
        }
    }
}

/// Nobody is there to ask.
fn not_running(http: &Http) -> Item {
    let seen = match &http.public_url {
        Some(_) => "not tried: no slotbridge runs",
        None => "not tried: no slotbridge runs; and http.public_url is not set",
    };
    Item::note("webhook", "zoom.webhook", seen).with_hint(
        "start it (`slotbridge run`), and run this again: the webhook is then asked what Zoom asks",
    )
}

fn no_public_url(seen: &str) -> Item {
    Item::warning(
        "webhook",
        "zoom.webhook",
        format!("{seen}http.public_url is not set: how Zoom reaches this machine is not known"),
        "set http.public_url to the https address that leads here; in Zoom's app page it is that address with /webhooks/zoom",
    )
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
    let revealed = &kit.secrets.live;
    let doing = "asking Zoom for a token for its WebSocket";
    let account = compose::account(kit.settings, revealed, &kit.scratch, kit.clock);
    let token = match account {
        Ok(account) => in_time(doing, account.token_for_events()).await,
        Err(failure) => Err(Error::new(Kind::Local, doing).because(failure)),
    };
    let (token, url) = match (token, &kit.settings.zoom.websocket) {
        (Ok((token, _)), Some(url)) if !daemon => (token, url),
        // Zoom allows one connection: a second one would end the daemon's.
        (Ok(_), _) => {
            return Item::note(
                name,
                object,
                "Zoom gives tokens for it; opening it was not tried, because that would cut off the running daemon's",
            )
            .with_hint("the log of `slotbridge run` says whether it is open");
        }
        (Err(error), _) => return Item::failed(name, object, &error),
    };
    let outcome = in_time("opening Zoom's WebSocket", Box::pin(attempt(url, &token))).await;
    Item::of(name, object, &outcome, |()| {
        "Zoom gives tokens for it; it was opened, and closed again".to_owned()
    })
}
