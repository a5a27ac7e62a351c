//! Checks requests and answers against Zoom's OpenAPI documents, which are not part of this project:
//! `ZOOM_OPENAPI_DIR` says where `scheduler.openapi.json` and `calendar.openapi.json` stand.
//!
//! Any test can use it: `#[path = "openapi/check.rs"] mod check;` and then
//! `check::assert_requests_conform(&account.requests())`.

#![allow(
    dead_code,
    reason = "each test that includes this file uses a part of it"
)]
#![allow(
    clippy::panic,
    clippy::print_stderr,
    reason = "this is test code, but outside of a test function"
)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use slotbridge::demo::account::{Door, Seen};

/// The name of the variable that says where the documents are.
const VARIABLE: &str = "ZOOM_OPENAPI_DIR";

/// Operations that Zoom has and its documents do not, each with why it is passed over.
const UNDOCUMENTED: [(&str, &str, &str); 2] = [
    (
        "GET",
        "/scheduler/schedules/{slug}/available_times",
        "seen live, not in the snapshot of the document (FACTS.md section 2)",
    ),
    (
        "GET",
        "/scheduler/managed_schedules",
        "announced after the snapshot of the document (FACTS.md section 2)",
    ),
];

/// What Zoom takes and its document does not say, each for an operation: members it does not name.
/// It names them among what is required, so that no request could conform (FACTS.md section 2).
const UNNAMED: [(&str, &str, &[&str]); 1] =
    [("POST", "/v2/scheduler/schedules", &["start", "end", "type"])];

/// The Scheduler document, and that of the Calendar API.
pub struct Document {
    root: Value,
}

/// An operation that a request means.
struct Operation<'a> {
    item: &'a Value,
    method: &'a Value,
    template: &'a str,
}

/// Fails the test when a request does not conform. Does nothing but say so where there is no
/// document (and this is not CI).
pub fn assert_requests_conform(log: &[Seen]) {
    if let Some(document) = Document::from_environment() {
        let faults = document.request_faults(log);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

impl Document {
    /// The document that the environment points at; `None` where it points at none.
    ///
    /// # Panics
    /// When it points at none and this is CI, or when the document cannot be read.
    pub fn from_environment() -> Option<Self> {
        #[allow(
            clippy::disallowed_methods,
            reason = "the settings of a test run, not of the program"
        )]
        let word = |name| std::env::var(name).ok().filter(|word| !word.is_empty());
        match locate(word(VARIABLE).as_deref(), word("CI").as_deref()) {
            Ok(Some(path)) => {
                let calendar = path.with_file_name("calendar.openapi.json");
                let [scheduler, calendar] = [path, calendar].map(|path| match Self::read(&path) {
                    Ok(document) => document,
                    Err(why) => panic!("{}: {why}", path.display()),
                });
                Some(scheduler.and(&calendar))
            }
            Ok(None) => {
                eprintln!("not checked against Zoom's OpenAPI document: {VARIABLE} is not set");
                None
            }
            Err(why) => panic!("{why}"),
        }
    }

    /// Reads a document.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let root = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Self { root })
    }

    /// Both as one. Their paths begin differently.
    fn and(mut self, other: &Self) -> Self {
        let more = other.root["paths"].as_object().cloned();
        if let Some(paths) = self.root["paths"].as_object_mut() {
            paths.extend(more.unwrap_or_default());
        }
        self
    }

    /// A document that stands in memory.
    pub fn from_value(root: Value) -> Self {
        Self { root }
    }

    /// What is wrong with the API requests of a log; requests for tokens are not looked at.
    pub fn request_faults(&self, log: &[Seen]) -> Vec<String> {
        let api = log.iter().filter(|seen| seen.door == Door::Api);
        api.flat_map(|seen| self.faults_of_request(seen)).collect()
    }

    /// What is wrong with an answer.
    pub fn answer_faults(
        &self,
        method: &str,
        path: &str,
        status: u16,
        body: &Value,
    ) -> Vec<String> {
        let name = format!("{method} {path} {status}");
        if status >= 400 {
            return if is_error(body) {
                Vec::new()
            } else {
                vec![format!("{name}: neither of the two error shapes")]
            };
        }
        if is_undocumented(method, path) {
            return Vec::new();
        }
        let Some(operation) = self.operation(method, path) else {
            return vec![format!("{name}: no such operation")];
        };
        let Some(answer) = operation.method["responses"].get(status.to_string()) else {
            return vec![format!("{name}: no such status")];
        };
        match answer.pointer("/content/application~1json/schema") {
            Some(schema) => prefixed(&name, violations(schema, body)),
            None if body.is_null() => Vec::new(),
            None => vec![format!("{name}: a body where none is named")],
        }
    }

    /// Every operation below a path: its method and path template, and what the document says.
    pub fn operations<'a>(&'a self, below: &'a str) -> impl Iterator<Item = (String, &'a Value)> {
        const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        let paths = self.root["paths"].as_object().into_iter().flatten();
        let paths = paths.filter(move |(path, _)| path.starts_with(below));
        paths.flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let name = format!("{} {path}", method.to_uppercase());
                Some((name, item.get(*method)?))
            })
        })
    }

    /// The path template and method of every operation that a request means.
    pub fn operation_name(&self, method: &str, path: &str) -> Option<String> {
        let operation = self.operation(method, path)?;
        Some(format!("{method} {}", operation.template))
    }

    fn faults_of_request(&self, seen: &Seen) -> Vec<String> {
        let name = format!("{} {}", seen.method, seen.path);
        if is_undocumented(&seen.method, &seen.path) {
            return Vec::new();
        }
        let Some(operation) = self.operation(&seen.method, &seen.path) else {
            return vec![format!("{name}: no such operation")];
        };
        let mut faults = operation.query_faults(&seen.query);
        let schema = operation
            .method
            .pointer("/requestBody/content/application~1json/schema");
        match (schema, &seen.body) {
            (Some(schema), Some(body)) => {
                let schema = with_unnamed(closed(schema), &seen.method, &seen.path);
                faults.extend(violations(&schema, body));
            }
            (Some(_), None) => faults.push("no body, or none that is JSON".to_owned()),
            (None, Some(_)) => faults.push("a body where none is named".to_owned()),
            (None, None) => {}
        }
        prefixed(&name, faults)
    }

    fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let path = path.strip_prefix("/v2")?;
        let paths = self.root["paths"].as_object()?;
        // A path without a parameter wins over one with (OpenAPI 3.0, Paths Object).
        let mut fitting: Vec<&String> = paths.keys().filter(|key| fits(key, path)).collect();
        fitting.sort_by_key(|key| key.matches('{').count());
        let template = fitting.first()?.as_str();
        let item = paths.get(template)?;
        Some(Operation {
            item,
            method: item.get(method.to_lowercase())?,
            template,
        })
    }
}

impl Operation<'_> {
    fn query_faults(&self, query: &[(String, String)]) -> Vec<String> {
        let named: Vec<&Value> = [self.item, self.method]
            .iter()
            .filter_map(|place| place["parameters"].as_array())
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .collect();
        let mut faults = Vec::new();
        for (name, text) in query {
            match named.iter().find(|one| one["name"] == name.as_str()) {
                None => faults.push(format!("query parameter {name} is not named")),
                Some(one) => {
                    let schema = &one["schema"];
                    let found = violations(schema, &typed(text, schema));
                    faults.extend(prefixed(&format!("query parameter {name}"), found));
                }
            }
        }
        for one in named.iter().filter(|one| one["required"] == true) {
            if !query.iter().any(|(name, _)| one["name"] == name.as_str()) {
                faults.push(format!("query parameter {} is missing", one["name"]));
            }
        }
        faults
    }
}

/// Where the document is. In CI it has to be somewhere.
pub fn locate(directory: Option<&str>, ci: Option<&str>) -> Result<Option<PathBuf>, String> {
    match directory {
        Some(directory) => Ok(Some(Path::new(directory).join("scheduler.openapi.json"))),
        None if ci == Some("true") => Err(format!(
            "{VARIABLE} is not set: CI must check against Zoom's OpenAPI documents; set it to the \
             folder that holds scheduler.openapi.json"
        )),
        None => Ok(None),
    }
}

/// Whether an operation is one of those that no document knows.
fn is_undocumented(method: &str, path: &str) -> bool {
    let path = path.strip_prefix("/v2").unwrap_or_default();
    let mut known = UNDOCUMENTED.iter();
    known.any(|(verb, template, _)| *verb == method && fits(template, path))
}

/// Whether a path is one of a template: `{…}` stands for one segment that is not empty.
fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(wanted, given)| {
            wanted == given || (wanted.starts_with('{') && !given.is_empty())
        })
}

/// A query parameter's text as the JSON value that its schema means; text where it is none.
fn typed(text: &str, schema: &Value) -> Value {
    let parsed = match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().ok().map(Value::from),
        Some("number") => text.parse::<f64>().ok().map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| json!(text))
}

/// The schema, refusing every property that it does not name.
fn closed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    close(&mut schema);
    schema
}

/// The schema with the members that only live accounts know.
fn with_unnamed(mut schema: Value, method: &str, path: &str) -> Value {
    for (verb, place, names) in UNNAMED {
        if verb == method && place == path {
            for name in names {
                schema["properties"][name] = json!({"type": "string"});
            }
        }
    }
    schema
}

fn close(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    if schema.contains_key("properties") {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(close);
    }
    if let Some(items) = schema.get_mut("items") {
        close(items);
    }
    for name in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema.get_mut(name).and_then(Value::as_array_mut) {
            choices.iter_mut().for_each(close);
        }
    }
}

/// OpenAPI 3.0 schemas are of JSON Schema's draft 4 family.
fn violations(schema: &Value, value: &Value) -> Vec<String> {
    match jsonschema::draft4::options().build(schema) {
        Err(error) => vec![format!("the schema itself: {error}")],
        Ok(validator) => validator
            .iter_errors(value)
            .map(|error| format!("at {:?}: {error}", error.instance_path().as_str()))
            .collect(),
    }
}

fn is_error(body: &Value) -> bool {
    let scheduler = body["error"]["message"].is_string() && body["error"]["errors"].is_array();
    let platform = body["code"].is_number() && body["message"].is_string();
    scheduler != platform
}

fn prefixed(name: &str, faults: Vec<String>) -> Vec<String> {
    let with_name = |fault| format!("{name}: {fault}");
    faults.into_iter().map(with_name).collect()
}
