//! Files and environment, one over the other.
//!
//! The `config` crate lays one layer over the other; reading is ours: `toml` gives line numbers,
//! and a variable stays the text that it is (its environment source would turn a password `0123`
//! into 123).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, Map, Source, Value, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::Environment;
use super::known;
use super::mistake::Mistakes;
use super::origin::Origin;
use super::{DEFAULTS, Sources};

const SYSTEM_CONFIG: &str = "/etc/slotbridge/config.toml";
const LARGEST_FILE: u64 = 1024 * 1024;

/// What all layers together say.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The merged tables.
    pub root: Map<String, Value>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    origins: Vec<Origin>,
    tables: BTreeMap<String, usize>,
}

/// One layer, as `config` wants it. Its `Debug` is never printed: values may be secrets.
#[derive(Clone)]
struct Layer(Map<String, Value>);

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Layer")
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

impl Layers {
    /// Reads and merges all layers. What cannot be read is a mistake, and the rest goes on.
    #[must_use]
    pub fn read(sources: &Sources, environment: &Environment) -> (Self, Mistakes) {
        Self::with_draft(sources, environment, None)
    }

    /// The same with the text of a file that is not written yet: it wins over every file.
    #[must_use]
    pub fn with_draft(
        sources: &Sources,
        environment: &Environment,
        draft: Option<(&Path, &str)>,
    ) -> (Self, Mistakes) {
        let mut layers = Self::default();
        let mut mistakes = Mistakes::default();
        let mut merged = Config::builder();
        let built_in = layers.parse(DEFAULTS, None, &mut mistakes);
        merged = merged.add_source(Layer(built_in));
        let usual = [
            Some(PathBuf::from(SYSTEM_CONFIG)),
            environment.user_config(),
        ];
        let usual = usual.into_iter().flatten().map(|path| (path, false));
        let asked = sources.files.iter().map(|path| (path.clone(), true));
        for (path, needed) in usual.chain(asked) {
            if let Some(text) = read_file(&path, needed, &mut mistakes) {
                layers.files.push(path.clone());
                let file = layers.parse(&text, Some(&path), &mut mistakes);
                merged = merged.add_source(Layer(file));
            }
        }
        if let Some((path, text)) = draft {
            layers.files.push(path.to_owned());
            let file = layers.parse(text, Some(path), &mut mistakes);
            merged = merged.add_source(Layer(file));
        }
        merged = merged.add_source(Layer(layers.variables(environment, &mut mistakes)));
        match merged.build().map(|config| config.cache.kind) {
            Ok(ValueKind::Table(root)) => layers.root = root,
            Ok(_) => {}
            // Its Display could quote values, so it is not passed on.
            Err(_) => mistakes.add(
                None,
                "",
                "the layers cannot be merged",
                "look for keys with unusual characters",
            ),
        }
        (layers, mistakes)
    }

    /// Where a value was said.
    #[must_use]
    pub fn origin(&self, value: &Value) -> Option<&Origin> {
        let at = value.origin()?.parse::<usize>().ok()?;
        self.origins.get(at)
    }

    /// Where a table was first spoken of, by its dotted path.
    #[must_use]
    pub fn origin_of_table(&self, path: &str) -> Option<&Origin> {
        self.origins.get(*self.tables.get(path)?)
    }

    fn note(&mut self, origin: Origin) -> usize {
        self.origins.push(origin);
        self.origins.len().saturating_sub(1)
    }

    fn parse(
        &mut self,
        text: &str,
        file: Option<&Path>,
        mistakes: &mut Mistakes,
    ) -> Map<String, Value> {
        let place = Place {
            text,
            file,
            layer: self.files.len(),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let origin = place.origin(error.span().map_or(0, |span| span.start));
            mistakes.add(
                Some(&origin),
                "",
                format!("this is not TOML: {}", error.message()),
                "correct the line; strings stand in double quotes",
            );
        }
        self.table(table.get_ref(), "", &place)
    }

    fn table(&mut self, table: &DeTable<'_>, path: &str, place: &Place<'_>) -> Map<String, Value> {
        let mut map = Map::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let at = self.note(place.origin(key.span().start));
            if value.get_ref().is_table() {
                self.tables.entry(path.clone()).or_insert(at);
            }
            let value = self.value(value, &path, at, place);
            map.insert(name, value);
        }
        map
    }

    fn value(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        path: &str,
        at: usize,
        place: &Place<'_>,
    ) -> Value {
        let kind = match value.get_ref() {
            DeValue::String(text) => ValueKind::String(text.to_string()),
            DeValue::Boolean(yes) => ValueKind::Boolean(*yes),
            DeValue::Integer(number) => {
                i64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
                    .map_or(ValueKind::Nil, ValueKind::I64)
            }
            DeValue::Float(number) => number
                .as_str()
                .replace('_', "")
                .parse()
                .map_or(ValueKind::Nil, ValueKind::Float),
            // There is no key that takes a time; as `Nil` it is refused as what it is not.
            DeValue::Datetime(_) => ValueKind::Nil,
            DeValue::Array(items) => ValueKind::Array(
                items
                    .iter()
                    .map(|item| {
                        let at = self.note(place.origin(item.span().start));
                        self.value(item, path, at, place)
                    })
                    .collect(),
            ),
            DeValue::Table(table) => ValueKind::Table(self.table(table, path, place)),
        };
        Value::new(Some(&at.to_string()), kind)
    }

    fn variables(
        &mut self,
        environment: &Environment,
        mistakes: &mut Mistakes,
    ) -> Map<String, Value> {
        let mut root = Map::new();
        for (path, name, text) in environment.keys() {
            let origin = Origin::Variable(name.to_owned());
            let at = self.note(origin.clone());
            let key = path.join(".");
            if path.iter().any(String::is_empty) {
                mistakes.add(
                    Some(&origin),
                    key,
                    "this names no key",
                    "name it like SLOTBRIDGE__ZOOM__API_URL",
                );
                continue;
            }
            if matches!(path.first().map(String::as_str), Some("host" | "calendar")) {
                mistakes.add(
                    Some(&origin),
                    key,
                    "hosts and calendars cannot be set by a variable",
                    "set them in a file; a secret there can be { env = \"NAME\" }",
                );
                continue;
            }
            let leaf = Value::new(Some(&at.to_string()), known::typed(&path, text));
            insert(&mut root, &path, leaf, at);
        }
        root
    }
}

/// Where the text of a layer stands.
struct Place<'a> {
    text: &'a str,
    file: Option<&'a Path>,
    layer: usize,
}

impl Place<'_> {
    fn origin(&self, offset: usize) -> Origin {
        let Some(file) = self.file else {
            return Origin::BuiltIn;
        };
        let before = self.text.bytes().take(offset);
        Origin::File {
            layer: self.layer,
            path: file.to_owned(),
            line: before
                .filter(|byte| *byte == b'\n')
                .count()
                .saturating_add(1),
        }
    }
}

fn read_file(path: &Path, needed: bool, mistakes: &mut Mistakes) -> Option<String> {
    let usual = "check the path and the rights of the file";
    let said = |error: std::io::Error| (error.to_string(), remedy(error.kind()).unwrap_or(usual));
    let (cause, remedy) = match std::fs::metadata(path) {
        Ok(meta) if meta.len() > LARGEST_FILE => (
            format!("the file is larger than {LARGEST_FILE} bytes"),
            usual,
        ),
        Ok(_) => match std::fs::read_to_string(path) {
            Ok(text) => return Some(text),
            Err(error) => said(error),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !needed => return None,
        Err(error) => said(error),
    };
    let origin = Origin::File {
        layer: usize::MAX,
        path: path.to_owned(),
        line: 0,
    };
    mistakes.add(
        Some(&origin),
        "",
        format!("the configuration cannot be read: {cause}"),
        remedy,
    );
    None
}

/// What to do about a file that cannot be read for this.
fn remedy(kind: std::io::ErrorKind) -> Option<&'static str> {
    match kind {
        std::io::ErrorKind::NotFound => {
            Some("check the path; `slotbridge config init PATH` writes a file to start from")
        }
        std::io::ErrorKind::PermissionDenied => Some(
            "give the user that slotbridge runs as the right to read it, or run this as its owner",
        ),
        std::io::ErrorKind::InvalidData => Some("write it in UTF-8"),
        _ => None,
    }
}

fn insert(map: &mut Map<String, Value>, path: &[String], leaf: Value, at: usize) {
    let [name, rest @ ..] = path else { return };
    if rest.is_empty() {
        map.insert(name.clone(), leaf);
        return;
    }
    let below = map
        .entry(name.clone())
        .or_insert_with(|| Value::new(Some(&at.to_string()), ValueKind::Table(Map::new())));
    if !matches!(below.kind, ValueKind::Table(_)) {
        below.kind = ValueKind::Table(Map::new());
    }
    if let ValueKind::Table(below) = &mut below.kind {
        insert(below, rest, leaf, at);
    }
}
