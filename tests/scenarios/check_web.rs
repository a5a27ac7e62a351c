//! `slotbridge check` and the HTTP server: where the daemon really listens, who is asked there, and
//! who would see the status page.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use rstest::rstest;

use super::bench::Bench;
use super::checking::{check, item, says};
use super::daemon::{Daemon, listening};
use super::serving::bench;

/// An address of this machine at which nobody listens.
fn free(ip: &str) -> SocketAddr {
    let listener = TcpListener::bind(format!("{ip}:0")).unwrap();
    listener.local_addr().unwrap()
}

fn listening_at(bench: &Bench, address: SocketAddr) {
    bench.configure(|text| listening(text).replace("127.0.0.1:0", &address.to_string()));
}

/// By which other machines come, or would come.
#[rstest]
#[case::loopback("127.0.0.1")]
// Of this machine, and of no rule about the loopback.
#[case::mapped("[::ffff:127.0.0.1]")]
#[case::everywhere("0.0.0.0")]
fn a_daemon_that_runs_is_asked_where_it_listens(#[case] ip: &str) {
    let (bench, address) = (bench(), free(ip));
    listening_at(&bench, address);
    let _daemon = Daemon::ready(&bench);
    let run = check(&bench);
    assert_eq!(run.code, 0, "{run:#?}");
    let http = item(&run, "http", &address.to_string());
    assert_eq!(http["state"], "ok", "{http}");
    let hook = item(&run, "webhook", "zoom.webhook");
    let seen = hook["seen"].as_str().unwrap();
    assert!(
        seen.contains("slotbridge answers Zoom's question"),
        "{hook}"
    );
}

#[test]
fn where_the_service_manager_listens_counts() {
    let (bench, address) = (bench(), free("127.0.0.1"));
    listening_at(&bench, address);
    let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"";
    let binary = env!("CARGO_BIN_EXE_slotbridge");
    let mut command = bench.wrapped("sh", &["-c", script, "sh", binary], &["-v", "run"]);
    command.stdin(OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap()));
    let mut daemon = Daemon::spawn(&mut command);
    daemon.until("pass done");
    assert_ne!(daemon.address, address);
    let run = check(&bench);
    assert_eq!(run.code, 0, "{run:#?}");
    let http = item(&run, "http", &daemon.address.to_string());
    assert_eq!(http["state"], "warning", "{http}");
    let seen = http["seen"].as_str().unwrap();
    assert!(seen.contains("slotbridge answers there"), "{http}");
}

/// Whoever has the port while slotbridge does not run is told nothing.
#[rstest]
#[case::no_public_url(false)]
#[case::in_plain_text(true)]
fn a_stranger_at_the_port_is_asked_nothing(#[case] public: bool) {
    let bench = bench();
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = stranger.local_addr().unwrap();
    bench.configure(|text| {
        let text = listening(text).replace("127.0.0.1:0", &address.to_string());
        let url = format!("[http]\npublic_url = \"http://{address}\"\n");
        if public {
            text.replace("[http]\n", &url)
        } else {
            text
        }
    });
    stranger.set_nonblocking(true).unwrap();
    let run = check(&bench);
    let hook = item(&run, "webhook", "zoom.webhook");
    assert_eq!(hook["state"], "note", "{hook}");
    let came = stranger.accept().map_err(|error| error.kind());
    assert_eq!(came.unwrap_err(), ErrorKind::WouldBlock);
}

#[rstest]
#[case::nobody("", true)]
#[case::a_token("admin_token = \"correct horse battery staple\"\n", false)]
fn who_would_see_the_page_through_the_web_server_is_told(
    #[case] token: &str,
    #[case] warned: bool,
) {
    let bench = bench();
    let http = format!("[http]\n{token}public_url = \"https://cal.example.invalid\"\n");
    bench.configure(|text| listening(text).replace("[http]\n", &http));
    let run = check(&bench);
    if warned {
        let of = ("status page", "http.admin_token");
        says(
            &run,
            0,
            of,
            "whoever reaches https://cal.example.invalid",
            "/webhooks/ and /feeds/",
        );
        assert_eq!(item(&run, of.0, of.1)["state"], "warning");
    } else {
        assert!(
            !run.said().contains("http.admin_token is not set"),
            "{run:#?}"
        );
    }
}

#[test]
fn a_token_that_can_be_guessed_is_warned_of() {
    let bench = bench();
    bench.configure(|text| {
        listening(text).replace("[http]\n", "[http]\nadmin_token = \"fifteen letters\"\n")
    });
    let run = check(&bench);
    let of = ("status page", "http.admin_token");
    says(
        &run,
        0,
        of,
        "shorter than 16 characters",
        "openssl rand -hex 16",
    );
    assert_eq!(item(&run, of.0, of.1)["state"], "warning");
    let mut daemon = Daemon::ready(&bench);
    let logged = daemon.logged();
    assert!(
        logged.contains("http.admin_token is shorter than 16 characters"),
        "{logged}"
    );
}
