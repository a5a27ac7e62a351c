//! A listing being read, answer by answer.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncBufRead;
use url::Url;

use super::super::ask::Answer;
use super::super::cursor::Mark;
use super::super::dav::open_listing;
use super::super::known::Known;
use super::super::place::{self, Named};
use super::super::xml::multistatus::{Multistatus, Piece, Report};
use super::super::xml::names;
use super::super::{Shared, objects};
use super::{DOING, Reported, report};
use crate::domain::ids::{Etag, Href};
use crate::ports::calendar::{Change, Coverage, Listed, Listing};
use crate::ports::error::{Error, Kind, Result};

/// Lines given at once.
const AT_ONCE: usize = 200;
/// Pages of one listing, so that a server whose truncation never ends cannot keep us.
const MOST_PAGES: u32 = 1000;

type Body = Box<dyn AsyncBufRead + Unpin + Send>;

/// How a listing is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// What changed since a token.
    Delta,
    /// Everything, by an empty token.
    Everything,
    /// Everything, by etags.
    Etags,
    /// The ctag stands still: nothing changed.
    Unchanged,
}

/// One answer being read.
pub(super) struct Page {
    multistatus: Multistatus<Body>,
    /// The collection as this answer names it, after redirects.
    collection: Url,
    /// Digests of the names that were there: some servers list an object twice.
    there: HashSet<u64>,
    /// Told at the end, unless the same answer says that the object is there: Stalwart says both
    /// of one that was deleted and made again.
    gone: Vec<Href>,
    /// The server cut it short.
    cut: bool,
    /// Lines about members, whatever they say.
    lines: u64,
}

impl Page {
    /// Starts to read an answer; one that came from a new place for good is remembered.
    pub(super) async fn open(shared: &Shared, known: &Known, answer: Answer) -> Result<Self> {
        let collection = place::as_collection(&answer.url);
        if answer.moved && collection != known.collection {
            let mut known = known.clone();
            known.collection = collection.clone();
            shared.remember(known).await?;
        }
        Ok(Self {
            multistatus: open_listing(answer, DOING).await?,
            collection,
            there: HashSet::new(),
            gone: Vec::new(),
            cut: false,
            lines: 0,
        })
    }

    fn is_new(&mut self, href: &Href) -> bool {
        self.there.insert(digest(href))
    }
}

fn digest(href: &Href) -> u64 {
    let mut hasher = DefaultHasher::new();
    href.hash(&mut hasher);
    hasher.finish()
}

/// A listing being read.
pub(in super::super) struct Lines {
    shared: Arc<Shared>,
    known: Known,
    way: Way,
    page: Option<Box<Page>>,
    /// The token that the page in hand was asked with.
    asked: String,
    pages: u32,
    mark: Option<Mark>,
    /// Some page was cut short.
    truncated: bool,
    /// What followed a page cut short does not look like its rest.
    doubtful: bool,
    members: u64,
    outside: u64,
}

impl Lines {
    /// Starts to read lines from the first page.
    pub(super) fn new(
        shared: &Arc<Shared>,
        known: Known,
        way: Way,
        asked: String,
        page: Box<Page>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            known,
            way,
            page: Some(page),
            asked,
            pages: 1,
            mark: None,
            truncated: false,
            doubtful: false,
            members: 0,
            outside: 0,
        }
    }

    /// Has no lines.
    pub(super) fn unchanged(shared: &Arc<Shared>, known: Known, mark: Mark) -> Self {
        Self {
            shared: Arc::clone(shared),
            known,
            way: Way::Unchanged,
            page: None,
            asked: String::new(),
            pages: 0,
            mark: Some(mark),
            truncated: false,
            doubtful: false,
            members: 0,
            outside: 0,
        }
    }

    /// Whether everything is listed, and not only what changed.
    pub(in super::super) fn is_of_everything(&self) -> bool {
        matches!(self.way, Way::Everything | Way::Etags)
    }

    fn take(&mut self, report: &Report, changes: &mut Vec<Change>) {
        let Some(page) = self.page.as_mut() else {
            return;
        };
        if report.status == Some(507) {
            page.cut = true;
            return;
        }
        for href in &report.hrefs {
            match place::named(&page.collection, href) {
                Named::Member(href) => {
                    self.members += 1;
                    page.lines += 1;
                    if report.is_gone() {
                        // With an empty token Radicale tells of deletions too: they mean nothing.
                        if self.way == Way::Delta {
                            page.gone.push(href);
                        }
                    } else if is_object(report) && page.is_new(&href) {
                        let etag = report.text(names::ETAG).map(Etag::new);
                        changes.push(Change::There { href, etag });
                    }
                }
                Named::Itself if self.way == Way::Etags => {
                    self.mark = mark_of(report, self.known.sync);
                }
                Named::Itself | Named::Below => {}
                Named::Outside => self.outside += 1,
            }
        }
    }

    /// Ends a page, and asks for the next one where this one was cut short.
    async fn turn(&mut self, changes: &mut Vec<Change>) -> Result<()> {
        let Some(page) = self.page.take() else {
            return Ok(());
        };
        let there = page.there;
        changes.extend(
            page.gone
                .into_iter()
                .filter(|href| !there.contains(&digest(href)))
                .map(|href| Change::Removed { href }),
        );
        if self.truncated && page.lines == 0 && !page.cut {
            // Stalwart's token after a page cut short is already the last one.
            self.doubtful = true;
        }
        if page.cut {
            self.truncated = true;
            self.page = self.next_page().await?;
            self.doubtful |= self.page.is_none();
        }
        if self.page.is_none() && self.members == 0 && self.way != Way::Delta {
            ensure_empty(&self.shared, &self.known, self.outside).await?;
        }
        Ok(())
    }

    async fn next_page(&mut self) -> Result<Option<Box<Page>>> {
        let next = match (&self.mark, self.way) {
            (Some(Mark::Token(token)), Way::Delta | Way::Everything) => token.clone(),
            _ => return Ok(None),
        };
        if next == self.asked || self.pages >= MOST_PAGES {
            return Ok(None);
        }
        self.pages += 1;
        self.asked.clone_from(&next);
        match report(&self.shared, &self.known, &next).await? {
            Reported::Page(page) => Ok(Some(page)),
            Reported::Refused => {
                // What was read so far is true; where to go on is not known.
                self.mark = None;
                Ok(None)
            }
        }
    }
}

/// Whether a full listing without a line in it is to be believed: RustiCal and Stalwart answer so
/// for a calendar that was deleted.
async fn ensure_empty(shared: &Shared, known: &Known, outside: u64) -> Result<()> {
    if outside > 0 {
        return Err(Error::new(Kind::Malformed, DOING)
            .because("everything listed stands outside of the calendar")
            .hint("configure the address that the server itself uses for this calendar"));
    }
    objects::ensure_there(shared, known).await
}

/// Whether a line is about an object, and not a collection or something of another kind.
fn is_object(report: &Report) -> bool {
    let folder = report
        .prop(names::RESOURCE_TYPE)
        .is_some_and(|kind| kind.child(names::COLLECTION).is_some());
    let other_kind = report.text(names::CONTENT_TYPE).is_some_and(|kind| {
        ["text/html", "text/vcard", "httpd/unix-directory"]
            .iter()
            .any(|other| kind.to_ascii_lowercase().starts_with(other))
    });
    !folder && !other_kind
}

fn mark_of(report: &Report, sync: bool) -> Option<Mark> {
    if sync {
        report.text(names::SYNC_TOKEN).and_then(Mark::token)
    } else {
        report.text(names::CTAG).and_then(Mark::ctag)
    }
}

#[async_trait]
impl Listing for Lines {
    async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let mut changes = Vec::new();
        while changes.len() < AT_ONCE {
            let Some(page) = self.page.as_mut() else {
                break;
            };
            let piece = page.multistatus.next().await;
            match piece.map_err(|fault| fault.while_doing(DOING))? {
                Some(Piece::About(report)) => self.take(&report, &mut changes),
                Some(Piece::Token(token)) => self.mark = Mark::token(&token),
                None => self.turn(&mut changes).await?,
            }
        }
        Ok((!changes.is_empty()).then_some(changes))
    }

    fn listed(&self) -> Listed {
        let coverage = match self.way {
            Way::Delta if self.doubtful => Coverage::Partial,
            Way::Delta | Way::Unchanged => Coverage::Since,
            // Absence is never read out of a listing that was cut short somewhere.
            Way::Everything | Way::Etags if self.truncated => Coverage::Partial,
            Way::Everything | Way::Etags => Coverage::Full,
        };
        Listed {
            coverage,
            cursor: self.mark.as_ref().map(Mark::cursor),
        }
    }
}
