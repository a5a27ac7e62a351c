//! Lists a calendar as a stream: what changed since a token where the server can say so, else
//! everything with its etags, else nothing when its ctag stands still.
//!
//! A token may be refused in any way there is; then everything is listed. Five servers take a bad
//! token and answer with everything, without deletions (FIELD.md section 3): that looks like a
//! delta in which much changed, and only the engine's daily full listing finds what was deleted.

mod lines;

use std::sync::Arc;

use super::Shared;
use super::ask::Ask;
use super::cursor::{Mark, with_overlap};
use super::known::Known;
use super::xml::{Name, names, request};
use crate::domain::ids::Cursor;
use crate::ports::error::{Kind, Result};
pub(super) use lines::Lines;
use lines::{Page, Way};

const DOING: &str = "listing the calendar";
/// What a listing by etags asks for; the token and the ctag are answered for the collection itself.
const LINES: [Name; 5] = [
    names::ETAG,
    names::RESOURCE_TYPE,
    names::CONTENT_TYPE,
    names::SYNC_TOKEN,
    names::CTAG,
];

/// Starts a listing. A calendar that is not where it was is looked for once more.
pub(super) async fn start(shared: &Arc<Shared>, since: Option<&Cursor>) -> Result<Box<Lines>> {
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
    let page = Box::new(Page::open(shared, &known, answer).await?);
    if refused && token_refused {
        // Tokens are refused full and empty: it costs three requests a pass to ask again.
        known.sync = false;
        shared.remember(known.clone()).await?;
    }
    Ok(Lines::new(shared, known, Way::Etags, String::new(), page))
}

enum Reported {
    Page(Box<Page>),
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
            outcome => outcome.map(|page| Reported::Page(Box::new(page))),
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
