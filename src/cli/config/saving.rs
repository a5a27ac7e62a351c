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

/// Makes the directory of a file; only its owner can look into what is made.
///
/// # Errors
/// When it cannot be made.
pub(super) fn make_directory_of(path: &Path) -> Result<(), Failure> {
    let parent = path.parent();
    match parent.filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => make_directory(parent).map_err(|error| failed(path, &error)),
        None => Ok(()),
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes what was answered. Everything that was written, the configuration last.
///
/// # Errors
/// When something cannot be written, or stands there already; then nothing was.
pub(super) fn write(path: &Path, answers: &Answers) -> Result<Vec<PathBuf>, Failure> {
    make_directory_of(path)?;
    for directory in answers.directories() {
        make_directory(directory).map_err(|error| failed(directory, &error))?;
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
    Ok(written)
}

/// Writes one file that nobody else may read: all of it, or nothing where something is already.
pub(super) fn write_whole(path: &Path, content: &str) -> Result<(), Failure> {
    let file = prepared(path, content).map_err(|error| failed(path, &error))?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
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
