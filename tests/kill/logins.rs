//! The login of a calendar whose server gives each refresh token for one use: only a kill between
//! its answer and our commit may cost it, and then the next pass says so and loses nothing.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt as _;
use url::Url;

use super::authority::{Manners, Tokens};
use super::killer::end;
use super::servers::Radicale;
use super::stage::{self, Stage};

const KILLS: u32 = 20;
const LOGIN: &str = "slotbridge login --calendar work";

#[test]
fn a_kill_costs_a_calendars_login_only_between_the_answer_and_our_commit() {
    for seed in stage::seeds(&[11]) {
        let _said = stage::SaysSeed(seed);
        play(seed);
    }
}

fn play(seed: u64) {
    let tokens = Tokens::start(Manners {
        rotates: true,
        ..Manners::default()
    });
    let mut stage = Stage::new(Radicale::start(), seed);
    with_login(&stage, &tokens);
    log_in(&stage);
    stage.somebody_books(3);
    stage.learn();
    let (mut killed, mut lost) = (0, 0);
    while killed < KILLS {
        stage.somebody_books(1);
        tokens.end_access();
        let (spent, used) = (tokens.refreshed(), tokens.let_in());
        killed += u32::from(killed_around_a_refresh(&mut stage, &tokens));
        let (spent, used) = (tokens.refreshed() - spent, tokens.let_in() - used);
        let before = entries(&tokens);
        let run = stage.sync();
        if run.code == 0 {
            assert_eq!(tokens.logins(), 1, "one login, one good refresh token");
            continue;
        }
        // A token that was used was durable before.
        assert_eq!(run.code, 3, "{run:#?}");
        assert!(
            spent > 0 && used == 0,
            "spent {spent}, used {used}: {run:#?}"
        );
        let words = run.json.to_string();
        assert!(
            words.contains("refused the refresh token (invalid_grant)"),
            "{run:#?}"
        );
        assert!(words.contains(LOGIN), "{run:#?}");
        assert_eq!(entries(&tokens), before, "nothing is lost with it");
        lost += 1;
        tokens.end_login();
        log_in(&stage);
        let run = stage.sync();
        assert_eq!(run.code, 0, "{run:#?}");
    }
    println!("{killed} kills around a refresh, {lost} logins lost");
    assert_eq!(stage.sync().code, 0);
    let booked = usize::try_from(stage.history.counter).unwrap();
    assert_eq!(entries(&tokens), booked, "each booking once");
}

/// Puts the calendar behind the server that wants tokens into the configuration.
fn with_login(stage: &Stage, tokens: &Tokens) {
    let path = stage.home.path().join("config.toml");
    let config = fs::read_to_string(&path).unwrap();
    let start = config.find("[[calendar]]").unwrap();
    let end = config.find("[[host]]").unwrap();
    fs::write(
        &path,
        [&config[..start], &tokens.calendar(), &config[end..]].concat(),
    )
    .unwrap();
}

/// A person agrees on the server's page, and pastes where the browser ended.
fn log_in(stage: &Stage) {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("slotbridge"))
        .env_clear()
        .env("HOME", stage.home.path())
        .arg("--config")
        .arg(stage.home.path().join("config.toml"))
        .args(["login", "--calendar", "work", "--no-browser"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut page = String::new();
    said.read_line(&mut page).unwrap();
    let page: Url = page.trim().parse().unwrap();
    let answer = get(&page);
    let back = answer
        .lines()
        .find_map(|line| line.strip_prefix("Location: "));
    writeln!(child.stdin.take().unwrap(), "{}", back.unwrap().trim()).unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{rest}");
}

fn get(url: &Url) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", url.port().unwrap())).unwrap();
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    write!(stream, "GET {target} HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn entries(tokens: &Tokens) -> usize {
    let depth = [("Depth", "1")];
    let (status, listing) = tokens.radicale.request("PROPFIND", "", &depth, "");
    assert_eq!(status, 207, "{listing}");
    listing.matches(".ics</").count()
}

/// Kills a pass within some milliseconds of its refresh; whether it still ran.
fn killed_around_a_refresh(stage: &mut Stage, tokens: &Tokens) -> bool {
    let late = stage.rng.random_range(0..3) == 0;
    tokens.set(|manners| manners.answers_late = late.then(|| Duration::from_millis(20)));
    let then = Duration::from_micros(stage.rng.random_range(0..25_000));
    let before = tokens.refreshed();
    let mut child = stage.start(&["sync"]);
    let start = Instant::now();
    let mut met = None;
    while met.is_none_or(|met: Instant| met.elapsed() < then) {
        if met.is_none() && tokens.refreshed() > before {
            met = Some(Instant::now());
        }
        if child.try_wait().unwrap().is_some() || start.elapsed() > Duration::from_secs(10) {
            break;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    let killed = end(&mut child);
    tokens.set(|manners| manners.answers_late = None);
    killed
}
