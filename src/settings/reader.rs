//! Reads what was said, key by key, and notes every mistake on the way.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use config::{Map, Value, ValueKind};

use super::duration;
use super::environment::Environment;
use super::layers::Layers;
use super::mistake::Mistakes;
use super::origin::Origin;

/// How far a word may be from a key to be suggested (Jaro-Winkler).
const ALIKE: f64 = 0.8;

/// Reads the merged layers.
pub struct Reader<'a> {
    /// What was said.
    pub layers: &'a Layers,
    /// The environment, for paths.
    pub environment: &'a Environment,
    mistakes: RefCell<Mistakes>,
    asked: RefCell<BTreeSet<String>>,
    secrets: RefCell<BTreeMap<String, Origin>>,
}

impl<'a> Reader<'a> {
    /// Starts to read.
    #[must_use]
    pub fn new(layers: &'a Layers, environment: &'a Environment, mistakes: Mistakes) -> Self {
        Self {
            layers,
            environment,
            mistakes: RefCell::new(mistakes),
            asked: RefCell::default(),
            secrets: RefCell::default(),
        }
    }

    /// The root table.
    #[must_use]
    pub fn root(&'a self) -> Table<'a> {
        Table {
            reader: self,
            shape: String::new(),
            path: String::new(),
            map: &self.layers.root,
            origin: None,
            known: RefCell::default(),
        }
    }

    /// Notes a mistake.
    pub fn wrong(
        &self,
        origin: Option<&Origin>,
        key: impl Into<String>,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.mistakes.borrow_mut().add(origin, key, cause, remedy);
    }

    /// Notes where a secret was said.
    pub fn secret(&self, key: &str, origin: &Origin) {
        let mut secrets = self.secrets.borrow_mut();
        secrets.insert(key.to_owned(), origin.clone());
    }

    /// Where each secret was said, by its key.
    #[must_use]
    pub fn secrets(&self) -> BTreeMap<String, Origin> {
        self.secrets.borrow().clone()
    }

    /// The mistakes found, and every key that was asked for.
    #[must_use]
    pub fn finish(self) -> (Mistakes, BTreeSet<String>) {
        (self.mistakes.into_inner(), self.asked.into_inner())
    }
}

/// A table being read.
pub struct Table<'a> {
    /// Who reads.
    pub reader: &'a Reader<'a>,
    shape: String,
    path: String,
    map: &'a Map<String, Value>,
    origin: Option<&'a Origin>,
    known: RefCell<BTreeSet<&'static str>>,
}

/// A value with the place where it was said.
#[derive(Clone, Debug)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// The full key.
    pub key: String,
    /// Where it was said.
    pub origin: Option<Origin>,
}

impl<'a> Table<'a> {
    /// The full name of a key of this table.
    #[must_use]
    pub fn key(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Where the table was said.
    #[must_use]
    pub fn origin(&self) -> Option<&'a Origin> {
        self.origin
            .or_else(|| self.reader.layers.origin_of_table(&self.shape))
            .or_else(|| {
                let first = self.map.values().filter_map(|value| self.place(value));
                first.min()
            })
    }

    /// Gives the table the name that mistakes call it by.
    #[must_use]
    pub fn called(mut self, name: &str) -> Self {
        self.path = join(&self.shape, name);
        self
    }

    fn place(&self, value: &Value) -> Option<&'a Origin> {
        self.reader.layers.origin(value)
    }

    /// A value as it stands, whatever it is.
    #[must_use]
    pub fn value(&self, key: &'static str) -> Option<&'a Value> {
        self.known.borrow_mut().insert(key);
        self.reader
            .asked
            .borrow_mut()
            .insert(join(&self.shape, key));
        self.map.get(key)
    }

    /// Whether a key is there.
    #[must_use]
    pub fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// Where a key was said.
    #[must_use]
    pub fn place_of(&self, key: &'static str) -> Option<&'a Origin> {
        let value = self.value(key)?;
        // Tables that were laid over each other have lost their places.
        self.place(value).or_else(|| match value.kind {
            ValueKind::Table(_) => {
                let path = join(&self.shape, key);
                self.reader.layers.origin_of_table(&path)
            }
            _ => None,
        })
    }

    /// Notes a mistake at a key.
    pub fn wrong(&self, key: &'static str, cause: impl Into<String>, remedy: impl Into<String>) {
        let origin = self.place_of(key).or_else(|| self.origin());
        self.reader.wrong(origin, self.key(key), cause, remedy);
    }

    /// Notes that a key is missing.
    pub fn missing(&self, key: &'static str, remedy: impl Into<String>) {
        let key = self.key(key);
        self.reader
            .wrong(self.origin(), key, "this key is missing", remedy);
    }

    fn wrong_type(&self, key: &'static str, value: &Value, wanted: &str) {
        let cause = format!("{} stands where {wanted} is expected", type_of(&value.kind));
        self.wrong(key, cause, format!("write {wanted}"));
    }

    /// A text.
    #[must_use]
    pub fn text(&self, key: &'static str) -> Option<Said<String>> {
        let value = self.value(key)?;
        let ValueKind::String(text) = &value.kind else {
            self.wrong_type(key, value, "a text in double quotes");
            return None;
        };
        if text.trim().is_empty() {
            self.wrong(key, "the text is empty", "fill it in, or remove the key");
            return None;
        }
        Some(Said {
            value: text.clone(),
            key: self.key(key),
            origin: self.place(value).cloned(),
        })
    }

    /// A text that must be there.
    #[must_use]
    pub fn needed(&self, key: &'static str, remedy: &str) -> Option<Said<String>> {
        if !self.has(key) {
            self.missing(key, remedy);
        }
        self.text(key)
    }

    /// A duration.
    #[must_use]
    pub fn duration(&self, key: &'static str) -> Option<Duration> {
        let value = self.value(key)?;
        let remedy = "write a whole number with s, m, h or d: \"90s\", \"5m\", \"2h\", \"30d\"";
        let ValueKind::String(text) = &value.kind else {
            let cause = format!(
                "{} stands where a duration is expected",
                type_of(&value.kind)
            );
            self.wrong(key, cause, remedy);
            return None;
        };
        match duration::parse(text) {
            Ok(duration) => Some(duration),
            Err(error) => {
                self.wrong(key, format!("{}: {error}", quoted(text)), remedy);
                None
            }
        }
    }

    /// A number; from the environment it comes as text.
    #[must_use]
    pub fn number(&self, key: &'static str) -> Option<f64> {
        let value = self.value(key)?;
        let from_variable = matches!(self.place(value), Some(Origin::Variable(_)));
        let number = match &value.kind {
            ValueKind::Float(number) => Some(*number),
            ValueKind::I64(number) => i32::try_from(*number).ok().map(f64::from),
            ValueKind::String(text) if from_variable => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| number.is_finite());
        if number.is_none() {
            self.wrong_type(key, value, "a number");
        }
        number
    }

    /// `true` or `false`; from the environment it comes as text.
    #[must_use]
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let from_variable = matches!(self.place(value), Some(Origin::Variable(_)));
        let flag = match &value.kind {
            ValueKind::Boolean(flag) => Some(*flag),
            ValueKind::String(text) if from_variable => text.trim().parse().ok(),
            _ => None,
        };
        if flag.is_none() {
            self.wrong_type(key, value, "true or false");
        }
        flag
    }

    /// One word of a fixed list.
    #[must_use]
    pub fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?.value;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let nearest = nearest(&text, allowed.iter().copied());
            let guess =
                nearest.map_or_else(String::new, |word| format!("did you mean \"{word}\"? "));
            self.wrong(
                key,
                format!("{} is not known here", quoted(&text)),
                format!("{guess}allowed are \"{}\"", allowed.join("\", \"")),
            );
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// A list of texts.
    #[must_use]
    pub fn texts(&self, key: &'static str) -> Option<Vec<Said<String>>> {
        let value = self.value(key)?;
        let ValueKind::Array(items) = &value.kind else {
            self.wrong_type(key, value, "a list of texts: [\"a\", \"b\"]");
            return None;
        };
        let mut texts = Vec::new();
        for item in items {
            let ValueKind::String(text) = &item.kind else {
                self.wrong_type(key, item, "a list of texts: [\"a\", \"b\"]");
                return None;
            };
            texts.push(Said {
                value: text.clone(),
                key: self.key(key),
                origin: self.place(item).cloned(),
            });
        }
        Some(texts)
    }

    /// A path, as [`Table::placed`] has it.
    #[must_use]
    pub fn path(&self, key: &'static str) -> Option<PathBuf> {
        let text = self.text(key)?.value;
        self.placed(key, &text)
    }

    /// A path that a key says, with `~/` and `$NAME/` filled in. One that is relative is so to the
    /// directory of the file that says it, wherever slotbridge is started.
    #[must_use]
    pub fn placed(&self, key: &'static str, text: &str) -> Option<PathBuf> {
        let path = match self.reader.environment.expand(text) {
            Ok(path) => path,
            Err(why) => {
                self.wrong(key, why.to_string(), why.remedy());
                return None;
            }
        };
        let beside = match self.place_of(key) {
            Some(Origin::File { path, .. }) => path.parent(),
            _ => None,
        };
        if path.is_absolute() {
            return Some(path);
        }
        let path = beside
            .map(|directory| directory.join(&path))
            .unwrap_or(path);
        // Without a directory to stand in, it is left as it is, and fails where it is used.
        Some(std::path::absolute(&path).unwrap_or(path))
    }

    /// A table below this one.
    #[must_use]
    pub fn table(&self, key: &'static str) -> Option<Table<'a>> {
        let value = self.value(key)?;
        self.below(
            key,
            value,
            &format!("a table: [{}]", join(&self.shape, key)),
        )
    }

    fn below(&self, key: &'static str, value: &'a Value, wanted: &str) -> Option<Table<'a>> {
        let ValueKind::Table(map) = &value.kind else {
            self.wrong_type(key, value, wanted);
            return None;
        };
        Some(Table {
            reader: self.reader,
            shape: join(&self.shape, key),
            path: join(&self.path, key),
            map,
            origin: self.place(value),
            known: RefCell::default(),
        })
    }

    /// A list of tables below this one.
    #[must_use]
    pub fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let wanted = format!("a list of tables: [[{}]]", join(&self.shape, key));
        let ValueKind::Array(items) = &value.kind else {
            self.wrong_type(key, value, &wanted);
            return Vec::new();
        };
        let tables = items
            .iter()
            .filter_map(|item| self.below(key, item, &wanted));
        tables.collect()
    }

    /// Notes every key that nobody asked for.
    pub fn finish(self) {
        let known = self.known.borrow();
        for (key, value) in self.map {
            if known.contains(key.as_str()) {
                continue;
            }
            let origin = self.place(value);
            let origin =
                origin.or_else(|| self.reader.layers.origin_of_table(&join(&self.shape, key)));
            let remedy = match nearest(key, known.iter().copied()) {
                Some(word) => format!("did you mean \"{word}\"?"),
                None => format!("remove it; known here are {}", list(&known)),
            };
            self.reader
                .wrong(origin, self.key(key), "this key is not known", remedy);
        }
    }
}

fn list(known: &BTreeSet<&'static str>) -> String {
    known.iter().copied().collect::<Vec<_>>().join(", ")
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The word that is most like this one, if any is.
pub(super) fn nearest<'w>(word: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let alike = |candidate| {
        // Two letters swapped in a short word look unlike to Jaro-Winkler.
        if strsim::osa_distance(word, candidate) <= 1 {
            return 1.0;
        }
        strsim::jaro_winkler(word, candidate)
    };
    words
        .map(|candidate| (alike(candidate), candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

fn type_of(kind: &ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean(_) => "true or false",
        ValueKind::Float(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_) => "a number",
        ValueKind::String(_) => "a text",
        ValueKind::Table(_) => "a table",
        ValueKind::Array(_) => "a list",
        ValueKind::Nil => "something else",
    }
}

/// A value in a message, cut short.
#[must_use]
pub fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{dots}\"", short.escape_debug())
}
