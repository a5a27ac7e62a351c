//! A process that is killed, or whose disk is full, loses nothing that it confirmed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use slotbridge::adapters::store::Recovered;
use slotbridge::ports::base::Base;
use slotbridge::ports::error::Kind;

use super::{all, delete, opened, put};

const KILLS: u32 = 40;

#[test]
fn a_killed_process_loses_nothing_that_it_confirmed() {
    let seed = 20_261_121;
    let mut random = StdRng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 0..KILLS {
        let mut child = writer(dir.path(), last)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed after a random number of confirmations, or already while it opens.
        let mut left = random.random_range(0..60_u32);
        if left == 0 {
            child.kill().unwrap();
        }
        for line in lines.map_while(Result::ok) {
            let Some(number) = line.strip_prefix("DONE ") else {
                continue;
            };
            last = number.parse::<u64>().unwrap();
            left = left.saturating_sub(1);
            if left == 0 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let state = opened(dir.path());
        assert_eq!(state.recovered, Recovered::No, "seed {seed}, round {round}");
        let numbers = |prefix: &str| -> BTreeSet<u64> {
            all(&state.base)
                .iter()
                .filter_map(|(key, _)| key.strip_prefix(prefix)?.parse().ok())
                .collect()
        };
        let first = numbers("one/");
        assert_eq!(
            first,
            numbers("two/"),
            "half a batch: seed {seed}, round {round}"
        );
        for number in 1..=last {
            // Every third batch removes the pair before it.
            let expected = number % 3 != 2 || number == last && !first.contains(&(last + 1));
            if number < last {
                assert_eq!(
                    first.contains(&number),
                    expected,
                    "seed {seed}, round {round}, {number} of {last}"
                );
            }
        }
        assert!(first.contains(&last) || first.contains(&(last + 1)) || last == 0);
        let report = state.base.verify();
        assert!(report.problems.is_empty(), "{report:?}");
        last = first.last().copied().unwrap_or(0);
    }
    assert!(last > 100, "too few batches: {last}");
}

/// The process to be killed; nothing to do in any other run.
#[test]
fn as_the_writer() {
    let Some(dir) = std::env::var_os("STORE_WRITER") else {
        return;
    };
    let from: u64 = std::env::var_os("STORE_FROM")
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let base = opened(dir.as_ref()).base;
    for number in from + 1..from + 10_000 {
        let size = match number % 10 {
            7 => 66_000,
            _ => 300,
        };
        let word = number.to_string();
        let value = word.repeat(size / word.len());
        let mut batch = vec![
            put(&format!("one/{number}"), value.as_bytes()),
            put(&format!("two/{number}"), value.as_bytes()),
        ];
        if number % 3 == 0 {
            batch.push(delete(&format!("one/{}", number - 1)));
            batch.push(delete(&format!("two/{}", number - 1)));
        }
        match runtime.block_on(base.commit(batch)) {
            Ok(()) => println!("DONE {number}"),
            Err(error) => {
                assert_eq!(error.kind(), Kind::State);
                println!("FAILED {error} HINT {}", error.remedy().unwrap());
                let again = runtime.block_on(base.commit(vec![put("more", "x")]));
                println!("AGAIN {}", again.unwrap_err());
                return;
            }
        }
    }
}

fn writer(dir: &Path, from: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["kill::as_the_writer", "--exact", "--nocapture"])
        .env("STORE_WRITER", dir)
        .env("STORE_FROM", from.to_string());
    command
}

#[test]
fn a_full_disk_is_said_and_loses_nothing_that_was_confirmed() {
    for limit in [600, 1000, 1500, 2100] {
        let dir = tempfile::tempdir().unwrap();
        let output = writer_with_full_disk(dir.path(), 0, limit);
        let said = String::from_utf8(output.stdout).unwrap();
        let done = said
            .lines()
            .filter(|line| line.starts_with("DONE "))
            .count() as u64;
        assert!(done > 10, "limit {limit}: {said}");
        let failed = said.lines().find(|line| line.starts_with("FAILED "));
        let failed = failed.unwrap_or_else(|| panic!("limit {limit}: {said}"));
        let path = dir.path().display().to_string();
        assert!(
            failed.contains(&path) && failed.contains("room"),
            "{failed}"
        );
        let again = said
            .lines()
            .find(|line| line.starts_with("AGAIN "))
            .unwrap();
        assert!(again.contains("an earlier write failed"), "{again}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!errors.contains("panicked"), "{errors}");

        let state = opened(dir.path());
        assert_eq!(state.recovered, Recovered::No, "limit {limit}");
        for number in (1..=done).filter(|number| number % 3 != 2) {
            let one = state.base.get(&format!("one/{number}")).unwrap();
            assert!(one.is_some(), "limit {limit}: {number} of {done}");
            assert_eq!(one, state.base.get(&format!("two/{number}")).unwrap());
        }
        assert!(state.base.verify().problems.is_empty());
    }
}

#[test]
fn a_disk_that_is_full_at_the_start_is_not_taken_for_damage() {
    let dir = tempfile::tempdir().unwrap();
    writer_with_full_disk(dir.path(), 0, 1500);
    for limit in [0, 1, 8, 100, 600, 1200] {
        writer_with_full_disk(dir.path(), 5000, limit);
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let name = entry.unwrap().file_name();
            assert!(!name.to_string_lossy().contains("damaged"), "limit {limit}");
        }
    }
    let state = opened(dir.path());
    assert_eq!(state.recovered, Recovered::No);
    assert!(state.base.get("one/1").unwrap().is_some());
}

/// A limit on the size of a file stands for a full disk: the write fails the same way.
fn writer_with_full_disk(dir: &Path, from: u64, limit: u32) -> Output {
    let writer = writer(dir, from);
    let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script, "sh"])
        .arg(writer.get_program())
        .args(writer.get_args());
    for (name, value) in writer.get_envs() {
        shell.env(name, value.unwrap());
    }
    shell.output().unwrap()
}
