//! Zoom's notifications over a WebSocket, for machines that cannot be reached from outside
//! (FACTS.md section 4).
//!
//! Nothing is replayed after a gap, so a whole pass follows every connection. There is never more
//! than one: a second one would take the place of the first.

/// One connection, to see whether it opens.
pub mod attempt;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::hearing::Hearing;
use super::notification::{self, Notification};
use crate::domain::fingerprint::Fingerprint;
use crate::ports::clock::Clock;
use crate::ports::error::Result;

/// How often we say that we are there.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// After so long without a word, not even an answer to a heartbeat, the connection is dead.
const DEAD: Duration = Duration::from_secs(75);
/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(20);
/// How long before its end a token is replaced.
const BEFORE_THE_END: Duration = Duration::from_mins(5);
/// A connection that lived so long was a good one.
const GOOD: Duration = Duration::from_secs(2);
/// How long the wait may grow as long as Zoom takes us: what happens meanwhile is found late.
const TAKEN: Duration = Duration::from_secs(4);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LAST_WAIT: Duration = Duration::from_mins(2);
/// The longest message that is taken.
const LONGEST: usize = 1024 * 1024;

/// What to do about one that Zoom does not take.
const REMEDY: &str = "check zoom.websocket.url, and that the app has this subscription";

type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Gives tokens for the connection.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// A new token, and how long it is good.
    ///
    /// # Errors
    /// When Zoom gives none.
    async fn token(&self) -> Result<(SecretString, Duration)>;
}

/// What listening works with.
pub struct Socket {
    /// `zoom.websocket.url`.
    pub url: Url,
    /// Where tokens come from.
    pub tokens: Arc<dyn Tokens>,
    /// Who takes what is heard.
    pub hearing: Arc<dyn Hearing>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// From 0 to 1, by chance.
    pub chance: fn() -> f64,
}

/// What Zoom says: an answer to us, or a notification.
#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    module: String,
    #[serde(default)]
    success: Option<bool>,
    #[serde(default)]
    content: Value,
}

/// Why a connection ended.
enum Ended {
    /// Its token comes to its end.
    Token,
    /// Zoom, or the network, ended it.
    Cut(String),
    /// It is not wanted any more.
    Stopped,
}

/// Listens until it is stopped: connects, and connects again.
pub async fn listen(socket: Socket, stop: CancellationToken) {
    let mut failures = 0_u32;
    let mut told = false;
    let mut token = None;
    loop {
        let begun = Instant::now();
        let mut longest = LAST_WAIT;
        let connected = tokio::select! {
            connected = connect(&socket, &mut token) => connected,
            () = stop.cancelled() => return,
        };
        let ended = match connected {
            Ok((connection, until)) => {
                let mut open = false;
                let ended = hear(&socket, connection, until, &mut open, &stop).await;
                if open {
                    told = false;
                    longest = TAKEN;
                }
                ended
            }
            Err(cause) => Ended::Cut(cause),
        };
        match ended {
            Ended::Stopped => return,
            Ended::Token => {
                token = None;
                failures = 0;
                continue;
            }
            Ended::Cut(cause) if told => tracing::debug!(cause, "Zoom's WebSocket is closed"),
            Ended::Cut(cause) => {
                told = true;
                tracing::warn!(
                    cause,
                    "Zoom's WebSocket is closed; passes go on as they are due, and it is tried again"
                );
            }
        }
        failures = if begun.elapsed() > GOOD {
            1
        } else {
            failures.saturating_add(1)
        };
        let wait = wait(failures, longest, (socket.chance)());
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Half a second, doubled with each failure up to two minutes; the second half by chance.
fn wait(failures: u32, most: Duration, chance: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    let longest = doubled.min(most);
    longest / 2 + (longest / 2).mul_f64(chance.clamp(0.0, 1.0))
}

/// A token, and when it is to be replaced.
type Token = (SecretString, Instant);

/// Opens a connection; until when its token is used. One that did not open one is not tried again.
async fn connect(
    socket: &Socket,
    token: &mut Option<Token>,
) -> std::result::Result<(Connection, Instant), String> {
    let (secret, until) = match token.take().filter(|(_, until)| *until > Instant::now()) {
        Some(token) => token,
        None => new_token(socket).await?,
    };
    let connection = open(&socket.url, &secret).await;
    let connection = connection.map_err(|error| words(&error))?;
    *token = Some((secret, until));
    Ok((connection, until))
}

/// Opens a connection with a token.
async fn open(url: &Url, token: &SecretString) -> std::result::Result<Connection, SocketError> {
    let mut url = url.clone();
    url.query_pairs_mut()
        .append_pair("access_token", token.expose_secret());
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST));
    let opening = connect_async_with_config(url.as_str(), Some(config), true);
    let opened = tokio::time::timeout(CONNECTING, opening).await;
    let late = || SocketError::Io(std::io::ErrorKind::TimedOut.into());
    opened
        .map_err(|_| late())?
        .map(|(connection, _)| connection)
}

async fn new_token(socket: &Socket) -> std::result::Result<Token, String> {
    let (secret, life) = socket.tokens.token().await.map_err(|error| {
        let hint = error.remedy();
        let hint = hint.map_or_else(String::new, |hint| format!(" (hint: {hint})"));
        format!("{error}{hint}")
    })?;
    let used = life.saturating_sub(BEFORE_THE_END).max(life / 2).max(GOOD);
    Ok((secret, Instant::now() + used))
}

/// What went wrong, without the address: the token stands in it.
fn words(error: &SocketError) -> String {
    match error {
        SocketError::Http(response) => format!("Zoom answered {}", response.status().as_u16()),
        SocketError::Io(error) => format!("the connection failed: {}", error.kind()),
        SocketError::Tls(_) => "the encrypted connection failed".to_owned(),
        SocketError::Capacity(_) => "a message was too long".to_owned(),
        SocketError::Protocol(error) => format!("the protocol was broken: {error}"),
        SocketError::ConnectionClosed | SocketError::AlreadyClosed => "it was closed".to_owned(),
        _ => "it cannot be used".to_owned(),
    }
}

/// Hears until the connection ends. It is `open` once Zoom says so, or has left it alone for a
/// while; one that Zoom refuses at once is none.
async fn hear(
    socket: &Socket,
    mut connection: Connection,
    until: Instant,
    open: &mut bool,
    stop: &CancellationToken,
) -> Ended {
    let taken = Instant::now() + GOOD;
    let mut beats = tokio::time::interval(HEARTBEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = Instant::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(until) => {
                close(&mut connection).await;
                return Ended::Token;
            }
            () = stop.cancelled() => {
                close(&mut connection).await;
                return Ended::Stopped;
            }
            () = tokio::time::sleep_until(taken), if !*open => is_open(socket, open),
            () = tokio::time::sleep_until(last + DEAD) => {
                return Ended::Cut("nothing was heard for more than a minute".to_owned());
            }
            _ = beats.tick() => {
                let beat = Message::text("{\"module\":\"heartbeat\"}");
                if let Err(error) = connection.send(beat).await {
                    return Ended::Cut(words(&error));
                }
            }
            message = connection.next() => {
                last = Instant::now();
                match message {
                    None => return Ended::Cut("it was closed".to_owned()),
                    Some(Err(error)) => return Ended::Cut(words(&error)),
                    Some(Ok(message)) => {
                        if let Err(cause) = take(socket, &message, open).await {
                            close(&mut connection).await;
                            return Ended::Cut(cause);
                        }
                    }
                }
            }
        }
    }
}

/// The old connection is closed, and Zoom has said so, before a new one is opened: there is one per
/// subscription. What comes meanwhile is found by the pass that follows the new one.
async fn close(connection: &mut Connection) {
    let closing = async {
        connection.close(None).await?;
        while let Some(rest) = connection.next().await {
            rest?;
        }
        Ok::<(), SocketError>(())
    };
    let closed = tokio::time::timeout(Duration::from_secs(5), closing).await;
    if !matches!(closed, Ok(Ok(()))) {
        tracing::debug!("the WebSocket did not close in good order");
    }
}

/// What happened while there was no connection is told by nobody: a whole pass finds it.
fn is_open(socket: &Socket, open: &mut bool) {
    if !*open {
        *open = true;
        tracing::info!("Zoom's WebSocket is open");
        socket.hearing.look_soon();
    }
}

async fn take(
    socket: &Socket,
    message: &Message,
    open: &mut bool,
) -> std::result::Result<(), String> {
    let bytes: &[u8] = match message {
        Message::Text(text) => text.as_bytes(),
        Message::Binary(bytes) => bytes,
        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
        Message::Close(_) => return Err("Zoom closed it".to_owned()),
    };
    let Ok(frame) = serde_json::from_slice::<Frame>(bytes) else {
        tracing::debug!("a message that cannot be read: a pass looks what there is");
        socket.hearing.look_soon();
        return Ok(());
    };
    match frame.module.as_str() {
        "build_connection" if frame.success == Some(false) => {
            Err(format!("Zoom refused the connection: {REMEDY}"))
        }
        "build_connection" | "heartbeat" => {
            is_open(socket, open);
            Ok(())
        }
        "message" => match &frame.content {
            Value::String(text) => notified(socket, text.as_bytes()).await,
            other => notified(socket, other.to_string().as_bytes()).await,
        },
        // A notification as it is.
        _ => notified(socket, bytes).await,
    }
}

async fn notified(socket: &Socket, body: &[u8]) -> std::result::Result<(), String> {
    match notification::read(body, socket.clock.now()) {
        Ok(Notification::Booking(hint)) => {
            let what = Fingerprint::of([String::from_utf8_lossy(body)]);
            let heard = socket.hearing.heard(&what, hint).await;
            heard.map(|_| ()).map_err(|error| error.to_string())
        }
        Ok(Notification::Calendar) => {
            socket.hearing.look_soon();
            Ok(())
        }
        Ok(Notification::Validation { .. } | Notification::Other) => Ok(()),
        Err(cause) => {
            tracing::debug!(%cause, "a notification cannot be read; a whole pass looks instead");
            socket.hearing.look_soon();
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_two_minutes() {
        let waits = |failures| {
            let wait = |chance| wait(failures, LAST_WAIT, chance).as_millis();
            (wait(0.0), wait(1.0))
        };
        assert_eq!(waits(1), (250, 500));
        assert_eq!(waits(4), (2_000, 4_000));
        assert_eq!(waits(u32::MAX), (60_000, 120_000));
    }
}
