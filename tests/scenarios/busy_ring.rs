//! Three hosts whose calendars copy each other's blocks, round and round: nothing is added.
//!
//! A hundred passes of three hosts are run inside this process, between real built-in accounts and
//! real directories; the first and the last by the binary itself.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rstest::rstest;
use slotbridge::adapters::memory::base::MemoryBase;
use slotbridge::adapters::system::SystemClock;
use slotbridge::app::compose::{self, Wired};
use slotbridge::app::failure::Exit;
use slotbridge::app::round::Round;
use slotbridge::demo::account::AccountOptions;
use slotbridge::domain::ids::HostName;
use slotbridge::domain::time_span::TimeSpan;
use slotbridge::engine::{Order, Progress, Silent};
use slotbridge::ports::base::Base;
use slotbridge::ports::clock::Clock;
use slotbridge::settings::environment::Environment;
use slotbridge::settings::{self, Sources};

use super::bench::{Bench, runtime};
use super::busy::{Sink, bench_with, event_with, flows, span};
use super::side::{Shelf, Side};

const ROUNDS: usize = 100;
const NAMES: [&str; 3] = ["ann", "bob", "eve"];

/// What is copied of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copy {
    /// All of it, with its words and thereby its tag.
    Whole,
    /// Its times only.
    Times,
}

/// Whose state remembers what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    /// One slotbridge for all of them.
    Shared,
    /// Each has their own machine.
    OwnEach,
}

/// One host of the ring.
struct Host {
    bench: Bench,
    wired: Vec<Wired>,
}

struct Ring {
    hosts: Vec<Host>,
    copy: Copy,
}

impl Host {
    fn new(name: &str, number: u64, lines: &str, shared: Option<&Arc<dyn Base>>) -> Self {
        let options = AccountOptions {
            seed: number,
            ..AccountOptions::default()
        };
        let bench = bench_with(
            Side::Vdir,
            &format!("{}{lines}", flows(Sink::Blocks)),
            options,
        );
        bench.configure(|text| text.replace("\"alice\"", &format!("\"{name}\"")));
        let sources = Sources {
            files: vec![bench.config()],
            state_dir: None,
        };
        let home = bench.home.path().to_str().unwrap().to_owned();
        let environment: Environment = [("HOME".to_owned(), home)].into_iter().collect();
        let settings = settings::load(&sources, &environment).unwrap().settings;
        let own: Arc<dyn Base> = Arc::new(MemoryBase::new());
        let base = shared.unwrap_or(&own);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let secrets = compose::Secrets::of(&settings, &clock);
        let wired = compose::wire(&settings, &secrets, base, &own, &clock).unwrap();
        Self { bench, wired }
    }

    fn folder(&self) -> &PathBuf {
        let Shelf::Vdir(path) = &self.bench.shelf else {
            unreachable!("all of them are directories")
        };
        path
    }

    /// A pass inside this process.
    fn pass(&self) {
        let hears = |_: &HostName| -> Box<dyn Progress> { Box::new(Silent) };
        let order = Order::default();
        let round = Round::run(&self.wired, &order, &SystemClock, &hears);
        let round = runtime().block_on(round);
        assert_eq!(round.exit(), Exit::Done, "{:#?}", round.hosts);
    }

    fn blocks(&self) -> Vec<TimeSpan> {
        self.bench.block_spans()
    }
}

impl Ring {
    fn new(copy: Copy, home: Home, lines: &str) -> Self {
        let shared: Arc<dyn Base> = Arc::new(MemoryBase::new());
        let shared = (home == Home::Shared).then_some(&shared);
        let hosts = NAMES.iter().zip(1..);
        let hosts = hosts.map(|(name, number)| Host::new(name, number, lines, shared));
        Self {
            hosts: hosts.collect(),
            copy,
        }
    }

    /// Somebody's tool makes the next calendar show what stands in this host's Zoom calendar.
    fn hand_on(&self, from: usize) {
        let to = self.hosts[(from + 1) % self.hosts.len()].folder();
        let is_copy = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("copy-")
        };
        let files = fs::read_dir(to).unwrap().map(|file| file.unwrap().path());
        for old in files.filter(is_copy) {
            fs::remove_file(old).unwrap();
        }
        for event in self.hosts[from].bench.account.calendar_events() {
            let id = event["id"].as_str().unwrap();
            let time = |key: &str| event[key]["dateTime"].as_str().unwrap().parse().unwrap();
            let when = TimeSpan {
                start: time("start"),
                end: time("end"),
            };
            let words = event["description"].as_str().unwrap().replace('\n', "\\n");
            let lines = match self.copy {
                Copy::Whole => format!("DESCRIPTION:{words}\n"),
                Copy::Times => String::new(),
            };
            let text = event_with(&format!("{id}@a.tool"), when, &lines);
            fs::write(to.join(format!("copy-{id}.ics")), text).unwrap();
        }
    }

    /// Once round: each host's pass, and then its blocks are handed on.
    fn turn(&self) {
        for (number, host) in self.hosts.iter().enumerate() {
            host.pass();
            self.hand_on(number);
        }
    }

    fn blocks(&self) -> Vec<Vec<TimeSpan>> {
        self.hosts.iter().map(Host::blocks).collect()
    }

    fn writes(&self) -> usize {
        let all = self.hosts.iter();
        all.map(|host| host.bench.zoom_writes().len()).sum()
    }
}

const BUFFERS: &str = "before = \"15m\"\nafter = \"30m\"\n";

#[rstest]
#[case::with_its_tag(Copy::Whole, Home::OwnEach, "")]
#[case::with_its_tag_and_buffers(Copy::Whole, Home::OwnEach, BUFFERS)]
#[case::without_its_tag(Copy::Times, Home::OwnEach, "")]
#[case::without_its_tag_and_with_buffers(Copy::Times, Home::Shared, BUFFERS)]
fn a_ring_of_three_hosts_adds_nothing_in_a_hundred_passes(
    #[case] copy: Copy,
    #[case] home: Home,
    #[case] lines: &str,
) {
    let ring = Ring::new(copy, home, lines);
    ring.hosts[0].bench.has_event("dentist", span(4, 13, 15));
    ring.hosts[1].bench.has_event("lunch", span(5, 12, 13));
    // As far as it comes round.
    for _ in 0..2 {
        ring.turn();
    }
    let settled = ring.blocks();
    let each = if copy == Copy::Whole {
        [1, 1, 0]
    } else {
        [2, 2, 2]
    };
    let counted: Vec<usize> = settled.iter().map(Vec::len).collect();
    assert_eq!(counted, each, "{settled:#?}");
    if copy == Copy::Times {
        assert!(
            settled.iter().all(|blocks| *blocks == settled[0]),
            "{settled:#?}"
        );
    }
    for host in &ring.hosts {
        host.bench.account.clear_log();
    }
    for _ in 0..ROUNDS {
        ring.turn();
    }
    assert_eq!(ring.blocks(), settled);
    assert_eq!(ring.writes(), 0, "not one write in {ROUNDS} rounds");
    if copy == Copy::Whole {
        // Nothing of it is held open by its own copies.
        ring.hosts[0].bench.has_no_event("dentist");
        ring.hosts[1].bench.has_no_event("lunch");
        ring.turn();
        assert!(
            ring.blocks().iter().all(Vec::is_empty),
            "{:#?}",
            ring.blocks()
        );
    }
}

/// The binary sees the same: three machines, handed on between them.
#[test]
fn the_binary_leaves_a_settled_ring_alone() {
    let ring = Ring::new(Copy::Times, Home::OwnEach, "");
    ring.hosts[0].bench.has_event("dentist", span(4, 13, 15));
    for round in 0..5 {
        for (number, host) in ring.hosts.iter().enumerate() {
            host.bench.account.clear_log();
            host.bench.pass();
            assert!(round < 2 || host.bench.zoom_writes().is_empty());
            ring.hand_on(number);
        }
    }
    assert!(
        ring.blocks()
            .iter()
            .all(|blocks| *blocks == [span(4, 13, 15)])
    );
}
