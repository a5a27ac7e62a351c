//! This machine: the daemon, who may read the state, the disk, the service, the rights of files with
//! secrets.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::super::control::{self, NoDaemon};
use super::super::desk::{Answer, Ask};
use super::super::failure::{Exit, Failure};
use super::Item;
use crate::adapters::store::OpenError;
use crate::settings::Settings;
use crate::settings::environment::Environment;

/// Under this the daily exports are soon in the way of everything else.
const LITTLE: u64 = 200 << 20;
/// Under this the state may not be written any more.
const TOO_LITTLE: u64 = 10 << 20;

/// Whether a daemon runs on this state.
pub(super) enum Daemon {
    Running(Option<u32>),
    Absent,
    Broken(Failure),
}

impl Daemon {
    pub(super) fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// Whether one runs, or may: one that does not answer is still one.
    pub(super) fn may_run(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    pub(super) fn item(&self) -> Item {
        let (name, object) = ("daemon", "slotbridge run");
        match self {
            Self::Running(Some(pid)) => Item::ok(name, object, format!("running (pid {pid})")),
            Self::Running(None) => Item::ok(name, object, "running"),
            Self::Absent => Item::note(name, object, "not running"),
            Self::Broken(failure) => of_failure(name, object, failure),
        }
    }
}

/// Asks whether a daemon runs.
pub(super) async fn daemon(settings: &Settings) -> Daemon {
    match control::ask(&settings.state_dir, &Ask::Status).await {
        Ok(Answer::Status(status)) => Daemon::Running(status.daemon),
        Ok(_) => Daemon::Running(None),
        Err(NoDaemon::Absent) => Daemon::Absent,
        Err(NoDaemon::Broken(failure)) => Daemon::Broken(failure),
    }
}

/// Where the daemon listens; `None` where it does not say, as an older one does not.
pub(super) async fn listening(settings: &Settings) -> Option<Option<SocketAddr>> {
    match control::ask(&settings.state_dir, &Ask::Listening).await {
        Ok(Answer::Listening(at)) => Some(at),
        _ => None,
    }
}

pub(super) fn of_failure(name: &'static str, object: impl Into<String>, failure: &Failure) -> Item {
    let (seen, hint) = failure
        .words
        .split_once("\n  hint: ")
        .unwrap_or((&failure.words, "see `slotbridge status`"));
    Item::wrong(name, object, failure.exit, seen, hint)
}

/// Whether the state's directory is closed to others and open to us.
pub(super) fn rights(dir: &Path) -> Item {
    let name = "state directory";
    let object = dir.display().to_string();
    let found = match std::fs::metadata(dir) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return match OpenError::of_unmakeable(dir) {
                Some(wrong) => of_failure(name, object, &Failure::of_state(&wrong)),
                None => Item::note(name, object, "not there yet; the first pass makes it"),
            };
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            let hint = "a file stands where a directory has to be: move it away, or use another --state-dir";
            return Item::wrong(name, object, Exit::State, error.to_string(), hint);
        }
        Err(error) => {
            let hint = "run this as the user that slotbridge runs as";
            return Item::wrong(name, object, Exit::State, error.to_string(), hint);
        }
    };
    if let Some(wrong) = OpenError::of_something_else(dir) {
        return of_failure(name, object, &Failure::of_state(&wrong));
    }
    let (mode, owner) = (found.mode() & 0o777, found.uid());
    let us = rustix::process::geteuid().as_raw();
    if !found.is_dir() {
        let hint = "set state_dir to a directory, or remove the file";
        return Item::wrong(name, object, Exit::State, "it is no directory", hint);
    }
    // Root may use everybody's; as the service's own it must stay.
    if owner != us && us != 0 {
        let hint = format!(
            "run this as that user, or give it the directory: `chown -R` {us} {}",
            dir.display()
        );
        let seen = format!("it belongs to another user (uid {owner}, this is uid {us})");
        return Item::wrong(name, object, Exit::State, seen, hint);
    }
    if mode & 0o700 != 0o700 {
        let seen = format!("its owner may not use it (mode {mode:03o})");
        let hint = format!("chmod 700 {}", dir.display());
        return Item::wrong(name, object, Exit::State, seen, hint);
    }
    if mode & 0o077 != 0 {
        let seen = format!(
            "others on this machine may look into it (mode {mode:03o}), and it holds tokens"
        );
        return Item::warning(name, object, seen, format!("chmod 700 {}", dir.display()));
    }
    let whose = if owner == us {
        ""
    } else {
        "the service's or a person's, "
    };
    Item::ok(name, object, format!("{whose}closed to others (mode 700)"))
}

/// How much room is left on the state's disk.
pub(super) fn space(dir: &Path) -> Item {
    let name = "free disk";
    let there = dir.ancestors().find(|path| path.exists()).unwrap_or(dir);
    let object = dir.display().to_string();
    match rustix::fs::statvfs(there) {
        Ok(disk) => of_space(object, disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => Item::warning(name, object, error.to_string(), "look at the disk"),
    }
}

fn of_space(object: impl Into<String>, free: u64) -> Item {
    let name = "free disk";
    let seen = format!("{} MiB", free >> 20);
    let hint = "make room on this disk; slotbridge keeps its state and daily exports there";
    if free < TOO_LITTLE {
        Item::wrong(name, object, Exit::State, seen, hint)
    } else if free < LITTLE {
        Item::warning(name, object, seen, hint)
    } else {
        Item::ok(name, object, seen)
    }
}

/// The service, and what the configuration itself warns of.
pub(super) async fn items(settings: &Settings) -> Vec<Item> {
    let mut items: Vec<Item> = settings
        .warnings
        .iter()
        // Said of the webhook itself.
        .filter(|words| !words.starts_with("[zoom.webhook]"))
        .map(|words| of_warning(words))
        .collect();
    items.extend(command(&settings.sync.on_failure));
    items.push(super::service::item().await);
    items
}

/// Whether the command for failures could be run: when it is needed is too late to see.
fn command(words: &[String]) -> Option<Item> {
    let (name, object) = ("command", "sync.on_failure");
    let program = words.first()?;
    let wrong = |seen: String| {
        let hint = "write the whole path of a program, and `chmod +x` it; the service's PATH is not a shell's";
        Item::wrong(name, object, Exit::Attention, seen, hint)
    };
    let path = Environment::of_process();
    let path = path.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin");
    let candidates: Vec<PathBuf> = if program.contains('/') {
        vec![PathBuf::from(program)]
    } else {
        std::env::split_paths(path)
            .map(|dir| dir.join(program))
            .collect()
    };
    let files: Vec<&PathBuf> = candidates.iter().filter(|path| path.is_file()).collect();
    let may_run = |path: &&&PathBuf| rustix::fs::access(path.as_path(), Access::EXEC_OK).is_ok();
    Some(match (files.iter().find(may_run), files.first()) {
        (Some(path), _) => Item::ok(name, object, format!("{} is there", path.display())),
        (None, Some(path)) => wrong(format!("{} is not executable", path.display())),
        (None, None) => wrong(format!("{program} was not found")),
    })
}

/// A warning of the configuration ends in what to do.
fn of_warning(words: &str) -> Item {
    let (seen, hint) = words
        .rsplit_once(": ")
        .filter(|(_, hint)| hint.starts_with("chmod"))
        .or_else(|| words.rsplit_once("; "))
        .unwrap_or((words, "see `slotbridge -v config show`"));
    Item::warning("configuration", "settings", seen, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::check::Grade;
    use rstest::rstest;

    #[rstest]
    #[case(1 << 20, Grade::Failed)]
    #[case(100 << 20, Grade::Warning)]
    #[case(1 << 30, Grade::Ok)]
    fn little_room_is_said(#[case] free: u64, #[case] state: Grade) {
        assert_eq!(of_space("/x", free).state, state);
    }

    #[test]
    fn root_is_not_told_to_take_the_state_of_the_service() {
        let home = tempfile::tempdir().unwrap();
        std::fs::set_permissions(
            home.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o700),
        )
        .unwrap();
        // Only root can give a directory away.
        let given = std::os::unix::fs::chown(home.path(), Some(61_203), None).is_ok();
        let item = rights(home.path());
        assert_eq!(
            (item.state, item.hint.clone()),
            (Grade::Ok, None),
            "{item:?}"
        );
        assert_eq!(item.seen.contains("the service's"), given, "{item:?}");
    }

    #[test]
    fn a_warning_says_what_to_do() {
        let item = of_warning(
            "/x holds zoom.auth.client_secret and can be read by everybody on this machine: chmod 600 /x",
        );
        assert_eq!(item.hint.as_deref(), Some("chmod 600 /x"));
        assert!(item.seen.ends_with("on this machine"), "{}", item.seen);
    }
}
