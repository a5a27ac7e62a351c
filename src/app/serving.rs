//! The HTTP server as the settings in force say: what is served, to whom, and its end.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use listenfd::ListenFd;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::engine::ledger::Ledger;
use crate::ports::clock::Clock;
use crate::settings::Settings;
use crate::settings::resolved::{Credentials, Http, Shown, Webhook};
use crate::web::health::{Admission, Vitals};
use crate::web::refusals::Refusals;
use crate::web::server::{self, Limits};
use crate::web::webhook;
use crate::{triggers::hearing::Hearing, web};

use super::compose::one_secret;
use super::failure::{Exit, Failure};
use super::metrics;
use super::page::{self, StatusPage};
use super::state::State;

/// What is served from.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) state: State,
    pub(super) settings: watch::Receiver<Arc<Settings>>,
    /// When the next pass is due.
    pub(super) next: watch::Receiver<Option<Timestamp>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hearing: Arc<dyn Hearing>,
    /// Why the daemon is not ready; `None` once it is.
    pub(super) unready: watch::Receiver<Option<&'static str>>,
    /// More routes, which stay the same whatever the settings say.
    pub(super) more: Vec<Router>,
    pub(super) refusals: Arc<Refusals>,
}

/// A server that runs, or none.
#[derive(Default)]
pub(super) struct Server {
    open: Option<Open>,
    tasks: JoinSet<()>,
    /// The socket that the service manager opened for us, until it is served.
    inherited: Option<TcpListener>,
    /// Told where it listens.
    listens: watch::Sender<Option<SocketAddr>>,
}

/// A server that only has to begin: nothing of it can fail any more.
pub(super) struct Prepared(Option<Next>);

impl Prepared {
    /// How many parts of it are closed for want of a secret.
    pub(super) fn lacks(&self) -> usize {
        self.0.as_ref().map_or(0, |next| next.open.lacks)
    }
}

struct Next {
    serve: BoxFuture<'static, ()>,
    /// Where it listens; the service manager may have chosen.
    address: SocketAddr,
    origin: Origin,
    open: Open,
}

/// Whose socket it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Ours,
    Inherited,
}

struct Open {
    address: SocketAddr,
    listener: TcpListener,
    stop: CancellationToken,
    /// How many parts are closed for want of a secret.
    lacks: usize,
}

impl Server {
    /// Takes over the socket that the service manager opened, where there is one.
    pub(super) fn new(listens: watch::Sender<Option<SocketAddr>>) -> Self {
        let inherited = ListenFd::from_env()
            .take_tcp_listener(0)
            .unwrap_or_default();
        Self {
            inherited,
            listens,
            ..Self::default()
        }
    }

    /// Makes ready what the settings say. What runs is not touched.
    ///
    /// # Errors
    /// When the address cannot be listened at. What lacks its secret is closed.
    pub(super) async fn prepare(
        &self,
        serving: &Serving,
        settings: &Settings,
    ) -> Result<Prepared, Failure> {
        let Some(http) = &settings.http else {
            return Ok(Prepared(None));
        };
        let (listener, origin) = self.listener(http.listen)?;
        let address = listener.local_addr().unwrap_or(http.listen);
        let (app, lacks) = app(serving, settings, http, address).await?;
        let running = listener.try_clone().and_then(|listener| {
            listener.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(listener)
        });
        let running = running.map_err(|error| self.cannot_listen(http.listen, &error))?;
        let refusals = serving.refusals.clone();
        let stop = CancellationToken::new();
        Ok(Prepared(Some(Next {
            serve: server::serve(running, app, Limits::default(), refusals, stop.clone()).boxed(),
            address,
            origin,
            open: Open {
                address: http.listen,
                listener,
                stop,
                lacks,
            },
        })))
    }

    /// How many parts of what runs are closed for want of a secret.
    pub(super) fn lacks(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.lacks)
    }

    /// Serves what was made ready; what ran before ends.
    pub(super) async fn begin(&mut self, prepared: Prepared) {
        self.stop().await;
        let Some(next) = prepared.0 else { return };
        if next.origin == Origin::Inherited {
            self.inherited = None;
        }
        self.tasks.spawn(next.serve);
        self.listens.send_replace(Some(next.address));
        tracing::info!(address = %next.address, "serving HTTP");
        self.open = Some(next.open);
    }

    /// Waits until it ends by itself, which it never should.
    pub(super) async fn ended(&mut self) {
        if self.open.is_none() || self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Ends what is in hand, and listens no more.
    pub(super) async fn stop(&mut self) {
        if let Some(open) = self.open.take() {
            self.listens.send_replace(None);
            open.stop.cancel();
        }
        while self.tasks.join_next().await.is_some() {}
    }

    /// The socket: the one in use, the inherited one, or a new one.
    fn listener(&self, address: SocketAddr) -> Result<(TcpListener, Origin), Failure> {
        let open = self.open.as_ref().filter(|open| open.is_at(address));
        let (listener, origin) = match (open, &self.inherited) {
            (Some(open), _) => (open.listener.try_clone(), Origin::Ours),
            (None, Some(inherited)) => (inherited.try_clone(), Origin::Inherited),
            (None, None) => (TcpListener::bind(address), Origin::Ours),
        };
        let listener = listener.map_err(|error| self.cannot_listen(address, &error))?;
        Ok((listener, origin))
    }

    fn cannot_listen(&self, address: SocketAddr, error: &io::Error) -> Failure {
        // The old socket is open until the new configuration is in force.
        let ours = self.open.as_ref().and_then(Open::port) == Some(address.port());
        cannot_listen(address, error, ours)
    }
}

impl Open {
    /// Whether it listens there, as the settings said or as it came to be.
    fn is_at(&self, address: SocketAddr) -> bool {
        self.address == address || self.listener.local_addr().is_ok_and(|at| at == address)
    }

    fn port(&self) -> Option<u16> {
        Some(self.listener.local_addr().ok()?.port())
    }
}

/// What may be otherwise in a minute is no mistake of the configuration: systemd starts it again.
fn cannot_listen(address: SocketAddr, error: &io::Error, ours: bool) -> Failure {
    let (exit, hint) = match error.kind() {
        ErrorKind::AddrInUse if ours => (
            Exit::Unreachable,
            "slotbridge itself has this port: restart it to take the new address",
        ),
        ErrorKind::AddrInUse => (
            Exit::Unreachable,
            "choose another port, or end the program that has it (`ss -ltnp` shows it)",
        ),
        ErrorKind::AddrNotAvailable => (
            Exit::Unreachable,
            "this machine does not have this address, or not yet: wait until its network is up, or choose one that \
             `ip address` lists; 0.0.0.0 and [::] are all of them",
        ),
        ErrorKind::PermissionDenied => (
            Exit::Usage,
            "choose a port above 1023, or have systemd listen there (a .socket unit)",
        ),
        _ => (
            Exit::Unreachable,
            "check the address, and the limits of this user",
        ),
    };
    let cause = format!("http.listen: cannot listen at {address}: {error}");
    Failure::new(exit, cause, hint)
}

/// What is said of an admin token that can be guessed.
pub(super) const SHORT: &str =
    "http.admin_token is shorter than 16 characters: whoever reaches the port may guess it";
/// What to do about it.
pub(super) const LONGER: &str = "set http.admin_token to what `openssl rand -hex 16` prints";

/// Whether a token is too short to keep out whoever tries many. It is taken all the same: an update
/// must lock nobody out.
pub(super) fn is_short(token: &SecretString) -> bool {
    token.expose_secret().chars().count() < 16
}

async fn app(
    serving: &Serving,
    settings: &Settings,
    http: &Http,
    address: SocketAddr,
) -> Result<(Router, usize), Failure> {
    let mut lacks = 0;
    let admission = match &http.admin_token {
        Some(secret) => {
            let token = one_secret(secret, settings).await;
            let token = or_closed(token, "the status page and metrics", &mut lacks);
            if token.as_ref().is_some_and(is_short) {
                tracing::warn!(hint = LONGER, "{SHORT}");
            }
            token.map_or(Admission::Nobody, Admission::Token)
        }
        // Where the service manager listens counts, not where we would.
        None if address.ip().is_loopback() => Admission::Anybody,
        None => Admission::Nobody,
    };
    let vital = Vital {
        serving: serving.clone(),
        metrics: metrics::install().map_err(|error| {
            Failure::new(
                Exit::Attention,
                format!("counting metrics: {error}"),
                "please report this",
            )
        })?,
    };
    let refusals = serving.refusals.clone();
    let mut parts = vec![web::health::routes(
        Arc::new(vital),
        admission.clone(),
        refusals.clone(),
    )];
    let page = Arc::new(StatusPage::new(serving));
    parts.push(web::page::routes(
        page,
        page::STYLE,
        admission,
        refusals.clone(),
    ));
    if let Some(webhook) = &settings.zoom.webhook {
        let secrets = secrets_of(webhook, settings).await;
        parts.push(match or_closed(secrets, "webhooks", &mut lacks) {
            Some((secret, shown)) => webhook::routes(webhook::Webhook {
                secret,
                shown,
                hearing: serving.hearing.clone(),
                clock: serving.clock.clone(),
                refusals: refusals.clone(),
                reading: webhook::Reading::default(),
            }),
            None => webhook::unready(),
        });
    }
    parts.extend(serving.more.iter().cloned());
    Ok((web::app(parts, refusals), lacks))
}

/// A secret that may come later; what needs it is closed until then.
fn or_closed<T>(secret: Result<T, Failure>, what: &str, lacks: &mut usize) -> Option<T> {
    secret
        .inspect_err(|failure| {
            *lacks += 1;
            tracing::warn!("closed until their secret can be had: {what}: {failure}");
        })
        .ok()
}

async fn secrets_of(
    webhook: &Webhook,
    settings: &Settings,
) -> Result<(SecretString, Option<webhook::Shown>), Failure> {
    let secret = one_secret(&webhook.secret_token, settings).await?;
    Ok((secret, shown(webhook, settings).await?))
}

/// What every webhook has to show besides its signature.
pub(super) async fn shown(
    webhook: &Webhook,
    settings: &Settings,
) -> Result<Option<webhook::Shown>, Failure> {
    let (name, value) = match &webhook.shown {
        // Webhooks know no login: it is not read there.
        Shown::Credentials(Credentials::None | Credentials::OAuth(_)) => return Ok(None),
        Shown::Credentials(Credentials::Password { username, password }) => {
            let password = one_secret(password, settings).await?;
            let both = format!("{username}:{}", password.expose_secret());
            ("authorization", format!("Basic {}", STANDARD.encode(both)))
        }
        Shown::Credentials(Credentials::Bearer(token)) => {
            let token = one_secret(token, settings).await?;
            ("authorization", format!("Bearer {}", token.expose_secret()))
        }
        Shown::Header { name, value } => {
            let value = one_secret(value, settings).await?;
            (name.as_str(), value.expose_secret().to_owned())
        }
    };
    let name = HeaderName::try_from(name).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("zoom.webhook.header: {error}"),
            "write letters, digits and hyphens only",
        )
    })?;
    Ok(Some(webhook::Shown {
        name,
        value: SecretString::from(value),
    }))
}

struct Vital {
    serving: Serving,
    metrics: PrometheusHandle,
}

impl Vitals for Vital {
    fn unready(&self) -> Option<&'static str> {
        *self.serving.unready.borrow()
    }

    fn metrics(&self) -> String {
        let serving = &self.serving;
        let now = serving.clock.now();
        let settings = serving.settings.borrow().clone();
        for host in &settings.hosts {
            let Some(bookings) = &host.bookings else {
                continue;
            };
            let base = serving.state.base.as_ref();
            let ledger = Ledger::new(base, &host.name, &bookings.calendar);
            if let Ok(Some(position)) = ledger.position() {
                let age = now.duration_since(position.at).as_secs_f64();
                metrics::cursor_age(host.name.as_str(), age);
            }
        }
        self.metrics.run_upkeep();
        self.metrics.render()
    }
}
