//! Wrong about a calendar behind CalDAV, or in a directory.

use super::super::feed_server::Server as Scripted;
use super::super::machine::Alive;
use super::super::proxy::Proxy;
use super::super::servers::{PASSWORD, Radicale, Server, USER};
use super::super::tls;
use super::ran::Ran;
use super::{CLOSED, Mistake, others};

/// Everything works, but that the calendar is here.
fn at(url: &str) -> Alive {
    with(url, USER, PASSWORD)
}

fn with(url: &str, username: &str, password: &str) -> Alive {
    let alive = Alive::server_to_server();
    let old = format!("kind = \"vdir\"\npath = \"{}\"", alive.calendar.display());
    let new = format!(
        "kind = \"caldav\"\nurl = \"{url}\"\nusername = \"{username}\"\npassword = \"{password}\""
    );
    alive.machine.rewrite(&old, &new);
    alive
}

fn check(alive: &Alive) -> Ran {
    Ran::of(&alive.machine, &["check"])
}

/// Another calendar on the server.
pub fn make(server: &Server, name: &str) {
    let path = format!("/alice/{name}/");
    let kind = [("Content-Type", "application/xml; charset=utf-8")];
    let body = r#"<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"/>"#;
    let (status, answer) = server.request("MKCALENDAR", &path, &kind, body);
    assert_eq!(status, 201, "{answer}");
}

/// A calendar that may only be read.
fn read_only() -> Ran {
    let dav = Radicale::start();
    let place = dav.home().join("data/collection-root/alice");
    make(&dav, "shared");
    std::fs::rename(place.join("shared"), place.join("readonly-shared")).unwrap();
    check(&at(&format!("{}alice/readonly-shared/", dav.url())))
}

/// Another machine's calendar, where a proxy leads out.
fn behind(proxy: &str) -> Ran {
    let alive = at("https://dav.example.org/alice/work/");
    let mut command = alive.machine.command(&["check"]);
    command.env("HTTPS_PROXY", proxy);
    Ran::by(&alive.machine, &["check"], command)
}

pub const MISTAKES: &[Mistake] = &[
    Mistake {
        what: "The password is wrong",
        make: |stage| check(&with(&stage.dav().calendar_url(), USER, "battery staple")),
        code: 3,
        says: &["calendar work", "refused the credentials (401)"],
        remedy: &["check username and password", "made for this app"],
    },
    Mistake {
        what: "The password is wrong, in a pass",
        make: |stage| {
            let alive = with(&stage.dav().calendar_url(), USER, "battery staple");
            Ran::of(&alive.machine, &["sync"])
        },
        code: 3,
        says: &["calendar work", "refused the credentials (401)"],
        remedy: &["check username and password"],
    },
    Mistake {
        what: "There is no calendar at the address",
        make: |stage| check(&at(&format!("{}alice/nowhere/", stage.dav().url()))),
        code: 1,
        says: &["calendar work", "no calendar at the address"],
        remedy: &["/alice/work/"],
    },
    Mistake {
        what: "The address is that of a home with calendars, not of a calendar",
        make: |stage| check(&at(&format!("{}alice/", stage.dav().url()))),
        code: 1,
        says: &["calendar work", "several calendars"],
        remedy: &["set collection to one of", "Work"],
    },
    Mistake {
        what: "No calendar there has the name",
        make: |stage| {
            let alive = at(&stage.dav().url());
            alive.machine.rewrite(
                "username = \"alice\"",
                "username = \"alice\"\ncollection = \"Wrok\"",
            );
            check(&alive)
        },
        code: 1,
        says: &["calendar work", "no calendar \"Wrok\""],
        remedy: &["Work"],
    },
    Mistake {
        what: "The calendar may only be read",
        make: |_| read_only(),
        code: 3,
        says: &["calendar, writing work", "403"],
        remedy: &["may only read the calendar", "write access"],
    },
    Mistake {
        what: "The address has a user name in it",
        make: |_| check(&at("https://alice@dav.example.org/work/")),
        code: 2,
        says: &["config.toml:15: calendar.work.url", "user name in it"],
        remedy: &["username and password"],
    },
    Mistake {
        what: "The directory is not there, in a pass",
        make: |_| {
            let alive = Alive::server_to_server();
            std::fs::remove_dir(&alive.calendar).unwrap();
            Ran::of(&alive.machine, &["sync"])
        },
        code: 1,
        says: &["calendar work", "no such directory"],
        remedy: &["mount it or create it"],
    },
    Mistake {
        what: "The name of the server does not resolve",
        make: |_| check(&at("https://dav.invalid/alice/work/")),
        code: 4,
        says: &["calendar work", "dav.invalid does not resolve"],
        remedy: &["address of dav.invalid", "DNS"],
    },
    Mistake {
        what: "Nothing listens at the port",
        make: |_| check(&at(&format!("{CLOSED}/alice/work/"))),
        code: 4,
        says: &["calendar work", "nothing listens"],
        remedy: &["its port"],
    },
    Mistake {
        what: "The server's certificate is signed by itself",
        make: |_| {
            check(&at(&format!(
                "https://localhost:{}/alice/",
                tls::start().port()
            )))
        },
        code: 4,
        says: &["calendar work", "certificate of localhost is not trusted"],
        remedy: &["signed by itself", "update-ca-certificates"],
    },
    Mistake {
        what: "https, where the server speaks http",
        make: |stage| {
            check(&at(&stage
                .dav()
                .calendar_url()
                .replace("http://", "https://")))
        },
        code: 4,
        says: &["calendar work", "does not speak TLS"],
        remedy: &["check the port"],
    },
    Mistake {
        what: "http instead of https",
        make: |_| check(&at("http://dav.example.org/alice/work/")),
        code: 2,
        says: &["config.toml:15: calendar.work.url", "not encrypted"],
        remedy: &["use https://"],
    },
    Mistake {
        what: "Only a proxy leads out, and none is named",
        make: |_| {
            let alive = Alive::server_to_server();
            others::without_a_network(&alive.machine, "https://192.0.2.10/")
        },
        code: 4,
        says: &["192.0.2.10", "Network is unreachable"],
        remedy: &["only a proxy leads out", "HTTPS_PROXY"],
    },
    Mistake {
        what: "The proxy that leads out is not there",
        make: |_| behind(CLOSED),
        code: 4,
        says: &["calendar work", "proxy did not lead there"],
        remedy: &["HTTPS_PROXY", "NO_PROXY=dav.example.org"],
    },
    Mistake {
        what: "The proxy that leads out asks for a password",
        make: |_| {
            let proxy = Scripted::saying("407 Proxy Authentication Required", "", "");
            behind(&proxy.at("127.0.0.1", ""))
        },
        code: 4,
        says: &["calendar work", "asks for a user name and a password"],
        remedy: &["HTTPS_PROXY", "NAME:PASSWORD@"],
    },
    Mistake {
        what: "The clock of this machine is an hour behind",
        make: |stage| {
            let url = stage.dav().calendar_url();
            let port = url.split([':', '/']).find_map(|part| part.parse().ok());
            let proxy = Proxy::before(port.unwrap());
            proxy.shift_clock(3_600);
            let shifted = format!(":{}/", proxy.port());
            check(&at(&url.replace(&format!(":{}/", port.unwrap()), &shifted)))
        },
        code: 1,
        says: &["clock work", "3600 s behind"],
        remedy: &["timedatectl set-ntp true"],
    },
    Mistake {
        what: "The directory is not there",
        make: |_| {
            let alive = Alive::server_to_server();
            std::fs::remove_dir(&alive.calendar).unwrap();
            check(&alive)
        },
        code: 1,
        says: &[
            "calendar work",
            "/home/alice/calendar: there is no such directory",
        ],
        remedy: &["mount it or create it"],
    },
    Mistake {
        what: "The directory may not be written by this user",
        make: |_| {
            use std::os::unix::fs::PermissionsExt as _;
            let alive = Alive::server_to_server();
            let rights = std::fs::Permissions::from_mode(0o555);
            std::fs::set_permissions(&alive.calendar, rights).unwrap();
            others::give(&alive.machine, &[]);
            others::as_a_user(&alive.machine, &["check"])
        },
        code: 1,
        says: &["work writing", "/home/alice/calendar: Permission denied"],
        remedy: &["give the user", "/home/alice/calendar"],
    },
];
