//! Starts real calendar servers on this machine, each in a directory of its own, on a free port,
//! from the virtual environment that `tests/run` makes. They end with the test.

#![allow(dead_code, reason = "each test binary uses some of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot start its server fails, and says why"
)]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// Tries to find a port that nobody else took in between.
const STARTS: u32 = 5;
/// Looks at a server that is coming up, and the time between two.
const LOOKS: u32 = 600;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The user that the servers know.
pub const USER: &str = "alice";
/// Their password, where one is asked for.
pub const PASSWORD: &str = "correct horse";

/// Everything to its owner, but calendars whose names begin with `readonly-` to nobody.
const RIGHTS: &str = "[root]\nuser: .+\ncollection:\npermissions: R\n\
    [principal]\nuser: .+\ncollection: {user}\npermissions: RW\n\
    [readonly]\nuser: .+\ncollection: {user}/readonly-[^/]+\npermissions: r\n\
    [calendars]\nuser: .+\ncollection: {user}/[^/]+\npermissions: rw\n";

/// Radicale, with a user and an empty calendar.
pub struct Radicale;

/// Xandikos, with a user that needs no password and an empty calendar.
pub struct Xandikos;

/// A server that runs until it is dropped.
pub struct Server {
    child: Child,
    home: TempDir,
    port: u16,
    calendar: &'static str,
    asks_password: bool,
}

impl Radicale {
    /// Starts it.
    pub fn start() -> Server {
        let server = start(
            |home, port| {
                let path = |name: &str| home.path().join(name).display().to_string();
                fs::write(home.path().join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
                fs::write(home.path().join("rights"), RIGHTS).unwrap();
                let config = format!(
                    "[server]\nhosts = 127.0.0.1:{port}\n\
                     [auth]\ntype = htpasswd\nhtpasswd_filename = {}\nhtpasswd_encryption = plain\ndelay = 0\n\
                     [rights]\ntype = from_file\nfile = {}\n\
                     [storage]\nfilesystem_folder = {}\n\
                     [logging]\nlevel = warning\n",
                    path("users"),
                    path("rights"),
                    path("data"),
                );
                fs::write(home.path().join("config"), config).unwrap();
                let mut command = Command::new(venv("python"));
                command.args(["-m", "radicale", "--config", &path("config")]);
                command
            },
            "/alice/work/",
            true,
        );
        server.make_calendar("Work");
        server
    }
}

impl Xandikos {
    /// Starts it.
    pub fn start() -> Server {
        let server = start(
            |home, port| {
                let data = home.path().join("data").display().to_string();
                let mut command = Command::new(venv("xandikos"));
                command.args(["serve", "--defaults", "--listen-address", "127.0.0.1"]);
                command.args(["--current-user-principal", "/alice/"]);
                command.args(["--port", &port.to_string(), "--directory", &data]);
                command
            },
            "/alice/calendars/work/",
            false,
        );
        server.make_calendar("Work");
        server
    }
}

/// A program of the virtual environment.
pub fn venv(program: &str) -> PathBuf {
    let root = std::env::var_os("SLOTBRIDGE_TEST_VENV").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/venv"),
        PathBuf::from,
    );
    let path = root.join("bin").join(program);
    assert!(
        path.exists(),
        "{} is missing: tests/run installs it there",
        path.display()
    );
    path
}

fn start(
    command: impl Fn(&TempDir, u16) -> Command,
    calendar: &'static str,
    asks_password: bool,
) -> Server {
    for _ in 0..STARTS {
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let log = File::create(home.path().join("log")).unwrap();
        let child = command(&home, port)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Server {
            child,
            home,
            port,
            calendar,
            asks_password,
        };
        if server.comes_up() {
            return server;
        }
        eprintln!("{}", server.log());
    }
    panic!("the server did not come up");
}

/// A port that nobody has, and that nobody who asks for any port gets: those lie above.
fn free_port() -> u16 {
    loop {
        let port = rand::random_range(10_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Server {
    /// The address of the server.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// The address of the calendar "Work".
    pub fn calendar_url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.calendar)
    }

    /// The user and password, where the server asks for them.
    pub fn login(&self) -> Option<(&'static str, &'static str)> {
        self.asks_password.then_some((USER, PASSWORD))
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where everything of it stands; removed with it.
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// One request, as a calendar program of a person would send it: status and the whole answer.
    /// `path` is below the calendar, or absolute.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String) {
        self.try_request(method, path, headers, body).unwrap()
    }

    /// Puts an object as somebody else would.
    pub fn put(&self, name: &str, body: &str) {
        let kind = [("Content-Type", "text/calendar; charset=utf-8")];
        let (status, answer) = self.request("PUT", name, &kind, body);
        assert!((200..300).contains(&status), "{answer}");
    }

    /// The text of an object; `None` when there is none.
    pub fn get(&self, name: &str) -> Option<String> {
        let (status, answer) = self.request("GET", name, &[], "");
        let body = answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned());
        (status == 200).then(|| body.unwrap_or_default())
    }

    /// Deletes an object as somebody else would.
    pub fn delete(&self, name: &str) {
        let (status, answer) = self.request("DELETE", name, &[], "");
        assert!((200..300).contains(&status), "{answer}");
    }

    fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<(u16, String)> {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("{}{path}", self.calendar)
        };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut request = format!(
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n",
            self.port
        );
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        if self.asks_password {
            use base64::Engine as _;
            let word =
                base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
            write!(request, "Authorization: Basic {word}\r\n").unwrap();
        }
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer
            .split_whitespace()
            .nth(1)
            .and_then(|code| code.parse().ok());
        Ok((status.unwrap_or(0), answer))
    }

    fn comes_up(&mut self) -> bool {
        for _ in 0..LOOKS {
            if matches!(self.try_request("OPTIONS", "/", &[], ""), Ok((status, _)) if status > 0) {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        false
    }

    fn make_calendar(&self, name: &str) {
        let body = format!(
            r#"<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>{name}</displayname></prop></set></C:mkcalendar>"#
        );
        let kind = [("Content-Type", "application/xml; charset=utf-8")];
        let (status, answer) = self.request("MKCALENDAR", self.calendar, &kind, &body);
        assert_eq!(status, 201, "{answer}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
