//! Wrong about the app, the account or the user in Zoom.

use jiff::SignedDuration;
use slotbridge::demo::account::{AccountOptions, Discovery, Fault, Scope};

use super::super::machine::Alive;
use super::ran::Ran;
use super::{CLOSED, Mistake};

const EVENTS: &str = "/v2/scheduler/events";

/// An app of the account with one thing written otherwise.
fn otherwise(from: &str, to: &str, words: &[&str]) -> Ran {
    let alive = Alive::server_to_server();
    alive.machine.rewrite(from, to);
    Ran::of(&alive.machine, words)
}

/// Busy time goes to the Zoom calendar, in an account like this.
fn with_calendar(options: AccountOptions, words: &[&str]) -> Ran {
    let account = |app: &AccountOptions| {
        let id = &app.account_id;
        format!("kind = \"server_to_server\"\naccount_id = \"{id}\"")
    };
    let alive = Alive::with_options(options, account);
    alive.machine.rewrite(
        "[host.bookings]",
        "[host.busy]\nfrom = [\"work\"]\nto = \"zoom_calendar\"\n[host.bookings]",
    );
    Ran::of(&alive.machine, words)
}

/// Zoom answers like this.
fn answered(fault: Fault, path: &str, words: &[&str]) -> Ran {
    let alive = Alive::server_to_server();
    alive.account.faults().always("*", path, fault);
    Ran::of(&alive.machine, words)
}

pub const MISTAKES: &[Mistake] = &[
    Mistake {
        what: "The client secret is wrong",
        make: |_| otherwise("demo-client-secret", "another", &["check"]),
        code: 3,
        says: &["zoom.auth", "HTTP 401 invalid_client"],
        remedy: &["zoom.auth.client_secret"],
    },
    Mistake {
        what: "The account id is wrong",
        make: |_| otherwise("demo-account", "another", &["check"]),
        code: 3,
        says: &["zoom.auth", "HTTP 400"],
        remedy: &["zoom.auth.account_id"],
    },
    Mistake {
        what: "The app lacks a scope",
        make: |_| answered(Fault::Status(403), EVENTS, &["sync"]),
        code: 3,
        says: &["listing Zoom's bookings", "HTTP 403"],
        remedy: &["scheduler:read:list_scheduled_events", "`:admin`"],
    },
    Mistake {
        what: "The app lacks a scope, and nothing was tried yet that needs it",
        make: |_| {
            let mut options = AccountOptions::default();
            "scheduler:read".clone_into(&mut options.scopes);
            with_calendar(options, &["check"])
        },
        code: 3,
        says: &["Zoom scopes", "scheduler:update:scheduled_event (to "],
        remedy: &["add these scopes", "Zoom's marketplace"],
    },
    Mistake {
        what: "The app lacks the scopes of the Zoom calendar, where busy time shall go",
        make: |_| {
            let mut options = AccountOptions::default();
            options.calendar.scope = Scope::Missing(400);
            with_calendar(options, &["sync"])
        },
        code: 3,
        says: &["calendar in Zoom", "code 4700"],
        remedy: &["give the app these scopes", "calendar:read"],
    },
    Mistake {
        what: "Zoom does not show the app the Zoom calendar, where busy time shall go",
        make: |_| {
            let mut options = AccountOptions::default();
            options.calendar.discovery = Discovery::Empty;
            with_calendar(options, &["check"])
        },
        code: 1,
        says: &["Zoom calendar alice", "no primary calendar"],
        remedy: &["slotbridge login", "host.busy.to = \"availability\""],
    },
    Mistake {
        what: "The user is not in the account, or never opened Scheduler",
        make: |_| {
            let whose = "name = \"alice\"\nzoom_user = \"nobody@example.org\"";
            otherwise("name = \"alice\"", whose, &["check"])
        },
        code: 1,
        says: &["Zoom user alice", "HTTP 404"],
        remedy: &["open Zoom Scheduler once", "host.zoom_user"],
    },
    Mistake {
        what: "The user is not in the account, or never opened Scheduler, in a pass",
        make: |_| {
            let whose = "name = \"alice\"\nzoom_user = \"nobody@example.org\"";
            otherwise("name = \"alice\"", whose, &["sync"])
        },
        code: 1,
        says: &["listing Zoom's bookings", "HTTP 404"],
        remedy: &["open Zoom Scheduler once", "host.zoom_user"],
    },
    Mistake {
        what: "Nobody has logged in yet",
        make: |_| {
            let alive = Alive::with(|_| "kind = \"user\"".to_owned());
            Ran::of(&alive.machine, &["sync"])
        },
        code: 3,
        says: &["access token", "nobody has logged in yet"],
        remedy: &["slotbridge login"],
    },
    Mistake {
        what: "The refresh token has expired, or was used elsewhere",
        make: |_| {
            let alive = Alive::user();
            drop(alive.account.log_in_again());
            Ran::of(&alive.machine, &["sync"])
        },
        code: 3,
        says: &["refresh token", "invalid_grant"],
        remedy: &["slotbridge login", "zoom.auth.refresh_token"],
    },
    Mistake {
        what: "There is no availability schedule of that name",
        make: |_| {
            let hours =
                "[host.hours]\ncalendar = \"work\"\navailability = \"Nights\"\n[host.bookings]";
            otherwise("[host.bookings]", hours, &["check"])
        },
        code: 1,
        says: &["alice", "none of the 1 has that name"],
        remedy: &["[host.hours]", "slotbridge zoom availability list"],
    },
    Mistake {
        what: "There is no availability schedule of that name, in a pass",
        make: |_| {
            let hours =
                "[host.hours]\ncalendar = \"work\"\navailability = \"Nights\"\n[host.bookings]";
            otherwise("[host.bookings]", hours, &["sync"])
        },
        code: 1,
        says: &["availability"],
        remedy: &["slotbridge zoom availability list"],
    },
    Mistake {
        what: "There is no such time zone",
        make: |_| {
            let words = [
                "zoom",
                "availability",
                "patch",
                "abc",
                "--time-zone",
                "Europe/Berlln",
            ];
            otherwise("a", "a", &words)
        },
        code: 2,
        says: &["--time-zone", "not known"],
        remedy: &["Europe/Berlin"],
    },
    Mistake {
        what: "The account's requests of the day are used up (429)",
        make: |_| {
            let until = jiff::Timestamp::now() + SignedDuration::from_hours(5);
            answered(Fault::ThrottleDaily { until }, "/v2", &["sync"])
        },
        code: 4,
        says: &["bookings", "limit per day is used up"],
        remedy: &["it goes on at", "sync.every"],
    },
    Mistake {
        what: "Zoom has a fault (503)",
        make: |_| answered(Fault::Status(503), "/v2", &["sync"]),
        code: 4,
        says: &["bookings", "HTTP 503"],
        remedy: &["tried again by itself"],
    },
    Mistake {
        what: "The address of Zoom's API leads elsewhere",
        make: |_| otherwise("/v2\"", "/v3\"", &["check"]),
        code: 1,
        says: &["alice", "HTTP 404"],
        remedy: &["zoom.api_url"],
    },
    Mistake {
        what: "The address of Zoom's tokens leads elsewhere",
        make: |_| otherwise("/oauth\"", "/elsewhere\"", &["check"]),
        code: 4,
        says: &["zoom.auth", "HTTP 404"],
        remedy: &["zoom.oauth_url"],
    },
    Mistake {
        what: "Zoom cannot be reached",
        make: |_| {
            let alive = Alive::server_to_server();
            alive
                .machine
                .rewrite(&alive.oauth_url(), &format!("{CLOSED}/oauth"));
            Ran::of(&alive.machine, &["sync"])
        },
        code: 4,
        says: &[
            "Zoom for an access token",
            "nothing listens at that port of 127.0.0.1",
        ],
        remedy: &["address of 127.0.0.1"],
    },
    Mistake {
        what: "There is no booking of that id",
        make: |_| {
            let alive = Alive::server_to_server();
            Ran::of(&alive.machine, &["zoom", "events", "get", "nope"])
        },
        code: 1,
        says: &["booking nope", "HTTP 404"],
        remedy: &["check the id"],
    },
    Mistake {
        what: "The app lacks the scope of a command",
        make: |_| {
            let words = ["zoom", "shares", "create", "abc"];
            answered(Fault::Status(403), "/v2/scheduler/shares", &words)
        },
        code: 3,
        says: &["creating a share", "HTTP 403"],
        remedy: &["scheduler:write:share", "Zoom's marketplace"],
    },
];
