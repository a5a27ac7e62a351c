//! Calendar providers that people have: where they are, and what each wants of its user.

/// A provider, or a server that people run themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Where to look for calendars; nothing for servers that everybody runs at their own place.
    pub url: Option<&'static str>,
    /// The domains of its mail addresses.
    domains: &'static [&'static str],
    /// The domains of its servers.
    hosts: &'static [&'static str],
    /// What its user has to know.
    pub needs: &'static str,
    /// Whether a password lets one in.
    pub takes_passwords: bool,
}

/// Those that a host or a mail address tells.
const PROVIDERS: [Preset; 5] = [
    Preset {
        name: "iCloud",
        url: Some("https://caldav.icloud.com/"),
        domains: &["icloud.com", "me.com", "mac.com"],
        hosts: &["icloud.com"],
        needs: "the user name is the mail address of your Apple account; the password is an app-specific one, made at account.apple.com under Sign-In and Security",
        takes_passwords: true,
    },
    Preset {
        name: "Fastmail",
        url: Some("https://caldav.fastmail.com/"),
        domains: &[
            "fastmail.com",
            "fastmail.fm",
            "sent.com",
            "messagingengine.com",
        ],
        hosts: &["fastmail.com", "messagingengine.com"],
        needs: "the user name is your Fastmail address; the password is an app password with access to calendars (Settings, Privacy & Security)",
        takes_passwords: true,
    },
    Preset {
        name: "Google",
        url: Some("https://apidata.googleusercontent.com/caldav/v2/"),
        domains: &["gmail.com", "googlemail.com"],
        hosts: &[
            "google.com",
            "googleusercontent.com",
            "googlemail.com",
            "gmail.com",
        ],
        needs: "Google lets CalDAV in by OAuth alone, never by a password: write [calendar.oauth] with a client id of your own, then say `slotbridge login --calendar NAME`, and `slotbridge calendars --calendar NAME` lists what the account has (docs/GOOGLE.md); to only read busy time, use the calendar's secret address in iCal format with kind = \"ics\"",
        takes_passwords: false,
    },
    Preset {
        name: "mailbox.org",
        url: Some("https://dav.mailbox.org/"),
        domains: &["mailbox.org"],
        hosts: &["mailbox.org"],
        needs: "the user name is your mailbox.org address; with two-factor login the password is an app password for CalDAV",
        takes_passwords: true,
    },
    Preset {
        name: "Posteo",
        url: Some("https://posteo.de:8443/"),
        domains: &["posteo.de", "posteo.net", "posteo.eu", "posteo.org"],
        hosts: &["posteo.de"],
        needs: "the user name is your Posteo address, the password that of the account; the port is 8443",
        takes_passwords: true,
    },
];

const NEXTCLOUD: Preset = Preset {
    name: "Nextcloud",
    url: None,
    domains: &[],
    hosts: &[],
    needs: "the address is https://YOUR-SERVER/remote.php/dav/; with two-factor login the password is an app password (Settings, Security, Devices & sessions)",
    takes_passwords: true,
};

const RADICALE: Preset = Preset {
    name: "Radicale",
    url: None,
    domains: &[],
    hosts: &[],
    needs: "the address is that of the server, https://YOUR-SERVER/ or with the port 5232; user name and password are those of its htpasswd file",
    takes_passwords: true,
};

fn is_within(host: &str, domain: &str) -> bool {
    let rest = host.strip_suffix(domain);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl Preset {
    /// The provider of a mail address, by its domain.
    #[must_use]
    pub fn of_mail(domain: &str) -> Option<Self> {
        let domain = domain.to_lowercase();
        let mut all = PROVIDERS.into_iter();
        all.find(|preset| preset.domains.contains(&domain.as_str()))
    }

    /// The provider of a server, by its name.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.to_lowercase();
        let mut all = PROVIDERS.into_iter();
        all.find(|preset| preset.hosts.iter().any(|own| is_within(&host, own)))
    }

    /// The provider behind an address, or the kind of server that it looks like.
    #[must_use]
    pub fn of_url(url: &url::Url) -> Option<Self> {
        let host = url.host_str().unwrap_or_default();
        Self::of_host(host).or_else(|| {
            let text = format!("{host}{}", url.path()).to_lowercase();
            let looks_like = |words: &[&str]| words.iter().any(|word| text.contains(word));
            if looks_like(&["nextcloud", "/remote.php"]) {
                Some(NEXTCLOUD)
            } else if looks_like(&["radicale"]) || url.port() == Some(5232) {
                Some(RADICALE)
            } else {
                None
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://caldav.icloud.com/", Some("iCloud"))]
    #[case("https://p42-caldav.icloud.com/123/", Some("iCloud"))]
    #[case("https://icloud.com.example.org/", None)]
    #[case("https://noticloud.com/", None)]
    #[case("https://caldav.fastmail.com/dav/", Some("Fastmail"))]
    #[case(
        "https://apidata.googleusercontent.com/caldav/v2/x/events/",
        Some("Google")
    )]
    #[case("https://dav.mailbox.org/", Some("mailbox.org"))]
    #[case("https://posteo.de:8443/calendars/x/", Some("Posteo"))]
    #[case("https://cloud.example.org/remote.php/dav/", Some("Nextcloud"))]
    #[case("https://nextcloud.example.org/", Some("Nextcloud"))]
    #[case("https://example.org:5232/", Some("Radicale"))]
    #[case("https://radicale.example.org/", Some("Radicale"))]
    #[case("https://dav.example.org/", None)]
    fn an_address_tells_who_is_behind_it(#[case] url: &str, #[case] name: Option<&str>) {
        let found = Preset::of_url(&url.parse().unwrap());
        assert_eq!(found.map(|preset| preset.name), name);
    }

    #[rstest]
    #[case("me.com", Some("iCloud"))]
    #[case("Fastmail.FM", Some("Fastmail"))]
    #[case("gmail.com", Some("Google"))]
    #[case("google.com", None)]
    #[case("mailbox.org", Some("mailbox.org"))]
    #[case("posteo.net", Some("Posteo"))]
    #[case("example.org", None)]
    fn a_mail_address_tells_its_provider(#[case] domain: &str, #[case] name: Option<&str>) {
        assert_eq!(Preset::of_mail(domain).map(|preset| preset.name), name);
    }

    #[test]
    fn every_place_is_encrypted_and_one_of_its_own() {
        for preset in PROVIDERS {
            let url: url::Url = preset.url.unwrap().parse().unwrap();
            assert_eq!(url.scheme(), "https");
            assert_eq!(Preset::of_url(&url), Some(preset));
        }
    }

    /// What the guide says of a provider.
    fn section(name: &str) -> &'static str {
        let guide = include_str!("../../docs/CALENDARS.md");
        let start = guide.split_once(&format!("\n## {name}\n"));
        let (_, rest) = start.unwrap_or_else(|| panic!("the guide has no section {name}"));
        rest.split("\n## ").next().unwrap_or_default()
    }

    #[test]
    fn the_guide_says_of_each_what_it_wants() {
        for preset in PROVIDERS.into_iter().chain([NEXTCLOUD, RADICALE]) {
            let section: Vec<&str> = section(preset.name).split_whitespace().collect();
            let section = section.join(" ");
            let says = |word: &str| assert!(section.contains(word), "{}: {word}", preset.name);
            says("```toml [[calendar]]");
            if let Some(url) = preset.url.filter(|_| preset.takes_passwords) {
                says(&format!("slotbridge calendars {url} "));
                says(&format!("url = \"{url}\""));
            }
            if !preset.takes_passwords {
                says("OAuth");
            }
            for word in ["app-specific", "app password", "8443", "5232", "htpasswd"] {
                if preset.needs.contains(word) {
                    says(word);
                }
            }
        }
    }
}
