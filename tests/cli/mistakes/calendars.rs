//! Wrong about a calendar behind CalDAV, or in a directory.

use super::super::feed_server::Server as Scripted;
use super::super::machine::Alive;
use super::super::proxy::Proxy;
use super::super::servers::{PASSWORD, Radicale, Server, USER};
use super::super::tls;
use super::ran::Ran;
use super::{Mistake, others};

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
fn make(server: &Server, name: &str) -> String {
    let path = format!("/alice/{name}/");
    let kind = [("Content-Type", "application/xml; charset=utf-8")];
    let body = r#"<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"/>"#;
    let (status, answer) = server.request("MKCALENDAR", &path, &kind, body);
    assert_eq!(status, 201, "{answer}");
    path
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
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The password is wrong, in a pass",
        make: |stage| {
            let alive = with(&stage.dav().calendar_url(), USER, "battery staple");
            Ran::of(&alive.machine, &["sync"])
        },
        code: 3,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "There is no calendar at the address",
        make: |stage| check(&at(&format!("{}alice/nowhere/", stage.dav().url()))),
        code: 1,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The address is that of a home with calendars, not of a calendar",
        make: |stage| check(&at(&format!("{}alice/", stage.dav().url()))),
        code: 1,
        says: &[],
        remedy: &[],
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
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The calendar may only be read",
        make: |_| read_only(),
        code: 3,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The name of the server does not resolve",
        make: |_| check(&at("https://dav.invalid/alice/work/")),
        code: 4,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "Nothing listens at the port",
        make: |_| check(&at(&super::closed("/alice/work/"))),
        code: 4,
        says: &[],
        remedy: &[],
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
        says: &[],
        remedy: &[],
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
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "http instead of https",
        make: |_| check(&at("http://dav.example.org/alice/work/")),
        code: 2,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The proxy that leads out is not there",
        make: |_| behind(&super::closed("")),
        code: 4,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The proxy that leads out asks for a password",
        make: |_| {
            let proxy = Scripted::saying("407 Proxy Authentication Required", "", "");
            behind(&proxy.at("127.0.0.1", ""))
        },
        code: 4,
        says: &[],
        remedy: &[],
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
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The directory is not there",
        make: |_| {
            let alive = Alive::server_to_server();
            std::fs::remove_dir(&alive.calendar).unwrap();
            check(&alive)
        },
        code: 1,
        says: &[],
        remedy: &[],
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
        says: &[],
        remedy: &[],
    },
];
