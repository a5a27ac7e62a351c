//! A socket by which commands ask the daemon that holds the state: one JSON line each way. It
//! stands in the state directory (0700) and is 0600, so that only the same user can ask.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::adapters::store::{OpenError, write_export};
use crate::domain::ids::HostName;
use crate::engine::Order;
use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::triggers::Wake;

use super::desk::{self, Answer, Ask};
use super::failure::{Exit, Failure};
use super::login;
use super::state::State;

const LONGEST_ASK: u64 = 64 * 1024;
const LONGEST_ANSWER: u64 = 256 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);
const AT_ONCE: usize = 32;

/// Why no daemon answered.
#[derive(Debug)]
pub enum NoDaemon {
    /// There is none.
    Absent,
    /// There is one, but it could not be asked.
    Broken(Failure),
}

/// Where the socket stands.
#[must_use]
pub fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("control.sock")
}

/// Asks the daemon.
///
/// # Errors
/// When there is none, or it does not answer.
pub async fn ask(state_dir: &Path, ask: &Ask) -> Result<Answer, NoDaemon> {
    Ok(start(state_dir, ask).await?.0)
}

/// Asks the daemon for its export, and copies it.
///
/// # Errors
/// When there is none, or it does not answer.
pub async fn export(state_dir: &Path, mut to: impl io::Write) -> Result<u64, NoDaemon> {
    let (answer, mut rest) = start(state_dir, &Ask::Export).await?;
    let Answer::Bytes(bytes) = answer else {
        return Err(NoDaemon::Broken(unexpected()));
    };
    let mut left = bytes;
    let mut piece = vec![0; 64 * 1024];
    while left > 0 {
        let read = rest.read(&mut piece).await.map_err(broken)?;
        if read == 0 {
            return Err(NoDaemon::Broken(unexpected()));
        }
        let part = piece.get(..read).unwrap_or_default();
        to.write_all(part).map_err(unwritten)?;
        left = left.saturating_sub(read as u64);
    }
    to.flush().map_err(unwritten)?;
    Ok(bytes)
}

async fn start(state_dir: &Path, ask: &Ask) -> Result<(Answer, BufReader<UnixStream>), NoDaemon> {
    // A socket that nobody listens at is left over from a killed daemon.
    let mut stream = UnixStream::connect(path(state_dir))
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => closed(state_dir, &error),
            _ => NoDaemon::Absent,
        })?;
    let exchange = async {
        let mut line = serde_json::to_vec(ask).map_err(io::Error::other)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        (&mut reader)
            .take(LONGEST_ANSWER)
            .read_line(&mut line)
            .await?;
        io::Result::Ok((line, reader))
    };
    let (line, reader) = tokio::time::timeout(patience(ask), exchange)
        .await
        .map_err(|_| broken(io::Error::other("it did not answer in time")))?
        .map_err(broken)?;
    let answer = serde_json::from_str(&line).map_err(|_| NoDaemon::Broken(unexpected()))?;
    Ok((answer, reader))
}

fn patience(ask: &Ask) -> Duration {
    match ask {
        // A pass takes as long as it takes.
        Ask::Sync { .. } => Duration::MAX,
        // Zoom is asked more than once where it does not answer; giving up would lose the tokens.
        Ask::Login(_) | Ask::Logout(_) | Ask::Calendars(_) => Duration::from_mins(10),
        _ => PATIENCE,
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it serves map_err")]
fn broken(error: io::Error) -> NoDaemon {
    NoDaemon::Broken(Failure::new(
        Exit::State,
        format!("asking the running daemon: {error}"),
        "run this as the user that the daemon runs as, or stop the daemon",
    ))
}

/// Neither the daemon nor its state is ours to look at.
fn closed(state_dir: &Path, error: &io::Error) -> NoDaemon {
    NoDaemon::Broken(match OpenError::of_foreign(state_dir) {
        Some(foreign) => Failure::new(Exit::State, &foreign, foreign.remedy()),
        None => Failure::new(
            Exit::State,
            format!("looking into {}: {error}", state_dir.display()),
            "run this as the user whose state it is (sudo -u), or use another --state-dir",
        ),
    })
}

#[allow(clippy::needless_pass_by_value, reason = "it serves map_err")]
fn unwritten(error: io::Error) -> NoDaemon {
    NoDaemon::Broken(Failure::new(
        Exit::Attention,
        format!("writing what the daemon gave: {error}"),
        "make room there, or write it elsewhere",
    ))
}

fn unexpected() -> Failure {
    Failure::new(
        Exit::State,
        "the running daemon's answer makes no sense",
        "it may be of another version: restart it",
    )
}

/// What the daemon answers with.
#[derive(Clone)]
pub struct Desk {
    /// The state.
    pub state: State,
    /// The settings in force.
    pub settings: tokio::sync::watch::Receiver<Arc<Settings>>,
    /// When the next pass is due.
    pub next: tokio::sync::watch::Receiver<Option<jiff::Timestamp>>,
    /// Where HTTP is served.
    pub listens: tokio::sync::watch::Receiver<Option<std::net::SocketAddr>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Wakes the engine after a decision.
    pub wake: mpsc::Sender<Wake>,
    /// Has a pass run.
    pub passes: mpsc::Sender<PassRequest>,
}

/// A pass that somebody asks for and waits for.
#[derive(Debug)]
pub struct PassRequest {
    /// How it is to be run.
    pub order: Order,
    /// Only this host.
    pub host: Option<HostName>,
    /// Where its report goes.
    pub answer: oneshot::Sender<Answer>,
}

/// Opens the socket. A left-over one is replaced: who holds the state holds the socket.
///
/// # Errors
/// When the directory does not take it (its path may be too long for a socket).
pub fn listen(state_dir: &Path) -> io::Result<UnixListener> {
    let path = path(state_dir);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers until it is dropped.
pub async fn serve(listener: UnixListener, desk: Desk) {
    let mut talks = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if talks.len() < AT_ONCE => match accepted {
                Ok((stream, _)) => {
                    let desk = desk.clone();
                    talks.spawn(async move {
                        if let Err(error) = talk(stream, &desk).await {
                            tracing::debug!(%error, "a command hung up");
                        }
                    });
                }
                // Too many open files, say: the next attempt may work.
                Err(error) => {
                    tracing::warn!(%error, "cannot take a command's call");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
            Some(_) = talks.join_next() => {}
        }
    }
}

async fn talk(stream: UnixStream, desk: &Desk) -> io::Result<()> {
    let in_time = |_| io::Error::from(io::ErrorKind::TimedOut);
    let (line, mut stream) = tokio::time::timeout(PATIENCE, hear(stream))
        .await
        .map_err(in_time)??;
    let ask: Ask = match serde_json::from_str(&line) {
        Ok(ask) => ask,
        Err(_) => return say(&mut stream, &failed(&unexpected())).await,
    };
    match ask {
        Ask::Sync {
            dry_run,
            full,
            host,
        } => {
            let order = Order {
                dry_run,
                full,
                retry_now: true,
                ..Order::default()
            };
            let answer = passed(desk, order, host).await;
            say(&mut stream, &answer).await
        }
        Ask::Export => tokio::time::timeout(PATIENCE, send_export(&mut stream, desk))
            .await
            .map_err(in_time)?,
        ask => tokio::time::timeout(patience(&ask), answer(&mut stream, desk, &ask))
            .await
            .map_err(in_time)?,
    }
}

async fn hear(stream: UnixStream) -> io::Result<(String, UnixStream)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    (&mut reader).take(LONGEST_ASK).read_line(&mut line).await?;
    Ok((line, reader.into_inner()))
}

/// Has the daemon's loop run a pass, and waits for its end.
async fn passed(desk: &Desk, order: Order, host: Option<HostName>) -> Answer {
    let (answer, answered) = oneshot::channel();
    let request = PassRequest {
        order,
        host,
        answer,
    };
    let ending = || {
        failed(&Failure::new(
            Exit::Attention,
            "the daemon ended before the pass did",
            "nothing is lost: the next pass goes on from there",
        ))
    };
    if desk.passes.send(request).await.is_err() {
        return ending();
    }
    answered.await.unwrap_or_else(|_| ending())
}

async fn answer(stream: &mut UnixStream, desk: &Desk, ask: &Ask) -> io::Result<()> {
    let settings = desk.settings.borrow().clone();
    let answered = match ask {
        Ask::Listening => Ok(Answer::Listening(*desk.listens.borrow())),
        Ask::Login(_) | Ask::Logout(_) | Ask::Calendars(_) => {
            login::answer(ask, &settings, &desk.state.base, &desk.clock).await
        }
        ask => desk::answer(ask, &desk.state, &settings, desk.clock.as_ref()).await,
    };
    let mut answer = answered.unwrap_or_else(|failure| failed(&failure));
    if let Answer::Status(status) = &mut answer {
        status.of_this_daemon(*desk.next.borrow());
    }
    say(stream, &answer).await?;
    if ask.decides() {
        // A full queue holds a wake already.
        desk.wake.try_send(Wake::Decision).unwrap_or_default();
    }
    Ok(())
}

async fn send_export(stream: &mut UnixStream, desk: &Desk) -> io::Result<()> {
    let store = desk.state.store.clone();
    let now = desk.clock.now();
    let written = tokio::task::spawn_blocking(move || {
        let directory = tempfile::Builder::new()
            .prefix("export-")
            .tempdir_in(store.dir())
            .map_err(io::Error::other)?;
        let path = directory.path().join("state.jsonl");
        write_export(&store, &path, now).map_err(io::Error::other)?;
        io::Result::Ok((directory, path))
    });
    let (directory, path) = match written.await.map_err(io::Error::other)? {
        Ok(written) => written,
        Err(error) => {
            let failure = Failure::new(
                Exit::State,
                format!("exporting the state: {error}"),
                "check the disk space",
            );
            return say(stream, &failed(&failure)).await;
        }
    };
    let mut file = tokio::fs::File::open(&path).await?;
    let bytes = file.metadata().await?.len();
    say(stream, &Answer::Bytes(bytes)).await?;
    tokio::io::copy(&mut file, stream).await?;
    drop(directory);
    stream.shutdown().await
}

/// The answer of what could not be done.
pub(super) fn failed(failure: &Failure) -> Answer {
    Answer::Failed {
        exit: failure.exit as u8,
        words: failure.words.clone(),
    }
}

async fn say(stream: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}
