//! Working hours between Zoom and a calendar: what every scenario about them needs.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use slotbridge::demo::account::{AccountOptions, Seen};
use slotbridge::domain::time_span::TimeSpan;

use super::bench::{Bench, Run, at};
use super::hours_text::{Told, told};
use super::side::{Shelf, Side};

/// The object or file, where hours are kept in one.
pub const OBJECT: &str = "slotbridge-hours.ics";
/// The zone of the account.
pub const ZONE: &str = "Europe/Berlin";
/// A split week with a day off, a day until midnight and one around the clock.
pub const WEEK: [&str; 7] = [
    "09:00-12:00, 13:00-17:00",
    "09:00-12:00, 13:00-17:00",
    "",
    "00:00-24:00",
    "18:00-24:00",
    "",
    "10:00-11:00",
];

/// The tables of a host whose hours are in the calendar `work`.
pub fn flows(wins: &str) -> String {
    format!("[host.hours]\ncalendar = \"work\"\nwins = \"{wins}\"\n")
}

/// A host with `WEEK` in Zoom; no pass was made yet.
pub fn bench(side: Side) -> Bench {
    bench_with(side, &flows("zoom"), AccountOptions::default())
}

/// The same, with tables and an account of one's own.
pub fn bench_with(side: Side, flows: &str, options: AccountOptions) -> Bench {
    let bench = Bench::flows(side, flows, options);
    bench.set_zoom_week(WEEK);
    bench
}

/// The same, after a first pass.
pub fn in_step(side: Side, wins: &str) -> Bench {
    let bench = bench_with(side, &flows(wins), AccountOptions::default());
    bench.pass();
    bench
}

/// The local date after so many days.
pub fn date(days: i64) -> Date {
    at(days, 12).to_zoned(zone()).date()
}

pub fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap()
}

/// From an hour to an hour of that date, on the clock of the account; `24` is midnight.
pub fn local(days: i64, from: i64, to: i64) -> TimeSpan {
    let midnight = date(days).to_zoned(zone()).unwrap();
    let hour = |hour: i64| {
        let day = midnight.checked_add((hour / 24).days()).unwrap();
        let time = day.datetime() + (hour % 24).hours();
        time.to_zoned(zone()).unwrap().timestamp()
    };
    TimeSpan {
        start: hour(from),
        end: hour(to),
    }
}

/// That date is off.
pub fn off(days: i64) -> TimeSpan {
    local(days, 0, 0)
}

/// `WEEK` with other hours on some days, Monday is 0.
pub fn week_with(changes: &[(usize, &'static str)]) -> [&'static str; 7] {
    let mut week = WEEK;
    for (day, hours) in changes {
        week[*day] = hours;
    }
    week
}

impl Bench {
    pub fn set_zoom_week(&self, week: [&str; 7]) {
        assert!(self.account.set_week(self.account.availability_id(), week));
    }

    pub fn add_zoom_override(&self, when: TimeSpan) {
        let id = self.account.availability_id();
        assert!(self.account.add_override(id, when.start, when.end));
    }

    /// The weekly hours in Zoom, Monday first.
    pub fn zoom_week(&self) -> [String; 7] {
        let id = self.account.availability_id();
        let shown = self.account.availability(id).unwrap();
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| {
            let segments = shown["segments_recurrence"][day].as_array().unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let segments = segments
                .iter()
                .map(|one| format!("{}-{}", text(&one["start"]), text(&one["end"])));
            segments.collect::<Vec<_>>().join(", ")
        })
    }

    /// Whether hours are kept in a property of the calendar.
    pub fn is_property(&self) -> bool {
        matches!(&self.shelf, Shelf::Caldav { path, .. } if !path.contains("/calendars/"))
    }

    /// The text that stands there, as a person's own program gets it.
    pub fn hours_text(&self) -> Option<String> {
        match &self.shelf {
            Shelf::Caldav { server, path, .. } if self.is_property() => {
                let body = r#"<propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-availability/></prop></propfind>"#;
                let headers = [("Depth", "0"), ("Content-Type", "application/xml")];
                let (status, answer) = server.request("PROPFIND", path, &headers, body);
                assert_eq!(status, 207, "{answer}");
                let text = answer.split("calendar-availability>").nth(1)?;
                let text = text.rsplit_once("</")?.0;
                Some(unescaped(text))
            }
            Shelf::Caldav { .. } | Shelf::Vdir(_) => self.shelf.read(OBJECT),
        }
    }

    /// What stands there, understood.
    #[track_caller]
    pub fn hours_told(&self) -> Told {
        told(&self.hours_text().expect("hours in the calendar"))
    }

    /// A person's own program puts another text there.
    pub fn put_hours(&self, text: &str) {
        if self.is_property() {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            self.proppatch(&format!(
                "<set><prop><C:calendar-availability>{text}</C:calendar-availability></prop></set>"
            ));
        } else {
            self.shelf.put(OBJECT, text);
        }
    }

    /// A person edits the text.
    pub fn edit_hours(&self, change: impl FnOnce(&str) -> String) {
        let text = self.hours_text().expect("hours in the calendar");
        let changed = change(&text);
        assert_ne!(changed, text, "nothing was edited");
        self.put_hours(&changed);
    }

    /// A person takes it away.
    pub fn remove_hours(&self) {
        if self.is_property() {
            self.proppatch("<remove><prop><C:calendar-availability/></prop></remove>");
        } else {
            self.shelf.delete(OBJECT);
        }
    }

    fn proppatch(&self, inner: &str) {
        let Shelf::Caldav { server, path, .. } = &self.shelf else {
            panic!("a directory has no properties");
        };
        let body = format!(
            r#"<propertyupdate xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{inner}</propertyupdate>"#
        );
        let kind = [("Content-Type", "application/xml; charset=utf-8")];
        let (status, answer) = server.request("PROPPATCH", path, &kind, &body);
        assert_eq!(status, 207, "{answer}");
    }

    /// So many passes that write nothing anywhere, not even the same once more.
    #[track_caller]
    pub fn stays(&self, passes: usize) -> Run {
        let before = (self.hours_text(), self.stamps());
        let run = self.writes_nothing(passes);
        assert_eq!((self.hours_text(), self.stamps()), before);
        run
    }

    /// When each file of a directory was written, and whether it is the same one.
    fn stamps(&self) -> BTreeMap<String, (u64, i64, i64)> {
        let Shelf::Vdir(folder) = &self.shelf else {
            return BTreeMap::new();
        };
        let files = fs::read_dir(folder).unwrap();
        files
            .map(|file| {
                let file = file.unwrap();
                let meta = file.metadata().unwrap();
                let stamp = (meta.ino(), meta.mtime(), meta.mtime_nsec());
                (file.file_name().into_string().unwrap(), stamp)
            })
            .collect()
    }

    /// The only PATCH of an availability since the log was cleared.
    #[track_caller]
    pub fn only_patch(&self) -> Seen {
        let patches = self.schedule_patches();
        assert_eq!(patches.len(), 1, "{patches:#?}");
        patches.into_iter().next().unwrap()
    }

    /// The conflicts that wait for a person: about which part, and the text of each side.
    pub fn disputes(&self, standing: &str) -> Vec<(String, String, String)> {
        let mut all = self.waiting("conflicts");
        all.retain(|one| one["standing"] == standing);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        all.iter()
            .map(|one| {
                (
                    text(&one["hours"]),
                    text(&one["zoom"]),
                    text(&one["calendar"]),
                )
            })
            .collect()
    }

    /// The id of the only conflict.
    #[track_caller]
    pub fn only_dispute(&self) -> String {
        let all = self.waiting("conflicts");
        assert_eq!(all.len(), 1, "{all:#?}");
        all[0]["id"].as_str().unwrap().to_owned()
    }
}

impl Run {
    /// What `--json` says of the hours of its only host.
    pub fn hours(&self) -> &Value {
        &self.host()["hours"]
    }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&#13;", "\r").replace("&#10;", "\n");
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    let text = text.replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&apos;", "'").replace("&amp;", "&")
}
