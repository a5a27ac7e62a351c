//! What hears of Zoom: webhooks, the WebSocket, and the HTTP server that takes them.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use url::Url;

use super::super::compose;
use super::super::failure::Exit;
use super::super::serving;
use super::machine::Daemon;
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

/// What is known of who listens.
enum Ear {
    /// The daemon does, there.
    Daemon(SocketAddr),
    /// The daemon runs, and serves no HTTP.
    Deaf,
    /// No daemon of this state runs: whoever has the port is a stranger.
    Nobody,
}

impl Ear {
    async fn of(settings: &Settings, http: &Http, daemon: &Daemon) -> Self {
        if !daemon.is_running() {
            return Self::Nobody;
        }
        match super::machine::listening(settings).await {
            Some(Some(address)) => Self::Daemon(address),
            Some(None) => Self::Deaf,
            // It does not say: it should be where the configuration says.
            None => Self::Daemon(http.listen),
        }
    }

    /// Where it is, or will be.
    fn address(&self, http: &Http) -> SocketAddr {
        match self {
            Self::Daemon(address) => *address,
            Self::Deaf | Self::Nobody => http.listen,
        }
    }

    /// How this machine itself reaches the daemon.
    fn home(&self) -> Option<Url> {
        match self {
            Self::Daemon(address) if address.port() != 0 => at_home(*address).ok(),
            Self::Daemon(_) | Self::Deaf | Self::Nobody => None,
        }
    }
}

pub(super) async fn items(kit: &Kit<'_>, daemon: &Daemon) -> Vec<Item> {
    let settings = kit.settings;
    let mut items = Vec::new();
    let mut ear = Ear::Nobody;
    if let Some(http) = &settings.http {
        ear = Ear::of(settings, http, daemon).await;
        items.push(listening(kit, http, &ear).await);
        items.extend(page(kit, http, &ear));
    }
    items.extend(feeds(settings));
    if let Some(hook) = &settings.zoom.webhook {
        items.push(webhook(kit, hook, &ear).await);
    }
    if settings.zoom.websocket.is_some() {
        items.push(Box::pin(websocket(kit, daemon.may_run())).await);
    }
    items
}

async fn listening(kit: &Kit<'_>, http: &Http, ear: &Ear) -> Item {
    let (name, at) = ("http", ear.address(http));
    let address = at.to_string();
    let wrong =
        |seen: String, hint: &str| Item::wrong(name, address.as_str(), Exit::Attention, seen, hint);
    match ear {
        Ear::Deaf => wrong(
            "slotbridge runs, but does not listen there".to_owned(),
            "have it read the configuration again (`systemctl reload slotbridge`, or SIGHUP), and look into its log",
        ),
        _ if at.port() == 0 => {
            let seen = "not tried: any free port will do, and the log says which it is";
            Item::note(name, address, seen)
        }
        Ear::Daemon(_) => match in_time(ALIVE, is_alive(kit, at)).await {
            Ok(true) if http.listen.port() != 0 && http.listen != at => Item::warning(
                name,
                address,
                format!(
                    "slotbridge answers there, and http.listen says {}",
                    http.listen
                ),
                "right where systemd holds the port; else have it read the configuration again (`systemctl reload slotbridge`, or SIGHUP)",
            ),
            Ok(true) => Item::ok(name, address, "slotbridge answers there"),
            Ok(false) => wrong(
                "slotbridge runs, but something else answers there".to_owned(),
                "choose another address as http.listen, or end what listens there",
            ),
            Err(error) => Item::failed(name, address, &error),
        },
        Ear::Nobody => match TcpListener::bind(at) {
            Ok(_) => Item::ok(name, address, "it can be listened at"),
            Err(error) => wrong(
                format!("it cannot be listened at: {error}"),
                "choose another address as http.listen, or end what listens there",
            ),
        },
    }
}

/// Whether what listens says what slotbridge says.
async fn is_alive(kit: &Kit<'_>, address: SocketAddr) -> Result<bool, Error> {
    let clock = Arc::clone(kit.clock);
    let client = HttpClient::new(Timeouts::default(), Arc::default(), clock)?;
    let because = |cause: String| Error::new(Kind::Local, ALIVE).because(cause);
    let url = at_home(address).map_err(|error| because(error.to_string()))?;
    let request = client.requests().get(format!("{url}healthz")).build();
    let request = request.map_err(|error| because(error.without_url().to_string()))?;
    let response = client.send_here(request, ALIVE).await?;
    let well = response.status().is_success();
    let body = read_body(response, SHORT, ALIVE).await;
    Ok(well && body.is_ok_and(|body| body == b"ok\n"))
}

/// How this machine itself reaches what listens.
fn at_home(listens: SocketAddr) -> Result<Url, url::ParseError> {
    let ip = match listens.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let address = SocketAddr::new(ip, listens.port());
    Url::parse(&format!("http://{address}/"))
}

/// Who would see the status page and the metrics that should not.
fn page(kit: &Kit<'_>, http: &Http, ear: &Ear) -> Option<Item> {
    let (name, object) = ("status page", "http.admin_token");
    if kit.secrets.short_admin {
        let item = Item::warning(name, object, serving::SHORT, serving::LONGER);
        return Some(item);
    }
    let public = http.public_url.as_ref().filter(|url| !is_loopback(url))?;
    // Elsewhere nobody is shown anything without the token.
    if http.admin_token.is_some() || !ear.address(http).ip().is_loopback() {
        return None;
    }
    let origin = public.origin().ascii_serialization();
    Some(Item::warning(
        name,
        object,
        format!(
            "http.admin_token is not set: whoever reaches {origin} may see when hosts are busy and \
             booked, and the metrics, where the web server passes on everything"
        ),
        "set http.admin_token, and have the web server pass on /webhooks/ and /feeds/ alone",
    ))
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

async fn webhook(kit: &Kit<'_>, webhook: &Webhook, ear: &Ear) -> Item {
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
    // What is sent has a signature and maybe a password in it: in plain text it does not go to
    // whoever has the port while slotbridge is stopped.
    let by_https = http.public_url.as_ref();
    let by_https = by_https.is_some_and(|url| url.scheme() == "https");
    if matches!(ear, Ear::Nobody) && !(by_https && is_taken(http)) {
        return not_running(http);
    }
    match (&http.public_url, ear.home()) {
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

async fn websocket(kit: &Kit<'_>, may_run: bool) -> Item {
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
        (Ok((token, _)), Some(url)) if !may_run => (token, url),
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
