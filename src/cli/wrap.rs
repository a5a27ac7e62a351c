//! Text that fits into a terminal.

/// Narrower than this nothing is wrapped to.
const LEAST: usize = 20;

/// The text in lines of at most so many columns, the first after `first` and the others after
/// `rest`. What has no space in it (a path, an address) is left whole. Without a width: one line.
pub(super) fn wrap(text: &str, first: &str, rest: &str, width: Option<usize>) -> String {
    let width = width.map_or(usize::MAX, |width| width.max(LEAST));
    let mut out = String::new();
    for (number, paragraph) in text.split('\n').enumerate() {
        let begin = if number == 0 { first } else { rest };
        let mut line = begin.to_owned();
        let mut is_empty = true;
        for word in paragraph.split_whitespace() {
            let needed = line.chars().count() + usize::from(!is_empty) + word.chars().count();
            if !is_empty && needed > width {
                out.push_str(&line);
                out.push('\n');
                rest.clone_into(&mut line);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Whether every line fits.
pub(super) fn fits(text: &str, width: Option<usize>) -> bool {
    let width = width.map_or(usize::MAX, |width| width.max(LEAST));
    let plain = console::strip_ansi_codes(text);
    plain.lines().all(|line| line.chars().count() <= width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(None, "- one two three four five\n")]
    #[case(Some(80), "- one two three four five\n")]
    #[case(Some(20), "- one two three four\n  five\n")]
    #[case(Some(1), "- one two three four\n  five\n")]
    fn lines_end_where_the_terminal_does(#[case] width: Option<usize>, #[case] wrapped: &str) {
        assert_eq!(wrap("one two three four five", "- ", "  ", width), wrapped);
        assert!(fits(wrapped, width));
    }

    #[test]
    fn what_is_one_word_stays_whole_and_each_line_begins_anew() {
        let text = "see https://dav.example.org/alice/work\nhint: look";
        assert_eq!(
            wrap(text, "", "  ", Some(20)),
            "see\n  https://dav.example.org/alice/work\n  hint: look\n"
        );
        assert!(!fits("https://dav.example.org/alice/work", Some(20)));
    }
}
