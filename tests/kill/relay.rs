//! Stands between slotbridge and the calendar's server, and knows the moment of a write.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

pub struct Relay {
    port: u16,
    upstream: u16,
    desk: Arc<Desk>,
}

/// On which side of a write the process is to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The server has not seen it.
    Before,
    /// The server has done it; the answer is on its way.
    After,
}

#[derive(Default)]
struct Desk {
    watch: Mutex<Watch>,
    /// Something about the watch changed.
    rings: Condvar,
}

#[derive(Default)]
struct Watch {
    writes: u64,
    /// At which write to stop, and when.
    stop: Option<(u64, Moment)>,
    /// Whether to stop before the next read of objects.
    stop_reads: bool,
    /// It stopped there; nothing moves on that connection until the watch is over.
    stopped: bool,
}

impl Relay {
    /// In front of the server at this address.
    pub fn before(url: &str) -> Self {
        let upstream = port_of(url);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Arc::<Desk>::default();
        let shared = Arc::clone(&desk);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", upstream)) else {
                    return;
                };
                connect(&client, &server, &shared);
            }
        });
        Self {
            port,
            upstream,
            desk,
        }
    }

    /// The same address, through here.
    pub fn through(&self, url: &str) -> String {
        url.replace(&format!(":{}/", self.upstream), &format!(":{}/", self.port))
    }

    /// How many writes slotbridge asked for.
    pub fn writes(&self) -> u64 {
        self.desk.watch.lock().unwrap().writes
    }

    /// Stops at the n-th (from 1) write from now on.
    pub fn stop_at(&self, nth: u64, moment: Moment) {
        let mut watch = self.desk.watch.lock().unwrap();
        watch.stop = Some((watch.writes + nth, moment));
    }

    /// Stops before the server hears of the next read of objects: they were listed just before.
    pub fn stop_at_read(&self) {
        self.desk.watch.lock().unwrap().stop_reads = true;
    }

    /// Whether it stopped.
    pub fn has_stopped(&self) -> bool {
        self.desk.watch.lock().unwrap().stopped
    }

    /// Nothing is watched for any longer.
    pub fn let_go(&self) {
        let mut watch = self.desk.watch.lock().unwrap();
        watch.stop = None;
        watch.stop_reads = false;
        watch.stopped = false;
        self.desk.rings.notify_all();
    }
}

impl Desk {
    /// Counts a write; when to stop at it.
    fn write(&self) -> Option<Moment> {
        let mut watch = self.watch.lock().unwrap();
        watch.writes += 1;
        let (nth, moment) = watch.stop?;
        (watch.writes == nth).then_some(moment)
    }

    /// Whether to stop before a read.
    fn stops_reads(&self) -> bool {
        self.watch.lock().unwrap().stop_reads
    }

    /// Stops until the watch is over.
    fn stop(&self) {
        let mut watch = self.watch.lock().unwrap();
        if watch.stop.is_some() || watch.stop_reads {
            watch.stopped = true;
        }
        let over = |watch: &mut Watch| watch.stopped;
        let patience = Duration::from_secs(30);
        drop(self.rings.wait_timeout_while(watch, patience, over));
    }
}

fn connect(client: &TcpStream, server: &TcpStream, desk: &Arc<Desk>) {
    let withheld = Arc::new(AtomicBool::new(false));
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (shared, flag) = (Arc::clone(desk), Arc::clone(&withheld));
    thread::spawn(move || {
        pump(&mut from, &mut to, |chunk| {
            if chunk.starts_with(b"PUT ") || chunk.starts_with(b"DELETE ") {
                match shared.write() {
                    Some(Moment::Before) => {
                        shared.stop();
                        return false;
                    }
                    Some(Moment::After) => flag.store(true, Ordering::SeqCst),
                    None => {}
                }
            }
            if reads(chunk) && shared.stops_reads() {
                shared.stop();
                return false;
            }
            true
        });
    });
    let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let shared = Arc::clone(desk);
    thread::spawn(move || {
        pump(&mut from, &mut to, |_| {
            let stop = withheld.load(Ordering::SeqCst);
            if stop {
                shared.stop();
            }
            !stop
        });
    });
}

/// Whether objects are asked for: one, or some together.
fn reads(chunk: &[u8]) -> bool {
    chunk.starts_with(b"GET ") || String::from_utf8_lossy(chunk).contains("calendar-multiget")
}

/// Carries bytes until an end closes, or `passes` says no.
fn pump(from: &mut TcpStream, to: &mut TcpStream, passes: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let chunk = &buffer[..length];
        if !passes(chunk) || to.write_all(chunk).is_err() {
            break;
        }
    }
    // The other direction ends with this one; it may have ended already.
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}

fn port_of(url: &str) -> u16 {
    let port = url.trim_end_matches('/').rsplit(':').next();
    port.and_then(|port| port.parse().ok()).unwrap()
}
