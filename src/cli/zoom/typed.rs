//! What was typed, and the request that it makes.

use std::fs::File;
use std::io::{self, Read};

use clap::{ArgMatches, Command, FromArgMatches, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::Common;
use super::command::{self, JSON_BODY, LIMIT, YES};
use super::weekly::{self, DayHours};
use crate::adapters::zoom::operations::{
    self, Kind, Operation, Parameter, Place, RESOURCES, Unsaid,
};
use crate::adapters::zoom::raw::Request;
use crate::app::failure::{Exit, Failure};

/// The largest body that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// An operation, and what was typed for it.
#[derive(Debug)]
pub(in crate::cli) struct Typed {
    pub(super) operation: &'static Operation,
    pub(super) common: Common,
    pub(super) arguments: ArgMatches,
}

impl FromArgMatches for Typed {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (resource, below) = matches.subcommand().ok_or_else(missing)?;
        let (operation, arguments) = match (operations::find(resource, ""), below.subcommand()) {
            (Some(only), _) => (only, below),
            (None, Some((verb, arguments))) => {
                let found = operations::find(resource, verb);
                (found.ok_or_else(missing)?, arguments)
            }
            (None, None) => return Err(missing()),
        };
        Ok(Self {
            operation,
            common: Common::from_arg_matches(arguments)?,
            arguments: arguments.clone(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Typed {
    fn augment_subcommands(command: Command) -> Command {
        command.subcommands(command::all())
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        RESOURCES.iter().any(|(resource, _)| *resource == name)
    }
}

impl Typed {
    /// A text as typed.
    pub(super) fn text(&self, option: &str) -> Option<&str> {
        let found = self.arguments.try_get_one::<String>(option);
        found.ok().flatten().map(String::as_str)
    }

    /// A time as typed.
    pub(super) fn time(&self, option: &str) -> Option<Timestamp> {
        let found = self.arguments.try_get_one::<Timestamp>(option);
        found.ok().flatten().copied()
    }

    /// Whether an option without a value was typed.
    pub(super) fn says(&self, option: &str) -> bool {
        let found = self.arguments.try_get_one::<bool>(option);
        matches!(found, Ok(Some(true)))
    }

    /// At most so many of a list.
    pub(super) fn limit(&self) -> Option<usize> {
        let found = self.arguments.try_get_one::<u32>(LIMIT).ok().flatten();
        found.and_then(|limit| usize::try_from(*limit).ok())
    }

    /// Whether it may be done without being asked.
    pub(super) fn agrees(&self) -> bool {
        self.says(YES)
    }

    /// The body that was given as a whole.
    ///
    /// # Errors
    /// When it cannot be read, or is no JSON object.
    pub(super) fn given_body(&self) -> Result<Option<Map<String, Value>>, Failure> {
        let Some(path) = self.text(JSON_BODY) else {
            return Ok(None);
        };
        let mut text = Vec::new();
        let read = if path == "-" {
            io::stdin().lock().take(LARGEST).read_to_end(&mut text)
        } else {
            File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut text))
        };
        let wrong = |cause: String| {
            let hint = "name a file with one JSON object, or - for stdin";
            Failure::new(Exit::Usage, format!("--json-body {path}: {cause}"), hint)
        };
        read.map_err(|error| wrong(error.to_string()))?;
        let read = serde_json::from_slice(&text);
        let value = read.map_err(|error| {
            let (line, column) = (error.line(), error.column());
            wrong(format!("this is not JSON (line {line}, column {column})"))
        })?;
        match value {
            Value::Object(body) => Ok(Some(body)),
            _ => Err(wrong("this is no JSON object".to_owned())),
        }
    }

    /// Whether usual hours were typed, of which some days stay as they are.
    pub(super) fn names_days(&self) -> bool {
        let mut parameters = self.operation.parameters();
        parameters.any(|one| one.kind == Kind::Week && self.arguments.contains_id(one.option))
    }

    /// The request, whose body begins with what was given. `before` is the week as it is.
    ///
    /// # Errors
    /// When what was typed makes no request.
    pub(super) fn request(
        &self,
        given: Option<Map<String, Value>>,
        before: Option<&Value>,
    ) -> Result<Request, Failure> {
        let mut request = Request::default();
        let as_given = given.is_some();
        let mut body = given.unwrap_or_default();
        for one in self.operation.parameters() {
            let Some(value) = self.value(one, before)? else {
                continue;
            };
            let text = || match &value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            match one.place {
                Place::Path => request.ids.push((one.name, text())),
                Place::Query => request.query.push((one.name, text())),
                Place::Body => put(&mut body, one.name, value),
            }
        }
        if !self.operation.has_body() {
            return Ok(request);
        }
        if !as_given {
            self.add_unsaid(&mut body);
        }
        if body.is_empty() {
            return Err(nothing_named());
        }
        request.body = Some(Value::Object(body));
        Ok(request)
    }

    fn add_unsaid(&self, body: &mut Map<String, Value>) {
        for one in self.operation.parameters() {
            let Kind::Unsaid(what) = one.kind else {
                continue;
            };
            let value = match what {
                Unsaid::Word(word) => json!(word),
                Unsaid::Yes => json!(true),
                Unsaid::Number(number) => json!(number),
                Unsaid::NoItems => json!([]),
                Unsaid::Same(name) => body.get(name).cloned().unwrap_or_default(),
            };
            body.entry(one.name).or_insert(value);
        }
    }

    fn value(&self, one: &Parameter, before: Option<&Value>) -> Result<Option<Value>, Failure> {
        Ok(match one.kind {
            Kind::Unsaid(_) => None,
            Kind::Text | Kind::Word(_) => self.text(one.option).map(Value::from),
            Kind::Zone => {
                let zone = self.text(one.option);
                zone.map(known).transpose()?;
                zone.map(Value::from)
            }
            Kind::Number(..) => {
                let found = self.arguments.get_one::<u16>(one.option);
                found.map(|number| json!(number))
            }
            Kind::Truth => {
                let found = self.arguments.get_one::<bool>(one.option);
                found.map(|truth| json!(truth))
            }
            Kind::Switch(word) => self.says(one.option).then(|| json!(word)),
            Kind::Time => self.time(one.option).map(|time| json!(instant(time))),
            Kind::Date => {
                let found = self.arguments.get_one::<Date>(one.option);
                found.map(|date| json!(date.to_string()))
            }
            Kind::Week => {
                let days = self.arguments.get_many::<DayHours>(one.option);
                days.map(|days| weekly::changed(before, &days.cloned().collect::<Vec<_>>()))
            }
            Kind::NoShow(no_show) => {
                let people = self.arguments.get_many::<String>(one.option);
                let person = |id: &String| json!({"attendee_id": id, "no_show": no_show});
                people.map(|people| people.map(person).collect())
            }
        })
    }
}

/// An instant as a request says it.
pub(super) fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The zone of a name.
///
/// # Errors
/// When it is not known.
pub(super) fn known(zone: &str) -> Result<TimeZone, Failure> {
    TimeZone::get(zone).map_err(|_| {
        Failure::new(
            Exit::Usage,
            "--time-zone: this zone is not known",
            "use an IANA name like Europe/Berlin",
        )
    })
}

/// Nothing was typed that would change anything.
pub(super) fn nothing_named() -> Failure {
    Failure::new(
        Exit::Usage,
        "nothing to change is named",
        "the same command with --help names what can be changed",
    )
}

/// Puts a value where a dotted name leads; two lists become one.
fn put(body: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some((outer, inner)) = name.split_once('.') {
        let object = body.entry(outer).or_insert_with(|| json!({}));
        if let Some(object) = object.as_object_mut() {
            put(object, inner, value);
        }
        return;
    }
    match (body.get_mut(name), value) {
        (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
        (_, value) => {
            body.insert(name.to_owned(), value);
        }
    }
}
