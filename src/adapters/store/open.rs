//! Opening the state: who may, whether it is whole, and what takes its place when it is not.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;

use super::blobs::sync_dir;
use super::kept;
use super::lock::Lock;
use super::owner;
use super::recover::Recovery;
use super::rights::{close_files, close_to_others, is_for_something_else, prepare, try_making};
use super::schema::Schema;
use super::sled_base::{Held, Inner, Mark, SledBase};
use crate::ports::base::Change;
use crate::ports::error::{Error, Kind};

/// Where systemd keeps the states of services that have no user of their own. Nobody but root gets in:
/// not even that user, but by systemd.
const PRIVATE: &str = "/var/lib/private";

/// How to open the state.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The time, for the names of what is put aside.
    pub now: Timestamp,
    /// How much memory sled may use for its cache, in bytes.
    pub cache_bytes: u64,
    /// What to do about a damaged state.
    pub damage: Damage,
}

/// What to do about a damaged state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Put it aside, and go on from what is left and the newest export.
    Recover,
    /// Leave it as it is, byte for byte, and give [`OpenError::Damaged`]. A whole state can then
    /// be read, but not written: opening alone makes sled cut damaged bytes off, so a copy is
    /// what is opened.
    Refuse,
}

impl Options {
    /// The usual ones.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            cache_bytes: 1024 * 1024,
            damage: Damage::Recover,
        }
    }

    /// For reading alone: what is damaged stays as it is.
    #[must_use]
    pub fn to_read(now: Timestamp) -> Self {
        Self {
            damage: Damage::Refuse,
            ..Self::at(now)
        }
    }
}

/// An open state, and what it took to open it.
pub struct Opened {
    /// The state.
    pub base: SledBase,
    /// What it took. Anything but [`Recovered::No`] means that the state may be older than what
    /// both sides show: look at everything again, and delete nothing for its absence.
    pub recovered: Recovered,
}

/// What it took to open the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// Nothing: it is whole.
    No,
    /// Its snapshot was damaged and put aside; the log had everything.
    WithoutSnapshot,
    /// It is whole, but its last batches are missing.
    Older {
        /// How many batches are missing.
        missing: u64,
    },
    /// It was damaged or gone; an export took its place.
    FromExport {
        /// The export.
        export: PathBuf,
        /// Where the damaged state is now, if there was one.
        aside: Option<PathBuf>,
    },
    /// It was damaged or gone, and there was no export: it is empty now, except for what could
    /// still be read of tokens and of what waits for a person.
    Fresh {
        /// Where the damaged state is now, if there was one.
        aside: Option<PathBuf>,
    },
}

/// Why the state could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the state is in use by {} ({})", process(*.pid), path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who has it.
        pid: Option<u32>,
    },
    /// A newer version of the program wrote it.
    #[error("the state in {path} has schema {found}, but this version knows only up to {known}", path = .path.display())]
    NewerSchema {
        /// The directory.
        path: PathBuf,
        /// The schema found.
        found: u32,
        /// The newest schema known.
        known: u32,
    },
    /// It is damaged, and was to be left as it is.
    #[error("the state in {path} is damaged: {why}", path = .path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It is somebody else's.
    #[error("the state directory {path} belongs to another user (uid {owner}, this is uid {us})", path = .path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        us: u32,
    },
    /// It is somebody else's, and this is root, who does not write there.
    #[error("the state directory {path} belongs to another user (uid {owner}), and root does not write there: the service may not read what root makes, and who controls a directory could lead root astray", path = .path.display())]
    ByRoot {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Of which group.
        group: u32,
    },
    /// It is somebody else's, and this is root, who reads nothing there but plain files.
    #[error("{path} is {is}, which root does not read in a state of another user", path = .path.display())]
    NotPlain {
        /// What stands there.
        path: PathBuf,
        /// What it is.
        is: &'static str,
    },
    /// The directory is used for something else.
    #[error("the directory {path} holds other files and no state of slotbridge: nothing was changed in it", path = .path.display())]
    SomethingElse {
        /// The directory.
        path: PathBuf,
    },
    /// The machine refused.
    #[error("{doing} ({path}): {cause}", path = .path.display())]
    Unusable {
        /// What we were doing.
        doing: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// Why it failed. No `source`: it is said already.
        cause: io::Error,
    },
    /// The first writing to it failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl OpenError {
    pub(super) fn unusable(doing: &'static str, path: &Path, cause: io::Error) -> Self {
        Self::Unusable {
            doing,
            path: path.to_owned(),
            cause,
        }
    }

    /// A state directory that is somebody else's. root may use it; anybody else would only fail at
    /// one of its files.
    #[must_use]
    pub fn of_foreign(dir: &Path) -> Option<Self> {
        let owner = fs::metadata(dir).ok()?.uid();
        let us = rustix::process::geteuid();
        (owner != us.as_raw() && !us.is_root()).then(|| Self::Foreign {
            path: dir.to_owned(),
            owner,
            us: us.as_raw(),
        })
    }

    /// A directory that cannot be made: it is tried beside where it would be, and nothing is left.
    #[must_use]
    pub fn of_unmakeable(dir: &Path) -> Option<Self> {
        let failed = try_making(dir).err()?;
        Some(Self::unusable("preparing the state directory", dir, failed))
    }

    /// A directory with other things in it and no state: closing it would take it from whoever uses
    /// it.
    #[must_use]
    pub fn of_something_else(dir: &Path) -> Option<Self> {
        is_for_something_else(dir).then(|| Self::SomethingElse {
            path: dir.to_owned(),
        })
    }

    /// The state directory of another user, where this is root: it is not written.
    #[must_use]
    pub fn of_root(dir: &Path) -> Option<Self> {
        let (owner, group) = owner::another(dir)?;
        Some(Self::ByRoot {
            path: dir.to_owned(),
            owner,
            group,
        })
    }

    /// What a person can do about it.
    #[must_use]
    pub fn remedy(&self) -> Cow<'_, str> {
        let words = match self {
            Self::ByRoot { path, owner, group } => {
                return Cow::Owned(as_that_user(path, *owner, *group));
            }
            Self::SomethingElse { .. } => {
                "give a directory that is empty or not there yet, as state_dir or --state-dir: it is made, and closed to others"
            }
            Self::Locked { .. } => {
                "stop the other slotbridge, or give this one its own --state-dir"
            }
            Self::NewerSchema { .. } => {
                "install the newer version again; or `state export` there, and `state import` here into another --state-dir"
            }
            Self::Damaged { .. } => {
                "`slotbridge sync` puts the damaged files aside, goes on from what is left and says what that was; `slotbridge state rebuild` does without a pass"
            }
            Self::Foreign { .. } => {
                "run this as that user (sudo -u), or use another --state-dir; if nothing but slotbridge's state is in it, root can give it to this user (chown -R)"
            }
            Self::NotPlain { .. } => {
                "look who put it there, and remove it; the service makes its own files again"
            }
            Self::Unusable { cause, .. } => match cause.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => {
                    "make room on that disk (or raise its quota or limit), then start again"
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    "run this as the user whose state it is, give this one the right to write there, or use another --state-dir"
                }
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                    "a file stands where a directory has to be: move it away, or use another --state-dir"
                }
                _ => {
                    "check the disk space and the rights of this directory, or use another --state-dir"
                }
            },
            Self::Failed(error) => error
                .remedy()
                .unwrap_or("check that disk, then start again"),
        };
        Cow::Borrowed(words)
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Failed(error) => error,
            error => {
                let hint = error.remedy().into_owned();
                Self::new(Kind::State, "opening the state")
                    .because(error)
                    .hint(hint)
            }
        }
    }
}

/// How a command is run that writes the state of another user.
fn as_that_user(dir: &Path, user: u32, group: u32) -> String {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let words = if let Ok(name) = dir.strip_prefix(PRIVATE) {
        let name = name.display();
        format!(
            "`systemd-run --pipe --wait -p DynamicUser=yes -p User={name} -p StateDirectory={name} slotbridge …`"
        )
    } else {
        format!("`setpriv --reuid={user} --regid={group} --clear-groups slotbridge …`")
    };
    let hint = "start the service and say it again, it then does this itself; what it does not do (`state import`, `state rebuild`) is done as that user while it is stopped";
    format!("{hint}: {words}")
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

pub(super) fn open(dir: &Path, options: &Options, schema: Schema) -> Result<Opened, OpenError> {
    match options.damage {
        Damage::Recover => open_to_write(dir, options, schema),
        Damage::Refuse => open_to_read(dir, options, schema),
    }
}

/// Opens a copy, and leaves the state as it is.
fn open_to_read(dir: &Path, options: &Options, schema: Schema) -> Result<Opened, OpenError> {
    let (files, copy, lock) = if let Some(copy) = owner::copied(dir)? {
        (copy.path().to_owned(), copy, None)
    } else {
        prepare(dir)?;
        let lock = Lock::take(dir)?;
        (dir.to_owned(), copied(dir)?, Some(lock))
    };
    let (generation, expected) = generation_file(&files)?;
    let recovery = Recovery {
        dir: &files,
        named: dir,
        db: copy.path().join("db"),
        options,
        schema,
        expected,
    };
    let state = recovery.run()?;
    let held = Held {
        generation,
        copy: Some(copy),
        named: dir.to_owned(),
        lock,
    };
    let base = SledBase {
        inner: Arc::new(Inner::new(&files, state.disk, state.written, held)),
    };
    migrate(&base, schema)?;
    Ok(Opened {
        base,
        recovered: state.recovered,
    })
}

fn open_to_write(dir: &Path, options: &Options, schema: Schema) -> Result<Opened, OpenError> {
    if let Some(refused) = OpenError::of_root(dir) {
        return Err(refused);
    }
    prepare(dir)?;
    let lock = Lock::take(dir)?;
    let (generation, expected) = generation_file(dir)?;
    let recovery = Recovery {
        dir,
        named: dir,
        db: dir.join("db"),
        options,
        schema,
        expected,
    };
    close_to_others(&dir.join("db"))?;
    let mut state = recovery.run()?;
    let held = Held {
        generation,
        copy: None,
        named: dir.to_owned(),
        lock: Some(lock),
    };
    let base = SledBase {
        inner: Arc::new(Inner::new(dir, state.disk, state.written, held)),
    };
    let missed = missed(&base.inner, &state.recovered, &state.pairs);
    state.pairs.extend(missed);
    if state.recovered != Recovered::No {
        tracing::warn!(recovered = ?state.recovered, "the state had to be recovered");
        // Counted past the batches that are missing, so that they are reported once.
        let mark = Mark {
            schema: None,
            at_least: expected,
        };
        base.inner.apply(state.pairs, mark)?;
    } else if !state.pairs.is_empty() {
        tracing::warn!("a token was newer in its second copy, and is taken from there");
        base.inner.apply(state.pairs, Mark::default())?;
    }
    base.inner
        .keep()
        .map_err(|source| OpenError::unusable("copying the tokens", dir, source))?;
    migrate(&base, schema)?;
    base.inner.sync()?;
    close_to_others(&dir.join("db"))?;
    if let Err(error) = close_files(&dir.join("db")) {
        tracing::warn!(%error, "not all files of the state could be closed to others");
    }
    // The files are on disk; now their names.
    for dir in [&dir.join("db"), dir] {
        sync_dir(dir)
            .map_err(|source| OpenError::unusable("bringing the state to disk", dir, source))?;
    }
    // The directory above may belong to somebody else, who need not let us read it.
    if let Some(Err(error)) = dir.parent().map(sync_dir) {
        tracing::debug!(%error, "the directory above the state could not be synced");
    }
    base.inner.blobs.sweep(&base.inner.written().references);
    Ok(Opened {
        base,
        recovered: state.recovered,
    })
}

/// What the second copy has that the database lost.
fn missed(inner: &Inner, recovered: &Recovered, restored: &[Change]) -> Vec<Change> {
    let written = inner.written();
    let ahead = kept::read(&inner.dir).filter(|kept| kept.generation > written.head.generation);
    match (ahead, recovered) {
        (None, _) => Vec::new(),
        (Some(kept), Recovered::No | Recovered::WithoutSnapshot) => kept
            .tokens()
            .into_iter()
            .filter(|change| match change {
                Change::Put(key, value) => written.kept.get(key) != Some(value),
                Change::Delete(_) => false,
            })
            .collect(),
        (Some(kept), _) => {
            let there = written.kept.iter();
            let there = there.map(|(key, value)| Change::Put(key.clone(), value.clone()));
            let there: Vec<Change> = there.chain(restored.iter().cloned()).collect();
            kept.over(&there)
        }
    }
}

/// A copy of the database, gone when it is dropped.
fn copied(dir: &Path) -> Result<TempDir, OpenError> {
    let unusable = |source| OpenError::unusable("copying the state to read it", dir, source);
    let copy = tempfile::Builder::new()
        .prefix("look-")
        .tempdir_in(dir)
        .map_err(unusable)?;
    let to = copy.path().join("db");
    fs::create_dir(&to).map_err(unusable)?;
    let entries = match fs::read_dir(dir.join("db")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(copy),
        entries => entries.map_err(unusable)?,
    };
    for entry in entries {
        let entry = entry.map_err(unusable)?;
        // sled keeps its blobs in a directory that ours never fill: large values are our files.
        if entry.file_type().map_err(unusable)?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).map_err(unusable)?;
        }
    }
    Ok(copy)
}

fn migrate(base: &SledBase, schema: Schema) -> Result<(), OpenError> {
    for step in schema.steps {
        if base.inner.written().head.schema.checked_add(1) == Some(step.to) {
            tracing::info!(to = step.to, "the state is brought to a newer schema");
            let mark = Mark {
                schema: Some(step.to),
                at_least: 0,
            };
            base.inner.apply((step.changes)(base)?, mark)?;
        }
    }
    let found = base.inner.written().head.schema;
    if found == schema.current {
        return Ok(());
    }
    Err(Error::new(
        Kind::State,
        format!(
            "bringing the state in {} to schema {}",
            base.inner.named.display(),
            schema.current
        ),
    )
    .because(format!("there is no way there from schema {found}"))
    .hint("export it with the version that wrote it, and import that")
    .into())
}

/// The file that names the last generation known to be on disk, and what it says.
fn generation_file(dir: &Path) -> Result<(File, u64), OpenError> {
    let path = dir.join("generation");
    let unusable = |source| OpenError::unusable("reading the state", &path, source);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(unusable)?;
    let mut text = Vec::new();
    file.by_ref()
        .take(64)
        .read_to_end(&mut text)
        .map_err(unusable)?;
    let said = std::str::from_utf8(&text)
        .ok()
        .and_then(|t| t.trim().parse().ok());
    Ok((file, said.unwrap_or(0)))
}
