//! `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::refusals::Refusals;
use super::refused;

/// What can be asked about the daemon.
pub trait Vitals: Send + Sync {
    /// Why it is not ready; `None` where it is.
    fn unready(&self) -> Option<&'static str>;

    /// The metrics in the Prometheus text format.
    fn metrics(&self) -> String;
}

/// Who may see more than whether it lives.
#[derive(Clone)]
pub enum Admission {
    /// Only this machine reaches it.
    Anybody,
    /// Whoever knows the token.
    Token(SecretString),
    /// Nobody: it can be reached from outside, and there is no token.
    Nobody,
}

#[derive(Clone)]
struct Shared {
    vitals: Arc<dyn Vitals>,
    admission: Admission,
    refusals: Arc<Refusals>,
}

/// The routes.
pub fn routes(vitals: Arc<dyn Vitals>, admission: Admission, refusals: Arc<Refusals>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Shared {
            vitals,
            admission,
            refusals,
        })
}

async fn ready(State(shared): State<Shared>) -> Response {
    match shared.vitals.unready() {
        None => "ready\n".into_response(),
        Some(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {why}\n"),
        )
            .into_response(),
    }
}

async fn metrics(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if let Err(refusal) = shared.admission.admit(&headers) {
        let hint =
            "set http.admin_token, and send it as a bearer token or as the password of Basic";
        shared
            .refusals
            .count("metrics without the admin token", hint);
        if shared.admission.is_guess(&headers) {
            shared.refusals.slow().await;
        }
        return *refusal;
    }
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, shared.vitals.metrics()).into_response()
}

impl Admission {
    /// Whether a refused request showed something that is not the token.
    pub(super) fn is_guess(&self, headers: &HeaderMap) -> bool {
        matches!(self, Self::Token(_)) && headers.contains_key(header::AUTHORIZATION)
    }

    /// Lets a request in, or gives its refusal.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Box<Response>> {
        match self {
            Self::Anybody => Ok(()),
            Self::Nobody => Err(Box::new(refused(
                StatusCode::FORBIDDEN,
                "http.admin_token is not set\n",
            ))),
            Self::Token(token) if shows(headers, token) => Ok(()),
            Self::Token(_) => {
                let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"slotbridge\"")];
                let words = "http.admin_token is asked for: as a bearer token, or as the password of anybody\n";
                Err(Box::new(
                    (StatusCode::UNAUTHORIZED, ask, words).into_response(),
                ))
            }
        }
    }
}

/// Whether the token stands there, as a bearer token or as the password of anybody.
fn shows(headers: &HeaderMap, token: &SecretString) -> bool {
    let said = headers.get(header::AUTHORIZATION);
    let Some(said) = said.and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let shown = match said.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim().to_owned(),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => {
            let decoded = STANDARD.decode(rest.trim()).unwrap_or_default();
            let text = String::from_utf8(decoded).unwrap_or_default();
            text.split_once(':')
                .map_or_else(String::new, |(_, password)| password.to_owned())
        }
        _ => return false,
    };
    bool::from(shown.as_bytes().ct_eq(token.expose_secret().as_bytes()))
}
