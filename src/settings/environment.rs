//! The environment of the process, read once, and the paths that hang on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What stands before the keys in the names of variables.
pub const PREFIX: &str = "SLOTBRIDGE__";

/// The environment: an argument, so that tests bring their own.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

// Values may be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// Why a path cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPath {
    /// This variable is not set.
    #[error("the variable {0} is not set")]
    Variable(String),
    /// It begins with the home directory of another user.
    #[error("{0} is not looked up: only your own home directory is, as ~/")]
    OtherHome(String),
}

impl NoPath {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Variable(_) => "write the whole path, or set the variable",
            Self::OtherHome(_) => {
                "write the whole path; for a directory of that name here, ./ before it"
            }
        }
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Environment {
    /// The environment of this process; what is not UTF-8 is left out.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The variables that set keys, as path of the key, name and value, in the order of the names.
    pub fn keys(&self) -> impl Iterator<Item = (Vec<String>, &str, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let path = name.strip_prefix(PREFIX)?;
            let path = path.split("__").map(str::to_ascii_lowercase).collect();
            Some((path, name.as_str(), value.as_str()))
        })
    }

    fn absolute(&self, name: &str) -> Option<PathBuf> {
        // The XDG base directory specification: relative paths are to be ignored.
        self.get(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }

    fn home(&self) -> Option<PathBuf> {
        self.absolute("HOME").or_else(std::env::home_dir)
    }

    fn config_home(&self) -> Option<PathBuf> {
        self.absolute("XDG_CONFIG_HOME")
            .or_else(|| Some(self.home()?.join(".config")))
    }

    /// `$XDG_CONFIG_HOME/slotbridge/config.toml`.
    #[must_use]
    pub fn user_config(&self) -> Option<PathBuf> {
        Some(self.config_home()?.join("slotbridge").join("config.toml"))
    }

    /// `$XDG_CONFIG_HOME/systemd/user`: where systemd looks for a person's own units.
    #[must_use]
    pub fn user_units(&self) -> Option<PathBuf> {
        Some(self.config_home()?.join("systemd").join("user"))
    }

    /// Where the state stands unless somebody says otherwise: `$STATE_DIRECTORY` (systemd),
    /// `$XDG_STATE_HOME/slotbridge`, `~/.local/state/slotbridge`.
    #[must_use]
    pub fn state_dir(&self) -> Option<PathBuf> {
        // systemd joins several StateDirectory= with colons; the first one is ours.
        let given = self
            .get("STATE_DIRECTORY")
            .and_then(|dirs| dirs.split(':').next())
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from);
        given.or_else(|| {
            let base = self
                .absolute("XDG_STATE_HOME")
                .or_else(|| Some(self.home()?.join(".local").join("state")))?;
            Some(base.join("slotbridge"))
        })
    }

    /// A path with a leading `~/`, `$NAME/` or `${NAME}/` filled in.
    ///
    /// # Errors
    /// Why that cannot be done.
    pub fn expand(&self, text: &str) -> Result<PathBuf, NoPath> {
        if text.starts_with('~') {
            return self.with_home(Path::new(text));
        }
        let Some(rest) = text.strip_prefix('$') else {
            return Ok(PathBuf::from(text));
        };
        let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let name = name
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
            .unwrap_or(name);
        let base = self.get(name).filter(|value| !value.is_empty());
        let base = base.map(PathBuf::from).or_else(|| self.usual(name));
        let base = base.ok_or_else(|| NoPath::Variable(name.to_owned()))?;
        Ok(base.join(rest))
    }

    /// A path with a leading `~/` filled in, as some shells leave it on the command line.
    ///
    /// # Errors
    /// Why that cannot be done.
    pub fn with_home(&self, path: &Path) -> Result<PathBuf, NoPath> {
        let Some(first) = path.iter().next().and_then(|first| first.to_str()) else {
            return Ok(path.to_owned());
        };
        match first.strip_prefix('~') {
            None => Ok(path.to_owned()),
            Some("") => {
                let home = self.home();
                let home = home.ok_or_else(|| NoPath::Variable("HOME".to_owned()))?;
                // A path ends with no slash that was not written.
                Ok(home.join(path.iter().skip(1).collect::<PathBuf>()))
            }
            Some(_) => Err(NoPath::OtherHome(first.to_owned())),
        }
    }

    fn usual(&self, name: &str) -> Option<PathBuf> {
        let below = match name {
            "HOME" => "",
            "XDG_CONFIG_HOME" => ".config",
            "XDG_STATE_HOME" => ".local/state",
            "XDG_DATA_HOME" => ".local/share",
            "XDG_CACHE_HOME" => ".cache",
            _ => return None,
        };
        Some(self.home()?.join(below))
    }
}
