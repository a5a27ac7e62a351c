//! What is taken of the text that a secret stands in: people paste more than the secret.

/// Why there is no secret in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unclean {
    /// Nothing but blanks and line ends.
    Empty,
    /// A NUL, an escape sequence or the like.
    Control,
}

/// The secret in a text: its first line that is not empty, as `pass` and its like have it, without a
/// byte order mark and without the blanks around it.
///
/// # Errors
/// When there is none.
pub(super) fn first_line(text: &str) -> Result<&str, Unclean> {
    let around = |c: char| c.is_whitespace() || c == '\u{feff}';
    let text = text.trim_matches(around);
    let line = text.lines().next().unwrap_or_default().trim_matches(around);
    if line.is_empty() {
        Err(Unclean::Empty)
    } else if line.chars().any(char::is_control) {
        Err(Unclean::Control)
    } else {
        Ok(line)
    }
}

/// What looks as if more than the secret was pasted; said after the name of its key.
#[must_use]
pub fn oddity(secret: &str) -> Option<&'static str> {
    const PAIRS: [(char, char); 5] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('„', '“')];
    let mut within = secret.chars();
    let ends = within.next().zip(within.next_back());
    if ends.is_some_and(|ends| PAIRS.contains(&ends)) {
        return Some("stands in quotes, which are taken as part of it: write it without them");
    }
    is_pair(secret)
        .then_some("looks like `name = value`, and all of it is taken: leave only the value")
}

/// Whether it is a name that secrets have, `=` or `:`, and something.
fn is_pair(text: &str) -> bool {
    const NAMES: [&str; 5] = ["pass", "secret", "token", "user", "login"];
    let Some((name, value)) = text.split_once(['=', ':']) else {
        return false;
    };
    let name = name.trim_end().to_ascii_lowercase();
    let is_name = name.len() <= 40
        && name
            .chars()
            .all(|c| c.is_ascii_alphabetic() || "_-.".contains(c));
    is_name && !value.trim().is_empty() && NAMES.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("hush", Ok("hush"))]
    #[case("hush\n", Ok("hush"))]
    #[case("hush\r\n", Ok("hush"))]
    #[case("\u{feff}hush", Ok("hush"))]
    #[case("\u{feff}\r\n hush \n", Ok("hush"))]
    #[case("\n\n\thush\t\n", Ok("hush"))]
    #[case("hush hush", Ok("hush hush"))]
    #[case("hush\nuser: alice\nurl: x\n", Ok("hush"))]
    #[case("hush \r\nuser\0\n", Ok("hush"))]
    #[case("", Err(Unclean::Empty))]
    #[case(" \r\n\u{feff}\t\n", Err(Unclean::Empty))]
    #[case("hu\0sh", Err(Unclean::Control))]
    #[case("\u{1b}[1mhush\u{1b}[0m", Err(Unclean::Control))]
    #[case("hu\tsh", Err(Unclean::Control))]
    fn the_secret_of_a_text_is_its_first_line(
        #[case] text: &str,
        #[case] secret: Result<&str, Unclean>,
    ) {
        assert_eq!(first_line(text), secret);
    }

    #[rstest]
    #[case("\"hush\"", true)]
    #[case("'hush'", true)]
    #[case("“hush”", true)]
    #[case("password = hush", true)]
    #[case("client_secret: hush", true)]
    #[case("TOKEN=hush", true)]
    #[case("hush", false)]
    #[case("\"", false)]
    #[case("hu\"sh\"", false)]
    #[case("aGVsbG8gd29ybGQ=", false)]
    #[case("pass:", false)]
    #[case("correct horse: battery staple", false)]
    fn what_was_pasted_with_more_around_it_is_odd(#[case] secret: &str, #[case] odd: bool) {
        assert_eq!(oddity(secret).is_some(), odd);
    }
}
