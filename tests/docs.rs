//! What the documentation says is done here, word by word: its commands run, its configurations
//! load, its links lead somewhere; and `demo` tells what its files hold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests may fail loudly"
)]

#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/demo.rs"]
mod demo;
#[path = "docs/errors.rs"]
mod errors;
#[path = "docs/newcomer.rs"]
mod newcomer;
#[path = "docs/page.rs"]
mod page;
#[path = "servers/mod.rs"]
mod servers;
#[path = "docs/source.rs"]
mod source;
#[path = "docs/typed.rs"]
mod typed;

use std::fs;

use jiff::SignedDuration;
use newcomer::{Choice, Newcomer};
use page::{Page, root};
use rstest::rstest;
use slotbridge::demo::account::NewBooking;

/// A block of the build: what such a line may say, and why that is no news to this test.
fn is_of_the_build(script: &str) -> bool {
    let commands = script.lines().filter(|line| !line.trim().is_empty());
    commands.clone().count() > 0
        && commands.into_iter().all(|line| {
            let mut words = line
                .split_whitespace()
                .skip_while(|word| word.contains('='));
            matches!(
                words.next(),
                Some("cargo" | "tests/run" | "tests/fuzz" | ".ci/run")
            )
        })
}

/// Such a line is not run again, but what it names is there.
fn check_the_build(line: &str, newcomer: &Newcomer) {
    let words: Vec<&str> = line
        .split_whitespace()
        .skip_while(|word| word.contains('='))
        .collect();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    match words.as_slice() {
        ["tests/run", ..] => assert!(
            ci.lines().any(|line| line == "tests/run"),
            "CI does not run it"
        ),
        [".ci/run", ..] => {}
        ["tests/fuzz", ..] => assert!(ci.contains(".ci/fuzz"), "CI does not run it"),
        ["cargo", "run", rest @ ..] => {
            let own = rest.iter().skip_while(|word| **word != "--").skip(1);
            let own: Vec<&str> = own.copied().chain(["--help"]).collect();
            let output = newcomer.command("slotbridge").args(&own).output().unwrap();
            assert!(output.status.success(), "{line}: no such command");
        }
        ["cargo", "install", "--path", "."] => {
            let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
            assert!(manifest.contains("[[bin]]\nname = \"slotbridge\""));
        }
        [
            "cargo",
            "bench" | "test" | "nextest" | "doc" | "build",
            rest @ ..,
        ] => {
            let named = rest.iter().zip(rest.iter().skip(1));
            for (option, name) in named {
                let folder = match *option {
                    "--bench" => "benches",
                    "--test" => "tests",
                    _ => continue,
                };
                let path = root().join(folder).join(name).with_extension("rs");
                assert!(path.exists(), "{line}: {} is missing", path.display());
            }
        }
        _ => panic!("{line}: this test does not know what that does"),
    }
}

#[rstest]
fn every_command_of_every_page_does_what_it_is_there_for(
    #[values(Choice::Directory, Choice::Caldav)] choice: Choice,
) {
    for page in Page::all() {
        let newcomer = Newcomer::new(choice);
        for block in page.blocks() {
            let place = format!("{}:{}", page.path.display(), block.line);
            match block.kind.as_str() {
                "toml" => newcomer.write(&block),
                "sh" if is_of_the_build(&block.text) => {
                    block
                        .text
                        .lines()
                        .for_each(|line| check_the_build(line, &newcomer));
                }
                "sh" if block.text.trim() == "slotbridge run" => {
                    newcomer.run_and_end("slotbridge run");
                }
                "sh" => {
                    let output = newcomer.type_in(&block.text);
                    let said = [output.stdout, output.stderr].concat();
                    let said = String::from_utf8_lossy(&said);
                    assert_eq!(output.status.code(), Some(0), "{place}: {said}");
                    assert!(!said.contains("warning"), "{place}: {said}");
                }
                "text" | "" | "rust" => {}
                other => panic!("{place}: {other}: mark it as sh, toml or text"),
            }
        }
    }
}

#[rstest]
fn whoever_follows_the_front_page_gets_their_bookings(
    #[values(Choice::Directory, Choice::Caldav)] choice: Choice,
) {
    let newcomer = Newcomer::new(choice);
    let soon = newcomer.account.now() + SignedDuration::from_hours(48);
    let id = newcomer
        .account
        .book(NewBooking::new(soon, "Bob Miller", "bob@example.org"));
    let name = format!("{id}@scheduler.slotbridge.ics");
    let read = || match &newcomer.dav {
        Some(dav) => dav.get(&name),
        None => fs::read_to_string(newcomer.home().join(".calendars/work").join(&name)).ok(),
    };
    let readme = Page::all()
        .into_iter()
        .find(|page| page.path.ends_with("README.md"))
        .unwrap();
    for block in readme.blocks() {
        match block.kind.as_str() {
            "toml" => newcomer.write(&block),
            "sh" if is_of_the_build(&block.text) || block.text.trim() == "slotbridge run" => {}
            "sh" => {
                let output = newcomer.type_in(&block.text);
                let said = String::from_utf8_lossy(&output.stdout);
                match block.text.trim() {
                    "slotbridge sync --dry-run" => {
                        assert!(
                            said.contains("1 created") && said.contains("nothing was changed"),
                            "{said}"
                        );
                        assert_eq!(read(), None, "a dry run writes nothing");
                    }
                    "slotbridge sync" => {
                        assert!(said.contains("1 created"), "{said}");
                        let entry = read().expect("the entry is there");
                        assert!(entry.contains("SUMMARY:Intro call: Bob Miller"), "{entry}");
                    }
                    "slotbridge status" => assert!(said.contains("all done"), "{said}"),
                    "slotbridge conflicts" => assert_eq!(said, "no conflicts\n"),
                    words if words.starts_with("slotbridge zoom events list") => {
                        assert!(said.contains(&id), "{said}");
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    assert!(read().is_some());
}

#[test]
fn every_configuration_of_every_page_loads() {
    let newcomer = Newcomer::new(Choice::Directory);
    for page in Page::all() {
        for block in page.blocks().iter().filter(|block| block.kind == "toml") {
            let file = newcomer.home().join("example.toml");
            fs::write(&file, &block.text).unwrap();
            let mut command = newcomer.command("slotbridge");
            let output = command
                .arg("--config")
                .arg(&file)
                .args(["config", "show"])
                .output()
                .unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{}:{}: {error}",
                page.path.display(),
                block.line
            );
        }
    }
}

#[test]
fn the_first_configuration_has_twelve_lines() {
    let readme = Page::all()
        .into_iter()
        .find(|page| page.path.ends_with("README.md"))
        .unwrap();
    let first = readme
        .blocks()
        .into_iter()
        .find(|block| block.kind == "toml")
        .unwrap();
    assert_eq!(first.text.lines().count(), 12);
}

#[test]
fn every_link_leads_somewhere() {
    let pages = Page::all();
    for page in &pages {
        let folder = root().join(&page.path).parent().unwrap().to_owned();
        for link in page.links().iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                root().join(&page.path)
            } else {
                folder.join(file)
            };
            assert!(
                target.exists(),
                "{}: {link} leads nowhere",
                page.path.display()
            );
            if anchor.is_empty() {
                continue;
            }
            let of = pages.iter().find(|page| {
                root().join(&page.path).canonicalize().unwrap() == target.canonicalize().unwrap()
            });
            let found = of.is_some_and(|page| page.anchors().iter().any(|name| name == anchor));
            assert!(found, "{}: {link}: no such heading", page.path.display());
        }
    }
}
