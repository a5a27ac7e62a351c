//! What is trusted: which addresses may be given credentials (the configured one, and its close
//! relatives), and which servers' queries over a range of time.

use std::net::IpAddr;

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

/// Whether credentials for `home` may go to `target`: to the same scheme, host and port; or over
/// https to a host of the same registered domain, because iCloud answers from
/// `p42-caldav.icloud.com` when `caldav.icloud.com` was asked (FIELD.md section 3).
pub(super) fn may_know(home: &Url, target: &Url) -> bool {
    let port = |url: &Url| url.port_or_known_default();
    if home.scheme() == target.scheme()
        && home.host() == target.host()
        && port(home) == port(target)
    {
        return true;
    }
    if home.scheme() != "https" || target.scheme() != "https" || port(home) != port(target) {
        return false;
    }
    match (home.host_str(), target.host_str()) {
        (Some(home), Some(target)) => registered(home)
            .zip(registered(target))
            .is_some_and(|(a, b)| a == b),
        _ => false,
    }
}

/// The registered domain of a host, as far as can be told without a list of public suffixes: the
/// last two labels, or the last three where the last two look like `co.uk`. Where that is wrong it
/// is too narrow, and the hint says which address to configure.
fn registered(host: &str) -> Option<&str> {
    if host.parse::<IpAddr>().is_ok() || host.starts_with('[') {
        return None;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let [.., second, top] = labels.as_slice() else {
        return None;
    };
    let country_registry = top.len() == 2 && second.len() <= 3;
    let keep = if country_registry { 3 } else { 2 };
    let skipped: usize = labels.len().checked_sub(keep).map(|dropped| {
        labels
            .iter()
            .take(dropped)
            .map(|label| label.len() + 1)
            .sum()
    })?;
    host.get(skipped..)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::same("https://a.example.org/x", "https://a.example.org/y", true)]
    #[case::default_port("https://a.example.org", "https://a.example.org:443", true)]
    #[case::icloud("https://caldav.icloud.com", "https://p42-caldav.icloud.com", true)]
    #[case::parent("https://example.org", "https://dav.example.org", true)]
    #[case::british("https://dav.example.co.uk", "https://evil.co.uk", false)]
    #[case::british_kin("https://dav.example.co.uk", "https://www.example.co.uk", true)]
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
}
