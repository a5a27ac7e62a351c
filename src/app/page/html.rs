//! Writes HTML that is also well-formed XML. Tags and attributes are words of ours; whatever else is
//! shown goes through one place, which escapes it.

/// Elements that stand in a line: a new one behind them would be a blank.
const INLINE: [&str; 4] = ["bdi", "code", "span", "time"];

/// A document while it is written.
pub(super) struct Html {
    text: String,
    open: Vec<&'static str>,
}

impl Html {
    /// A document, with its type.
    pub(super) fn new() -> Self {
        Self {
            text: "<!DOCTYPE html>\n".to_owned(),
            open: Vec::new(),
        }
    }

    /// Begins an element.
    pub(super) fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.begin(tag, attributes);
        self.text.push('>');
        self.open.push(tag);
    }

    /// Ends the element that was begun last.
    pub(super) fn close(&mut self) {
        if let Some(tag) = self.open.pop() {
            self.text.push_str("</");
            self.text.push_str(tag);
            self.text.push('>');
            if !INLINE.contains(&tag) {
                self.text.push('\n');
            }
        }
    }

    /// An element with words.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: &[(&'static str, &str)],
        words: &str,
    ) {
        self.open(tag, attributes);
        self.words(words);
        self.close();
    }

    /// An element that never has any (`meta`, and shapes of a drawing).
    pub(super) fn empty(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.begin(tag, attributes);
        self.text.push_str("/>\n");
    }

    /// Words, whoever they are of.
    pub(super) fn words(&mut self, words: &str) {
        words.chars().for_each(|c| self.escaped(c));
    }

    /// The style sheet: of ours, to the byte, because a digest of it stands in a header.
    pub(super) fn style(&mut self, sheet: &'static str) {
        self.text.push_str("<style>");
        self.text.push_str(sheet);
        self.text.push_str("</style>\n");
    }

    /// The whole document.
    pub(super) fn done(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }

    fn begin(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.text.push('<');
        self.text.push_str(tag);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            self.words(value);
            self.text.push('"');
        }
    }

    fn escaped(&mut self, c: char) {
        match c {
            '&' => self.text.push_str("&amp;"),
            '<' => self.text.push_str("&lt;"),
            '>' => self.text.push_str("&gt;"),
            '"' => self.text.push_str("&quot;"),
            // HTML 4 knew no `&apos;`, but every browser of this century does.
            '\'' => self.text.push_str("&apos;"),
            '\t' | '\n' => self.text.push(c),
            // No character of XML (XML 1.0 section 2.2), or of no use in a page.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') || turns(c) => {
                self.text.push(char::REPLACEMENT_CHARACTER);
            }
            c => self.text.push(c),
        }
    }
}

/// Whether a character turns the direction of writing of what follows (Unicode Standard Annex 9).
/// A text from right to left needs none of them, and the words behind it must not be turned.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_said_stays_words() {
        let mut html = Html::new();
        html.open("p", &[("title", "a\"b'<c>&\u{0}")]);
        html.words("</p><script>1 & 2</script>\u{b}\u{85}\u{ffff}]]>\r\u{202e}");
        html.element("b", &[], "ü☎");
        assert_eq!(
            html.done(),
            "<!DOCTYPE html>\n<p title=\"a&quot;b&apos;&lt;c&gt;&amp;\u{fffd}\">\
             &lt;/p&gt;&lt;script&gt;1 &amp; 2&lt;/script&gt;\u{fffd}\u{fffd}\u{fffd}]]&gt;\u{fffd}\u{fffd}\
             <b>ü☎</b>\n</p>\n"
        );
    }

    #[test]
    fn what_was_opened_is_closed() {
        let mut html = Html::new();
        html.open("main", &[]);
        html.open("ul", &[]);
        html.empty("br", &[]);
        html.close();
        html.close();
        html.close();
        assert_eq!(
            html.done(),
            "<!DOCTYPE html>\n<main><ul><br/>\n</ul>\n</main>\n"
        );
    }
}
