//! `slotbridge login` at work, and the browser, played by the test.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStdin, Command as Process, Stdio};
use std::time::{Duration, Instant};

use url::Url;

use super::machine::{Alive, Machine};

/// Somebody with an app that users log in to, and not logged in yet.
pub fn newcomer() -> Alive {
    Alive::with(|_| "kind = \"user\"".to_owned())
}

/// `slotbridge login` at work.
pub struct Login {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
}

/// How it ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub all: String,
}

impl Login {
    pub fn start(machine: &Machine, words: &[&str]) -> Self {
        // A desktop whose browser writes down what it is to open.
        let bin = machine.home.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let script = "#!/bin/sh\nprintf %s \"$1\" > \"$HOME/opening\" && mv \"$HOME/opening\" \"$HOME/opened\"\n";
        fs::write(bin.join("xdg-open"), script).unwrap();
        fs::set_permissions(bin.join("xdg-open"), fs::Permissions::from_mode(0o755)).unwrap();
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(bin).chain(std::env::split_paths(&usual));
        let mut child = Process::new(assert_cmd::cargo::cargo_bin("slotbridge"))
            .env_clear()
            .envs(machine.environment())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .arg("--config")
            .arg(&machine.config)
            .args(["-vvvv", "login"])
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        Self { child, stdin }
    }

    /// What the browser was told to open.
    pub fn opened(machine: &Machine) -> Url {
        let path = machine.home.path().join("opened");
        let start = Instant::now();
        while !path.exists() {
            assert!(start.elapsed() < Duration::from_mins(1), "nothing opened");
            std::thread::yield_now();
        }
        fs::read_to_string(path).unwrap().parse().unwrap()
    }

    /// What a person is to open.
    pub fn printed(&mut self) -> Url {
        let mut line = String::new();
        let mut out = BufReader::with_capacity(1, self.child.stdout.as_mut().unwrap());
        out.read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }

    pub fn paste(&mut self, text: &str) {
        let mut stdin = self.stdin.take().unwrap();
        writeln!(stdin, "{text}").unwrap();
    }

    pub fn end(mut self) -> Ended {
        drop(self.stdin.take());
        let (mut out, mut error) = (String::new(), String::new());
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut out).unwrap();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut error).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let all = format!("{out}{error}");
        Ended { code, out, all }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One request, as a browser sends it: status line, head and body in one.
pub fn get(url: &Url) -> String {
    let at = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(at).unwrap();
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Agrees on Zoom's page: where the browser is sent then.
pub fn agree(page: &Url) -> Url {
    let answer = get(page);
    let line = answer
        .lines()
        .find(|line| line.to_lowercase().starts_with("location: "));
    let line = line.unwrap_or_else(|| panic!("{answer}"));
    line["location: ".len()..].trim().parse().unwrap()
}

pub fn code_in(url: &Url) -> String {
    let mut pairs = url.query_pairs();
    let code = pairs.find(|(name, _)| name == "code").unwrap();
    code.1.into_owned()
}

/// Nothing that would let somebody in stands in a text.
pub fn ensure_no_secret(alive: &Alive, text: &str) {
    let app = alive.account.options();
    let refresh = alive.account.refresh_token();
    for secret in refresh.iter().chain([&app.client_secret]) {
        assert!(!text.contains(secret.as_str()), "{text}");
    }
    for word in ["access-", "refresh-", "code-", "code_verifier"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

/// Logs in with a pasted address.
pub fn log_in(alive: &Alive) -> Ended {
    let mut login = Login::start(&alive.machine, &["--no-browser"]);
    let back = agree(&login.printed());
    login.paste(back.as_str());
    login.end()
}
