//! Requests as they are, for the command line: same token, same limits, no meaning added.

use reqwest::Method;
use serde_json::Value;

use super::calls::{Answer, Call, Repeat};
use super::client::ZoomClient;
use super::failure::Subject;
use super::operations::Operation;
use crate::domain::ids::BookingId;
use crate::ports::error::Result;

/// The verbs of Zoom's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What stands in the path, by Zoom's names.
    pub ids: Vec<(&'static str, String)>,
    /// The query, by Zoom's names.
    pub query: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Option<Value>,
}

impl ZoomClient {
    /// Does one operation. The answer is `Null` where Zoom sends nothing back. For another user's
    /// host, `user_id` is added where the operation knows it and the request does not say it.
    ///
    /// Only a `GET` is repeated when it is not known whether it was worked on.
    ///
    /// # Errors
    /// As the status tells; its cause quotes Zoom's words, without what could name a person. Where
    /// the token lacks the operation's scope, `Denied`.
    pub async fn ask(&self, operation: &Operation, request: &Request) -> Result<Value> {
        let (method, repeat) = match operation.method {
            Verb::Get => (Method::GET, Repeat::Freely),
            Verb::Post => (Method::POST, Repeat::IfUnsent),
            Verb::Patch => (Method::PATCH, Repeat::IfUnsent),
            Verb::Delete => (Method::DELETE, Repeat::IfUnsent),
        };
        let doing = operation.doing(&request.ids);
        let said = request.query.iter();
        let mut query: Vec<(&str, &str)> =
            said.map(|(name, text)| (*name, text.as_str())).collect();
        if operation.takes("user_id") && !query.iter().any(|(name, _)| *name == "user_id") {
            query.extend(self.user_query());
        }
        let call = Call {
            method,
            path: &operation.segments(&request.ids),
            query: &query,
            body: request.body.clone(),
            repeat,
            subject: Subject::Asked {
                scope: operation.scope,
            },
            doing: &doing,
        };
        match self.calls.make(&call).await? {
            Answer::Done(value) => Ok(value),
            Answer::Failed(failure) => {
                let error = failure.error(&doing);
                Err(match failure.quoted() {
                    Some(words) => error.because(format!("{}: {words}", failure.cause())),
                    None => error,
                })
            }
        }
    }

    /// Deletes a booking; `false` where there is none (any more).
    ///
    /// # Errors
    /// As [`ZoomClient::ask`].
    pub async fn delete_event(&self, id: &BookingId) -> Result<bool> {
        let doing = format!("deleting booking {id} in Zoom");
        let call = Call {
            method: Method::DELETE,
            path: &["scheduler", "events", id.as_str()],
            query: &self.user_query(),
            body: None,
            repeat: Repeat::Once,
            subject: Subject::One {
                scope: "scheduler:delete:scheduled_event",
            },
            doing: &doing,
        };
        match self.calls.make(&call).await? {
            Answer::Failed(failure) if failure.is_absence() => Ok(false),
            answer => answer.done(&doing).map(|_| true),
        }
    }

    /// The host's user in Scheduler, as Zoom writes it: proves the token, a scope and the user.
    ///
    /// # Errors
    /// `Missing` where the user never opened Scheduler; `Denied` without the right.
    pub async fn user(&self) -> Result<Value> {
        let doing = "reading the host's user in Zoom";
        let call = Call {
            method: Method::GET,
            path: &["scheduler", "users", self.user.segment()],
            query: &[],
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::Whole,
            doing,
        };
        self.calls.make(&call).await?.done(doing)
    }
}
