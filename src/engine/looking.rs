//! Looks at one entry as it is now.

use crate::domain::entry::Entry;
use crate::domain::link::{Link, Pending};
use crate::ports::calendar::Content;
use crate::ports::error::{Error, Kind, Result};

use super::ledger::Batch;
use super::pass::Pass;

/// The entry as it is now: as it was seen in this pass, or read.
pub(super) async fn current(pass: &Pass<'_>, link: Link) -> Result<(Link, Option<Entry>)> {
    match &link.pending {
        Some(Pending::Changed(entry)) => {
            let entry = entry.as_ref().clone();
            Ok((link, Some(entry)))
        }
        Some(Pending::Gone { .. }) => Ok((link, None)),
        None => read_entry(pass, link).await,
    }
}

/// Reads the entry; one that is gone is remembered so.
pub(super) async fn read_entry(pass: &Pass<'_>, mut link: Link) -> Result<(Link, Option<Entry>)> {
    let objects = pass
        .sides
        .calendar
        .read(std::slice::from_ref(&link.href))
        .await?;
    let Some(object) = objects.into_iter().next() else {
        return Err(Error::new(
            Kind::Malformed,
            format!("reading the entry {}", link.href),
        ));
    };
    match object.content {
        Content::Ours(entry) if entry.uid == link.uid => {
            link.etag = object.etag;
            link.sequence = link.sequence.max(entry.sequence);
            Ok((link, Some(*entry)))
        }
        Content::Broken(cause) => Err(Error::new(
            Kind::Malformed,
            format!("reading the entry {}", link.href),
        )
        .because(cause)
        .hint(
            "repair that object, or delete it: it is then written anew or cancelled, as configured",
        )),
        Content::Ours(_) | Content::Foreign | Content::Absent => {
            link.pending = Some(Pending::Gone { since: pass.now });
            let mut batch = Batch::default();
            pass.ledger.put_link(&mut batch, &link, None);
            pass.ledger.commit(batch).await?;
            Ok((link, None))
        }
    }
}
