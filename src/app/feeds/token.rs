//! The secret part of a feed's address.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng as _;
use rand::rngs::SysRng;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::ports::error::{Error, Kind, Result};

/// How many bytes of chance: 192 bits, in 32 characters that an address can hold as they are.
const BYTES: usize = 24;

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

/// The SHA-256 of a token: of one length whatever was asked for, so that comparing two takes the
/// same time for any.
#[derive(Clone, Copy)]
pub(super) struct Digest([u8; 32]);

// Written by hand so that no token can reach a log.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A new one, by the system's random generator.
    ///
    /// # Errors
    /// When the system has none.
    pub(super) fn random() -> Result<Self> {
        let mut bytes = [0; BYTES];
        SysRng.try_fill_bytes(&mut bytes).map_err(|error| {
            Error::new(Kind::Local, "making a secret address for a feed").because(error)
        })?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// One that was kept; none where that is shorter than any that we make.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() >= BYTES).then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl Digest {
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Whether both are the same, in a time that does not depend on where they differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_at_least_128_bits_and_fits_into_an_address() {
        let tokens: Vec<Token> = (0..100).filter_map(|_| Token::random().ok()).collect();
        let distinct: std::collections::BTreeSet<&str> = tokens.iter().map(Token::as_str).collect();
        assert_eq!(distinct.len(), 100);
        for token in tokens {
            assert!(token.as_str().len() * 6 >= 128);
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            assert!(token.as_str().chars().all(fits));
            assert_eq!(Token::parse(token.as_str()), Some(token));
        }
    }

    #[test]
    fn what_is_too_short_is_no_token() {
        assert_eq!(Token::parse("YWxpY2U"), None);
        assert_eq!(Token::parse(""), None);
        assert_eq!(Token::parse(&"/".repeat(40)), None);
    }
}
