//! How often a secret is fetched.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::adapters::memory::clock::MemoryClock;

/// A command that prints what a file says, and counts how often it ran.
struct Bench {
    home: tempfile::TempDir,
    clock: Arc<MemoryClock>,
    keyring: Keyring,
    secret: LiveSecret,
}

impl Bench {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock = Arc::new(MemoryClock::at("2026-11-02T08:00:00Z".parse().unwrap()));
        let keyring = Keyring::new(clock.clone());
        let script = "echo run >> \"$1/runs\"; cat \"$1/word\"";
        let words = ["sh", "-c", script, "sh", home.path().to_str().unwrap()];
        let secret =
            Secret::printed_by("calendar.work.password", words.map(str::to_owned).to_vec());
        let origin = Origin::File {
            layer: 1,
            path: PathBuf::from("config.toml"),
            line: 7,
        };
        Self {
            secret: keyring.live(&secret, Some(&origin)),
            home,
            clock,
            keyring,
        }
    }

    fn says(&self, word: &str) {
        fs::write(self.home.path().join("word"), word).unwrap();
    }

    fn runs(&self) -> usize {
        let text = fs::read_to_string(self.home.path().join("runs"));
        text.unwrap_or_default().lines().count()
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(jiff::SignedDuration::from_secs(seconds));
    }

    async fn another(&self, refused: &str) -> Option<String> {
        let another = self.secret.another(&SecretString::from(refused)).await;
        another.map(|secret| secret.expose_secret().to_owned())
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_had_is_tried_again_less_and_less_often() {
    let bench = Bench::new();
    let error = bench.secret.get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert_eq!(error.doing(), "config.toml:7: calendar.work.password");
    assert!(
        error.cause().starts_with("running sh: it ended with"),
        "{error}"
    );
    let mut waits = Vec::new();
    for _ in 0..6 {
        let (before, mut waited) = (bench.runs(), 0);
        while bench.runs() == before {
            bench.advance(10);
            waited += 10;
            let again = bench.secret.get().await.unwrap_err();
            assert_eq!(again.cause(), error.cause(), "as it was told before");
        }
        waits.push(waited);
    }
    assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
    bench.says("hush");
    bench.keyring.without_waiting();
    assert_eq!(bench.secret.get().await.unwrap().expose_secret(), "hush");
}

#[tokio::test]
async fn those_who_ask_at_once_are_answered_by_one_fetch() {
    let bench = Bench::new();
    bench.says("hush");
    let (one, other, third) =
        tokio::join!(bench.secret.get(), bench.secret.get(), bench.secret.get());
    assert!(one.is_ok() && other.is_ok() && third.is_ok());
    assert_eq!(bench.runs(), 1);
    bench.says("new");
    bench.advance(30);
    let (one, other) = tokio::join!(bench.another("hush"), bench.another("hush"));
    assert_eq!(
        (one.as_deref(), other.as_deref()),
        (Some("new"), Some("new"))
    );
    assert_eq!(bench.runs(), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_asked_for_again_less_and_less_often() {
    let bench = Bench::new();
    bench.says("wrong");
    bench.secret.get().await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..9 {
        let (before, mut waited) = (bench.runs(), 0);
        while bench.runs() == before {
            bench.advance(30);
            waited += 30;
            assert_eq!(bench.another("wrong").await, None);
        }
        waits.push(waited);
    }
    assert_eq!(waits, [30, 30, 60, 120, 240, 480, 960, 1_920, 3_600]);
    bench.says("right");
    bench.keyring.without_waiting();
    assert_eq!(bench.another("wrong").await.as_deref(), Some("right"));
    // One that was good for a while is asked for again soon.
    bench.says("next");
    bench.advance(30);
    assert_eq!(bench.another("right").await.as_deref(), Some("next"));
}

#[tokio::test]
async fn at_the_end_nothing_is_fetched() {
    let bench = Bench::new();
    bench.says("hush");
    bench.keyring.end();
    assert!(bench.secret.get().await.is_err());
    assert_eq!(bench.runs(), 0);
}
