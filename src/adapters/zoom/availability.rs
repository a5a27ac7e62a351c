//! Availability schedules, as the port wants them (FACTS.md section 2).

use async_trait::async_trait;
use reqwest::Method;

use super::blocks::LET_LOG_IN;
use super::calls::{Answer, Call, Repeat};
use super::client::ZoomClient;
use super::config::HostUser;
use super::failure::{Failure, Subject};
use super::hours::{self, Page};
use crate::domain::ids::AvailabilityId;
use crate::ports::availability::{Availabilities, Availability, AvailabilityChange};
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;

const PAGE_SIZE: &str = "300";
/// A listing that goes on after so many pages is none.
const MOST_PAGES: usize = 100;

#[async_trait]
impl Availabilities for ZoomClient {
    async fn availabilities(&self) -> Result<Vec<Availability>> {
        let doing = "listing the host's availability schedules in Zoom";
        let mut found: Vec<Availability> = Vec::new();
        let mut broken: Vec<hours::Broken> = Vec::new();
        let mut token = String::new();
        for _ in 0..MOST_PAGES {
            let page = self.availability_page(&token, doing).await?;
            for item in page.items.unwrap_or_default() {
                match hours::schedule(item) {
                    Ok(schedule) if found.iter().all(|other| other.id != schedule.id) => {
                        found.push(schedule);
                    }
                    Ok(_) => {}
                    Err(cause) => broken.push(cause),
                }
            }
            if page.next_page_token.is_empty() {
                return readable(found, broken, doing);
            }
            if page.next_page_token == token {
                return Err(malformed(doing, "its next page is itself"));
            }
            token = page.next_page_token;
        }
        Err(malformed(doing, "it does not come to an end"))
    }

    async fn availability(&self, id: &AvailabilityId) -> Result<Option<Availability>> {
        let doing = format!("reading the availability schedule {id} in Zoom");
        let call = Call {
            method: Method::GET,
            path: &["scheduler", "availability", id.as_str()],
            query: &[],
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::Whole,
            doing: &doing,
        };
        match self.calls.make(&call).await? {
            Answer::Done(value) => hours::schedule(value)
                .map(Some)
                .map_err(|broken| malformed(&doing, broken.cause)),
            Answer::Failed(failure) if failure.is_absence() => Ok(None),
            Answer::Failed(failure) => Err(refused(&failure, &doing)),
        }
    }

    async fn change_availability(
        &self,
        as_it_is: &Availability,
        change: &AvailabilityChange,
    ) -> Result<()> {
        let doing = format!("changing the availability schedule {} in Zoom", as_it_is.id);
        let call = Call {
            method: Method::PATCH,
            path: &["scheduler", "availability", as_it_is.id.as_str()],
            query: &[],
            body: Some(hours::body(as_it_is, change)),
            repeat: Repeat::Once,
            subject: Subject::Whole,
            doing: &doing,
        };
        match self.calls.make(&call).await? {
            Answer::Done(_) => Ok(()),
            Answer::Failed(failure) if failure.is_absence() => {
                Err(self.not_there(&failure, &doing))
            }
            Answer::Failed(failure) => Err(refused(&failure, &doing)),
        }
    }

    fn meter(&self) -> &Meter {
        self.calls.meter()
    }
}

impl ZoomClient {
    async fn availability_page(&self, token: &str, doing: &str) -> Result<Page> {
        let mut query = vec![("page_size", PAGE_SIZE)];
        query.extend(self.user_query());
        if !token.is_empty() {
            query.push(("next_page_token", token));
        }
        let call = Call {
            method: Method::GET,
            path: &["scheduler", "availability"],
            query: &query,
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::Whole,
            doing,
        };
        let value = match self.calls.make(&call).await? {
            Answer::Done(value) => value,
            Answer::Failed(failure) => return Err(refused(&failure, doing)),
        };
        let page: Option<Page> = serde_json::from_value(value).ok();
        // An empty page may come without its list; an answer about something else must not pass
        // for "there are no schedules".
        let is_page = |page: &Page| {
            let known = |key: &String| matches!(key.as_str(), "page_size" | "total_records");
            page.items.is_some() || page.rest.keys().all(known)
        };
        page.filter(is_page)
            .ok_or_else(|| malformed(doing, "it has no list of availability schedules"))
    }

    /// The schedule was listed, but cannot be changed by its id.
    fn not_there(&self, failure: &Failure, doing: &str) -> Error {
        match &self.user {
            HostUser::Other(_) => Error::new(Kind::Denied, doing)
                .because(format!(
                    "this app lists the host's schedules, but cannot change them by id ({})",
                    failure.cause()
                ))
                .hint(LET_LOG_IN),
            HostUser::Me => Error::new(Kind::Stale, doing)
                .because("it is gone")
                .hint("nothing to do: the schedules are listed again"),
        }
    }
}

/// The schedules that can be read. One that cannot is no reason to leave the others alone, unless
/// it is the one in use.
fn readable(
    found: Vec<Availability>,
    broken: Vec<hours::Broken>,
    doing: &str,
) -> Result<Vec<Availability>> {
    let alone = found.is_empty();
    for broken in broken {
        if alone || broken.default {
            return Err(malformed(doing, broken.cause));
        }
        tracing::warn!(cause = %broken.cause, "an availability schedule is left alone");
    }
    Ok(found)
}

/// The error for a failed call.
fn refused(failure: &Failure, doing: &str) -> Error {
    let error = failure.error(doing);
    match error.kind() {
        Kind::Denied => {
            let named = failure.named_scopes();
            let scopes = if named.is_empty() {
                "scheduler:read:list_availability, scheduler:read:availability, \
                 scheduler:update:availability"
                    .to_owned()
            } else {
                named.join(", ")
            };
            error.hint(format!(
                "give the app these scopes in Zoom's marketplace (for other users the `:admin` \
                 ones): {scopes}; a user app then needs a new login (`slotbridge login`)"
            ))
        }
        Kind::Refused => error.hint(
            "look at this availability schedule in Zoom: its hours and overrides are left as they are",
        ),
        _ => error,
    }
}

fn malformed(doing: &str, cause: impl Into<String>) -> Error {
    Error::new(Kind::Malformed, doing)
        .because(cause.into())
        .hint(
            "look at the host's availability in Zoom: save it once more there; check zoom.api_url",
        )
}
