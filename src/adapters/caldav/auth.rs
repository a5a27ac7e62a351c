//! Proves who we are: Basic (RFC 7617), Digest (RFC 7616), Bearer (RFC 6750).

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digest_auth::{AlgorithmType, AuthContext, HttpMethod, WwwAuthenticateHeader};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use secrecy::{ExposeSecret, SecretString};
use url::{Position, Url};

use super::refusal;
use crate::adapters::oauth::{AccessToken, Authority};
use crate::ports::error::{Error, Result};
use crate::ports::secret::LiveSecret;

/// Who we are to a server.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nobody: the server asks for nothing.
    None,
    /// A name with a password: Basic or Digest, as the server wants.
    Password {
        /// The user name.
        username: String,
        /// The password.
        password: LiveSecret,
    },
    /// A token of its own.
    Bearer(LiveSecret),
    /// Tokens of a login, renewed when they end.
    Login {
        /// Whose they are.
        whose: String,
        /// What gives them out.
        authority: Arc<Authority>,
    },
}

impl Credentials {
    /// The user name, or what else tells one user from another.
    #[must_use]
    pub fn username(&self) -> &str {
        match self {
            Self::Password { username, .. } => username,
            Self::Login { whose, .. } => whose,
            Self::None | Self::Bearer(_) => "",
        }
    }

    /// The secret of the configuration that is shown.
    fn secret(&self) -> Option<&LiveSecret> {
        match self {
            Self::Password { password, .. } => Some(password),
            Self::Bearer(token) => Some(token),
            Self::None | Self::Login { .. } => None,
        }
    }
}

/// The proof that goes with one request, and what it was made of.
pub(super) struct Proof {
    /// The value of `Authorization`.
    pub(super) header: HeaderValue,
    /// The nonce it answers, where it is a digest.
    nonce: Option<String>,
    /// The token it shows, where it is one of a login.
    token: Option<AccessToken>,
    /// The secret of the configuration that it shows.
    secret: Option<SecretString>,
}

/// Makes proofs, and learns from refusals what kind is wanted.
pub(super) struct Auth {
    credentials: Credentials,
    /// The digest challenge in use, with its counter; `None` while Basic serves.
    challenge: Mutex<Option<WwwAuthenticateHeader>>,
}

impl Auth {
    /// Starts out with Basic where there is a password.
    pub(super) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            challenge: Mutex::new(None),
        }
    }

    /// The proof for a request; `None` when there is nothing to prove.
    ///
    /// # Errors
    /// When nobody is logged in, the login has ended, or the secret cannot be had.
    pub(super) async fn proof(&self, method: &Method, url: &Url) -> Result<Option<Proof>> {
        if let Credentials::Login { authority, .. } = &self.credentials {
            let token = authority.access().await?;
            let header = bearer(&token.secret);
            return Ok(sensitive(&header).map(|header| Proof {
                header,
                nonce: None,
                token: Some(token),
                secret: None,
            }));
        }
        match self.credentials.secret() {
            Some(secret) => Ok(self.own_proof(method, url, &secret.get().await?)),
            None => Ok(None),
        }
    }

    fn own_proof(&self, method: &Method, url: &Url, secret: &SecretString) -> Option<Proof> {
        let (text, nonce) = match &self.credentials {
            Credentials::None | Credentials::Login { .. } => return None,
            Credentials::Bearer(_) => (bearer(secret), None),
            Credentials::Password { username, .. } => {
                let password = secret.expose_secret();
                self.digest(username, password, method, url)
                    .unwrap_or_else(|| (basic(username, password), None))
            }
        };
        Some(Proof {
            header: sensitive(&text)?,
            nonce,
            token: None,
            secret: Some(secret.clone()),
        })
    }

    fn digest(
        &self,
        username: &str,
        password: &str,
        method: &Method,
        url: &Url,
    ) -> Option<(String, Option<String>)> {
        let mut challenge = self
            .challenge
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let challenge = challenge.as_mut()?;
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let context = AuthContext::new_with_method(
            username,
            password,
            target,
            Option::<&[u8]>::None,
            HttpMethod::from(method.as_str()),
        );
        // A counter of eight hexadecimal digits is all that a nonce has.
        if challenge.nc == u32::MAX {
            challenge.nc = 0;
        }
        let answer = challenge.respond(&context).ok()?;
        Some((answer.to_header_string(), Some(challenge.nonce.clone())))
    }

    /// Learns from a refusal (401); whether another try with what was learned makes sense. A token of
    /// a login is renewed, once; a secret that changed where it stands is taken.
    ///
    /// # Errors
    /// When the login has ended.
    pub(super) async fn learn(
        &self,
        headers: &HeaderMap,
        sent: Option<&Proof>,
        first: bool,
    ) -> Result<bool> {
        let token = sent.and_then(|proof| proof.token.as_ref());
        match (&self.credentials, token) {
            (Credentials::Login { authority, .. }, Some(token)) if first => {
                authority.renew(token).await?;
                Ok(true)
            }
            _ => Ok(self.learn_digest(headers, sent) || self.learn_secret(sent).await),
        }
    }

    async fn learn_secret(&self, sent: Option<&Proof>) -> bool {
        let shown = sent.and_then(|proof| proof.secret.as_ref());
        match (self.credentials.secret(), shown) {
            (Some(secret), Some(shown)) => secret.another(shown).await.is_some(),
            _ => false,
        }
    }

    /// What a person can do about a refusal.
    pub(super) fn refused(&self, headers: &HeaderMap, doing: &str) -> Error {
        let offered = offers(headers);
        let wants_token = !offered.is_empty() && offered.iter().all(|one| scheme(one) == "bearer");
        match &self.credentials {
            Credentials::Login { authority, .. } => {
                refusal::login_refused(doing, authority.login())
            }
            Credentials::None | Credentials::Password { .. } if wants_token => {
                refusal::no_token(doing)
            }
            Credentials::Password {
                password: secret, ..
            }
            | Credentials::Bearer(secret) => secret.advise(refusal::unauthorized(doing)),
            Credentials::None => refusal::unauthorized(doing),
        }
    }

    fn learn_digest(&self, headers: &HeaderMap, sent: Option<&Proof>) -> bool {
        if !matches!(self.credentials, Credentials::Password { .. }) {
            return false;
        }
        let offered = offers(headers);
        let sent_nonce = sent.and_then(|proof| proof.nonce.as_deref());
        let takes_basic = offered.iter().any(|offer| scheme(offer) == "basic");
        if sent_nonce.is_none() && takes_basic {
            return false;
        }
        let Some(fresh) = strongest_digest(&offered) else {
            return false;
        };
        // The same nonce refused again, and not for its age: it is the password.
        let again = sent_nonce.is_none_or(|nonce| fresh.stale || nonce != fresh.nonce);
        *self
            .challenge
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(fresh);
        again
    }
}

fn bearer(token: &SecretString) -> String {
    format!("Bearer {}", token.expose_secret())
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

fn basic(username: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{username}:{password}"))
    )
}

/// The challenges of an answer, one scheme each; servers put several into one header or repeat
/// the header.
fn offers(headers: &HeaderMap) -> Vec<String> {
    let mut offers: Vec<String> = Vec::new();
    for header in headers.get_all(WWW_AUTHENTICATE) {
        // Only visible ASCII: digest_auth counts characters where it means bytes.
        let Ok(text) = header.to_str() else { continue };
        for part in split_outside_quotes(text) {
            let starts_scheme = part
                .split('=')
                .next()
                .is_some_and(|name| !part.contains('=') || name.trim().contains(' '));
            match offers.last_mut() {
                Some(last) if !starts_scheme => {
                    last.push_str(", ");
                    last.push_str(part);
                }
                _ => offers.push(part.to_owned()),
            }
        }
    }
    offers
}

fn split_outside_quotes(text: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && c == '\\' && !escaped;
        c == ',' && !quoted
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

fn scheme(offer: &str) -> String {
    let word = offer.split_whitespace().next().unwrap_or_default();
    word.to_ascii_lowercase()
}

fn strongest_digest(offers: &[String]) -> Option<WwwAuthenticateHeader> {
    offers
        .iter()
        .filter(|offer| scheme(offer) == "digest")
        .filter_map(|offer| digest_auth::parse(offer.get("digest".len()..)?).ok())
        .max_by_key(|offer| match offer.algorithm.algo {
            AlgorithmType::MD5 => 0,
            AlgorithmType::SHA2_256 => 2,
            AlgorithmType::SHA2_512_256 => 1,
        })
}

#[cfg(test)]
mod tests;
