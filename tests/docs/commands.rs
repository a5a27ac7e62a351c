//! docs/ZOOM-COMMANDS.md: every command of Zoom's API, out of the table that makes the commands.
//!
//! ```sh
//! SLOTBRIDGE_WRITE_DOCS=1 cargo test --test docs commands
//! ```

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;

use slotbridge::adapters::zoom::operations::{
    self, Kind, Need, Operation, Parameter, Place, RESOURCES,
};
use slotbridge::cli;

use crate::page::root;

/// Set, it has the page written anew.
const WRITE: &str = "SLOTBRIDGE_WRITE_DOCS";
/// Where the lists begin.
const BEGIN: &str = "<!-- what stands in the table of operations -->\n";

/// An argument or option as it is typed.
fn typed(one: &Parameter) -> Option<String> {
    let value = match one.kind {
        Kind::Unsaid(_) => return None,
        Kind::Switch(_) => "",
        Kind::Text => " TEXT",
        Kind::Number(..) => " NUMBER",
        Kind::Truth => " true\\|false",
        Kind::Word(_) => " WORD",
        Kind::Time => " TIME",
        Kind::Date => " DATE",
        Kind::Zone => " ZONE",
        Kind::Week => " DAYS=HOURS",
        Kind::NoShow(_) => " ATTENDEE",
    };
    Some(match one.need {
        Need::Argument => return None,
        _ if one.place == Place::Path => return None,
        Need::Option => format!("**`--{}{value}`**", one.option),
        Need::Optional => format!("`--{}{value}`", one.option),
    })
}

fn row(operation: &Operation) -> String {
    let mut command = ["zoom", operation.resource, operation.verb].join(" ");
    for one in operation.parameters() {
        match (one.need, one.place) {
            (Need::Argument, _) => command.extend([" ", one.option]),
            (_, Place::Path) => command.extend([" [", one.option, "]"]),
            _ => {}
        }
    }
    let command = command.replace("  ", " ");
    let options: Vec<String> = operation.parameters().filter_map(typed).collect();
    format!(
        "| `{command}` | {} | {} | `{}` |",
        operation.about,
        options.join(", "),
        operation.scope
    )
}

fn page() -> String {
    let mut page = String::new();
    for (resource, about) in RESOURCES {
        write!(page, "\n## {resource}\n\n{about}.\n\n").unwrap();
        page.push_str("| command | does | options | scope |\n| --- | --- | --- | --- |\n");
        for operation in operations::all().filter(|one| one.resource == *resource) {
            writeln!(page, "{}", row(operation)).unwrap();
        }
    }
    page
}

#[test]
fn every_command_of_zooms_api_stands_on_its_page() {
    let path = root().join("docs/ZOOM-COMMANDS.md");
    let text = fs::read_to_string(&path).unwrap();
    let (head, old) = text.split_once(BEGIN).unwrap();
    let new = page();
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, [head, BEGIN, &new].concat()).unwrap();
        return;
    }
    assert_eq!(
        old, new,
        "docs/ZOOM-COMMANDS.md differs; {WRITE}=1 writes it anew"
    );
}

#[test]
fn every_operation_of_the_table_is_a_command_with_these_options() {
    for operation in operations::all() {
        let mut words = vec!["slotbridge", "zoom", operation.resource];
        words.extend(Some(operation.verb).filter(|verb| !verb.is_empty()));
        let is_command = |more: &[&str]| {
            let all = words.iter().chain(more).copied().map(OsString::from);
            cli::is_command(all)
        };
        assert_eq!(is_command(&["--help"]), Ok(()), "{words:?}");
        assert!(is_command(&["--no-such-option"]).is_err(), "{words:?}");
        let said = |one: &&Parameter| !matches!(one.kind, Kind::Unsaid(_));
        for one in operation.parameters().filter(said) {
            let option = format!("--{}", one.option);
            let known = typed(one).is_some();
            let refused = is_command(&[&option]).err().unwrap_or_default();
            assert_eq!(
                !refused.contains("unexpected argument"),
                known,
                "{words:?} {option}"
            );
        }
    }
}
