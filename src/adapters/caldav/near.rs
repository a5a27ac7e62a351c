//! Leaves out of a full listing what is far away, so that years of history are never read.
//!
//! Everything is listed all the same, by its tags: that is one request, it gives the cursor, and it
//! knows what a listing cut short looks like. What is asked in addition only says which of those
//! lines matter: what has an instance from a day before the window (zones, floating times) to
//! [`BEYOND`] after it, and, because servers' ranges miss recurrences (FIELD.md section 3; Xandikos
//! passes over `RDATE`), all that recurs at all. The window moves on by a day between two full
//! listings, so what is left out today is listed long before it matters.
//!
//! It is done where it saves something (over [`MANY`] objects) and the server is one whose answers
//! were measured. Where a query fails, everything is listed, and that server is asked again only
//! after a day, then two, then four: a rule of one event a second keeps Radicale busy for hours.
//! Google is another matter: a listing without a range leaves out future events there, so what the
//! queries find is added.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;

use super::Shared;
use super::ask::Ask;
use super::known::Known;
use super::listing::Lines;
use super::place::{self, Named};
use super::trust::Ranges;
use super::xml::names;
use super::xml::request::{self, Those};
use crate::domain::ids::{Etag, Href};
use crate::domain::window::Window;
use crate::ports::calendar::{Change, Listed, Listing};
use crate::ports::error::{Error, Kind, Result};

/// A full listing of more objects than these is worth asking which of them are near: reading them
/// all takes twenty requests.
pub(super) const MANY: usize = 1000;

const DOING: &str = "asking the calendar for what is near";
/// How far before the window is asked, for floating times and whole days in any zone.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);
/// How far beyond the window is asked: many times what it moves on between two full listings.
const BEYOND: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How long one query may take. One that takes longer is expanding what nobody should.
const PATIENCE: Duration = Duration::from_secs(20);
/// Lines given at once.
const AT_ONCE: usize = 200;

/// Objects by name, with their tags.
type Found = BTreeMap<Href, Option<Etag>>;

/// A full listing less what is far away, where that is worth it and the server can be trusted.
pub(super) async fn only(
    shared: &Arc<Shared>,
    mut lines: Box<Lines>,
    around: Window,
    many: usize,
) -> Result<Box<dyn Listing>> {
    let known = shared.known().await?;
    if known.ranges == Ranges::Needed {
        let more = found(shared, &known, around).await?;
        return Ok(Box::new(WithMore { lines, more }));
    }
    let now = shared.dav.http().clock().now();
    if !known.asks_ranges(now) {
        return Ok(lines);
    }
    let mut first = VecDeque::new();
    while first.len() <= many {
        match lines.next().await? {
            Some(some) => first.extend(some),
            None => break,
        }
    }
    let mut near = None;
    if first.len() > many {
        near = match found(shared, &known, around).await {
            Ok(found) => {
                if known.ranges == Ranges::Failed {
                    shared.remember(known.with_ranges()).await?;
                }
                Some(found)
            }
            Err(error) if is_about_when(error.kind()) => return Err(error),
            Err(_) => {
                shared.remember(known.without_ranges(now)).await?;
                None
            }
        };
    }
    Ok(Box::new(Near {
        first,
        lines,
        matter: near,
    }))
}

/// Whether a failure says nothing about queries over a range. A refusal does: who asks was good
/// enough for the listing, and `supported-filter` is a 403 (RFC 4791 section 7.8).
fn is_about_when(kind: Kind) -> bool {
    match kind {
        Kind::Throttled { .. } | Kind::Unreachable | Kind::Local | Kind::State => true,
        Kind::Stale
        | Kind::Transient
        | Kind::Missing
        | Kind::Refused
        | Kind::Malformed
        | Kind::Denied => false,
    }
}

/// What matters in a window, as far as the server says.
async fn found(shared: &Shared, known: &Known, around: Window) -> Result<Found> {
    let from = around.from.checked_sub(BEFORE).unwrap_or(around.from);
    let to = around.to.checked_add(BEYOND).unwrap_or(around.to);
    let mut found = Found::new();
    for those in [
        Those::Between(from, to),
        Those::Having("RRULE"),
        Those::Having("RDATE"),
        Those::Having("RECURRENCE-ID"),
        Those::Being("VFREEBUSY"),
    ] {
        ask(shared, known, those, &mut found).await?;
    }
    Ok(found)
}

/// Asks one query, once: a second try would only keep the server busy twice.
async fn ask(shared: &Shared, known: &Known, those: Those, found: &mut Found) -> Result<()> {
    let body = request::calendar_query(those);
    let mut ask = Ask::xml("REPORT", &known.collection, "1", body, DOING)?;
    ask.time = Some(PATIENCE);
    let answer = shared.dav.reports_once(&ask).await?;
    let collection = place::as_collection(&answer.url);
    for report in answer.reports {
        if report
            .status
            .is_some_and(|status| status >= 400 && status != 404)
        {
            return Err(Error::new(Kind::Refused, DOING).because("the server cut the answer short"));
        }
        for href in report.hrefs.iter().filter(|_| !report.is_gone()) {
            if let Named::Member(href) = place::named(&collection, href) {
                found.insert(href, report.text(names::ETAG).map(Etag::new));
            }
        }
    }
    Ok(())
}

/// A listing less what is far away.
struct Near {
    /// What was read of it to see how much there is.
    first: VecDeque<Change>,
    lines: Box<Lines>,
    /// `None`: everything matters.
    matter: Option<Found>,
}

impl Near {
    fn matters(&self, change: &Change) -> bool {
        match (change, &self.matter) {
            (Change::There { href, .. }, Some(near)) => near.contains_key(href),
            (Change::There { .. } | Change::Removed { .. }, _) => true,
        }
    }
}

#[async_trait]
impl Listing for Near {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        loop {
            let some: Vec<Change> = if self.first.is_empty() {
                match self.lines.next().await? {
                    Some(some) => some,
                    None => return Ok(None),
                }
            } else {
                let most = AT_ONCE.min(self.first.len());
                self.first.drain(..most).collect()
            };
            let near: Vec<Change> = some.into_iter().filter(|line| self.matters(line)).collect();
            if !near.is_empty() {
                return Ok(Some(near));
            }
        }
    }

    fn listed(&self) -> Listed {
        self.lines.listed()
    }
}

/// A listing, and then what queries found that was not in it.
struct WithMore {
    lines: Box<dyn Listing>,
    more: Found,
}

#[async_trait]
impl Listing for WithMore {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        if let Some(some) = self.lines.next().await? {
            for line in &some {
                let (Change::There { href, .. } | Change::Removed { href }) = line;
                self.more.remove(href);
            }
            return Ok(Some(some));
        }
        let mut some = Vec::new();
        while let Some((href, etag)) = self.more.pop_first() {
            some.push(Change::There { href, etag });
            if some.len() == AT_ONCE {
                break;
            }
        }
        Ok((!some.is_empty()).then_some(some))
    }

    fn listed(&self) -> Listed {
        self.lines.listed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::calendar::Coverage;

    struct Fixed(Vec<Change>);

    #[async_trait]
    impl Listing for Fixed {
        async fn next(&mut self) -> Result<Option<Vec<Change>>> {
            Ok(self.0.pop().map(|line| vec![line]))
        }

        fn listed(&self) -> Listed {
            Listed {
                coverage: Coverage::Full,
                cursor: None,
            }
        }
    }

    fn there(name: &str) -> Change {
        Change::There {
            href: Href::new(name),
            etag: None,
        }
    }

    #[tokio::test]
    async fn what_a_listing_left_out_is_added_once() {
        let more = ["a.ics", "b.ics"].map(|name| (Href::new(name), None));
        let mut listing = WithMore {
            lines: Box::new(Fixed(vec![there("c.ics"), there("a.ics")])),
            more: more.into(),
        };
        let mut all = Vec::new();
        while let Some(lines) = listing.next().await.unwrap() {
            all.extend(lines);
        }
        assert_eq!(all, [there("a.ics"), there("c.ics"), there("b.ics")]);
        assert_eq!(listing.listed().coverage, Coverage::Full);
    }
}
