//! An event of a Zoom calendar.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::body::Draft;
use super::recurrence::Rule;
use crate::domain::time_span::TimeSpan;

/// An event as the calendar keeps it.
#[derive(Clone, Debug)]
pub(in super::super) struct ZoomEvent {
    pub(in super::super) id: String,
    /// The how-manieth it is: decides which of Zoom's spellings it is shown in.
    number: u64,
    pub(in super::super) start: When,
    pub(in super::super) end: When,
    /// Everything else that a client may write, as it wrote it.
    pub(in super::super) rest: Map<String, Value>,
    created: Timestamp,
    pub(super) updated: Timestamp,
    pub(in super::super) deleted: bool,
}

/// When an event begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum When {
    /// With a whole day.
    Day(Date),
    /// At an instant, with the zone that was named.
    Instant(Timestamp, Option<String>),
}

impl When {
    /// As an instant; a day begins in this zone.
    pub(super) fn instant(&self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Instant(time, _) => *time,
            Self::Day(date) => date
                .to_zoned(zone.clone())
                .map_or(Timestamp::MAX, |midnight| midnight.timestamp()),
        }
    }
}

impl ZoomEvent {
    pub(super) fn new(
        id: String,
        number: u64,
        draft: Draft,
        created: Timestamp,
        updated: Timestamp,
    ) -> Self {
        Self {
            id,
            number,
            start: draft.start,
            end: draft.end,
            rest: draft.rest,
            created,
            updated,
            deleted: false,
        }
    }

    /// Changes what a draft says, and leaves the rest.
    pub(in super::super) fn take(&mut self, draft: Draft) {
        self.start = draft.start;
        self.end = draft.end;
        self.rest.extend(draft.rest);
        self.deleted = self
            .rest
            .get("status")
            .is_some_and(|status| status == "cancelled");
    }

    /// Whether it takes time off booking pages.
    pub(super) fn blocks(&self) -> bool {
        !self.deleted
            && self
                .rest
                .get("transparency")
                .is_none_or(|word| word != "transparent")
    }

    /// The first time it takes place.
    fn first(&self, zone: &TimeZone) -> TimeSpan {
        TimeSpan {
            start: self.start.instant(zone),
            end: self.end.instant(zone),
        }
    }

    fn rule(&self) -> Option<Rule> {
        let lines = self.rest.get("recurrence")?.as_array()?;
        Rule::read(lines.first()?.as_str()?)
    }

    /// Every time that it takes place.
    pub(in super::super) fn spans(&self, zone: &TimeZone) -> Vec<TimeSpan> {
        let first = self.first(zone);
        match self.rule() {
            Some(rule) => rule.spans(first, &self.own_zone(zone)),
            None => vec![first],
        }
    }

    /// The zone in which it recurs.
    fn own_zone(&self, zone: &TimeZone) -> TimeZone {
        match &self.start {
            When::Instant(_, Some(name)) => TimeZone::get(name).unwrap_or_else(|_| zone.clone()),
            When::Instant(_, None) | When::Day(_) => zone.clone(),
        }
    }

    /// As its own resource shows it, and a listing that does not expand; times in this zone.
    pub(in super::super) fn json(&self, owner: &str, zone: &TimeZone) -> Value {
        self.shown(&self.id, &self.start, &self.end, owner, zone)
    }

    /// Each time it takes place as an event of its own, where it recurs; days are those of the
    /// calendar's own zone, times are shown in another.
    pub(super) fn instances(
        &self,
        owner: &str,
        own: &TimeZone,
        zone: &TimeZone,
    ) -> Vec<(TimeSpan, String, Value)> {
        if self.rule().is_none() {
            let shown = self.json(owner, zone);
            return vec![(self.first(own), self.id.clone(), shown)];
        }
        let instance = |span: TimeSpan| {
            let id = format!("{}_{}", self.id, span.start.strftime("%Y%m%dT%H%M%SZ"));
            let when = |time: Timestamp, like: &When| match like {
                When::Day(_) => When::Day(time.to_zoned(own.clone()).date()),
                When::Instant(_, name) => When::Instant(time, name.clone()),
            };
            let (start, end) = (when(span.start, &self.start), when(span.end, &self.end));
            let mut shown = self.shown(&id, &start, &end, owner, zone);
            if let Some(shown) = shown.as_object_mut() {
                shown.remove("recurrence");
                shown.insert("recurringEventId".to_owned(), json!(self.id));
            }
            (span, id, shown)
        };
        self.spans(own).into_iter().map(instance).collect()
    }

    fn shown(&self, id: &str, start: &When, end: &When, owner: &str, zone: &TimeZone) -> Value {
        let frame = json!({
            "kind": "calendar#event",
            "id": id,
            "status": "confirmed",
            "start": self.when(start, zone),
            "end": self.when(end, zone),
            "created": self.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "updated": self.updated.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "creator": {"email": owner},
            "organizer": {"email": owner},
            "x_future_field": {"since": "tomorrow"},
        });
        let Value::Object(mut shown) = frame else {
            return Value::Null;
        };
        if self.deleted {
            // All that is left of it.
            shown.insert("status".to_owned(), json!("cancelled"));
            return Value::Object(shown);
        }
        // What is as usual is left out, or said; a client must take both.
        if self.number.is_multiple_of(2) {
            shown.insert("transparency".to_owned(), json!("opaque"));
            shown.insert("visibility".to_owned(), json!("default"));
            shown.insert("attendees".to_owned(), json!([]));
        }
        shown.extend(self.rest.clone());
        if shown
            .get("recurrence")
            .is_some_and(|lines| *lines == json!([]))
        {
            shown.remove("recurrence");
        }
        Value::Object(shown)
    }

    /// A `Z` on every second event, an offset on the others.
    fn when(&self, when: &When, zone: &TimeZone) -> Value {
        match when {
            When::Day(date) => json!({"date": date.to_string()}),
            When::Instant(time, name) => {
                let text = if self.number.is_multiple_of(2) {
                    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
                } else {
                    let local = time.to_zoned(zone.clone());
                    local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
                };
                let usual = zone.iana_name().unwrap_or("UTC");
                json!({"dateTime": text, "timeZone": name.as_deref().unwrap_or(usual)})
            }
        }
    }
}
