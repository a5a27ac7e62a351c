//! Secrets, and where they come from. They are fetched when they are needed, never shown, and
//! never part of an error.

mod clean;
mod form;

pub use clean::oddity;

use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use config::ValueKind;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};
use tokio::io::AsyncReadExt;

use super::origin::Origin;
use super::reader::Table;
use super::readers::{self, Accounts, Readers};
use clean::Unclean;

/// What stands in place of a secret wherever the configuration is shown.
pub const MASK: &str = "***";
const LONGEST: u64 = 64 * 1024;
const PATIENCE: Duration = Duration::from_mins(1);

/// Where systemd puts what it hands to the system's service while that runs. Root can read it; of
/// others only the service.
const OF_SERVICE: &str = "/run/credentials/slotbridge.service";

/// A secret of the configuration.
#[derive(Clone)]
pub struct Secret {
    key: String,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Plain(SecretString),
    File(PathBuf),
    Command(Vec<String>),
    Variable(String, Option<SecretString>),
    Credential(String, Option<PathBuf>),
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// It is written in the configuration.
    Configuration,
    /// A file of its own.
    File,
    /// What a command prints.
    Command,
    /// A variable of the environment.
    Variable,
    /// systemd hands it over.
    Credential,
}

/// Why a secret could not be fetched. Names the key, never the content.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {cause}")]
pub struct NoSecret {
    /// The key of the configuration.
    pub key: String,
    /// Why.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
}

impl Secret {
    /// A secret known already, for `demo` and tests.
    #[must_use]
    pub fn plain(key: &str, value: &str) -> Self {
        Self {
            key: key.to_owned(),
            source: Source::Plain(SecretString::from(value.to_owned())),
        }
    }

    /// A secret that a command prints, named by what it was given as.
    #[must_use]
    pub fn printed_by(key: &str, command: Vec<String>) -> Self {
        Self {
            key: key.to_owned(),
            source: Source::Command(command),
        }
    }

    /// A secret that stands in a file, named by what it was given as.
    #[must_use]
    pub fn standing_in(key: &str, path: PathBuf) -> Self {
        Self {
            key: key.to_owned(),
            source: Source::File(path),
        }
    }

    /// The key of the configuration that names it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where it comes from.
    #[must_use]
    pub fn whence(&self) -> Whence {
        match &self.source {
            Source::Plain(_) => Whence::Configuration,
            Source::File(_) => Whence::File,
            Source::Command(_) => Whence::Command,
            Source::Variable(..) => Whence::Variable,
            Source::Credential(..) => Whence::Credential,
        }
    }

    /// It was not waited for: the process ends.
    #[must_use]
    pub fn not_at_the_end(&self) -> NoSecret {
        self.none("slotbridge is ending".to_owned(), "start it again")
    }

    /// Fetches the secret.
    ///
    /// # Errors
    /// When the file, command, variable or credential gives none.
    pub async fn reveal(&self) -> Result<SecretString, NoSecret> {
        match &self.source {
            Source::Plain(secret) => Ok(secret.clone()),
            Source::Variable(name, Some(value)) => {
                self.cleaned(value.expose_secret(), &format!("the environment variable {name}"))
            }
            Source::File(path) => self.in_file(path).await,
            Source::Command(words) => self.by_command(words).await,
            Source::Variable(name, None) => Err(self.none(
                format!("the environment variable {name} is not set"),
                "set it where slotbridge is started",
            )),
            Source::Credential(name, None) => match of_service(Path::new(OF_SERVICE), name) {
                Some(path) => self.in_file(&path).await,
                None => Err(self.none(
                    format!("there is no credential {name}: $CREDENTIALS_DIRECTORY is not set"),
                    "systemd hands it to the service (LoadCredential=), and root can read it while that runs: \
                     `sudo slotbridge --state-dir /var/lib/slotbridge check`; elsewhere use { file = \"…\" }",
                )),
            },
            Source::Credential(name, Some(directory)) => self.in_file(&directory.join(name)).await,
        }
    }

    fn none(&self, cause: String, hint: &str) -> NoSecret {
        NoSecret {
            key: self.key.clone(),
            cause,
            hint: hint.to_owned(),
        }
    }

    async fn in_file(&self, path: &Path) -> Result<SecretString, NoSecret> {
        let failed = |cause: &dyn fmt::Display| {
            self.none(
                format!("reading {}: {cause}", path.display()),
                "check that the file is there, and readable by the user that slotbridge runs as",
            )
        };
        let file = tokio::fs::File::open(path).await.map_err(|e| failed(&e))?;
        self.trimmed(file, &format!("the file {}", path.display()))
            .await
    }

    async fn by_command(&self, words: &[String]) -> Result<SecretString, NoSecret> {
        let (program, arguments) = words
            .split_first()
            .ok_or_else(|| self.none("the command is empty".to_owned(), "name a program"))?;
        let failed = |cause: String| {
            self.none(
                format!("running {program}: {cause}"),
                "run the command by hand as the user that slotbridge runs as; it must print the secret",
            )
        };
        tracing::debug!(key = self.key, program, "running the command of a secret");
        let mut child = tokio::process::Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let what = format!("the command {program}");
        let fetch = async {
            let secret = match child.stdout.take() {
                Some(stdout) => self.trimmed(stdout, &what).await,
                None => Err(failed("it gave no output".to_owned())),
            };
            let status = child
                .wait()
                .await
                .map_err(|error| failed(error.to_string()))?;
            if status.success() {
                secret
            } else {
                Err(failed(format!("it ended with {status}")))
            }
        };
        tokio::time::timeout(PATIENCE, fetch)
            .await
            .map_err(|_| failed(format!("it did not end within {} s", PATIENCE.as_secs())))?
    }

    async fn trimmed(
        &self,
        from: impl tokio::io::AsyncRead + Unpin,
        what: &str,
    ) -> Result<SecretString, NoSecret> {
        let mut bytes = Vec::new();
        let read = from.take(LONGEST + 1).read_to_end(&mut bytes).await;
        read.map_err(|error| self.none(format!("reading {what}: {error}"), "try it by hand"))?;
        if bytes.len() as u64 > LONGEST {
            return Err(self.none(
                format!("{what} gives more than {LONGEST} bytes"),
                "check what it holds",
            ));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| self.none(format!("{what} gives no UTF-8 text"), "check what it holds"))?;
        self.cleaned(&text, what)
    }

    fn cleaned(&self, text: &str, what: &str) -> Result<SecretString, NoSecret> {
        match clean::first_line(text) {
            Ok(secret) => Ok(SecretString::from(secret.to_owned())),
            Err(Unclean::Empty) => {
                Err(self.none(format!("{what} gives nothing"), "put the secret there"))
            }
            Err(Unclean::Control) => Err(self.none(
                format!("{what} gives control characters, which no secret has"),
                "write it as plain text in UTF-8, in one line, without colours",
            )),
        }
    }
}

/// A credential of the running service, if this process may read it, and nobody could have put
/// another in its place.
fn of_service(directory: &Path, name: &str) -> Option<PathBuf> {
    let found = std::fs::symlink_metadata(directory).ok()?;
    // With access lists the bits of the group are those of the service.
    let closed = found.is_dir() && found.mode() & 0o027 == 0;
    let path = directory.join(name);
    (closed && std::fs::File::open(&path).is_ok()).then_some(path)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

/// The ways to name a secret by a table.
const FORMS: [&str; 4] = ["file", "command", "env", "credential"];
const REMEDY: &str = "write a text in double quotes, or one of { file = \"…\" }, \
    { command = [\"…\"] }, { env = \"NAME\" }, { credential = \"name\" }";

/// Reads a secret, and warns of one that others on this machine can read.
#[must_use]
pub fn read(table: &Table<'_>, key: &'static str, warnings: &mut Vec<String>) -> Option<Secret> {
    let value = table.value(key)?;
    let source = match &value.kind {
        ValueKind::String(text) if !text.is_empty() => {
            if let Some(Origin::File { path, .. }) = table.place_of(key) {
                warnings.extend(exposed(path, &table.key(key)));
            }
            plain(table, key, text)
        }
        ValueKind::String(_) => {
            table.wrong(key, "the secret is empty", REMEDY);
            None
        }
        ValueKind::Table(_) => table.table(key).and_then(|form| named(table, key, form)),
        _ => {
            table.wrong(key, "this is not a secret", REMEDY);
            None
        }
    };
    let source = source?;
    if let Some(origin) = said(table, key) {
        table.reader.secret(&table.key(key), origin);
    }
    if let Source::File(path) = &source {
        warnings.extend(exposed(path, &table.key(key)));
    }
    Some(Secret {
        key: table.key(key),
        source,
    })
}

/// A secret that stands in the configuration itself.
fn plain(table: &Table<'_>, key: &'static str, text: &str) -> Option<Source> {
    let cause = match clean::first_line(text) {
        Ok(secret) if secret == text.trim() => {
            return Some(Source::Plain(SecretString::from(secret.to_owned())));
        }
        Ok(_) => "the secret has several lines",
        Err(Unclean::Empty) => "the secret is empty",
        Err(Unclean::Control) => "the secret has control characters in it",
    };
    table.wrong(key, cause, REMEDY);
    None
}

/// Where a secret was said. Tables that stand in several layers are merged without a place of their
/// own; the forms in them have one.
fn said<'a>(table: &Table<'a>, key: &'static str) -> Option<&'a Origin> {
    if let Some(origin) = table.place_of(key) {
        return Some(origin);
    }
    let ValueKind::Table(_) = &table.value(key)?.kind else {
        return table.origin();
    };
    let form = table.table(key)?;
    let forms = FORMS.into_iter().filter_map(|word| form.place_of(word));
    forms
        .max_by_key(|origin| origin.layer())
        .or_else(|| table.origin())
}

/// What is said of a file that others can read, and how it is closed.
fn exposed(path: &Path, key: &str) -> Option<String> {
    let us = rustix::process::geteuid().as_raw();
    let readers = readers::of_file(path, us, &Accounts::of(Path::new("/etc")));
    let path = path.display();
    match readers {
        Readers::Few => None,
        Readers::Everybody => Some(format!(
            "{path} holds {key} and can be read by everybody on this machine: chmod 600 {path}"
        )),
        Readers::Group(group) => Some(format!(
            "{path} holds {key} and can be read by the group {group}, which has others in it: chmod 600 {path}"
        )),
    }
}

fn named(table: &Table<'_>, key: &'static str, form: Table<'_>) -> Option<Source> {
    let places = FORMS
        .into_iter()
        .filter_map(|word| Some((form.place_of(word)?.layer(), word)));
    let places: Vec<(usize, &str)> = places.collect();
    // Layers are merged key by key, so that a later layer's form stands beside an earlier one's.
    let last = places.iter().map(|(layer, _)| *layer).max();
    let chosen: Vec<&str> = places
        .iter()
        .filter(|(layer, _)| Some(*layer) == last)
        .map(|(_, word)| *word)
        .collect();
    let environment = table.reader.environment;
    let source = match chosen.as_slice() {
        ["file"] => form.path("file").map(Source::File),
        ["command"] => {
            let words = form.texts("command")?;
            let words: Vec<String> = words.into_iter().map(|word| word.value).collect();
            if words.first().is_none_or(String::is_empty) {
                form.wrong(
                    "command",
                    "the command is empty",
                    "name a program and its arguments",
                );
                return None;
            }
            Some(Source::Command(words))
        }
        ["env"] => form.text("env").map(|name| {
            let value = environment
                .get(&name.value)
                .filter(|value| !value.is_empty());
            let value = value.map(|value| SecretString::from(value.to_owned()));
            Source::Variable(name.value, value)
        }),
        ["credential"] => form.text("credential").and_then(|name| {
            if name.value.contains('/') || name.value.starts_with('.') {
                form.wrong("credential", "this is not the name of a credential", REMEDY);
                return None;
            }
            let directory = environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from);
            Some(Source::Credential(name.value, directory))
        }),
        _ => {
            table.wrong(key, "a secret has exactly one source", REMEDY);
            None
        }
    };
    form.finish();
    source
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0o500, "dav-password", true)]
    #[case(0o550, "dav-password", true)]
    #[case(0o570, "dav-password", false)]
    #[case(0o755, "dav-password", false)]
    #[case(0o500, "webhook-secret", false)]
    fn what_the_service_has_is_taken_only_where_nobody_else_looks(
        #[case] mode: u32,
        #[case] name: &str,
        #[case] taken: bool,
    ) {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("slotbridge.service");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("dav-password"), "hush").unwrap();
        fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
        let found = of_service(&directory, name);
        fs::set_permissions(&directory, Permissions::from_mode(0o700)).unwrap();
        assert_eq!(found, taken.then(|| directory.join(name)));
    }

    #[test]
    fn without_a_service_nothing_is_taken() {
        assert_eq!(of_service(Path::new("/nowhere"), "dav-password"), None);
    }
}
