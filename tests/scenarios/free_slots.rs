//! No bookable slot overlaps a busy event, and no free slot is lost: 300 generated calendars, by
//! both sinks, against the word of programs that others wrote.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde::Deserialize;
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::app::compose::{self, Wired};
use slotbridge::app::failure::Exit;
use slotbridge::app::round::Round;
use slotbridge::demo::account::{Account, AccountOptions, Door, Page, Server, StoppedClock};
use slotbridge::domain::time_span::TimeSpan;
use slotbridge::engine::{Order, Silent};
use slotbridge::ports::base::Base;
use slotbridge::ports::clock::Clock;
use slotbridge::settings::environment::Environment;
use slotbridge::settings::{self, Sources};

use super::bench::{runtime, write_private};

const CALENDARS: usize = 300;
const PAGE: &str = "quarter";

/// What the generated calendars hold and Zoom must never hear.
const PRIVATE: [&str; 8] = [
    "private title",
    "private place",
    "private words",
    "private moved",
    "private-uid",
    "private-zone",
    "private name",
    "private.person",
];

/// A calendar, and when others say that it is busy.
#[derive(Debug, Deserialize)]
struct Case {
    zone: String,
    now: Timestamp,
    window_days: i64,
    /// Minutes that the host wants free around each event.
    before: u64,
    after: u64,
    /// What the person opens on single days.
    overrides: Vec<(Timestamp, Timestamp)>,
    /// With those minutes.
    busy: Vec<(Timestamp, Timestamp)>,
}

/// A host whose free slots are looked at.
struct Stage {
    account: Account,
    clock: Arc<StoppedClock>,
    base: Arc<dyn Base>,
    wired: Vec<Wired>,
    server: Server,
}

fn cases(folder: &Path, seed: &str) -> Vec<Case> {
    let python = Path::new(
        &std::env::var_os("SLOTBRIDGE_TEST_VENV")
            .expect("SLOTBRIDGE_TEST_VENV is not set; run these tests through tests/run"),
    )
    .join("bin/python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/free_slots.py");
    let output = Command::new(python)
        .arg(script)
        .arg(folder)
        .arg(CALENDARS.to_string())
        .arg(seed)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::fs::read(folder.join("cases.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

impl Stage {
    async fn set(home: &Path, number: usize, case: &Case, sink: &str) -> Self {
        let clock = Arc::new(StoppedClock::at(case.now));
        let mut options = AccountOptions::new(clock.clone());
        options.time_zone.clone_from(&case.zone);
        let account = Account::new(options);
        account.set_page(Page::new(PAGE, "A quarter of an hour", 15));
        let id = account.availability_id();
        account.set_availability_zone(id, &case.zone);
        account.set_week(id, week(number));
        let own = case.overrides.iter();
        let own: Vec<TimeSpan> = own
            .map(|(start, end)| TimeSpan {
                start: *start,
                end: *end,
            })
            .collect();
        assert!(own.is_empty() || account.set_overrides(id, &own));
        let server = account.serve().await.unwrap();
        let calendar = if number.is_multiple_of(2) {
            format!("kind = \"ics\"\nurl = \"{}/{number}.ics\"", home.display())
        } else {
            format!("kind = \"vdir\"\npath = \"{}/{number}\"", home.display())
        };
        let options = account.options();
        let text = format!(
            "state_dir = \"{}/state\"\n[zoom]\napi_url = \"{}\"\noauth_url = \"{}\"\nplan = \"business\"\nshare = 1.0\n\
             [zoom.auth]\nkind = \"server_to_server\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\naccount_id = \"{}\"\n\
             [[calendar]]\nname = \"own\"\n{calendar}\n\
             [[host]]\nname = \"alice\"\nzoom_user = \"me\"\nemails = [\"alice@example.org\"]\n\
             [host.busy]\nfrom = [\"own\"]\nto = \"{sink}\"\nfuture = \"{}d\"\nbefore = \"{}m\"\nafter = \"{}m\"\n",
            home.display(),
            server.api_url(),
            server.oauth_url(),
            options.client_id,
            options.client_secret,
            options.account_id,
            case.window_days,
            case.before,
            case.after,
        );
        let config = home.join(format!("{number}-{sink}.toml"));
        write_private(&config, &text);
        let sources = Sources {
            files: vec![config],
            state_dir: None,
        };
        let settings = settings::load(&sources, &Environment::default())
            .unwrap()
            .settings;
        let base: Arc<dyn Base> = Arc::new(MemoryBase::new());
        let time: Arc<dyn Clock> = clock.clone();
        let secrets = compose::Secrets::of(&settings, &time);
        let wired = compose::wire(&settings, &secrets, &base, &base, &time).unwrap();
        Self {
            account,
            clock,
            base,
            wired,
            server,
        }
    }

    /// A pass of which everything is done.
    async fn pass(&self, what: &str) {
        let round = Round::run(&self.wired, &Order::default(), self.clock.as_ref(), &|_| {
            Box::new(Silent)
        })
        .await;
        let said = serde_json::to_string_pretty(&round).unwrap();
        assert_eq!(round.exit(), Exit::Done, "{what}: {said}");
        round.remember(self.base.as_ref()).await.unwrap();
    }

    /// What can be booked from tomorrow to the day before the window ends, minute by minute.
    fn free(&self, case: &Case) -> Vec<TimeSpan> {
        let zone = TimeZone::get(&case.zone).unwrap();
        let today = case.now.to_zoned(zone).start_of_day().unwrap();
        let from = today.checked_add(1.day()).unwrap().timestamp();
        let to = today.checked_add((case.window_days - 1).days()).unwrap();
        joined(self.account.free_stretches(PAGE, from, to.timestamp()))
    }

    fn writes(&self) -> Vec<String> {
        let seen = self.account.requests().into_iter();
        seen.filter(|seen| seen.door == Door::Api && seen.method != "GET")
            .map(|seen| format!("{} {}", seen.method, seen.path))
            .collect()
    }
}

/// Weeks of all kinds: split days, days off, round the clock.
fn week(number: usize) -> [&'static str; 7] {
    match number % 3 {
        0 => [
            "09:00-17:00",
            "09:00-17:00",
            "09:00-17:00",
            "09:00-17:00",
            "09:00-17:00",
            "",
            "",
        ],
        1 => [
            "08:00-12:00, 13:00-18:00",
            "06:00-10:15",
            "08:00-12:00, 13:00-18:00",
            "",
            "12:00-24:00",
            "10:00-14:00",
            "00:00-06:00, 20:00-24:00",
        ],
        _ => ["00:00-24:00"; 7],
    }
}

/// Stretches that touch become one: where a day ends is of no account here.
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

/// What is free less what is busy, quarter by quarter: nothing of the product's own arithmetic.
fn quarters(free: &[TimeSpan], busy: &[(Timestamp, Timestamp)]) -> BTreeSet<Timestamp> {
    let mut quarters = BTreeSet::new();
    for span in free {
        let mut at = span.start;
        while at < span.end {
            let end = at + SignedDuration::from_mins(15);
            let is_busy = busy.iter().any(|(from, to)| *from < end && at < *to);
            if !is_busy {
                quarters.insert(at);
            }
            at = end;
        }
    }
    quarters
}

fn check(seed: &str, sink: &str) {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path(), seed);
    assert_eq!(cases.len(), CALENDARS);
    let mut cut = 0;
    for (number, case) in cases.iter().enumerate() {
        let what = format!("seed {seed}, calendar {number}, {sink}, {case:?}");
        runtime().block_on(async {
            let stage = Stage::set(folder.path(), number, case, sink).await;
            let before = stage.free(case);
            let expected = quarters(&before, &case.busy);
            stage.pass(&what).await;
            let after = quarters(&stage.free(case), &[]);
            assert_eq!(
                after.difference(&expected).collect::<Vec<_>>(),
                Vec::<&Timestamp>::new(),
                "bookable, though busy: {what}"
            );
            assert_eq!(
                expected.difference(&after).collect::<Vec<_>>(),
                Vec::<&Timestamp>::new(),
                "free, but lost: {what}"
            );
            cut += quarters(&before, &[]).len() - after.len();
            // What slots an invitee sees follows from that, on the grid of the page.
            let window = case.now + SignedDuration::from_hours(24 * case.window_days);
            for slot in stage.account.free_slots(PAGE, case.now, window) {
                let end = slot + SignedDuration::from_mins(15);
                let hit = case
                    .busy
                    .iter()
                    .find(|(from, to)| *from < end && slot < *to);
                assert!(hit.is_none(), "{slot} overlaps {hit:?}: {what}");
            }
            stage.account.clear_log();
            // The other nine passes are the same for all: some calendars have to do.
            let passes = if number.is_multiple_of(10) { 10 } else { 1 };
            for _ in 0..passes {
                stage.clock.advance(Duration::from_mins(1));
                stage.pass(&what).await;
            }
            // Midnight may fall into these ten minutes, and with it a change that is due.
            let midnight = {
                let zone = TimeZone::get(&case.zone).unwrap();
                let then = stage.clock.now().to_zoned(zone.clone()).date();
                case.now.to_zoned(zone).date() != then
            };
            assert!(
                midnight || stage.writes().is_empty(),
                "{:?}: {what}",
                stage.writes()
            );
            for word in PRIVATE {
                assert_eq!(stage.account.was_sent(word), None, "{what}");
            }
            assert_eq!(stage.account.mails_sent(), 0, "{what}");
            stage.server.stop().await;
        });
    }
    // The calendars are no empty ones: time was really taken off.
    assert!(cut > 10 * CALENDARS, "{cut}");
}

#[test]
fn no_slot_is_busy_and_no_free_one_is_lost_through_the_zoom_calendar() {
    check("1", "zoom_calendar");
}

#[test]
fn no_slot_is_busy_and_no_free_one_is_lost_through_date_overrides() {
    check("2", "availability");
}
