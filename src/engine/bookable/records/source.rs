//! What is kept of one source.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::raw::{PAGE, commit, named, read};
use crate::domain::busy::Timing;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{Cursor, Etag, Href};
use crate::engine::ledger::{Batch, part, unpart};
use crate::ports::base::Base;
use crate::ports::error::Result;

/// What is kept of an object of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its tag when it was read.
    pub etag: Option<Etag>,
    /// What it said about time when it could last be understood; `None` where it blocks none.
    pub timing: Option<Timing>,
    /// Why it cannot be understood as it stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// Whether it still is in the calendar.
    pub standing: Standing,
    /// What it said before it was changed, as long as it is not judged whether its time is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Was>,
    /// In how many passes in a row it could not even be read; 0 where it was.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u8,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// What an object said about time before it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Was {
    /// What it said.
    pub timing: Timing,
    /// A person wants that time to stay busy.
    #[serde(default)]
    pub wanted: bool,
}

/// Whether an object still is in its calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It is.
    There,
    /// It is gone; whether its time is given back is still to be judged.
    Gone,
    /// It is gone, and a person wants its time to stay busy.
    Wanted,
}

/// Where the listing of a source ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The cursor, where the source has one.
    pub cursor: Option<Cursor>,
    /// When everything was listed last.
    pub full: Timestamp,
    /// How far ahead that looked.
    pub covers: Timestamp,
}

/// How a source is. Written before anything else is kept of it, and forgotten last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// When it was last read without a failure: the age of what is in force.
    pub good: Option<Timestamp>,
    /// A digest of the place that its name led to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Fingerprint>,
    /// In which form its objects are kept; 0 before forms were counted.
    #[serde(default)]
    pub form: u32,
    /// Whether it has ever been read as a whole there, but for single objects that cannot be read.
    #[serde(default)]
    pub whole: bool,
    /// What went wrong the last time, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<SourceTrouble>,
}

/// What went wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTrouble {
    /// Since when.
    pub since: Timestamp,
    /// What we were doing.
    pub doing: String,
    /// Why it failed.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

/// The records of one source of a host.
#[derive(Clone)]
pub struct Shelf<'a> {
    pub(super) base: &'a dyn Base,
    pub(super) scope: String,
}

impl Shelf<'_> {
    /// What is kept of an object.
    pub fn kept(&self, href: &Href) -> Result<Option<Kept>> {
        read(self.base, &self.key("timing", href))
    }

    /// Objects in order of their names, a page at a time.
    pub fn page(&self, after: Option<&Href>) -> Result<Vec<(Href, Kept)>> {
        let prefix = format!("timing/{}/", self.scope);
        let after = after.map(|href| self.key("timing", href));
        let pairs = self.base.scan(&prefix, after.as_deref(), PAGE)?;
        let named = named(&prefix, pairs)?;
        Ok(named
            .into_iter()
            .map(|(name, kept)| (Href::new(name), kept))
            .collect())
    }

    /// Remembers an object.
    pub fn put(&self, batch: &mut Batch, href: &Href, kept: &Kept) {
        batch.put(self.key("timing", href), kept);
    }

    /// Forgets an object.
    pub fn drop(&self, batch: &mut Batch, href: &Href) {
        batch.delete(self.key("timing", href));
        self.is_read(batch, href);
    }

    /// Objects that are still to be read, a page at a time.
    pub fn unread(&self, after: Option<&Href>) -> Result<Vec<Href>> {
        let prefix = format!("unread/{}/", self.scope);
        let after = after.map(|href| self.key("unread", href));
        let pairs = self.base.scan(&prefix, after.as_deref(), PAGE)?;
        let names = pairs
            .iter()
            .filter_map(|(key, _)| key.strip_prefix(&prefix));
        Ok(names.map(|name| Href::new(unpart(name))).collect())
    }

    /// Whether an object is still to be read.
    pub fn is_unread(&self, href: &Href) -> Result<bool> {
        Ok(self.base.get(&self.key("unread", href))?.is_some())
    }

    /// Remembers that an object is still to be read.
    pub fn must_read(&self, batch: &mut Batch, href: &Href) {
        batch.put(self.key("unread", href), &true);
    }

    /// Forgets that.
    pub fn is_read(&self, batch: &mut Batch, href: &Href) {
        batch.delete(self.key("unread", href));
    }

    /// Where its listing ended.
    pub fn since(&self) -> Result<Option<Since>> {
        read(self.base, &format!("since/{}", self.scope))
    }

    /// Remembers where its listing ended.
    pub fn put_since(&self, batch: &mut Batch, since: &Since) {
        batch.put(format!("since/{}", self.scope), since);
    }

    /// Forgets where its listing ended: the next one is of everything.
    pub fn drop_since(&self, batch: &mut Batch) {
        batch.delete(format!("since/{}", self.scope));
    }

    /// How it is.
    pub fn state(&self) -> Result<SourceState> {
        let state = read(self.base, &format!("source/{}", self.scope))?;
        Ok(state.unwrap_or_default())
    }

    /// Remembers how it is.
    pub fn put_state(&self, batch: &mut Batch, state: &SourceState) {
        batch.put(format!("source/{}", self.scope), state);
    }

    /// Forgets it altogether, last of all that it was there: after a power cut in between, the
    /// rest is forgotten by the next pass.
    pub async fn forget(&self) -> Result<()> {
        let mut batch = Batch::default();
        self.drop_since(&mut batch);
        self.commit(batch).await?;
        for kind in ["unread", "timing"] {
            let prefix = format!("{kind}/{}/", self.scope);
            loop {
                let pairs = self.base.scan(&prefix, None, PAGE)?;
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
        let mut batch = Batch::default();
        batch.delete(format!("source/{}", self.scope));
        self.commit(batch).await
    }

    /// Commits a batch, unless it is empty.
    pub async fn commit(&self, batch: Batch) -> Result<()> {
        commit(self.base, batch).await
    }

    fn key(&self, kind: &str, href: &Href) -> String {
        format!("{kind}/{}/{}", self.scope, part(href.as_str()))
    }
}
