//! What configurations mean.

mod defaults;
mod mistakes;

use std::path::PathBuf;
use std::time::Duration;

use rstest::rstest;
use secrecy::ExposeSecret;

use super::environment::Environment;
use super::resolved::*;
use super::*;
use crate::domain::feed::FeedKind;

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
    assert_eq!(settings.sync.rhythm, Rhythm::Every(Duration::from_mins(2)));
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
        Rhythm::Every(Duration::from_mins(3))
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
        said.starts_with("/nonexistent/slotbridge.toml: the configuration cannot be read"),
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
#[case("{ file = \"~/secret\" }", Ok("s3cret"))]
#[case("{ command = [\"printf\", \"abc\\n\"] }", Ok("abc"))]
#[case("{ credential = \"secret\" }", Ok("s3cret"))]
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
        "{AUTH}client_secret = \"hush-1\"\nrefresh_token = {{ command = [\"echo\", \"hush-2\"] }}\n{CALENDARS}\n[[calendar]]\nname = \"dav\"\nkind = \"caldav\"\nurl = \"https://x.example/\"\nusername = \"u\"\npassword = \"hush-4\"\n[http]\nlisten = \"127.0.0.1:1\"\npublic_url = \"https://u:hush-3@x.example/\"\n[zoom.webhook]\nsecret_token = \"hush-5\""
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
fn every_flow_and_every_feed_is_taken_without_a_warning() {
    let text = format!(
        "{CALENDARS}\n[[host]]\nname = \"a\"\n[host.busy]\nfrom = [\"work\", \"family\"]\n[host.hours]\ncalendar = \"work\"\n[[host.feed]]\nname = \"f\"\nkind = \"busy\"\n[[host.feed]]\nname = \"g\"\nkind = \"hours\""
    );
    let settings = given(&text).settings();
    assert_eq!(settings.warnings, Vec::<String>::new());
    let kinds: Vec<FeedKind> = settings.hosts[0]
        .feeds
        .iter()
        .map(|feed| feed.kind)
        .collect();
    assert_eq!(kinds, [FeedKind::Busy, FeedKind::Hours]);
}

#[test]
fn a_feed_of_a_flow_that_is_off_is_a_mistake() {
    for (kind, flow) in [
        ("bookings", "bookings"),
        ("busy", "busy"),
        ("hours", "hours"),
    ] {
        let text = format!(
            "{CALENDARS}\n[[host]]\nname = \"a\"\n[[host.feed]]\nname = \"f\"\nkind = \"{kind}\""
        );
        let said = given(&text).mistakes();
        assert!(said.contains("nothing to show"), "{said}");
        assert!(said.contains(&format!("add [host.{flow}]")), "{said}");
    }
}

#[test]
fn a_feed_name_is_taken_once_over_all_hosts() {
    let host = |name: &str, user: &str| {
        format!(
            "[[host]]\nname = \"{name}\"\nzoom_user = \"{user}\"\n[host.bookings]\ncalendar = \"work\"\n[[host.feed]]\nname = \"f\"\nkind = \"bookings\"\n"
        )
    };
    let text = format!(
        "{CALENDARS}\n{}{}",
        host("a", "a@x.example"),
        host("b", "b@x.example")
    );
    let said = given(&text).mistakes();
    assert!(said.contains("the name \"f\" is taken already"), "{said}");
}

#[test]
fn two_hosts_keep_their_hours_in_calendars_of_their_own() {
    let host = |name: &str, calendar: &str| {
        format!(
            "[[host]]\nname = \"{name}\"\nzoom_user = \"{name}@example.org\"\n[host.hours]\ncalendar = \"{calendar}\"\n"
        )
    };
    let laptop = "[[calendar]]\nname = \"laptop\"\nkind = \"vdir\"\npath = \"/x\"";
    let text = |second: &str| {
        format!(
            "{CALENDARS}\n{laptop}\n{}{}",
            host("a", "work"),
            host("b", second)
        )
    };
    assert_eq!(given(&text("laptop")).settings().hosts.len(), 2);
    let mistakes = given(&text("work")).mistakes();
    assert!(
        mistakes.contains("keep their hours in the same calendar"),
        "{mistakes}"
    );
}

#[test]
fn a_feed_takes_a_password_and_its_address_is_a_secret() {
    let text = "[[calendar]]\nname = \"family\"\nkind = \"ics\"\nurl = \"webcal://example.org/very-private.ics\"\nusername = \"alice\"\npassword = \"hunter2\"";
    let settings = given(text).settings();
    let place = &settings.calendars[0].place;
    let CalendarPlace::Ics { url, credentials } = place else {
        panic!("not a feed: {place:?}");
    };
    assert_eq!(url.expose_secret(), "webcal://example.org/very-private.ics");
    assert!(matches!(credentials, Credentials::Password { username, .. } if username == "alice"));
    let shown = format!("{settings:?} {}", serde_json::to_string(&settings).unwrap());
    assert!(!shown.contains("very-private") && !shown.contains("hunter2"));
}

#[test]
fn a_feed_in_a_file_is_found_from_home() {
    let path = |url: &str| {
        let text = format!("[[calendar]]\nname = \"f\"\nkind = \"ics\"\nurl = \"{url}\"");
        let given = given(&text);
        let CalendarPlace::Ics { url, .. } = given.settings().calendars[0].place.clone() else {
            panic!("not a feed");
        };
        let home = given.directory.path().display().to_string();
        url.expose_secret().replace(&home, "~")
    };
    assert_eq!(path("~/feeds/a.ics"), "~/feeds/a.ics");
    assert_eq!(path("file:///srv/a%20b.ics"), "/srv/a b.ics");
    assert_eq!(path("file://localhost/srv/a.ics"), "/srv/a.ics");
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
