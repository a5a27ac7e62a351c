//! What people get wrong, each made for real with the real binary: the message names the file and
//! the key or object, the cause and the remedy. Word by word it stands in docs/MISTAKES.md, which is
//! made of what is said here:
//!
//! ```sh
//! SLOTBRIDGE_WRITE_DOCS=1 cargo test --test cli mistakes
//! ```

#[path = "mistakes/calendars.rs"]
mod calendars;
#[path = "mistakes/configuration.rs"]
mod configuration;
#[path = "mistakes/feeds.rs"]
mod feeds;
#[path = "mistakes/others.rs"]
pub mod others;
#[path = "mistakes/page.rs"]
mod page;
#[path = "mistakes/ran.rs"]
mod ran;
#[path = "mistakes/secrets.rs"]
mod secrets;
#[path = "mistakes/state.rs"]
mod state;
#[path = "mistakes/zoom.rs"]
mod zoom;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use page::Row;
use ran::Ran;
use rstest::rstest;

use super::servers::{Radicale, Server};

/// How many are made at a time.
const AT_A_TIME: usize = 3;

/// One mistake, and what has to be told of it.
pub struct Mistake {
    /// What a person would call it.
    pub what: &'static str,
    /// Makes it, and types a command.
    pub make: fn(&Stage) -> Ran,
    /// The exit code.
    pub code: i32,
    /// File, key or object, and the cause: each is in the message.
    pub says: &'static [&'static str],
    /// What is in the hint.
    pub remedy: &'static [&'static str],
}

/// What several mistakes need.
#[derive(Default)]
pub struct Stage {
    dav: OnceLock<Server>,
}

impl Stage {
    /// A CalDAV server with a calendar.
    pub fn dav(&self) -> &Server {
        self.dav.get_or_init(|| {
            let dav = Radicale::start();
            calendars::make(&dav, "private");
            dav
        })
    }
}

/// Where nothing listens on this machine: no test is given a port like this.
const CLOSED: &str = "http://127.0.0.1:9";

/// A part of the page.
type Section = (&'static str, &'static [Mistake]);

const SECTIONS: [Section; 6] = [
    ("zoom", zoom::MISTAKES),
    ("calendars", calendars::MISTAKES),
    ("feeds", feeds::MISTAKES),
    ("configuration", configuration::MISTAKES),
    ("secrets", secrets::MISTAKES),
    ("state", state::MISTAKES),
];

/// Makes all of them, a few at a time; what came of each, in order.
fn made(mistakes: &'static [Mistake]) -> Vec<Result<Row, String>> {
    let stage = Stage::default();
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(mistake) = mistakes.get(number) else {
                        break;
                    };
                    // One that cannot be made must not hide how the others are.
                    let row = catch_unwind(AssertUnwindSafe(|| row(mistake, &stage)));
                    let row = row.unwrap_or_else(|_| Err("it could not be made".to_owned()));
                    rows.lock().unwrap().push((number, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap();
    rows.sort_by_key(|(number, _)| *number);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Makes one, and looks at what is said.
fn row(mistake: &Mistake, stage: &Stage) -> Result<Row, String> {
    let ran = (mistake.make)(stage);
    let wrong = |why: &str| Err(format!("{why}\n{ran}"));
    let told = ran.told();
    let [(said, hint)] = told.as_slice() else {
        return wrong(&format!("{} things are said, not one", told.len()));
    };
    if ran.code != mistake.code {
        return wrong(&format!("the exit code is not {}", mistake.code));
    }
    for word in mistake.says {
        if !said.contains(word) {
            return wrong(&format!("it does not say \"{word}\""));
        }
    }
    for word in mistake.remedy {
        if !hint.contains(word) {
            return wrong(&format!("the hint does not say \"{word}\""));
        }
    }
    if let Some(secret) = ran.secret() {
        return wrong(&format!("it tells the secret \"{secret}\""));
    }
    Ok(Row {
        what: mistake.what.to_owned(),
        command: ran.words.clone(),
        said: said.clone(),
        hint: hint.clone(),
        code: ran.code,
    })
}

#[rstest]
#[case::zoom(0)]
#[case::calendars(1)]
#[case::feeds(2)]
#[case::configuration(3)]
#[case::secrets(4)]
#[case::state(5)]
fn every_mistake_is_told_with_its_remedy_in_the_words_of_the_page(#[case] section: usize) {
    let (name, mistakes) = SECTIONS[section];
    let made = made(mistakes);
    let mut wrong = Vec::new();
    let mut rows = Vec::new();
    for (mistake, row) in mistakes.iter().zip(made) {
        match row {
            Ok(row) => rows.push(row),
            Err(why) => wrong.push(format!("{}: {why}", mistake.what)),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
    page::compare(name, &rows);
}

#[test]
fn the_page_has_many_mistakes_each_of_them_once() {
    let all = SECTIONS.iter().flat_map(|(_, mistakes)| *mistakes);
    let mut names: Vec<&str> = all.map(|mistake| mistake.what).collect();
    let count = names.len();
    assert!(count >= 25, "{count}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "two have one name");
    page::has_only(&names);
}
