//! What is trusted: which addresses may be given credentials, and which servers' queries over a range of time.

use serde::{Deserialize, Serialize};
use url::Url;

/// What a server's queries over a range of time are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ranges {
    /// Nothing, or not known.
    #[default]
    Untrusted,
    /// Together with what recurs they leave nothing out.
    Trusted,
    /// Without them events of the future are left out (Google).
    Needed,
    /// They would do, but failed: a hostile rule makes Radicale count for hours. Or that passed.
    Failed,
}

/// Whose servers answer from hosts of their own making: `caldav.icloud.com` sends everybody to
/// their part of it, `p42-caldav.icloud.com` (FIELD.md section 3).
const PARTED: [&str; 1] = ["icloud.com"];

/// Whether credentials for `home` may go to `target`: to the same scheme, host and port, and over
/// https between the hosts of a provider of which it is known that they are one.
///
/// Having a domain in common says nothing: `alice.duckdns.org` and `eve.duckdns.org` are two people.
pub(super) fn may_know(home: &Url, target: &Url) -> bool {
    if !same_port(home, target) {
        return false;
    }
    if home.host() == target.host() {
        return true;
    }
    let part_of = |url: &Url, provider: &str| is_below(url.host_str().unwrap_or(""), provider);
    let both = |provider: &&str| part_of(home, provider) && part_of(target, provider);
    home.scheme() == "https" && PARTED.iter().any(both)
}

/// Whether a server that the DNS names for a domain is that domain's own: itself, or below it.
pub(super) fn is_own(domain: &Url, server: &Url) -> bool {
    let below = || match (domain.domain(), server.domain()) {
        (Some(domain), Some(server)) => is_below(server, domain),
        _ => false,
    };
    may_know(domain, server) || (domain.scheme() == "https" && same_port(domain, server) && below())
}

fn same_port(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme() && one.port_or_known_default() == other.port_or_known_default()
}

/// Whether a host stands below a domain of more than one label.
fn is_below(host: &str, domain: &str) -> bool {
    let above = host.strip_suffix(domain);
    domain.contains('.') && above.is_some_and(|above| above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::same("https://a.example.org/x", "https://a.example.org/y", true)]
    #[case::default_port("https://a.example.org", "https://a.example.org:443", true)]
    #[case::icloud("https://caldav.icloud.com", "https://p42-caldav.icloud.com", true)]
    #[case::child("https://example.org", "https://dav.example.org", false)]
    #[case::neighbours("https://alice.duckdns.org", "https://eve.duckdns.org", false)]
    #[case::parent("https://alice.duckdns.org", "https://duckdns.org", false)]
    #[case::icloud_plain("http://caldav.icloud.com", "http://p42-caldav.icloud.com", false)]
    #[case::icloud_port(
        "https://caldav.icloud.com",
        "https://p42-caldav.icloud.com:8443",
        false
    )]
    #[case::icloud_alike("https://caldav.icloud.com", "https://p42-caldav.noticloud.com", false)]
    #[case::british("https://dav.example.co.uk", "https://evil.co.uk", false)]
    #[case::british_kin("https://dav.example.co.uk", "https://www.example.co.uk", false)]
    #[case::other("https://a.example.org", "https://evil.org", false)]
    #[case::look_alike("https://example.org", "https://notexample.org", false)]
    #[case::suffix("https://example.org", "https://example.org.evil.com", false)]
    #[case::downgrade("https://a.example.org", "http://a.example.org", false)]
    #[case::port("https://a.example.org", "https://a.example.org:8443", false)]
    #[case::local_port("http://127.0.0.1:1", "http://127.0.0.1:2", false)]
    #[case::address("https://10.0.0.1", "https://99.0.0.1", false)]
    #[case::plain("http://localhost:1", "https://evil.org", false)]
    #[case::one_label("https://nas", "https://evil", false)]
    fn credentials_stay_at_home(#[case] home: &str, #[case] target: &str, #[case] may: bool) {
        let url = |text| Url::parse(text).unwrap();
        assert_eq!(may_know(&url(home), &url(target)), may);
    }

    #[rstest]
    #[case::itself("https://example.org", "https://example.org", true)]
    #[case::below("https://example.org", "https://dav.example.org", true)]
    #[case::icloud("https://icloud.com", "https://caldav.icloud.com", true)]
    #[case::beside("https://alice.example.org", "https://dav.example.org", false)]
    #[case::above("https://alice.duckdns.org", "https://duckdns.org", false)]
    #[case::look_alike("https://example.org", "https://notexample.org", false)]
    #[case::one_label("https://nas", "https://evil.nas", false)]
    #[case::address("https://10.0.0.1", "https://99.10.0.0.1", false)]
    fn a_domain_vouches_for_what_is_below_it(
        #[case] domain: &str,
        #[case] server: &str,
        #[case] own: bool,
    ) {
        let (domain, server) = (Url::parse(domain), Url::parse(server));
        let Ok(server) = server else {
            // Not even an address.
            assert!(!own);
            return;
        };
        assert_eq!(is_own(&domain.unwrap(), &server), own);
    }
}
