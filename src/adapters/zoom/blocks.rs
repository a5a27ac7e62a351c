//! Blocks in the host's primary Zoom calendar, as the port wants them (FACTS.md section 3).

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::calendar_event::{self, CalendarEntry, Page, Seen};
use super::calls::{Answer, Call, Repeat};
use super::client::ZoomClient;
use super::config::HostUser;
use super::failure::{Failure, Subject};
use crate::domain::block::{Block, BlockDraft};
use crate::domain::ids::{BlockId, SyncToken, ZoomCalendarId};
use crate::domain::window::Window;
use crate::ports::calendar::Coverage;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::meter::Meter;
use crate::ports::zoom_calendar::{BlocksListed, ZoomCalendar};

const PAGE_SIZE: &str = "250";
/// A quarter of a million events: a listing that goes on is none.
const MOST_PAGES: usize = 1_000;
/// Nobody is mailed because of a block.
const SILENTLY: [(&str, &str); 1] = [("sendUpdates", "none")];

/// What a listing of all pages came to.
enum Listing {
    Whole(Listed),
    /// The sync token is no longer good.
    TokenRefused,
}

#[derive(Default)]
struct Listed {
    /// By id, so that an event on two pages counts once, as it was last.
    events: BTreeMap<BlockId, Seen>,
    next: Option<SyncToken>,
}

impl ZoomClient {
    /// One page of something.
    async fn calendar_page(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        page: &str,
        doing: &str,
    ) -> Result<std::result::Result<Page, Failure>> {
        let mut query = query.to_vec();
        if !page.is_empty() {
            query.push(("pageToken", page));
        }
        let call = Call {
            method: Method::GET,
            path,
            query: &query,
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::Whole,
            doing,
        };
        let value = match self.calls.make(&call).await? {
            Answer::Done(value) => value,
            Answer::Failed(failure) => return Ok(Err(failure)),
        };
        let page_read = Page::read(value).ok_or_else(|| malformed(doing, "it is no list"))?;
        if !page.is_empty() && page_read.next_page_token == page {
            return Err(malformed(doing, "its next page is itself"));
        }
        Ok(Ok(page_read))
    }

    /// All pages of a listing of events.
    async fn list_events(
        &self,
        calendar: &ZoomCalendarId,
        query: &[(&str, &str)],
        since: bool,
        doing: &str,
    ) -> Result<Listing> {
        let path = ["calendars", calendar.as_str(), "events"];
        let mut listed = Listed::default();
        let mut token = String::new();
        for _ in 0..MOST_PAGES {
            let page = match self.calendar_page(&path, query, &token, doing).await? {
                Ok(page) => page,
                Err(failure) if since && is_about_token(&failure) => {
                    return Ok(Listing::TokenRefused);
                }
                Err(failure) if failure.status == StatusCode::BAD_REQUEST && !token.is_empty() => {
                    return Err(Error::new(Kind::Stale, doing)
                        .because(format!(
                            "the page token is no longer good ({})",
                            failure.cause()
                        ))
                        .hint("nothing to do: the listing starts again"));
                }
                Err(failure) => return Err(refused(&failure, doing)),
            };
            let events = page.items.unwrap_or_default().into_iter();
            for seen in events.filter_map(calendar_event::seen) {
                match &seen {
                    Seen::Ours(block) => drop(listed.events.insert(block.id.clone(), seen)),
                    // In a full listing, what is not ours is of no interest.
                    Seen::Other(id) if since => drop(listed.events.insert(id.clone(), seen)),
                    Seen::Other(_) => {}
                }
            }
            token = page.next_page_token;
            if token.is_empty() {
                let next = page.next_sync_token;
                listed.next = (!next.is_empty()).then(|| SyncToken::new(next));
                return Ok(Listing::Whole(listed));
            }
        }
        Err(malformed(doing, "it does not come to an end"))
    }

    async fn write(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Value>,
        doing: &str,
    ) -> Result<Answer> {
        let insertion = method == Method::POST;
        let call = Call {
            method,
            path,
            query: &SILENTLY,
            body,
            // Whether an insertion was done is not known without an answer: the next listing tells.
            repeat: if insertion {
                Repeat::IfUnsent
            } else {
                Repeat::Once
            },
            subject: Subject::Whole,
            doing,
        };
        self.calls.make(&call).await
    }

    /// Changes an event; what Zoom says that it is now.
    async fn change(&self, path: &[&str], body: Value, doing: &str) -> Result<Value> {
        match self.write(Method::PATCH, path, Some(body), doing).await? {
            Answer::Done(value) => Ok(value),
            Answer::Failed(failure) if failure.is_absence() => Err(Error::new(Kind::Stale, doing)
                .because("it is gone")
                .hint("nothing to do: the next pass creates it again")),
            Answer::Failed(failure) => Err(refused(&failure, doing)),
        }
    }

    /// Why the calendar was not found.
    fn not_found(&self, failure: &Failure, doing: &str) -> Error {
        let error = refused(failure, doing);
        match error.kind() {
            Kind::Missing | Kind::Refused => Error::new(Kind::Missing, doing)
                .because(failure.cause())
                .hint(self.other_way(NO_DISCOVERY)),
            _ => error,
        }
    }

    /// What to do where the calendar is not shown, or may only be read.
    fn other_way(&self, why: &'static str) -> &'static str {
        match self.user {
            HostUser::Me => why,
            HostUser::Other(_) => LET_LOG_IN,
        }
    }
}

#[async_trait]
impl ZoomCalendar for ZoomClient {
    async fn primary(&self) -> Result<ZoomCalendarId> {
        let doing = "finding the host's calendar in Zoom";
        let path = ["calendars", "users", self.user.segment(), "calendarList"];
        let query = [("maxResults", PAGE_SIZE)];
        let mut token = String::new();
        for _ in 0..MOST_PAGES {
            let page = match self.calendar_page(&path, &query, &token, doing).await? {
                Ok(page) => page,
                Err(failure) => return Err(self.not_found(&failure, doing)),
            };
            let entries = page.items.unwrap_or_default().into_iter();
            let primary = entries
                .filter_map(|value| serde_json::from_value::<CalendarEntry>(value).ok())
                .find(|entry| entry.primary && !entry.deleted && !entry.id.is_empty());
            match primary {
                Some(entry) if entry.is_writable() => return Ok(ZoomCalendarId::new(entry.id)),
                Some(_) => {
                    return Err(Error::new(Kind::Denied, doing)
                        .because("the primary calendar is there, but this app may only read it")
                        .hint(self.other_way(READ_ONLY)));
                }
                None => token = page.next_page_token,
            }
            if token.is_empty() {
                return Err(Error::new(Kind::Missing, doing)
                    .because("Zoom shows this app no primary calendar of the host")
                    .hint(self.other_way(NO_DISCOVERY)));
            }
        }
        Err(malformed(doing, "it does not come to an end"))
    }

    async fn blocks(
        &self,
        calendar: &ZoomCalendarId,
        window: Window,
        since: Option<&SyncToken>,
    ) -> Result<BlocksListed> {
        let doing = "listing the blocks in the host's Zoom calendar";
        if let Some(token) = since {
            let query = [
                ("maxResults", PAGE_SIZE),
                ("syncToken", token.as_str()),
                ("showDeleted", "true"),
            ];
            if let Listing::Whole(listed) = self.list_events(calendar, &query, true, doing).await? {
                return Ok(listed.told(Coverage::Since));
            }
            tracing::debug!("the sync token is no longer good: all blocks are listed");
        }
        let (from, to) = (instant(window.from), instant(window.to));
        let query = [
            ("maxResults", PAGE_SIZE),
            ("timeMin", from.as_str()),
            ("timeMax", to.as_str()),
        ];
        match self.list_events(calendar, &query, false, doing).await? {
            Listing::Whole(listed) => Ok(listed.told(Coverage::Full)),
            Listing::TokenRefused => {
                Err(malformed(doing, "it speaks of a token that was not sent"))
            }
        }
    }

    async fn block(&self, calendar: &ZoomCalendarId, id: &BlockId) -> Result<Option<Block>> {
        let doing = format!("reading the block {id} in the host's Zoom calendar");
        let call = Call {
            method: Method::GET,
            path: &["calendars", calendar.as_str(), "events", id.as_str()],
            query: &[],
            body: None,
            repeat: Repeat::Freely,
            subject: Subject::Whole,
            doing: &doing,
        };
        let value = match self.calls.make(&call).await? {
            Answer::Done(value) => value,
            Answer::Failed(failure) if failure.is_absence() => return Ok(None),
            Answer::Failed(failure) => return Err(refused(&failure, &doing)),
        };
        match calendar_event::seen(value) {
            Some(Seen::Ours(block)) => Ok(Some(block)),
            Some(Seen::Other(_)) => Ok(None),
            None => Err(malformed(&doing, "it is no event")),
        }
    }

    async fn create_block(&self, calendar: &ZoomCalendarId, draft: &BlockDraft) -> Result<BlockId> {
        let doing = "creating a block in the host's Zoom calendar";
        let path = ["calendars", calendar.as_str(), "events"];
        let body = calendar_event::body(draft);
        match self.write(Method::POST, &path, Some(body), doing).await? {
            Answer::Done(value) => {
                calendar_event::id(value).ok_or_else(|| malformed(doing, "it tells no id"))
            }
            Answer::Failed(failure) => Err(refused(&failure, doing)),
        }
    }

    async fn change_block(
        &self,
        calendar: &ZoomCalendarId,
        id: &BlockId,
        draft: &BlockDraft,
    ) -> Result<()> {
        let doing = format!("changing the block {id} in the host's Zoom calendar");
        let path = ["calendars", calendar.as_str(), "events", id.as_str()];
        let body = calendar_event::body(draft);
        let now = self.change(&path, body.clone(), &doing).await?;
        // A person may have made it recur, or invited somebody. An empty list is only sent where
        // it takes something away.
        match calendar_event::without_additions(&now, body) {
            None => Ok(()),
            Some(body) => self.change(&path, body, &doing).await.map(drop),
        }
    }

    async fn delete_block(&self, calendar: &ZoomCalendarId, id: &BlockId) -> Result<()> {
        let doing = format!("deleting the block {id} in the host's Zoom calendar");
        let path = ["calendars", calendar.as_str(), "events", id.as_str()];
        match self.write(Method::DELETE, &path, None, &doing).await? {
            Answer::Done(_) => Ok(()),
            Answer::Failed(failure) if failure.is_absence() => Ok(()),
            Answer::Failed(failure) => Err(refused(&failure, &doing)),
        }
    }

    fn meter(&self) -> &Meter {
        self.calls.meter()
    }
}

impl Listed {
    fn told(self, coverage: Coverage) -> BlocksListed {
        let (mut blocks, mut gone) = (Vec::new(), Vec::new());
        for seen in self.events.into_values() {
            match seen {
                Seen::Ours(block) => blocks.push(block),
                Seen::Other(id) => gone.push(id),
            }
        }
        BlocksListed {
            coverage,
            blocks,
            gone,
            next: self.next,
        }
    }
}

const READ_ONLY: &str = "give the host the right to write to it, or set host.busy.to = \
                         \"availability\"";

const NO_DISCOVERY: &str = "Zoom Calendar must be set up for this user; server-to-server apps are \
                            shown no calendar at all: let this user log in themselves (kind = \
                            \"user\" in [zoom.auth], then `slotbridge login`), or set host.busy.to \
                            = \"availability\"";

/// Neither single resources of another user nor their calendar are shown to an app that is not
/// theirs (FACTS.md sections 2 and 3): busy time reaches Zoom in neither way.
pub(super) const LET_LOG_IN: &str = "an app of the account can neither change the working hours nor \
                                     find the calendar of another user: let this user log in \
                                     themselves (kind = \"user\" in [zoom.auth] and zoom_user = \
                                     \"me\", then `slotbridge login`)";

const SCOPES: &str = "calendar:read:list_calendar_lists, calendar:read:list_events, \
                      calendar:read:event, calendar:write:event, calendar:update:event, \
                      calendar:delete:event";

/// A 400, 404 or 410 on a sync token, in no one word (FACTS.md section 3).
fn is_about_token(failure: &Failure) -> bool {
    failure.status == StatusCode::BAD_REQUEST && !failure.is_about_token() || failure.is_absence()
}

/// The error for a failed call to the calendar.
fn refused(failure: &Failure, doing: &str) -> Error {
    let error = failure.error(doing);
    let named = failure.named_scopes();
    // Zoom tells a missing scope in more than one status; which one it names counts.
    match error.kind() {
        Kind::Refused if !named.is_empty() => Error::new(Kind::Denied, doing)
            .because(failure.cause())
            .hint(scopes(&named)),
        Kind::Denied => error.hint(scopes(&named)),
        Kind::Missing => error.hint(
            "the calendar is gone, or this app does not see it; the next pass looks for it again",
        ),
        _ => error,
    }
}

fn scopes(named: &[&str]) -> String {
    let scopes = if named.is_empty() {
        SCOPES.to_owned()
    } else {
        named.join(", ")
    };
    format!(
        "give the app these scopes in Zoom's marketplace (for other users the `:admin` ones where \
         there are such): {scopes}; a user app then needs a new login (`slotbridge login`)"
    )
}

fn malformed(doing: &str, cause: &'static str) -> Error {
    Error::new(Kind::Malformed, doing)
        .because(cause)
        .hint("check zoom.api_url if this stays: does Zoom's API answer there?")
}

fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
