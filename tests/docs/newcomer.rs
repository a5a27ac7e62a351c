//! Somebody who follows a page by its words: a home of their own, the built-in Zoom account, a
//! calendar server, and a password manager that knows one password.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use slotbridge::demo::account::{Account, AccountOptions, Server as ZoomServer};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::page::{Block, root};
use crate::servers::{PASSWORD, Radicale, Server, USER};

/// The servers of the documentation: whoever took a server has one that stands for all of them.
const SERVERS: [&str; 6] = [
    "https://dav.example.org/",
    "https://cloud.example.org/remote.php/dav/",
    "https://caldav.icloud.com/",
    "https://caldav.fastmail.com/",
    "https://dav.mailbox.org/",
    "https://posteo.de:8443/",
];

/// Which of the calendars that a page offers they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The directory.
    Directory,
    /// What stands "in place of" it.
    Caldav,
}

/// A newcomer.
pub struct Newcomer {
    home: TempDir,
    choice: Choice,
    /// What people do in Zoom.
    pub account: Account,
    zoom: ZoomServer,
    /// Their calendar server.
    pub dav: Option<Server>,
    _runtime: Runtime,
}

impl Newcomer {
    /// Somebody with a fresh machine.
    pub fn new(choice: Choice) -> Self {
        let runtime = Runtime::new().unwrap();
        let account = Account::new(AccountOptions::default());
        let zoom = runtime.block_on(account.serve()).unwrap();
        let newcomer = Self {
            home: tempfile::tempdir().unwrap(),
            choice,
            account,
            zoom,
            dav: (choice == Choice::Caldav).then(Radicale::start),
            _runtime: runtime,
        };
        // The password manager that the documentation takes for its example.
        let pass = format!("#!/bin/sh\n[ \"$*\" = 'show dav' ] && echo '{PASSWORD}'\n");
        newcomer.program("pass", &pass);
        // A browser, and a person who agrees to whatever it shows.
        let agree = "import sys, urllib.request as web; web.urlopen(sys.argv[1]).read()";
        newcomer.program(
            "xdg-open",
            &format!("#!/bin/sh\nexec python3 -c '{agree}' \"$1\"\n"),
        );
        newcomer
    }

    /// Installs a program of theirs.
    fn program(&self, name: &str, text: &str) {
        let path = self.home.path().join("bin").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Their home directory.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The file that a text names, below their home: the last one in backticks with this ending.
    fn file_named(&self, text: &str, ending: &str) -> Option<PathBuf> {
        let quoted = text.split('`').skip(1).step_by(2);
        let name = quoted.filter(|name| name.ends_with(ending)).last()?;
        Some(self.home().join(name.strip_prefix("~/")?))
    }

    /// The example's addresses and ids, as this newcomer has them.
    pub fn own(&self, toml: &str) -> String {
        let app = self.account.options();
        let mut text = toml
            .replace("YOUR-ACCOUNT-ID", &app.account_id)
            .replace("YOUR-CLIENT-ID", &app.client_id)
            .replace("\"alice\"\npassword", &format!("\"{USER}\"\npassword"));
        if let Some(dav) = &self.dav {
            text = text
                .replace("https://dav.example.org/alice/work/", &dav.calendar_url())
                .replace("YOUR-NAME", USER);
            for server in SERVERS {
                text = text.replace(server, &dav.url());
            }
        }
        text
    }

    /// Writes a configuration where the text before it says.
    pub fn write(&self, block: &Block) {
        let config = self.home().join(".config/slotbridge/config.toml");
        if block.before.contains("in place of") {
            if self.choice == Choice::Caldav {
                let old = fs::read_to_string(&config).unwrap();
                let start = old.find("[[calendar]]").unwrap();
                let end = old.find("[[host]]").unwrap();
                let new = [&old[..start], &self.own(&block.text), &old[end..]].concat();
                fs::write(&config, new).unwrap();
            }
        } else if let Some(path) = self.file_named(&block.before, ".toml") {
            let mut text = self.own(&block.text);
            // Who took the server keeps it: their section stands in place of the directory's.
            if let Ok(old) = fs::read_to_string(&config)
                && self.choice == Choice::Caldav
                && !old.contains("FILL-IN")
            {
                text = text.replacen(first_calendar(&text), first_calendar(&old), 1);
            }
            fs::write(path, text).unwrap();
        }
    }

    /// A command with nothing of this machine but its programs.
    pub fn command(&self, program: &str) -> Command {
        let binary = assert_cmd::cargo::cargo_bin("slotbridge");
        let own = self.home().join("bin");
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let folders = [own, binary.parent().unwrap().to_owned()];
        let folders = folders.into_iter().chain(std::env::split_paths(&usual));
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("SLOTBRIDGE__ZOOM__API_URL", self.zoom.api_url())
            .env("SLOTBRIDGE__ZOOM__OAUTH_URL", self.zoom.oauth_url())
            .current_dir(root());
        command
    }

    /// Types a block into a shell; what it asks for is the app's secret.
    pub fn type_in(&self, script: &str) -> Output {
        let script = self.own(script);
        // Who took the directory has no server to ask.
        let asks = SERVERS.iter().any(|server| script.contains(server));
        let script = if asks { "true" } else { &script };
        let mut command = self.command("sh");
        command.args(["-eu", "-c", script]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Most blocks ask for nothing and may have ended already.
        drop(writeln!(stdin, "{}", self.account.options().client_secret));
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// Starts what stays until it is told to end; tells it once it works, and it ends well.
    pub fn run_and_end(&self, script: &str) {
        let mut child = Ended(
            self.command("sh")
                .args(["-c", &format!("exec {script}")])
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let mut log = BufReader::new(child.0.stderr.take().unwrap());
        let mut seen = String::new();
        while !seen.contains("started") {
            assert!(
                log.read_line(&mut seen).unwrap() > 0,
                "it ended by itself:\n{seen}"
            );
        }
        let pid = child.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut log, &mut rest).unwrap();
        assert_eq!(child.0.wait().unwrap().code(), Some(0), "{seen}{rest}");
    }
}

/// A process that does not outlive the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The first `[[calendar]]` of a configuration.
fn first_calendar(text: &str) -> &str {
    let start = text.find("[[calendar]]").unwrap();
    let end = text[start + 2..].find("[[").unwrap();
    &text[start..start + 2 + end]
}
