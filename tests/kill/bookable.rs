//! Killed while it writes blocks or date overrides: nothing is doubled, nothing stays for ever, and
//! a person's own override comes back.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use slotbridge::demo::account::{Account, AccountOptions, Door, Fault, Server};
use slotbridge::domain::time_span::TimeSpan;
use tempfile::TempDir;

use super::killer::end;
use super::relay::Relay;
use super::servers;
use super::stage::{self, runtime};

const KILLS: u32 = 20;
const PAGE: &str = "intro";
const DAYS: i64 = 20;
const QUARTER: SignedDuration = SignedDuration::from_mins(15);

#[test]
fn a_kill_leaves_one_block_for_each_busy_span() {
    for seed in stage::seeds(&[11]) {
        let _said = stage::SaysSeed(seed);
        play("zoom_calendar", seed);
    }
}

#[test]
fn a_kill_leaves_the_right_overrides_and_the_persons_own_come_back() {
    for seed in stage::seeds(&[12]) {
        let _said = stage::SaysSeed(seed);
        play("availability", seed);
    }
}

/// A host with a calendar full of events.
pub struct Desk {
    rng: StdRng,
    pub account: Account,
    _served: Server,
    home: TempDir,
    /// Where the events are; a directory where there is no server.
    pub server: Option<(servers::Server, Relay)>,
    /// When each event is; its name is its place here.
    pub events: Vec<TimeSpan>,
}

fn play(sink: &str, seed: u64) {
    let mut desk = Desk::new(sink, seed);
    let own = desk.account.overrides(desk.account.availability_id());
    let free = desk.free();
    for _ in 0..6 {
        desk.somebody_adds();
    }
    let mut killed = 0;
    let mut rounds = 0;
    while killed < KILLS {
        rounds += 1;
        assert!(rounds < KILLS * 5, "the kills come too late");
        for _ in 0..desk.rng.random_range(1..4) {
            if desk.events.len() < 12 && desk.rng.random_range(0..3) == 0 {
                desk.somebody_adds();
            } else {
                desk.somebody_moves();
            }
        }
        killed += u32::from(desk.is_killed());
        // Two kills may follow each other.
        if desk.rng.random_range(0..3) > 0 {
            desk.settles(sink, &free);
        }
    }
    desk.settles(sink, &free);
    for name in 0..desk.events.len() {
        fs::remove_file(desk.file(name)).unwrap();
    }
    desk.events.clear();
    // All at once is too much to believe without a person's word.
    assert_eq!(Desk::ends(desk.start(&["sync"])), 1);
    assert_eq!(Desk::ends(desk.start(&["held", "release", "--all"])), 0);
    desk.settles(sink, &free);
    assert_eq!(desk.account.overrides(desk.account.availability_id()), own);
    assert_eq!(desk.account.blocks(), []);
    println!("{killed} kills in {rounds} rounds");
}

impl Desk {
    /// With the events in a directory.
    fn new(sink: &str, seed: u64) -> Self {
        Self::with(sink, seed, None)
    }

    /// With the events in a directory, or on a server behind a relay.
    pub fn with(sink: &str, seed: u64, calendar: Option<servers::Server>) -> Self {
        let account = Account::new(AccountOptions {
            seed,
            ..AccountOptions::default()
        });
        let served = runtime().block_on(account.serve()).unwrap();
        let id = account.availability_id();
        assert!(account.set_week(id, ["00:00-24:00"; 7]));
        for (from, to) in [(8, 12), (14, 16)] {
            assert!(account.add_override(id, at(5, from), at(5, to)));
        }
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("calendar")).unwrap();
        let options = account.options();
        let calendar = calendar.map(|calendar| {
            let relay = Relay::before(&calendar.url());
            (calendar, relay)
        });
        let place = match &calendar {
            None => format!(
                "kind = \"vdir\"\npath = \"{}/calendar\"",
                home.path().display()
            ),
            Some((calendar, relay)) => {
                let url = relay.through(&calendar.calendar_url());
                let login = calendar
                    .login()
                    .map_or_else(String::new, |(user, password)| {
                        format!("\nusername = \"{user}\"\npassword = \"{password}\"")
                    });
                format!("kind = \"caldav\"\nurl = \"{url}\"{login}")
            }
        };
        let text = format!(
            "state_dir = \"{0}/state\"\n[zoom]\napi_url = \"{1}\"\noauth_url = \"{2}\"\nplan = \"business\"\nshare = 1.0\n\
             [zoom.auth]\nkind = \"server_to_server\"\nclient_id = \"{3}\"\nclient_secret = \"{4}\"\naccount_id = \"{5}\"\n\
             [[calendar]]\nname = \"own\"\n{place}\n\
             [[host]]\nname = \"alice\"\nzoom_user = \"me\"\n[host.busy]\nfrom = [\"own\"]\nto = \"{sink}\"\nfuture = \"30d\"\n",
            home.path().display(),
            served.api_url(),
            served.oauth_url(),
            options.client_id,
            options.client_secret,
            options.account_id,
        );
        let config = home.path().join("config.toml");
        fs::write(&config, text).unwrap();
        fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
        Self {
            rng: StdRng::seed_from_u64(seed),
            account,
            _served: served,
            home,
            server: calendar,
            events: Vec::new(),
        }
    }

    fn file(&self, name: usize) -> PathBuf {
        self.home.path().join(format!("calendar/{name}.ics"))
    }

    fn somebody_adds(&mut self) {
        let when = self.some_time();
        self.events.push(when);
        self.write(self.events.len() - 1);
    }

    fn somebody_moves(&mut self) {
        let name = self.rng.random_range(0..self.events.len());
        self.events[name] = self.some_time();
        self.write(name);
    }

    fn some_time(&mut self) -> TimeSpan {
        let start = at(self.rng.random_range(2..DAYS), self.rng.random_range(6..18));
        let length = QUARTER * self.rng.random_range(1..16);
        TimeSpan {
            start,
            end: start + length,
        }
    }

    fn write(&self, name: usize) {
        let stamp = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
        let when = self.events[name];
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//somebody//EN\r\nBEGIN:VEVENT\r\nUID:{name}\r\n\
             DTSTAMP:20260101T000000Z\r\nDTSTART:{}\r\nDTEND:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            stamp(when.start),
            stamp(when.end)
        );
        match &self.server {
            None => fs::write(self.file(name), text).unwrap(),
            Some((server, _)) => server.put(&format!("{name}.ics"), &text),
        }
    }

    /// An event on a day of its own.
    pub fn somebody_adds_on(&mut self, day: i64) {
        let (start, end) = (at(day, 9), at(day, 11));
        self.events.push(TimeSpan { start, end });
        self.write(self.events.len() - 1);
    }

    /// The last one begins and ends later, and overlaps what it was.
    pub fn somebody_moves_the_last(&mut self) {
        let name = self.events.len() - 1;
        self.events[name].start += QUARTER;
        self.events[name].end += QUARTER;
        self.write(name);
    }

    pub fn somebody_deletes_the_last(&mut self) {
        self.events.pop();
        let name = self.events.len();
        match &self.server {
            None => fs::remove_file(self.file(name)).unwrap(),
            Some((server, _)) => server.delete(&format!("{name}.ics")),
        }
    }

    /// Starts a pass and kills it as soon as this has come about; it must still run then.
    pub fn is_killed_once(&self, has_come_about: impl Fn(&Self) -> bool) {
        let mut child = self.start(&["sync"]);
        let start = Instant::now();
        while !has_come_about(self) {
            let said = || fs::read_to_string(self.home.path().join("said")).unwrap();
            assert!(child.try_wait().unwrap().is_none(), "{}", said());
            assert!(start.elapsed() < Duration::from_mins(1), "{}", said());
            thread::sleep(Duration::from_micros(300));
        }
        assert!(end(&mut child), "it ended by itself");
    }

    fn start(&self, words: &[&str]) -> Child {
        let log = fs::File::create(self.home.path().join("said")).unwrap();
        Command::new(assert_cmd::cargo::cargo_bin("slotbridge"))
            .env_clear()
            .env("HOME", self.home.path())
            .arg("--config")
            .arg(self.home.path().join("config.toml"))
            .args(words)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn ends(mut child: Child) -> i32 {
        child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Starts a pass and kills it some time around one of its requests; whether it still ran.
    fn is_killed(&mut self) -> bool {
        let nth = self.rng.random_range(1..5);
        let then = Duration::from_micros(self.rng.random_range(0..30_000));
        let late = Fault::DelayAfter(Duration::from_millis(60));
        self.account.faults().on_nth(nth, "*", "/v2/", late);
        let before = self.account.request_count(Door::Api);
        let mut child = self.start(&["sync"]);
        let start = Instant::now();
        let mut met: Option<Instant> = None;
        while met.is_none_or(|met| met.elapsed() < then) {
            if met.is_none() && self.account.request_count(Door::Api) >= before + nth {
                met = Some(Instant::now());
            }
            if child.try_wait().unwrap().is_some() || start.elapsed() > Duration::from_secs(20) {
                break;
            }
            thread::sleep(Duration::from_micros(300));
        }
        let killed = end(&mut child);
        self.account.faults().clear();
        killed
    }

    /// One pass, and everything is as it is to be; another one, and nothing was written.
    pub fn settles(&self, sink: &str, free: &BTreeSet<Timestamp>) {
        let said = || fs::read_to_string(self.home.path().join("said")).unwrap();
        assert_eq!(Self::ends(self.start(&["sync"])), 0, "{}", said());
        if sink == "zoom_calendar" {
            let blocks = self.account.blocks().into_iter();
            let blocks: Vec<TimeSpan> = blocks.map(|(span, _)| span).collect();
            assert_eq!(blocks, joined(self.events.clone()), "{}", said());
        } else {
            assert_eq!(self.account.blocks(), []);
        }
        let is_busy = |start: Timestamp| {
            let end = start + QUARTER;
            let mut events = self.events.iter();
            events.any(|event| event.start < end && start < event.end)
        };
        let expected: BTreeSet<Timestamp> = free
            .iter()
            .copied()
            .filter(|start| !is_busy(*start))
            .collect();
        assert_eq!(self.free(), expected, "{}", said());
        self.account.clear_log();
        assert_eq!(Self::ends(self.start(&["sync"])), 0, "{}", said());
        let asked = self.account.requests().into_iter();
        let written: Vec<_> = asked
            .filter(|seen| seen.door == Door::Api && seen.method != "GET")
            .collect();
        assert!(written.is_empty(), "{written:#?}");
    }

    /// Every quarter of an hour that can be booked.
    pub fn free(&self) -> BTreeSet<Timestamp> {
        let stretches = self.account.free_stretches(PAGE, at(1, 0), at(DAYS + 2, 0));
        let mut quarters = BTreeSet::new();
        for stretch in stretches {
            let mut start = stretch.start;
            while start < stretch.end {
                quarters.insert(start);
                start += QUARTER;
            }
        }
        quarters
    }
}

/// So many days from now, at this hour (UTC).
fn at(days: i64, hour: i64) -> Timestamp {
    #[allow(
        clippy::disallowed_methods,
        reason = "the binary runs on real time, too"
    )]
    let today = Timestamp::now().as_second().div_euclid(86_400);
    Timestamp::from_second((today + days) * 86_400 + hour * 3_600).unwrap()
}

/// Those that overlap or touch as one.
fn joined(mut spans: Vec<TimeSpan>) -> Vec<TimeSpan> {
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
