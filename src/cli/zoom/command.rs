//! The commands of the table of operations: arguments, options, and what help says of them.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Args, Command, value_parser};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Common;
use super::availability::Hours;
use super::weekly::DayHours;
use crate::adapters::zoom::operations::{self, Kind, Need, Operation, Parameter, Place};

/// The body as JSON.
pub(super) const JSON_BODY: &str = "json-body";
/// How many of a list.
pub(super) const LIMIT: &str = "limit";
/// Without being asked.
pub(super) const YES: &str = "yes";
/// What may be there and is not told is forgotten.
pub(super) const REPLACE: &str = "replace-overrides";

/// All resources with their verbs.
pub(super) fn all() -> impl Iterator<Item = Command> {
    operations::RESOURCES.iter().map(|(resource, about)| {
        if let Some(only) = operations::find(resource, "") {
            return of(only, resource);
        }
        let verbs = operations::all().filter(|one| one.resource == *resource);
        Command::new(*resource)
            .about(*about)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(verbs.map(|one| {
                let command = of(one, one.verb);
                match one.verb {
                    "patch" => command.visible_alias("update"),
                    "get" if *resource == "analytics" => command.visible_alias("report"),
                    _ => command,
                }
            }))
    })
}

fn of(operation: &'static Operation, name: &'static str) -> Command {
    let mut command = Command::new(name).about(operation.about);
    let arguments = operation.parameters();
    command = command.args(arguments.filter_map(|one| argument(operation, one)));
    if takes_json_body(operation) {
        let help = "A JSON object to send, from this file or stdin (-); options change it";
        let file = Arg::new(JSON_BODY).long(JSON_BODY).value_name("FILE");
        command = command.arg(file.help(help));
    }
    if operation.listed.is_some() {
        let limit = Arg::new(LIMIT).long(LIMIT).value_name("NUMBER");
        let limit = limit.value_parser(value_parser!(u32).range(1..));
        command = command.arg(limit.help("At most so many; without it, all of them"));
    }
    if operation.ends.is_some() {
        let yes = Arg::new(YES).long(YES).action(ArgAction::SetTrue);
        command = command.arg(yes.help("Do not ask; where nobody can be asked, nobody is"));
    }
    Common::augment_args(with_hours(operation, command))
}

/// What only availability schedules take.
fn with_hours(operation: &Operation, command: Command) -> Command {
    if operation.resource != "availability" || !takes_json_body(operation) {
        return command;
    }
    let own = ["weekly", "overrides", "default"];
    let command =
        Hours::augment_args(command).mut_arg(JSON_BODY, |body| body.conflicts_with_all(own));
    if operation.verb != "patch" {
        return command;
    }
    let help = "Where Zoom does not tell which days differ: forget those that may be there";
    let replace = Arg::new(REPLACE).long(REPLACE).action(ArgAction::SetTrue);
    command.arg(replace.requires("overrides").help(help))
}

/// Whether a body can be given as a whole: where options make it.
pub(super) fn takes_json_body(operation: &Operation) -> bool {
    let mut parameters = operation.parameters();
    parameters.any(|one| {
        let typed = !matches!(one.kind, Kind::Unsaid(_));
        one.place == Place::Body && one.need != Need::Argument && typed
    })
}

fn argument(operation: &Operation, one: &'static Parameter) -> Option<Arg> {
    let body = one.need == Need::Option && takes_json_body(operation);
    let help = if body {
        format!("{}; needed unless --json-body is there", one.about)
    } else {
        one.about.to_owned()
    };
    let (value, parsed) = (Arg::new(one.option).help(help), one.kind);
    let positional = one.need == Need::Argument || one.place == Place::Path;
    let arg = if positional {
        value.value_name(one.option)
    } else {
        value.long(one.option)
    };
    let named = |arg: Arg, name: &'static str| {
        if positional {
            arg
        } else {
            arg.value_name(name)
        }
    };
    let arg = match parsed {
        Kind::Unsaid(_) => return None,
        Kind::Text => named(arg, "TEXT"),
        Kind::Zone => named(arg, "ZONE"),
        Kind::Number(from, to) => {
            let range = i64::from(from)..=i64::from(to);
            named(arg, "NUMBER").value_parser(value_parser!(u16).range(range))
        }
        Kind::Switch(_) => arg.action(ArgAction::SetTrue),
        Kind::Truth => named(arg, "BOOL").value_parser(value_parser!(bool)),
        Kind::Word(words) => named(arg, "WORD").value_parser(PossibleValuesParser::new(words)),
        Kind::Time => named(arg, "TIME").value_parser(time),
        Kind::Date => named(arg, "DATE").value_parser(date),
        Kind::Week => several(named(arg, "DAYS=HOURS")).value_parser(value_parser!(DayHours)),
        Kind::NoShow(_) => several(named(arg, "ATTENDEE")),
    };
    let arg = if one.name == "user_id" {
        arg.conflicts_with("host")
    } else {
        arg
    };
    Some(match one.need {
        Need::Option if body => arg.required_unless_present(JSON_BODY),
        Need::Argument | Need::Option => arg.required(true),
        Need::Optional => arg,
    })
}

fn several(arg: Arg) -> Arg {
    arg.action(ArgAction::Append)
}

fn time(text: &str) -> Result<Timestamp, String> {
    let how = "write it like 2026-11-23T09:00:00Z or 2026-11-23T10:00:00+01:00";
    text.parse().map_err(|_| how.to_owned())
}

fn date(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| "write it like 2026-12-24".to_owned())
}
