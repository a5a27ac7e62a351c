//! Zoom's WebSocket: a booking is told of without an address that Zoom can reach, and a connection
//! that is cut loses nothing.
//!
//! `SLOTBRIDGE_TEST_CUTS_FOR=5m` cuts it for as long as that; otherwise it is cut six times. The
//! figures are printed:
//!
//! ```text
//! SLOTBRIDGE_TEST_CUTS_FOR=5m cargo test --test scenarios again_and_again -- --nocapture
//! ```

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};
use slotbridge::demo::account::{AccountOptions, NewBooking};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use super::bench::{Bench, at, name_of, runtime};
use super::daemon::{Daemon, created, listening};
use super::side::Side::Vdir;

/// How often the connection is cut, unless for how long is said.
const CUTS: usize = 6;

/// Zoom's end of the WebSocket.
struct Zoom {
    port: u16,
    seen: Arc<Mutex<Seen>>,
    say: broadcast::Sender<Say>,
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    open: usize,
    most: usize,
    connections: usize,
    /// In the order in which they were first shown, and since when.
    tokens: Vec<(String, Instant)>,
    /// Connections with a token that had come to its end, or that another one had replaced.
    stale: usize,
    heartbeats: usize,
}

impl Seen {
    /// A connection showed this token, which is good for so long.
    fn shown(&mut self, token: String, life: Duration) {
        match self.tokens.iter().position(|(known, _)| *known == token) {
            None => self.tokens.push((token, Instant::now())),
            Some(place) => {
                let (last, ended) = (
                    self.tokens.len() - 1,
                    self.tokens[place].1.elapsed() >= life,
                );
                self.stale += usize::from(place < last || ended);
            }
        }
    }
}

const HOUR: Duration = Duration::from_hours(1);

#[derive(Clone)]
enum Say {
    This(String),
    Cut,
}

impl Zoom {
    fn start() -> Self {
        Self::that(true, HOUR)
    }

    /// One that takes connections, or refuses them once they are open, and whose tokens are good
    /// for so long.
    fn that(takes: bool, life: Duration) -> Self {
        let listener = runtime()
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        let (say, _) = broadcast::channel(256);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut serving = JoinSet::new();
        let (sayer, seeing) = (say.clone(), seen.clone());
        let work = async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let listening = sayer.subscribe();
                open.spawn(talk(stream, takes, life, seeing.clone(), listening));
            }
        };
        serving.spawn_on(work, runtime().handle());
        Self {
            port,
            seen,
            say,
            _serving: serving,
        }
    }

    fn tell(&self, said: &Value) {
        let frame = json!({"module": "message", "content": said.to_string()});
        self.say(Say::This(frame.to_string()));
    }

    fn say(&self, what: Say) {
        let _listeners = self.say.send(what);
    }

    fn bench(&self, options: AccountOptions) -> Bench {
        let bench = Bench::with(Vdir, "", options);
        bench.configure(|text| {
            let url = format!(
                "ws://127.0.0.1:{}/ws?subscriptionId=hush-subscription",
                self.port
            );
            listening(text).replace(
                "[zoom.webhook]",
                &format!("[zoom.websocket]\nurl = \"{url}\"\n[zoom.webhook]"),
            )
        });
        bench
    }

    fn seen<T>(&self, what: impl Fn(&Seen) -> T) -> T {
        what(&self.seen.lock().unwrap())
    }
}

#[allow(
    clippy::result_large_err,
    reason = "the handshake's callback is given by its crate"
)]
async fn talk(
    stream: TcpStream,
    takes: bool,
    life: Duration,
    seen: Arc<Mutex<Seen>>,
    mut said: broadcast::Receiver<Say>,
) {
    let mut token = String::new();
    let ask = |request: &Request, response: Response| {
        let query = request.uri().query().unwrap_or_default();
        assert!(
            query.starts_with("subscriptionId=hush-subscription&"),
            "{query}"
        );
        let (_, shown) = query.split_once("access_token=").unwrap();
        shown.clone_into(&mut token);
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, ask).await else {
        return;
    };
    {
        let mut seen = seen.lock().unwrap();
        seen.shown(token, life);
        seen.connections += 1;
        seen.open += 1;
        seen.most = seen.most.max(seen.open);
    }
    let hello = json!({"module": "build_connection", "content": "ok", "success": takes});
    let _sent = socket.send(Message::text(hello.to_string())).await;
    loop {
        tokio::select! {
            word = said.recv() => match word {
                Ok(Say::This(text)) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        break;
                    }
                }
                Ok(Say::Cut) | Err(_) => break,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) if text.as_str().contains("heartbeat") => {
                    seen.lock().unwrap().heartbeats += 1;
                    let beat = json!({"module": "heartbeat", "success": true});
                    let _sent = socket.send(Message::text(beat.to_string())).await;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
        }
    }
    seen.lock().unwrap().open -= 1;
}

#[test]
fn a_booking_told_over_the_websocket_stands_in_the_calendar() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    daemon.until("pass done");
    daemon.until("pass done");
    let id = bench.book(1);
    zoom.tell(&created(&bench, &id));
    daemon.until("outcome=\"settled\"");
    assert!(bench.entries().contains_key(&name_of(&id)));
    assert!(zoom.seen(|seen| seen.heartbeats) >= 1);
    let logged = daemon.end();
    for secret in ["hush-", "access-", "private@"] {
        assert!(!logged.contains(secret), "{secret}: {logged}");
    }
    bench.is_settled();
}

/// How long the connection is cut for, where that is said.
fn asked_for() -> Option<Duration> {
    let text = std::env::var_os("SLOTBRIDGE_TEST_CUTS_FOR")?;
    let span: SignedDuration = text.to_str().unwrap().parse().unwrap();
    Some(span.try_into().unwrap())
}

impl Zoom {
    /// Cuts the connection. Where it is just being replaced by one with a new token, that one is cut.
    fn cut(&self, daemon: &mut Daemon) {
        self.say(Say::Cut);
        while !daemon.until("WebSocket is ").contains("closed") {
            self.say(Say::Cut);
        }
    }
}

/// Somebody books; each at another time.
fn book(bench: &Bench, booked: &mut Vec<String>) -> String {
    let number = i64::try_from(booked.len()).unwrap();
    let start = at(1 + number / 8 % 100, 6 + number % 8);
    let who = format!("bob{number}@example.org");
    let id = bench
        .account
        .book(NewBooking::new(start, "Bob Example", &who));
    booked.push(id.clone());
    id
}

/// Some bookings are told of just before the cut, some while there is no connection (nobody hears
/// that), and some when it is there again.
#[test]
fn a_connection_that_is_cut_again_and_again_misses_nothing_and_is_never_there_twice() {
    let (long, begun) = (asked_for(), Instant::now());
    let life = Duration::from_secs(if long.is_some() { 30 } else { 8 });
    let zoom = Zoom::that(true, life);
    let bench = zoom.bench(AccountOptions {
        access_token_life: life,
        ..AccountOptions::default()
    });
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    let (mut booked, mut cuts) = (Vec::new(), 0);
    while long.map_or(cuts < CUTS, |long| begun.elapsed() < long) {
        zoom.tell(&created(&bench, &book(&bench, &mut booked)));
        zoom.cut(&mut daemon);
        cuts += 1;
        zoom.tell(&created(&bench, &book(&bench, &mut booked)));
        daemon.until("WebSocket is open");
        let id = book(&bench, &mut booked);
        zoom.tell(&created(&bench, &id));
        while !bench.entries().contains_key(&name_of(&id)) {
            daemon.until("");
        }
    }
    for id in &booked {
        while !bench.entries().contains_key(&name_of(id)) {
            daemon.until("");
        }
    }
    assert_eq!(bench.entries().len(), booked.len(), "each exactly once");
    let (connections, tokens) = zoom.seen(|seen| (seen.connections, seen.tokens.len()));
    println!(
        "{} s: {cuts} cuts, {} bookings, {connections} connections, {tokens} tokens",
        begun.elapsed().as_secs(),
        booked.len()
    );
    assert_eq!(zoom.seen(|seen| seen.most), 1, "never two at a time");
    assert!(connections > cuts);
    assert!(tokens >= 2, "none was renewed");
    assert_eq!(zoom.seen(|seen| seen.stale), 0, "an old token was used");
    let logged = daemon.end();
    let closed = logged.matches("WebSocket is closed").count();
    assert!(closed >= cuts, "{closed} of {cuts}");
    bench.is_settled();
}

/// Whatever is asked of the log: the libraries below show requests and frames as they are.
#[rstest]
#[case::verbose(&["-vvvv"], "")]
#[case::everything(&[], "trace")]
#[case::by_name(
    &["--log-format", "json"],
    "slotbridge=trace,tungstenite=trace,tokio_tungstenite=trace,hyper=trace,hyper_util=trace,\
     reqwest=trace,rustls=trace,h2=trace,axum=trace"
)]
#[case::journald(&["--log-format", "journald"], "trace")]
fn no_log_shows_a_token_an_address_or_a_name(#[case] words: &[&str], #[case] filter: &str) {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    bench.configure(|text| {
        let url = format!(
            "ws://127.0.0.1:{}/ws?subscriptionId=hush-subscription",
            zoom.port
        );
        let feed = "[[host.feed]]\nname = \"f\"\nkind = \"bookings\"\n";
        let web = format!("[zoom.websocket]\nurl = \"{url}\"\n[zoom.webhook]");
        let text = listening(text) + feed;
        text.replace("[zoom.webhook]", &web)
            .replace("[http]\n", "[http]\nadmin_token = \"hush-admin\"\n")
    });
    let mut command = bench.command(words);
    command.arg("run").env("SLOTBRIDGE_LOG", filter);
    let mut daemon = Daemon::spawn(&mut command);
    daemon.until("WebSocket is open");
    daemon.until("pass done");
    let told = bench.book(1);
    zoom.tell(&created(&bench, &told));
    let hooked = bench.book(2);
    assert_eq!(daemon.tell(&created(&bench, &hooked)).status, 204);
    for id in [&told, &hooked] {
        while !bench.entries().contains_key(&name_of(id)) {
            daemon.until("");
        }
    }
    let admin = [("authorization", "Bearer hush-admin")];
    assert_eq!(daemon.ask("GET", "/metrics", &admin, b"").status, 200);
    let listed = bench.run(&["feeds", "list", "--json"]);
    let path = listed.json[0]["path"].as_str().unwrap();
    assert_eq!(daemon.get(path).status, 200);
    let token = path.trim_start_matches("/feeds/").trim_end_matches(".ics");
    let logged = daemon.end();
    let basic = "ZGVtby1jbGllbnQ6"; // "demo-client:"
    let secret = bench.account.options().client_secret.clone();
    let private = ["hush-", "access-", "private@", "Bob", "example.org"];
    let secrets = private.into_iter().chain([basic, &secret, token]);
    for word in secrets {
        let shown = logged.lines().find(|line| line.contains(word));
        assert!(shown.is_none(), "{word}: {shown:?}");
    }
}

#[test]
fn a_new_token_comes_before_the_old_one_ends_and_never_a_second_connection() {
    let life = Duration::from_secs(5);
    let zoom = Zoom::that(true, life);
    let bench = zoom.bench(AccountOptions {
        access_token_life: life,
        ..AccountOptions::default()
    });
    let mut daemon = Daemon::start(&bench);
    for _ in 0..3 {
        daemon.until("WebSocket is open");
    }
    assert!(zoom.seen(|seen| seen.tokens.len()) >= 3);
    assert_eq!(zoom.seen(|seen| seen.stale), 0);
    assert_eq!(zoom.seen(|seen| seen.most), 1);
    let logged = daemon.logged();
    assert!(!logged.contains("WebSocket is closed"), "{logged}");
}

#[test]
fn nonsense_on_the_websocket_does_no_harm() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    daemon.until("pass done");
    for said in [
        "",
        "[]",
        "{}",
        "{\"module\":7}",
        "{\"module\":\"message\"}",
        "{\"module\":\"message\",\"content\":\"{\"}",
        "\u{0}",
        "{\"module\":\"message\",\"content\":[[]]}",
    ] {
        zoom.say(Say::This(said.to_owned()));
    }
    zoom.say(Say::This("x".repeat(2 * 1024 * 1024)));
    daemon.until("a message was too long");
    daemon.until("WebSocket is open");
    let id = bench.book(1);
    zoom.tell(&created(&bench, &id));
    while !bench.entries().contains_key(&name_of(&id)) {
        daemon.until("");
    }
    assert!(!daemon.logged().contains("panicked"));
}

#[test]
fn a_connection_that_zoom_refuses_is_told_once_and_brings_no_passes() {
    let zoom = Zoom::that(false, HOUR);
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("pass done");
    for _ in 0..4 {
        daemon.until("WebSocket is closed");
    }
    let logged = daemon.end();
    assert_eq!(logged.matches("WARN").count(), 1, "{logged}");
    assert_eq!(logged.matches("pass done").count(), 1, "{logged}");
    assert!(!logged.contains("WebSocket is open"), "{logged}");
}
