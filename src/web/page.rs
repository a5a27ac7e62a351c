//! `GET /`: the status page, for whoever may see it and for nobody else.
//!
//! | listening | `admin_token` | who is answered |
//! |---|---|---|
//! | anywhere | set | whoever shows it, as a bearer token or as the password of Basic |
//! | on loopback | not set | requests that are plainly of this machine |
//! | elsewhere | not set | nobody |
//!
//! Plainly of this machine is what is addressed to it by a name or number of the loopback, so that
//! no web page can have its own name lead here (DNS rebinding), and what came through no proxy, as
//! far as a proxy can be told: most say so in a header, and some speak HTTP/1.0, which no browser
//! does. That is no promise: nginx before 1.29.7 does so where it is not told otherwise, a newer one
//! asks just as a browser of this machine does. What keeps the page in is the token, or a proxy that
//! passes on `/webhooks/` and `/feeds/` alone.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST,
    REFERRER_POLICY, RETRY_AFTER, VIA, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::health::Admission;
use super::refusals::Refusals;
use super::refused;
use crate::domain::iso_week::IsoWeek;
use crate::ports::error::Result;

/// What writes the page.
#[async_trait]
pub trait Page: Send + Sync {
    /// A whole document about this week, or the present one, with no style but the one that
    /// [`routes`] was told of.
    async fn html(&self, week: Option<IsoWeek>, reader: Reader) -> Result<String>;
}

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody on this machine.
    Local,
    /// Somebody who showed the token.
    Admitted,
}

#[derive(Clone)]
struct Shared {
    page: Arc<dyn Page>,
    admission: Admission,
    refusals: Arc<Refusals>,
    policy: HeaderValue,
}

/// The route. `style` is the sheet that stands in every page, to the byte.
pub fn routes(
    page: Arc<dyn Page>,
    style: &str,
    admission: Admission,
    refusals: Arc<Refusals>,
) -> Router {
    Router::new().route("/", any(answer)).with_state(Shared {
        page,
        admission,
        refusals,
        policy: policy(style),
    })
}

/// What a browser may do with the page: read it, with this style, and nothing else.
fn policy(style: &str) -> HeaderValue {
    let digest = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

async fn answer(State(shared): State<Shared>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let mut answer = match read(&shared, &parts).await {
        Ok(html) => {
            let kind = [(CONTENT_TYPE, "text/html; charset=utf-8")];
            (kind, html).into_response()
        }
        Err(refusal) => *refusal,
    };
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, shared.policy);
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The page, or the refusal of it.
async fn read(shared: &Shared, parts: &Parts) -> std::result::Result<String, Box<Response>> {
    // The body of an answer to HEAD is left out by the router.
    if parts.method != Method::GET && parts.method != Method::HEAD {
        let allow = [(ALLOW, "GET, HEAD")];
        let refusal = (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
        return Err(Box::new(refusal));
    }
    let reader = match admit(shared, parts) {
        Ok(reader) => reader,
        Err(refusal) => {
            if shared.admission.is_guess(&parts.headers) {
                shared.refusals.slow().await;
            }
            return Err(refusal);
        }
    };
    let week = asked(parts.uri.query().unwrap_or_default()).map_err(|()| {
        let words =
            "this is no week: ask for one like /?week=2026-W48, from 2000-W01 to 2199-W52\n";
        Box::new(refused(StatusCode::BAD_REQUEST, words))
    })?;
    shared.page.html(week, reader).await.map_err(|error| {
        let hint = error.remedy().unwrap_or_default();
        let words = format!("{error}\nhint: {hint}\n");
        let soon = [(RETRY_AFTER, "60")];
        Box::new((StatusCode::SERVICE_UNAVAILABLE, soon, words).into_response())
    })
}

/// Who asks, where they may.
fn admit(shared: &Shared, parts: &Parts) -> std::result::Result<Reader, Box<Response>> {
    let refusals = &shared.refusals;
    match &shared.admission {
        Admission::Anybody if is_plainly_local(parts) => Ok(Reader::Local),
        Admission::Anybody => {
            let hint = "set http.admin_token to read it under another name or through a proxy";
            refusals.count("the status page from elsewhere without a token", hint);
            Err(Box::new(refused(
                StatusCode::FORBIDDEN,
                "without a token this page is for browsers on this machine alone, by an address like \
                 http://localhost:8787/ and through no proxy\n\
                 hint: set admin_token in [http], and give it as the password\n",
            )))
        }
        admission @ (Admission::Token(_) | Admission::Nobody) => {
            let admitted = admission.admit(&parts.headers);
            // A browser asks without it at first: that is nobody who guesses.
            let first = matches!(admission, Admission::Token(_))
                && !parts.headers.contains_key(AUTHORIZATION);
            if admitted.is_err() && !first {
                let hint = "set http.admin_token, and give it as the password; nothing was shown";
                refusals.count("the status page without the admin token", hint);
            }
            admitted.map(|()| Reader::Admitted)
        }
    }
}

/// The week that is asked for; `None` where none is.
fn asked(query: &str) -> std::result::Result<Option<IsoWeek>, ()> {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let mut weeks = pairs.filter(|(name, _)| name == "week");
    let Some((_, week)) = weeks.next() else {
        return Ok(None);
    };
    if weeks.next().is_some() {
        return Err(());
    }
    IsoWeek::parse(&week).map(Some).ok_or(())
}

fn is_plainly_local(parts: &Parts) -> bool {
    let headers = &parts.headers;
    let uri = parts.uri.authority();
    parts.version == Version::HTTP_11
        && names_loopback(headers)
        && uri.is_none_or(is_loopback)
        && !headers.keys().any(tells_of_a_proxy)
}

/// Whether there is one `Host`, and it is a name or number of the loopback.
fn names_loopback(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let host = host.to_str().ok();
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    host.is_some_and(|host| is_loopback(&host))
}

fn is_loopback(authority: &Authority) -> bool {
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host().to_ascii_lowercase();
    // RFC 6761 section 6.3: browsers ask nobody where these lead.
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    let number = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let number: Option<IpAddr> = number.unwrap_or(&host).parse().ok();
    number.is_some_and(|number| number.is_loopback())
}

fn tells_of_a_proxy(name: &HeaderName) -> bool {
    let name_of = name.as_str();
    name == VIA
        || name_of == "forwarded"
        || name_of == "x-real-ip"
        || name_of.starts_with("x-forwarded-")
}
