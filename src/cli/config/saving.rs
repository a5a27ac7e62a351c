//! Writes a configuration and the secrets that belong to it: all of it, or nothing.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use tempfile::NamedTempFile;

use crate::app::failure::{Exit, Failure};
use crate::app::interview::Answers;
use crate::app::interview::text::{self, Secrets};

/// Makes sure that nothing stands at this place.
///
/// # Errors
/// When something does.
pub(super) fn ensure_free(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(failed(path, &io::Error::from(ErrorKind::AlreadyExists)));
    }
    Ok(())
}

/// A file of this name beside the configuration.
pub(super) fn beside(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}

/// A name like this one that neither a file nor an answer has yet.
pub(super) fn free_name(path: &Path, stem: &str, answers: &Answers) -> String {
    let typed = answers.typed();
    let is_taken = |name: &str| {
        beside(path, name).symlink_metadata().is_ok()
            || typed.iter().any(|(taken, _)| *taken == name)
    };
    let mut name = stem.to_owned();
    let mut number = 2_u32;
    while is_taken(&name) {
        name = format!("{stem}-{number}");
        number += 1;
    }
    name
}

/// Directories that were made for what is to be written. Unless they are kept, they are removed
/// again, as far as they are empty then.
#[derive(Default)]
struct Made(Vec<PathBuf>);

impl Made {
    /// Makes the directory of a file; only its owner can look into what is made.
    ///
    /// # Errors
    /// When it cannot be made.
    fn for_file(&mut self, path: &Path) -> Result<(), Failure> {
        let parent = path.parent();
        match parent.filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => self.make(parent).map_err(|error| failed(path, &error)),
            None => Ok(()),
        }
    }

    fn make(&mut self, path: &Path) -> io::Result<()> {
        let is_missing =
            |path: &&Path| !path.as_os_str().is_empty() && path.symlink_metadata().is_err();
        let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
        let builder = |recursive| {
            let mut builder = DirBuilder::new();
            builder.recursive(recursive).mode(0o700);
            builder
        };
        for path in missing.into_iter().rev() {
            match builder(false).create(path) {
                Ok(()) => self.0.push(path.to_owned()),
                // Somebody else was faster: it is theirs.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        builder(true).create(path)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            // What somebody put there meanwhile stays, and so does what it stands in.
            fs::remove_dir(path).unwrap_or_default();
        }
    }
}

/// Writes what was answered. Everything that was written, the configuration last.
///
/// # Errors
/// When something cannot be written, or stands there already; then nothing was.
pub(super) fn write(path: &Path, answers: &Answers) -> Result<Vec<PathBuf>, Failure> {
    let mut made = Made::default();
    made.for_file(path)?;
    for directory in answers.directories() {
        let outcome = made.make(directory);
        outcome.map_err(|error| failed(directory, &error))?;
    }
    let mut files: Vec<(PathBuf, String)> = answers
        .typed()
        .into_iter()
        .map(|(name, secret)| (beside(path, name), format!("{}\n", secret.expose_secret())))
        .collect();
    files.push((path.to_owned(), text::of(answers, Secrets::InFiles)));
    let mut ready = Vec::new();
    for (path, content) in &files {
        let file = prepared(path, content).map_err(|error| failed(path, &error))?;
        ready.push((path.clone(), file));
    }
    let mut written: Vec<PathBuf> = Vec::new();
    for (path, file) in ready {
        if let Err(error) = file.persist_noclobber(&path) {
            for path in &written {
                // What it would leave is ours alone; why it failed matters more.
                fs::remove_file(path).unwrap_or_default();
            }
            return Err(failed(&path, &error.error));
        }
        written.push(path);
    }
    made.keep();
    Ok(written)
}

/// Writes one file that nobody else may read, and makes its directory: all of it, or nothing where
/// something is already.
pub(super) fn write_whole(path: &Path, content: &str) -> Result<(), Failure> {
    let mut made = Made::default();
    made.for_file(path)?;
    let file = prepared(path, content).map_err(|error| failed(path, &error))?;
    match file.persist_noclobber(path) {
        Ok(_) => {
            made.keep();
            Ok(())
        }
        Err(error) => Err(failed(path, &error.error)),
    }
}

/// The file beside its place, which its owner alone can read, and which is on the disk.
fn prepared(path: &Path, content: &str) -> io::Result<NamedTempFile> {
    let parent = path.parent().unwrap_or(Path::new(""));
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    // Of mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".slotbridge-")
        .tempfile_in(parent)?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Why something could not be written, and what to do.
pub(super) fn failed(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        ErrorKind::AlreadyExists => "it is left as it is; name another path, or remove it first",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "make room on that disk; nothing was written"
        }
        _ => "check the path and its rights",
    };
    Failure::new(
        Exit::Usage,
        format!("writing {}: {error}", path.display()),
        hint,
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::app::interview::{App, Kept};

    fn answers() -> Answers {
        Answers {
            app: Some(App {
                account_id: None,
                client_id: "id".to_owned(),
                client_secret: Kept::Typed {
                    secret: "hush".into(),
                    file: "client-secret".to_owned(),
                    said: "~/client-secret".to_owned(),
                },
            }),
            ..Answers::default()
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let found = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = found
            .map(|one| one.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn all_of_it_is_written_for_the_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/config.toml");
        let written = write(&path, &answers()).unwrap();
        assert_eq!(written, [beside(&path, "client-secret"), path.clone()]);
        for file in &written {
            let mode = fs::metadata(file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_to_string(&written[0]).unwrap(), "hush\n");
        assert_eq!(
            names(path.parent().unwrap()),
            ["client-secret", "config.toml"]
        );
        assert!(ensure_free(&path).is_err());
        assert_eq!(
            free_name(&path, "client-secret", &answers()),
            "client-secret-2"
        );
    }

    #[test]
    fn directories_that_were_made_for_nothing_are_removed_but_for_what_others_put_there() {
        let home = tempfile::tempdir().unwrap();
        let deep = home.path().join("a/../a/b/c");
        let mut made = Made::default();
        made.make(&deep).unwrap();
        drop(made);
        assert!(names(home.path()).is_empty());
        let mut made = Made::default();
        made.make(&deep).unwrap();
        fs::write(home.path().join("a/b/theirs"), "").unwrap();
        drop(made);
        assert_eq!(names(&home.path().join("a/b")), ["theirs"]);
        let mut made = Made::default();
        made.make(&deep).unwrap();
        made.keep();
        assert_eq!(names(&home.path().join("a/b")), ["c", "theirs"]);
        let mut made = Made::default();
        assert!(made.make(&home.path().join("a/b/theirs/x")).is_err());
    }

    #[test]
    fn where_one_file_cannot_be_written_none_is() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.toml");
        fs::write(&path, "mine").unwrap();
        let failure = write(&path, &answers()).unwrap_err();
        assert!(failure.words.contains("left as it is"), "{failure}");
        assert_eq!(names(home.path()), ["config.toml"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
