//! What keeps a connection from standing (a name, a port, a certificate, a proxy), and what a
//! person can do about it.

use std::error::Error as StdError;
use std::fmt::Display;
use std::io::{self, ErrorKind};

use rustls::CertificateError;

/// What keeps it from standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obstacle {
    /// The name leads nowhere.
    Name,
    /// Nothing listens there.
    Closed,
    /// What listens there speaks something else.
    NotTls,
    /// The certificate is for another name.
    OtherName,
    /// The certificate is not good at this time.
    Expired,
    /// The certificate is not trusted.
    Untrusted,
    /// The proxy asks who we are.
    ProxyAsks,
    /// The proxy cannot be used.
    Proxy,
    /// Anything else.
    Other,
}

/// What happened, and what to do about it, of a connection that was not made.
pub(super) fn explained(error: &(dyn StdError + 'static), host: &str) -> (String, String) {
    let obstacle = obstacle(error);
    let last = chain(error).last().map(ToString::to_string);
    let last = last.unwrap_or_default();
    (cause(obstacle, host, &last), hint(obstacle, host))
}

fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn obstacle(error: &(dyn StdError + 'static)) -> Obstacle {
    // The client names these two in words alone.
    let says = |word: &str| chain(error).any(|error| error.to_string().starts_with(word));
    if says("tunnel error") {
        return if says("tunnel error: proxy authorization required") {
            Obstacle::ProxyAsks
        } else {
            Obstacle::Proxy
        };
    }
    if says("dns error") {
        return Obstacle::Name;
    }
    chain(error).find_map(of_one).unwrap_or(Obstacle::Other)
}

/// What one error of the chain says. An `io::Error` is no link of its own: what is wrapped in it
/// it shows as itself, however often.
fn of_one(error: &(dyn StdError + 'static)) -> Option<Obstacle> {
    if let Some(io) = error.downcast_ref::<io::Error>() {
        if io.kind() == ErrorKind::ConnectionRefused {
            return Some(Obstacle::Closed);
        }
        return of_one(io.get_ref()?);
    }
    Some(of_tls(error.downcast_ref()?))
}

fn of_tls(error: &rustls::Error) -> Obstacle {
    match error {
        rustls::Error::InvalidMessage(_) => Obstacle::NotTls,
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Obstacle::OtherName
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Obstacle::Expired,
            _ => Obstacle::Untrusted,
        },
        _ => Obstacle::Other,
    }
}

fn cause(obstacle: Obstacle, host: &str, last: &dyn Display) -> String {
    match obstacle {
        Obstacle::Name => format!("the name {host} does not resolve (dns error: {last})"),
        Obstacle::Closed => format!("nothing listens at that port of {host} ({last})"),
        Obstacle::NotTls => format!("{host} does not speak TLS at this port ({last})"),
        Obstacle::OtherName => {
            format!("the TLS certificate that {host} shows is for another name ({last})")
        }
        Obstacle::Expired => {
            format!("the TLS certificate of {host} is not good at this time ({last})")
        }
        Obstacle::Untrusted => format!("the TLS certificate of {host} is not trusted ({last})"),
        Obstacle::ProxyAsks => "the proxy asks for a user name and a password".to_owned(),
        Obstacle::Proxy => format!("the proxy did not lead there ({last})"),
        Obstacle::Other => format!("no connection ({last})"),
    }
}

fn hint(obstacle: Obstacle, host: &str) -> String {
    let network = format!("check the network, the address of {host}");
    match obstacle {
        Obstacle::Name if is_of_examples(host) => format!(
            "is {host} still the example's? write the address of your own server; if it is yours, check the network and this machine's DNS"
        ),
        Obstacle::Name => format!(
            "{network} and this machine's DNS; where only a proxy leads out, name it in HTTPS_PROXY"
        ),
        Obstacle::Closed => format!("{network} with its port, and that the server runs"),
        Obstacle::NotTls => format!(
            "check the port in the address of {host}; http:// is only taken for this machine itself"
        ),
        Obstacle::OtherName => format!(
            "check the address of {host}, or have its TLS certificate made for this name, too"
        ),
        Obstacle::Expired => format!(
            "check the clock of this machine; if it is right, {host} needs a new TLS certificate"
        ),
        Obstacle::Untrusted => format!(
            "check the address of {host} and its TLS certificate: one that is signed by itself is not \
             taken; have an authority sign it (Let's Encrypt, or one of your own that this system trusts: \
             update-ca-certificates)"
        ),
        Obstacle::ProxyAsks => {
            "name the proxy in HTTPS_PROXY as http://NAME:PASSWORD@PROXY:PORT".to_owned()
        }
        Obstacle::Proxy => format!(
            "check the proxy that HTTPS_PROXY or ALL_PROXY names; NO_PROXY={host} goes there without it"
        ),
        Obstacle::Other => {
            format!("{network}; where only a proxy leads out, name it in HTTPS_PROXY")
        }
    }
}

/// Names that stand in examples alone (RFC 2606).
fn is_of_examples(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ["example.org", "example.com", "example.net", "example"]
        .iter()
        .any(|name| {
            let before = host.strip_suffix(name);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// As the client wraps what it got.
    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Wrapped(&'static str, #[source] Box<dyn StdError + Send + Sync>);

    fn tls(error: rustls::Error) -> io::Error {
        io::Error::other(io::Error::new(ErrorKind::InvalidData, error))
    }

    fn certificate(why: CertificateError) -> io::Error {
        tls(rustls::Error::InvalidCertificate(why))
    }

    #[rstest]
    #[case(ErrorKind::ConnectionRefused.into(), Obstacle::Closed)]
    #[case(ErrorKind::NetworkUnreachable.into(), Obstacle::Other)]
    #[case(certificate(CertificateError::UnknownIssuer), Obstacle::Untrusted)]
    #[case(certificate(CertificateError::Expired), Obstacle::Expired)]
    #[case(certificate(CertificateError::NotValidYet), Obstacle::Expired)]
    #[case(certificate(CertificateError::NotValidForName), Obstacle::OtherName)]
    #[case(tls(rustls::InvalidMessage::InvalidContentType.into()), Obstacle::NotTls)]
    #[case(tls(rustls::Error::DecryptError), Obstacle::Other)]
    fn what_failed_is_known_by_its_kind(#[case] error: io::Error, #[case] expected: Obstacle) {
        let wrapped = Wrapped("error sending request", Box::new(error));
        assert_eq!(obstacle(&wrapped), expected);
    }

    #[rstest]
    #[case("dav.example.org", true)]
    #[case("example.com", true)]
    #[case("DAV.Example.Net.", true)]
    #[case("dav.invalid", false)]
    #[case("myexample.org", false)]
    fn a_name_of_the_examples_is_said_to_be_one(#[case] host: &str, #[case] examples: bool) {
        let inner = io::Error::from(ErrorKind::NotFound);
        let (_, hint) = explained(&Wrapped("dns error", Box::new(inner)), host);
        assert_eq!(hint.contains("still the example's?"), examples, "{hint}");
        assert!(hint.contains("DNS"), "{hint}");
    }

    #[rstest]
    #[case("dns error", Obstacle::Name)]
    #[case("tunnel error: proxy authorization required", Obstacle::ProxyAsks)]
    #[case("tunnel error: unsuccessful", Obstacle::Proxy)]
    fn what_the_client_names_in_words_is_known_by_them(
        #[case] word: &'static str,
        #[case] expected: Obstacle,
    ) {
        let inner = io::Error::from(ErrorKind::ConnectionRefused);
        let wrapped = Wrapped("x", Box::new(Wrapped(word, Box::new(inner))));
        assert_eq!(obstacle(&wrapped), expected);
        let (cause, hint) = explained(&wrapped, "dav.example.org");
        assert!(!cause.is_empty() && !hint.is_empty());
    }
}
