//! The listener: so many connections, so much header, so much time, and an end in good order.
//!
//! What never becomes a request is refused here and told once, like any other refusal: a head that
//! is too long (answered 431 or 414 by the library, before any route), bytes that are no HTTP, and
//! connections that cannot be taken because no file is left. Heads that come too slowly are cut off
//! without a word: the library does not tell them from a connection that is merely idle.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use super::refusals::Refusals;
use super::refused;

/// What one server, connection and request may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; more wait in the kernel's queue.
    pub connections: usize,
    /// Bytes of a request's line and headers together.
    pub header_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
    /// How long the headers may take to come; also how long an idle connection stays.
    pub header_time: Duration,
    /// How long a request may take in all.
    pub request_time: Duration,
    /// How long a connection may be kept: then others have their turn.
    pub age: Duration,
    /// How long an answer may be left unread.
    pub write_time: Duration,
    /// How long requests in hand may take at the end.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            header_bytes: 32 * 1024,
            headers: 64,
            header_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            age: Duration::from_mins(1),
            write_time: Duration::from_secs(20),
            grace: Duration::from_secs(3),
        }
    }
}

/// Listens.
///
/// # Errors
/// When the address is taken, or may not be used.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves until it is told to stop; then ends what is in hand.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    refusals: Arc<Refusals>,
    stop: CancellationToken,
) {
    let app = app.layer(middleware::from_fn(
        move |request: Request, next: Next| async move {
            in_time(limits.request_time, request, next).await
        },
    ));
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    loop {
        let place = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = open.join_next() => continue,
            place = places.clone().acquire_owned() => place,
        };
        let stream = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Too many open files, say: the next attempt may work.
                Err(error) => {
                    tracing::debug!(%error, "cannot take a connection");
                    let hint = "too many files are open: raise LimitNOFILE of the service (`ulimit -n`)";
                    refusals.count("connections that cannot be taken", hint);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        let (app, stop, refusals) = (app.clone(), stop.clone(), refusals.clone());
        open.spawn(async move {
            if let Err(error) = connection(stream, app, limits, stop).await {
                count(&error, &refusals);
            }
            drop(place);
        });
    }
    let rest = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.grace, rest).await.is_err() {
        tracing::debug!("some connections did not end in time");
    }
}

async fn connection(
    stream: TcpStream,
    app: Router,
    limits: Limits,
    stop: CancellationToken,
) -> hyper::Result<()> {
    // Small answers are not held back for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::trace!(%error, "no-delay is not to be had");
    }
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(limits.header_bytes)
        .max_headers(limits.headers);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_time));
    let stream = TokioIo::new(Box::pin(stream));
    let serving = builder.serve_connection(stream, TowerToHyperService::new(app));
    tokio::pin!(serving);
    tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop_or_age(&stop, limits.age) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    }
}

/// What was refused before it was a request. Others who hang up early are nobody's concern.
fn count(error: &hyper::Error, refusals: &Refusals) {
    if error.is_parse_too_large() {
        let hint = "somebody sends more than 32 KiB, or more than 64 headers; nothing was shown";
        refusals.count("requests with too long a head", hint);
    } else if error.is_parse() {
        let hint = "somebody speaks something else to this port; TLS ends at the proxy before it";
        refusals.count("what is no HTTP request", hint);
    } else {
        tracing::trace!(%error, "a connection ended early");
    }
}

async fn stop_or_age(stop: &CancellationToken, age: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(age) => {}
    }
}

async fn in_time(limit: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => refused(StatusCode::SERVICE_UNAVAILABLE, "it took too long\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const ASK: &[u8] = b"GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    /// With room for one connection: whoever holds it keeps all others out.
    async fn after(first: &[u8]) -> String {
        let app = Router::new()
            .route("/small", get(async || "small"))
            .route("/large", get(async || vec![b'x'; 64 * 1024 * 1024]))
            .route("/slow", get(std::future::pending::<()>));
        let limits = Limits {
            connections: 1,
            header_time: Duration::from_millis(50),
            request_time: Duration::from_millis(50),
            write_time: Duration::from_millis(50),
            ..Limits::default()
        };
        let listener = listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let refusals = Arc::<Refusals>::default();
        tasks.spawn(serve(listener, app, limits, refusals, stop.clone()));
        let mut greedy = TcpStream::connect(address).await.unwrap();
        greedy.write_all(first).await.unwrap();
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(ASK).await.unwrap();
        let mut answer = String::new();
        next.read_to_string(&mut answer).await.unwrap();
        stop.cancel();
        tasks.join_all().await;
        drop(greedy);
        answer
    }

    #[rstest::rstest]
    #[case::never_ends_its_headers(b"GET /small HTTP/1.1\r\nHost:")]
    #[case::says_nothing(b"")]
    #[case::never_reads_the_answer(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")]
    #[case::asks_for_what_takes_for_ever(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")]
    #[tokio::test]
    async fn nobody_keeps_others_out(#[case] first: &[u8]) {
        let answer = after(first).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("small"),
            "{answer}"
        );
    }
}
