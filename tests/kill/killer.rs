//! Chooses a moment, waits for it, and sends SIGKILL.

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use slotbridge::demo::account::{Door, Fault};

use super::relay::Moment;
use super::stage::Stage;

/// Between two looks at the process.
const LOOK: Duration = Duration::from_micros(500);
/// A moment that does not come by then is now.
const PATIENCE: Duration = Duration::from_secs(4);

/// When to send it.
#[derive(Clone, Copy, Debug)]
enum When {
    /// So long after the start.
    After(Duration),
    /// So long after the account got its n-th request (which is done, and answered late).
    ZoomRequest(usize, Duration),
    /// At the n-th write to the calendar.
    CalendarWrite(u64, Moment),
}

impl Stage {
    /// Starts the binary and kills it; whether it still ran then.
    pub fn round(&mut self, daemon: bool) -> bool {
        let when = self.moment();
        let before = self.requests();
        match when {
            When::After(_) => {}
            When::ZoomRequest(nth, _) => {
                let late = Fault::DelayAfter(Duration::from_millis(100));
                self.account.faults().on_nth(nth, "*", "/", late);
            }
            When::CalendarWrite(nth, moment) => self.relay.stop_at(nth, moment),
        }
        let words: &[&str] = if daemon { &["run"] } else { &["sync"] };
        let mut child = self.start(words);
        if daemon {
            for _ in 0..self.rng.random_range(0..4) {
                thread::sleep(Duration::from_millis(self.rng.random_range(0..300)));
                self.somebody_acts();
            }
        }
        let killed = self.kill(&mut child, when, before);
        self.account.faults().clear();
        self.relay.let_go();
        println!("{} {when:?}: killed {killed}", words[0]);
        killed
    }

    fn moment(&mut self) -> When {
        let usual = u64::try_from(self.usual.as_micros()).unwrap();
        match self.rng.random_range(0..6) {
            0 | 1 => When::After(Duration::from_micros(self.rng.random_range(0..usual))),
            2 | 3 => When::ZoomRequest(
                self.rng.random_range(1..9),
                Duration::from_millis(self.rng.random_range(0..20)),
            ),
            number => When::CalendarWrite(
                self.rng.random_range(1..5),
                if number == 4 {
                    Moment::Before
                } else {
                    Moment::After
                },
            ),
        }
    }

    fn requests(&self) -> usize {
        self.account.request_count(Door::Api) + self.account.request_count(Door::Oauth)
    }

    fn kill(&self, child: &mut Child, when: When, before: usize) -> bool {
        let start = Instant::now();
        let mut met = None;
        while start.elapsed() < PATIENCE {
            let now = start.elapsed();
            let due = match when {
                When::After(time) => now >= time,
                When::ZoomRequest(nth, then) => {
                    if met.is_none() && self.requests() >= before + nth {
                        met = Some(now);
                    }
                    met.is_some_and(|met| now >= met + then)
                }
                When::CalendarWrite(..) => self.relay.has_stopped(),
            };
            if due || child.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(LOOK);
        }
        end(child)
    }
}

/// SIGKILL; whether it still ran.
pub fn end(child: &mut Child) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    // It may have ended by itself.
    child.kill().ok();
    child.wait().unwrap().signal() == Some(9)
}
