//! The native protocol of systemd's journal: each event is one datagram of named fields, so that
//! `journalctl SLOTBRIDGE_HOST=alice` finds what is about one host.
//!
//! The fields are those of the event and of the spans around it, in capitals behind `SLOTBRIDGE_`;
//! `MESSAGE` is the line that a person reads, with the event's own fields in it.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Where the journal listens.
pub const SOCKET: &str = "/run/systemd/journal/socket";
/// What every line is marked with, as a syslog would.
const IDENTIFIER: &str = "slotbridge";
/// The longest value that is sent, in bytes: a datagram has its limits.
const LONGEST: usize = 16 * 1024;
/// The longest name that the journal takes, in bytes.
const LONGEST_NAME: usize = 64;

/// Whether this file (stderr) is the one that systemd connected to its journal and named in
/// `JOURNAL_STREAM` (systemd.exec(5)): `DEVICE:INODE`.
#[must_use]
pub fn is_named(stream: &str, file: impl AsFd) -> bool {
    let Ok(seen) = rustix::fs::fstat(file) else {
        return false;
    };
    stream == format!("{}:{}", seen.st_dev, seen.st_ino)
}

/// The urgency of a level, as in syslog(3).
#[must_use]
pub fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// Writes events to the journal. What it does not take goes to stderr.
#[derive(Debug)]
pub struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    /// Writes to the journal that listens there.
    ///
    /// # Errors
    /// When nothing listens there, or no socket can be had.
    pub fn at(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        // An empty datagram is no entry; it only shows whether anybody is there.
        socket.send_to(&[], path)?;
        Ok(Self {
            socket,
            path: path.to_owned(),
        })
    }

    fn send(&self, level: Level, said: &Said, datagram: &[u8]) {
        if self.socket.send_to(datagram, &self.path).is_err() {
            let priority = priority(level);
            let lines = said.line();
            let lines = lines.lines().map(|line| format!("<{priority}>{line}\n"));
            let lines: String = lines.collect();
            // Where nobody can be told, nobody is.
            io::stderr().write_all(lines.as_bytes()).unwrap_or_default();
        }
    }
}

/// What an event or a span says.
#[derive(Debug, Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Said {
    /// For a person.
    fn line(&self) -> String {
        let mut line = self.message.clone();
        for (name, value) in &self.fields {
            // Writing to a String cannot fail.
            write!(line, " {name}={value}").unwrap_or_default();
        }
        line.trim_start().to_owned()
    }

    fn take(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            // What the bridge from the `log` crate adds is known from the event itself.
            name if name.starts_with("log.") => {}
            name => {
                self.fields.retain(|(known, _)| *known != name);
                self.fields.push((name, value));
            }
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.take(field, format!("{value:?}"));
    }
}

impl<S> Layer<S> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut said = Said::default();
        attributes.record(&mut said);
        span.extensions_mut().insert(said);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(said) = span.extensions_mut().get_mut::<Said>() {
            values.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut spans = Vec::new();
        let scope = context.event_scope(event).into_iter();
        for span in scope.flat_map(tracing_subscriber::registry::Scope::from_root) {
            spans.push(span.name());
            if let Some(around) = span.extensions().get::<Said>() {
                let named = around.fields.iter();
                fields.extend(named.map(|(name, value)| (own(name), value.clone())));
            }
        }
        // What the event says itself counts more than what is said around it.
        let named = said.fields.iter();
        fields.extend(named.map(|(name, value)| (own(name), value.clone())));
        let metadata = event.metadata();
        let mut datagram = Vec::new();
        put(&mut datagram, "MESSAGE", &said.line());
        let level = *metadata.level();
        put(&mut datagram, "PRIORITY", &priority(level).to_string());
        put(&mut datagram, "SYSLOG_IDENTIFIER", IDENTIFIER);
        put(&mut datagram, "TARGET", metadata.target());
        if let (Some(file), Some(line)) = (metadata.file(), metadata.line()) {
            put(&mut datagram, "CODE_FILE", file);
            put(&mut datagram, "CODE_LINE", &line.to_string());
        }
        if !spans.is_empty() {
            put(&mut datagram, "SLOTBRIDGE_SPAN", &spans.join(":"));
        }
        for (name, value) in &fields {
            put(&mut datagram, name, value);
        }
        self.send(level, &said, &datagram);
    }
}

/// The name of a field in the journal: capitals, digits and underscores only.
fn own(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let name = "SLOTBRIDGE_".chars().chain(name.chars().map(letter));
    name.take(LONGEST_NAME).collect()
}

/// Adds a field. A value of several lines is sent with its length, so that no value can pass for
/// a field of its own.
fn put(datagram: &mut Vec<u8>, name: &str, value: &str) {
    let mut end = value.len().min(LONGEST);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    let value = value.get(..end).unwrap_or_default().as_bytes();
    datagram.extend_from_slice(name.as_bytes());
    if value.contains(&b'\n') {
        datagram.push(b'\n');
        datagram.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        datagram.push(b'=');
    }
    datagram.extend_from_slice(value);
    datagram.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    /// A journal of one's own, and what it was told while this was done.
    fn told(doing: impl FnOnce()) -> Vec<String> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let listener = UnixDatagram::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let layer = Journal::at(&path).unwrap();
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, doing);
        let mut all = Vec::new();
        let mut buffer = vec![0; 256 * 1024];
        while let Ok(length) = listener.recv(&mut buffer) {
            all.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        // The first one only asked whether anybody is there.
        assert_eq!(all.remove(0), "");
        all
    }

    fn lines(datagram: &str) -> Vec<&str> {
        let place = |line: &&str| !line.starts_with("CODE_") && !line.starts_with("TARGET=");
        datagram.lines().filter(place).collect()
    }

    #[test]
    fn an_event_is_one_datagram_with_the_fields_of_its_spans() {
        let told = told(|| {
            let pass = tracing::info_span!("pass", host = "alice", dry_run = false);
            let _in_pass = pass.enter();
            let action = tracing::info_span!("action", verb = "create", id = "e1");
            let _in_action = action.enter();
            tracing::warn!(cause = %"gone", seen = 3, "not written");
        });
        let [event] = told.as_slice() else {
            panic!("{told:?}")
        };
        let expected = [
            "MESSAGE=not written cause=gone seen=3",
            "PRIORITY=4",
            "SYSLOG_IDENTIFIER=slotbridge",
            "SLOTBRIDGE_SPAN=pass:action",
            "SLOTBRIDGE_CAUSE=gone",
            "SLOTBRIDGE_DRY_RUN=false",
            "SLOTBRIDGE_HOST=alice",
            "SLOTBRIDGE_ID=e1",
            "SLOTBRIDGE_SEEN=3",
            "SLOTBRIDGE_VERB=create",
        ];
        assert_eq!(lines(event), expected);
    }

    #[test]
    fn what_an_event_says_wins_over_its_spans() {
        let told = told(|| {
            let pass = tracing::info_span!("pass", host = "alice");
            pass.in_scope(|| tracing::info!(host = "bob", "looked"));
        });
        assert!(told[0].contains("SLOTBRIDGE_HOST=bob\n"), "{told:?}");
        assert!(!told[0].contains("alice"), "{told:?}");
    }

    #[test]
    fn a_value_of_several_lines_cannot_pass_for_a_field() {
        let told = told(|| tracing::error!(cause = "one\nPRIORITY=0", "broken"));
        assert!(!lines(&told[0]).contains(&"SLOTBRIDGE_CAUSE=one"));
        let (_, rest) = told[0].split_once("SLOTBRIDGE_CAUSE\n").unwrap();
        assert!(
            rest.starts_with("\u{e}\0\0\0\0\0\0\0one\nPRIORITY=0\n"),
            "{rest:?}"
        );
    }

    #[test]
    fn a_value_without_an_end_is_cut() {
        let long = "ä".repeat(100_000);
        let told = told(|| tracing::info!(cause = long, "much"));
        assert!(told[0].len() < 3 * LONGEST, "{}", told[0].len());
    }

    #[test]
    fn a_journal_that_is_not_there_is_said() {
        let place = tempfile::tempdir().unwrap();
        assert!(Journal::at(&place.path().join("nobody")).is_err());
    }

    #[test]
    fn only_what_systemd_connected_is_its_journal() {
        let file = tempfile::tempfile().unwrap();
        let seen = rustix::fs::fstat(&file).unwrap();
        assert!(is_named(&format!("{}:{}", seen.st_dev, seen.st_ino), &file));
        assert!(!is_named("0:1", &file));
        assert!(!is_named("", &file));
    }
}
