//! The real binary on a machine of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use slotbridge::demo::account::{Account, AccountOptions, NewBooking, Server};
use tempfile::TempDir;

/// A machine of its own: a home, a state, a configuration.
pub struct Machine {
    pub home: TempDir,
    pub config: PathBuf,
}

/// What everything needs that is to run a pass: nothing listens at these addresses.
pub const COMPLETE: &str = r#"
[zoom]
api_url = "http://127.0.0.1:9/v2"
oauth_url = "http://127.0.0.1:9/oauth"
[zoom.auth]
kind = "server_to_server"
client_id = "id"
client_secret = "hush-client"
account_id = "account"
[sync]
every = "1h"
jitter = "0s"
[[calendar]]
name = "work"
kind = "caldav"
url = "http://127.0.0.1:9/alice/work/"
username = "alice"
password = "hush-dav"
[[host]]
name = "alice"
[host.bookings]
calendar = "work"
"#;

impl Machine {
    pub fn with(config: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.toml");
        std::fs::write(&path, config).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        Self { home, config: path }
    }

    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("HOME", self.home.path().to_owned()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default().into()),
        ]
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::cargo_bin("slotbridge").unwrap();
        command
            .env_clear()
            .envs(self.environment())
            .timeout(Duration::from_mins(1));
        command.arg("--config").arg(&self.config).args(words);
        command
    }

    /// Writes something in the configuration otherwise.
    pub fn rewrite(&self, from: &str, to: &str) {
        let old = std::fs::read_to_string(&self.config).unwrap();
        assert!(old.contains(from), "{from}: {old}");
        std::fs::write(&self.config, old.replace(from, to)).unwrap();
    }

    pub fn state(&self) -> PathBuf {
        self.home.path().join(".local/state/slotbridge")
    }

    /// Exit code, stdout, stderr.
    pub fn run(&self, words: &[&str]) -> (i32, String, String) {
        outcome(self.command(words))
    }

    pub fn daemon(&self) -> Daemon {
        let child = Process::new(assert_cmd::cargo::cargo_bin("slotbridge"))
            .env_clear()
            .envs(self.environment())
            .arg("--config")
            .arg(&self.config)
            .args(["--log-format", "json", "run"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Daemon::new(child)
    }
}

/// A machine with an account and a directory calendar that both answer.
pub struct Alive {
    pub machine: Machine,
    pub account: Account,
    pub calendar: PathBuf,
    server: Server,
    _runtime: tokio::runtime::Runtime,
}

impl Alive {
    /// `auth` is what `[zoom.auth]` says besides the client.
    pub fn with(auth: impl Fn(&AccountOptions) -> String) -> Self {
        Self::with_options(AccountOptions::default(), auth)
    }

    /// The same, with an account set up otherwise.
    pub fn with_options(options: AccountOptions, auth: impl Fn(&AccountOptions) -> String) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let account = Account::new(options);
        let server = runtime.block_on(account.serve()).unwrap();
        let app = account.options();
        let machine = Machine::with("");
        let calendar = machine.home.path().join("calendar");
        std::fs::create_dir(&calendar).unwrap();
        let config = format!(
            "[zoom]\napi_url = \"{}\"\noauth_url = \"{}\"\n[zoom.auth]\nclient_id = \"{}\"\nclient_secret = \"{}\"\n{}\n[sync]\nevery = \"1h\"\njitter = \"0s\"\n[[calendar]]\nname = \"work\"\nkind = \"vdir\"\npath = \"{}\"\n[[host]]\nname = \"alice\"\n[host.bookings]\ncalendar = \"work\"\n",
            server.api_url(),
            server.oauth_url(),
            app.client_id,
            app.client_secret,
            auth(app),
            calendar.display(),
        );
        std::fs::write(&machine.config, config).unwrap();
        Self {
            machine,
            account,
            calendar,
            server,
            _runtime: runtime,
        }
    }

    pub fn server_to_server() -> Self {
        Self::with(|app| {
            format!(
                "kind = \"server_to_server\"\naccount_id = \"{}\"",
                app.account_id
            )
        })
    }

    pub fn user() -> Self {
        Self::with(|app| format!("kind = \"user\"\nrefresh_token = \"{}\"", app.refresh_token))
    }

    /// Where the account's tokens come from.
    pub fn oauth_url(&self) -> String {
        self.server.oauth_url()
    }

    pub fn book(&self) {
        let start = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
        self.account
            .book(NewBooking::new(start, "Bob Bunting", "bob@example.org"));
    }

    /// The exit code and the object of a pass.
    pub fn sync(&self) -> (i32, serde_json::Value) {
        let (code, out, error) = self.machine.run(&["sync", "--json"]);
        let json = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code} {error}"));
        (code, json)
    }
}

/// Exit code, stdout, stderr.
pub fn outcome(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A running daemon, ended with the test.
pub struct Daemon {
    pub child: Child,
    log: BufReader<std::process::ChildStderr>,
}

impl Daemon {
    pub fn new(mut child: Child) -> Self {
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// Reads the log until a line says this.
    pub fn until(&mut self, word: &str) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            let read = self.log.read_line(&mut line).unwrap();
            assert!(read > 0, "the daemon ended before it said {word}:\n{seen}");
            seen.push_str(&line);
            if line.contains(word) {
                return line;
            }
        }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Process::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    pub fn end(mut self) -> (Option<i32>, Duration, String) {
        let asked = Instant::now();
        self.signal("-TERM");
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), asked.elapsed(), rest)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}
