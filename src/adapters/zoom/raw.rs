//! Requests as they are, for the command line: same token, same limits, no meaning added.

use reqwest::Method;
use serde_json::Value;

use super::calls::{Answer, Call, Repeat};
use super::client::ZoomClient;
use super::failure::Subject;
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

impl ZoomClient {
    /// One request below `api_url`. `path` is not encoded (`/scheduler/users/me`); the answer is
    /// `Null` where Zoom sends nothing back. For another user's host, `user_id` is added
    /// where Zoom knows it.
    ///
    /// Only a `GET` is repeated when it is not known whether it was worked on.
    ///
    /// # Errors
    /// As the status tells; its cause quotes Zoom's words, without what could name a person.
    pub async fn raw(
        &self,
        verb: Verb,
        path: &str,
        query: &[(String, String)],
        body: Option<Value>,
    ) -> Result<Value> {
        let (method, repeat, doing) = match verb {
            Verb::Get => (Method::GET, Repeat::Freely, "reading from Zoom"),
            Verb::Post => (Method::POST, Repeat::IfUnsent, "creating in Zoom"),
            Verb::Patch => (Method::PATCH, Repeat::IfUnsent, "changing in Zoom"),
            Verb::Delete => (Method::DELETE, Repeat::IfUnsent, "deleting in Zoom"),
        };
        let path: Vec<&str> = path.trim_matches('/').split('/').collect();
        let mut pairs: Vec<(&str, &str)> = query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        if takes_user(verb, &path) && !pairs.iter().any(|(name, _)| *name == "user_id") {
            pairs.extend(self.user_query());
        }
        let call = Call {
            method,
            path: &path,
            query: &pairs,
            body,
            repeat,
            subject: Subject::Whole,
            doing,
        };
        match self.calls.make(&call).await? {
            Answer::Done(value) => Ok(value),
            Answer::Failed(failure) => {
                let error = failure.error(doing);
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
    /// As [`ZoomClient::raw`].
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

/// Whether an operation knows `user_id`. Availability schedules and people do not, one by one.
fn takes_user(verb: Verb, path: &[&str]) -> bool {
    match path {
        ["scheduler", "availability"] => verb == Verb::Get,
        ["scheduler", "availability" | "users", ..] | ["calendars", ..] => false,
        _ => true,
    }
}
