//! The account on a loopback port: reads a request, lets a fault strike, answers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State as Front};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::answer::Answer;
use super::call::Call;
use super::seen::Seen;
use super::strike::Delivery;
use super::{Account, route};

/// How long `stop` waits for connections to end by themselves.
const GRACE: Duration = Duration::from_secs(5);

/// A built-in account that listens. It ends when stopped or dropped; the account lives on and can
/// be served again.
pub struct Server {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<io::Result<()>>,
}

#[derive(Clone)]
struct Desk {
    account: Account,
    stop: watch::Receiver<bool>,
}

impl Account {
    /// Listens on a free loopback port.
    ///
    /// # Errors
    /// When the system gives none.
    pub async fn serve(&self) -> io::Result<Server> {
        self.serve_on(0).await
    }

    /// Listens on this loopback port, 0 for a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn serve_on(&self, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let desk = Desk {
            account: self.clone(),
            stop: stopped.clone(),
        };
        let router = Router::new().fallback(handle).with_state(desk);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(until(stopped))
                .await
        });
        Ok(Server { addr, stop, tasks })
    }

    /// Does what a request asks for, or what a fault makes of it; logs it.
    fn attend(&self, call: &Call) -> (Answer, Delivery) {
        let fault = self.faults().strike(call);
        let mut state = self.state();
        let instead = fault
            .as_ref()
            .and_then(|fault| fault.instead(&mut state, call));
        let mut answer = instead.unwrap_or_else(|| route::answer(self, &mut state, call));
        let delivery = fault.map_or(Delivery::Whole, |fault| fault.spoil(&mut answer));
        state.log.note(Seen {
            door: call.door(),
            method: call.method.clone(),
            path: call.path.clone(),
            query: call.query.clone(),
            body: call.body.shown(),
            status: (delivery != Delivery::Nothing).then_some(answer.status),
        });
        (answer, delivery)
    }
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// For `zoom.api_url`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}/v2", self.addr)
    }

    /// For `zoom.oauth_url`.
    #[must_use]
    pub fn oauth_url(&self) -> String {
        format!("http://{}/oauth", self.addr)
    }

    /// Stops listening, ends every connection and waits until that is done.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

async fn until(mut stop: watch::Receiver<bool>) {
    // A sender that is gone means the server was dropped: that is a stop, too.
    if stop.wait_for(|stop| *stop).await.is_err() {}
}

async fn handle(Front(desk): Front<Desk>, request: Request) -> Response {
    let Some(call) = Call::read(request).await else {
        return closed();
    };
    let (answer, delivery) = desk.account.attend(&call);
    match delivery {
        Delivery::Whole => whole(answer),
        Delivery::Truncated => truncated(&answer),
        Delivery::Nothing => closed(),
        Delivery::Late(time) => {
            tokio::select! {
                () = tokio::time::sleep(time) => whole(answer),
                () = until(desk.stop) => closed(),
            }
        }
    }
}

fn whole(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let made = match answer.body {
        Some(body) => response
            .header(CONTENT_TYPE, "application/json;charset=UTF-8")
            .body(Body::from(body.to_string())),
        None => response.body(Body::empty()),
    };
    made.unwrap_or_else(|_| {
        let mut failed = Response::new(Body::empty());
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}

/// Half of the body, then the end of the connection.
fn truncated(answer: &Answer) -> Response {
    let text = answer.body.as_ref().map(Value::to_string);
    let bytes = Bytes::from(text.unwrap_or_default());
    let half = bytes.slice(..bytes.len() / 2);
    let sent = stream::once(async move { Ok(half) });
    let body = Body::from_stream(sent.chain(broken_off()));
    Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, "application/json;charset=UTF-8")
        .header(CONTENT_LENGTH, bytes.len())
        .body(body)
        .unwrap_or_else(|_| closed())
}

/// Nothing at all, then the end of the connection: hyper closes it when a body fails, and has
/// not yet sent the head when it fails at once.
fn closed() -> Response {
    Response::new(Body::from_stream(stream::once(async { failed() })))
}

/// Fails only after what came before it was sent.
fn broken_off() -> impl stream::Stream<Item = io::Result<Bytes>> {
    stream::once(async {
        tokio::task::yield_now().await;
        failed()
    })
}

fn failed() -> io::Result<Bytes> {
    Err(io::Error::from(io::ErrorKind::ConnectionAborted))
}
