//! A calendar that wants tokens of a login: logged in to, used, renewed, refused, logged out of.

use std::fs;
use std::net::TcpListener;

use rstest::rstest;

use super::browser::{Ended, Login, agree, code_in, get};
use super::machine::Alive;
use super::tokens::{CLIENT_SECRET, Manners, Tokens};

pub const COMMAND: &str = "slotbridge login --calendar work";

/// Somebody with such a calendar, and not logged in.
pub fn somebody(manners: Manners) -> (Alive, Tokens) {
    with(Alive::server_to_server(), manners)
}

fn with(alive: Alive, manners: Manners) -> (Alive, Tokens) {
    let tokens = Tokens::start(manners);
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    let start = config.find("[[calendar]]").unwrap();
    let end = config.find("[[host]]").unwrap();
    let config = [&config[..start], &tokens.calendar(), &config[end..]].concat();
    fs::write(&alive.machine.config, config).unwrap();
    alive.book();
    (alive, tokens)
}

fn begin(alive: &Alive) -> Login {
    Login::start(&alive.machine, &["--no-browser", "--calendar", "work"])
}

pub fn log_in(alive: &Alive) -> Ended {
    let mut login = begin(alive);
    let back = agree(&login.printed());
    login.paste(back.as_str());
    login.end()
}

pub fn logged_in(manners: Manners) -> (Alive, Tokens) {
    let (alive, tokens) = somebody(manners);
    let ended = log_in(&alive);
    assert_eq!(ended.code, 0, "{}", ended.all);
    (alive, tokens)
}

pub fn ensure_no_secret(text: &str) {
    for word in [CLIENT_SECRET, "access-", "refresh-", "code_verifier"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

fn entries(tokens: &Tokens) -> usize {
    let (status, listing) = tokens
        .radicale
        .request("PROPFIND", "", &[("Depth", "1")], "");
    assert_eq!(status, 207, "{listing}");
    listing.matches(".ics</").count()
}

#[test]
fn who_logs_in_has_their_bookings_there() {
    let (alive, tokens) = somebody(Manners::default());
    for words in [&["sync"][..], &["check"]] {
        let (code, out, error) = alive.machine.run(words);
        assert_eq!(code, 3, "{out}{error}");
        assert!(
            out.contains("nobody has logged in yet") && out.contains(COMMAND),
            "{out}"
        );
    }
    let login = Login::start(&alive.machine, &["--calendar", "work"]);
    let told = get(&agree(&Login::opened(&alive.machine)));
    assert!(told.contains("slotbridge is logged in"), "{told}");
    let ended = login.end();
    assert_eq!(ended.code, 0, "{}", ended.all);
    assert!(ended.out.starts_with("logged in; "), "{}", ended.out);
    ensure_no_secret(&ended.all);

    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["hosts"][0]["bookings"]["created"], 1, "{json}");
    assert_eq!(entries(&tokens), 1);
    let (code, out, error) = alive.machine.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
    ensure_no_secret(&format!("{out}{error}"));
    let (code, out, _) = alive.machine.run(&["config", "show"]);
    assert_eq!(code, 0);
    ensure_no_secret(&out);
    assert_eq!((tokens.refreshed(), tokens.refused()), (0, 0));
}

#[rstest]
fn a_token_is_renewed_before_its_end(#[values(true, false)] rotates: bool) {
    let (alive, tokens) = logged_in(Manners {
        rotates,
        expires_in: Some(1),
        ..Manners::default()
    });
    // A dry run keeps what it was given, too.
    assert_eq!(alive.machine.run(&["sync", "--dry-run"]).0, 0);
    let refreshed = tokens.refreshed();
    assert!(refreshed > 0);
    for _ in 0..2 {
        let (code, json) = alive.sync();
        assert_eq!(code, 0, "{json}");
    }
    assert_eq!(alive.machine.run(&["check"]).0, 0);
    assert!(tokens.refreshed() > refreshed);
    assert_eq!((tokens.refused(), tokens.logins()), (0, 1));
    assert_eq!(entries(&tokens), 1);
}

#[rstest]
fn a_token_that_is_refused_is_renewed_once(#[values(true, false)] rotates: bool) {
    let (alive, tokens) = logged_in(Manners {
        rotates,
        ..Manners::default()
    });
    assert_eq!(alive.sync().0, 0);
    tokens.end_access();
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    assert_eq!((tokens.refreshed(), tokens.refused()), (1, 1));

    tokens.set(|manners| manners.refuses_all = true);
    let (code, json) = alive.sync();
    assert_eq!(code, 3, "{json}");
    assert!(
        json.to_string().contains("and a new one, too (401)"),
        "{json}"
    );
    assert!(json.to_string().contains(COMMAND), "{json}");
    ensure_no_secret(&json.to_string());
    assert_eq!(tokens.refused() - 1, 2 * (tokens.refreshed() - 1));
}

#[test]
fn a_login_that_ended_is_said_and_costs_nothing_but_another_one() {
    let (alive, tokens) = logged_in(Manners::default());
    assert_eq!(alive.sync().0, 0);
    tokens.end_login();
    for words in [&["sync"][..], &["check"]] {
        let (code, out, error) = alive.machine.run(words);
        assert_eq!(code, 3, "{out}{error}");
        assert!(
            out.contains("refused the refresh token (invalid_grant)"),
            "{out}"
        );
        assert!(out.contains(COMMAND), "{out}");
    }
    assert_eq!(entries(&tokens), 1);
    assert_eq!(log_in(&alive).code, 0);
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["hosts"][0]["bookings"]["created"], 0, "{json}");
    assert_eq!(entries(&tokens), 1);
}

#[test]
fn who_logs_out_is_out() {
    let (alive, tokens) = logged_in(Manners::default());
    assert_eq!(alive.sync().0, 0);
    let words = ["logout", "--calendar", "work"];
    let (code, out, error) = alive.machine.run(&words);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("logged out of 127.0.0.1"), "{out}");
    assert!(
        tokens
            .revoked()
            .iter()
            .any(|token| token.starts_with("refresh-"))
    );
    assert_eq!(tokens.logins(), 0);
    assert_eq!(alive.machine.run(&["sync"]).0, 3);
    let (code, out, _) = alive.machine.run(&words);
    assert_eq!((code, out.as_str()), (0, "nobody was logged in\n"));
}

/// A mistake: what is put in place of what in the configuration, what comes back, the exit code, the
/// cause and the remedy.
#[rstest]
#[case::wrong_secret((CLIENT_SECRET, "hush-wrong"), None, 3, "invalid_client", "calendar.work.oauth.client_secret")]
#[case::declined(("", ""), Some("error=access_denied&state=OURS"), 3, "access_denied", "test users")]
#[case::other_login(("", ""), Some("code=x&state=theirs"), 3, "belongs to another login", COMMAND)]
#[case::no_state(("", ""), Some("code=x"), 3, "has no state", COMMAND)]
#[case::unknown_code(("", ""), Some("code=x&state=OURS"), 3, "invalid_grant", COMMAND)]
#[case::wrong_place(("/token\"", "/nowhere\""), None, 4, "404", "calendar.work.oauth.token_url")]
fn a_login_that_fails_says_why(
    #[case] (right, wrong): (&str, &str),
    #[case] back: Option<&str>,
    #[case] code: i32,
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let (alive, _tokens) = somebody(Manners::default());
    if !right.is_empty() {
        let config = fs::read_to_string(&alive.machine.config).unwrap();
        fs::write(&alive.machine.config, config.replace(right, wrong)).unwrap();
    }
    let mut login = begin(&alive);
    let page = login.printed();
    let said = |name| page.query_pairs().find(|(own, _)| own == name).unwrap().1;
    let back = match back {
        Some(query) => format!(
            "{}?{}",
            said("redirect_uri"),
            query.replace("OURS", &said("state"))
        ),
        None => agree(&page).to_string(),
    };
    login.paste(&back);
    let ended = login.end();
    assert_eq!(ended.code, code, "{}", ended.all);
    for part in [cause, remedy, "hint: "] {
        assert!(ended.all.contains(part), "{part}: {}", ended.all);
    }
    ensure_no_secret(&ended.all);
    assert!(!ended.all.contains("hush"), "{}", ended.all);
}

#[test]
fn what_was_left_out_on_the_page_is_said() {
    let (alive, tokens) = somebody(Manners {
        grants_less: true,
        ..Manners::default()
    });
    let ended = log_in(&alive);
    assert_eq!(ended.code, 1, "{}", ended.all);
    assert!(ended.all.contains("leave nothing out"), "{}", ended.all);
    assert_eq!(tokens.logins(), 1);
}

#[test]
fn a_code_alone_can_be_pasted_and_works_once() {
    let (alive, _tokens) = somebody(Manners::default());
    let mut login = begin(&alive);
    let code = code_in(&agree(&login.printed()));
    login.paste(&code);
    assert_eq!(login.end().code, 0);
    let mut login = begin(&alive);
    login.printed();
    login.paste(&code);
    assert_eq!(login.end().code, 3);
}

#[test]
fn a_token_never_goes_to_another_server() {
    let (alive, tokens) = logged_in(Manners::default());
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let port = other.local_addr().unwrap().port();
    tokens.set(|manners| manners.sends_to = Some(port));
    let (code, json) = alive.sync();
    assert_eq!(code, 3, "{json}");
    assert!(json.to_string().contains("not told who we are"), "{json}");
    assert!(other.accept().is_err(), "nobody came there");
}

#[test]
fn a_running_daemon_takes_the_login_and_lends_its_token() {
    let (alive, tokens) = somebody(Manners {
        rotates: true,
        ..Manners::default()
    });
    let mut daemon = alive.machine.daemon();
    let refused = daemon.until("there is no refresh token");
    assert!(refused.contains(COMMAND), "{refused}");
    let ended = log_in(&alive);
    assert_eq!(ended.code, 0, "{}", ended.all);
    let done = daemon.until("\"ok\":true");
    assert!(done.contains("\"created\":1"), "{done}");
    let (code, out, error) = alive.machine.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(!out.contains("warning"), "{out}");
    assert_eq!(tokens.refreshed(), 0, "the daemon's token serves");
    tokens.end_access();
    assert_eq!(alive.machine.run(&["sync"]).0, 0);
    assert_eq!(alive.machine.run(&["logout", "--calendar", "work"]).0, 0);
    assert_eq!(alive.machine.run(&["sync"]).0, 3);
    let (_, _, log) = daemon.end();
    ensure_no_secret(&log);
}

#[rstest]
#[case(&["login", "--calendar", "other"], "there is no calendar \"other\"", "config show")]
#[case(&["logout", "--calendar", "plain"], "nobody logs in to the calendar \"plain\"", "slotbridge check")]
fn a_calendar_without_a_login_is_said(
    #[case] words: &[&str],
    #[case] cause: &str,
    #[case] remedy: &str,
) {
    let (alive, _tokens) = somebody(Manners::default());
    let mut config = fs::read_to_string(&alive.machine.config).unwrap();
    config.push_str("[[calendar]]\nname = \"plain\"\nkind = \"vdir\"\npath = \"/tmp\"\n");
    fs::write(&alive.machine.config, config).unwrap();
    let (code, out, error) = alive.machine.run(words);
    assert_eq!((code, out.as_str()), (2, ""), "{error}");
    assert!(error.contains(cause) && error.contains(remedy), "{error}");
}

#[test]
fn calendars_of_one_account_share_a_login_and_busy_time_is_read_with_it() {
    let (alive, tokens) = somebody(Manners {
        rotates: true,
        ..Manners::default()
    });
    let start = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    let at = |time: jiff::Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let end = start + jiff::SignedDuration::from_hours(1);
    tokens.radicale.put(
        "lunch.ics",
        &format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:lunch\r\nDTSTAMP:20260101T000000Z\r\n\
             DTSTART:{}\r\nDTEND:{}\r\nSUMMARY:Lunch\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            at(start),
            at(end)
        ),
    );
    let team = tokens.calendar().replace("\"work\"", "\"team\"");
    let config = fs::read_to_string(&alive.machine.config).unwrap();
    let busy = "[host.busy]\nfrom = [\"team\"]\n";
    let config = config.replace("[[host]]", &format!("{team}[[host]]")) + busy;
    fs::write(&alive.machine.config, config).unwrap();
    let ended = log_in(&alive);
    assert_eq!(ended.code, 0, "{}", ended.all);
    let (code, json) = alive.sync();
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["hosts"][0]["busy"]["created"], 1, "{json}");
    let (code, out, error) = alive.machine.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
    assert_eq!((tokens.logins(), tokens.refused()), (1, 0));
    // Both are refused at once, and one of them renews for both.
    for renewed in 1..=5 {
        tokens.end_access();
        let (code, out, error) = alive.machine.run(&["check"]);
        assert_eq!(code, 0, "{out}{error}");
        assert_eq!((tokens.logins(), tokens.refreshed()), (1, renewed));
    }
}

#[test]
fn logins_to_zoom_and_to_a_calendar_stand_side_by_side() {
    let (alive, tokens) = with(Alive::user(), Manners::default());
    assert_eq!(log_in(&alive).code, 0);
    assert_eq!(alive.sync().0, 0);
    alive.account.expire_access_tokens();
    tokens.end_access();
    let (code, out, error) = alive.machine.run(&["check"]);
    assert_eq!(code, 0, "{out}{error}");
    assert_eq!(tokens.refreshed(), 1, "what check was given is kept");
    assert_eq!(alive.sync().0, 0);
    assert_eq!(tokens.refreshed(), 1);

    let words = ["logout", "--calendar", "work", "--only-here"];
    assert_eq!(alive.machine.run(&words).0, 0);
    assert!(
        tokens.revoked().is_empty(),
        "nothing was said to the server"
    );
    let (code, out, error) = alive.machine.run(&["check"]);
    assert_eq!(code, 3, "{out}{error}");
    assert!(
        out.contains("Zoom gives one") && out.contains(COMMAND),
        "{out}"
    );
}
