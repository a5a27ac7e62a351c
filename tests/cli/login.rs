//! `login` against the built-in account, with a browser that the test plays.

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rstest::rstest;
use slotbridge::demo::account::{AccountOptions, Door, Fault, Scope};

use super::browser::{Login, agree, code_in, ensure_no_secret, get, log_in, newcomer};
use super::machine::{Alive, Machine};

#[test]
fn who_logs_in_by_the_browser_is_let_in_by_the_next_pass() {
    let alive = newcomer();
    alive.book();
    let (code, out, error) = alive.machine.run(&["sync"]);
    assert_eq!(code, 3, "{error}");
    assert!(out.contains("run `slotbridge login`"), "{out}");

    let login = Login::start(&alive.machine, &[]);
    let page = Login::opened(&alive.machine);
    let back = agree(&page);
    assert_eq!(back.path(), "/callback");
    assert!(get(&back.join("/favicon.ico").unwrap()).starts_with("HTTP/1.1 404"));
    let told = get(&back);
    assert!(
        told.starts_with("HTTP/1.1 200") && told.contains("slotbridge is logged in"),
        "{told}"
    );
    assert!(
        told.contains("no-store") && told.contains("no-referrer"),
        "{told}"
    );
    ensure_no_secret(&alive, &told);
    let ended = login.end();
    assert_eq!(ended.code, 0, "{}", ended.all);
    assert!(ended.out.starts_with("logged in; "), "{}", ended.out);
    ensure_no_secret(&alive, &ended.all);
    let port = back.port().unwrap();
    assert!(
        TcpStream::connect(("127.0.0.1", port)).is_err(),
        "the door is shut"
    );

    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["hosts"][0]["bookings"]["created"], 1, "{json}");
    ensure_no_secret(&alive, &json.to_string());
}

/// The address at which this machine listens at a port (proc(5), /proc/net/tcp).
fn listens_at(port: u16) -> Vec<String> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let end = format!(":{port:04X}");
    let rows = table.lines().map(str::split_whitespace);
    let rows = rows.filter_map(|mut row| Some((row.nth(1)?, row.nth(1)?)));
    rows.filter(|(local, state)| local.ends_with(&end) && *state == "0A")
        .map(|(local, _)| local.to_owned())
        .collect()
}

#[test]
fn each_login_has_its_own_state_and_challenge_and_a_door_on_this_machine_alone() {
    let alive = newcomer();
    let mut seen = BTreeSet::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let fixed = free.local_addr().unwrap().port();
    drop(free);
    for port in [None, Some(fixed)] {
        fs::remove_file(alive.machine.home.path().join("opened")).ok();
        let port = port.map(|port| port.to_string());
        let words: Vec<&str> = port.iter().flat_map(|port| ["--port", port]).collect();
        let login = Login::start(&alive.machine, &words);
        let page = Login::opened(&alive.machine);
        let said = |name| page.query_pairs().find(|(own, _)| own == name).unwrap().1;
        assert_eq!(said("response_type"), "code");
        assert_eq!(said("code_challenge_method"), "S256");
        assert_eq!(said("code_challenge").len(), 43);
        assert!(said("state").len() >= 43, "{page}");
        assert!(
            seen.insert(said("state").into_owned()),
            "a state of its own"
        );
        assert!(seen.insert(said("code_challenge").into_owned()));
        let redirect: url::Url = said("redirect_uri").parse().unwrap();
        assert_eq!(
            redirect.host_str(),
            Some("127.0.0.1"),
            "RFC 8252 section 7.3"
        );
        let at = redirect.port().unwrap();
        assert!(port.is_none_or(|port| port == at.to_string()), "{page}");
        assert_eq!(listens_at(at), [format!("0100007F:{at:04X}")]);
        let told = get(&agree(&page));
        assert!(told.contains("slotbridge is logged in"), "{told}");
        assert_eq!(login.end().code, 0);
    }
}

#[test]
fn what_is_pasted_may_be_the_address_or_the_code() {
    let alive = newcomer();
    for whole in [true, false] {
        let mut login = Login::start(&alive.machine, &["--no-browser"]);
        let back = agree(&login.printed());
        login.paste(&if whole {
            back.to_string()
        } else {
            code_in(&back)
        });
        let ended = login.end();
        assert_eq!(ended.code, 0, "{}", ended.all);
        let said = ended.all.replace(back.as_str(), "");
        ensure_no_secret(&alive, &said);
    }
    assert_eq!(alive.sync().0, 0);
}

#[test]
fn with_no_browser_here_a_browser_here_may_still_come_back_by_itself() {
    let alive = newcomer();
    let mut login = Login::start(&alive.machine, &["--no-browser"]);
    let told = get(&agree(&login.printed()));
    assert!(told.contains("slotbridge is logged in"), "{told}");
    assert_eq!(login.end().code, 0);
}

#[test]
fn an_install_begun_in_the_marketplace_counts_only_if_it_is_pasted() {
    let alive = newcomer();
    let installed = |redirect: &str| {
        let page = format!(
            "{}/authorize?response_type=code&client_id=demo-client&redirect_uri={redirect}",
            alive.oauth_url()
        );
        agree(&page.parse().unwrap())
    };
    let login = Login::start(&alive.machine, &[]);
    let page = Login::opened(&alive.machine);
    let redirect = page.query_pairs().find(|(name, _)| name == "redirect_uri");
    let told = get(&installed(&redirect.unwrap().1));
    assert!(told.starts_with("HTTP/1.1 400"), "{told}");
    // It is waited on for the answer to this login.
    let told = get(&agree(&page));
    assert!(told.contains("slotbridge is logged in"), "{told}");
    let ended = login.end();
    assert_eq!(ended.code, 0, "{}", ended.all);
    assert!(
        ended.all.contains("has no state") && ended.all.contains("--no-browser"),
        "{}",
        ended.all
    );
    ensure_no_secret(&alive, &ended.all);

    let mut login = Login::start(&alive.machine, &["--no-browser"]);
    login.printed();
    login.paste(installed("https://me.example.org/done").as_str());
    let ended = login.end();
    assert_eq!(ended.code, 0, "{}", ended.all);
    assert_eq!(alive.sync().0, 0);
}

#[rstest]
#[case::no_state("code=x", "has no state")]
#[case::wrong_state("code=x&state=wrong", "belongs to another login")]
#[case::two_states("code=x&state=wrong&state=OURS", "neither the address")]
#[case::an_error_of_anybody("error=access_denied", "access_denied")]
#[case::an_error_of_another_login("error=access_denied&state=wrong", "another login")]
fn what_anybody_sends_to_the_port_does_not_end_a_login(#[case] query: &str, #[case] cause: &str) {
    let alive = newcomer();
    let login = Login::start(&alive.machine, &[]);
    let page = Login::opened(&alive.machine);
    let said = |name| page.query_pairs().find(|(own, _)| own == name).unwrap().1;
    let query = query.replace("OURS", &said("state"));
    for _ in 0..5 {
        let told = get(&format!("{}?{query}", said("redirect_uri")).parse().unwrap());
        assert!(told.starts_with("HTTP/1.1 400"), "{told}");
    }
    let told = get(&agree(&page));
    assert!(told.contains("slotbridge is logged in"), "{told}");
    let ended = login.end();
    assert_eq!(ended.code, 0, "{}", ended.all);
    let times = ended.all.matches(cause).count();
    assert_eq!(times, 3, "it is told, and not for ever: {}", ended.all);
}

#[test]
fn a_pasted_answer_of_another_login_ends_it() {
    let alive = newcomer();
    let mut login = Login::start(&alive.machine, &["--no-browser"]);
    let page = login.printed();
    let redirect = page.query_pairs().find(|(name, _)| name == "redirect_uri");
    login.paste(&format!("{}?code=x&state=wrong", redirect.unwrap().1));
    let ended = login.end();
    assert_eq!(ended.code, 3, "{}", ended.all);
    for part in ["belongs to another login", "older tabs", "hint: "] {
        assert!(ended.all.contains(part), "{part}: {}", ended.all);
    }
}

#[rstest]
#[case::declined(
    "error=access_denied&state=OURS",
    3,
    "access_denied",
    "agree on Zoom's page"
)]
#[case::unknown_code("code=never-given&state=OURS", 3, "invalid_grant", "slotbridge login")]
#[case::two_codes("code=x&code=y&state=OURS", 2, "neither the address", "whole address")]
fn a_login_that_fails_says_why_and_changes_nothing(
    #[case] query: &str,
    #[case] code: i32,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let alive = newcomer();
    assert_eq!(log_in(&alive).code, 0);
    for no_browser in [false, true] {
        let words: &[&str] = if no_browser { &["--no-browser"] } else { &[] };
        fs::remove_file(alive.machine.home.path().join("opened")).ok();
        let mut login = Login::start(&alive.machine, words);
        let page = if no_browser {
            login.printed()
        } else {
            Login::opened(&alive.machine)
        };
        let said = |name| page.query_pairs().find(|(own, _)| own == name).unwrap().1;
        let query = query.replace("OURS", &said("state"));
        let back = format!("{}?{query}", said("redirect_uri"));
        if no_browser {
            login.paste(&back);
        } else {
            let told = get(&back.parse().unwrap());
            assert!(
                told.starts_with("HTTP/1.1 400") && told.contains("did not work"),
                "{told}"
            );
        }
        let ended = login.end();
        assert_eq!(ended.code, code, "{}", ended.all);
        for part in [cause, remedy, "hint: "] {
            assert!(ended.all.contains(part), "{part}: {}", ended.all);
        }
    }
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "who was logged in still is: {json}");
}

#[test]
fn a_code_works_once() {
    let alive = newcomer();
    let mut first = Login::start(&alive.machine, &["--no-browser"]);
    let back = agree(&first.printed());
    first.paste(back.as_str());
    assert_eq!(first.end().code, 0);
    let mut second = Login::start(&alive.machine, &["--no-browser"]);
    second.printed();
    second.paste(&code_in(&back));
    let ended = second.end();
    assert_eq!(ended.code, 3, "{}", ended.all);
    assert!(ended.all.contains("a code works once"), "{}", ended.all);
    assert!(!ended.all.contains(&code_in(&back)), "{}", ended.all);
}

#[test]
fn what_never_comes_back_is_given_up_and_a_port_that_is_taken_is_said() {
    let alive = newcomer();
    for words in [
        &["--timeout", "0s"][..],
        &["--no-browser", "--timeout", "0s"],
    ] {
        let login = Login::start(&alive.machine, words);
        let mut ended = login;
        let stdin = ended.stdin.take();
        let ended = ended.end();
        drop(stdin);
        assert_eq!(ended.code, 4, "{}", ended.all);
        assert!(
            ended.all.contains("nothing came back within 0s"),
            "{}",
            ended.all
        );
        assert!(
            ended.all.contains("/callback to the addresses"),
            "{}",
            ended.all
        );
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = Login::start(&alive.machine, &["--port", &port]).end();
    assert_eq!(ended.code, 2, "{}", ended.all);
    assert!(ended.all.contains(&format!("port {port}")), "{}", ended.all);
    let mut login = Login::start(&alive.machine, &["--no-browser", "--port", &port]);
    let page = login.printed();
    assert!(page.as_str().contains(&port), "{page}");
    login.paste("");
    let ended = login.end();
    assert_eq!(ended.code, 2, "{}", ended.all);
    assert!(ended.all.contains("nothing was pasted"), "{}", ended.all);
}

#[test]
fn a_power_cut_between_exchange_and_store_costs_a_login_and_nothing_else() {
    let alive = newcomer();
    let before = alive.account.refresh_token();
    let late = Fault::DelayAfter(Duration::from_mins(5));
    alive.account.faults().once("POST", "/oauth/token", late);
    let mut login = Login::start(&alive.machine, &["--no-browser"]);
    let back = agree(&login.printed());
    login.paste(back.as_str());
    let start = Instant::now();
    while alive.account.refresh_token() == before {
        assert!(start.elapsed() < Duration::from_mins(1), "never exchanged");
        std::thread::yield_now();
    }
    login.child.kill().unwrap();
    login.child.wait().unwrap();
    assert_eq!(alive.machine.run(&["state", "verify"]).0, 0);
    assert_eq!(alive.machine.run(&["sync"]).0, 3);
    assert_eq!(log_in(&alive).code, 0);
    assert_eq!(alive.sync().0, 0);
}

#[test]
fn a_running_daemon_takes_a_login_and_a_logout() {
    let alive = newcomer();
    alive.book();
    let mut daemon = alive.machine.daemon();
    let refused = daemon.until("there is no refresh token");
    assert!(refused.contains("slotbridge login"), "{refused}");
    let ended = log_in(&alive);
    assert_eq!(ended.code, 0, "{}", ended.all);
    assert!(ended.out.contains("logged in; "), "{}", ended.out);
    // The login alone wakes it: the next pass by itself is an hour away.
    let done = daemon.until("\"ok\":true");
    assert!(done.contains("\"created\":1"), "{done}");

    // A dry run refreshes with tokens of its own; the daemon's passes go on with them.
    alive.account.expire_access_tokens();
    assert_eq!(alive.machine.run(&["sync", "--dry-run"]).0, 0);
    assert_eq!(alive.machine.run(&["sync"]).0, 0);

    let (code, out, error) = alive.machine.run(&["logout"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("logged out"), "{out}");
    assert_eq!(alive.account.refresh_token(), None);
    assert_eq!(alive.machine.run(&["sync"]).0, 3);
    assert_eq!(log_in(&alive).code, 0);
    assert_eq!(alive.machine.run(&["sync"]).0, 0);
    let (_, _, log) = daemon.end();
    ensure_no_secret(&alive, &log);
}

#[test]
fn a_daemon_with_another_app_is_not_given_the_code() {
    let alive = newcomer();
    let mut daemon = alive.machine.daemon();
    daemon.until("there is no refresh token");
    let other = fs::read_to_string(&alive.machine.config).unwrap();
    let other = other.replace("\"demo-client\"", "\"other-client\"");
    fs::write(&alive.machine.config, other).unwrap();
    let asked = alive.account.request_count(Door::Oauth);
    let ended = Login::start(&alive.machine, &["--no-browser"]).end();
    assert_eq!(ended.code, 2, "{}", ended.all);
    assert!(ended.all.contains("SIGHUP"), "{}", ended.all);
    assert_eq!(alive.account.request_count(Door::Oauth), asked);
}

#[test]
fn an_app_of_the_account_needs_no_login_but_its_credentials_are_tried() {
    let alive = Alive::server_to_server();
    let mut daemon = alive.machine.daemon();
    daemon.until("pass done");
    let (code, out, error) = alive.machine.run(&["login"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("no login is needed"), "{out}");
    ensure_no_secret(&alive, &out);
    drop(daemon);
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    let wrong = config.replace("demo-client-secret", "hush");
    fs::write(&alive.machine.config, wrong).unwrap();
    let (code, out, error) = alive.machine.run(&["login"]);
    assert_eq!((code, out.as_str()), (3, ""), "{error}");
    assert!(
        error.contains("client_secret") && !error.contains("hush"),
        "{error}"
    );
    let (code, out, _) = alive.machine.run(&["logout"]);
    assert_eq!(code, 0);
    assert!(out.contains("nobody is logged in"), "{out}");
}

#[rstest]
#[case("zoom_calendar", 1, "these scopes are missing")]
#[case("auto", 0, "for private events in the Zoom calendar")]
fn missing_scopes_are_named_with_what_they_are_for(
    #[case] to: &str,
    #[case] code: i32,
    #[case] head: &str,
) {
    let mut options = AccountOptions::default();
    options.calendar.scope = Scope::Missing(400);
    let alive = Alive::with_options(options, |_| "kind = \"user\"".to_owned());
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    let config = format!("{config}[host.busy]\nfrom = [\"work\"]\nto = \"{to}\"\n");
    fs::write(&alive.machine.config, config).unwrap();
    let ended = log_in(&alive);
    assert_eq!(ended.code, code, "{}", ended.all);
    assert!(ended.out.contains(head), "{}", ended.out);
    assert!(
        ended
            .out
            .contains("  calendar:delete:event: to delete blocks\n"),
        "{}",
        ended.out
    );
    assert!(!ended.out.contains("  scheduler:"), "{}", ended.out);
}

#[test]
fn an_app_of_the_account_is_told_its_own_scopes() {
    let mut options = AccountOptions::default();
    options.calendar.scope = Scope::Missing(400);
    let alive = Alive::with_options(options, |app| {
        format!(
            "kind = \"server_to_server\"\naccount_id = \"{}\"",
            app.account_id
        )
    });
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    let config = format!("{config}[host.busy]\nfrom = [\"work\"]\nto = \"zoom_calendar\"\n");
    fs::write(&alive.machine.config, config).unwrap();
    let (code, out, error) = alive.machine.run(&["login"]);
    assert_eq!(code, 1, "{out}{error}");
    assert!(
        out.contains("  calendar:delete:event:admin: to delete blocks\n"),
        "{out}"
    );
    assert!(
        out.contains("activate it again") && !out.contains("log in again"),
        "{out}"
    );
}

#[test]
fn without_an_app_there_is_nothing_to_log_in_to() {
    for words in [["login"], ["logout"]] {
        let (code, out, error) = Machine::with("").run(&words);
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        assert!(
            error.contains("zoom.auth") && error.contains("client_id"),
            "{error}"
        );
    }
}
