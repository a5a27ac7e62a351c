//! HTTP: what the outside asks of the daemon, and how little each question may cost.

/// Calendars to subscribe to.
pub mod feeds;
/// Liveness, readiness, and numbers.
pub mod health;
/// The status page: who may see it, and what a browser may do with it.
pub mod page;
/// What is refused is told once, not each time.
pub mod refusals;
/// The listener: limits, and an end in good order.
pub mod server;
/// Zoom's webhooks.
pub mod webhook;

use std::sync::Arc;

use refusals::Refusals;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};

/// All that is served: the routes given, 404 for everything else, and a line in the log for each.
pub fn app(parts: impl IntoIterator<Item = Router>, refusals: Arc<Refusals>) -> Router {
    let all = parts.into_iter().fold(Router::new(), Router::merge);
    all.fallback(async || StatusCode::NOT_FOUND)
        .layer(middleware::from_fn_with_state(refusals, log))
}

/// The access log: the kind of resource, never its address, which may be a secret.
async fn log(State(refusals): State<Arc<Refusals>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let what = first_segment(request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    tracing::debug!(%method, what, status = status.as_u16(), "answered");
    match (what, status) {
        ("feeds", StatusCode::NOT_FOUND) => refusals.count(
            "a feed's address that leads nowhere",
            "somebody uses an old address (`slotbridge feeds` shows the new ones), or guesses",
        ),
        ("other", StatusCode::NOT_FOUND) => refusals.count(
            "a path that is none of ours",
            "somebody looks around; nothing was shown",
        ),
        _ => {}
    }
    response
}

/// Which of our resources it is; the rest of the path may be a token.
fn first_segment(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("webhooks") => "webhooks",
        Some("feeds") => "feeds",
        Some("healthz") => "healthz",
        Some("readyz") => "readyz",
        Some("metrics") => "metrics",
        Some("") => "/",
        _ => "other",
    }
}

/// What a handler shares.
pub type Shared<T> = Arc<T>;

/// A plain refusal.
fn refused(status: StatusCode, words: &'static str) -> Response {
    (status, words).into_response()
}
