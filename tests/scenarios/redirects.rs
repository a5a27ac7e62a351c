//! Redirects between servers behind real TLS: who asks is told to the server that the configuration
//! names, and to no other. (Which hosts of one provider are one server is a rule that only
//! `adapters::caldav::trust` can be asked about.)

use std::sync::{Arc, OnceLock};

use rstest::rstest;
use slotbridge::demo::account::AccountOptions;

use super::bench::{Bench, Run};
use super::side::Side::Vdir;
use super::tls_server::{Server, answer, authority};

const EMPTY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n";
/// Where everybody is sent.
const FURTHER: &str = "/further";

/// Where a redirect of https://localhost leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leads {
    /// To another path of the same server.
    Home,
    /// To another port of the same host.
    OtherPort,
    /// To another host, at the same port.
    OtherHost,
    /// To another server.
    Elsewhere,
    /// To the same host, without TLS.
    IntoTheOpen,
}

use Leads::{Elsewhere, Home, IntoTheOpen, OtherHost, OtherPort};

/// The servers of a test.
struct Way {
    /// Wants a login, and sends who has one further.
    here: Server,
    /// Would take any login.
    there: Server,
    /// The same, without TLS.
    plain: Server,
}

impl Way {
    fn leads(to: Leads, status: &'static str) -> Self {
        let target = Arc::<OnceLock<String>>::default();
        let further = target.clone();
        let here = Server::start(Box::new(move |head| {
            if !head.contains("\r\nauthorization: ") {
                return wants_a_login();
            }
            if is_further(head) {
                return answer("200 OK", "", EMPTY);
            }
            answer(
                status,
                &format!("Location: {}\r\n", further.get().unwrap()),
                "",
            )
        }));
        let there = Server::start(Box::new(takes_any));
        let plain = Server::plain(Box::new(takes_any));
        let place = match to {
            Home => format!("https://localhost:{}", here.port),
            OtherPort => format!("https://localhost:{}", there.port),
            OtherHost => format!("https://127.0.0.1:{}", here.port),
            Elsewhere => format!("https://127.0.0.1:{}", there.port),
            IntoTheOpen => format!("http://localhost:{}", plain.port),
        };
        target.set(format!("{place}{FURTHER}/")).unwrap();
        Self { here, there, plain }
    }

    /// Runs a command that trusts the authority of the tests.
    fn run(bench: &Bench, words: &[&str]) -> Run {
        let mut command = bench.command(words);
        command.env("SSL_CERT_FILE", authority(bench.home.path()));
        Run::of(&mut command)
    }

    /// What was asked at home with a login.
    fn home(&self) -> Vec<String> {
        let mut heads = self.here.heads();
        heads.retain(|head| head.contains("\r\nhost: localhost:") && is_told(head));
        heads
    }

    /// What was asked anywhere else, by whatever name.
    fn away(&self) -> Vec<String> {
        let mut heads = self.here.heads();
        heads.retain(|head| !head.contains("\r\nhost: localhost:"));
        heads.extend(self.there.heads());
        heads.extend(self.plain.heads());
        heads
    }
}

fn is_further(head: &str) -> bool {
    head.split(' ')
        .nth(1)
        .is_some_and(|path| path.starts_with(FURTHER))
}

fn is_told(head: &str) -> bool {
    ["authorization:", "cookie:", "hush", "demo-client"]
        .iter()
        .any(|word| head.contains(word))
}

fn wants_a_login() -> String {
    answer(
        "401 Unauthorized",
        "WWW-Authenticate: Basic realm=\"x\"\r\n",
        "",
    )
}

fn takes_any(head: &str) -> String {
    if is_told(head) || !head.starts_with("get ") {
        return wants_a_login();
    }
    answer("200 OK", "Content-Type: text/calendar\r\n", EMPTY)
}

/// A bench with a calendar of this kind at https://localhost, and these tables of the host.
fn bench(calendar: &str, flows: &str) -> Bench {
    let bench = Bench::flows(Vdir, flows, AccountOptions::default());
    let table = format!("[[calendar]]\nname = \"away\"\n{calendar}\n[[host]]");
    bench.configure(|text| text.replacen("[[host]]", &table, 1));
    bench
}

#[rstest]
fn a_calendar_is_not_followed_to_another_server(
    #[values(Home, OtherPort, OtherHost, Elsewhere, IntoTheOpen)] to: Leads,
    #[values("301 Moved", "302 Found", "307 Temporary", "308 Permanent")] status: &'static str,
) {
    let way = Way::leads(to, status);
    let port = way.here.port;
    let calendar = format!(
        "kind = \"caldav\"\nurl = \"https://localhost:{port}/work/\"\nusername = \"alice\"\npassword = \"hush-dav\""
    );
    let bench = bench(&calendar, "[host.bookings]\ncalendar = \"away\"\n");
    bench.book(1);
    let run = Way::run(&bench, &["sync", "--json"]);
    let home = way.home();
    assert!(!home.is_empty(), "{run:#?}");
    assert_eq!(
        home.iter().any(|head| is_further(head)),
        to == Home,
        "{home:#?}"
    );
    let away = way.away();
    assert!(away.is_empty(), "{away:#?}");
    let said = run.errors();
    assert_eq!(
        said.contains("which is not told who we are"),
        to != Home,
        "{run:#?}"
    );
    // Nor by who only looks for calendars.
    let at = format!("https://localhost:{port}/");
    let login = ["--username", "alice", "--password-command", "echo hush-dav"];
    let run = Way::run(&bench, &[&["calendars", &at], &login[..]].concat());
    assert_ne!(run.code, 0, "{run:#?}");
    let away = way.away();
    assert!(!away.iter().any(|head| is_told(head)), "{run:#?}{away:#?}");
}

#[rstest]
fn a_feed_is_followed_and_nobody_else_is_told_who_asks(
    #[values(Home, OtherPort, OtherHost, Elsewhere, IntoTheOpen)] to: Leads,
) {
    let way = Way::leads(to, "302 Found");
    let port = way.here.port;
    let calendar =
        format!("kind = \"ics\"\nurl = \"https://alice:hush-feed@localhost:{port}/feed.ics\"");
    let bench = bench(&calendar, "[host.busy]\nfrom = [\"away\"]\n");
    let run = Way::run(&bench, &["sync", "--json"]);
    let home = way.home();
    assert_eq!(
        home.iter().any(|head| is_further(head)),
        to == Home,
        "{home:#?}"
    );
    assert!(
        home.iter().any(|head| head.starts_with("get /feed.ics ")),
        "{home:#?}"
    );
    let away = way.away();
    assert!(!away.iter().any(|head| is_told(head)), "{away:#?}");
    match to {
        Home => assert_eq!((run.code, away.len()), (0, 0), "{run:#?}{away:#?}"),
        // At home nobody comes in without a login.
        OtherHost => assert_eq!((run.code, away.len()), (3, 1), "{run:#?}{away:#?}"),
        OtherPort | Elsewhere => assert_eq!((run.code, away.len()), (0, 1), "{run:#?}{away:#?}"),
        IntoTheOpen => {
            assert_eq!((run.code, away.len()), (3, 0), "{run:#?}{away:#?}");
            assert!(run.errors().contains("plain http"), "{run:#?}");
        }
    }
}

#[rstest]
fn zoom_is_not_followed_anywhere(
    #[values(Home, OtherPort, OtherHost, Elsewhere, IntoTheOpen)] to: Leads,
    #[values("api_url", "oauth_url")] what: &str,
) {
    let way = Way::leads(to, "307 Temporary");
    let bench = Bench::new(Vdir, "");
    bench.configure(|text| {
        let lines = text.lines().map(|line| {
            if line.starts_with(what) {
                format!("{what} = \"https://localhost:{}/zoom\"\n", way.here.port)
            } else {
                format!("{line}\n")
            }
        });
        lines.collect()
    });
    let run = Way::run(&bench, &["sync", "--json"]);
    assert_eq!(run.code, 4, "{run:#?}");
    let home = way.home();
    assert!(!home.is_empty(), "{run:#?}");
    assert!(home.iter().all(|head| !is_further(head)), "{home:#?}");
    let away = way.away();
    assert!(away.is_empty(), "{away:#?}");
}
