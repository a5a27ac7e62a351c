//! Programs that others wrote, each asked for a feed over HTTP, with its every complaint.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::servers::venv;

/// A script of ours that lets one of them speak.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/subscriptions")
        .join(name)
}

fn well(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    assert_eq!(error, "", "{command:?} complains");
    output
}

/// Python's icalendar and recurring-ical-events, over a fortnight.
pub fn python(url: &str, now: Timestamp) -> Value {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let end = now + SignedDuration::from_hours(14 * 24);
    let output = well(
        Command::new(venv("python"))
            .args(["-W", "error"])
            .arg(script("read.py"))
            .args([url, &day(now), &day(end)]),
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// npm's ical.js.
pub fn ical_js(url: &str) -> Value {
    let folder = std::env::var_os("SLOTBRIDGE_TEST_NODE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/node"),
        PathBuf::from,
    );
    let there = folder.join("node_modules/ical.js");
    assert!(
        there.exists(),
        "{} is missing: tests/run installs it there",
        there.display()
    );
    let mut command = Command::new("node");
    let output = well(command.arg(script("read.mjs")).arg(&folder).arg(url));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// vdirsyncer with its http storage, and khal on what it fetched.
pub struct Khal {
    folder: PathBuf,
}

impl Khal {
    /// Set up to subscribe to a feed.
    pub fn subscribed(folder: PathBuf, url: &str) -> Self {
        let path = folder.display();
        let vdirsyncer = format!(
            "[general]\nstatus_path = \"{path}/status/\"\n\
             [pair feed]\na = \"remote\"\nb = \"local\"\ncollections = null\n\
             [storage remote]\ntype = \"http\"\nurl = \"{url}\"\n\
             [storage local]\ntype = \"filesystem\"\npath = \"{path}/calendar/\"\nfileext = \".ics\"\n"
        );
        fs::write(folder.join("vdirsyncer"), vdirsyncer).unwrap();
        fs::create_dir(folder.join("calendar")).unwrap();
        let khal = format!(
            "[calendars]\n[[feed]]\npath = {path}/calendar\n\
             [locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ntimeformat = %H:%M\n\
             dateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\n\
             longdatetimeformat = %Y-%m-%d %H:%M\n\
             [sqlite]\npath = {path}/khal.db\n[default]\nhighlight_event_days = False\n"
        );
        fs::write(folder.join("khal"), khal).unwrap();
        let khal = Self { folder };
        khal.vdirsyncer("discover");
        khal
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(venv(program));
        command
            .env("HOME", &self.folder)
            .env("XDG_CONFIG_HOME", &self.folder)
            .env("XDG_DATA_HOME", &self.folder)
            .env("XDG_CACHE_HOME", &self.folder)
            .env("LC_ALL", "C.UTF-8");
        command
    }

    fn vdirsyncer(&self, verb: &str) -> String {
        let mut command = self.command("vdirsyncer");
        let config = self.folder.join("vdirsyncer");
        let output = command.arg("-c").arg(config).args(["-v", "WARNING", verb]);
        let output = output.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "vdirsyncer {verb}: {said}");
        for complaint in ["error", "warning", "Traceback"] {
            assert!(!said.contains(complaint), "vdirsyncer {verb}: {said}");
        }
        said
    }

    /// Fetches the feed. The files that it is in now.
    pub fn sync(&self) -> Vec<(String, std::time::SystemTime)> {
        self.vdirsyncer("sync");
        let files = fs::read_dir(self.folder.join("calendar")).unwrap();
        let files = files.map(|file| file.unwrap());
        let mut files: Vec<_> = files
            .map(|file| {
                let name = file.file_name().to_string_lossy().into_owned();
                (name, file.metadata().unwrap().modified().unwrap())
            })
            .collect();
        files.sort();
        files
    }

    /// What khal shows of the days from one on: a line for each event.
    pub fn list(&self, from: Timestamp, days: u32) -> Vec<String> {
        let mut command = self.command("khal");
        let config = self.folder.join("khal");
        command.arg("-c").arg(config).args([
            "list",
            "--format",
            "{start-date} {start-time}-{end-time} {title}",
            "--day-format",
            "",
            &from.strftime("%Y-%m-%d").to_string(),
            &format!("{days}d"),
        ]);
        let output = well(&mut command);
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }
}
