//! `GET /calendars/{calId}/events`: a window or what changed, in pages.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::super::answer::{Answer, Result};
use super::super::call::Call;
use super::super::page_token::Seal;
use super::super::query::Query;
use super::super::{Account, State};
use super::sync_token::Stamp;
use super::{Calendar, routes};
use crate::domain::time_span::TimeSpan;

const KNOWN: [&str; 9] = [
    "maxResults",
    "orderBy",
    "showDeleted",
    "singleEvents",
    "pageToken",
    "timeMax",
    "timeMin",
    "timeZone",
    "syncToken",
];

/// What is wanted.
struct Wanted {
    single: bool,
    show_deleted: bool,
    by_change: bool,
    window: (Option<Timestamp>, Option<Timestamp>),
    /// What changed after this change, deleted ones included.
    since: Option<Timestamp>,
}

/// One line of the listing: what it is ordered by, its id, and what is shown.
type Row = (Timestamp, String, Value);

/// One page of events.
pub(super) fn page(account: &Account, state: &State, call: &Call, calendar: &str) -> Result {
    let query = Query::of(call, &KNOWN)?;
    let calendar = routes::find(state, calendar)?;
    let options = account.options();
    let stamp = Stamp {
        seed: options.seed,
        calendar: &calendar.id,
        generation: state.diary.generation,
        single: query.flag("singleEvents")?,
    };
    let wanted = Wanted::read(&query, &stamp, options.calendar.stale_sync_token)?;
    let zone = match query.text("timeZone") {
        Some(name) => super::super::strict::zone("timeZone", name)?,
        None => account.zone(),
    };
    let identity = query.identity();
    let seal = Seal {
        seed: options.seed,
        query: &identity,
        request: state.quota.counted(),
        life: options.page_token_life,
    };
    // What changes while somebody turns pages is told with the next sync token.
    let (behind, mark) = match query.text("pageToken") {
        None => (None, state.diary.ticker.last()),
        Some(token) => {
            let (behind, mark) = open(&seal, token).ok_or_else(Answer::bad_page_token)?;
            (Some(behind), mark)
        }
    };
    let mut rows = wanted.rows(calendar, &account.zone(), &zone);
    rows.sort_unstable_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    if let Some((time, id)) = &behind {
        rows.retain(|row| (row.0, &row.1) > (*time, id));
    }
    let size = query.max_results()?.min(options.page_limit).max(1);
    let more = rows.len() > size;
    rows.truncate(size);
    let last = rows
        .last()
        .map(|row| (row.0, format!("{}.{}", mark.as_nanosecond(), row.1)));
    let mut body = json!({
        "kind": "calendar#events",
        "summary": calendar.summary,
        "timeZone": options.time_zone,
        "accessRole": calendar.role.word(),
        "items": rows.into_iter().map(|row| row.2).collect::<Vec<_>>(),
        "x_future_field": false,
    });
    if let Some(body) = body.as_object_mut() {
        match last.filter(|_| more) {
            Some(place) => body.insert("nextPageToken".to_owned(), json!(seal.issue(&place))),
            // Only the last page has it, and only one that is not sorted otherwise.
            None if query.text("orderBy").is_none() => {
                body.insert("nextSyncToken".to_owned(), json!(stamp.issue(mark)))
            }
            None => None,
        };
    }
    Ok(Answer::ok(body))
}

impl Wanted {
    fn read(query: &Query, stamp: &Stamp, stale: u16) -> Result<Self> {
        let order = query.one_of("orderBy", &["startTime", "updated"])?;
        if order == Some("startTime") && !stamp.single {
            return Err(Answer::bad_request(
                "orderBy",
                "startTime needs singleEvents",
            ));
        }
        let window = (query.time("timeMin")?, query.time("timeMax")?);
        if matches!(window, (Some(from), Some(to)) if from >= to) {
            return Err(Answer::bad_request("timeMin", "not before timeMax"));
        }
        let since = match query.text("syncToken") {
            None => None,
            Some(token) => {
                let without = ["timeMin", "timeMax", "orderBy"];
                if let Some(name) = without.iter().find(|name| query.text(name).is_some()) {
                    return Err(Answer::bad_request(name, "not together with syncToken"));
                }
                if query.text("showDeleted") == Some("false") {
                    return Err(Answer::bad_request("showDeleted", "true with syncToken"));
                }
                let words = "Sync token is no longer valid, a full sync is required.";
                let gone = || Answer::platform(stale, u32::from(stale), words);
                Some(stamp.open(token).ok_or_else(gone)?)
            }
        };
        Ok(Self {
            single: stamp.single,
            show_deleted: query.flag("showDeleted")?,
            by_change: order == Some("updated"),
            window,
            since,
        })
    }

    /// Everything that is wanted, days in the calendar's zone, shown in another.
    fn rows(&self, calendar: &Calendar, own: &TimeZone, shown: &TimeZone) -> Vec<Row> {
        let mut rows = Vec::new();
        let wanted = calendar.events().filter(|event| match self.since {
            Some(mark) => event.updated > mark,
            None => self.show_deleted || !event.deleted,
        });
        for event in wanted {
            let by_change = self.by_change || self.since.is_some();
            let key = |start| if by_change { event.updated } else { start };
            if self.single {
                let instances = event.instances(&calendar.id, own, shown);
                let seen = instances.into_iter().filter(|(span, ..)| self.sees(*span));
                rows.extend(seen.map(|(span, id, value)| (key(span.start), id, value)));
            } else {
                let spans = event.spans(own);
                let first = spans.first().map_or(Timestamp::MIN, |span| span.start);
                if spans.into_iter().any(|span| self.sees(span)) {
                    let value = event.json(&calendar.id, shown);
                    rows.push((key(first), event.id.clone(), value));
                }
            }
        }
        rows
    }

    /// `timeMin` bounds the end, `timeMax` the start, both exclusive.
    fn sees(&self, span: TimeSpan) -> bool {
        let (from, to) = self.window;
        from.is_none_or(|from| span.end > from) && to.is_none_or(|to| span.start < to)
    }
}

/// The place behind which a page begins, and the last change when the first page was told.
fn open(seal: &Seal, token: &str) -> Option<((Timestamp, String), Timestamp)> {
    let (time, id) = seal.open(token)?;
    let (mark, id) = id.split_once('.')?;
    let mark = Timestamp::from_nanosecond(mark.parse().ok()?).ok()?;
    Some(((time, id.to_owned()), mark))
}
