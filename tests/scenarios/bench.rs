//! A machine with slotbridge on it, a Zoom account, a calendar, and a person.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::Value;
use slotbridge::demo::account::{Account, AccountOptions, Door, NewBooking, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::check;
use super::proxy::{Passed, Proxy};
use super::side::{Shelf, Side};

/// The path of bookings in Zoom's API.
pub const EVENTS: &str = "/v2/scheduler/events";

/// Everything that one scenario needs.
pub struct Bench {
    pub account: Account,
    pub shelf: Shelf,
    pub home: TempDir,
    served: Option<Server>,
    /// The tables of the host, and what follows them.
    flows: String,
}

/// What one run of the binary said.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    /// `Null` where stdout is no JSON.
    pub json: Value,
    pub stdout: String,
    pub stderr: String,
}

/// The Zoom account of every test is served from here.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    })
}

/// So many days from now, at this hour (UTC).
pub fn at(days: i64, hour: i64) -> Timestamp {
    #[allow(
        clippy::disallowed_methods,
        reason = "the binary runs on real time, too"
    )]
    let today = Timestamp::now().as_second().div_euclid(86_400);
    Timestamp::from_second((today + days) * 86_400 + hour * 3_600).unwrap()
}

/// The name of the object of a booking that was never rescheduled.
pub fn name_of(id: &str) -> String {
    format!("{id}@scheduler.slotbridge.ics")
}

impl Bench {
    /// An empty account and an empty calendar; `bookings` goes to `[host.bookings]`.
    pub fn new(side: Side, bookings: &str) -> Self {
        Self::with(side, bookings, AccountOptions::default())
    }

    /// The same, with an account set up otherwise.
    pub fn with(side: Side, bookings: &str, options: AccountOptions) -> Self {
        Self::flows(side, &to_work(bookings), options)
    }

    /// The same, with these tables of the host.
    pub fn flows(side: Side, flows: &str, options: AccountOptions) -> Self {
        let home = tempfile::tempdir().unwrap();
        let account = Account::new(options);
        let served = runtime().block_on(account.serve()).unwrap();
        let shelf = Side::calendar(side, home.path());
        let bench = Self {
            account,
            shelf,
            home,
            served: Some(served),
            flows: flows.to_owned(),
        };
        bench.configure(|text| text);
        bench
    }

    /// The configuration as it is, after a change.
    pub fn configure(&self, change: impl FnOnce(String) -> String) {
        let options = self.account.options();
        let server = self.served.as_ref().unwrap();
        let text = format!(
            "state_dir = \"{}\"\n[zoom]\napi_url = \"{}\"\noauth_url = \"{}\"\nplan = \"business\"\nshare = 1.0\n\
             [zoom.auth]\nkind = \"server_to_server\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\naccount_id = \"{}\"\n\
             {}[[host]]\nname = \"alice\"\nzoom_user = \"me\"\n{}\n",
            self.state().display(),
            server.api_url(),
            server.oauth_url(),
            options.client_id,
            options.client_secret,
            options.account_id,
            self.shelf.config(),
            self.flows,
        );
        write_private(&self.config(), &change(text));
    }

    /// Other policies from now on.
    pub fn set_bookings(&mut self, bookings: &str) {
        self.set_flows(&to_work(bookings));
    }

    /// Other tables of the host from now on.
    pub fn set_flows(&mut self, flows: &str) {
        flows.clone_into(&mut self.flows);
        self.configure(|text| text);
    }

    pub fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// Zoom is gone.
    pub fn stop_zoom(&mut self) {
        if let Some(server) = self.served.take() {
            runtime().block_on(server.stop());
        }
    }

    /// Zoom is there again; the configuration follows.
    pub fn start_zoom(&mut self) {
        self.served = Some(runtime().block_on(self.account.serve()).unwrap());
        self.configure(|text| text);
    }

    /// A command that runs the binary, with nothing of this machine but its `PATH`.
    pub fn command(&self, words: &[&str]) -> Command {
        let program = assert_cmd::cargo::cargo_bin("slotbridge");
        self.wrapped(program.to_str().unwrap(), &[], words)
    }

    /// The same, run by another program.
    pub fn wrapped(&self, program: &str, before: &[&str], words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(before)
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .arg("--config")
            .arg(self.config())
            .args(words)
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary.
    pub fn run(&self, words: &[&str]) -> Run {
        Run::of(&mut self.command(words))
    }

    /// `slotbridge sync`.
    pub fn sync(&self, words: &[&str]) -> Run {
        let words: Vec<&str> = ["sync"].iter().chain(words).copied().collect();
        self.run(&words)
    }

    /// A pass of which everything is done.
    pub fn pass(&self) -> Run {
        let run = self.sync(&["--json"]);
        assert_eq!(run.code, 0, "{run:#?}");
        assert_eq!(run.host()["ok"], true, "{run:#?}");
        run
    }

    /// Passes until one is clean; at most so many.
    pub fn clean_passes(&self, most: usize) {
        let mut last = None;
        for _ in 0..most {
            let run = self.sync(&["--json"]);
            if run.code == 0 {
                return;
            }
            last = Some(run);
        }
        panic!("not clean after {most} passes: {last:#?}");
    }

    /// A pass with nothing to do: writes nothing to either side, and says so.
    pub fn is_settled(&self) {
        let before = self.entries();
        self.account.clear_log_of_checked();
        self.clear_calendar_log();
        let run = self.pass();
        let written = self.zoom_writes();
        assert!(written.is_empty(), "{written:#?}");
        let written = self.calendar_writes();
        assert!(written.is_empty(), "{written:#?}\n{run:#?}");
        for count in ["created", "updated", "deleted", "cancelled", "noted"] {
            assert_eq!(run.bookings()[count], 0, "{count}: {run:#?}");
        }
        assert_eq!(self.entries(), before);
    }

    /// What the API was asked to change since the log was cleared.
    pub fn zoom_writes(&self) -> Vec<String> {
        let seen = self.account.requests().into_iter();
        seen.filter(|seen| seen.door == Door::Api && seen.method != "GET")
            .map(|seen| format!("{} {} {:?}", seen.method, seen.path, seen.body))
            .collect()
    }

    /// What the calendar's server was asked to change; nothing for a directory.
    pub fn calendar_writes(&self) -> Vec<Passed> {
        let mut log = self.calendar_log();
        log.retain(Passed::writes);
        log
    }

    pub fn calendar_log(&self) -> Vec<Passed> {
        match &self.shelf {
            Shelf::Caldav { proxy, .. } => proxy.log(),
            Shelf::Vdir(_) => Vec::new(),
        }
    }

    pub fn clear_calendar_log(&self) {
        if let Shelf::Caldav { proxy, .. } = &self.shelf {
            proxy.clear_log();
        }
    }

    /// What stands between slotbridge and the calendar's server.
    pub fn proxy(&self) -> &Proxy {
        match &self.shelf {
            Shelf::Caldav { proxy, .. } => proxy,
            Shelf::Vdir(_) => panic!("a directory has no server"),
        }
    }

    /// An invitee books for in so many days.
    pub fn book(&self, days: i64) -> String {
        self.account.book(booking(days))
    }

    /// So many of them, each on another day.
    pub fn book_many(&self, count: i64) -> Vec<String> {
        (1..=count).map(|days| self.book(days)).collect()
    }

    pub fn entries(&self) -> BTreeMap<String, String> {
        self.shelf.entries()
    }

    /// The entry of a booking that was never rescheduled.
    pub fn entry(&self, id: &str) -> String {
        let name = name_of(id);
        self.shelf
            .read(&name)
            .unwrap_or_else(|| panic!("no {name}, but {:?}", self.shelf.names()))
    }

    /// A person edits the entry of a booking in their calendar program.
    pub fn edit(&self, id: &str, change: impl FnOnce(&str) -> String) {
        let text = change(&self.entry(id));
        self.shelf.put(&name_of(id), &text);
    }

    /// A person deletes it.
    pub fn delete_entry(&self, id: &str) {
        self.shelf.delete(&name_of(id));
    }

    /// The notes of a booking, as Zoom has them.
    pub fn zoom_notes(&self, id: &str) -> String {
        let event = self.account.event(id).unwrap();
        event["meeting_notes"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub fn is_cancelled(&self, id: &str) -> bool {
        self.account.event(id).unwrap()["status"] == "cancelled"
    }

    /// `held list` or `conflicts list`, as JSON.
    pub fn waiting(&self, command: &str) -> Vec<Value> {
        let run = self.run(&[command, "list", "--json"]);
        assert_eq!(run.code, 0, "{run:#?}");
        run.json
            .as_array()
            .cloned()
            .unwrap_or_else(|| panic!("{run:#?}"))
    }

    /// Changes every record of the state that `change` changes; how many that are.
    pub fn change_state(&self, change: impl Fn(&str) -> String) -> usize {
        let path = self.home.path().join("export");
        let word = path.to_str().unwrap();
        let run = self.run(&["state", "export", word]);
        assert_eq!(run.code, 0, "{run:#?}");
        let text = fs::read_to_string(&path).unwrap();
        let changed: Vec<String> = text.lines().map(&change).collect();
        let count = text.lines().zip(&changed).filter(|(old, new)| old != new);
        let count = count.count();
        // Its digest does not fit any more: that is what --force is for.
        fs::write(&path, changed.join("\n") + "\n").unwrap();
        let run = self.run(&["state", "import", word, "--force"]);
        assert!(matches!(run.code, 0 | 1), "{run:#?}");
        count
    }

    /// The state is gone.
    pub fn lose_state(&self) {
        fs::remove_dir_all(self.state()).unwrap();
    }
}

/// A booking as most scenarios need it.
pub fn booking(days: i64) -> NewBooking {
    NewBooking::new(
        at(days, 9),
        "Bob Example",
        &format!("bob{days}@example.org"),
    )
}

/// Bookings go to the calendar `work`.
fn to_work(bookings: &str) -> String {
    format!("[host.bookings]\ncalendar = \"work\"\n{bookings}")
}

/// What is asked of every request before it is forgotten.
trait Checked {
    fn clear_log_of_checked(&self);
}

impl Checked for Account {
    fn clear_log_of_checked(&self) {
        check::assert_requests_conform(&self.requests());
        self.clear_log();
    }
}

impl Drop for Bench {
    /// The end of every scenario: what our client asked conforms to Zoom's own document.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check::assert_requests_conform(&self.account.requests());
        }
        if let Some(server) = self.served.take() {
            let _in_it = runtime().enter();
            drop(server);
        }
    }
}

impl Run {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            json: serde_json::from_str(&stdout).unwrap_or_default(),
            stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What `--json` says of the only host.
    pub fn host(&self) -> &Value {
        &self.json["hosts"][0]
    }

    /// What `--json` says of its bookings.
    pub fn bookings(&self) -> &Value {
        &self.host()["bookings"]
    }

    /// Everything that it said.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// The errors of `--json`, in words.
    pub fn errors(&self) -> String {
        self.host()["errors"].to_string()
    }
}

/// Writes a file that only its owner may read.
pub fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
