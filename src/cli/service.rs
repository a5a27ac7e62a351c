//! `slotbridge service`: writes and removes the units by which systemd starts this program.

/// The text of a unit.
mod unit;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};

use super::{Context, terminal};
use crate::app::failure::{Exit, Failure};
use unit::{For, Program};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write the unit that starts this program, and say what to type next
    Install {
        #[command(flatten)]
        place: Place,
        /// Start this program, in place of the one that you are running
        #[arg(long, value_name = "PATH")]
        program: Option<PathBuf>,
    },
    /// Remove what `install` wrote
    Remove {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("whose").required(true).args(["user", "system"])))]
pub(super) struct Place {
    /// For you alone: it may write to calendars below your home directory
    #[arg(long)]
    user: bool,
    /// For this machine: as a user of its own that can read little and write only its state
    #[arg(long)]
    system: bool,
    /// Below this directory, as for the image of a machine
    #[arg(long, value_name = "DIRECTORY")]
    root: Option<PathBuf>,
}

pub(super) fn run(context: &Context, verb: &Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Install { place, program } => install(context, place, program.as_deref()),
        Verb::Remove { place } => remove(context, place),
    }?;
    Ok(Exit::Done)
}

fn install(context: &Context, place: &Place, program: Option<&Path>) -> Result<(), Failure> {
    let program = the_program(context, program)?;
    let units = place
        .whose()
        .units(&program)
        .map_err(|unfit| Failure::new(Exit::Usage, &unfit, unfit.hint()))?;
    let folder = place.folder(context)?;
    for (name, _) in &units {
        refuse_a_stranger(&folder.join(name))?;
    }
    for (name, text) in &units {
        let path = folder.join(name);
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text));
        written.map_err(|error| place.failed("writing", &path, &error))?;
        terminal::print(&format!("written: {}\n", path.display()))?;
    }
    terminal::print(place.after_installing())
}

fn remove(context: &Context, place: &Place) -> Result<(), Failure> {
    let folder = place.folder(context)?;
    let mut any = false;
    for (name, wanted_by) in place.whose().names() {
        let path = folder.join(name);
        refuse_a_stranger(&path)?;
        let link = folder.join(format!("{wanted_by}.wants")).join(name);
        // What enabling made leads nowhere then.
        let linked = fs::symlink_metadata(&link).is_ok_and(|meta| meta.is_symlink());
        for path in linked.then_some(&link).into_iter().chain([&path]) {
            match fs::remove_file(path) {
                Ok(()) => terminal::print(&format!("removed: {}\n", path.display()))?,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(place.failed("removing", path, &error)),
            }
            any = true;
        }
    }
    if any {
        terminal::print(place.after_removing())
    } else {
        terminal::print(&format!(
            "there is nothing to remove in {}\n",
            folder.display()
        ))
    }
}

/// What the unit starts: the program and the options that were given with this command.
fn the_program(context: &Context, program: Option<&Path>) -> Result<Program, Failure> {
    let unknown = |error: io::Error| {
        let hint = "name it: --program /usr/bin/slotbridge";
        Failure::new(
            Exit::Usage,
            format!("looking where this program is: {error}"),
            hint,
        )
    };
    let path = match program {
        Some(path) => std::path::absolute(path),
        None => std::env::current_exe(),
    };
    let global = &context.global;
    let absolute = |path: &PathBuf| std::path::absolute(path).map_err(unknown);
    Ok(Program {
        path: path.map_err(unknown)?,
        config: global
            .config
            .iter()
            .map(absolute)
            .collect::<Result<_, _>>()?,
        state_dir: global.state_dir.as_ref().map(absolute).transpose()?,
    })
}

/// A unit that somebody else wrote, or a link, is left alone.
fn refuse_a_stranger(path: &Path) -> Result<(), Failure> {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let ours = meta.is_file() && fs::read_to_string(path).is_ok_and(|text| unit::is_ours(&text));
    if ours {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        format!(
            "{} was not written by `slotbridge service install`",
            path.display()
        ),
        "it is left as it is; move it away first (own changes belong into a drop-in: `systemctl edit slotbridge`)",
    ))
}

impl Place {
    fn whose(&self) -> For {
        if self.system { For::System } else { For::User }
    }

    fn folder(&self, context: &Context) -> Result<PathBuf, Failure> {
        let folder = match self.whose() {
            For::System => PathBuf::from("/etc/systemd/system"),
            For::User => context.environment.user_units().ok_or_else(|| {
                Failure::new(Exit::Usage, "there is no home directory", "set HOME")
            })?,
        };
        Ok(match (&self.root, folder.strip_prefix("/")) {
            (Some(root), Ok(below)) => root.join(below),
            _ => folder,
        })
    }

    fn failed(&self, doing: &str, path: &Path, error: &io::Error) -> Failure {
        let closed = matches!(
            error.kind(),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        );
        let hint = match self.whose() {
            For::System if closed => {
                "this needs the administrator: put `sudo` before it, or use --user for you alone"
            }
            _ => "check the path and its rights",
        };
        Failure::new(
            Exit::Usage,
            format!("{doing} {}: {error}", path.display()),
            hint,
        )
    }

    fn after_installing(&self) -> &'static str {
        match self.whose() {
            For::User => {
                "next:
  slotbridge config init                        where there is no configuration yet
  systemctl --user daemon-reload
  systemctl --user enable --now slotbridge
  systemctl --user status slotbridge
  loginctl enable-linger                        if it shall go on while you are logged out
"
            }
            For::System => {
                "next:
  slotbridge config init /etc/slotbridge/config.toml    where there is no configuration yet
  chmod 644 /etc/slotbridge/config.toml                 its user must read it: no secrets in it
  systemctl daemon-reload
  systemctl enable --now slotbridge
  systemctl status slotbridge
if systemd shall hold the port (http.listen):
  systemctl stop slotbridge
  systemctl enable --now slotbridge.socket
  systemctl start slotbridge
"
            }
        }
    }

    fn after_removing(&self) -> &'static str {
        match self.whose() {
            For::User => {
                "next:
  systemctl --user daemon-reload
  systemctl --user stop slotbridge
configuration and state are left as they are
"
            }
            For::System => {
                "next:
  systemctl daemon-reload
  systemctl stop slotbridge.socket slotbridge
configuration and state are left as they are
"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_given_to_systemd_while_the_service_is_stopped() {
        let place = Place {
            user: false,
            system: true,
            root: None,
        };
        let words = place.after_installing();
        let at = |line: &str| words.find(line);
        // systemd refuses to open a socket of a service that runs already.
        let socket = at("systemctl enable --now slotbridge.socket");
        assert!(at("systemctl stop slotbridge\n") < socket, "{words}");
        assert!(at("systemctl stop slotbridge\n").is_some(), "{words}");
        assert!(socket < at("systemctl start slotbridge\n"), "{words}");
    }

    #[test]
    fn who_has_no_rights_is_told_what_to_do() {
        let place = Place {
            user: false,
            system: true,
            root: None,
        };
        let error = io::Error::from(ErrorKind::PermissionDenied);
        let failure = place.failed("writing", Path::new("/etc/systemd/system/x"), &error);
        assert_eq!(failure.exit, Exit::Usage);
        let words = failure.to_string();
        assert!(words.contains("writing /etc/systemd/system/x: "), "{words}");
        assert!(
            words.contains("`sudo`") && words.contains("--user"),
            "{words}"
        );
    }
}
