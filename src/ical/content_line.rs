//! Reads and writes content lines (RFC 5545 section 3.1), each kept raw, so that what is not
//! understood is not harmed.

use std::borrow::Cow;
use std::ops::Range;

/// The longest line that is written, in octets, without its line ending (RFC 5545 section 3.1).
const FOLD_AT: usize = 75;

/// One unfolded content line. Never empty, never with a control character but the tab, and never
/// starting with a blank, so that writing and reading it gives it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentLine {
    /// Bytes, not text: a line in Latin-1 must survive too.
    raw: Vec<u8>,
}

/// One parameter of a content line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in capitals.
    pub name: String,
    /// The first value, unquoted and with RFC 6868 undone.
    pub value: String,
    /// Where it stands in the raw line, its `;` included.
    span: Range<usize>,
}

impl ContentLine {
    /// A line from raw bytes without control characters; `None` when nothing is left.
    fn from_raw(raw: impl IntoIterator<Item = u8>) -> Option<Self> {
        let raw: Vec<u8> = raw
            .into_iter()
            .filter(|byte| is_writable(*byte))
            .skip_while(|byte| matches!(byte, b' ' | b'\t'))
            .collect();
        (!raw.is_empty()).then_some(Self { raw })
    }

    /// A line without parameters. The value must be escaped already if it is TEXT; whatever it
    /// holds, it stays on this line.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Self {
        Self::with_parameters(name, &[], value)
    }

    /// A line with parameters, which are quoted and encoded (RFC 6868) as needed.
    #[must_use]
    pub fn with_parameters(name: &str, parameters: &[(&str, &str)], value: &str) -> Self {
        let mut text = name.to_owned();
        for (name, value) in parameters {
            text.push(';');
            text.push_str(name);
            text.push('=');
            text.push_str(&encode_parameter(value));
        }
        text.push(':');
        text.push_str(value);
        let raw = text.bytes().filter(|byte| is_writable(*byte)).collect();
        Self { raw }
    }

    /// How many bytes it has. None has none.
    #[must_use]
    pub(super) fn size(&self) -> usize {
        self.raw.len()
    }

    /// The name as it is written; the whole line where there is no `:` or `;`.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        let end = self
            .raw
            .iter()
            .position(|byte| matches!(byte, b':' | b';'))
            .unwrap_or(self.raw.len());
        self.text(0..end)
    }

    /// Whether this is the property with this name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.raw
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
            && matches!(self.raw.get(name.len()), None | Some(b':' | b';'))
    }

    /// The value, still escaped; empty where the line has none. What is not UTF-8 is replaced.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        self.colon().map_or(Cow::Borrowed(""), |colon| {
            self.text(colon + 1..self.raw.len())
        })
    }

    /// All parameters, in order.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let end = self.colon().unwrap_or(self.raw.len());
        let mut found = Vec::new();
        let mut start = None;
        let mut quoted = false;
        for at in 0..=end {
            let byte = self.raw.get(at).copied();
            if byte == Some(b'"') && at < end {
                quoted = !quoted;
            }
            if at == end || (byte == Some(b';') && !quoted) {
                if let Some(from) = start {
                    found.push(self.parameter(from..at));
                }
                start = Some(at);
            }
        }
        found
    }

    /// The value of the first parameter with this name (in capitals).
    #[must_use]
    pub fn parameter_value(&self, name: &str) -> Option<String> {
        self.parameters()
            .into_iter()
            .find(|parameter| parameter.name == name)
            .map(|parameter| parameter.value)
    }

    /// The same property with another value (escaped already) and without the named parameters.
    #[must_use]
    pub fn with_value(&self, value: &str, without: &[&str]) -> Self {
        let end = self
            .raw
            .iter()
            .position(|byte| matches!(byte, b':' | b';'))
            .unwrap_or(self.raw.len());
        let mut raw = self.raw.get(..end).unwrap_or_default().to_vec();
        for parameter in self.parameters() {
            if !without.contains(&parameter.name.as_str()) {
                raw.extend_from_slice(self.raw.get(parameter.span).unwrap_or_default());
            }
        }
        raw.push(b':');
        raw.extend(value.bytes().filter(|byte| is_writable(*byte)));
        Self { raw }
    }

    /// Appends the line, folded on character borders, with CRLF.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut rest = self.raw.as_slice();
        let mut room = FOLD_AT;
        while rest.len() > room {
            let (line, more) = rest.split_at(border(rest, room));
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n ");
            rest = more;
            room = FOLD_AT - 1;
        }
        out.extend_from_slice(rest);
        out.extend_from_slice(b"\r\n");
    }

    /// Where the value starts: the first `:` outside quotes, or, where quotes are not closed, the
    /// first one.
    fn colon(&self) -> Option<usize> {
        let mut quoted = false;
        let outside = self.raw.iter().position(|byte| {
            quoted ^= *byte == b'"';
            *byte == b':' && !quoted
        });
        outside.or_else(|| self.raw.iter().position(|byte| *byte == b':'))
    }

    fn parameter(&self, span: Range<usize>) -> Parameter {
        let text = self.text(span.start.saturating_add(1)..span.end);
        let (name, value) = text.split_once('=').unwrap_or((text.as_ref(), ""));
        Parameter {
            name: name.trim().to_ascii_uppercase(),
            value: decode_parameter(value),
            span,
        }
    }

    fn text(&self, range: Range<usize>) -> Cow<'_, str> {
        String::from_utf8_lossy(self.raw.get(range).unwrap_or_default())
    }
}

/// Splits an object into unfolded lines: a BOM goes, blank lines go, any line ending is taken.
/// Bytes are joined before they are read as UTF-8, because some fold in the middle of a character.
pub fn unfold(bytes: &[u8]) -> impl Iterator<Item = ContentLine> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // A lone CR ends a line only where no LF does; elsewhere it is a stray control character.
    let ending = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
    let mut physical = bytes.split(move |byte| *byte == ending).peekable();
    std::iter::from_fn(move || {
        while let Some(first) = physical.next() {
            let mut raw = first.to_vec();
            // A line with nothing on it does not end what a later blank continues.
            while let Some(next) = physical.next_if(|next| continues(next)) {
                raw.extend_from_slice(next.get(1..).unwrap_or_default());
            }
            if let Some(line) = ContentLine::from_raw(raw) {
                return Some(line);
            }
        }
        None
    })
}

fn continues(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t')) || matches!(line, [] | [b'\r'])
}

/// Not a control character (RFC 5545 section 3.1), or the tab.
fn is_writable(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}

/// The last character border at or before `at`; a run of bytes that is no UTF-8 is cut anywhere.
fn border(bytes: &[u8], at: usize) -> usize {
    (at.saturating_sub(3)..=at)
        .rev()
        .find(|at| bytes.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80))
        .unwrap_or(at)
}

/// Quotes a parameter value where it must be, and encodes what quotes cannot hold (RFC 6868).
fn encode_parameter(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    for c in value.replace("\r\n", "\n").chars() {
        match c {
            '^' => out.push_str("^^"),
            '\n' | '\r' => out.push_str("^n"),
            '"' => out.push_str("^'"),
            c if c.is_ascii_control() && c != '\t' => {}
            c => out.push(c),
        }
    }
    if out.contains([':', ';', ',']) {
        out.insert(0, '"');
        out.push('"');
    }
    out
}

/// Unquotes the first value of a parameter and undoes RFC 6868.
fn decode_parameter(value: &str) -> String {
    let value = value.trim();
    let bare = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => value,
    };
    let mut out = String::with_capacity(bare.len());
    let mut chars = bare.chars().peekable();
    while let Some(c) = chars.next() {
        let decoded = match (c, chars.peek()) {
            ('^', Some('^')) => '^',
            ('^', Some('n')) => '\n',
            ('^', Some('\'')) => '"',
            _ => {
                out.push(c);
                continue;
            }
        };
        out.push(decoded);
        chars.next();
    }
    out
}
