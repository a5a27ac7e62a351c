//! Where a feed is: an address with its secrets taken apart, or a file.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::adapters::http_client::is_loopback;
use crate::ports::error::{Error, Kind, Result};
use crate::ports::secret::LiveSecret;

const DOING: &str = "preparing the feed";

/// Where a feed is.
pub(super) enum Place {
    /// Behind an address.
    Web(Address),
    /// In a file.
    File(PathBuf),
}

/// An address, and who asks there.
pub(super) struct Address {
    /// Without user name, password and fragment.
    pub(super) url: Url,
    /// Who asks there.
    pub(super) login: Option<Login>,
}

/// Who asks for a feed.
pub(super) struct Login {
    user: String,
    password: LiveSecret,
}

impl Login {
    /// The value of `Authorization`, and the password in it.
    ///
    /// # Errors
    /// When the password cannot be had, or is none.
    pub(super) async fn shown(&self) -> Result<(HeaderValue, SecretString)> {
        let password = self.password.get().await?;
        let header = basic(&self.user, password.expose_secret())?;
        Ok((header, password))
    }

    /// Whether there is another password than the one that was refused.
    pub(super) async fn changed(&self, refused: &SecretString) -> bool {
        self.password.another(refused).await.is_some()
    }

    /// See [`LiveSecret::advise`].
    pub(super) fn advise(&self, refusal: Error) -> Error {
        self.password.advise(refusal)
    }
}

/// Reads an address or a path.
///
/// # Errors
/// `Local` for what is neither, and for plain text to another machine. What was written is not
/// quoted.
pub(super) fn of(text: &str, login: Option<(String, LiveSecret)>) -> Result<Place> {
    if let Some(rest) = text.strip_prefix("file://") {
        let path = rest.strip_prefix("localhost").unwrap_or(rest);
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
        return Ok(Place::File(PathBuf::from(path)));
    }
    if !text.contains("://") {
        return Ok(Place::File(PathBuf::from(text)));
    }
    let mut url = spoken(text)?;
    let login = match login {
        Some((user, password)) => Some(Login { user, password }),
        None => login_in(&url),
    };
    let bare = url.set_username("").and_then(|()| url.set_password(None));
    bare.map_err(|()| wrong("this is not the address of a feed"))?;
    url.set_fragment(None);
    Ok(Place::Web(Address { url, login }))
}

/// The address as it is asked. `webcal` is another word for "subscribe to", not a way to speak:
/// most programs take it for http, but a feed's address must not be sent in plain text, and hardly
/// a server is left without https. Only this machine itself is asked in plain text.
fn spoken(text: &str) -> Result<Url> {
    let nothing = || wrong("this is not the address of a feed");
    let (scheme, rest) = text.split_once("://").ok_or_else(nothing)?;
    let as_scheme = |scheme: &str| Url::parse(&format!("{scheme}://{rest}")).map_err(|_| nothing());
    let url = match scheme.to_ascii_lowercase().as_str() {
        "https" | "webcals" => as_scheme("https")?,
        "http" => as_scheme("http")?,
        "webcal" => {
            let plain = as_scheme("http")?;
            if is_loopback(&plain) {
                return Ok(plain);
            }
            let mut url = as_scheme("https")?;
            if url.port() == Some(80) {
                url.set_port(None).map_err(|()| nothing())?;
            }
            url
        }
        _ => return Err(nothing()),
    };
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(Error::new(Kind::Local, DOING)
            .because("its address is plain http, which everybody on the way can read")
            .hint(
                "write https:// in its place; plain http is only taken for this machine itself",
            ));
    }
    Ok(url)
}

fn login_in(url: &Url) -> Option<Login> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some(Login {
        user: decoded(url.username()),
        password: decoded(url.password().unwrap_or_default()).into(),
    })
}

fn basic(user: &str, password: &str) -> Result<HeaderValue> {
    let text = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let mut header = HeaderValue::from_str(&text).map_err(|_| wrong("this is no password"))?;
    header.set_sensitive(true);
    Ok(header)
}

fn wrong(why: &'static str) -> Error {
    Error::new(Kind::Local, DOING)
        .because(why)
        .hint("write http(s)://, webcal(s):// or a path as url")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn web(text: &str) -> Address {
        match of(text, None) {
            Ok(Place::Web(address)) => address,
            Ok(Place::File(path)) => panic!("a file: {}", path.display()),
            Err(error) => panic!("{error}"),
        }
    }

    #[rstest]
    #[case("https://example.org/a.ics?key=1", "https://example.org/a.ics?key=1")]
    #[case("webcal://example.org/a.ics", "https://example.org/a.ics")]
    #[case("WEBCAL://example.org:80/a.ics", "https://example.org/a.ics")]
    #[case("webcal://example.org:8443/a.ics", "https://example.org:8443/a.ics")]
    #[case("webcals://example.org/a.ics", "https://example.org/a.ics")]
    #[case("webcal://127.0.0.1:80/a.ics", "http://127.0.0.1/a.ics")]
    #[case("webcal://localhost:8080/a.ics", "http://localhost:8080/a.ics")]
    #[case("http://[::1]:8080/a.ics#top", "http://[::1]:8080/a.ics")]
    #[case("https://u:p@example.org/a.ics", "https://example.org/a.ics")]
    fn an_address_is_asked_encrypted(#[case] text: &str, #[case] asked: &str) {
        assert_eq!(web(text).url.as_str(), asked);
    }

    #[rstest]
    #[case("http://example.org/very-secret.ics")]
    #[case("ftp://example.org/very-secret.ics")]
    #[case("https://")]
    #[case("webcal://:very-secret@")]
    fn what_cannot_be_asked_is_not_quoted(#[case] text: &str) {
        let Err(error) = of(text, None) else {
            panic!("{text} was taken");
        };
        assert_eq!(error.kind(), Kind::Local);
        let said = format!("{error} {error:?}");
        assert!(
            !said.contains("secret") && !said.contains("example.org"),
            "{said}"
        );
    }

    #[rstest]
    #[case("/srv/a.ics", "/srv/a.ics")]
    #[case("file:///srv/a%20b.ics", "/srv/a b.ics")]
    #[case("file://localhost/srv/a.ics", "/srv/a.ics")]
    fn a_file_is_a_path(#[case] text: &str, #[case] path: &str) {
        assert!(
            matches!(of(text, None), Ok(Place::File(found)) if found == std::path::Path::new(path))
        );
    }

    #[tokio::test]
    async fn who_asks_is_taken_out_of_the_address_and_decoded() {
        let login = web("https://al%40x:p%3Aw@example.org/").login.unwrap();
        let (header, _) = login.shown().await.unwrap();
        assert_eq!(
            header,
            format!("Basic {}", STANDARD.encode("al@x:p:w")).as_str()
        );
        assert!(header.is_sensitive());
        let other = Some(("bob".to_owned(), LiveSecret::from("pw")));
        let Ok(Place::Web(address)) = of("https://alice:x@example.org/", other) else {
            panic!("no address");
        };
        let bob = format!("Basic {}", STANDARD.encode("bob:pw"));
        let (header, _) = address.login.unwrap().shown().await.unwrap();
        assert_eq!(header, bob.as_str());
    }
}
