//! What configurations mean, and what is said about wrong ones.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use rstest::rstest;
use secrecy::ExposeSecret;

use super::environment::Environment;
use super::layers::Layers;
use super::reader::Reader;
use super::resolved::*;
use super::*;
use crate::plan::policy::BookingsPolicy;

struct Given {
    directory: tempfile::TempDir,
    sources: Sources,
    environment: Vec<(String, String)>,
}

fn given(text: &str) -> Given {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().display().to_string();
    let mut given = Given {
        environment: vec![("HOME".into(), home)],
        directory,
        sources: Sources::default(),
    };
    given.file("config.toml", text);
    given
}

impl Given {
    fn file(&mut self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        self.sources.files.push(path);
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn load(&self) -> Result<Loaded, Mistakes> {
        load(&self.sources, &self.environment.iter().cloned().collect())
    }

    fn settings(&self) -> Settings {
        self.load()
            .unwrap_or_else(|mistakes| panic!("{mistakes}"))
            .settings
    }

    fn mistakes(&self) -> String {
        let said = self.load().expect_err("these are mistakes").to_string();
        said.replace(&self.directory.path().display().to_string(), "")
    }
}

const CALENDARS: &str = r#"
[[calendar]]
name = "work"
kind = "vdir"
path = "/tmp/work"
[[calendar]]
name = "family"
kind = "ics"
url = "webcal://example.org/secret-path.ics"
"#;

#[rstest]
#[case::unknown_key(
    "[zoom]\napi_ulr = \"x\"",
    "/config.toml:2: zoom.api_ulr: this key is not known",
    "did you mean \"api_url\"?"
)]
#[case::unknown_table(
    "[zom]\napi_url = \"x\"",
    "/config.toml:1: zom: this key is not known",
    "did you mean \"zoom\"?"
)]
#[case::unknown_far_key(
    "[sync]\nfrequency = 5",
    "sync.frequency: this key is not known",
    "known here are cron, every, jitter"
)]
#[case::bad_duration(
    "[sync]\nevery = \"5 minutes\"",
    "/config.toml:2: sync.every: \"5 minutes\": this is not a duration",
    "\"90s\", \"5m\", \"2h\", \"30d\""
)]
#[case::number_for_duration(
    "[sync]\nevery = 300",
    "sync.every: a number stands where a duration is expected",
    "\"5m\""
)]
#[case::too_often(
    "[sync]\nevery = \"0s\"",
    "sync.every: this is too often",
    "at least \"1s\""
)]
#[case::both_rhythms(
    "[sync]\nevery = \"5m\"\ncron = \"0 */5 * * * *\"",
    "/config.toml:3: sync.cron: both every and cron are given",
    "keep one"
)]
#[case::bad_cron(
    "[sync]\ncron = \"every day\"",
    "sync.cron: \"every day\" is not a cron expression",
    "six fields"
)]
#[case::bad_plan(
    "[zoom]\nplan = \"por\"",
    "zoom.plan: \"por\" is not known here",
    "did you mean \"pro\"? allowed are \"free\", \"pro\", \"business\""
)]
#[case::bad_share("[zoom]\nshare = 1.5", "zoom.share: this is not a share", "at most 1")]
#[case::text_for_share(
    "[zoom]\nshare = \"0.5\"",
    "zoom.share: a text stands where a number is expected",
    "write a number"
)]
#[case::plain_text(
    "[zoom]\napi_url = \"http://zoom.example\"",
    "zoom.api_url: http:// is not encrypted",
    "use https://"
)]
#[case::no_address(
    "[zoom]\napi_url = \"zoom\"",
    "zoom.api_url: this is not an address",
    "https://"
)]
#[case::number_for_text(
    "[zoom]\napi_url = 1",
    "zoom.api_url: a number stands where a text in double quotes",
    "double quotes"
)]
#[case::not_toml(
    "[zoom]\nplan = pro",
    "/config.toml:2: this is not TOML",
    "double quotes"
)]
#[case::no_kind(
    "[zoom.auth]\nclient_id = \"x\"\nclient_secret = \"y\"",
    "/config.toml:1: zoom.auth.kind: this key is missing",
    "server_to_server"
)]
#[case::no_account(
    "[zoom.auth]\nkind = \"server_to_server\"\nclient_id = \"x\"\nclient_secret = \"y\"",
    "zoom.auth.account_id: this key is missing",
    "app's page"
)]
#[case::stray_account(
    "[zoom.auth]\nkind = \"user\"\nclient_id = \"x\"\nclient_secret = \"y\"\naccount_id = \"z\"",
    "/config.toml:5: zoom.auth.account_id: this key belongs to kind = \"server_to_server\"",
    "remove it"
)]
#[case::two_sources(
    "[zoom.webhook]\nsecret_token = { file = \"/x\", env = \"Y\" }",
    "zoom.webhook.secret_token: a secret has exactly one source",
    "{ file"
)]
#[case::odd_source(
    "[zoom.webhook]\nsecret_token = { fiel = \"/x\" }",
    "zoom.webhook.secret_token.fiel: this key is not known",
    "did you mean \"file\"?"
)]
#[case::number_as_secret(
    "[zoom.webhook]\nsecret_token = 12345678",
    "secret_token: this is not a secret",
    "double quotes"
)]
#[case::bad_listen(
    "[http]\nlisten = \"8787\"",
    "http.listen: \"8787\" is not an address with a port",
    "127.0.0.1:8787"
)]
#[case::missing_calendar(
    "[[host]]\nname = \"alice\"\n[host.bookings]\ncalendar = \"wrok\"",
    "/config.toml:4: host.alice.bookings.calendar: there is no calendar \"wrok\"",
    "add a [[calendar]]"
)]
#[case::unnamed_host(
    "[[host]]\nzoom_user = \"me\"",
    "/config.toml:1: host.name: this key is missing",
    "name of its own"
)]
#[case::no_calendar(
    "[[host]]\nname = \"a\"\n[host.bookings]\npast = \"1d\"",
    "/config.toml:3: host.a.bookings.calendar: this key is missing",
    "name the [[calendar]]"
)]
#[case::host_as_table(
    "[host]\nname = \"a\"",
    "host: a table stands where a list of tables: [[host]] is expected",
    "[[host]]"
)]
#[case::bad_mail(
    "[[host]]\nname = \"a\"\nemails = [\"alice\"]",
    "/config.toml:3: host.a.emails: this is not a mail address",
    "alice@example.org"
)]
#[case::password_alone(
    "[[calendar]]\nname = \"w\"\nkind = \"caldav\"\nurl = \"https://x.example/\"\npassword = \"p\"",
    "calendar.w.username: this key is missing",
    "whose password"
)]
#[case::both_credentials(
    "[[calendar]]\nname = \"w\"\nkind = \"caldav\"\nurl = \"https://x.example/\"\nusername = \"u\"\npassword = \"p\"\nbearer_token = \"b\"",
    "bearer_token: both a password and a bearer token",
    "keep one"
)]
#[case::mail_without_collection(
    "[[calendar]]\nname = \"w\"\nkind = \"caldav\"\nurl = \"a@x.example\"",
    "calendar.w.collection: this key is missing",
    "name the calendar"
)]
#[case::key_of_other_kind(
    "[[calendar]]\nname = \"w\"\nkind = \"vdir\"\npath = \"/x\"\nurl = \"y\"",
    "calendar.w.url: this key is not known",
    "known here are"
)]
fn a_mistake_is_named_with_its_place_and_its_remedy(
    #[case] text: &str,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let said = given(text).mistakes();
    assert!(said.contains(cause), "{said}");
    let (_, hints) = said.split_once("hint: ").unwrap();
    assert!(hints.contains(remedy), "{said}");
}

#[rstest]
#[case(
    "calendar = \"family\"",
    "bookings.calendar: the calendar \"family\" is read-only"
)]
#[case(
    "calendar = \"work\"\ntitle = \"{summary} {name}\"",
    "bookings.title: \"{name}\" is not filled in here"
)]
#[case(
    "calendar = \"work\"\ncancelled_in_zoom = \"keep\"",
    "allowed are \"delete\", \"mark\""
)]
#[case(
    "calendar = \"work\"\ndeleted_in_calendar = \"delete\"",
    "allowed are \"cancel\", \"restore\", \"hold\""
)]
#[case(
    "calendar = \"work\"\nmoved_in_calendar = \"follow\"",
    "allowed are \"restore\", \"keep\""
)]
#[case(
    "calendar = \"work\"\nattendees = \"none\"",
    "allowed are \"description\", \"property\""
)]
#[case(
    "calendar = \"work\"\ngrace = \"1w\"",
    "\"1w\": this is not a duration"
)]
fn a_wrong_policy_is_named(#[case] keys: &str, #[case] cause: &str) {
    let text = format!("{CALENDARS}\n[[host]]\nname = \"alice\"\n[host.bookings]\n{keys}");
    let said = given(&text).mistakes();
    assert!(said.contains(cause), "{said}");
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_their_lines() {
    let text = "[zoom]\nplan = \"x\"\nshare = 0\n[sync]\nevery = \"x\"\njiter = \"1s\"";
    let said = given(text).mistakes();
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("hint:"))
        .collect();
    let starts = [
        "/config.toml:2:",
        "/config.toml:3:",
        "/config.toml:5:",
        "/config.toml:6:",
    ];
    assert_eq!(lines.len(), starts.len(), "{said}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{said}");
    }
}

#[test]
fn two_of_one_name_are_a_mistake_that_names_both_places() {
    let text = format!(
        "{CALENDARS}\n[[calendar]]\nname = \"work\"\nkind = \"vdir\"\npath = \"/tmp/b\"\n[[host]]\nname = \"a\"\n[[host]]\nname = \"a\""
    );
    let said = given(&text).mistakes();
    assert!(
        said.contains("the name \"work\" is taken already (first at /config.toml:3)"),
        "{said}"
    );
    assert!(said.contains("the name \"a\" is taken already"), "{said}");
}

#[test]
fn later_files_win_and_variables_win_over_them() {
    let mut given =
        given("[zoom]\napi_url = \"https://one.example\"\nplan = \"free\"\n[sync]\nevery = \"1m\"");
    given.file(
        "second.toml",
        "[zoom]\napi_url = \"https://two.example\"\n[sync]\njitter = \"0s\"",
    );
    let given = given
        .variable("SLOTBRIDGE__ZOOM__SHARE", "0.5")
        .variable("SLOTBRIDGE__SYNC__EVERY", "2m");
    let settings = given.settings();
    assert_eq!(settings.zoom.api_url.as_str(), "https://two.example/");
    assert_eq!(settings.zoom.plan, Plan::Free);
    assert!((settings.zoom.share - 0.5).abs() < f64::EPSILON);
    assert_eq!(
        settings.sync.rhythm,
        Rhythm::Every(Duration::from_secs(120))
    );
    assert_eq!(settings.sync.jitter, Duration::ZERO);
}

#[test]
fn a_later_cron_takes_the_place_of_an_earlier_every() {
    let mut given = given("[sync]\nevery = \"1m\"");
    given.file("second.toml", "[sync]\ncron = \"0 */5 * * * *\"");
    assert_eq!(
        given.settings().sync.rhythm,
        Rhythm::Cron("0 */5 * * * *".into())
    );
    given.file("third.toml", "[sync]\nevery = \"3m\"");
    assert_eq!(
        given.settings().sync.rhythm,
        Rhythm::Every(Duration::from_secs(180))
    );
}

#[test]
fn a_wrong_variable_is_named() {
    let said = given("")
        .variable("SLOTBRIDGE__ZOOM__API_ULR", "x")
        .variable("SLOTBRIDGE__HOST__A", "x")
        .mistakes();
    assert!(
        said.contains(
            "environment variable SLOTBRIDGE__ZOOM__API_ULR: zoom.api_ulr: this key is not known"
        ),
        "{said}"
    );
    assert!(
        said.contains("hosts and calendars cannot be set by a variable"),
        "{said}"
    );
}

#[test]
fn a_file_asked_for_must_be_there() {
    let mut given = given("");
    given
        .sources
        .files
        .push(PathBuf::from("/nonexistent/slotbridge.toml"));
    let said = given.mistakes();
    assert!(
        said.starts_with("/nonexistent/slotbridge.toml:1: the configuration cannot be read"),
        "{said}"
    );
}

const AUTH: &str = "[zoom.auth]\nkind = \"user\"\nclient_id = \"id\"\n";

async fn revealed(given: &Given) -> Result<String, String> {
    let Some(Auth::User { client_secret, .. }) = given.settings().zoom.auth else {
        panic!("there is a user's app")
    };
    let secret = client_secret.reveal().await;
    secret
        .map(|secret| secret.expose_secret().to_owned())
        .map_err(|error| error.to_string())
}

#[rstest]
#[case("\"0123\"", Ok("0123"))]
#[case("{ env = \"MY_SECRET\" }", Ok("0456"))]
#[case("{ file = \"~/secret\" }", Ok(" s3cret"))]
#[case("{ command = [\"printf\", \"abc\\n\"] }", Ok("abc"))]
#[case("{ credential = \"secret\" }", Ok(" s3cret"))]
#[case(
    "{ env = \"MISSING\" }",
    Err("zoom.auth.client_secret: the environment variable MISSING is not set")
)]
#[case("{ file = \"~/nothing\" }", Err("No such file"))]
#[case(
    "{ command = [\"false\"] }",
    Err("running false: it ended with exit status: 1")
)]
#[case("{ command = [\"true\"] }", Err("the command true gives nothing"))]
#[tokio::test]
async fn a_secret_comes_from_where_it_is_kept(
    #[case] source: &str,
    #[case] expected: Result<&str, &str>,
) {
    let given = given(&format!("{AUTH}client_secret = {source}"));
    std::fs::write(given.directory.path().join("secret"), " s3cret\r\n").unwrap();
    let home = given.directory.path().display().to_string();
    let given = given
        .variable("MY_SECRET", "0456")
        .variable("CREDENTIALS_DIRECTORY", &home);
    match (revealed(&given).await, expected) {
        (Ok(secret), Ok(wanted)) => assert_eq!(secret, wanted),
        (Err(said), Err(wanted)) => assert!(said.contains(wanted), "{said}"),
        (got, wanted) => panic!("{got:?} instead of {wanted:?}"),
    }
}

#[tokio::test]
async fn a_variable_stays_the_text_that_it_is() {
    let given = given(&format!("{AUTH}client_secret = {{ file = \"/x\" }}"));
    let given = given.variable("SLOTBRIDGE__ZOOM__AUTH__CLIENT_SECRET", "0123");
    assert_eq!(revealed(&given).await.as_deref(), Ok("0123"));
}

#[tokio::test]
async fn a_later_source_of_a_secret_takes_the_place_of_an_earlier_one() {
    let mut given = given(&format!("{AUTH}client_secret = {{ file = \"/x\" }}"));
    given.file(
        "second.toml",
        "[zoom.auth]\nclient_secret = { env = \"MY_SECRET\" }",
    );
    let given = given.variable("MY_SECRET", "later");
    assert_eq!(revealed(&given).await.as_deref(), Ok("later"));
}

#[test]
fn a_secret_is_never_shown() {
    let text = format!(
        "{AUTH}client_secret = \"hush-1\"\nrefresh_token = {{ command = [\"echo\", \"hush-2\"] }}\n{CALENDARS}\n[[calendar]]\nname = \"dav\"\nkind = \"caldav\"\nurl = \"https://u:hush-3@x.example/\"\nusername = \"u\"\npassword = \"hush-4\"\n[zoom.webhook]\nsecret_token = \"hush-5\""
    );
    let loaded = given(&text).load().unwrap();
    let shown = [
        show::toml(&loaded.layers, true),
        show::json(&loaded.layers).to_string(),
        serde_json::to_string(&loaded.settings.zoom).unwrap(),
        format!("{:?}", loaded.settings.zoom.auth),
    ];
    for shown in shown {
        assert!(!shown.contains("hush"), "{shown}");
        assert!(!shown.contains("secret-path"), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
}

#[test]
fn what_is_shown_reads_the_same() {
    let given = given(&format!(
        "{CALENDARS}\n[[host]]\nname = \"a\"\n[host.bookings]\ncalendar = \"work\"\nalarm = \"10m\""
    ));
    let shown = show::toml(&given.load().unwrap().layers, true);
    let parsed: toml::Table =
        toml::from_str(&shown).unwrap_or_else(|error| panic!("{error}\n{shown}"));
    assert_eq!(parsed["sync"]["every"].as_str(), Some("5m"), "{shown}");
    assert_eq!(
        parsed["host"][0]["bookings"]["alarm"].as_str(),
        Some("10m"),
        "{shown}"
    );
    assert!(shown.contains("every = \"5m\"  # built in"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_secret_that_everybody_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let given = given(&format!("{AUTH}client_secret = {{ file = \"~/secret\" }}"));
    let secret = given.directory.path().join("secret");
    std::fs::write(&secret, "x").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(given.settings().warnings[0].contains("chmod 600"));
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(given.settings().warnings.is_empty());
}

#[test]
fn flows_that_do_not_run_yet_are_warned_of_and_no_mistakes() {
    let text = format!(
        "{CALENDARS}\n[[host]]\nname = \"a\"\n[host.busy]\nfrom = [\"work\", \"family\"]\n[host.hours]\ncalendar = \"work\"\n[[host.feed]]\nname = \"f\"\nkind = \"busy\""
    );
    let settings = given(&text).settings();
    let all = settings.warnings.join("\n");
    for table in [
        "[host.busy] of a",
        "[host.hours] of a",
        "[host.feed] of a",
        "[[calendar]] family",
    ] {
        assert_eq!(all.matches(table).count(), 1, "{all}");
    }
}

#[test]
fn the_state_stands_where_the_nearest_word_says() {
    let given = given("");
    assert_eq!(
        given.settings().state_dir,
        given.directory.path().join(".local/state/slotbridge")
    );
    let given = given.variable("XDG_STATE_HOME", "/var/xdg");
    assert_eq!(
        given.settings().state_dir,
        PathBuf::from("/var/xdg/slotbridge")
    );
    let given = given.variable("STATE_DIRECTORY", "/var/lib/slotbridge:/var/lib/other");
    assert_eq!(
        given.settings().state_dir,
        PathBuf::from("/var/lib/slotbridge")
    );
    let given = given.variable("SLOTBRIDGE__STATE_DIR", "$XDG_STATE_HOME/here");
    assert_eq!(given.settings().state_dir, PathBuf::from("/var/xdg/here"));
    let mut given = given;
    given.sources.state_dir = Some(PathBuf::from("/asked"));
    assert_eq!(given.settings().state_dir, PathBuf::from("/asked"));
}

/// `config/default.toml` with every key switched on: `#key` is a key, `# text` a comment, and `##key`
/// a key that excludes another one or has no default.
fn everything(also_doubly: bool) -> String {
    let lines = DEFAULTS.lines().map(|line| {
        let word = |c: char| c.is_ascii_lowercase() || c == '[';
        match (line.strip_prefix("##"), line.strip_prefix('#')) {
            (Some(key), _) if key.starts_with(word) => {
                if also_doubly {
                    key
                } else {
                    ""
                }
            }
            (_, Some(key)) if key.starts_with(word) => key,
            _ => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_defaults_of_the_file_are_those_of_the_code() {
    let settings = given(&everything(false)).settings();
    let host = &settings.hosts[0];
    assert_eq!(
        host.bookings.as_ref().unwrap().policy,
        BookingsPolicy::default()
    );
    let bare = format!(
        "{CALENDARS}\n[[calendar]]\nname = \"laptop\"\nkind = \"vdir\"\npath = \"/x\"\n[[host]]\nname = \"alice\"\n[host.bookings]\ncalendar = \"work\"\n[host.busy]\nfrom = [\"work\", \"family\", \"laptop\"]\n[host.hours]\ncalendar = \"work\"\n[[host.feed]]\nname = \"alice-bookings\"\nkind = \"bookings\""
    );
    let bare = given(&bare).settings();
    assert_eq!(
        serde_json::to_value(host).unwrap(),
        serde_json::to_value(&bare.hosts[0]).unwrap()
    );
    assert_eq!(settings.sync, bare.sync);
}

#[test]
fn every_key_stands_in_the_default_file() {
    let given = given(&everything(true));
    let environment: Environment = given.environment.iter().cloned().collect();
    let (layers, mistakes) = Layers::read(&given.sources, &environment);
    let reader = Reader::new(&layers, &environment, mistakes);
    let _ = resolve::read(&reader, &given.sources);
    let (mistakes, asked) = reader.finish();
    let unknown = mistakes
        .sorted()
        .into_iter()
        .filter(|mistake| mistake.cause.contains("not known"));
    assert_eq!(unknown.count(), 0, "{mistakes}");
    let written: BTreeSet<String> = keys(&toml::from_str(&everything(true)).unwrap(), "");
    let forms = |key: &String| {
        [".file", ".command", ".env", ".credential"]
            .iter()
            .any(|form| key.ends_with(form))
    };
    let missing: Vec<&String> = asked
        .iter()
        .filter(|key| !written.contains(*key) && !forms(key))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn keys(table: &toml::Table, path: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (key, value) in table {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match value {
            toml::Value::Table(below) => all.extend(keys(below, &path)),
            toml::Value::Array(items) => {
                for below in items.iter().filter_map(toml::Value::as_table) {
                    all.extend(keys(below, &path));
                }
            }
            _ => {}
        }
        all.insert(path);
    }
    all
}

#[test]
fn the_starter_file_is_without_mistakes() {
    let settings = given(STARTER).settings();
    assert_eq!(settings.hosts.len(), 1);
    assert!(matches!(settings.zoom.auth, Some(Auth::User { .. })));
}
