//! Wrong about feeds: those that busy time is read from, and those that slotbridge gives out.

use std::fs;

use super::super::feed_server::Server as Scripted;
use super::super::machine::Alive;
use super::Mistake;
use super::ran::Ran;

/// Everything works, and busy time is read from this feed.
fn from(url: &str) -> Alive {
    let alive = Alive::server_to_server();
    let feed =
        format!("[[calendar]]\nname = \"family\"\nkind = \"ics\"\nurl = \"{url}\"\n[[host]]");
    alive.machine.rewrite("[[host]]", &feed);
    let busy = "[host.busy]\nfrom = [\"family\"]\n[host.bookings]";
    alive.machine.rewrite("[host.bookings]", busy);
    alive
}

fn saying(status: &'static str, body: &'static str, words: &[&str]) -> Ran {
    let server = Scripted::saying(status, "", body);
    let alive = from(&server.at("127.0.0.1", "/hush-feed.ics"));
    Ran::of(&alive.machine, words)
}

/// A feed to give out.
const GIVEN: &str = "[[host.feed]]\nname = \"alice-bookings\"\nkind = \"bookings\"\n";

pub const MISTAKES: &[Mistake] = &[
    Mistake {
        what: "The feed is gone",
        make: |_| saying("404 Not Found", "no", &["check"]),
        code: 1,
        says: &["feed family", "404"],
        remedy: &["copy its address anew"],
    },
    Mistake {
        what: "The address shows a web page, not a feed",
        make: |_| saying("200 OK", "<!DOCTYPE html><html></html>", &["check"]),
        code: 1,
        says: &["feed family", "web page"],
        remedy: &["ending in .ics"],
    },
    Mistake {
        what: "The address shows a web page, not a feed, in a pass",
        make: |_| saying("200 OK", "<!DOCTYPE html><html></html>", &["sync"]),
        code: 1,
        says: &["calendar family", "web page"],
        remedy: &["ending in .ics", "no time is given back"],
    },
    Mistake {
        what: "The feed asks for a password",
        make: |_| saying("401 Unauthorized", "", &["check"]),
        code: 3,
        says: &["feed family", "(401)"],
        remedy: &["add username and password"],
    },
    Mistake {
        what: "The feed has no events",
        make: |_| {
            let empty = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";
            saying("200 OK", empty, &["check"])
        },
        code: 0,
        says: &["feed family", "no events"],
        remedy: &["copy its address anew"],
    },
    Mistake {
        what: "The file of the feed is not there",
        make: |_| Ran::of(&from("/srv/family.ics").machine, &["check"]),
        code: 1,
        says: &["feed family", "/srv/family.ics: No such file"],
        remedy: &["check the path /srv/family.ics"],
    },
    Mistake {
        what: "A feed is to be given out, and there is no server",
        make: |_| {
            let alive = Alive::server_to_server();
            let config = fs::read_to_string(&alive.machine.config).unwrap();
            fs::write(&alive.machine.config, config + GIVEN).unwrap();
            Ran::of(&alive.machine, &["feeds"])
        },
        code: 0,
        says: &["http.listen is not set"],
        remedy: &["set listen and public_url", "slotbridge feeds write"],
    },
    Mistake {
        what: "A feed is to be given out of what is switched off",
        make: |_| {
            let alive = Alive::server_to_server();
            let config = fs::read_to_string(&alive.machine.config).unwrap();
            let hours = GIVEN.replace("\"bookings\"", "\"hours\"");
            fs::write(&alive.machine.config, config + &hours).unwrap();
            Ran::of(&alive.machine, &["check"])
        },
        code: 2,
        says: &[
            "config.toml:22: host.alice.feed.kind",
            "[host.hours] of this host is absent",
        ],
        remedy: &["add [host.hours]"],
    },
];
