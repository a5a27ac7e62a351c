//! Single-use refresh tokens: only a kill between Zoom's answer and our commit may cost a login,
//! because no client can tell whether an answer that it never read was given.

use std::time::{Duration, Instant};

use rand::RngExt as _;
use slotbridge::demo::account::{Door, Fault};

use super::killer::end;
use super::servers::Radicale;
use super::stage::{self, Stage};

const KILLS: u32 = 20;

#[test]
fn a_kill_costs_a_login_only_between_zooms_answer_and_our_commit() {
    for seed in stage::seeds(&[7]) {
        let _said = stage::SaysSeed(seed);
        play(seed);
    }
}

fn play(seed: u64) {
    let mut stage = Stage::new(Radicale::start(), seed);
    let first = stage.account.options().refresh_token.clone();
    log_in(&stage, &first);
    stage.somebody_books(3);
    stage.learn();
    let (mut killed, mut lost) = (0, 0);
    while killed < KILLS {
        stage.somebody_books(1);
        stage.account.expire_access_tokens();
        stage.account.clear_log();
        let spent = stage.account.refreshes().len();
        killed += u32::from(killed_around_a_refresh(&mut stage));
        let spent = stage.account.refreshes().len() - spent;
        // A token that was used was durable before.
        let requests = stage.account.requests().into_iter();
        let used = requests
            .filter(|seen| seen.door == Door::Api)
            .any(|seen| seen.status != Some(401));
        let run = stage.sync();
        if run.code == 0 {
            continue;
        }
        assert_eq!(run.code, 3, "{run:#?}");
        assert!(spent > 0 && !used, "spent {spent}, used {used}: {run:#?}");
        let words = run.json["hosts"][0]["errors"].to_string();
        assert!(words.contains("zoom.auth.refresh_token"), "{run:#?}");
        lost += 1;
        let token = stage.account.log_in_again();
        log_in(&stage, &token);
        let run = stage.sync();
        assert_eq!(run.code, 0, "{run:#?}");
    }
    println!("{killed} kills around a refresh, {lost} logins lost");
    stage.settles();
}

/// A person puts a new refresh token into the configuration.
fn log_in(stage: &Stage, token: &str) {
    stage.configure(&format!("kind = \"user\"\nrefresh_token = \"{token}\"\n"));
}

/// Kills a pass within some milliseconds of its request for a token; whether it still ran.
fn killed_around_a_refresh(stage: &mut Stage) -> bool {
    let late = stage.rng.random_range(0..3) == 0;
    if late {
        let fault = Fault::DelayAfter(Duration::from_millis(20));
        stage.account.faults().once("POST", "/oauth", fault);
    }
    let then = Duration::from_micros(stage.rng.random_range(0..25_000));
    let mut child = stage.start(&["sync"]);
    let start = Instant::now();
    let mut met = None;
    while met.is_none_or(|met: Instant| met.elapsed() < then) {
        if met.is_none() && stage.account.request_count(Door::Oauth) > 0 {
            met = Some(Instant::now());
        }
        if child.try_wait().unwrap().is_some() || start.elapsed() > Duration::from_secs(10) {
            break;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    let killed = end(&mut child);
    stage.account.faults().clear();
    killed
}
