//! The binary as a child process, watched while it runs.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Between two looks at the child's memory. The kernel keeps the peak itself, so that a look may
/// only miss what is used in the last moment.
const LOOK: Duration = Duration::from_millis(5);

/// What one pass took.
pub struct Measured {
    pub wall: Duration,
    pub peak_mib: f64,
    pub zoom: u64,
    pub calendar: u64,
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
    /// For whoever has to find out what went wrong.
    pub said: String,
}

/// The binary that is measured.
pub fn binary() -> PathBuf {
    let named = std::env::var_os("SLOTBRIDGE_BENCH_BINARY");
    named.map_or_else(|| env!("CARGO_BIN_EXE_slotbridge").into(), PathBuf::from)
}

/// Its size in MiB.
pub fn size_of_binary() -> f64 {
    mib(fs::metadata(binary()).unwrap().len())
}

/// The shortest of ten starts that do nothing.
pub fn start_up() -> String {
    let time = || {
        let before = Instant::now();
        let output = Command::new(binary()).arg("--version").output().unwrap();
        assert!(output.status.success());
        before.elapsed()
    };
    let shortest = (0..10).map(|_| time()).min().unwrap();
    format!("{:.1} ms", shortest.as_secs_f64() * 1000.0)
}

/// Runs a pass; the counts are those of one flow.
pub fn sync(command: &mut Command, flow: &str) -> Measured {
    let mut out = tempfile::tempfile().unwrap();
    let before = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .spawn()
        .unwrap();
    let (code, peak) = watch(child);
    let wall = before.elapsed();
    let said = read(&mut out);
    assert_eq!(code, Some(0), "{said}");
    let json: Value = serde_json::from_str(&said).unwrap();
    let host = &json["hosts"][0];
    let count = |name: &str| usize::try_from(host[flow][name].as_u64().unwrap()).unwrap();
    Measured {
        wall,
        peak_mib: mib(peak),
        zoom: host["requests"]["zoom"].as_u64().unwrap(),
        calendar: host["requests"]["calendar"].as_u64().unwrap(),
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        said: said.chars().take(4000).collect(),
    }
}

/// Waits for the end; the exit code, and the peak of resident memory in bytes.
fn watch(mut child: Child) -> (Option<i32>, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        // A process that ended and was not yet waited for has no such line any more.
        let text = fs::read_to_string(&status).unwrap_or_default();
        peak = peak.max(in_status(&text, "VmHWM:").unwrap_or(0));
        if let Some(ended) = child.try_wait().unwrap() {
            return (ended.code(), peak);
        }
        thread::sleep(LOOK);
    }
}

/// A figure of `/proc/PID/status`, in bytes.
pub fn in_status(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn read(file: &mut File) -> String {
    use std::io::Seek as _;
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

#[allow(clippy::cast_precision_loss, reason = "for a table")]
pub fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
