//! Somebody at a terminal who is asked for a configuration, and the answers they give.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use slotbridge::demo::account::{Account, AccountOptions, Server as ZoomServer};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::servers::{PASSWORD, USER};

/// What a person does: waits for words, then types.
#[derive(Clone)]
pub struct Step(pub String, pub String, pub &'static str);

pub fn answer(words: &str, typed: &str) -> Step {
    Step(words.to_owned(), typed.to_owned(), "shown")
}

pub fn secret(words: &str, typed: &str) -> Step {
    Step(words.to_owned(), typed.to_owned(), "hidden")
}

/// Takes what stands in brackets.
pub fn usual(words: &str) -> Step {
    answer(words, "")
}

/// Somebody with an app in Zoom, and nothing configured.
pub struct Newcomer {
    pub home: TempDir,
    pub account: Account,
    zoom: ZoomServer,
    _runtime: Runtime,
}

/// How a conversation went.
pub struct Talk {
    pub code: i64,
    pub seen: String,
}

impl Newcomer {
    pub fn new() -> Self {
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

    pub fn folder(&self) -> PathBuf {
        self.home.path().join(".config/slotbridge")
    }

    pub fn config(&self) -> String {
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
    pub fn talk(&self, words: &[&str], steps: &[Step]) -> Talk {
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

    pub fn run(&self, words: &[&str]) -> (i32, String, String) {
        let mut command = assert_cmd::Command::cargo_bin("slotbridge").unwrap();
        command.env_clear().envs(self.environment()).args(words);
        super::machine::outcome(command)
    }

    /// The app, as somebody without a mistake answers.
    pub fn app(&self) -> Vec<Step> {
        let app = self.account.options();
        vec![
            usual("Number [1]: "),
            answer("Account id", &app.account_id),
            answer("Client id", &app.client_id),
            answer("How is the client secret kept?", "1"),
            secret("not shown): ", &app.client_secret),
        ]
    }

    pub fn ensure_nothing_is_left(&self) {
        let left: Vec<_> = fs::read_dir(self.home.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

pub fn host() -> Vec<Step> {
    vec![
        usual("What shall commands and logs call"),
        answer("Their mail address", "alice@example.org"),
        usual("Their user in Zoom"),
    ]
}

pub fn on_radicale(address: &str) -> Vec<Step> {
    vec![
        answer("In which calendar shall the bookings stand?", "1"),
        answer("mail address there: ", address),
        answer("User name", USER),
        answer("How is the password kept?", "1"),
        secret("not shown): ", PASSWORD),
    ]
}

pub fn all(parts: &[&[Step]]) -> Vec<Step> {
    parts.concat()
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
