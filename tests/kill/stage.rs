//! A machine with slotbridge on it, a Zoom account, a calendar server, and a seeded story.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use slotbridge::demo::account::{Account, AccountOptions, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::relay::Relay;
use super::servers;

pub struct Stage {
    pub rng: StdRng,
    pub account: Account,
    pub served: Server,
    pub calendar: servers::Server,
    pub relay: Relay,
    pub home: TempDir,
    pub history: History,
    /// How long a pass with something to do usually takes.
    pub usual: Duration,
}

/// What people did, as far as the checks ask for it.
#[derive(Default)]
pub struct History {
    /// Bookings whose entry a person deleted.
    pub withdrawn: BTreeSet<String>,
    /// Own titles and `X-` lines, by who booked.
    pub own: BTreeMap<String, Own>,
    pub counter: u32,
}

/// What a person made of an entry.
#[derive(Clone, Debug, Default)]
pub struct Own {
    pub title: Option<String>,
    pub lines: Vec<String>,
}

/// What one run said.
#[derive(Debug)]
#[allow(dead_code, reason = "shown when a story goes wrong")]
pub struct Run {
    pub code: i32,
    pub json: Value,
    pub stderr: String,
}

/// Says how to play a failed story again.
pub struct SaysSeed(pub u64);

impl Drop for SaysSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "again: SLOTBRIDGE_KILL_SEED={} cargo test --test kill",
                self.0
            );
        }
    }
}

/// The seeds to play: the one that was asked for, or these.
pub fn seeds(usual: &[u64]) -> Vec<u64> {
    let asked = std::env::var_os("SLOTBRIDGE_KILL_SEED");
    asked.map_or_else(
        || usual.to_vec(),
        |seed| vec![seed.to_str().unwrap().parse().unwrap()],
    )
}

/// The Zoom account of every story is served from here.
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

impl Stage {
    pub fn new(calendar: servers::Server, seed: u64) -> Self {
        let options = AccountOptions {
            seed,
            ..AccountOptions::default()
        };
        let account = Account::new(options);
        let served = runtime().block_on(account.serve()).unwrap();
        let stage = Self {
            rng: StdRng::seed_from_u64(seed),
            account,
            served,
            relay: Relay::before(&calendar.url()),
            calendar,
            home: tempfile::tempdir().unwrap(),
            history: History::default(),
            usual: Duration::ZERO,
        };
        let options = stage.account.options();
        stage.configure(&format!(
            "kind = \"server_to_server\"\naccount_id = \"{}\"\n",
            options.account_id
        ));
        stage
    }

    /// Writes the configuration, with this in `[zoom.auth]`.
    pub fn configure(&self, auth: &str) {
        let options = self.account.options();
        let login = self
            .calendar
            .login()
            .map_or_else(String::new, |(user, password)| {
                format!("username = \"{user}\"\npassword = \"{password}\"\n")
            });
        let text = format!(
            "state_dir = \"{}\"\n[sync]\nevery = \"1s\"\njitter = \"0s\"\n\
             [zoom]\napi_url = \"{}\"\noauth_url = \"{}\"\nplan = \"business\"\nshare = 1.0\n\
             [zoom.auth]\nclient_id = \"{}\"\nclient_secret = \"{}\"\n{auth}\
             [[calendar]]\nname = \"work\"\nkind = \"caldav\"\nurl = \"{}\"\n{login}\
             [[host]]\nname = \"alice\"\nzoom_user = \"me\"\n[host.bookings]\ncalendar = \"work\"\n",
            self.home.path().join("state").display(),
            self.served.api_url(),
            self.served.oauth_url(),
            options.client_id,
            options.client_secret,
            self.relay.through(&self.calendar.calendar_url()),
        );
        fs::write(self.config(), text).unwrap();
        fs::set_permissions(self.config(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    /// Starts the binary, with nothing of this machine but its `PATH`. What it says goes to files.
    pub fn start(&self, words: &[&str]) -> Child {
        let file = |name: &str| File::create(self.home.path().join(name)).unwrap();
        Command::new(assert_cmd::cargo::cargo_bin("slotbridge"))
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .arg("--config")
            .arg(self.config())
            .args(words)
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap()
    }

    /// What a run said that ended by itself.
    pub fn said(&self, mut child: Child) -> Run {
        let code = child.wait().unwrap().code().unwrap_or(-1);
        let read = |name: &str| fs::read_to_string(self.home.path().join(name)).unwrap();
        Run {
            code,
            json: serde_json::from_str(&read("stdout")).unwrap_or_default(),
            stderr: read("stderr"),
        }
    }

    pub fn sync(&self) -> Run {
        self.said(self.start(&["sync", "--json"]))
    }

    /// The first pass, and how long such a pass takes.
    pub fn learn(&mut self) {
        let before = Instant::now();
        let run = self.sync();
        self.usual = before.elapsed();
        assert_eq!(run.code, 0, "{run:#?}");
    }

    /// After the last kill: passes until one has nothing left to do or to report but conflicts
    /// that people made, and one that then writes nothing to either side.
    pub fn settles(&self) {
        const MOST: usize = 5;
        let clean = (0..MOST).any(|_| self.sync().is_clean());
        if !clean {
            println!("{}", self.story());
            panic!("not clean after {MOST} passes: {:#?}", self.sync());
        }
        let before = self.objects();
        let (patches, writes) = (self.account.patches().len(), self.relay.writes());
        let run = self.sync();
        assert!(run.is_clean(), "{run:#?}");
        assert_eq!(self.account.patches().len(), patches, "{run:#?}");
        assert_eq!(self.relay.writes(), writes, "{run:#?}");
        assert_eq!(self.objects(), before);
    }

    /// What is known about the end of a story that went wrong.
    pub fn story(&self) -> String {
        let names = self.names();
        let export = self.home.path().join("export");
        self.said(self.start(&["state", "export", export.to_str().unwrap()]));
        let state = fs::read_to_string(export).unwrap_or_default();
        let asked: Vec<String> = self
            .account
            .requests()
            .iter()
            .filter(|seen| seen.method != "GET")
            .map(|seen| {
                format!(
                    "{} {} {:?} {:?}",
                    seen.method, seen.path, seen.body, seen.status
                )
            })
            .collect();
        format!(
            "{state}\n{names:#?}\nwithdrawn {:#?}\n{asked:#?}\n{:#?}",
            self.history.withdrawn,
            self.conflicts()
        )
    }

    /// What waits for a person's decision.
    pub fn conflicts(&self) -> Vec<Value> {
        let run = self.said(self.start(&["conflicts", "list", "--json"]));
        run.json.as_array().unwrap().clone()
    }
}

impl Run {
    /// Nothing failed and nothing is held; a conflict is for a person to end.
    fn is_clean(&self) -> bool {
        let host = &self.json["hosts"][0];
        let flow = &host["bookings"];
        matches!(self.code, 0 | 1)
            && flow["failed"] == 0
            && flow["held"] == 0
            && host["errors"].as_array().is_some_and(Vec::is_empty)
            && (self.code == 0 || flow["conflicts"] != 0)
    }
}
