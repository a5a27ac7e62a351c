//! `config init` on a terminal: asks the few questions, tries the answers, writes the file.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};

use super::super::{Context, terminal};
use super::{ask, saving};
use crate::app::check::{Grade, Item};
use crate::app::failure::{Exit, Failure};
use crate::app::interview::text::{self, Secrets};
use crate::app::interview::{Answers, Kept};
use crate::settings::secret::Secret;
use crate::settings::{self, Settings, Sources};

/// The questions, and what was answered so far.
pub(super) struct Interview<'a> {
    pub(super) context: &'a Context,
    /// Where the configuration is to be.
    pub(super) path: PathBuf,
    pub(super) answers: Answers,
}

/// What is done about an answer that does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Again,
    Keep,
}

/// Asks, and writes what was answered. Whatever ends it before leaves nothing behind.
pub(super) async fn run(context: &Context, path: PathBuf) -> Result<Exit, Failure> {
    saving::ensure_free(&path)?;
    let mut interview = Interview {
        context,
        path,
        answers: Answers::default(),
    };
    tokio::select! {
        biased;
        told = interrupted() => Err(told),
        asked = interview.ask() => {
            asked?;
            interview.write()?;
            Ok(Exit::Done)
        }
    }
}

/// Waits until the person, or the machine, wants an end of it.
async fn interrupted() -> Failure {
    let failure = Failure::new(
        Exit::Usage,
        "interrupted; nothing was written",
        "run `slotbridge config init` again when you like",
    );
    stopped().await;
    failure
}

/// Waits until the person, or the machine, wants an end of what is asked. Listens from the call on,
/// and not only once it is awaited.
pub(in crate::cli) fn stopped() -> impl Future<Output = ()> {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            // Then they end the process, as usual.
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // The line that was being typed ends here.
        terminal::say("");
    }
}

impl Interview<'_> {
    async fn ask(&mut self) -> Result<(), Failure> {
        terminal::print(&format!(
            "This asks a few questions, tries the answers, and writes {}.\n\
             Enter takes what stands in [ ]. Ctrl-C ends it and leaves nothing behind.\n",
            self.path.display()
        ))?;
        self.ask_app().await?;
        self.ask_host().await?;
        self.ask_calendars().await
    }

    fn write(&self) -> Result<(), Failure> {
        let written = saving::write(&self.path, &self.answers)?;
        let mut words = vec![String::new()];
        let written = written
            .iter()
            .map(|path| format!("written: {}", path.display()));
        words.extend(written);
        words.push("next:".to_owned());
        words.extend(self.next_commands());
        words.push(String::new());
        terminal::print(&words.join("\n"))
    }

    /// What is to be typed next, with what it is for.
    fn next_commands(&self) -> Vec<String> {
        let usual = self.context.environment.user_config();
        let config = if usual.as_deref() == Some(self.path.as_path()) {
            String::new()
        } else {
            format!(" --config {}", self.path.display())
        };
        let line = |command: &str, purpose: &str| {
            format!(
                "  {:26}  {purpose}",
                format!("slotbridge{config} {command}")
            )
        };
        let app = self.answers.app.as_ref();
        let to_zoom = app.is_some_and(|app| app.account_id.is_none());
        let mut lines = Vec::new();
        if to_zoom {
            lines.push(line("login", "let slotbridge in, in your browser"));
        }
        for calendar in self.answers.to_log_in() {
            let command = format!("login --calendar '{}'", calendar.name);
            lines.push(line(&command, "let it into that calendar, too"));
        }
        lines.push(line("check", "try everything once more"));
        lines.push(line(
            "sync --dry-run",
            "see what a pass would do, and change nothing",
        ));
        lines
    }

    /// What the answers mean so far, together with everything else that is configured.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let files = self.context.global.config.iter();
        let sources = Sources {
            files: files.filter(|path| **path != self.path).cloned().collect(),
            state_dir: self.context.global.state_dir.clone(),
        };
        let text = text::of(&self.answers, Secrets::InText);
        let environment = &self.context.environment;
        let loaded = settings::load_draft(&sources, environment, &self.path, &text)?;
        Ok(loaded.settings)
    }

    /// The same; where the answers have a mistake, it is said: a mistake cannot be kept.
    pub(super) fn without_mistakes(&self) -> Result<Option<Settings>, Failure> {
        match self.settings() {
            Ok(settings) => Ok(Some(settings)),
            Err(mistakes) => {
                terminal::print(&format!("{mistakes}\n"))?;
                Ok(None)
            }
        }
    }

    /// Asks how a secret is kept.
    pub(super) async fn ask_secret(&self, what: &str, file: &str) -> Result<Kept, Failure> {
        let file = saving::free_name(&self.path, file, &self.answers);
        let beside = saving::beside(&self.path, &file);
        let said = self.said(&beside)?;
        let choices = [
            format!("typed now, and kept in a file that only you can read: {said}"),
            "a command prints it, as in: pass show dav".to_owned(),
            "it stands in a file already".to_owned(),
        ];
        let question = format!("How is the {what} kept?");
        Ok(match ask::one_of(&question, &choices).await? {
            0 => Kept::Typed {
                secret: ask::hidden(&capitalised(what)).await?,
                file,
                said,
            },
            1 => {
                let command = ask::line("The command", None).await?;
                Kept::Command(super::super::calendars::words(&command))
            }
            _ => {
                let typed = ask::line("The file", None).await?;
                Kept::File(self.said(&self.expanded(&typed)?)?)
            }
        })
    }

    /// Fetches a secret as the configuration will.
    pub(super) async fn reveal(&self, what: &str, kept: &Kept) -> Result<SecretString, Failure> {
        let secret = match kept {
            Kept::Typed { secret, .. } => return Ok(secret.clone()),
            Kept::Command(words) => Secret::printed_by(what, words.clone()),
            Kept::File(said) => Secret::standing_in(what, self.expanded(said)?),
        };
        let revealed = secret.reveal().await;
        revealed.map_err(|why| Failure::new(Exit::Usage, &why, &why.hint))
    }

    /// A path that was typed, as this machine has it.
    pub(super) fn expanded(&self, typed: &str) -> Result<PathBuf, Failure> {
        let expanded = self.context.environment.expand(typed);
        let expanded = expanded
            .map_err(|why| Failure::new(Exit::Usage, format!("{typed}: {why}"), why.remedy()))?;
        std::path::absolute(&expanded)
            .map_err(|error| Failure::new(Exit::Usage, format!("{typed}: {error}"), "name a path"))
    }

    /// A path as the configuration says it: below the home directory, by `~`.
    pub(super) fn said(&self, path: &Path) -> Result<String, Failure> {
        let text = path.to_str().ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                format!("{}: this is no UTF-8 text", path.display()),
                "choose another path",
            )
        })?;
        let home = self.context.environment.get("HOME").unwrap_or_default();
        let below = text
            .strip_prefix(home)
            .and_then(|rest| rest.strip_prefix('/'));
        Ok(match below {
            Some(below) if !home.is_empty() => format!("~/{below}"),
            _ => text.to_owned(),
        })
    }
}

/// Says why an answer does not work, and asks what to do.
pub(super) async fn after(failure: &Failure) -> Result<Then, Failure> {
    terminal::print(&format!("that did not work: {failure}\n"))?;
    let choices = ["answer again", "keep it all the same"].map(str::to_owned);
    Ok(match ask::one_of("What now?", &choices).await? {
        0 => Then::Again,
        _ => Then::Keep,
    })
}

/// Says what was tried. What failed, as one failure.
pub(super) fn tell(items: &[Item]) -> Result<Result<(), Failure>, Failure> {
    let mut failed: Option<Failure> = None;
    for item in items {
        let Item {
            name, object, seen, ..
        } = item;
        let hint = item.hint.as_deref().unwrap_or("see above");
        match item.state {
            Grade::Ok => terminal::print(&format!("  ok: {name} {object}: {seen}\n"))?,
            Grade::Note => terminal::print(&format!("  note: {name} {object}: {seen}\n"))?,
            Grade::Warning => {
                terminal::print(&format!(
                    "  warning: {name} {object}: {seen}\n    hint: {hint}\n"
                ))?;
            }
            Grade::Failed => {
                let one = Failure::new(item.exit, format!("{name} {object}: {seen}"), hint);
                match &mut failed {
                    Some(all) => {
                        all.words.push('\n');
                        all.words.push_str(&one.words);
                    }
                    None => failed = Some(one),
                }
            }
        }
    }
    Ok(failed.map_or(Ok(()), Err))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
