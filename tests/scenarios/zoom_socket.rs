//! Zoom's end of its WebSocket, which counts connections and looks at the tokens they show.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use slotbridge::demo::account::AccountOptions;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use super::bench::{Bench, runtime};
use super::daemon::{Daemon, listening};
use super::side::Side::Vdir;

/// Zoom's end of the WebSocket.
pub struct Zoom {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
    say: broadcast::Sender<Say>,
    _serving: JoinSet<()>,
}

/// What it saw.
#[derive(Default)]
pub struct Seen {
    open: usize,
    /// Connections at a time.
    pub most: usize,
    pub connections: usize,
    /// In the order in which they were first shown, and since when.
    pub tokens: Vec<(String, Instant)>,
    /// Connections with a token that had come to its end, or that another one had replaced.
    pub stale: usize,
    pub heartbeats: usize,
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

/// How long Zoom takes to notice that a connection ended.
const NOTICED: Duration = Duration::from_millis(150);
/// How long a token is usually good.
pub const HOUR: Duration = Duration::from_hours(1);

/// What it is to do next.
#[derive(Clone)]
pub enum Say {
    This(String),
    Cut,
}

impl Zoom {
    pub fn start() -> Self {
        Self::that(true, HOUR)
    }

    /// One that takes connections, or refuses them once they are open, and whose tokens are good
    /// for so long.
    pub fn that(takes: bool, life: Duration) -> Self {
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

    /// Tells of something that happened.
    pub fn tell(&self, said: &Value) {
        let frame = json!({"module": "message", "content": said.to_string()});
        self.say(Say::This(frame.to_string()));
    }

    pub fn say(&self, what: Say) {
        let _listeners = self.say.send(what);
    }

    /// Cuts the connection. Where it is just being replaced by one with a new token, that one is cut.
    pub fn cut(&self, daemon: &mut Daemon) {
        self.say(Say::Cut);
        while !daemon.until("WebSocket is ").contains("closed") {
            self.say(Say::Cut);
        }
    }

    /// A bench whose daemon listens to it.
    pub fn bench(&self, options: AccountOptions) -> Bench {
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

    pub fn seen<T>(&self, what: impl Fn(&Seen) -> T) -> T {
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
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    // It counts until Zoom has noticed; only then does the other side hear of it.
    tokio::time::sleep(NOTICED).await;
    seen.lock().unwrap().open -= 1;
    drop(socket);
}
