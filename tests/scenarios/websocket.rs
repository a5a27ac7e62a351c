//! Zoom's WebSocket: a booking is told of without an address that Zoom can reach, and a connection
//! that is cut loses nothing.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use slotbridge::demo::account::AccountOptions;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use super::bench::{Bench, name_of, runtime};
use super::daemon::{Daemon, created, listening};
use super::side::Side::Vdir;

/// How often the connection is cut.
const CUTS: i64 = 6;

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
    tokens: BTreeSet<String>,
    heartbeats: usize,
}

#[derive(Clone)]
enum Say {
    This(String),
    Cut,
}

impl Zoom {
    fn start() -> Self {
        Self::that(true)
    }

    /// One that takes connections, or refuses them once they are open.
    fn that(takes: bool) -> Self {
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
                open.spawn(talk(stream, takes, seeing.clone(), sayer.subscribe()));
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
        seen.tokens.insert(token);
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

/// Half of the bookings are told of, the other half happen while there is no connection.
#[test]
fn a_connection_that_is_cut_again_and_again_misses_nothing_and_is_never_there_twice() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions::default());
    let mut daemon = Daemon::start(&bench);
    daemon.until("WebSocket is open");
    for day in 1..=CUTS {
        zoom.say(Say::Cut);
        daemon.until("WebSocket is closed");
        let id = bench.book(day);
        daemon.until("WebSocket is open");
        if day % 2 == 0 {
            zoom.tell(&created(&bench, &id));
            daemon.until("outcome=\"settled\"");
        }
        while !bench.entries().contains_key(&name_of(&id)) {
            daemon.until("");
        }
    }
    assert_eq!(bench.entries().len(), usize::try_from(CUTS).unwrap());
    assert_eq!(zoom.seen(|seen| seen.most), 1);
    assert!(zoom.seen(|seen| seen.connections) > usize::try_from(CUTS).unwrap());
    let logged = daemon.end();
    assert!(
        logged.matches("WebSocket is closed").count() >= 6,
        "{logged}"
    );
    bench.is_settled();
}

#[test]
fn a_new_token_comes_before_the_old_one_ends_and_never_a_second_connection() {
    let zoom = Zoom::start();
    let bench = zoom.bench(AccountOptions {
        access_token_life: Duration::from_secs(5),
        ..AccountOptions::default()
    });
    let mut daemon = Daemon::start(&bench);
    for _ in 0..3 {
        daemon.until("WebSocket is open");
    }
    assert!(zoom.seen(|seen| seen.tokens.len()) >= 3);
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
    let zoom = Zoom::that(false);
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
