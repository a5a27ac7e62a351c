//! Remembers what was begun, what was done, and what is in conflict.

use crate::domain::entry::Field;
use crate::domain::ids::{BookingId, Href};
use crate::domain::link::Link;
use crate::domain::waiting::{Conflict, ConflictStanding, Disputed};
use crate::plan::fields::FieldConflict;
use crate::ports::error::Result;

use super::ledger::{Batch, Begun};
use super::pass::Pass;
use super::tally::Count;

/// Records conflicts, and forgets those that are no more or were decided.
pub(super) fn conflicts(
    pass: &Pass<'_>,
    batch: &mut Batch,
    link: &Link,
    found: Vec<FieldConflict>,
    decided: &[Field],
) {
    let fields: Vec<Field> = found.iter().map(|conflict| conflict.field).collect();
    let old = pass
        .conflicts
        .get(&link.booking)
        .map_or(&[][..], Vec::as_slice);
    for conflict in old {
        let Some((_, field)) = conflict.field() else {
            continue;
        };
        let over = conflict.standing == ConflictStanding::Open && !fields.contains(&field);
        if over || decided.contains(&field) {
            pass.ledger.drop_conflict(batch, &conflict.id);
        }
    }
    for conflict in found {
        let id = Conflict::id_for(&pass.host.name, &link.booking, conflict.field);
        let before = old
            .iter()
            .find(|old| old.id == id && old.standing == conflict.standing);
        if conflict.standing == ConflictStanding::Settled {
            pass.tally.count(Count::Conflict);
        }
        if before.is_none() {
            pass.tally
                .done("conflict", "calendar", &link.booking, conflict.field.word());
        }
        let record = Conflict {
            id,
            host: pass.host.name.clone(),
            about: Disputed::Field {
                booking: link.booking.clone(),
                uid: link.uid.clone(),
                field: conflict.field,
            },
            zoom: conflict.zoom,
            calendar: conflict.calendar,
            found: before.map_or(pass.now, |before| before.found),
            standing: conflict.standing,
            manage_url: link.manage_url.clone(),
            decision: None,
        };
        pass.ledger.put_conflict(batch, &record);
    }
}

/// Remembers that an action is begun.
pub(super) async fn begin(
    pass: &Pass<'_>,
    id: &BookingId,
    href: &Href,
    verb: &'static str,
) -> Result<()> {
    begin_in(pass, Batch::default(), id, href, verb).await
}

/// Commits what an action led to, together with its end.
pub(super) async fn finish(pass: &Pass<'_>, mut batch: Batch, id: &BookingId) -> Result<()> {
    pass.ledger.finish(&mut batch, id);
    pass.ledger.drop_retry(&mut batch, id);
    pass.ledger.commit(batch).await
}

/// The same for a new entry. A cursor from before it says nothing about its end: what came and
/// went between two listings is in neither (RFC 6578 section 3.4), so it is looked after.
pub(super) async fn begin_new(pass: &Pass<'_>, id: &BookingId, href: &Href) -> Result<()> {
    let mut batch = Batch::default();
    let position = pass.ledger.position()?;
    if position.is_some_and(|position| position.cursor.is_some()) {
        pass.ledger.put_unlisted(&mut batch, href);
    }
    begin_in(pass, batch, id, href, "create").await
}

async fn begin_in(
    pass: &Pass<'_>,
    mut batch: Batch,
    id: &BookingId,
    href: &Href,
    verb: &'static str,
) -> Result<()> {
    let begun = Begun {
        booking: id.clone(),
        href: href.clone(),
        verb: verb.to_owned(),
    };
    pass.ledger.begin(&mut batch, &begun);
    pass.ledger.commit(batch).await
}
