//! What came back from the page, and whether it is ours.

use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use super::{Attempt, Code, Hidden};
use crate::app::failure::{Exit, Failure};

/// The longest code that is taken, in bytes.
const LONGEST: usize = 4_096;

/// How an answer reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The browser brought it: any page on this machine could have sent it here.
    Browser,
    /// The person pasted it, and so means it.
    Pasted,
}

/// The parameters that count, each of which may stand there once (RFC 6749 section 3.1).
#[derive(Default)]
struct Said {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

impl Said {
    fn of(query: &str) -> Option<Self> {
        let mut said = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "code" => &mut said.code,
                "state" => &mut said.state,
                "error" => &mut said.error,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(said)
    }
}

/// Whether a query is an answer of the page at all, and not just any request.
#[must_use]
pub fn is_answer(query: &str) -> bool {
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    names.any(|name| matches!(name.as_ref(), "code" | "error"))
}

impl Attempt {
    /// Takes what the browser brought.
    ///
    /// # Errors
    /// When it is not the answer to this login, or a refusal.
    pub fn brought(&self, query: &str) -> Result<Code, Failure> {
        self.judge(query, &self.redirect_uri, Way::Browser)
    }

    /// Whether a query carries the state of this login. Any page and program on this machine can send
    /// another one to the port: that must not end the login.
    #[must_use]
    pub fn is_ours(&self, query: &str) -> bool {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let mut states = pairs.filter(|(name, _)| name == "state");
        match (states.next(), states.next()) {
            (Some((_, state)), None) => bool::from(state.as_bytes().ct_eq(self.state.0.as_bytes())),
            _ => false,
        }
    }

    /// Takes what a person pasted: the whole address that their browser ended at, or the code
    /// alone.
    ///
    /// # Errors
    /// As [`Attempt::brought`]; and when it is neither.
    pub fn pasted(&self, text: &str) -> Result<Code, Failure> {
        let text = text.trim().trim_matches(['"', '\'', '<', '>']);
        if text.is_empty() {
            return Err(Failure::new(
                Exit::Usage,
                "nothing was pasted",
                format!(
                    "run `{} --no-browser` again, and paste the whole address that the browser ends at",
                    self.app.command()
                ),
            ));
        }
        match text.split_once('?') {
            Some((place, query)) => {
                let query = query.split('#').next().unwrap_or_default();
                let place = Url::parse(place)
                    .map_or_else(|_| self.redirect_uri.clone(), |_| place.to_owned());
                self.judge(query, &place, Way::Pasted)
            }
            None if is_code(text) => Ok(self.ours(text.to_owned())),
            None => Err(self.unusable()),
        }
    }

    fn judge(&self, query: &str, place: &str, way: Way) -> Result<Code, Failure> {
        let (server, command) = (self.app.server(), self.app.command());
        let doing = format!("logging in to {server}");
        let said = Said::of(query).ok_or_else(|| self.unusable())?;
        if let Some(state) = &said.state
            && !bool::from(state.as_bytes().ct_eq(self.state.0.as_bytes()))
        {
            return Err(Failure::new(
                Exit::Denied,
                format!("{doing}: what came back belongs to another login (its state is not ours)"),
                format!("close older tabs of {server}'s page, and run `{command}` again"),
            ));
        }
        if let Some(word) = said.error {
            return Err(self.refused(&word));
        }
        let code = said
            .code
            .filter(|code| is_code(code))
            .ok_or_else(|| self.unusable())?;
        match (said.state, way) {
            (Some(_), _) => Ok(self.ours(code)),
            // Begun in Zoom's marketplace: it knows nothing of our challenge, and went to the
            // address that is set there (FACTS.md section 1).
            (None, Way::Pasted) if self.app.calendar().is_none() => Ok(Code {
                text: Hidden(code),
                redirect_uri: place.to_owned(),
                verifier: None,
            }),
            (None, _) if self.app.calendar().is_some() => Err(Failure::new(
                Exit::Denied,
                format!("{doing}: what came back has no state, so it is not known who began it"),
                format!("run `{command}` again, and take the address that its page ends at"),
            )),
            (None, _) => Err(Failure::new(
                Exit::Denied,
                format!("{doing}: what came back has no state, so it is not known who began it"),
                "if you added the app in Zoom's marketplace just now, run `slotbridge login --no-browser` and paste the address that the browser ended at",
            )),
        }
    }

    fn ours(&self, code: String) -> Code {
        Code {
            text: Hidden(code),
            redirect_uri: self.redirect_uri.clone(),
            verifier: Some(self.verifier.clone()),
        }
    }
}

fn is_code(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains("://")
}

impl Attempt {
    fn unusable(&self) -> Failure {
        Failure::new(
            Exit::Usage,
            "this is neither the address that the browser ended at nor a code",
            format!(
                "run `{} --no-browser` again, and paste the whole address, from http to its end",
                self.app.command()
            ),
        )
    }

    /// The page said no (RFC 6749 section 4.1.2.1).
    fn refused(&self, word: &str) -> Failure {
        let is_word = (1..=40).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let word = if is_word { word } else { "an unknown error" };
        let (server, command) = (self.app.server(), self.app.command());
        let hint = match (word, self.app.calendar()) {
            ("access_denied", None) => format!(
                "nothing was changed; run `{command}` again and agree on Zoom's page, or ask the administrator of the Zoom account to allow the app"
            ),
            ("access_denied", Some(_)) => format!(
                "nothing was changed; run `{command}` again and agree on {server}'s page; as long as the app there is being tested, add yourself to its test users"
            ),
            ("invalid_scope", None) => {
                "give the app the scopes that Zoom's page names, in its marketplace".to_owned()
            }
            ("invalid_scope", Some(name)) => format!("correct calendar.{name}.oauth.scope"),
            ("server_error" | "temporarily_unavailable", _) => {
                "try again in a few minutes".to_owned()
            }
            (_, None) => {
                "check zoom.auth.client_id, and that the app in Zoom's marketplace is active and one that users log in to".to_owned()
            }
            (_, Some(name)) => format!(
                "check calendar.{name}.oauth.client_id, and that the app there is one for desktops"
            ),
        };
        Failure::new(
            Exit::Denied,
            format!("logging in to {server}: its page answered {word}"),
            hint,
        )
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::App;
    use super::*;

    const OURS: &str = "http://127.0.0.1:5/callback";
    /// 32 times the byte 1, in base64url.
    const STATE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    fn attempt() -> Attempt {
        Attempt::begin(&App::sample(), OURS.to_owned(), &[[1; 32], [2; 32]])
    }

    fn with_state(query: &str) -> String {
        query.replace("OURS", STATE)
    }

    #[rstest]
    #[case("code=c&state=OURS", true)]
    #[case("state=OURS&code=c&extra=1", true)]
    #[case("code=c&state=AQEB", false)]
    #[case("code=c&state=", false)]
    #[case("code=c", false)]
    #[case("code=c&code=d&state=OURS", false)]
    #[case("code=c&state=OURS&state=OURS", false)]
    #[case("code=&state=OURS", false)]
    #[case("state=OURS", false)]
    #[case("error=access_denied&state=OURS", false)]
    #[case("error=access_denied&code=c&state=OURS", false)]
    #[case("code=a%20b&state=OURS", false)]
    #[case("code=a%0D%0Ab&state=OURS", false)]
    fn the_browser_brings_a_code_only_with_our_state(#[case] query: &str, #[case] good: bool) {
        let taken = attempt().brought(&with_state(query));
        assert_eq!(taken.is_ok(), good, "{taken:?}");
        if let Err(failure) = taken {
            assert!(failure.words.contains("hint: "), "{failure}");
        }
    }

    #[rstest]
    #[case::whole("http://127.0.0.1:5/callback?code=c&state=OURS", Some((OURS, true)))]
    #[case::quoted(" \"http://127.0.0.1:5/callback?code=c&state=OURS#x\"\n", Some((OURS, true)))]
    #[case::cut_at_the_front("callback?code=c&state=OURS", Some((OURS, true)))]
    #[case::code_alone("c0de-._~x", Some((OURS, true)))]
    #[case::marketplace("https://me.example.org/done?code=c", Some(("https://me.example.org/done", false)))]
    #[case::other_login("http://127.0.0.1:5/callback?code=c&state=x", None)]
    #[case::refusal("http://127.0.0.1:5/callback?error=access_denied&state=OURS", None)]
    #[case::no_code("http://127.0.0.1:5/callback", None)]
    #[case::words("what do I do now", None)]
    #[case::nothing("  \n", None)]
    fn a_person_may_paste_an_address_or_a_code(
        #[case] text: &str,
        #[case] expected: Option<(&str, bool)>,
    ) {
        let taken = attempt().pasted(&with_state(text));
        let taken = taken.as_ref().ok();
        let taken = taken.map(|code| (code.redirect_uri.as_str(), code.verifier.is_some()));
        assert_eq!(taken, expected);
    }

    #[test]
    fn a_refusal_names_the_word_and_nothing_else_of_what_came() {
        let failure = attempt().brought(&with_state("error=hush%20me&state=OURS"));
        let words = failure.unwrap_err().words;
        assert!(
            words.contains("an unknown error") && !words.contains("hush"),
            "{words}"
        );
        let failure = attempt().brought("code=hush&state=hush").unwrap_err();
        assert!(!failure.words.contains("hush"), "{failure}");
    }

    #[test]
    fn other_requests_are_no_answer() {
        assert!(is_answer("code=x") && is_answer("state=y&error=z"));
        assert!(!is_answer("") && !is_answer("state=y") && !is_answer("codex=1"));
    }
}
