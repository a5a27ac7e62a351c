//! Wrong about the state.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use slotbridge::adapters::store::{Options, Schema, SledBase};
use slotbridge::ports::base::{Base as _, Change};

use super::super::machine::Alive;
use super::Mistake;
use super::others;
use super::ran::Ran;

fn sync(alive: &Alive) -> Ran {
    Ran::of(&alive.machine, &["sync"])
}

/// A state that a program of this schema wrote.
fn of_schema(current: u32) -> Ran {
    let alive = Alive::server_to_server();
    let options = Options::at(jiff::Timestamp::now());
    let schema = Schema {
        current,
        steps: &[],
    };
    let base = SledBase::open_as(&alive.machine.state(), &options, schema)
        .unwrap()
        .base;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let record = Change::Put("known/a".to_owned(), b"1".to_vec());
    runtime.block_on(base.commit(vec![record])).unwrap();
    drop(base);
    sync(&alive)
}

pub const MISTAKES: &[Mistake] = &[
    Mistake {
        what: "The state belongs to another user",
        make: |_| {
            let alive = Alive::server_to_server();
            let state = alive.machine.state();
            others::give(&alive.machine, &[&alive.calendar]);
            if others::is_root() {
                fs::create_dir_all(&state).unwrap();
                fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
                return others::as_a_user(&alive.machine, &["sync"]);
            }
            // Who cannot make anything of root's takes what is there.
            fs::create_dir_all(state.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink("/root", &state).unwrap();
            sync(&alive)
        },
        code: 5,
        says: &[
            "/home/alice/.local/state/slotbridge",
            "belongs to another user (uid 0",
        ],
        remedy: &["sudo -u", "chown -R"],
    },
    Mistake {
        what: "The disk is full",
        make: |_| {
            let alive = Alive::server_to_server();
            others::on_a_small_disk(&alive.machine, &["sync"])
        },
        code: 5,
        says: &[
            "opening the state (/home/alice/.local/state/slotbridge/db)",
            "No space left on device",
        ],
        remedy: &["make room on that disk"],
    },
    Mistake {
        what: "Another slotbridge uses the state",
        make: |_| {
            let alive = Alive::server_to_server();
            let options = Options::at(jiff::Timestamp::now());
            let held = SledBase::open(&alive.machine.state(), &options);
            let ran = sync(&alive);
            drop(held.ok());
            ran
        },
        code: 5,
        says: &[
            "/home/alice/.local/state/slotbridge/lock",
            "in use by process PID",
        ],
        remedy: &["stop the other slotbridge", "--state-dir"],
    },
    Mistake {
        what: "An older slotbridge wrote the state, in a way that is no longer known",
        make: |_| of_schema(0),
        code: 5,
        says: &[
            "/home/alice/.local/state/slotbridge to schema 2",
            "from schema 0",
        ],
        remedy: &["export it with the version that wrote it"],
    },
    Mistake {
        what: "A newer slotbridge wrote the state",
        make: |_| of_schema(Schema::OURS.current + 1),
        code: 5,
        says: &["/home/alice/.local/state/slotbridge", "schema 3", "up to 2"],
        remedy: &["install the newer version"],
    },
    Mistake {
        what: "The state is damaged",
        make: |_| {
            let alive = Alive::server_to_server();
            assert_eq!(sync(&alive).code, 0);
            fs::write(alive.machine.state().join("db/db"), "nonsense".repeat(1000)).unwrap();
            Ran::of(&alive.machine, &["status"])
        },
        code: 5,
        says: &["/home/alice/.local/state/slotbridge/db", "is damaged"],
        remedy: &["slotbridge sync", "slotbridge state rebuild"],
    },
    Mistake {
        what: "The directory for the state is used for something else",
        make: |_| {
            let alive = Alive::server_to_server();
            let site = alive.machine.home.path().join("site");
            fs::create_dir(&site).unwrap();
            fs::write(site.join("index.html"), "theirs").unwrap();
            fs::set_permissions(&site, fs::Permissions::from_mode(0o755)).unwrap();
            let dir = site.display().to_string();
            let ran = Ran::of(&alive.machine, &["sync", "--state-dir", &dir]);
            let mode = fs::metadata(&site).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode, fs::read_dir(&site).unwrap().count()), (0o755, 1));
            ran
        },
        code: 2,
        says: &["/home/alice/site", "holds other files"],
        remedy: &["a directory that is empty", "--state-dir"],
    },
    Mistake {
        what: "A file stands where the state should be",
        make: |_| {
            let alive = Alive::server_to_server();
            let state = alive.machine.state();
            fs::create_dir_all(state.parent().unwrap()).unwrap();
            fs::write(&state, "").unwrap();
            sync(&alive)
        },
        code: 5,
        says: &["/home/alice/.local/state/slotbridge", "File exists"],
        remedy: &["move it away"],
    },
    Mistake {
        what: "An export is cut short",
        make: |_| {
            let alive = Alive::server_to_server();
            assert_eq!(sync(&alive).code, 0);
            let path = alive.machine.home.path().join("state.jsonl");
            let path = path.to_str().unwrap();
            assert_eq!(Ran::of(&alive.machine, &["state", "export", path]).code, 0);
            let text = fs::read_to_string(path).unwrap();
            fs::write(path, &text[..text.len() / 2]).unwrap();
            fs::remove_dir_all(alive.machine.state()).unwrap();
            Ran::of(&alive.machine, &["state", "import", path])
        },
        code: 1,
        says: &["importing the state, line", "cut short"],
        remedy: &["--force"],
    },
    Mistake {
        what: "An export is read into a state that is in use",
        make: |_| {
            let alive = Alive::server_to_server();
            alive.book();
            assert_eq!(sync(&alive).code, 0);
            let path = alive.machine.home.path().join("state.jsonl");
            let path = path.to_str().unwrap();
            assert_eq!(Ran::of(&alive.machine, &["state", "export", path]).code, 0);
            Ran::of(&alive.machine, &["state", "import", path])
        },
        code: 1,
        says: &["importing the state", "there is a state already"],
        remedy: &["--force", "--state-dir"],
    },
];
