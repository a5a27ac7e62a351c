//! The last words of a pass: what still waits, whose clock is wrong, and the report.

use jiff::SignedDuration;

use crate::domain::waiting::ConflictStanding;
use crate::ports::error::Result;

use super::ledger::Batch;
use super::pass::Pass;
use super::report::{HostReport, Trouble};
use super::tally::Count;

/// Clocks further apart than this are reported: Zoom signs its webhooks with a time, and refuses
/// or loses what is older than five minutes.
const SKEW: i64 = 300;

/// How long a conflict that a rule settled is kept for reading.
const READABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Reports what is broken in the calendar and whose clock is wrong, and forgets old conflicts.
pub async fn close(pass: &Pass<'_>) -> Result<()> {
    for (href, cause) in pass.ledger.troubled()? {
        pass.tally.count(Count::Failed);
        pass.tally.trouble(Trouble {
            doing: format!("reading {href} in the calendar {}", pass.host.calendar),
            cause,
            hint: "repair or delete that object; the others are not affected".to_owned(),
        });
    }
    clock(pass, "Zoom", pass.sides.zoom.meter().seconds_ahead());
    clock(
        pass,
        "the calendar's server",
        pass.sides.calendar.meter().seconds_ahead(),
    );
    let mut batch = Batch::default();
    for conflict in pass.conflicts.values().flatten() {
        let read = pass.now.duration_since(conflict.found) > READABLE;
        if conflict.standing == ConflictStanding::Settled && read {
            pass.ledger.drop_conflict(&mut batch, &conflict.id);
        }
    }
    pass.ledger.commit(batch).await
}

fn clock(pass: &Pass<'_>, whose: &str, ahead: Option<i64>) {
    let Some(ahead) = ahead.filter(|ahead| ahead.abs() > SKEW) else {
        return;
    };
    let word = if ahead > 0 { "ahead of" } else { "behind" };
    pass.tally.trouble(Trouble {
        doing: "comparing clocks".to_owned(),
        cause: format!(
            "this machine's clock is {} s {word} that of {whose}",
            ahead.abs()
        ),
        hint: "set this machine's clock (`timedatectl set-ntp true`)".to_owned(),
    });
}

/// The report of the pass.
pub fn report(pass: &Pass<'_>) -> HostReport {
    let (mut flow, worst) = pass.tally.report();
    let held = pass.ledger.held().unwrap_or_default();
    let open = pass.ledger.conflicts().unwrap_or_default();
    let open = open
        .iter()
        .filter(|conflict| conflict.field().is_some())
        .filter(|conflict| conflict.standing == ConflictStanding::Open);
    flow.held = held.iter().filter(|held| held.booking().is_some()).count() as u64;
    flow.conflicts += open.count() as u64;
    HostReport {
        ok: flow.is_well(),
        actions: flow.actions.clone(),
        errors: flow.errors.clone(),
        bookings: Some(flow),
        worst,
        bookings_unread: pass.tally.has_halted(),
        ..HostReport::new(&pass.host.name)
    }
}
