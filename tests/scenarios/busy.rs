//! Busy time on its way to the booking page: what every scenario about it needs.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::Value;
use slotbridge::demo::account::{AccountOptions, Seen};
use slotbridge::domain::time_span::TimeSpan;

use super::bench::{Bench, Run, at};
use super::feed_server::{Answer, Server};
use super::side::Side;

/// The booking page that invitees look at.
pub const PAGE: &str = "intro";

/// Where busy time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    Blocks,
    Overrides,
}

impl Sink {
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocks => "zoom_calendar",
            Self::Overrides => "availability",
        }
    }
}

/// From an hour to an hour (UTC) of the day after so many days.
pub fn span(days: i64, from: i64, to: i64) -> TimeSpan {
    TimeSpan {
        start: at(days, from),
        end: at(days, to),
    }
}

/// An event, with more lines of its own.
pub fn event_with(uid: &str, when: TimeSpan, lines: &str) -> String {
    let stamp = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//somebody//else//EN\nBEGIN:VEVENT\nUID:{uid}\n\
         DTSTAMP:20260101T000000Z\nDTSTART:{}\nDTEND:{}\nSUMMARY:Dentist\n{lines}END:VEVENT\nEND:VCALENDAR\n",
        stamp(when.start),
        stamp(when.end)
    );
    text.replace('\n', "\r\n")
}

pub fn event(uid: &str, when: TimeSpan) -> String {
    event_with(uid, when, "")
}

/// The tables of a host whose calendar `work` is a source.
pub fn flows(sink: Sink) -> String {
    flows_to(sink.word())
}

pub fn flows_to(to: &str) -> String {
    format!("[host.busy]\nfrom = [\"work\"]\nto = \"{to}\"\nfuture = \"30d\"\n")
}

/// A host who is bookable around the clock but for what stands in the calendar `work`.
pub fn bench(side: Side, sink: Sink) -> Bench {
    bench_with(side, &flows(sink), AccountOptions::default())
}

/// The same, with tables and an account of one's own.
pub fn bench_with(side: Side, flows: &str, options: AccountOptions) -> Bench {
    let bench = Bench::flows(side, flows, options);
    let account = &bench.account;
    assert!(account.set_week(account.availability_id(), ["00:00-24:00"; 7]));
    bench
}

impl Bench {
    /// A person has this event in the calendar `work`.
    pub fn has_event(&self, name: &str, when: TimeSpan) {
        let file = format!("{name}.ics");
        self.shelf.put(&file, &event(name, when));
    }

    pub fn has_no_event(&self, name: &str) {
        self.shelf.delete(&format!("{name}.ics"));
    }

    /// What cannot be booked in the three weeks from tomorrow.
    pub fn taken(&self) -> Vec<TimeSpan> {
        let (from, to) = (at(1, 0), at(22, 0));
        let free = joined(self.account.free_stretches(PAGE, from, to));
        let mut taken = Vec::new();
        let mut start = from;
        for span in free {
            taken.push(TimeSpan {
                start,
                end: span.start,
            });
            start = span.end;
        }
        taken.push(TimeSpan { start, end: to });
        taken.retain(|span| span.start < span.end);
        taken
    }

    #[track_caller]
    pub fn is_taken(&self, spans: &[TimeSpan], when: &str) {
        assert_eq!(texts(&self.taken()), texts(spans), "{when}");
    }

    /// A clean pass, after which exactly this cannot be booked.
    #[track_caller]
    pub fn pass_takes(&self, spans: &[TimeSpan], when: &str) -> Run {
        let run = self.pass();
        self.is_taken(spans, when);
        run
    }

    /// So many passes that write nothing anywhere; what one of them said.
    #[track_caller]
    pub fn writes_nothing(&self, passes: usize) -> Run {
        let mut last = None;
        self.account.clear_log();
        self.clear_calendar_log();
        let entries = self.entries();
        for number in 0..passes {
            let run = self.pass();
            for flow in ["bookings", "busy", "hours"] {
                for count in ["created", "updated", "deleted", "cancelled", "noted"] {
                    let counted = run.host()[flow][count].as_u64().unwrap_or(0);
                    assert_eq!(counted, 0, "{flow} {count} in pass {number}: {run:#?}");
                }
            }
            last = Some(run);
        }
        let written = self.zoom_writes();
        assert!(written.is_empty(), "{written:#?}\n{last:#?}");
        let written = self.calendar_writes();
        assert!(written.is_empty(), "{written:#?}\n{last:#?}");
        assert_eq!(self.entries(), entries);
        last.unwrap()
    }

    /// The blocks in the Zoom calendar, by time.
    pub fn block_spans(&self) -> Vec<TimeSpan> {
        let blocks = self.account.blocks().into_iter();
        blocks.map(|(span, _)| span).collect()
    }

    pub fn overrides(&self) -> Vec<TimeSpan> {
        self.account.overrides(self.account.availability_id())
    }

    /// The date overrides of the account, in order.
    pub fn sorted_overrides(&self) -> Vec<TimeSpan> {
        let mut overrides = self.overrides();
        overrides.sort_unstable();
        overrides
    }

    /// Every PATCH of an availability since the log was cleared.
    pub fn schedule_patches(&self) -> Vec<Seen> {
        let mut seen = self.account.requests();
        seen.retain(|seen| {
            seen.method == "PATCH" && seen.path.starts_with("/v2/scheduler/availability/")
        });
        seen
    }

    /// Nothing of ours is left in Zoom.
    #[track_caller]
    pub fn has_no_trace(&self) {
        assert_eq!(self.block_spans(), []);
        assert_eq!(self.overrides(), []);
    }

    pub fn status(&self) -> Run {
        self.run(&["status"])
    }
}

impl Run {
    /// What `--json` says of the busy time of its only host.
    pub fn busy(&self) -> &Value {
        &self.host()["busy"]
    }

    /// Requests to Zoom in this pass.
    pub fn zoom_requests(&self) -> u64 {
        self.host()["requests"]["zoom"].as_u64().unwrap()
    }
}

/// Stretches that touch become one: where a day ends is of no account here.
pub fn joined(mut spans: Vec<TimeSpan>) -> Vec<TimeSpan> {
    spans.sort_unstable();
    let mut joined: Vec<TimeSpan> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            Some(_) | None => joined.push(span),
        }
    }
    joined
}

fn texts(spans: &[TimeSpan]) -> Vec<String> {
    spans.iter().map(TimeSpan::text).collect()
}

/// What a feed answers with.
#[derive(Clone, Debug)]
pub enum Says {
    Events(Vec<String>),
    Status(&'static str),
    Html,
    /// Half of what it should say, under the length of the whole.
    Cut(Vec<String>),
    /// The events under a tag, and 304 to who knows it.
    Tagged(Vec<String>),
    /// 304 to everybody.
    Unchanged,
    /// An answer of so many bytes, announced or not.
    Huge {
        announced: bool,
    },
    /// A small answer that unfolds without end.
    Bomb,
    /// Another address, which leads here again.
    Loop,
}

/// A calendar that somebody publishes.
pub struct Feed {
    server: Server,
    says: Arc<Mutex<Says>>,
}

/// What no program may ever say: it opens the calendar to whoever reads it.
pub const SECRET_PATH: &str = "/private-path-7f3a.ics?token=private-token-91";

impl Feed {
    /// A feed of these events.
    pub fn of(events: &[String]) -> Self {
        let says = Arc::new(Mutex::new(Says::Events(events.to_vec())));
        let ours = says.clone();
        let server = Server::start(move |head, out| {
            let says = ours.lock().unwrap().clone();
            match says {
                Says::Events(events) => {
                    let kind = "Content-Type: text/calendar\r\n";
                    out.say("200 OK", kind, calendar(&events).as_bytes())
                }
                Says::Status(line) => out.say(line, "", b""),
                Says::Html => {
                    let page = b"<!DOCTYPE html><html><body>Please log in</body></html>";
                    out.say("200 OK", "Content-Type: text/html\r\n", page)
                }
                Says::Cut(events) => {
                    let text = calendar(&events);
                    let (length, half) = (text.len(), &text.as_bytes()[..text.len() / 2]);
                    begin(out, &format!("Content-Length: {length}\r\n"))?;
                    out.write_all(half)
                }
                Says::Tagged(events) if head.contains("if-none-match: \"of-today\"") => {
                    drop(events);
                    out.say("304 Not Modified", "ETag: \"of-today\"\r\n", b"")
                }
                Says::Tagged(events) => {
                    let kind = "Content-Type: text/calendar\r\nETag: \"of-today\"\r\n";
                    out.say("200 OK", kind, calendar(&events).as_bytes())
                }
                Says::Unchanged => out.say("304 Not Modified", "", b""),
                Says::Huge { announced } => {
                    let length = if announced {
                        "Content-Length: 2147483648\r\n"
                    } else {
                        ""
                    };
                    begin(out, length)?;
                    out.write_all(b"BEGIN:VCALENDAR\r\n")?;
                    let piece = b"X-ANYTHING:something or other\r\n".repeat(2000);
                    loop {
                        out.write_all(&piece)?;
                    }
                }
                Says::Bomb => {
                    begin(out, "Content-Encoding: gzip\r\n")?;
                    let mut gzip = GzEncoder::new(out, Compression::best());
                    gzip.write_all(b"BEGIN:VCALENDAR\r\n")?;
                    let piece = vec![b'x'; 1 << 20];
                    loop {
                        gzip.write_all(&piece)?;
                    }
                }
                Says::Loop => {
                    let place = format!("Location: {SECRET_PATH}\r\n");
                    out.say("302 Found", &place, b"")
                }
            }
        });
        Self { server, says }
    }

    pub fn says(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    pub fn now(&self) -> Says {
        self.says.lock().unwrap().clone()
    }

    /// Bytes that it said so far.
    pub fn sent(&self) -> u64 {
        self.server.sent()
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.server.heads().len()
    }

    /// The `[[calendar]]` table.
    pub fn config(&self, name: &str) -> String {
        let url = self.server.at("127.0.0.1", SECRET_PATH);
        format!("[[calendar]]\nname = \"{name}\"\nkind = \"ics\"\nurl = \"{url}\"\n")
    }
}

fn begin(out: &mut Answer<'_>, headers: &str) -> io::Result<()> {
    write!(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n")
}

/// Several events as one calendar.
pub fn calendar(events: &[String]) -> String {
    let inner = |text: &String| {
        let start = text.find("BEGIN:VEVENT").unwrap();
        let end = text.rfind("END:VCALENDAR").unwrap();
        text[start..end].to_owned()
    };
    let events: String = events.iter().map(inner).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a feed//EN\r\n{events}END:VCALENDAR\r\n")
}
