//! What is remembered of one host and one calendar, as typed records over the base.
//!
//! Keys are `kind/host/calendar/…`, so that another calendar, or another host, is another world:
//! pointing a host to a new calendar fills that one and leaves the old one alone.

mod batch;
mod heard;
mod place;
mod records;
mod waiting;

pub use batch::Batch;
pub(super) use batch::{decode, part, unpart};
pub use heard::{hint_key, hints, put_hint};
pub use place::forget_positions;
pub use records::{Begun, Known, Position, Retry};
use serde::de::DeserializeOwned;

use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{BookingId, CalendarName, HostName, Href, Uid};
use crate::domain::link::Link;
use crate::ports::base::Base;
use crate::ports::error::Result;

/// How many records are read at once when all are walked through.
pub const PAGE: usize = 300;

/// The typed view of the base, for one host and one calendar.
#[derive(Clone)]
pub struct Ledger<'a> {
    base: &'a dyn Base,
    scope: String,
    host: String,
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

    /// Every calendar that the bookings of a host were ever kept in, by its name then.
    pub fn calendars(base: &dyn Base, host: &HostName) -> Result<Vec<CalendarName>> {
        let prefix = format!("place/{}/", part(host.as_str()));
        let places = base.scan(&prefix, None, PAGE)?;
        let names = places
            .iter()
            .filter_map(|(key, _)| key.strip_prefix(&prefix)?.strip_suffix('/'));
        Ok(names.map(|name| CalendarName::new(unpart(name))).collect())
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
