//! Reads messages out of a source of the program: what stands in the calls that make errors.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What makes a message of what stands in its parentheses.
const CALLS: [&str; 12] = [
    ".hint(",
    ".because(",
    "Failure::new(",
    "Item::wrong(",
    "Item::warning(",
    ".wrong(",
    ".missing(",
    ".needed(",
    "mistakes.add(",
    "NoSecret(",
    "self.none(",
    "terminal::warn(",
];
/// What makes a message of all that stands in its braces.
const BLOCKS: [&str; 8] = [
    "fn remedy(",
    "fn hint(",
    "fn cause(",
    "fn usual_remedy(",
    "fn right_hint(",
    "fn scope_hint(",
    "fn damage(",
    "Trouble {",
];
/// Names of what becomes a part of a message, where it is made before.
const NAMES: [&str; 7] = ["hint", "remedy", "cause", "why", "usual", "lack", "words"];

/// A source without comments and unit tests, its texts taken out.
pub struct Source {
    /// The code; in place of each text stands `\u{1}`.
    code: Vec<char>,
    /// The texts, in order, each with its place in the code.
    texts: Vec<(usize, String)>,
}

impl Source {
    /// Reads it.
    pub fn read(text: &str) -> Self {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut source = Self {
            code: Vec::new(),
            texts: Vec::new(),
        };
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '/' if rest.peek() == Some(&'/') => {
                    rest.by_ref().take_while(|c| *c != '\n').for_each(drop);
                    source.code.push('\n');
                }
                // A character, unless it is a lifetime.
                '\'' => {
                    let ahead: Vec<char> = rest.clone().take(3).collect();
                    let length = match ahead.as_slice() {
                        ['\\', _, '\''] => 3,
                        [_, '\'', ..] => 2,
                        _ => 0,
                    };
                    rest.by_ref().take(length).for_each(drop);
                }
                '"' => {
                    let raw = source.code.last() == Some(&'r') || source.code.last() == Some(&'#');
                    source.take_text(&mut rest, raw);
                }
                c => source.code.push(c),
            }
        }
        source
    }

    fn take_text(&mut self, rest: &mut impl Iterator<Item = char>, raw: bool) {
        let mut text = String::new();
        while let Some(c) = rest.next() {
            match c {
                '"' => break,
                '\\' if !raw => match rest.next() {
                    Some('n') => text.push(' '),
                    // A text that goes on in the next line, without its indent.
                    Some('\n') => text.push('\n'),
                    Some('u') => {
                        rest.by_ref().take_while(|c| *c != '}').for_each(drop);
                        text.push('…');
                    }
                    Some(c) => text.push(c),
                    None => {}
                },
                c => text.push(c),
            }
        }
        let text = text
            .split('\n')
            .map(str::trim_start)
            .collect::<Vec<_>>()
            .concat();
        self.texts.push((self.code.len(), text));
        self.code.push('\u{1}');
    }

    /// Each message: what is said, and what to do.
    pub fn messages(&self) -> BTreeSet<(String, String)> {
        let mut messages = BTreeSet::new();
        for call in CALLS {
            for at in self.all(call) {
                let end = self.close(at + call.chars().count() - 1);
                let start = if call.starts_with('.') {
                    self.statement(at)
                } else {
                    at
                };
                // With its hint behind it, it is found by that.
                let goes_on = self.code[end..].iter().take(40).collect::<String>();
                if call == ".because(" && goes_on.trim_start().starts_with(".hint(") {
                    continue;
                }
                let open = at + call.chars().count() - 1;
                let advice = match call {
                    ".because(" | "terminal::warn(" => end,
                    ".hint(" => at,
                    _ => self.last_argument(open, end),
                };
                let said = match call {
                    ".missing(" | ".needed(" => "this key is missing".to_owned(),
                    _ => self.words(start, advice),
                };
                messages.insert((said, self.words(advice, end)));
            }
        }
        for block in BLOCKS {
            for at in self.all(block) {
                let Some(open) = self.code[at..].iter().position(|c| *c == '{') else {
                    continue;
                };
                let texts = self.within(at, self.close(at + open));
                messages.extend(texts.iter().filter_map(|text| alone(text)));
            }
        }
        for at in self.all("let ") {
            let Some(length) = self.code[at..].iter().position(|c| *c == '=') else {
                continue;
            };
            let names: String = self.code[at..at + length].iter().collect();
            let mut words = names.split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.any(|word| NAMES.contains(&word)) {
                let texts = self.within(at, self.end_of_statement(at));
                messages.extend(texts.iter().filter_map(|text| alone(text)));
            }
        }
        for attribute in ["#[error(", "const "] {
            for at in self.all(attribute) {
                let texts = self.within(at, self.end_of_line(at));
                messages.extend(texts.iter().take(1).filter_map(|text| alone(text)));
            }
        }
        messages.retain(|(said, hint)| !said.is_empty() || !hint.is_empty());
        messages
    }

    /// Where the last argument of a call begins.
    fn last_argument(&self, open: usize, end: usize) -> usize {
        let mut depth = 0_i32;
        let mut begins = open;
        for at in open..end {
            match self.code[at] {
                '(' | '{' | '[' => depth += 1,
                ')' | '}' | ']' => depth -= 1,
                ',' if depth == 1 => {
                    let rest = self.code[at + 1..end].iter();
                    let is_last = rest.copied().find(|c| !c.is_whitespace()) == Some(')');
                    begins = if is_last { begins } else { at };
                }
                _ => {}
            }
        }
        begins
    }

    /// The texts of a stretch that are more than names.
    fn words(&self, start: usize, end: usize) -> String {
        let mut texts = self.within(start, end);
        texts.retain(|text| is_words(text));
        texts.join(": ")
    }

    fn all(&self, word: &str) -> Vec<usize> {
        let word: Vec<char> = word.chars().collect();
        let windows = self.code.windows(word.len()).enumerate();
        windows
            .filter(|(_, window)| *window == word)
            .map(|(at, _)| at)
            .collect()
    }

    /// Behind what closes what opens here.
    fn close(&self, open: usize) -> usize {
        let mut depth = 0_i32;
        for (at, c) in self.code.iter().enumerate().skip(open) {
            match c {
                '(' | '{' | '[' => depth += 1,
                ')' | '}' | ']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.code.len()
    }

    /// Where the expression begins that this is a part of.
    fn statement(&self, at: usize) -> usize {
        let mut depth = 0_i32;
        for before in (0..at).rev() {
            match self.code[before] {
                ')' | ']' => depth += 1,
                '(' | '[' => depth -= 1,
                ';' | '{' | '}' => return before,
                '>' if self.code[before.saturating_sub(1)] == '=' => return before,
                _ => {}
            }
            if depth < 0 {
                return before;
            }
        }
        0
    }

    fn end_of_statement(&self, at: usize) -> usize {
        let mut depth = 0_i32;
        for (at, c) in self.code.iter().enumerate().skip(at) {
            match c {
                '(' | '{' | '[' => depth += 1,
                ')' | '}' | ']' => depth -= 1,
                ';' if depth <= 0 => return at,
                _ => {}
            }
        }
        self.code.len()
    }

    fn end_of_line(&self, at: usize) -> usize {
        let ends = |c: &char| *c == ';' || *c == ']';
        let length = self.code[at..].iter().position(ends);
        length.map_or(self.code.len(), |length| at + length)
    }

    fn within(&self, start: usize, end: usize) -> Vec<String> {
        let inside = |at: usize| (start..end).contains(&at);
        let texts = self.texts.iter().filter(|(at, _)| inside(*at));
        texts.map(|(_, text)| shown(text)).collect()
    }
}

/// A text of which it is not known whether it is said or advised: it counts as advice.
fn alone(text: &str) -> Option<(String, String)> {
    let long = text.split_whitespace().count() > 2 && is_words(text);
    long.then(|| (String::new(), text.to_owned()))
}

/// What stands for the values in it is not known here.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        shown.push_str(before);
        if let Some(after) = after.strip_prefix('{') {
            shown.push('{');
            rest = after;
            continue;
        }
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if name.contains(['=', ' ', '"']) {
            write!(shown, "{{{name}}}").unwrap();
        } else {
            shown.push('…');
        }
        rest = after;
    }
    shown.push_str(rest);
    shown.replace("}}", "}")
}

/// More than a name or a key.
fn is_words(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        letters > 1
    });
    words.count() >= 2
}
