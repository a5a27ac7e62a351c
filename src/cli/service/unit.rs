//! The text of a unit: the one in `systemd/`, with the program that it starts.

use std::path::{Path, PathBuf};

/// The first line of what `install` writes.
const MARK: &str = "# Written by `slotbridge service install`. Own changes belong into a drop-in: `systemctl edit`.";
const SERVICE: &str = include_str!("../../../systemd/slotbridge.service");
const SOCKET: &str = include_str!("../../../systemd/slotbridge.socket");
const USER: &str = include_str!("../../../systemd/user/slotbridge.service");
/// What the system's service cannot see (`ProtectHome=`, `PrivateTmp=`).
const HIDDEN: [&str; 5] = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];

/// Whom a unit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// One person.
    User,
    /// The machine.
    System,
}

/// What a unit starts.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    /// Where it is.
    pub(super) path: PathBuf,
    /// `--config`, each.
    pub(super) config: Vec<PathBuf>,
    /// `--state-dir`.
    pub(super) state_dir: Option<PathBuf>,
}

/// Why a unit cannot start this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// The service may not look there.
    #[error("the service cannot see {0}: home directories and /tmp are closed to it")]
    Hidden(PathBuf),
    /// The service may not write there.
    #[error("the service keeps its state in /var/lib/slotbridge, and can write nowhere else")]
    State,
    /// It cannot be written in a unit.
    #[error("{0:?} cannot be written in a unit")]
    Unwritable(PathBuf),
}

impl Unfit {
    /// What to do.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Hidden(_) => {
                "copy it first (`sudo install -m 755 slotbridge /usr/local/bin/`), run it from there; or use --user"
            }
            Self::State => "leave out --state-dir, or use --user",
            Self::Unwritable(_) => "use a path of plain characters",
        }
    }
}

impl For {
    /// The units' names, each with the target that wants it.
    pub(super) fn names(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::User => &[("slotbridge.service", "default.target")],
            Self::System => &[
                ("slotbridge.service", "multi-user.target"),
                ("slotbridge.socket", "sockets.target"),
            ],
        }
    }

    /// The units by name.
    ///
    /// # Errors
    /// When the service could not start this.
    pub(super) fn units(self, program: &Program) -> Result<Vec<(&'static str, String)>, Unfit> {
        let line = format!("ExecStart={}", self.command(program)?);
        let texts: &[&str] = match self {
            Self::User => &[USER],
            Self::System => &[SERVICE, SOCKET],
        };
        let written = |text: &&str| {
            let mut out = format!("{MARK}\n");
            for old in text.lines() {
                out.push_str(if old.starts_with("ExecStart=") {
                    &line
                } else {
                    old
                });
                out.push('\n');
            }
            out
        };
        let names = self.names().iter().map(|(name, _)| *name);
        Ok(names.zip(texts.iter().map(written)).collect())
    }

    fn command(self, program: &Program) -> Result<String, Unfit> {
        if self == Self::System {
            let seen = program.config.iter().chain([&program.path]);
            if let Some(hidden) = seen.into_iter().find(|path| is_hidden(path)) {
                return Err(Unfit::Hidden(hidden.clone()));
            }
            if program.state_dir.is_some() {
                return Err(Unfit::State);
            }
        }
        let mut words = vec![word(&program.path)?];
        for path in &program.config {
            words.extend(["--config".to_owned(), word(path)?]);
        }
        if let Some(path) = &program.state_dir {
            words.extend(["--state-dir".to_owned(), word(path)?]);
        }
        words.push("--log-format journald run".to_owned());
        Ok(words.join(" "))
    }
}

/// Whether this text is one of [`For::units`].
pub(super) fn is_ours(text: &str) -> bool {
    text.starts_with(MARK)
}

fn is_hidden(path: &Path) -> bool {
    HIDDEN.iter().any(|hidden| path.starts_with(hidden))
}

/// A path as one word of `ExecStart=` (systemd.service(5), "Command lines").
fn word(path: &Path) -> Result<String, Unfit> {
    let unwritable = || Unfit::Unwritable(path.to_owned());
    let text = path.to_str().ok_or_else(unwritable)?;
    // Variables are filled in everywhere but in the program's own path, where `$$` would stay.
    if text.contains(|c: char| c.is_control() || c == '$') {
        return Err(unwritable());
    }
    let text = text.replace('%', "%%");
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%:,=~".contains(c);
    if text.chars().all(plain) {
        return Ok(text);
    }
    Ok(format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"")
    ))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn started(whose: For, program: &Program) -> String {
        let units = whose.units(program).unwrap();
        let lines = units[0].1.lines();
        let found: Vec<&str> = lines
            .filter(|line| line.starts_with("ExecStart="))
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].to_owned()
    }

    fn program(path: &str) -> Program {
        Program {
            path: path.into(),
            ..Program::default()
        }
    }

    #[rstest]
    #[case("/usr/bin/slotbridge", "/usr/bin/slotbridge")]
    #[case("/opt/my tools/slot\"bridge", "\"/opt/my tools/slot\\\"bridge\"")]
    #[case("/opt/100%/slotbridge", "/opt/100%%/slotbridge")]
    #[case("/opt/a;b/slotbridge", "\"/opt/a;b/slotbridge\"")]
    fn the_unit_starts_this_program(#[case] path: &str, #[case] word: &str) {
        for whose in [For::User, For::System] {
            let line = started(whose, &program(path));
            assert_eq!(line, format!("ExecStart={word} --log-format journald run"));
        }
    }

    #[test]
    fn what_was_asked_for_is_started() {
        let program = Program {
            config: vec!["/home/a/one.toml".into(), "/home/a/two.toml".into()],
            state_dir: Some("/home/a/state".into()),
            ..program("/home/a/.cargo/bin/slotbridge")
        };
        let line = "ExecStart=/home/a/.cargo/bin/slotbridge --config /home/a/one.toml \
            --config /home/a/two.toml --state-dir /home/a/state --log-format journald run";
        assert_eq!(started(For::User, &program), line);
        let hidden = For::System.units(&program);
        assert_eq!(hidden, Err(Unfit::Hidden("/home/a/one.toml".into())));
    }

    #[rstest]
    #[case::home("/home/alice/.cargo/bin/slotbridge", Unfit::Hidden("/home/alice/.cargo/bin/slotbridge".into()))]
    #[case::variable("/opt/$x", Unfit::Unwritable("/opt/$x".into()))]
    #[case::line("/opt/a\nb", Unfit::Unwritable("/opt/a\nb".into()))]
    fn what_the_service_could_not_start_is_refused(#[case] path: &str, #[case] why: Unfit) {
        assert_eq!(For::System.units(&program(path)), Err(why));
    }

    #[test]
    fn its_own_state_is_the_systems() {
        let program = Program {
            state_dir: Some("/var/lib/other".into()),
            ..program("/usr/bin/slotbridge")
        };
        assert_eq!(For::System.units(&program), Err(Unfit::State));
    }

    #[test]
    fn what_it_wrote_is_known_again() {
        for whose in [For::User, For::System] {
            let units = whose.units(&program("/usr/bin/slotbridge")).unwrap();
            assert_eq!(units.len(), whose.names().len());
            assert!(units.iter().all(|(_, text)| is_ours(text)));
        }
        assert!(!is_ours(SERVICE) && !is_ours(""));
    }
}
