//! `slotbridge check`: is everything in order?

use clap::Args;

use super::wrap::{fits, wrap};
use super::{Context, terminal};
use crate::app::check::{self, Grade, Item, Report};
use crate::app::failure::{Exit, Failure};

/// What stands below a state.
const INDENT: &str = "         ";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    settings.complete()?;
    let wanted = !arguments.json && !context.quiet() && !context.is_plain();
    let line = terminal::line("waiting for", wanted);
    let tells = |words: &str| {
        if let Some(line) = &line {
            line.says(words);
        }
    };
    let report = check::run(&settings, &context.clock, &tells).await;
    drop(line);
    if arguments.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&in_words(&report, terminal::width()))?;
    }
    Ok(report.exit())
}

/// Columns where they fit, else each thing as a paragraph of its own.
fn in_words(report: &Report, columns: Option<usize>) -> String {
    let width = |of: fn(&Item) -> usize| report.items.iter().map(of).max().unwrap_or_default();
    let name = width(|item| item.name.chars().count());
    let object = width(|item| item.object.chars().count()).min(40);
    let mut text = String::new();
    for item in &report.items {
        let state = word(item.state);
        let seen = &item.seen;
        let line = format!(
            "{state:7}  {:name$}  {:object$}  {seen}\n",
            item.name, item.object
        );
        if fits(&line, columns) {
            text.push_str(&line);
        } else {
            let head = format!("{state:7}  {}  {}", item.name, item.object);
            text.push_str(&wrap(&head, "", INDENT, columns));
            text.push_str(&wrap(seen, INDENT, INDENT, columns));
        }
        if let Some(hint) = &item.hint {
            let hint = format!("hint: {hint}");
            text.push_str(&wrap(&hint, INDENT, INDENT, columns));
        }
    }
    text.push_str(&wrap(&summary(report), "", "", columns));
    text
}

fn word(state: Grade) -> &'static str {
    match state {
        Grade::Ok => "ok",
        Grade::Note => "note",
        Grade::Warning => "warning",
        Grade::Failed => "failed",
    }
}

fn summary(report: &Report) -> String {
    let all = report.items.len();
    let notes = report.count(Grade::Note);
    match (report.count(Grade::Failed), report.count(Grade::Warning)) {
        (0, 0) if notes == 0 => format!("everything is in order ({all} looked at)"),
        (0, 0) => format!(
            "everything that was tried is in order ({} of {all}; the rest are notes)\n",
            all - notes
        ),
        (0, warnings) => format!("it works; {warnings} of {all} should be known (warning)"),
        (failed, _) => format!("{failed} of {all} failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let item = |name, object: &str, state, hint: Option<&str>| Item {
            name,
            object: object.to_owned(),
            state,
            seen: "none of its 3 schedules has that name or id, and nothing was written".to_owned(),
            hint: hint.map(str::to_owned),
            exit: Exit::Done,
        };
        let hint = "correct `availability` of [host.hours]; `slotbridge zoom availability list`";
        Report {
            version: 1,
            ok: false,
            items: vec![
                item("availability", "alice", Grade::Failed, Some(hint)),
                item("calendar", "work", Grade::Ok, None),
            ],
        }
    }

    #[test]
    fn what_does_not_fit_into_the_terminal_becomes_paragraphs() {
        let wide = in_words(&report(), None);
        assert!(
            wide.starts_with("failed   availability  alice  none of its 3"),
            "{wide}"
        );
        for columns in [80, 40] {
            let text = in_words(&report(), Some(columns));
            assert!(fits(&text, Some(columns)), "{text}");
            let words = |text: &str| -> Vec<String> {
                text.split_whitespace().map(str::to_owned).collect()
            };
            assert_eq!(words(&text), words(&wide));
        }
    }
}
