//! The daemon when it has nothing to do: its start, its memory after many passes, its rest.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, ChildStderr, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::child;
use super::machine::{Machine, Place};

/// How long it is watched doing nothing.
const REST: Duration = Duration::from_mins(1);
/// Between two figures, in passes.
const STEP: usize = 100;
/// After a pass, until what it needed was given back.
const SETTLED: Duration = Duration::from_secs(2);

/// Prints what an idle daemon with so many mapped bookings takes, and after so many passes.
pub fn measure(bookings: usize, passes: usize) {
    let machine =
        Machine::with(Place::Directory, bookings).and("[sync]\nevery = \"1h\"\njitter = \"0s\"\n");
    let first = machine.pass();
    assert_eq!(first.created, bookings, "{}", first.said);
    println!("| {bookings} bookings | resident | of it anonymous |");
    println!("|---|---|---|");
    let mut daemon = Daemon::start(&machine);
    daemon.row("idle after the first pass");
    for pass in 1..=passes {
        daemon.pass();
        if pass.is_multiple_of(STEP) || pass == passes {
            daemon.row(&format!("idle after {pass} more passes"));
        }
    }
    let (before, begun) = (daemon.cpu(), Instant::now());
    thread::sleep(REST);
    let share = daemon.cpu().saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64();
    println!("start to ready: {:.0} ms", daemon.ready.as_secs_f64() * 1e3);
    println!("processor time when idle: {:.3} %", share * 100.0);
}

struct Daemon {
    child: Child,
    log: BufReader<ChildStderr>,
    /// From the start to `READY=1`.
    ready: Duration,
}

impl Daemon {
    /// Starts it, and waits for the end of its first pass.
    fn start(machine: &Machine) -> Self {
        let home = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(home.path().join("notify")).unwrap();
        let begun = Instant::now();
        let mut child = machine
            .daemon()
            // A pass with nothing to do is told with that alone.
            .arg("-v")
            .env("NOTIFY_SOCKET", home.path().join("notify"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut message = [0; 4096];
        let ready = loop {
            let length = socket.recv(&mut message).unwrap();
            if message[..length].starts_with(b"READY=1") {
                break begun.elapsed();
            }
        };
        // Nobody reads on: what systemd would be told is dropped.
        drop(socket);
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut daemon = Self { child, log, ready };
        daemon.until_done();
        daemon
    }

    fn pass(&mut self) {
        kill_process(Pid::from_child(&self.child), Signal::USR1).unwrap();
        self.until_done();
    }

    fn until_done(&mut self) {
        let mut line = String::new();
        while !line.contains("pass done") {
            line.clear();
            assert!(self.log.read_line(&mut line).unwrap() > 0, "it ended");
        }
    }

    fn row(&self, when: &str) {
        thread::sleep(SETTLED);
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(path).unwrap();
        let of = |name: &str| child::mib(child::in_status(&status, name).unwrap());
        let (all, own) = (of("VmRSS:"), of("RssAnon:"));
        println!("| {when} | {all:.1} MiB | {own:.1} MiB |");
    }

    /// Processor time so far (proc(5): fields 14 and 15, in hundredths of a second).
    fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let behind_name = stat.rsplit_once(')').unwrap().1;
        let ticks: u64 = behind_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<u64>().unwrap())
            .sum();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
