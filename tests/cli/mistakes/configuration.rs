//! Wrong in the configuration itself.

use super::super::machine::{COMPLETE, Machine};
use super::Mistake;
use super::others;
use super::ran::Ran;

/// A whole configuration, with one thing written otherwise.
fn written(from: &str, to: &str) -> Ran {
    let machine = Machine::with(COMPLETE);
    machine.rewrite(from, to);
    Ran::of(&machine, &["check"])
}

pub const MISTAKES: &[Mistake] = &[
    Mistake {
        what: "A key is misspelt",
        make: |_| written("api_url", "api_ulr"),
        code: 2,
        says: &["config.toml:3: zoom.api_ulr", "not known"],
        remedy: &["did you mean \"api_url\"?"],
    },
    Mistake {
        what: "A number stands where a text belongs",
        make: |_| written("\"id\"", "12345678"),
        code: 2,
        says: &["config.toml:7: zoom.auth.client_id", "a number stands"],
        remedy: &["double quotes"],
    },
    Mistake {
        what: "Something of the example is not filled in",
        make: |_| written("\"id\"", "\"YOUR-CLIENT-ID\""),
        code: 2,
        says: &["config.toml:7: zoom.auth.client_id", "YOUR-CLIENT-ID"],
        remedy: &["the app's page"],
    },
    Mistake {
        what: "A list of tables is written as one table",
        make: |_| written("[[host]]", "[host]"),
        code: 2,
        says: &["config.toml:19: host:", "a table stands"],
        remedy: &["[[host]]"],
    },
    Mistake {
        what: "A duration is written wrong",
        make: |_| written("every = \"1h\"", "every = \"5 minutes\""),
        code: 2,
        says: &[
            "config.toml:11: sync.every",
            "\"5 minutes\": this is not a duration",
        ],
        remedy: &["\"5m\""],
    },
    Mistake {
        what: "Passes come too often",
        make: |_| written("every = \"1h\"", "every = \"0s\""),
        code: 2,
        says: &["config.toml:11: sync.every", "too often"],
        remedy: &["at least \"1s\""],
    },
    Mistake {
        what: "A cron expression is written wrong",
        make: |_| written("every = \"1h\"", "cron = \"every day\""),
        code: 2,
        says: &["config.toml:11: sync.cron", "not a cron expression"],
        remedy: &["six fields"],
    },
    Mistake {
        what: "A word is none of those allowed",
        make: |_| written("[zoom]", "[zoom]\nplan = \"gold\""),
        code: 2,
        says: &["config.toml:3: zoom.plan", "\"gold\" is not known"],
        remedy: &["\"business\""],
    },
    Mistake {
        what: "A quotation mark is missing",
        make: |_| written("every = \"1h\"", "every = \"1h"),
        code: 2,
        says: &["config.toml:11", "not TOML"],
        remedy: &["correct the line"],
    },
    Mistake {
        what: "Two hosts have one name",
        make: |_| {
            let two = "[[host]]\nname = \"alice\"\nzoom_user = \"bob@example.org\"\n[[host]]";
            written("[[host]]", two)
        },
        code: 2,
        says: &[
            "config.toml:23: host.name",
            "taken already",
            "config.toml:20",
        ],
        remedy: &["its own name"],
    },
    Mistake {
        what: "Two calendars have one name",
        make: |_| {
            let two = "[[calendar]]\nname = \"work\"\nkind = \"vdir\"\npath = \"~/work\"\n[[host]]";
            written("[[host]]", two)
        },
        code: 2,
        says: &[
            "config.toml:20: calendar.name",
            "taken already",
            "config.toml:14",
        ],
        remedy: &["its own name"],
    },
    Mistake {
        what: "A host names a calendar that there is none of",
        make: |_| written("calendar = \"work\"", "calendar = \"wrok\""),
        code: 2,
        says: &[
            "config.toml:22: host.alice.bookings.calendar",
            "no calendar \"wrok\"",
        ],
        remedy: &["use one of: work"],
    },
    Mistake {
        what: "Bookings are to go to a feed",
        make: |_| {
            let feed = "[[calendar]]\nname = \"family\"\nkind = \"ics\"\nurl = \"webcal://example.org/family.ics\"\n[[host]]";
            let machine = Machine::with(COMPLETE);
            machine.rewrite("[[host]]", feed);
            machine.rewrite("calendar = \"work\"", "calendar = \"family\"");
            Ran::of(&machine, &["check"])
        },
        code: 2,
        says: &["config.toml:26: host.alice.bookings.calendar", "read-only"],
        remedy: &["\"caldav\" or \"vdir\""],
    },
    Mistake {
        what: "Where to listen is no address with a port",
        make: |_| written("[sync]", "[http]\nlisten = \"8787\"\n[sync]"),
        code: 2,
        says: &["config.toml:11: http.listen", "not an address with a port"],
        remedy: &["127.0.0.1:8787"],
    },
    Mistake {
        what: "Webhooks have no secret",
        make: |_| {
            written(
                "[sync]",
                "[http]\nlisten = \"127.0.0.1:8787\"\n[zoom.webhook]\n[sync]",
            )
        },
        code: 2,
        says: &["config.toml:12: zoom.webhook.secret_token", "missing"],
        remedy: &["app's page"],
    },
    Mistake {
        what: "The app has no account id",
        make: |_| written("account_id = \"account\"\n", ""),
        code: 2,
        says: &["config.toml:5: zoom.auth.account_id", "missing"],
        remedy: &["app's page"],
    },
    Mistake {
        what: "There is no app",
        make: |_| Ran::of(&Machine::with("[[host]]\nname = \"alice\"\n"), &["check"]),
        code: 2,
        says: &["config.toml: zoom.auth", "missing"],
        remedy: &["add [zoom.auth]"],
    },
    Mistake {
        what: "There is nothing yet",
        make: |_| Ran::of(&Machine::with(""), &["sync"]),
        code: 2,
        says: &["config.toml: host", "no host is configured"],
        remedy: &["slotbridge config init"],
    },
    Mistake {
        what: "A command names a host that there is none of",
        make: |_| Ran::of(&Machine::with(COMPLETE), &["sync", "--host", "bob"]),
        code: 2,
        says: &["--host", "no host \"bob\""],
        remedy: &["use one of: alice"],
    },
    Mistake {
        what: "The configuration file is not there",
        make: |_| {
            let machine = Machine::with(COMPLETE);
            std::fs::remove_file(&machine.config).unwrap();
            Ran::of(&machine, &["check"])
        },
        code: 2,
        says: &["/home/alice/config.toml", "No such file"],
        remedy: &["check the path", "slotbridge config init PATH"],
    },
    Mistake {
        what: "The configuration file may not be read by this user",
        make: |_| {
            use std::os::unix::fs::PermissionsExt as _;
            let machine = Machine::with(COMPLETE);
            others::give(&machine, &[]);
            let nobody = std::fs::Permissions::from_mode(0o000);
            std::fs::set_permissions(&machine.config, nobody).unwrap();
            others::as_a_user(&machine, &["check"])
        },
        code: 2,
        says: &["/home/alice/config.toml", "Permission denied"],
        remedy: &["the right to read it"],
    },
    Mistake {
        what: "A variable of the environment names a calendar's key",
        make: |_| {
            let machine = Machine::with(COMPLETE);
            let mut command = machine.command(&["check"]);
            command.env(
                "SLOTBRIDGE__CALENDAR__WORK__URL",
                "https://dav.example.org/",
            );
            Ran::by(&machine, &["check"], command)
        },
        code: 2,
        says: &[
            "SLOTBRIDGE__CALENDAR__WORK__URL",
            "cannot be set by a variable",
        ],
        remedy: &["set them in a file"],
    },
];
