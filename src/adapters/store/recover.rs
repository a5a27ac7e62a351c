//! Finds a state that can be trusted: the one that is there, else the newest export, else none.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::blobs::{Blobs, sync_dir};
use super::daily;
use super::disk::{Disk, DiskError};
use super::head::Head;
use super::import::{self, Force, WholeExport};
use super::kept;
use super::open::{Damage, OpenError, Options, Recovered};
use super::schema::Schema;
use super::sled_base::Written;
use super::upkeep::{self, Census};
use super::{COVERED, IRREPLACEABLE, WAITING};
use crate::ports::base::Change;

/// One search for a state that can be trusted.
pub(super) struct Recovery<'a> {
    pub(super) dir: &'a Path,
    /// The directory as a person knows it: what root reads of another user's is a copy.
    pub(super) named: &'a Path,
    /// The database: the one in the directory, or a copy that is only to be read.
    pub(super) db: PathBuf,
    pub(super) options: &'a Options,
    pub(super) schema: Schema,
    /// The generation that was on disk for certain.
    pub(super) expected: u64,
}

/// A state that can be trusted.
pub(super) struct Trusted {
    pub(super) disk: Disk,
    pub(super) written: Written,
    pub(super) recovered: Recovered,
    /// What still has to be written into it.
    pub(super) pairs: Vec<Change>,
}

/// What a look at the database found.
enum Found {
    /// All there.
    Whole(Disk, Census),
    /// Nothing was ever written to it.
    Empty(Disk),
    /// Not to be trusted; these pairs could still be read.
    Damaged(Vec<Change>),
}

impl Recovery<'_> {
    /// Searches.
    pub(super) fn run(&self) -> Result<Trusted, OpenError> {
        if self.options.damage == Damage::Refuse {
            return self.run_without_recovery();
        }
        let salvage = match self.look()? {
            Found::Whole(disk, census) => return Ok(self.whole(disk, census, Recovered::No)),
            Found::Empty(disk) if self.expected == 0 => {
                return Ok(self.empty(disk, Recovered::No));
            }
            // All batches are gone, but nothing is there that could be put aside.
            Found::Empty(disk) => return Ok(self.restore(disk, None, Vec::new())),
            Found::Damaged(salvage) => salvage,
        };
        let aside = self.aside()?;
        if self.move_snapshots(&aside)? {
            match self.look()? {
                Found::Whole(disk, census) => {
                    return Ok(self.whole(disk, census, Recovered::WithoutSnapshot));
                }
                Found::Empty(_) | Found::Damaged(_) => {}
            }
        }
        self.put_aside(&aside)?;
        match self.look()? {
            Found::Empty(disk) => Ok(self.restore(disk, Some(aside), salvage)),
            Found::Whole(..) | Found::Damaged(_) => Err(OpenError::unusable(
                "starting a new state",
                self.dir,
                io::Error::other("a new database is not empty"),
            )),
        }
    }

    /// The state as it is, or what is wrong with it.
    fn run_without_recovery(&self) -> Result<Trusted, OpenError> {
        let why = match self.look()? {
            Found::Whole(disk, census) => {
                let state = self.whole(disk, census, Recovered::No);
                match &state.recovered {
                    Recovered::Older { missing } => {
                        format!("its last {missing} batches are missing")
                    }
                    _ => return Ok(state),
                }
            }
            Found::Empty(disk) if self.expected == 0 => {
                return Ok(self.empty(disk, Recovered::No));
            }
            Found::Empty(_) => "it is empty, but was not".to_owned(),
            Found::Damaged(_) => "its contents are not those that were written".to_owned(),
        };
        Err(OpenError::Damaged {
            path: self.named.join("db"),
            why,
        })
    }

    fn look(&self) -> Result<Found, OpenError> {
        let path = self.db.clone();
        let failed = |source| OpenError::unusable("opening the state", &path, source);
        let outcome = Disk::open(&path, self.options.cache_bytes).and_then(|disk| {
            let stored = disk.get(super::head::HEAD)?;
            Ok((disk, stored))
        });
        let (disk, stored) = match outcome {
            Ok(found) => found,
            Err(DiskError::Busy) => return Err(OpenError::Locked { path, pid: None }),
            Err(DiskError::Io(source)) => return Err(failed(source)),
            Err(DiskError::Damaged(why)) => {
                tracing::warn!(why, "the state is damaged");
                return Ok(Found::Damaged(Vec::new()));
            }
        };
        // Before anything else: a newer version may keep all the rest differently.
        let schema = stored.as_deref().and_then(Head::schema_of);
        if let Some(found) = schema.filter(|found| *found > self.schema.current) {
            return Err(OpenError::NewerSchema {
                path: self.named.to_owned(),
                found,
                known: self.schema.current,
            });
        }
        let head = stored.as_deref().and_then(Head::parse);
        match upkeep::count(&disk, &Blobs::new(self.dir), schema.unwrap_or_default()) {
            Ok(census) if stored.is_none() && census.head.pairs == 0 => Ok(Found::Empty(disk)),
            Ok(mut census) if census.agrees_with(head.as_ref()) => {
                census.head = head.unwrap_or(census.head);
                if self.is_behind_an_export(&census.head) {
                    tracing::warn!("the state was cut short, and an export is ahead of it");
                    return Ok(Found::Damaged(Vec::new()));
                }
                Ok(Found::Whole(disk, census))
            }
            Err(DiskError::Io(source)) => Err(failed(source)),
            Ok(_) | Err(DiskError::Damaged(_) | DiskError::Busy) => {
                tracing::warn!("the state is damaged: count or checksum do not agree");
                Ok(Found::Damaged(self.salvage(&disk)))
            }
        }
    }

    /// What no side could tell us again, as far as it can be read.
    fn salvage(&self, disk: &Disk) -> Vec<Change> {
        let blobs = Blobs::new(self.dir);
        IRREPLACEABLE
            .iter()
            .chain(&WAITING)
            .chain(&[COVERED])
            .flat_map(|prefix| upkeep::readable(disk, &blobs, prefix))
            .map(|(key, value)| Change::Put(key, value))
            .collect()
    }

    /// Damaged bytes make sled cut its log short there, so that what is left may be whole and
    /// yet older than the newest export.
    fn is_behind_an_export(&self, head: &Head) -> bool {
        head.generation < self.expected
            && self
                .newest_export()
                .and_then(|(_, read)| read.generation)
                .is_some_and(|exported| exported > head.generation)
    }

    fn newest_export(&self) -> Option<(PathBuf, WholeExport)> {
        daily::exports(self.dir).into_iter().find_map(|path| {
            let read = fs::File::open(&path)
                .map_err(|error| error.to_string())
                .and_then(|file| {
                    import::read(io::BufReader::new(file), Force::No).map_err(|e| e.to_string())
                });
            match read {
                Ok(read) => Some((path, read)),
                Err(why) => {
                    tracing::warn!(export = %path.display(), why, "not a whole export");
                    None
                }
            }
        })
    }

    /// Fills an empty database from the newest export that is whole.
    fn restore(&self, disk: Disk, aside: Option<PathBuf>, salvage: Vec<Change>) -> Trusted {
        let Some((export, read)) = self.newest_export() else {
            let mut trusted = self.empty(disk, Recovered::Fresh { aside });
            trusted.pairs = salvage;
            return trusted;
        };
        let mut trusted = self.empty(disk, Recovered::FromExport { export, aside });
        trusted.written.head.schema = read.version;
        let puts = read.pairs.into_iter();
        trusted.pairs = puts.map(|(key, value)| Change::Put(key, value)).collect();
        trusted.pairs.extend(salvage);
        trusted
    }

    fn empty(&self, disk: Disk, recovered: Recovered) -> Trusted {
        Trusted {
            disk,
            written: Written {
                head: Head::new(self.schema.current),
                references: super::blobs::References::new(),
                kept: kept::Pairs::new(),
            },
            recovered,
            pairs: Vec::new(),
        }
    }

    fn whole(&self, disk: Disk, census: Census, usual: Recovered) -> Trusted {
        let recovered = match self.expected.saturating_sub(census.head.generation) {
            0 => usual,
            missing => Recovered::Older { missing },
        };
        let kept = kept::of(&disk, &Blobs::new(self.dir));
        Trusted {
            disk,
            written: Written {
                head: census.head,
                references: census.references,
                kept,
            },
            recovered,
            pairs: Vec::new(),
        }
    }

    /// A new directory for what is damaged.
    fn aside(&self) -> Result<PathBuf, OpenError> {
        let stamp = self.options.now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut number = 1_u32;
        loop {
            let name = match number {
                1 => format!("db.damaged-{stamp}"),
                more => format!("db.damaged-{stamp}-{more}"),
            };
            let path = self.dir.join(name);
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(aside_failed(&path, error)),
            }
        }
    }

    /// Moves sled's snapshots out of the way; whether there were any.
    fn move_snapshots(&self, aside: &Path) -> Result<bool, OpenError> {
        let db = self.dir.join("db");
        let mut moved = false;
        for entry in fs::read_dir(&db).map_err(|e| aside_failed(&db, e))? {
            let entry = entry.map_err(|e| aside_failed(&db, e))?;
            if entry.file_name().to_string_lossy().starts_with("snap.") {
                fs::rename(entry.path(), aside.join(entry.file_name()))
                    .map_err(|e| aside_failed(&entry.path(), e))?;
                moved = true;
            }
        }
        Ok(moved)
    }

    fn put_aside(&self, aside: &Path) -> Result<(), OpenError> {
        for name in ["db", "blobs"] {
            let from = self.dir.join(name);
            match fs::rename(&from, aside.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(aside_failed(&from, error));
                }
                _ => {}
            }
        }
        sync_dir(self.dir).map_err(|e| aside_failed(self.dir, e))
    }
}

fn aside_failed(path: &Path, source: io::Error) -> OpenError {
    OpenError::unusable("putting the damaged state aside", path, source)
}
