//! A secret that stands elsewhere, comes when it is needed, and may change there.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::{Error, Result};

/// Where a secret stands.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// The secret, as it was had last; it is fetched where it never was.
    ///
    /// # Errors
    /// `Denied` when it cannot be had now; says its key, its place and the remedy.
    async fn fetch(&self) -> Result<SecretString>;

    /// The secret that stands there instead of this one, which was refused; `None` where that is the
    /// same one, cannot be had, or is not to be asked for again so soon.
    async fn fetch_another(&self, refused: &SecretString) -> Option<SecretString>;

    /// The secret, if it was had already.
    fn at_hand(&self) -> Option<SecretString>;

    /// What a person should know of it where it is refused for good.
    fn advice(&self) -> Option<String>;
}

/// A secret that may change where it stands. Clones are one secret.
#[derive(Clone)]
pub struct LiveSecret(Arc<dyn Keeper>);

impl LiveSecret {
    /// One that stands there.
    #[must_use]
    pub fn kept_by(keeper: Arc<dyn Keeper>) -> Self {
        Self(keeper)
    }

    /// See [`Keeper::fetch`].
    ///
    /// # Errors
    /// As there.
    pub async fn get(&self) -> Result<SecretString> {
        self.0.fetch().await
    }

    /// See [`Keeper::fetch_another`].
    pub async fn another(&self, refused: &SecretString) -> Option<SecretString> {
        self.0.fetch_another(refused).await
    }

    /// See [`Keeper::at_hand`].
    #[must_use]
    pub fn at_hand(&self) -> Option<SecretString> {
        self.0.at_hand()
    }

    /// A refusal with what a person should know of the secret in front of its remedy.
    #[must_use]
    pub fn advise(&self, refusal: Error) -> Error {
        let Some(advice) = self.0.advice() else {
            return refusal;
        };
        let hint = match refusal.remedy() {
            Some(hint) => format!("{hint}; {advice}"),
            None => advice,
        };
        refusal.hint(hint)
    }
}

/// A secret that is what it is.
impl From<SecretString> for LiveSecret {
    fn from(secret: SecretString) -> Self {
        Self(Arc::new(Fixed(secret)))
    }
}

impl From<&str> for LiveSecret {
    fn from(secret: &str) -> Self {
        SecretString::from(secret).into()
    }
}

impl From<String> for LiveSecret {
    fn from(secret: String) -> Self {
        SecretString::from(secret).into()
    }
}

impl fmt::Debug for LiveSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Whether both are the same words.
#[must_use]
pub fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

struct Fixed(SecretString);

#[async_trait]
impl Keeper for Fixed {
    async fn fetch(&self) -> Result<SecretString> {
        Ok(self.0.clone())
    }

    async fn fetch_another(&self, _: &SecretString) -> Option<SecretString> {
        None
    }

    fn at_hand(&self) -> Option<SecretString> {
        Some(self.0.clone())
    }

    fn advice(&self) -> Option<String> {
        None
    }
}
