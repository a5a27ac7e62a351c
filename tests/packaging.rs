//! What is installed beside the program: units that systemd takes and finds closed enough,
//! `service install`, and the files of the package.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own environment"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rstest::rstest;
use tempfile::TempDir;

const UNITS: [&str; 3] = [
    "slotbridge.service",
    "slotbridge.socket",
    "user/slotbridge.service",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// systemd's own judgement; `None` where this machine has none, which CI does not forgive.
fn systemd_analyze(runtime: &Path) -> Option<Command> {
    let mut command = Command::new("systemd-analyze");
    if command.arg("--version").output().is_err() {
        let missing = "systemd-analyze is missing; install it (Debian: apt-get install systemd)";
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        eprintln!("not checked here: the units. {missing}");
        return None;
    }
    let mut command = Command::new("systemd-analyze");
    command
        .env("XDG_RUNTIME_DIR", runtime)
        .env("SYSTEMD_COLORS", "0");
    Some(command)
}

/// Runs a command, and gives its exit code and all that it says.
fn said(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let words = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&words).into_owned(),
    )
}

/// The units of a folder, started by a program that is there, in a folder of their own.
fn verified(folder: &Path, scope: &str, units: &[&str]) -> Option<String> {
    let place = tempfile::tempdir().unwrap();
    let mut command = systemd_analyze(place.path())?;
    command.args(["verify", "--man=no", scope]);
    for unit in units {
        let text = fs::read_to_string(folder.join(unit)).unwrap();
        let path = place.path().join(unit);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let program = assert_cmd::cargo::cargo_bin("slotbridge");
        let program = program.to_str().unwrap();
        fs::write(&path, text.replace("/usr/bin/slotbridge", program)).unwrap();
        command.arg(path);
    }
    let (code, words) = said(&mut command);
    Some(format!("{code:?} {words}"))
}

#[rstest]
#[case("--system", &UNITS[..2])]
#[case("--user", &UNITS[2..])]
fn systemd_finds_nothing_wrong_with_the_units(#[case] scope: &str, #[case] units: &[&str]) {
    if let Some(found) = verified(&root().join("systemd"), scope, units) {
        assert_eq!(found, "Some(0) ");
    }
}

#[test]
fn systemd_finds_what_is_wrong_with_a_unit() {
    let place = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(root().join("systemd/slotbridge.service")).unwrap();
    let text = text.replace("WatchdogSec=60s", "WatchdogSex=60s");
    fs::write(place.path().join("slotbridge.service"), text).unwrap();
    if let Some(found) = verified(place.path(), "--system", &["slotbridge.service"]) {
        assert!(found.contains("WatchdogSex"), "{found}");
    }
}

#[test]
fn the_service_is_exposed_by_2_0_at_most() {
    let place = tempfile::tempdir().unwrap();
    let unit = root().join("systemd/slotbridge.service");
    let exposure = |path: &Path| {
        let mut command = systemd_analyze(place.path())?;
        command.args(["security", "--offline=true", "--no-pager", "--threshold=20"]);
        Some(said(command.arg(path)))
    };
    if let Some((code, words)) = exposure(&unit) {
        assert_eq!(code, Some(0), "{words}");
        assert!(words.contains("Overall exposure level"), "{words}");
    }
    // The same judgement on a service that is open.
    let open = place.path().join("slotbridge.service");
    fs::write(&open, "[Service]\nExecStart=/bin/true\n").unwrap();
    if let Some((code, words)) = exposure(&open) {
        assert_ne!(code, Some(0), "{words}");
    }
}

/// `slotbridge service …` below a directory of its own.
struct Image(TempDir);

impl Image {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn service(&self, words: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("slotbridge"));
        command
            .env_clear()
            .env("HOME", "/home/alice")
            .arg("service")
            .args(words)
            .arg("--root")
            .arg(self.0.path());
        said(&mut command)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
}

const PROGRAM: [&str; 2] = ["--program", "/opt/slotbridge"];

#[rstest]
#[case("--system", "etc/systemd/system", "multi-user.target", &UNITS[..2])]
#[case("--user", "home/alice/.config/systemd/user", "default.target", &UNITS[..1])]
fn a_service_is_installed_and_removed(
    #[case] whose: &str,
    #[case] folder: &str,
    #[case] target: &str,
    #[case] units: &[&str],
) {
    let image = Image::new();
    let folder = image.path(folder);
    let (code, words) = image.service(&["install", whose, PROGRAM[0], PROGRAM[1]]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("enable --now slotbridge"), "{words}");
    let text = fs::read_to_string(folder.join(units[0])).unwrap();
    let start = "\nExecStart=/opt/slotbridge --log-format journald run\n";
    assert!(text.contains(start), "{text}");
    let mut there: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(there, units);
    if let Some(found) = verified(&folder, whose, units) {
        // Only the program is not there.
        let rest = found.replace("Command /opt/slotbridge is not executable", "");
        let rest = rest.replace(": No such file or directory", "");
        assert!(
            !rest.contains("Unknown") && !rest.contains("bad"),
            "{found}"
        );
    }

    // Again, as after an update; then enabled, as systemctl does it; then gone without a trace.
    let (code, words) = image.service(&["install", whose, PROGRAM[0], PROGRAM[1]]);
    assert_eq!(code, Some(0), "{words}");
    let wants = folder.join(format!("{target}.wants"));
    fs::create_dir(&wants).unwrap();
    symlink(folder.join(units[0]), wants.join(units[0])).unwrap();
    let (code, words) = image.service(&["remove", whose]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("daemon-reload"), "{words}");
    assert!(fs::symlink_metadata(wants.join(units[0])).is_err());
    assert!(units.iter().all(|unit| !folder.join(unit).exists()));
    let (code, words) = image.service(&["remove", whose]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("nothing to remove"), "{words}");
}

#[test]
fn a_unit_of_somebody_else_is_left_alone() {
    let image = Image::new();
    let unit = image.path("etc/systemd/system/slotbridge.service");
    fs::create_dir_all(unit.parent().unwrap()).unwrap();
    fs::write(&unit, "# mine\n").unwrap();
    for verb in ["install", "remove"] {
        let words: &[&str] = match verb {
            "install" => &["install", "--system", PROGRAM[0], PROGRAM[1]],
            _ => &["remove", "--system"],
        };
        let (code, words) = image.service(words);
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains("hint: "), "{words}");
    }
    assert_eq!(fs::read_to_string(&unit).unwrap(), "# mine\n");
    assert!(!image.path("etc/systemd/system/slotbridge.socket").exists());
}

#[rstest]
#[case::whose(&["install"], "--user")]
#[case::both(&["install", "--user", "--system"], "cannot be used with")]
#[case::in_a_home(&["install", "--system", "--program", "/home/alice/slotbridge"], "cannot see /home/alice")]
#[case::state(&["install", "--system", "--state-dir", "/srv/x", "--program", "/opt/x"], "/var/lib/slotbridge")]
fn what_cannot_be_a_service_is_refused(#[case] words: &[&str], #[case] why: &str) {
    let image = Image::new();
    let (code, said) = image.service(words);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains(why), "{said}");
    assert!(fs::read_dir(image.0.path()).unwrap().next().is_none());
}

#[test]
fn every_file_of_the_package_is_there() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let made = fs::read_to_string(root().join("packaging/deb")).unwrap();
    let assets = deb["assets"].as_array().unwrap();
    assert!(assets.len() > 10);
    for asset in assets {
        let source = asset[0].as_str().unwrap();
        if let Some(name) = source.strip_prefix("target/package/slotbridge.") {
            assert!(made.contains(name), "packaging/deb does not make {source}");
        } else if let Some(folder) = source.strip_suffix("/*.md") {
            assert!(root().join(folder).is_dir());
        } else if source != "target/release/slotbridge" {
            assert!(root().join(source).is_file(), "{source}");
        }
    }
    for script in ["postinst", "prerm", "postrm"] {
        let path = root().join("packaging/debian").join(script);
        let (code, words) = said(Command::new("sh").arg("-n").arg(&path));
        assert_eq!(code, Some(0), "{words}");
    }
    for unit in UNITS {
        let named = assets
            .iter()
            .any(|asset| asset[0].as_str() == Some(&format!("systemd/{unit}")));
        assert!(named, "{unit} is not in the package");
    }
}

/// Commands of ours that the guides name where a test cannot type them (as root, as a service).
#[test]
fn what_the_guides_tell_to_type_is_there() {
    let mut seen = 0;
    for page in ["README.md", "docs/LAPTOP.md", "docs/SERVER.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let blocks = text.split("```text\n").skip(1);
        let lines = blocks.flat_map(|rest| rest.split("```").next().unwrap().lines());
        for line in lines {
            let mut words = line
                .strip_prefix("sudo ")
                .unwrap_or(line)
                .split_whitespace();
            let Some(program) = words.next() else {
                continue;
            };
            seen += 1;
            if program.ends_with("/slotbridge") || program == "slotbridge" {
                let mut command = Command::new(assert_cmd::cargo::cargo_bin("slotbridge"));
                let (code, said) = said(command.args(words).arg("--help"));
                assert_eq!(code, Some(0), "{page}: {line}: {said}");
            } else if program.starts_with("packaging/") {
                let meta = fs::metadata(root().join(program));
                let mode = std::os::unix::fs::PermissionsExt::mode(&meta.unwrap().permissions());
                assert_eq!(mode & 0o111, 0o111, "{page}: {line}");
            } else if let Some(credential) = line.strip_prefix("LoadCredential=") {
                let (name, file) = credential.split_once(':').unwrap();
                assert!(
                    text.contains(&format!("{{ credential = \"{name}\" }}")),
                    "{line}"
                );
                assert!(text.contains(&format!("/dev/stdin {file}\n")), "{line}");
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

/// Where nothing listens, and where only systemd may have a socket opened.
const SERVING: &str = r#"
[zoom]
api_url = "http://127.0.0.1:9/v2"
oauth_url = "http://127.0.0.1:9/oauth"
[zoom.auth]
kind = "server_to_server"
client_id = "id"
client_secret = "hush-client"
account_id = "account"
[http]
listen = "198.51.100.1:8787"
[[calendar]]
name = "work"
kind = "vdir"
path = "~/work"
[[host]]
name = "alice"
bookings = { calendar = "work" }
"#;

#[test]
fn a_socket_that_systemd_opened_is_served() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("work")).unwrap();
    let config = home.path().join("config.toml");
    fs::write(&config, SERVING).unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    // What systemd does before it starts a service (sd_listen_fds(3)).
    let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"";
    let daemon = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(assert_cmd::cargo::cargo_bin("slotbridge"))
        .arg("--config")
        .arg(&config)
        .arg("run")
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(OwnedFd::from(socket))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It waits in the socket until somebody serves it.
    let mut asked = TcpStream::connect(address).unwrap();
    asked
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    let read = asked.read_to_string(&mut answer);
    let pid = daemon.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    let output = daemon.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        read.is_ok() && answer.starts_with("HTTP/1.1 200"),
        "{answer} {log}"
    );
    assert_eq!(output.status.code(), Some(0), "{log}");
}
