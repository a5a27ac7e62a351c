//! Conflicts and held actions, and what a person decides about them. A decision is written down;
//! the next pass looks again and carries it out.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::WaitingId;
use crate::domain::link::{Link, Standing};
use crate::domain::waiting::{Conflict, ConflictStanding, Decision, Held};
use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};
use crate::settings::Settings;

use super::failure::{Exit, Failure};

const PAGE: usize = 300;
const CONFLICTS: &str = "conflict/";
const HELD: &str = "held/";

/// Every conflict of every host.
///
/// # Errors
/// When the state cannot be read.
pub fn conflicts(base: &dyn Base) -> Result<Vec<Conflict>> {
    Ok(records(base, CONFLICTS)?
        .into_iter()
        .map(|(_, conflict)| conflict)
        .collect())
}

/// Every held action of every host.
///
/// # Errors
/// When the state cannot be read.
pub fn held(base: &dyn Base) -> Result<Vec<Held>> {
    Ok(records(base, HELD)?
        .into_iter()
        .map(|(_, held)| held)
        .collect())
}

/// Writes down what a person decided about a conflict.
///
/// # Errors
/// When there is no such conflict, or the decision cannot be carried out.
pub async fn decide(
    base: &dyn Base,
    id: &WaitingId,
    decision: Decision,
) -> std::result::Result<Conflict, Failure> {
    let all = records::<Conflict>(base, CONFLICTS)?;
    let found = all.into_iter().find(|(_, conflict)| conflict.id == *id);
    let (key, mut conflict) =
        found.ok_or_else(|| unknown("conflict", id, "slotbridge conflicts list"))?;
    let change = match (conflict.standing, decision) {
        // Zoom's text stands already; the record has been read.
        (ConflictStanding::Settled, Decision::KeepZoom) => Change::Delete(key),
        (ConflictStanding::Settled, Decision::KeepCalendar) => return Err(settled(&conflict)),
        (ConflictStanding::Open, _) => {
            conflict.decision = Some(decision);
            put(key, &conflict)
        }
    };
    base.commit(vec![change]).await?;
    Ok(conflict)
}

fn settled(conflict: &Conflict) -> Failure {
    let hint = conflict.manage_url.as_ref().map_or_else(
        || "change it in Zoom; the entry follows".to_owned(),
        |url| format!("change it at {url}; the entry follows"),
    );
    let cause = format!(
        "conflict {}: Zoom's {} stands, and Zoom offers no way to set it from here",
        conflict.id,
        conflict.field.word()
    );
    Failure::new(Exit::Attention, cause, hint)
}

/// Releases one held action, or all of them: the next pass looks again and does them.
///
/// # Errors
/// When there is no such held action.
pub async fn release(base: &dyn Base, id: Option<&WaitingId>) -> std::result::Result<u64, Failure> {
    let all = records::<Held>(base, HELD)?;
    let chosen = all
        .into_iter()
        .filter(|(_, held)| id.is_none_or(|id| held.id == *id));
    let changes: Vec<Change> = chosen
        .map(|(key, mut held)| {
            held.released = true;
            put(key, &held)
        })
        .collect();
    if let (Some(id), true) = (id, changes.is_empty()) {
        return Err(unknown("held action", id, "slotbridge held list"));
    }
    let count = changes.len() as u64;
    base.commit(changes).await?;
    Ok(count)
}

fn put<T: Serialize>(key: String, record: &T) -> Change {
    // Plain structs with text keys: writing them as JSON cannot fail.
    Change::Put(key, serde_json::to_vec(record).unwrap_or_default())
}

fn unknown(what: &str, id: &WaitingId, list: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("there is no {what} {id}"),
        format!("see `{list}`"),
    )
}

/// Drops a held action: both sides are left as they are, for good.
///
/// # Errors
/// When there is no such held action.
pub async fn drop_held(
    base: &dyn Base,
    settings: &Settings,
    id: &WaitingId,
) -> std::result::Result<(), Failure> {
    let all = records::<Held>(base, HELD)?;
    let found = all.into_iter().find(|(_, held)| held.id == *id);
    let (key, held) = found.ok_or_else(|| unknown("held action", id, "slotbridge held list"))?;
    let mut changes = vec![Change::Delete(key)];
    let host = settings.hosts.iter().find(|host| host.name == held.host);
    if let Some(bookings) = host.and_then(|host| host.bookings.as_ref()) {
        let parts = [
            held.host.as_str(),
            bookings.calendar.as_str(),
            held.booking.as_str(),
        ]
        .map(part);
        let key = format!("link/{}", parts.join("/"));
        if let Some(value) = base.get(&key)? {
            let mut link: Link = decode("link/", &value)?;
            link.standing = Standing::LeftAlone;
            changes.push(put(key, &link));
        }
    }
    base.commit(changes).await?;
    Ok(())
}

/// A part of a key, as the engine's ledger writes it.
pub(super) fn part(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F")
}

fn records<T: DeserializeOwned>(base: &dyn Base, prefix: &str) -> Result<Vec<(String, T)>> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = base.scan(prefix, after.as_deref(), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(all);
        };
        after = Some(last.clone());
        for (key, value) in page {
            let record = decode(prefix, &value)?;
            all.push((key, record));
        }
    }
}

fn decode<T: DeserializeOwned>(prefix: &str, value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|error| {
        Error::new(
            Kind::Local,
            format!("reading a record under `{prefix}` from the state"),
        )
        .because(format!("it does not fit ({:?} error)", error.classify()))
        .hint("run `slotbridge state verify`")
    })
}
