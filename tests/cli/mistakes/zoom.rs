//! Wrong about the app, the account or the user in Zoom.

use jiff::SignedDuration;
use slotbridge::demo::account::{AccountOptions, Discovery, Fault, Scope};

use super::super::machine::Alive;
use super::Mistake;
use super::ran::Ran;

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
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The account id is wrong",
        make: |_| otherwise("demo-account", "another", &["check"]),
        code: 3,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The app lacks a scope",
        make: |_| answered(Fault::Status(403), EVENTS, &["sync"]),
        code: 3,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The app lacks the scopes of the Zoom calendar, where busy time shall go",
        make: |_| {
            let mut options = AccountOptions::default();
            options.calendar.scope = Scope::Missing(400);
            with_calendar(options, &["sync"])
        },
        code: 3,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "Zoom does not show the app the Zoom calendar, where busy time shall go",
        make: |_| {
            let mut options = AccountOptions::default();
            options.calendar.discovery = Discovery::Empty;
            with_calendar(options, &["check"])
        },
        code: 1,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The user is not in the account, or never opened Scheduler",
        make: |_| {
            let whose = "name = \"alice\"\nzoom_user = \"nobody@example.org\"";
            otherwise("name = \"alice\"", whose, &["check"])
        },
        code: 1,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "Nobody has logged in yet",
        make: |_| {
            let alive = Alive::with(|_| "kind = \"user\"".to_owned());
            Ran::of(&alive.machine, &["sync"])
        },
        code: 3,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The refresh token has expired, or was used elsewhere",
        make: |_| {
            let alive = Alive::user();
            drop(alive.account.log_in_again());
            Ran::of(&alive.machine, &["sync"])
        },
        code: 3,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "There is no availability schedule of that name",
        make: |_| {
            let hours =
                "[host.hours]\ncalendar = \"work\"\navailability = \"Nights\"\n[host.bookings]";
            otherwise("[host.bookings]", hours, &["check"])
        },
        code: 1,
        says: &[],
        remedy: &[],
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
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The account's requests of the day are used up (429)",
        make: |_| {
            let until = jiff::Timestamp::now() + SignedDuration::from_hours(5);
            answered(Fault::ThrottleDaily { until }, "/v2", &["sync"])
        },
        code: 4,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "Zoom has a fault (503)",
        make: |_| answered(Fault::Status(503), "/v2", &["sync"]),
        code: 4,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The address of Zoom's API leads elsewhere",
        make: |_| otherwise("/v2\"", "/v3\"", &["check"]),
        code: 1,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "The address of Zoom's tokens leads elsewhere",
        make: |_| otherwise("/oauth\"", "/elsewhere\"", &["check"]),
        code: 4,
        says: &[],
        remedy: &[],
    },
    Mistake {
        what: "Zoom cannot be reached",
        make: |_| {
            let alive = Alive::server_to_server();
            alive
                .machine
                .rewrite(&alive.oauth_url(), &super::closed("/oauth"));
            Ran::of(&alive.machine, &["sync"])
        },
        code: 4,
        says: &[],
        remedy: &[],
    },
];
