//! What is remembered of one host and one calendar, as typed records over the base.
//!
//! Keys are `kind/host/calendar/…`, so that another calendar, or another host, is another world:
//! pointing a host to a new calendar fills that one and leaves the old one alone.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::hint::Hint;
use crate::domain::ids::{BookingId, CalendarName, Cursor, Etag, HostName, Href, Uid, WaitingId};
use crate::domain::link::Link;
use crate::domain::waiting::{Conflict, Held};
use crate::ports::base::{Base, Change};
use crate::ports::error::{Error, Kind, Result};

/// How many records are read at once when all are walked through.
pub const PAGE: usize = 300;

/// Where listings ended: of the bookings' calendar, of a source, of the blocks in Zoom.
const POSITIONS: [&str; 3] = ["position/", "since/", "blocks/"];

/// Every kind of record about what stands in the calendar. The cursor is forgotten first: without
/// it, what is forgotten is not taken for gone.
const OF_THE_CALENDAR: [&str; 11] = [
    "position", "unlisted", "journal", "retry", "pair", "copy", "uid", "href", "link", "known",
    "trouble",
];

/// An object that is not an entry we keep in step, as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its tag then; the same tag means that it need not be read again.
    pub etag: Option<Etag>,
    /// What is wrong with it, where something is.
    pub trouble: Option<String>,
}

/// An item that was refused, and when to try it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// How often it was refused in a row.
    pub attempts: u32,
    /// Not before then, unless a person changes the entry.
    pub not_before: Timestamp,
    /// What the entry was when it was refused.
    #[serde(default)]
    pub entry: Option<Fingerprint>,
    /// What we were doing.
    pub doing: String,
    /// Why it was refused.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

/// Where the last listing of the calendar ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The cursor, where the calendar has one.
    pub cursor: Option<Cursor>,
    /// When it was taken.
    pub at: Timestamp,
    /// When everything was listed last.
    pub full: Timestamp,
}

/// An action that was begun: after a power cut, its entry is looked at before anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The booking.
    pub booking: BookingId,
    /// Its entry.
    pub href: Href,
    /// The word for the action.
    pub verb: String,
}

/// The typed view of the base, for one host and one calendar.
#[derive(Clone)]
pub struct Ledger<'a> {
    base: &'a dyn Base,
    scope: String,
    host: String,
}

/// Changes that are to be committed together.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) changes: Vec<Change>,
}

impl<'a> Ledger<'a> {
    /// Opens the view.
    #[must_use]
    pub fn new(base: &'a dyn Base, host: &HostName, calendar: &CalendarName) -> Self {
        let host = part(host.as_str());
        Self {
            base,
            scope: format!("{host}/{}", part(calendar.as_str())),
            host,
        }
    }

    /// The link of a booking.
    pub fn link(&self, id: &BookingId) -> Result<Option<Link>> {
        self.read(&self.key("link", id.as_str()))
    }

    /// The link of the entry at a place.
    pub fn link_at(&self, href: &Href) -> Result<Option<Link>> {
        self.through(&self.key("href", href.as_str()))
    }

    /// The link of the entry with a `UID`.
    pub fn link_of(&self, uid: &Uid) -> Result<Option<Link>> {
        self.through(&self.key("uid", uid.as_str()))
    }

    /// Links in order of their bookings' ids, a page at a time.
    pub fn links(&self, after: Option<&BookingId>) -> Result<Vec<Link>> {
        let after = after.map(|id| self.key("link", id.as_str()));
        self.walk(&self.key("link", ""), after.as_deref())
    }

    /// The bookings with the same page and booker.
    pub fn siblings(&self, pair: &Fingerprint) -> Result<Vec<BookingId>> {
        let prefix = format!("{}/", self.key("pair", pair.as_str()));
        let pairs = self.base.scan(&prefix, None, PAGE)?;
        pairs
            .into_iter()
            .map(|(key, value)| decode(&key, &value))
            .collect()
    }

    /// What was last seen of an object that is not linked.
    pub fn known(&self, href: &Href) -> Result<Option<Known>> {
        self.read(&self.key("known", href.as_str()))
    }

    /// Where objects that are not linked stand, a page at a time.
    pub fn known_hrefs(&self, after: Option<&Href>) -> Result<Vec<Href>> {
        self.hrefs("known", after)
    }

    /// Where entries were created that no listing has shown since, a page at a time.
    pub fn unlisted(&self, after: Option<&Href>) -> Result<Vec<Href>> {
        self.hrefs("unlisted", after)
    }

    /// Objects that are not linked and have something wrong with them.
    pub fn troubled(&self) -> Result<Vec<(Href, String)>> {
        let prefix = self.key("trouble", "");
        let mut all = Vec::new();
        for (key, value) in self.base.scan(&prefix, None, PAGE)? {
            all.push((
                Href::new(unpart(&key[prefix.len()..])),
                decode(&key, &value)?,
            ));
        }
        Ok(all)
    }

    /// Where the last listing ended.
    pub fn position(&self) -> Result<Option<Position>> {
        self.read(&self.key("position", ""))
    }

    /// What was begun and not committed.
    pub fn begun(&self) -> Result<Vec<Begun>> {
        self.walk(&self.key("journal", ""), None)
    }

    /// The refusal of an item, where there is one.
    pub fn retry(&self, id: &BookingId) -> Result<Option<Retry>> {
        self.read(&self.key("retry", id.as_str()))
    }

    /// All conflicts of this host.
    pub fn conflicts(&self) -> Result<Vec<Conflict>> {
        self.everything(&format!("conflict/{}/", self.host))
    }

    /// All held actions of this host.
    pub fn held(&self) -> Result<Vec<Held>> {
        self.everything(&format!("held/{}/", self.host))
    }

    /// Commits a batch, unless it is empty.
    pub async fn commit(&self, batch: Batch) -> Result<()> {
        if batch.changes.is_empty() {
            Ok(())
        } else {
            self.base.commit(batch.changes).await
        }
    }

    /// Adds a link, in place of the one it was before.
    pub fn put_link(&self, batch: &mut Batch, link: &Link, before: Option<&Link>) {
        if let Some(before) = before {
            if before.booking != link.booking || before.pair != link.pair {
                self.drop_link(batch, before);
            } else if before.href != link.href {
                batch.delete(self.key("href", before.href.as_str()));
            }
        }
        batch.put(self.key("link", link.booking.as_str()), link);
        batch.put(self.key("href", link.href.as_str()), &link.booking);
        batch.put(self.key("uid", link.uid.as_str()), &link.booking);
        if let Some(key) = self.pair_key(link) {
            batch.put(key, &link.booking);
        }
    }

    /// Removes a link.
    pub fn drop_link(&self, batch: &mut Batch, link: &Link) {
        batch.delete(self.key("link", link.booking.as_str()));
        batch.delete(self.key("href", link.href.as_str()));
        batch.delete(self.key("uid", link.uid.as_str()));
        if let Some(key) = self.pair_key(link) {
            batch.delete(key);
        }
    }

    /// Remembers an object that is not linked.
    pub fn put_known(&self, batch: &mut Batch, href: &Href, known: &Known) {
        batch.put(self.key("known", href.as_str()), known);
        let trouble = self.key("trouble", href.as_str());
        match &known.trouble {
            Some(words) => batch.put(trouble, words),
            None => batch.delete(trouble),
        }
    }

    /// Remembers that an object has the `UID` of a linked one.
    pub fn put_copy(&self, batch: &mut Batch, uid: &Uid, href: &Href) {
        batch.put(self.copy_key(uid, href), href);
    }

    /// Forgets that.
    pub fn drop_copy(&self, batch: &mut Batch, uid: &Uid, href: &Href) {
        batch.delete(self.copy_key(uid, href));
    }

    /// An object that had the `UID` of a linked one when it was last seen.
    pub fn copy_of(&self, uid: &Uid) -> Result<Option<Href>> {
        let prefix = format!("{}/", self.key("copy", uid.as_str()));
        let copies: Vec<Href> = self.walk(&prefix, None)?;
        Ok(copies.into_iter().next())
    }

    /// Forgets an object that is not linked.
    pub fn drop_known(&self, batch: &mut Batch, href: &Href) {
        batch.delete(self.key("known", href.as_str()));
        batch.delete(self.key("trouble", href.as_str()));
    }

    /// Remembers that an entry is created where no listing has shown one yet.
    pub fn put_unlisted(&self, batch: &mut Batch, href: &Href) {
        batch.put(self.key("unlisted", href.as_str()), &true);
    }

    /// Forgets that, because the cursor covers it.
    pub fn drop_unlisted(&self, batch: &mut Batch, href: &Href) {
        batch.delete(self.key("unlisted", href.as_str()));
    }

    /// Remembers where a listing ended.
    pub fn put_position(&self, batch: &mut Batch, position: &Position) {
        batch.put(self.key("position", ""), position);
    }

    /// Where the calendar was, as a digest.
    pub fn place(&self) -> Result<Option<Fingerprint>> {
        self.read(&self.key("place", ""))
    }

    /// Remembers where the calendar is.
    pub async fn begin_at(&self, place: &Fingerprint) -> Result<()> {
        let mut batch = Batch::default();
        batch.put(self.key("place", ""), place);
        self.commit(batch).await
    }

    /// Forgets everything about the calendar but what waits for a person, and then remembers where
    /// it is now: after a power cut in between, the rest is forgotten first.
    pub async fn begin_anew(&self, place: &Fingerprint) -> Result<()> {
        for kind in OF_THE_CALENDAR {
            loop {
                let pairs = self.base.scan(&self.key(kind, ""), None, PAGE)?;
                if pairs.is_empty() {
                    break;
                }
                let mut batch = Batch::default();
                for (key, _) in pairs {
                    batch.delete(key);
                }
                self.commit(batch).await?;
            }
        }
        self.begin_at(place).await
    }

    /// Remembers that an action is begun.
    pub fn begin(&self, batch: &mut Batch, begun: &Begun) {
        batch.put(self.key("journal", begun.booking.as_str()), begun);
    }

    /// Remembers that it is done.
    pub fn finish(&self, batch: &mut Batch, id: &BookingId) {
        batch.delete(self.key("journal", id.as_str()));
    }

    /// Remembers a refusal.
    pub fn put_retry(&self, batch: &mut Batch, id: &BookingId, retry: &Retry) {
        batch.put(self.key("retry", id.as_str()), retry);
    }

    /// Forgets a refusal.
    pub fn drop_retry(&self, batch: &mut Batch, id: &BookingId) {
        batch.delete(self.key("retry", id.as_str()));
    }

    /// Remembers a conflict.
    pub fn put_conflict(&self, batch: &mut Batch, conflict: &Conflict) {
        batch.put(self.waiting_key("conflict", &conflict.id), conflict);
    }

    /// Forgets a conflict.
    pub fn drop_conflict(&self, batch: &mut Batch, id: &WaitingId) {
        batch.delete(self.waiting_key("conflict", id));
    }

    /// Remembers a held action.
    pub fn put_held(&self, batch: &mut Batch, held: &Held) {
        batch.put(self.waiting_key("held", &held.id), held);
    }

    /// Forgets a held action.
    pub fn drop_held(&self, batch: &mut Batch, id: &WaitingId) {
        batch.delete(self.waiting_key("held", id));
    }

    fn copy_key(&self, uid: &Uid, href: &Href) -> String {
        let copies = self.key("copy", uid.as_str());
        format!("{copies}/{}", part(href.as_str()))
    }

    fn pair_key(&self, link: &Link) -> Option<String> {
        let pair = link.pair.as_ref()?;
        let id = part(link.booking.as_str());
        Some(format!("{}/{id}", self.key("pair", pair.as_str())))
    }

    fn key(&self, kind: &str, id: &str) -> String {
        format!("{kind}/{}/{}", self.scope, part(id))
    }

    fn waiting_key(&self, kind: &str, id: &WaitingId) -> String {
        format!("{kind}/{}/{}", self.host, part(id.as_str()))
    }

    fn hrefs(&self, kind: &str, after: Option<&Href>) -> Result<Vec<Href>> {
        let prefix = self.key(kind, "");
        let after = after.map(|href| self.key(kind, href.as_str()));
        let pairs = self.base.scan(&prefix, after.as_deref(), PAGE)?;
        let names = pairs
            .iter()
            .filter_map(|(key, _)| key.strip_prefix(&prefix));
        Ok(names.map(|name| Href::new(unpart(name))).collect())
    }

    fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.base
            .get(key)?
            .map(|value| decode(key, &value))
            .transpose()
    }

    fn through(&self, key: &str) -> Result<Option<Link>> {
        match self.read::<BookingId>(key)? {
            Some(id) => self.link(&id),
            None => Ok(None),
        }
    }

    fn walk<T: DeserializeOwned>(&self, prefix: &str, after: Option<&str>) -> Result<Vec<T>> {
        let pairs = self.base.scan(prefix, after, PAGE)?;
        pairs
            .into_iter()
            .map(|(key, value)| decode(&key, &value))
            .collect()
    }

    fn everything<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let pairs = self.base.scan(prefix, after.as_deref(), PAGE)?;
            let Some((last, _)) = pairs.last() else {
                return Ok(all);
            };
            after = Some(last.clone());
            for (key, value) in &pairs {
                all.push(decode(key, value)?);
            }
        }
    }
}

impl Batch {
    pub(super) fn put<T: Serialize>(&mut self, key: String, value: &T) {
        // The records are plain structs with text keys: writing them as JSON cannot fail.
        self.changes.push(Change::Put(
            key,
            serde_json::to_vec(value).unwrap_or_default(),
        ));
    }

    pub(super) fn delete(&mut self, key: String) {
        self.changes.push(Change::Delete(key));
    }

    /// How many changes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

pub(super) fn decode<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|error| {
        // The kind of record is enough to say where it is; ids are not private.
        let kind = key.split('/').next().unwrap_or_default();
        Error::new(
            Kind::State,
            format!("reading a record of kind `{kind}` from the state"),
        )
        .because(format!("it does not fit ({:?} error)", error.classify()))
        .hint("run `slotbridge state verify`, then `slotbridge state rebuild`")
    })
}

/// The key of what was heard of a booking and not looked into yet.
#[must_use]
pub fn hint_key(id: &BookingId) -> String {
    format!("hint/{}", part(id.as_str()))
}

/// The change that remembers a hint.
#[must_use]
pub fn put_hint(hint: &Hint) -> Change {
    let mut batch = Batch::default();
    batch.put(hint_key(&hint.booking), hint);
    batch.changes.swap_remove(0)
}

/// Everything that was heard and not looked into yet. What cannot be read any more is skipped: the
/// next whole pass finds it anyway.
///
/// # Errors
/// When the state cannot be read.
pub fn hints(base: &dyn Base) -> Result<Vec<Hint>> {
    let pairs = base.scan("hint/", None, usize::MAX)?;
    let hints = pairs
        .iter()
        .filter_map(|(_, value)| serde_json::from_slice(value).ok());
    Ok(hints.collect())
}

/// Forgets where all listings ended, of all hosts: the next ones list everything.
///
/// # Errors
/// When the base cannot be read or written.
pub async fn forget_positions(base: &dyn Base) -> Result<()> {
    let mut changes = Vec::new();
    for prefix in POSITIONS {
        let mut after: Option<String> = None;
        loop {
            let pairs = base.scan(prefix, after.as_deref(), PAGE)?;
            let Some((last, _)) = pairs.last() else {
                break;
            };
            after = Some(last.clone());
            changes.extend(pairs.into_iter().map(|(key, _)| Change::Delete(key)));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    base.commit(changes).await
}

/// A part of a key: `/` and `%` cannot stand in it.
pub(super) fn part(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F")
}

pub(super) fn unpart(text: &str) -> String {
    text.replace("%2F", "/").replace("%25", "%")
}
