//! What stands in a calendar in memory, and the rules it keeps.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::{Keeping, Tracking};
use crate::domain::entry::{Draft, Edit, Entry, Field, TimeSpan};
use crate::domain::ids::{Cursor, Etag, Href, UID_SUFFIX, Uid};
use crate::ical::component::{Component, Document, Item};
use crate::ical::{export, import};
use crate::ports::calendar::{Change, Content, Coverage, Listed, Object, Written};
use crate::ports::error::{Error, Kind, Result};

/// What stands in the calendar.
pub(super) struct State {
    tracking: Tracking,
    keeping: Keeping,
    objects: BTreeMap<Href, Stored>,
    /// The revision in which an href last changed, removed ones included.
    changed: BTreeMap<Href, u64>,
    /// The revisions between which something stood at an href and was removed again.
    past: BTreeMap<Href, Vec<(u64, u64)>>,
    /// Counts every change.
    revision: u64,
    /// Cursors from before this revision are no longer good.
    oldest: u64,
    pub(super) writes: u64,
    pub(super) read_only: bool,
    pub(super) missing: bool,
    pub(super) cut_at: Option<usize>,
}

struct Stored {
    bytes: Vec<u8>,
    uid: Option<Uid>,
    revision: u64,
    /// The revision in which it came to stand there.
    born: u64,
}

impl Stored {
    fn etag(&self) -> Etag {
        Etag::new(format!("\"r{}\"", self.revision))
    }
}

impl State {
    pub(super) fn new(tracking: Tracking, keeping: Keeping) -> Self {
        Self {
            tracking,
            keeping,
            objects: BTreeMap::new(),
            changed: BTreeMap::new(),
            past: BTreeMap::new(),
            revision: 0,
            oldest: 0,
            writes: 0,
            read_only: false,
            missing: false,
            cut_at: None,
        }
    }

    pub(super) fn is_there(&self, doing: &str) -> Result<()> {
        if self.missing {
            return Err(Error::new(Kind::Missing, doing).hint("create the collection"));
        }
        Ok(())
    }

    pub(super) fn put(&mut self, href: &Href, bytes: Vec<u8>) {
        self.revision += 1;
        self.changed.insert(href.clone(), self.revision);
        let stored = Stored {
            uid: import::raw_uid(&bytes),
            bytes,
            revision: self.revision,
            born: self.objects.get(href).map_or(self.revision, |old| old.born),
        };
        self.objects.insert(href.clone(), stored);
    }

    pub(super) fn remove(&mut self, href: &Href) -> bool {
        let Some(old) = self.objects.remove(href) else {
            return false;
        };
        self.revision += 1;
        let lives = self.past.entry(href.clone()).or_default();
        lives.push((old.born, self.revision));
        self.changed.insert(href.clone(), self.revision);
        true
    }

    pub(super) fn bytes(&self, href: &Href) -> Option<Vec<u8>> {
        self.objects.get(href).map(|stored| stored.bytes.clone())
    }

    pub(super) fn hrefs(&self) -> Vec<Href> {
        self.objects.keys().cloned().collect()
    }

    pub(super) fn expire_cursors(&mut self) {
        // A change of nothing, so that not even a cursor of this moment is good.
        self.revision += 1;
        self.oldest = self.revision;
    }

    pub(super) fn list(&self, since: Option<&Cursor>) -> (Vec<Change>, Listed) {
        let cursor = (self.tracking == Tracking::Cursor)
            .then(|| Cursor::new(format!("urn:x-memory:{}", self.revision)));
        if let Some(since) = since.and_then(|cursor| self.revision_of(cursor)) {
            let hrefs: BTreeSet<&Href> = self
                .changed
                .iter()
                .filter(|(href, revision)| **revision > since && self.is_told(href, since))
                .map(|(href, _)| href)
                .collect();
            let lines = hrefs.into_iter().map(|href| self.line(href)).collect();
            let coverage = Coverage::Since;
            return (lines, Listed { coverage, cursor });
        }
        let mut lines: Vec<Change> = self.objects.keys().map(|href| self.line(href)).collect();
        if let Some(most) = self.cut_at.filter(|most| *most < lines.len()) {
            lines.truncate(most);
            let coverage = Coverage::Partial;
            let cursor = None;
            return (lines, Listed { coverage, cursor });
        }
        let coverage = Coverage::Full;
        (lines, Listed { coverage, cursor })
    }

    /// Whether a listing since then tells of an href: what came and went since is in neither of
    /// the two states that a server compares (Xandikos does just that).
    fn is_told(&self, href: &Href, since: u64) -> bool {
        let lives = self.past.get(href).map_or(&[][..], Vec::as_slice);
        let stood = |(born, died): &(u64, u64)| *born <= since && since < *died;
        self.objects.contains_key(href) || lives.iter().any(stood)
    }

    fn revision_of(&self, cursor: &Cursor) -> Option<u64> {
        let text = cursor.as_str().strip_prefix("urn:x-memory:")?;
        let revision: u64 = text.parse().ok()?;
        let good =
            self.tracking == Tracking::Cursor && (self.oldest..=self.revision).contains(&revision);
        good.then_some(revision)
    }

    fn line(&self, href: &Href) -> Change {
        let href = href.clone();
        match self.objects.get(&href) {
            Some(stored) => Change::There {
                href,
                etag: Some(stored.etag()),
            },
            None => Change::Removed { href },
        }
    }

    pub(super) fn object(&self, href: &Href) -> Object {
        let (etag, content) = match self.objects.get(href) {
            None => (None, Content::Absent),
            Some(stored) => {
                let content = match import::read(&stored.bytes) {
                    Ok(import::Found::Ours(entry)) => Content::Ours(entry),
                    Ok(import::Found::Foreign) => Content::Foreign,
                    Err(broken) => Content::Broken(broken.to_string()),
                };
                (Some(stored.etag()), content)
            }
        };
        Object {
            href: href.clone(),
            etag,
            content,
        }
    }

    pub(super) fn create(&mut self, draft: &Draft) -> Result<Written> {
        let doing = format!("create {}", draft.href);
        self.may_write(&doing)?;
        if self.objects.contains_key(&draft.href) {
            return Err(Error::new(Kind::Stale, doing).because("an object is already there"));
        }
        let uid = &draft.entry.uid;
        let taken = |stored: &Stored| stored.uid.as_ref() == Some(uid);
        if self.objects.values().any(taken) {
            return Err(Error::new(Kind::Stale, doing).because("its UID stands elsewhere"));
        }
        let bytes = export::create(draft).into_bytes();
        let set = Field::ALL.map(|field| (field, draft.entry.fields.get(field)));
        check(&bytes, set.into_iter())
            .and_then(|written| check_draft(draft, &written))
            .map_err(|why| refused(&doing, why))?;
        Ok(self.keep(&draft.href, bytes))
    }

    pub(super) fn update(&mut self, edit: &Edit) -> Result<Written> {
        let doing = format!("update {}", edit.href);
        self.may_write(&doing)?;
        let Some(stored) = self.objects.get(&edit.href) else {
            return Err(Error::new(Kind::Stale, doing).because("the object is gone"));
        };
        as_seen(&doing, stored, edit.seen.as_ref())?;
        let refused = |why: String| refused(&doing, why);
        let bytes = export::edit(&stored.bytes, edit).map_err(|why| refused(why.to_string()))?;
        let set = edit.set.iter().map(|(field, text)| (*field, text.as_str()));
        let written = check(&bytes, set).map_err(refused)?;
        if let Ok(import::Found::Ours(before)) = import::read(&stored.bytes)
            && before.sequence > written.sequence
        {
            return Err(refused("its SEQUENCE counts down".to_owned()));
        }
        let href = edit.href.clone();
        Ok(self.keep(&href, bytes))
    }

    pub(super) fn delete(&mut self, href: &Href, seen: Option<&Etag>) -> Result<()> {
        let doing = format!("delete {href}");
        self.may_write(&doing)?;
        if let Some(stored) = self.objects.get(href) {
            as_seen(&doing, stored, seen)?;
            self.remove(href);
            self.writes += 1;
        }
        Ok(())
    }

    fn may_write(&self, doing: &str) -> Result<()> {
        if self.read_only {
            return Err(Error::new(Kind::Denied, doing)
                .because("the calendar is read-only")
                .hint("give the user the right to write it"));
        }
        Ok(())
    }

    fn keep(&mut self, href: &Href, bytes: Vec<u8>) -> Written {
        let bytes = match self.keeping {
            Keeping::Verbatim => bytes,
            Keeping::Rewritten => rewritten(bytes),
        };
        self.put(href, bytes);
        self.writes += 1;
        Written {
            href: href.clone(),
            etag: self.objects.get(href).map(Stored::etag),
        }
    }
}

fn refused(doing: &str, why: String) -> Error {
    Error::new(Kind::Refused, doing).because(why)
}

/// A write without the tag it was decided on is one that overwrites a person's edit some day.
fn as_seen(doing: &str, stored: &Stored, seen: Option<&Etag>) -> Result<()> {
    match seen {
        Some(seen) if *seen == stored.etag() => Ok(()),
        Some(_) => Err(Error::new(Kind::Stale, doing).because("it is not as it was seen")),
        None => Err(refused(doing, "the write names no tag".to_owned())),
    }
}

/// Refuses what a later pass would take for a change: a field that does not read back as written.
fn check<'a>(
    bytes: &[u8],
    set: impl Iterator<Item = (Field, &'a str)>,
) -> std::result::Result<Entry, String> {
    let written = match import::read(bytes) {
        Ok(import::Found::Ours(written)) => *written,
        Ok(import::Found::Foreign) => return Err("it is not an entry of ours".to_owned()),
        Err(broken) => return Err(broken.to_string()),
    };
    let span = TimeSpan::parse(written.fields.get(Field::Time));
    if span.is_some_and(|span| span.end < span.start) {
        return Err("it ends before it starts".to_owned());
    }
    if written.base.iter().next().is_none() {
        return Err("it has no X-SLOTBRIDGE-BASE".to_owned());
    }
    for (field, text) in set {
        // An absent status means this one, and is never written.
        let is_default = field == Field::Status && text.is_empty();
        if !is_default && written.fields.get(field) != text {
            return Err(format!(
                "its {} is not in canonical form (domain::canonical) and would echo",
                field.word()
            ));
        }
    }
    Ok(written)
}

fn check_draft(draft: &Draft, written: &Entry) -> std::result::Result<(), String> {
    let href = draft.href.as_str();
    let uid = draft.entry.uid.as_str();
    if uid == UID_SUFFIX || written.uid != draft.entry.uid {
        return Err("its UID cannot be kept".to_owned());
    }
    if href.is_empty() || href.contains('/') {
        return Err("its href is no name of an object".to_owned());
    }
    if TimeSpan::parse(draft.entry.fields.get(Field::Time)).is_none() {
        return Err("its time is no span of time".to_owned());
    }
    if draft.entry.event_id.is_none() || draft.entry.host.is_none() {
        return Err("it names no booking or no host".to_owned());
    }
    Ok(())
}

/// The object with the properties of each component sorted by name.
fn rewritten(bytes: Vec<u8>) -> Vec<u8> {
    let Ok(mut document) = Document::parse(&bytes) else {
        return bytes;
    };
    for calendar in &mut document.components {
        sort(calendar);
        for item in &mut calendar.items {
            if let Item::Component(event) = item {
                sort(event);
            }
        }
    }
    document.write()
}

fn sort(component: &mut Component) {
    component.items.sort_by_key(|item| match item {
        Item::Line(line) => (0, line.name().to_ascii_uppercase()),
        Item::Component(_) => (1, String::new()),
    });
}
