//! Reads the objects that are marked. One that cannot be read stops only itself (promise 6): it is
//! said, asked for again in each pass, and what it said before stays in force.

use std::sync::Arc;

use super::listing::gone;
use crate::domain::busy::Timing;
use crate::domain::ids::Href;
use crate::engine::bookable::records::{Kept, Shelf, Standing, Was};
use crate::engine::bookable::work::Work;
use crate::engine::ledger::Batch;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::source::{Source, SourceContent, SourceObject};

/// How many objects are read at once.
const READ: usize = 50;

/// In so many passes in a row an object must fail before its source counts as read without it: a
/// fault that passes must not open time that is busy.
const LASTING: u8 = 2;

/// How many objects may fail one after the other, and none be read, before it is their server that
/// fails.
const MOST_FAULTS: usize = 5;

/// Objects being read.
struct Reading<'a> {
    shelf: &'a Shelf<'a>,
    source: &'a Arc<dyn Source>,
    /// Whether one was read in this pass.
    any: bool,
    /// How many failed in a row.
    faults: usize,
}

/// Reads what is marked.
pub(super) async fn fetch(
    work: &Work<'_>,
    shelf: &Shelf<'_>,
    source: &Arc<dyn Source>,
) -> Result<()> {
    let mut reading = Reading {
        shelf,
        source,
        any: false,
        faults: 0,
    };
    let mut after: Option<Href> = None;
    loop {
        let hrefs = shelf.unread(after.as_ref())?;
        let Some(last) = hrefs.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        for hrefs in hrefs.chunks(READ) {
            if work.stopped() {
                return Ok(());
            }
            reading.some(hrefs).await?;
        }
    }
}

/// Whether everything that is marked was asked for often enough to say that it cannot be read.
pub(super) fn all_tried(shelf: &Shelf<'_>) -> Result<bool> {
    let mut after: Option<Href> = None;
    loop {
        let hrefs = shelf.unread(after.as_ref())?;
        let Some(last) = hrefs.last() else {
            return Ok(true);
        };
        after = Some(last.clone());
        for href in &hrefs {
            let kept = shelf.kept(href)?;
            if kept.is_none_or(|kept| kept.failures < LASTING) {
                return Ok(false);
            }
        }
    }
}

impl Reading<'_> {
    /// Reads some objects. Where their server does not take them together, one of them may be why
    /// (FIELD.md section 3): then each is asked for alone.
    async fn some(&mut self, hrefs: &[Href]) -> Result<()> {
        let mut refused: Vec<(&Href, Error)> = Vec::new();
        match self.source.read(hrefs).await {
            Ok(objects) => return self.take(objects).await,
            Err(error) if !may_be_of_an_item(&error) => return Err(error),
            Err(error) => {
                if let [href] = hrefs {
                    refused.push((href, error));
                }
            }
        }
        for href in hrefs.iter().filter(|_| hrefs.len() > 1) {
            match self.source.read(std::slice::from_ref(href)).await {
                Ok(objects) => self.take(objects).await?,
                Err(error) if !may_be_of_an_item(&error) => return Err(error),
                Err(error) if error.kind() == Kind::Denied => refused.push((href, error)),
                Err(error) => self.failed(href, error).await?,
            }
        }
        // Whether that was about them or about us, the others have shown.
        for (href, error) in refused {
            self.failed(href, error).await?;
        }
        Ok(())
    }

    /// Remembers why an object could not be read, unless it is not the object that fails but its
    /// server.
    async fn failed(&mut self, href: &Href, error: Error) -> Result<()> {
        self.faults = self.faults.saturating_add(1);
        let before = self.shelf.kept(href)?;
        let failures = before.as_ref().map_or(0, |kept| kept.failures);
        let is_its_own = match error.kind() {
            Kind::Refused | Kind::Malformed => true,
            Kind::Denied => self.any || failures > 0,
            _ => self.any || failures > 0 || self.faults <= MOST_FAULTS,
        };
        if !is_its_own {
            return Err(error);
        }
        let at_least = match error.kind() {
            Kind::Refused | Kind::Malformed => LASTING,
            _ => 1,
        };
        let (timing, was) = before.map_or((None, None), |kept| (kept.timing, kept.was));
        let kept = Kept {
            etag: None,
            timing,
            was,
            broken: Some(error.cause()),
            standing: Standing::There,
            failures: failures.saturating_add(1).max(at_least),
        };
        let mut batch = Batch::default();
        self.shelf.put(&mut batch, href, &kept);
        self.shelf.commit(batch).await
    }

    /// Remembers what objects say.
    async fn take(&mut self, objects: Vec<SourceObject>) -> Result<()> {
        let mut batch = Batch::default();
        for object in objects {
            let before = self.shelf.kept(&object.href)?;
            let (timing, broken) = match object.content {
                SourceContent::Timing(timing) => (Some(timing), None),
                SourceContent::Nothing => (None, None),
                SourceContent::Broken(cause) => {
                    let timing = before.as_ref().and_then(|kept| kept.timing.clone());
                    (timing, Some(cause))
                }
                SourceContent::Absent => {
                    gone(self.shelf, &mut batch, &object.href)?;
                    continue;
                }
            };
            // Broken, and without a tag: its server failed on it, and no listing will name it again.
            let unread = broken.is_some() && object.etag.is_none();
            let was = before.as_ref().and_then(|kept| was(kept, timing.as_ref()));
            let failures = before.map_or(0, |kept| kept.failures).saturating_add(1);
            let kept = Kept {
                etag: object.etag,
                timing,
                was,
                broken,
                standing: Standing::There,
                failures: if unread { failures } else { 0 },
            };
            if !unread {
                self.any = true;
                self.faults = 0;
                self.shelf.is_read(&mut batch, &object.href);
            }
            self.shelf.put(&mut batch, &object.href, &kept);
        }
        self.shelf.commit(batch).await
    }
}

/// What an object said that says something else now: what was judged last.
fn was(before: &Kept, now: Option<&Timing>) -> Option<Was> {
    let said = match (&before.was, &before.timing) {
        (Some(was), _) => Some(was.clone()),
        (None, Some(timing)) => Some(Was {
            timing: timing.clone(),
            wanted: false,
        }),
        (None, None) => None,
    };
    said.filter(|was| Some(&was.timing) != now)
}

/// Whether a failure may be about the one object that was asked for, although its source could be
/// listed just before.
fn may_be_of_an_item(error: &Error) -> bool {
    match error.kind() {
        Kind::Refused | Kind::Malformed | Kind::Stale | Kind::Transient | Kind::Denied => true,
        Kind::Throttled { .. } | Kind::Unreachable | Kind::Missing | Kind::Local | Kind::State => {
            false
        }
    }
}
