//! Lists a calendar as a stream: what changed since a token where the server can say so, else
//! everything with its etags, else nothing when its ctag stands still.
//!
//! A token may be refused in any way there is; then everything is listed. Five servers take a bad
//! token and answer with everything, without deletions (FIELD.md section 3): that looks like a
//! delta in which much changed, and only the engine's daily full listing finds what was deleted.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncBufRead;
use url::Url;

use super::Shared;
use super::cursor::{Mark, with_overlap};
use super::dav::{Answer, Ask, open_listing};
use super::known::Known;
use super::objects;
use super::place::{self, Named};
use super::xml::multistatus::{Multistatus, Piece, Report};
use super::xml::{Name, names, request};
use crate::domain::ids::{Cursor, Etag, Href};
use crate::ports::calendar::{Change, Coverage, Listed, Listing};
use crate::ports::error::{Error, Kind, Result};

const DOING: &str = "listing the calendar";
/// Lines given at once.
const AT_ONCE: usize = 200;
/// Pages of one listing, so that a server whose truncation never ends cannot keep us.
const MOST_PAGES: u32 = 1000;
/// What a listing by etags asks for; the token and the ctag are answered for the collection itself.
const LINES: [Name; 5] = [
    names::ETAG,
    names::RESOURCE_TYPE,
    names::CONTENT_TYPE,
    names::SYNC_TOKEN,
    names::CTAG,
];

type Body = Box<dyn AsyncBufRead + Unpin + Send>;

/// Starts a listing. A calendar that is not where it was is looked for once more.
pub(super) async fn start(
    shared: &Arc<Shared>,
    since: Option<&Cursor>,
) -> Result<Box<dyn Listing>> {
    let mark = since.and_then(Mark::parse);
    let known = shared.known().await?;
    let lines = match open(shared, known, mark).await {
        Err(error) if error.kind() == Kind::Missing => {
            let known = shared.find_again().await?;
            // What is found now may be another calendar: the old mark says nothing about it.
            open(shared, known, None).await?
        }
        outcome => outcome?,
    };
    Ok(Box::new(lines))
}

async fn open(shared: &Arc<Shared>, known: Known, mark: Option<Mark>) -> Result<Lines> {
    match mark {
        Some(Mark::Token(token)) if known.sync => {
            match report(shared, &known, &with_overlap(&token)).await? {
                Reported::Page(page) => Ok(Lines::new(shared, known, Way::Delta, token, page)),
                Reported::Refused => full(shared, known, true).await,
            }
        }
        Some(Mark::Ctag(seen)) if !known.sync => {
            let now = ctag(shared, &known).await?;
            if now.as_deref() == Some(seen.as_str()) {
                Ok(Lines::unchanged(shared, known, Mark::Ctag(seen)))
            } else {
                full(shared, known, false).await
            }
        }
        _ => full(shared, known, false).await,
    }
}

/// Lists everything: by an empty token where the server takes it, else by etags.
async fn full(shared: &Arc<Shared>, mut known: Known, token_refused: bool) -> Result<Lines> {
    let mut refused = false;
    if known.sync {
        match report(shared, &known, "").await? {
            Reported::Page(page) => {
                let token = String::new();
                return Ok(Lines::new(shared, known, Way::Everything, token, page));
            }
            Reported::Refused => refused = true,
        }
    }
    let body = request::propfind(&LINES);
    let ask = Ask::xml("PROPFIND", &known.collection, "1", body, DOING)?;
    let answer = shared.dav.start_listing(ask).await?;
    if !answer.status().is_success() {
        return Err(shared.dav.refused(answer.response, DOING).await);
    }
    let page = Page::open(shared, &known, answer).await?;
    if refused && token_refused {
        // Tokens are refused full and empty: it costs three requests a pass to ask again.
        known.sync = false;
        shared.remember(known.clone()).await?;
    }
    Ok(Lines::new(shared, known, Way::Etags, String::new(), page))
}

enum Reported {
    Page(Page),
    Refused,
}

/// Asks for a `sync-collection` report.
async fn report(shared: &Arc<Shared>, known: &Known, token: &str) -> Result<Reported> {
    let body = request::sync_collection(token);
    let ask = Ask::xml("REPORT", &known.collection, "0", body, DOING)?;
    let answer = shared.dav.start_listing(ask).await?;
    let status = answer.status();
    if status.is_success() {
        return match Page::open(shared, known, answer).await {
            Err(error) if error.kind() == Kind::Malformed => Ok(Reported::Refused),
            outcome => outcome.map(Reported::Page),
        };
    }
    // A gateway's refusal says nothing about the token; a 500 may well.
    let passing = matches!(status.as_u16(), 408 | 502 | 503 | 504);
    let error = shared.dav.refused(answer.response, DOING).await;
    if passing || matches!(error.kind(), Kind::Throttled { .. }) {
        return Err(error);
    }
    Ok(Reported::Refused)
}

async fn ctag(shared: &Shared, known: &Known) -> Result<Option<String>> {
    let body = request::propfind(&[names::CTAG]);
    let ask = Ask::xml("PROPFIND", &known.collection, "0", body, DOING)?;
    let found = shared.dav.reports(&ask).await?;
    let report = found.reports.first();
    Ok(report
        .and_then(|report| report.text(names::CTAG))
        .map(str::to_owned))
}

/// How a listing is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
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
struct Page {
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
    async fn open(shared: &Shared, known: &Known, answer: Answer) -> Result<Self> {
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
struct Lines {
    shared: Arc<Shared>,
    known: Known,
    way: Way,
    page: Option<Page>,
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
    fn new(shared: &Arc<Shared>, known: Known, way: Way, asked: String, page: Page) -> Self {
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

    fn unchanged(shared: &Arc<Shared>, known: Known, mark: Mark) -> Self {
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

    async fn next_page(&mut self) -> Result<Option<Page>> {
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
