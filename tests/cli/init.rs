//! `config init` on a terminal, against the built-in account and a real calendar server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rstest::rstest;
use serde_json::{Value, json};
use slotbridge::demo::account::{Account, AccountOptions, NewBooking, Server as ZoomServer};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::servers::{PASSWORD, Radicale, Server, USER, Xandikos};

/// What a person does: waits for words, then types.
#[derive(Clone)]
struct Step(String, String, &'static str);

fn answer(words: &str, typed: &str) -> Step {
    Step(words.to_owned(), typed.to_owned(), "shown")
}

fn secret(words: &str, typed: &str) -> Step {
    Step(words.to_owned(), typed.to_owned(), "hidden")
}

/// Takes what stands in brackets.
fn usual(words: &str) -> Step {
    answer(words, "")
}

/// Somebody with an app in Zoom, and nothing configured.
struct Newcomer {
    home: TempDir,
    account: Account,
    zoom: ZoomServer,
    _runtime: Runtime,
}

/// How a conversation went.
struct Talk {
    code: i64,
    seen: String,
}

impl Newcomer {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let account = Account::new(AccountOptions::default());
        let zoom = runtime.block_on(account.serve()).unwrap();
        Self {
            home: tempfile::tempdir().unwrap(),
            account,
            zoom,
            _runtime: runtime,
        }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join(".config/slotbridge")
    }

    fn config(&self) -> String {
        fs::read_to_string(self.folder().join("config.toml")).unwrap()
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HOME", self.home.path().display().to_string()),
            ("PATH", std::env::var("PATH").unwrap()),
            ("USER", "alice".to_owned()),
            ("SLOTBRIDGE__ZOOM__API_URL", self.zoom.api_url()),
            ("SLOTBRIDGE__ZOOM__OAUTH_URL", self.zoom.oauth_url()),
        ]
    }

    /// Talks with `config init`; no secret is ever seen, and the terminal is as it was.
    fn talk(&self, words: &[&str], steps: &[Step]) -> Talk {
        let steps: Vec<Value> = steps
            .iter()
            .map(|Step(words, typed, how)| json!([words, typed, how]))
            .collect();
        let typist = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/typist.py");
        let output = std::process::Command::new("python3")
            .arg(typist)
            .arg(Value::from(steps).to_string())
            .arg(assert_cmd::cargo::cargo_bin("slotbridge"))
            .args(["config", "init"])
            .args(words)
            .env_clear()
            .envs(self.environment())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let seen = told["seen"].as_str().unwrap().to_owned();
        assert_eq!(told["shows"], true, "{seen}");
        for hidden in [&self.account.options().client_secret, PASSWORD, "hush"] {
            assert!(!seen.contains(hidden), "{hidden} is shown: {seen}");
        }
        Talk {
            code: told["code"].as_i64().unwrap(),
            seen,
        }
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = assert_cmd::Command::cargo_bin("slotbridge").unwrap();
        command.env_clear().envs(self.environment()).args(words);
        super::machine::outcome(command)
    }

    /// The app, as somebody without a mistake answers.
    fn app(&self) -> Vec<Step> {
        let app = self.account.options();
        vec![
            usual("Number [1]: "),
            answer("Account id", &app.account_id),
            answer("Client id", &app.client_id),
            answer("How is the client secret kept?", "1"),
            secret("not shown): ", &app.client_secret),
        ]
    }

    fn ensure_nothing_is_left(&self) {
        let left: Vec<_> = fs::read_dir(self.home.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn host() -> Vec<Step> {
    vec![
        usual("What shall commands and logs call"),
        answer("Their mail address", "alice@example.org"),
        usual("Their user in Zoom"),
    ]
}

fn on_radicale(address: &str) -> Vec<Step> {
    vec![
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", address),
        answer("User name", USER),
        answer("How is the password kept?", "1"),
        secret("not shown): ", PASSWORD),
    ]
}

fn all(parts: &[&[Step]]) -> Vec<Step> {
    parts.concat()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_was_answered_works_at_once() {
    let (newcomer, server) = (Newcomer::new(), Radicale::start());
    let family = newcomer.home.path().join("family.ics");
    fs::write(
        &family,
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n",
    )
    .unwrap();
    let rest = [
        usual("What shall the configuration call it?"),
        usual("Do the events in work make you busy? [yes]"),
        answer("Is there another calendar that makes you busy? [no]", "y"),
        answer("Where is it?", "3"),
        answer("Its address, or the file", &family.display().to_string()),
        usual("User name"),
        answer("What shall the configuration call it?", "family"),
        usual("Is there another calendar that makes you busy? [no]"),
        answer("Keep the working hours of Zoom", "yes"),
    ];
    let steps = all(&[&newcomer.app(), &host(), &on_radicale(&server.url()), &rest]);
    let talk = newcomer.talk(&[], &steps);
    assert_eq!(talk.code, 0, "{}", talk.seen);
    for said in [
        "ok: Zoom takes the app",
        "found: \"Work\"",
        "ok: calendar, writing work: a test object was written, read back and removed",
        "written: ",
        "slotbridge check",
        "slotbridge sync --dry-run",
    ] {
        assert!(talk.seen.contains(said), "{said}: {}", talk.seen);
    }
    assert!(!talk.seen.contains("slotbridge login "), "{}", talk.seen);

    let folder = newcomer.folder();
    let config = newcomer.config();
    for name in ["config.toml", "client-secret", "dav-password"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
    let said = "password = { file = \"~/.config/slotbridge/dav-password\" }";
    assert!(config.contains(said), "{config}");
    assert!(!config.contains(PASSWORD), "{config}");
    assert!(config.contains(&server.calendar_url()), "{config}");
    assert!(config.contains("from = [\"work\", \"family\"]"), "{config}");

    let (code, out, error) = newcomer.run(&["config", "show"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let (code, out, error) = newcomer.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
    let start = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let booking = NewBooking::new(start, "Bob Bunting", "bob@example.org");
    newcomer.account.book(booking);
    let (code, out, error) = newcomer.run(&["sync"]);
    assert_eq!(code, 0, "{out}{error}");
}

#[test]
fn what_is_wrong_is_said_and_asked_again() {
    let (newcomer, server) = (Newcomer::new(), Radicale::start());
    let app = newcomer.account.options();
    let wrong_app = [
        answer("Number [1]: ", "seven"),
        usual("answer a number from 1 to 2"),
        answer("Account id", &app.account_id),
        answer("Client id", &app.client_id),
        usual("How is the client secret kept?"),
        secret("not shown): ", "hush-wrong"),
        answer("invalid_client", "1"),
    ];
    let wrong_host = [
        answer("What shall commands and logs call", "a/lice"),
        usual("Their mail address"),
        usual("Their user in Zoom"),
        answer("this cannot be a name", "alice"),
        usual("Their mail address"),
        usual("Their user in Zoom"),
    ];
    let wrong_password = [
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", "https://"),
        answer("this is no address", "1"),
        answer("mail address there: ", &server.url()),
        answer("User name", USER),
        answer("How is the password kept?", "2"),
        answer("The command", "echo wrong"),
        answer("401", "1"),
    ];
    let wrong_provider = [
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", "alice@gmail.com"),
        answer("Google: ", "1"),
    ];
    let good = [
        answer("mail address there: ", &server.calendar_url()),
        answer("User name", USER),
        answer("How is the password kept?", "1"),
        secret("not shown): ", PASSWORD),
        answer("What shall the configuration call it?", "a/b"),
        answer("this cannot be a name", "2"),
        answer("The directory", "~/.config"),
        answer("There is none yet. Make it?", "maybe"),
        answer("answer yes or no", "no"),
        answer("The directory", "~/bookings"),
        usual("There is none yet. Make it?"),
        usual("What shall the configuration call it? [bookings]"),
        answer("make you busy? [yes]", "no"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let steps = all(&[
        &wrong_app,
        &newcomer.app(),
        &wrong_host,
        &wrong_password,
        &wrong_provider,
        &good,
    ]);
    let talk = newcomer.talk(&[], &steps);
    assert_eq!(talk.code, 0, "{}", talk.seen);
    let config = newcomer.config();
    assert!(config.contains("path = \"~/bookings\""), "{config}");
    assert!(
        !config.contains("[host.busy]") && !config.contains("caldav"),
        "{config}"
    );
    assert!(newcomer.home.path().join("bookings").is_dir());
    let secret = fs::read_to_string(newcomer.folder().join("client-secret")).unwrap();
    assert_eq!(secret.trim_end(), app.client_secret);
    let (code, out, error) = newcomer.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
}

#[test]
fn what_cannot_be_tried_now_may_be_kept() {
    let newcomer = Newcomer::new();
    let steps = [
        answer("Number [1]: ", "2"),
        answer("Client id", "an id"),
        answer("How is the client secret kept?", "3"),
        answer("The file", "~/not-there"),
        answer("No such file", "2"),
        usual("What shall commands and logs call"),
        usual("Their mail address"),
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", "http://127.0.0.1:9/alice/"),
        usual("User name"),
        answer("looking for calendars on 127.0.0.1", "2"),
        answer("The calendar's name there", "Work"),
        usual("What shall the configuration call it? [work]"),
        answer("calendar work: ", "2"),
        usual("make you busy? [yes]"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let other = newcomer.home.path().join("other/slotbridge.toml");
    let talk = newcomer.talk(&[&other.display().to_string()], &steps);
    assert_eq!(talk.code, 0, "{}", talk.seen);
    let next = format!("slotbridge --config {} login", other.display());
    assert!(talk.seen.contains(&next), "{}", talk.seen);
    let words = ["--config", &other.display().to_string(), "config", "show"];
    let (code, out, error) = newcomer.run(&words);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert!(out.contains("collection = \"Work\""), "{out}");
    assert_eq!(mode(other.parent().unwrap()), 0o700);
}

#[test]
fn several_calendars_of_one_server_are_chosen_by_number() {
    let (newcomer, server) = (Newcomer::new(), Xandikos::start());
    let steps = [
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", &server.url()),
        usual("User name"),
        answer("Which one?", "1"),
        usual("What shall the configuration call it?"),
        usual("make you busy? [yes]"),
        answer("Which of the others there make you busy, too?", "9"),
        answer("answer numbers from 1", "1"),
        usual("another calendar"),
        usual("Keep the working hours"),
    ];
    let talk = newcomer.talk(&[], &all(&[&newcomer.app(), &host(), &steps]));
    assert_eq!(talk.code, 0, "{}", talk.seen);
    let config = newcomer.config();
    assert_eq!(config.matches("[[calendar]]").count(), 2, "{config}");
    assert_eq!(newcomer.run(&["check"]).0, 0);
}

/// Where it ends: how many answers are given before, and the key.
#[rstest]
#[case::at_once(0, "\u{4}", "the input ended")]
#[case::in_a_secret(4, "\u{4}", "the input ended")]
#[case::later(9, "\u{4}", "the input ended")]
#[case::interrupted(2, "\u{3}", "interrupted")]
#[case::interrupted_in_a_secret(12, "\u{3}", "interrupted")]
fn whatever_ends_it_leaves_nothing_behind(
    #[case] answered: usize,
    #[case] end: &str,
    #[case] cause: &str,
) {
    let newcomer = Newcomer::new();
    let server: Option<Server> = (answered > 9).then(Radicale::start);
    let address = server.as_ref().map(Server::url).unwrap_or_default();
    let mut steps = all(&[&newcomer.app(), &host(), &on_radicale(&address)]);
    steps.truncate(answered + 1);
    let last = steps.pop().unwrap();
    let how = if last.2 == "hidden" {
        "hidden key"
    } else {
        "key"
    };
    steps.push(Step(last.0, end.to_owned(), how));
    let talk = newcomer.talk(&[], &steps);
    assert_eq!(talk.code, 2, "{}", talk.seen);
    for said in [cause, "nothing was written", "hint: "] {
        assert!(talk.seen.contains(said), "{said}: {}", talk.seen);
    }
    newcomer.ensure_nothing_is_left();
}

#[test]
fn a_file_that_is_there_is_left_alone_and_nothing_is_asked() {
    let newcomer = Newcomer::new();
    fs::create_dir_all(newcomer.folder()).unwrap();
    fs::write(newcomer.folder().join("config.toml"), "# mine").unwrap();
    let talk = newcomer.talk(&[], &[]);
    assert_eq!(talk.code, 2, "{}", talk.seen);
    assert!(talk.seen.contains("left as it is"), "{}", talk.seen);
    assert!(!talk.seen.contains('?'), "{}", talk.seen);
    assert_eq!(newcomer.config(), "# mine");
}

#[test]
fn without_questions_it_is_the_file_to_fill_in() {
    let newcomer = Newcomer::new();
    let talk = newcomer.talk(&["--no-input"], &[]);
    assert_eq!(talk.code, 0, "{}", talk.seen);
    assert_eq!(newcomer.config(), slotbridge::settings::STARTER);
}
