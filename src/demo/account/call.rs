//! One HTTP request, read as a whole.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use url::form_urlencoded;

use super::seen::Door;

/// The largest body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// One request.
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) authorization: Option<String>,
    pub(super) body: Body,
}

/// What a request carries.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Empty,
    Json(Value),
    Form(Vec<(String, String)>),
    /// Neither, or not what its `Content-Type` says.
    Nonsense,
}

impl Call {
    /// Reads a request; `None` where the body is too large or cut off.
    pub(super) async fn read(request: Request) -> Option<Self> {
        let (head, body) = request.into_parts();
        let bytes = to_bytes(body, BODY_LIMIT).await.ok()?;
        Some(Self {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: pairs(head.uri.query().unwrap_or_default().as_bytes()),
            authorization: word(&head.headers, AUTHORIZATION.as_str()),
            body: Body::read(word(&head.headers, CONTENT_TYPE.as_str()), &bytes),
        })
    }

    /// Where it came in.
    pub(super) fn door(&self) -> Door {
        if self.path.starts_with("/oauth") {
            Door::Oauth
        } else {
            Door::Api
        }
    }

    /// Whether it lists something.
    pub(super) fn is_listing(&self) -> bool {
        let scheduler = ["/events", "/availability", "/schedules"];
        let listed = match self.path.strip_prefix("/v2/scheduler") {
            Some(rest) => scheduler.contains(&rest),
            None => self.is_calendar_listing(),
        };
        self.method == "GET" && listed
    }

    /// Whether it lists calendars or what stands in one.
    pub(super) fn is_calendar_listing(&self) -> bool {
        let Some(rest) = self.path.strip_prefix("/v2/calendars/") else {
            return false;
        };
        let parts: Vec<&str> = rest.split('/').collect();
        self.method == "GET" && matches!(parts[..], ["users", _, "calendarList"] | [_, "events"])
    }

    /// The credentials of a scheme, as they stand in `Authorization`.
    pub(super) fn credentials(&self, scheme: &str) -> Option<&str> {
        let (given, rest) = self.authorization.as_deref()?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }
}

impl Body {
    fn read(content_type: Option<String>, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let content_type = content_type.unwrap_or_default();
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => serde_json::from_slice(bytes).map_or(Self::Nonsense, Self::Json),
            "application/x-www-form-urlencoded" => Self::Form(pairs(bytes)),
            _ => Self::Nonsense,
        }
    }

    /// As the log keeps it.
    pub(super) fn shown(&self) -> Option<Value> {
        match self {
            Self::Empty | Self::Nonsense => None,
            Self::Json(value) => Some(value.clone()),
            Self::Form(pairs) => Some(Value::Object(
                pairs
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
                    .collect(),
            )),
        }
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn word(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
