//! Where a redirect of a feed may lead.

use url::Url;

use super::failure;
use crate::adapters::http_client::is_loopback;
use crate::ports::error::Result;

/// How many redirects one request may follow.
const MOST: usize = 5;

/// The way from the configured address to where the feed is now. It is gone anew each time: a
/// redirect, permanent or not, is not remembered.
pub(super) struct Way {
    been: Vec<Url>,
}

impl Way {
    /// Starts at the configured address.
    pub(super) fn from(home: &Url) -> Self {
        Self {
            been: vec![home.clone()],
        }
    }

    /// Where to ask now.
    pub(super) fn here(&self) -> Option<&Url> {
        self.been.last()
    }

    /// Whether this is a server that may be told who asks: the configured one and no other.
    pub(super) fn is_home(&self) -> bool {
        let port = |url: &Url| url.port_or_known_default();
        match (self.been.first(), self.been.last()) {
            (Some(home), Some(here)) => {
                home.scheme() == here.scheme()
                    && home.host() == here.host()
                    && port(home) == port(here)
            }
            _ => false,
        }
    }

    /// Goes where a redirect leads.
    ///
    /// # Errors
    /// `Malformed` for a circle, too many, or a place that is none; `Denied` for one in plain text
    /// or, from elsewhere, on this machine, whose own services are not a feed's business.
    pub(super) fn go(&mut self, target: &str) -> Result<()> {
        let here = self.here();
        let next = here.and_then(|here| here.join(target).ok());
        let next = next.and_then(bare).ok_or_else(failure::leads_nowhere)?;
        let from_here = here.is_some_and(is_loopback);
        if is_loopback(&next) && !from_here {
            return Err(failure::leads_inside());
        }
        if next.scheme() != "https" && !is_loopback(&next) {
            return Err(failure::leads_into_the_open());
        }
        if here.is_some_and(|here| here.scheme() == "https") && next.scheme() != "https" {
            return Err(failure::leads_into_the_open());
        }
        if self.been.contains(&next) {
            return Err(failure::leads_in_a_circle());
        }
        if self.been.len() > MOST {
            return Err(failure::leads_on_and_on(MOST));
        }
        self.been.push(next);
        Ok(())
    }
}

/// An address that can be asked, without a name in it: who asks is never taken from an answer.
fn bare(mut url: Url) -> Option<Url> {
    if !matches!(url.scheme(), "https" | "http") {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::ports::error::Kind;

    #[rstest]
    #[case::path("https://a.example/x", "/y", Some("https://a.example/y"))]
    #[case::other_host(
        "https://a.example/x",
        "https://b.example/y",
        Some("https://b.example/y")
    )]
    #[case::name_in_it(
        "https://a.example/x",
        "https://u:p@b.example/",
        Some("https://b.example/")
    )]
    #[case::local(
        "http://127.0.0.1:1/x",
        "http://127.0.0.1:2/y",
        Some("http://127.0.0.1:2/y")
    )]
    #[case::local_upwards(
        "http://127.0.0.1:1/x",
        "https://a.example/",
        Some("https://a.example/")
    )]
    #[case::downwards("https://a.example/x", "http://a.example/x", None)]
    #[case::downwards_here("https://127.0.0.1:1/x", "http://127.0.0.1:2/y", None)]
    #[case::inside("https://a.example/x", "https://127.0.0.1/y", None)]
    #[case::file("https://a.example/x", "file:///etc/passwd", None)]
    #[case::nonsense("https://a.example/x", "https://", None)]
    #[case::circle("https://a.example/x", "/x#again", None)]
    fn a_redirect_is_followed_only_where_it_may_lead(
        #[case] from: &str,
        #[case] target: &str,
        #[case] to: Option<&str>,
    ) {
        let mut way = Way::from(&Url::parse(from).unwrap());
        let went = way.go(target);
        assert_eq!(went.is_ok(), to.is_some());
        if let Some(to) = to {
            assert_eq!(way.here().unwrap().as_str(), to);
        }
    }

    #[test]
    fn five_redirects_are_followed_and_a_sixth_is_not() {
        let mut way = Way::from(&Url::parse("https://a.example/0").unwrap());
        for step in 1..=MOST {
            way.go(&format!("/{step}")).unwrap();
        }
        let error = way.go("/further").unwrap_err();
        assert_eq!(error.kind(), Kind::Malformed);
        assert!(error.cause().contains("more than 5 redirects"), "{error}");
    }

    #[rstest]
    #[case("https://a.example:443/y", true)]
    #[case("https://a.example:8443/y", false)]
    #[case("https://www.a.example/y", false)]
    fn only_the_configured_server_is_told_who_asks(#[case] target: &str, #[case] told: bool) {
        let mut way = Way::from(&Url::parse("https://a.example/x").unwrap());
        way.go(target).unwrap();
        assert_eq!(way.is_home(), told);
    }
}
