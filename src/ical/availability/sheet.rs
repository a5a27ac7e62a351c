//! Sorts the `VAVAILABILITY`s of a text: the one that says the usual week, those that stand above
//! it for some days, and what hours cannot say.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::super::broken::Broken;
use super::super::component::Document;
use super::super::timezone;
use super::Reader;
use super::layer::{Layer, Placed};
use super::slot::minutes_between;
use clock::{Clock, zone_name};
use parts::{Part, all, base, slots};

/// The wall clock of the hours.
mod clock;
/// One `VAVAILABILITY`.
mod parts;

/// The most `VAVAILABILITY`s above the usual week that are read.
const MOST_LAYERS: usize = 500;

/// The longest span that is read as dates that differ, in days.
const LONGEST: i64 = 92;

/// Where a `VAVAILABILITY` stands: an outermost component, and an item of it.
pub(super) type Path = (usize, usize);

/// A text, sorted.
pub(super) struct Sheet {
    /// The name of the zone of the hours.
    pub(super) zone: String,
    /// The first day that counts.
    pub(super) today: Date,
    /// Where the usual week stands.
    pub(super) base: Path,
    /// The rank of what says the usual week.
    pub(super) rank: u8,
    /// What is open in the usual week, and single occasions beside it.
    pub(super) slots: Vec<Placed>,
    /// What stands above it, the lowest first.
    pub(super) layers: Vec<Layer>,
    /// What hours cannot say.
    pub(super) left_out: Vec<String>,
}

impl Sheet {
    /// Sorts a document; `None` when there is no `VAVAILABILITY` in it.
    ///
    /// # Errors
    /// When none of them says the usual week, or one has a time that makes no sense.
    pub(super) fn read(document: &Document, reader: Reader<'_>) -> Result<Option<Self>, Broken> {
        let preferred = timezone::by_name(reader.zone).unwrap_or(TimeZone::UTC);
        let mut left_out = Vec::new();
        let mut parts = Vec::new();
        for part in all(document) {
            parts.push(part?);
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let own_today = preferred.to_datetime(reader.now).date();
        let base = base(&parts, &preferred, reader, &mut left_out)?;
        let read = slots(base, own_today, &mut left_out);
        let name = zone_name(&read, base.calendar, &preferred, reader);
        let clock = Clock {
            zone: timezone::by_name(&name).unwrap_or_else(|| preferred.clone()),
            reader,
        };
        let now = clock.zone.to_datetime(reader.now);
        let mut sheet = Self {
            zone: name,
            today: now.date(),
            base: base.path,
            rank: base.rank,
            slots: clock.place(read, &mut left_out),
            layers: Vec::new(),
            left_out,
        };
        for part in parts.iter().filter(|part| part.path != base.path) {
            sheet.add(part, &clock, now);
        }
        // The lowest priority first, so that each stands above those before it.
        sheet
            .layers
            .sort_by_key(|layer| std::cmp::Reverse(layer.rank));
        sheet.note_ties();
        Ok(Some(sheet))
    }

    /// Adds what stands above the usual week for some days.
    fn add(&mut self, part: &Part<'_>, clock: &Clock<'_>, now: DateTime) {
        let Some(to) = part.to.as_ref().map(|to| clock.local(to)) else {
            return;
        };
        if to <= now || part.rank > self.rank {
            // Over, or wholly below the usual week.
            return;
        }
        if part.rank == self.rank {
            self.note("several VAVAILABILITYs with the same PRIORITY");
            return;
        }
        let midnight = self.today.to_datetime(Time::midnight());
        let from = part.from.as_ref().map(|from| clock.local(from));
        let from = from.unwrap_or(midnight).max(midnight);
        if minutes_between(from, to) > LONGEST * 24 * 60 {
            self.note("a VAVAILABILITY that lasts for months and then ends");
            return;
        }
        if self.layers.len() >= MOST_LAYERS {
            self.note("more than 500 VAVAILABILITYs");
            return;
        }
        let read = slots(part, self.today, &mut self.left_out);
        let slots = clock.place(read, &mut self.left_out);
        self.layers.push(Layer {
            path: part.path,
            rank: part.rank,
            from,
            to,
            slots,
        });
    }

    fn note_ties(&mut self) {
        let tie = self.layers.iter().enumerate().any(|(index, one)| {
            let others = self.layers.iter().skip(index + 1);
            others
                .filter(|other| other.rank == one.rank)
                .any(|other| one.from < other.to && other.from < one.to)
        });
        if tie {
            self.note("several VAVAILABILITYs with the same PRIORITY");
        }
    }

    /// Notes what is left out, once.
    pub(super) fn note(&mut self, words: &str) {
        note(&mut self.left_out, words);
    }
}

fn note(left_out: &mut Vec<String>, words: &str) {
    if left_out.iter().all(|known| known != words) {
        left_out.push(words.to_owned());
    }
}

/// The day after.
pub(super) fn next(date: Date) -> Option<Date> {
    date.checked_add(1.day()).ok()
}
