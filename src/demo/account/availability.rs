//! The host's availability schedules: weekly hours, and the days that differ from them.

use jiff::{SignedDuration, civil::Date, tz::TimeZone};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

use super::shelf::new_id;
use crate::domain::time_span::TimeSpan;

mod body;
pub(super) mod hours;
pub(super) mod routes;

pub(super) use hours::Week;

/// The id of the schedule that is there from the beginning.
pub(super) const FIRST: &str = "hours0id4liffdyszsp8kpxl80";

/// An availability schedule.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) default: bool,
    /// An IANA name.
    pub(super) zone: String,
    pub(super) week: Week,
    /// The date overrides, as given. All segments that touch a local day replace its weekly hours;
    /// an empty one takes its day off.
    pub(super) segments: Vec<TimeSpan>,
}

/// Every availability schedule, in order of making.
pub(super) struct Rota {
    all: Vec<Availability>,
    ids: StdRng,
}

impl Rota {
    pub(super) fn new(seed: u64, zone: &str) -> Self {
        let first = Availability {
            id: FIRST.to_owned(),
            name: "Working hours".to_owned(),
            default: true,
            zone: zone.to_owned(),
            week: hours::usual(),
            segments: Vec::new(),
        };
        Self {
            all: vec![first],
            // Not the dice of bookings: what is made here must not change their ids.
            ids: StdRng::seed_from_u64(seed ^ 0x00A7_A11A),
        }
    }

    pub(super) fn all(&self) -> &[Availability] {
        &self.all
    }

    pub(super) fn get(&self, id: &str) -> Option<&Availability> {
        self.all.iter().find(|one| one.id == id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Availability> {
        self.all.iter_mut().find(|one| one.id == id)
    }

    /// Adds one, whatever its id says; its new id.
    pub(super) fn add(&mut self, mut new: Availability) -> String {
        new.id = new_id(&mut self.ids);
        let id = new.id.clone();
        self.all.push(new);
        self.settle_default(&id);
        id
    }

    pub(super) fn remove(&mut self, id: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|one| one.id != id);
        self.all.len() < before
    }

    /// Where this one is the default, no other is.
    pub(super) fn settle_default(&mut self, id: &str) {
        if self.get(id).is_some_and(|one| one.default) {
            for other in self.all.iter_mut().filter(|one| one.id != id) {
                other.default = false;
            }
        }
    }
}

impl Availability {
    /// The zone in which its wall clock is read.
    pub(super) fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// The first and the last local day that a segment touches.
    pub(super) fn days_of(span: TimeSpan, zone: &TimeZone) -> (Date, Date) {
        let first = span.start.to_zoned(zone.clone()).date();
        if span.end <= span.start {
            return (first, first);
        }
        let nanosecond = SignedDuration::from_nanos(1);
        let last = span.end.saturating_sub(nanosecond).unwrap_or(span.start);
        (first, last.to_zoned(zone.clone()).date())
    }

    /// As an answer shows it.
    pub(super) fn json(&self, owner: &str, segments: Option<Spelling>) -> Value {
        let mut shown = json!({
            "availability_id": self.id,
            "default": self.default,
            "name": self.name,
            "owner": owner,
            "time_zone": self.zone,
            "segments_recurrence": hours::json(&self.week),
            "x_future_field": null,
        });
        if let (Some(spelling), Some(shown)) = (segments, shown.as_object_mut()) {
            shown.insert("segments".to_owned(), self.segments_json(spelling));
        }
        shown
    }

    fn segments_json(&self, spelling: Spelling) -> Value {
        let zone = self.time_zone();
        let text = |time: jiff::Timestamp| match spelling {
            Spelling::Utc => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            Spelling::Offset => time
                .to_zoned(zone.clone())
                .strftime("%Y-%m-%dT%H:%M:%S%:z")
                .to_string(),
        };
        let shown = self.segments.iter().map(|span| {
            let mut one = Map::new();
            one.insert("start".to_owned(), json!(text(span.start)));
            one.insert("end".to_owned(), json!(text(span.end)));
            Value::Object(one)
        });
        shown.collect()
    }
}

/// How an instant is written. Zoom's own examples have both; a client must take both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// With a `Z`.
    Utc,
    /// With the offset of the schedule's zone.
    Offset,
}
