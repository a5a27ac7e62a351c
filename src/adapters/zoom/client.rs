//! One host, as the port wants it.

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::calls::{Answer, Call, Calls, Repeat};
use super::config::HostUser;
use super::convert;
use super::failure::{Failure, Subject};
use super::reach::Reach;
use crate::domain::booking::{Attendee, Booking, BookingStatus};
use crate::domain::ids::{AttendeeId, BookingId, PageToken};
use crate::domain::window::Window;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use crate::ports::zoom::{BookingPage, Zoom};

/// The most that light lists give at a time (FACTS.md section 1).
const PAGE_SIZE: &str = "300";

/// Zoom Scheduler, seen from one host of an account.
pub struct ZoomClient {
    pub(super) calls: Calls,
    pub(super) user: HostUser,
    reach: Reach,
}

impl ZoomClient {
    pub(super) fn new(calls: Calls, user: HostUser) -> Self {
        let reach = Reach::new(&user);
        Self { calls, user, reach }
    }

    /// `user_id`, where the host is somebody else than who logged in.
    pub(super) fn user_query(&self) -> Vec<(&str, &str)> {
        self.user
            .parameter()
            .map(|id| ("user_id", id))
            .into_iter()
            .collect()
    }

    /// One booking by its id, as Zoom writes it; `None` for a 404 or 410.
    async fn event(&self, id: &BookingId, doing: &str) -> Result<Option<Value>> {
        let call = Call {
            method: Method::GET,
            path: &["scheduler", "events", id.as_str()],
            query: &self.user_query(),
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::One {
                scope: "scheduler:read:scheduled_event",
            },
            doing,
        };
        match self.calls.make(&call).await? {
            Answer::Failed(failure) if failure.is_absence() => Ok(None),
            answer => answer.done(doing).map(Some),
        }
    }

    /// "Not there" as the answer for one booking means that it is gone only where this app sees
    /// the host's bookings by id at all: see [`Reach`].
    async fn ensure_reach(&self, doing: &str) -> Result<()> {
        let Some(witness) = self.reach.doubted() else {
            return Ok(());
        };
        let seen = self.event(&witness, doing).await?.is_some();
        if seen {
            self.reach.confirmed();
            return Ok(());
        }
        Err(Error::new(Kind::Denied, doing)
            .because("this app lists the host's bookings, but does not see them by id")
            .hint("set host.zoom_user = \"me\" and let this user log in themselves"))
    }

    async fn patch(&self, id: &BookingId, body: Value, doing: &str) -> Result<Answer> {
        let call = Call {
            method: Method::PATCH,
            path: &["scheduler", "events", id.as_str()],
            query: &self.user_query(),
            body: Some(body),
            repeat: Repeat::Once,
            subject: Subject::One {
                scope: "scheduler:update:scheduled_event",
            },
            doing,
        };
        self.calls.make(&call).await
    }
}

#[async_trait]
impl Zoom for ZoomClient {
    async fn bookings(&self, window: Window, page: Option<&PageToken>) -> Result<BookingPage> {
        let doing = "listing Zoom's bookings";
        let (from, to) = (instant(window.from), instant(window.to));
        let mut query = vec![
            ("from", from.as_str()),
            ("to", to.as_str()),
            ("page_size", PAGE_SIZE),
            ("order_by", "startTime"),
            ("show_deleted", "true"),
        ];
        query.extend(self.user_query());
        query.extend(page.map(|token| ("next_page_token", token.as_str())));
        let call = Call {
            method: Method::GET,
            path: &["scheduler", "events"],
            query: &query,
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::Whole,
            doing,
        };
        let value = match self.calls.make(&call).await? {
            Answer::Done(value) => value,
            Answer::Failed(failure) => return Err(not_listed(&failure, page.is_some(), doing)),
        };
        let malformed = |cause| Error::new(Kind::Malformed, doing).because(cause);
        let listed = convert::page(value).map_err(malformed)?;
        if listed.next.is_some() && listed.next.as_ref() == page {
            return Err(malformed("its next page is itself"));
        }
        self.reach.listed(&listed.bookings);
        Ok(listed)
    }

    async fn booking(&self, id: &BookingId) -> Result<Option<Booking>> {
        let doing = format!("reading booking {id} in Zoom");
        let Some(value) = self.event(id, &doing).await? else {
            self.ensure_reach(&doing).await?;
            return Ok(None);
        };
        self.reach.confirmed();
        convert::booking(value).map(Some).map_err(|broken| {
            Error::new(Kind::Malformed, doing)
                .because(broken.cause)
                .hint("look at this booking in Zoom; its neighbours are not affected")
        })
    }

    async fn own_booking(&self, id: &BookingId, near: Option<Window>) -> Result<Option<Booking>> {
        // A login sees its own bookings by id, and no others (FACTS.md section 2). For somebody
        // else only the list says whose a booking is.
        if self.user.parameter().is_none() {
            return self.booking(id).await;
        }
        let doing = format!("looking for booking {id} in Zoom");
        let Some(near) = near else {
            return Err(Error::new(Kind::Stale, doing).because("nothing says when it is"));
        };
        let page = self.bookings(near, None).await?;
        let found = page.bookings.into_iter().find(|booking| booking.id == *id);
        let cut_short = page.next.is_some() || !page.broken.is_empty();
        if found.is_none() && cut_short {
            return Err(Error::new(Kind::Stale, doing).because("there are too many at that time"));
        }
        Ok(found)
    }

    async fn attendee(&self, booking: &BookingId, id: &AttendeeId) -> Result<Option<Attendee>> {
        let doing = format!("reading an attendee of booking {booking} in Zoom");
        let path = [
            "scheduler",
            "events",
            booking.as_str(),
            "attendees",
            id.as_str(),
        ];
        let call = Call {
            method: Method::GET,
            path: &path,
            query: &[],
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::One {
                scope: "scheduler:read:scheduled_event_attendee",
            },
            doing: &doing,
        };
        match self.calls.make(&call).await? {
            Answer::Failed(failure) if failure.is_absence() => Ok(None),
            answer => {
                let value = answer.done(&doing)?;
                let attendee = convert::attendee_resource(value);
                let error = || Error::new(Kind::Malformed, &doing).because("it is no attendee");
                attendee.ok_or_else(error).map(Some)
            }
        }
    }

    async fn cancel(&self, id: &BookingId) -> Result<()> {
        let doing = format!("cancelling booking {id} in Zoom");
        let failure = match self
            .patch(id, json!({"status": "cancelled"}), &doing)
            .await?
        {
            Answer::Done(_) => return Ok(()),
            Answer::Failed(failure) if failure.is_absence() => {
                return self.ensure_reach(&doing).await;
            }
            Answer::Failed(failure) => failure,
        };
        // A server may refuse to cancel what is cancelled: after a lost answer, or by the invitee.
        if matches!(
            failure.status,
            StatusCode::CONFLICT | StatusCode::BAD_REQUEST
        ) {
            let cancelled = self
                .booking(id)
                .await?
                .is_none_or(|booking| booking.status == BookingStatus::Cancelled);
            if cancelled {
                return Ok(());
            }
        }
        Err(failure.error(&doing))
    }

    async fn note(&self, id: &BookingId, notes: &str) -> Result<()> {
        let doing = format!("writing the notes of booking {id} in Zoom");
        match self
            .patch(id, json!({"meeting_notes": notes}), &doing)
            .await?
        {
            Answer::Done(_) => Ok(()),
            Answer::Failed(failure) => {
                let error = failure.error(&doing);
                Err(
                    if error.kind() == Kind::Refused && !failure.is_about_one() {
                        error.hint(
                            "shorten the notes: Zoom takes about 1,000 characters of plain text",
                        )
                    } else {
                        error
                    },
                )
            }
        }
    }

    fn meter(&self) -> &Meter {
        self.calls.meter()
    }
}

/// Why a listing failed. A page token lives for some minutes only, and Zoom has no one word for
/// one that is no longer good.
fn not_listed(failure: &Failure, paged: bool, doing: &str) -> Error {
    let stale = failure.status == StatusCode::BAD_REQUEST || failure.is_absence();
    if paged && stale {
        return Error::new(Kind::Stale, doing)
            .because(format!(
                "the page token is no longer good ({})",
                failure.cause()
            ))
            .hint("nothing to do: the listing starts again");
    }
    let error = failure.error(doing);
    if error.kind() == Kind::Missing {
        error
            .hint("open Zoom Scheduler once as this user, or check host.zoom_user and zoom.api_url")
    } else {
        error
    }
}

/// RFC 3339 with a numeric offset, as Zoom's own examples have it.
fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
