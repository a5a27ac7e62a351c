//! Looks for the calendars behind what a person typed: an address, the name of a server, or a mail
//! address (RFC 6764 sections 5 and 6).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::adapters::caldav::dns::{Resolver, Service};
use crate::adapters::caldav::{self, CaldavConfig, Collection, Credentials, Survey};
use crate::adapters::http_client::is_loopback;
use crate::ports::clock::Clock;
use crate::ports::error::{Error, Kind};

use super::compose;
use super::failure::{Exit, Failure};
use super::presets::Preset;

/// What a person typed, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An address, or a server.
    Url(Url),
    /// A mail address; its domain.
    Mail(String),
}

/// What was found, and on which way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// The calendars.
    pub calendars: Vec<Collection>,
    /// Where was looked, and why there.
    pub tried: Vec<String>,
}

impl Target {
    /// Understands what was typed.
    ///
    /// # Errors
    /// When it is neither an address nor a mail address.
    pub fn of(text: &str) -> Result<Self, Failure> {
        let wrong = |cause: &dyn std::fmt::Display| {
            Failure::new(
                Exit::Usage,
                format!("this is no address: {cause}"),
                "write https://dav.example.org/, the name of a server, or your mail address",
            )
        };
        let url = compose::address(text.trim()).map_err(|error| wrong(&error))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::new(
                Exit::Usage,
                "the address has a user name in it",
                "take it out, and say --username; the password is asked for, or comes from --password-command",
            ));
        }
        if url.scheme() != "mailto" {
            return Ok(Self::Url(url));
        }
        // As an address has it: in lower case, and in ASCII.
        let domain = url.path().rsplit_once('@').map(|(_, domain)| domain);
        let server = domain.and_then(|domain| Url::parse(&format!("https://{domain}/")).ok());
        let domain = server.as_ref().and_then(Url::host_str);
        domain
            .map(|domain| Self::Mail(domain.to_owned()))
            .ok_or_else(|| wrong(&"there is no domain behind the @"))
    }

    /// Who is known to be behind it.
    #[must_use]
    pub fn preset(&self) -> Option<Preset> {
        match self {
            Self::Url(url) => Preset::of_url(url),
            Self::Mail(domain) => Preset::of_mail(domain),
        }
    }

    /// Where to look, best first, each with why; and what else is to be said of the way there.
    async fn places(
        &self,
        resolver: &Resolver,
    ) -> Result<(Vec<(Url, String)>, Vec<String>), Failure> {
        let known = self.preset().and_then(|preset| Some((preset, preset.url?)));
        let known = known.and_then(|(preset, url)| Some((url.parse::<Url>().ok()?, preset.name)));
        match (self, known) {
            (Self::Mail(_), Some((url, name))) => {
                Ok((vec![(url, format!("where {name} has them"))], Vec::new()))
            }
            (Self::Url(given), Some((url, name))) if given.path().len() <= 1 => {
                let given = (given.clone(), "the address given".to_owned());
                let known = (url, format!("where {name} has them"));
                let same = known.0 == given.0;
                Ok((
                    if same {
                        vec![given]
                    } else {
                        vec![known, given]
                    },
                    Vec::new(),
                ))
            }
            (Self::Url(given), _) => Ok((
                vec![(given.clone(), "the address given".to_owned())],
                Vec::new(),
            )),
            (Self::Mail(domain), None) => by_domain(domain, resolver).await,
        }
    }
}

/// What the domain says of itself; then the domain's own server.
async fn by_domain(
    domain: &str,
    resolver: &Resolver,
) -> Result<(Vec<(Url, String)>, Vec<String>), Failure> {
    let home = Url::parse(&format!("https://{domain}/")).map_err(|error| {
        Failure::new(
            Exit::Usage,
            error,
            "write the address of the server instead",
        )
    })?;
    // This machine's own names stand in no DNS (RFC 6761 section 6.3).
    if is_loopback(&home) {
        return Ok((vec![(home, "this machine".to_owned())], Vec::new()));
    }
    let services = resolver.services(domain).await;
    let mut places = Vec::new();
    let mut said = Vec::new();
    for service in &services.encrypted {
        let url = at(service).ok_or_else(|| {
            Failure::new(
                Exit::Unreachable,
                format!(
                    "looking for calendars of {domain}: its DNS names a server that cannot be one"
                ),
                "write the address of the server instead",
            )
        })?;
        // A password must not follow a name that anybody on the way could have put there.
        if !is_own(&home, &url) {
            return Err(Failure::new(
                Exit::Denied,
                format!(
                    "looking for calendars of {domain}: its DNS sends us on to {}, which is not told who you are",
                    service.host
                ),
                format!(
                    "if that is where your calendars are: slotbridge calendars {url} --username YOU"
                ),
            ));
        }
        places.push((url, format!("an SRV record of {domain}")));
    }
    if let Some(why) = &services.failed {
        said.push(format!("SRV records of {domain}: {why}"));
    } else if services.plain {
        said.push(format!(
            "SRV records of {domain}: they name only a server without encryption, which is not used"
        ));
    } else if places.is_empty() {
        said.push(format!("SRV records of {domain}: there are none"));
    }
    places.push((home, format!("the server of {domain} itself")));
    Ok((places, said))
}

fn at(service: &Service) -> Option<Url> {
    let mut url = Url::parse(&format!("https://{}:{}/", service.host, service.port)).ok()?;
    // A name that is more than a name would lead elsewhere.
    if url.host_str() != Some(service.host.as_str()) || !url.username().is_empty() {
        return None;
    }
    if let Some(path) = &service.path {
        url.set_path(path);
    }
    Some(url)
}

/// Whether a server belongs to a domain, or to a provider that is known.
fn is_own(home: &Url, url: &Url) -> bool {
    let mut same_port = url.clone();
    same_port.set_port(None).unwrap_or_default();
    caldav::is_own(home, &same_port) || url.host_str().and_then(Preset::of_host).is_some()
}

/// Looks for the calendars.
///
/// # Errors
/// With what was tried, and what to do.
pub async fn calendars(
    target: &Target,
    credentials: &Credentials,
    resolver: &Resolver,
    clock: &Arc<dyn Clock>,
) -> Result<Found, Failure> {
    let (places, said) = target.places(resolver).await?;
    let mut found = Found {
        tried: said,
        ..Found::default()
    };
    let mut speaks = None;
    let mut away: Option<Error> = None;
    for (url, why) in places {
        let config = CaldavConfig {
            url: url.clone(),
            collection: None,
            credentials: credentials.clone(),
        };
        let survey = match caldav::survey(config, clock.clone()).await {
            Ok(survey) => survey,
            // The next one may be there.
            Err(error) if error.kind() == Kind::Unreachable => {
                found
                    .tried
                    .push(format!("{url} ({why}): {}", error.cause()));
                away.get_or_insert(error);
                continue;
            }
            Err(error) => return Err(refused(error, credentials, &found)),
        };
        note(&mut found, &survey, &why);
        if !survey.calendars.is_empty() {
            found.calendars = survey.calendars;
            return Ok(found);
        }
        if survey.speaks {
            speaks.get_or_insert(url);
        }
    }
    Err(nothing(speaks.as_ref(), away, &found))
}

fn note(found: &mut Found, survey: &Survey, why: &str) {
    let tried = survey.tried.iter().map(|url| format!("{url} ({why})"));
    found.tried.extend(tried);
}

fn refused(error: Error, credentials: &Credentials, found: &Found) -> Failure {
    let nobody = matches!(credentials, Credentials::None);
    let mut failure = if nobody && error.kind() == Kind::Denied {
        Failure::new(
            Exit::Denied,
            error,
            "say who you are with --username; the password is asked for on a terminal, or comes from --password-command; a server that wants a login (OAuth) is asked with --calendar NAME",
        )
    } else {
        let local = error.kind() == Kind::Local;
        let mut failure = Failure::from(error);
        if local {
            failure.exit = Exit::Usage;
        }
        failure
    };
    add_tried(&mut failure, found);
    failure
}

fn nothing(speaks: Option<&Url>, away: Option<Error>, found: &Found) -> Failure {
    let mut failure = match (speaks, away) {
        (Some(url), _) => Failure::new(
            Exit::Attention,
            format!(
                "looking for calendars on {}: the server answers, but shows this user no calendar that takes events",
                url.host_str().unwrap_or("the server")
            ),
            "make a calendar there first, or give the address of one that is shared with this user",
        ),
        (None, Some(error)) => Failure::from(error),
        (None, None) => Failure::new(
            Exit::Unreachable,
            "looking for calendars: no CalDAV server answers there",
            "look up the CalDAV address in your calendar's settings; Nextcloud's ends in /remote.php/dav/",
        ),
    };
    add_tried(&mut failure, found);
    failure
}

fn add_tried(failure: &mut Failure, found: &Found) {
    for tried in &found.tried {
        failure.words.push_str("\n  tried: ");
        failure.words.push_str(tried);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::adapters::caldav::dns::fake::{beside, srv};

    #[rstest]
    #[case("alice@Example.ORG", Some(Target::Mail("example.org".to_owned())))]
    #[case("mailto:alice@bücher.example", Some(Target::Mail("xn--bcher-kva.example".to_owned())))]
    #[case("dav.example.org", Some(Target::Url("https://dav.example.org/".parse().unwrap())))]
    #[case("http://x/", Some(Target::Url("http://x/".parse().unwrap())))]
    #[case("alice@", None)]
    #[case("https://", None)]
    #[case("", None)]
    fn what_was_typed_is_understood(#[case] text: &str, #[case] expected: Option<Target>) {
        assert_eq!(Target::of(text).ok(), expected);
    }

    #[rstest]
    #[case::within("https://dav.example.org:8443/", true)]
    #[case::itself("https://example.org/", true)]
    #[case::known("https://caldav.fastmail.com/", true)]
    #[case::foreign("https://dav.evil.net/", false)]
    #[case::look_alike("https://example.org.evil.net/", false)]
    fn a_domain_may_send_us_on_within_itself_or_to_a_known_provider(
        #[case] url: &str,
        #[case] may: bool,
    ) {
        let home = Url::parse("https://example.org/").unwrap();
        assert_eq!(is_own(&home, &url.parse().unwrap()), may);
    }

    #[tokio::test]
    async fn the_domain_of_a_mail_address_is_asked_and_not_trusted() {
        let places = async |host: &'static str| {
            let zone = vec![("_caldavs._tcp.example.org", srv(0, 0, 8443, host))];
            let target = Target::of("alice@example.org").unwrap();
            beside(zone, async |resolver| target.places(&resolver).await).await
        };
        let (found, _) = places("dav.example.org").await.unwrap();
        let urls: Vec<&str> = found.iter().map(|(url, _)| url.as_str()).collect();
        assert_eq!(
            urls,
            ["https://dav.example.org:8443/", "https://example.org/"]
        );
        let failure = places("dav.evil.net").await.unwrap_err();
        assert_eq!(failure.exit, Exit::Denied);
        let remedy = "slotbridge calendars https://dav.evil.net:8443/ --username";
        assert!(failure.words.contains(remedy), "{failure}");
    }

    #[tokio::test]
    async fn a_known_provider_needs_no_question_to_its_domain() {
        // Nobody answers there.
        let resolver = Resolver::at("127.0.0.1:9".parse().unwrap());
        let target = Target::of("alice@fastmail.com").unwrap();
        let (places, said) = target.places(&resolver).await.unwrap();
        assert_eq!(places[0].0.as_str(), "https://caldav.fastmail.com/");
        assert_eq!((places.len(), said.len()), (1, 0));
        let target = Target::of("alice@localhost").unwrap();
        let (places, _) = target.places(&resolver).await.unwrap();
        assert_eq!(
            places,
            [(
                "https://localhost/".parse().unwrap(),
                "this machine".to_owned()
            )]
        );
    }

    #[test]
    fn a_record_is_a_place_only_if_it_names_a_server() {
        let service = |host: &str, path: Option<&str>| Service {
            host: host.to_owned(),
            port: 443,
            path: path.map(str::to_owned),
        };
        let url = at(&service("dav.example.org", Some("/dav/x?y"))).unwrap();
        assert_eq!(url.as_str(), "https://dav.example.org/dav/x%3Fy");
        for host in ["evil@dav.example.org", "a/b", "a:1", ""] {
            assert_eq!(at(&service(host, None)), None, "{host}");
        }
    }
}
