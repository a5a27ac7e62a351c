//! Wrong about where a secret is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::super::machine::{Alive, COMPLETE, Machine};
use super::Mistake;
use super::others;
use super::ran::Ran;

/// The password of the calendar comes from here.
fn password(form: &str) -> Machine {
    let machine = Machine::with(COMPLETE);
    machine.rewrite("\"hush-dav\"", form);
    machine
}

fn sync(form: &str) -> Ran {
    Ran::of(&password(form), &["sync"])
}

/// A file with the password in it, with these rights.
fn in_file(mode: u32) -> Machine {
    let machine = password("{ file = \"~/dav-password\" }");
    let path = machine.home.path().join("dav-password");
    fs::write(&path, "hush-dav\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    machine
}

pub const MISTAKES: &[Mistake] = &[
    Mistake {
        what: "The file with the secret is not there",
        make: |_| sync("{ file = \"~/dav-password\" }"),
        code: 3,
        says: &[
            "config.toml:18: calendar.work.password",
            "/home/alice/dav-password: No such file",
        ],
        remedy: &["check that the file is there"],
    },
    Mistake {
        what: "The file with the secret may not be read by this user",
        make: |_| {
            let machine = in_file(0o000);
            others::give(&machine, &[]);
            others::as_a_user(&machine, &["sync"])
        },
        code: 3,
        says: &[
            "config.toml:18: calendar.work.password",
            "/home/alice/dav-password: Permission denied",
        ],
        remedy: &["readable by the user"],
    },
    Mistake {
        what: "The file with the secret is empty",
        make: |_| {
            let machine = in_file(0o600);
            fs::write(machine.home.path().join("dav-password"), "\n").unwrap();
            Ran::of(&machine, &["sync"])
        },
        code: 3,
        says: &["config.toml:18: calendar.work.password", "gives nothing"],
        remedy: &["put the secret there"],
    },
    Mistake {
        what: "The file with the secret can be read by everybody",
        make: |_| {
            let alive = Alive::server_to_server();
            let path = alive.machine.home.path().join("client-secret");
            fs::write(&path, "demo-client-secret").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            let form = "{ file = \"~/client-secret\" }";
            alive.machine.rewrite("\"demo-client-secret\"", form);
            Ran::of(&alive.machine, &["check"])
        },
        code: 0,
        says: &[
            "/home/alice/client-secret holds zoom.auth.client_secret",
            "read by everybody",
        ],
        remedy: &["chmod 600 /home/alice/client-secret"],
    },
    Mistake {
        what: "The command fails",
        make: |_| sync("{ command = [\"false\"] }"),
        code: 3,
        says: &[
            "config.toml:18: calendar.work.password",
            "running false: it ended with",
        ],
        remedy: &["run the command by hand"],
    },
    Mistake {
        what: "There is no such command",
        make: |_| {
            let machine = password("{ command = [\"pas\", \"show\", \"dav\"] }");
            let mut command = machine.command(&["sync"]);
            // A folder that may not be looked into would be another answer.
            command.env("PATH", "/usr/bin:/bin");
            Ran::by(&machine, &["sync"], command)
        },
        code: 3,
        says: &[
            "config.toml:18: calendar.work.password",
            "running pas: No such file",
        ],
        remedy: &["run the command by hand"],
    },
    Mistake {
        what: "The variable is not set",
        make: |_| sync("{ env = \"DAV_PASSWORD\" }"),
        code: 3,
        says: &[
            "config.toml:18: calendar.work.password",
            "DAV_PASSWORD is not set",
        ],
        remedy: &["set it where slotbridge is started"],
    },
    Mistake {
        what: "A credential, but systemd did not start it",
        make: |_| sync("{ credential = \"dav-password\" }"),
        code: 3,
        says: &[
            "config.toml:18: calendar.work.password",
            "$CREDENTIALS_DIRECTORY is not set",
        ],
        remedy: &["LoadCredential="],
    },
    Mistake {
        what: "Two places for one secret",
        make: |_| sync("{ file = \"/etc/dav\", env = \"DAV\" }"),
        code: 2,
        says: &[
            "config.toml:18: calendar.work.password",
            "exactly one source",
        ],
        remedy: &["{ file ="],
    },
];
