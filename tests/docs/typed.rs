//! What pages and hints say to type is a command of the program, whether or not a test can run it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;

use slotbridge::cli;

use crate::page::{Page, root};

/// What may stand for a value that the reader puts in.
const VALUES: [&str; 5] = ["https://example.org/", "1", "work", "/tmp/x", "held"];

/// What only names the writer of a unit, in its first line; nobody is told to type it.
const WRITER: &str = "slotbridge service install";

/// The words of a line of a shell, up to what its output goes to.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '|' | '>' | '<' | ';' | '&' | '#') => break,
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What a line has slotbridge do; `None` where it is about something else.
fn command(line: &str) -> Option<Vec<String>> {
    let mut words = words(line).into_iter().peekable();
    while let Some(word) =
        words.next_if(|word| word == "sudo" || word == "env" || word.contains('='))
    {
        drop(word);
    }
    let program = words.next()?;
    let own = program == "slotbridge" || program.ends_with("bin/slotbridge");
    own.then(|| {
        std::iter::once("slotbridge".to_owned())
            .chain(words)
            .collect()
    })
}

/// What the program says about it, if it is no command, whatever stands for its values.
fn refused(words: &[String]) -> Option<String> {
    let is_value = |word: &str| {
        word.contains('…') || (word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase()))
    };
    let tried = |value: &str| {
        let typed = words.iter().map(|word| {
            let word = if is_value(word) { value } else { word };
            OsString::from(word)
        });
        cli::is_command(typed)
    };
    let mut refusals = VALUES.iter().map(|value| tried(value).err());
    refusals
        .by_ref()
        .all(|refusal| refusal.is_some())
        .then(|| tried(VALUES[0]).unwrap_err())
}

/// Every text in back-ticks, blocks left out; a text may go on in the next line.
fn quoted(text: &str) -> Vec<String> {
    let mut inside = false;
    let prose = text.lines().map(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        if inside || fence { "" } else { line }
    });
    let prose: Vec<&str> = prose.collect();
    let mut found = Vec::new();
    for paragraph in prose.split(|line| line.is_empty()) {
        let paragraph = paragraph.join(" ");
        found.extend(paragraph.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

/// Every command of slotbridge on a page.
fn commands(page: &Page) -> Vec<String> {
    let mut lines = Vec::new();
    for block in page.blocks().iter().filter(|block| block.kind != "toml") {
        let text = block.text.replace("\\\n", " ");
        lines.extend(text.lines().map(str::to_owned));
    }
    lines.extend(
        quoted(&page.text)
            .into_iter()
            .map(|text| text.replace("\\|", "|")),
    );
    lines.retain(|line| command(line).is_some_and(|words| words.len() > 1));
    lines
}

#[test]
fn everything_that_pages_and_hints_say_to_type_is_a_command() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in Page::all() {
        for line in commands(&page).iter().filter(|line| *line != WRITER) {
            count += 1;
            if let Some(why) = refused(&command(line).unwrap()) {
                wrong.push(format!("{}: {line}: {why}", page.path.display()));
            }
        }
    }
    assert!(count > 150, "only {count} were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_command_would_be_noticed() {
    for line in [
        "sudo slotbridge --state-dir /x state import",
        "slotbridge config show --origin",
        "slotbridge conflicts keep-zoom",
        "slotbridge … lisst",
    ] {
        assert!(refused(&command(line).unwrap()).is_some(), "{line}");
    }
    for line in [
        "sudo env A=b /usr/local/bin/slotbridge -v --state-dir=/x state import PATH | cat",
        "slotbridge … list",
        "slotbridge help zoom availability patch",
    ] {
        assert_eq!(refused(&command(line).unwrap()), None, "{line}");
    }
    assert_eq!(
        command("sudo install -m 755 slotbridge /usr/local/bin/"),
        None
    );
}

#[test]
fn the_guide_for_servers_names_the_places_of_its_unit() {
    let text = fs::read_to_string(root().join("docs/SERVER.md")).unwrap();
    let unit = fs::read_to_string(root().join("systemd/slotbridge.service")).unwrap();
    let state = unit
        .lines()
        .find_map(|line| line.strip_prefix("StateDirectory="));
    let state = format!("/var/lib/{}", state.unwrap());
    let page = Page::all()
        .into_iter()
        .find(|page| page.path.ends_with("SERVER.md"))
        .unwrap();
    for line in commands(&page) {
        let words = command(&line).unwrap();
        let of_state = [
            "state",
            "status",
            "sync",
            "held",
            "conflicts",
            "login",
            "check",
        ];
        // What is typed before there is a state brings the credentials itself.
        if !line.contains("CREDENTIALS_DIRECTORY=")
            && words.iter().any(|word| of_state.contains(&word.as_str()))
        {
            assert!(line.starts_with("sudo "), "{line}: only root can");
            let at = words.iter().position(|word| word == "--state-dir");
            assert_eq!(at.and_then(|at| words.get(at + 1)), Some(&state), "{line}");
        }
    }
    // Each secret is put where systemd takes it from, and handed over by the name that is asked for.
    let folder = "/etc/slotbridge/secrets";
    let behind = |mark: &str, end: &[char]| -> BTreeSet<String> {
        let parts = text.split(mark).skip(1);
        parts
            .map(|part| part.split(end).next().unwrap().to_owned())
            .collect()
    };
    let named = behind("{ credential = \"", &['"']);
    let put = behind(&format!("/dev/stdin {folder}/"), &['\n']);
    let handed = behind("\nLoadCredential=", &['\n']);
    let expected: BTreeSet<String> = named
        .iter()
        .map(|name| format!("{name}:{folder}/{name}"))
        .collect();
    assert_eq!((&put, handed), (&named, expected));
    for page in Page::all() {
        let behind = |mark: &str, end: [char; 4]| -> Vec<String> {
            let parts = page.text.split(mark).skip(1);
            let first = |part: &str| part.split(end).next().unwrap().to_owned();
            parts.map(first).collect()
        };
        // The page of mistakes and the list of messages have names of their own.
        let told = ["MISTAKES.md", "ERRORS.md"];
        if !told.iter().any(|name| page.path.ends_with(name)) {
            for name in behind("{ credential = \"", ['"'; 4]) {
                assert!(put.contains(&name), "{}: {name}", page.path.display());
            }
        }
        for path in behind("/etc/slotbridge/", [' ', '`', '"', '\n']) {
            let name = path.strip_prefix("secrets/");
            let known = name.map_or(path.starts_with("config.toml"), |name| put.contains(name));
            assert!(
                known || path == "secrets",
                "{}: {path}",
                page.path.display()
            );
        }
    }
    assert!(text.contains(&format!("CREDENTIALS_DIRECTORY={folder} ")));
    for line in unit
        .lines()
        .filter_map(|line| line.strip_prefix("#LoadCredential="))
    {
        assert!(text.contains(line), "{line}");
    }
}
