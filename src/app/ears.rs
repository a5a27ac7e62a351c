//! What listens beside the HTTP server, as the settings in force say: Zoom's WebSocket, and the
//! directories and files that are read.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::settings::resolved::CalendarPlace;
use crate::triggers::Wake;
use crate::triggers::files::{self, Watched};
use crate::triggers::hearing::Hearing;
use crate::triggers::websocket::{self, Socket};

use super::compose;
use super::failure::Failure;
use super::plan::Plan;
use super::state::State;

/// How long what listened may take to say good-bye before something else listens, and at the end.
const GOOD_BYE: Duration = Duration::from_secs(6);
const LAST_GOOD_BYE: Duration = Duration::from_millis(300);

/// What listens.
#[derive(Default)]
pub(super) struct Ears {
    tasks: JoinSet<&'static str>,
    /// Ends the connection in good order: Zoom allows one, and counts it until it has read its end.
    stop: CancellationToken,
}

/// What they work with.
pub(super) struct Listening<'a> {
    pub(super) settings: &'a Settings,
    pub(super) plan: &'a Plan,
    pub(super) state: &'a State,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) hearing: Arc<dyn Hearing>,
    pub(super) wake: mpsc::Sender<Wake>,
}

/// Ears that only have to begin: nothing of them can fail any more.
pub(super) struct Prepared {
    socket: Option<Socket>,
    watched: BTreeSet<Watched>,
    wake: mpsc::Sender<Wake>,
}

/// Makes ready what the settings say. What listens is not touched.
///
/// # Errors
/// When the Zoom account cannot be prepared.
pub(super) fn prepare(with: Listening<'_>) -> Result<Prepared, Failure> {
    let socket = match &with.settings.zoom.websocket {
        Some(url) => Some(Socket {
            url: url.clone(),
            tokens: compose::event_tokens(
                with.settings,
                with.plan.secrets(),
                &with.state.base,
                with.clock,
            )?,
            hearing: with.hearing,
            clock: with.clock.clone(),
            chance: rand::random,
        }),
        None => None,
    };
    Ok(Prepared {
        socket,
        watched: watched(with.settings),
        wake: with.wake,
    })
}

impl Ears {
    /// Listens; what listened before ends first, so that there is never more than one connection.
    pub(super) async fn begin(&mut self, prepared: Prepared) {
        let Prepared {
            socket,
            watched,
            wake,
        } = prepared;
        self.end(GOOD_BYE).await;
        self.stop = CancellationToken::new();
        if let Some(socket) = socket {
            let stop = self.stop.clone();
            self.tasks.spawn(async move {
                websocket::listen(socket, stop).await;
                "listening to Zoom's WebSocket"
            });
        }
        if !watched.is_empty() {
            let stop = self.stop.clone();
            self.tasks.spawn(async move {
                stop.run_until_cancelled(files::watch(watched, wake)).await;
                "watching files"
            });
        }
    }

    /// Waits until one of them ends by itself, which none ever should.
    pub(super) async fn ended(&mut self) -> Result<&'static str, tokio::task::JoinError> {
        match self.tasks.join_next().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// Listens no more.
    pub(super) async fn stop(&mut self) {
        self.end(LAST_GOOD_BYE).await;
    }

    async fn end(&mut self, within: Duration) {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

/// The directories and files of the calendars that some flow uses.
fn watched(settings: &Settings) -> BTreeSet<Watched> {
    let used = compose::used(settings).into_iter();
    let places = used.filter_map(|name| settings.calendar(name));
    let watched = places.filter_map(|calendar| match &calendar.place {
        CalendarPlace::Vdir { path } => Some(Watched::Folder(path.clone())),
        CalendarPlace::Ics { url, .. } if !url.expose_secret().contains("://") => {
            Some(Watched::File(PathBuf::from(url.expose_secret())))
        }
        CalendarPlace::Ics { .. } | CalendarPlace::Caldav { .. } => None,
    });
    watched.collect()
}
