use tokio::sync::Semaphore;

use super::*;
use crate::adapters::memory::base::MemoryBase;

/// Something over what is allowed.
const MORE: Duration = Duration::from_secs(5);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A hint about a booking on the page of this user.
fn of(user: &str, booking: &str) -> Hint {
    Hint {
        user: Some(user.into()),
        ..Hint::new(booking.into(), at(0))
    }
}

async fn hear(hints: &Hints, hint: &Hint) -> Heard {
    let what = Fingerprint::of([serde_json::to_string(hint).unwrap()]);
    hints.heard(&what, hint.clone()).await.unwrap()
}

async fn hearing(heard: &[Hint]) -> (Hints, Arc<MemoryBase>) {
    let base = Arc::new(MemoryBase::new());
    let hints = Hints::open(base.clone()).unwrap();
    for hint in heard {
        assert_eq!(hear(&hints, hint).await, Heard::New);
    }
    (hints, base)
}

/// As if everything had been heard, and put off, so long ago.
fn ago(hints: &Hints, time: Duration) {
    for one in hints.lock().waiting.values_mut() {
        one.since = one.since.checked_sub(time).unwrap();
        one.due = one.due.checked_sub(time).unwrap();
    }
}

fn waiting(hints: &Hints) -> Vec<String> {
    let inner = hints.lock();
    let ids = inner.waiting.keys();
    ids.map(ToString::to_string).collect()
}

/// What another life would take up.
fn on_disk(base: &MemoryBase) -> Vec<String> {
    let hints = ledger::hints(base).unwrap();
    let ids = hints.iter().map(|hint| hint.booking.to_string());
    ids.collect()
}

fn due(hints: &Hints) -> Vec<Hint> {
    match hints.todo() {
        Todo::These(due) => due,
        Todo::Everything => panic!("a whole pass"),
    }
}

/// Everything that is due has this outcome.
async fn look(hints: &Hints, outcome: Outcome) -> Then {
    let answers: Vec<(Hint, Outcome)> =
        due(hints).into_iter().map(|hint| (hint, outcome)).collect();
    assert!(!answers.is_empty(), "nothing was due");
    hints.answered(&answers).await.unwrap()
}

fn is_of(user: &'static str) -> impl Fn(&Hint) -> bool {
    move |hint| {
        hint.user
            .as_ref()
            .is_some_and(|known| *known == user.into())
    }
}

#[tokio::test]
async fn a_whole_pass_forgets_the_hints_of_the_users_it_saw_and_keeps_the_others_for_a_day() {
    let (hints, base) = hearing(&[of("alice", "a"), of("bob", "b")]).await;
    look(&hints, Outcome::Failed).await;
    ago(&hints, NOT_YET + MORE);
    let now = Instant::now();
    hints.passed(now, is_of("bob")).await.unwrap();
    assert_eq!(waiting(&hints), ["a"], "alice cannot be asked");
    assert_eq!(on_disk(&base), ["a"]);
    ago(&hints, KEPT.saturating_sub(NOT_YET + MORE * 2));
    hints.passed(now, is_of("bob")).await.unwrap();
    assert_eq!(waiting(&hints), ["a"], "it is not a day yet");
    ago(&hints, MORE * 2);
    hints.passed(now, is_of("bob")).await.unwrap();
    assert!(waiting(&hints).is_empty() && on_disk(&base).is_empty());
}

#[tokio::test]
async fn what_was_heard_while_a_pass_ran_or_may_be_shown_later_outlives_it() {
    let (hints, base) = hearing(&[of("alice", "a")]).await;
    ago(&hints, NOT_YET + MORE * 3);
    hear(&hints, &of("alice", "b")).await;
    hear(&hints, &of("alice", "c")).await;
    let only_b: Vec<_> = due(&hints)
        .into_iter()
        .filter(|hint| hint.booking == "b".into())
        .map(|hint| (hint, Outcome::Unclear))
        .collect();
    let then = hints.answered(&only_b).await.unwrap();
    assert!(then.whole_pass, "only a whole pass can say");
    let began = Instant::now().checked_sub(MORE).unwrap();
    hints.passed(began, |_| true).await.unwrap();
    assert_eq!(waiting(&hints), ["b", "c"], "they were heard later");
    hints.passed(Instant::now(), |_| true).await.unwrap();
    assert_eq!(
        waiting(&hints),
        ["c"],
        "Zoom may tell it before it shows it"
    );
    ago(&hints, NOT_YET + MORE);
    hints.passed(Instant::now(), |_| true).await.unwrap();
    assert!(on_disk(&base).is_empty());
}

#[tokio::test]
async fn a_hint_that_fails_for_an_hour_is_left_to_whole_passes_and_not_lost() {
    let (hints, base) = hearing(&[of("alice", "a")]).await;
    assert_eq!(look(&hints, Outcome::Failed).await, Then::default());
    assert!(due(&hints).is_empty(), "not at once");
    // Tried again, ever more rarely, but at least every quarter of an hour.
    for _ in 0..20 {
        ago(&hints, Duration::from_mins(1));
        hints.lock().waiting.get_mut(&"a".into()).unwrap().due = Instant::now();
        look(&hints, Outcome::Failed).await;
    }
    ago(&hints, FAILED_WAIT);
    look(&hints, Outcome::Failed).await;
    assert_eq!(waiting(&hints), ["a"]);
    ago(&hints, FAILING);
    assert_eq!(
        look(&hints, Outcome::Failed).await,
        Then::default(),
        "no pass is wanted for it: that fails, too"
    );
    ago(&hints, FAILED_WAIT + MORE);
    assert!(due(&hints).is_empty(), "nobody looks into it any more");
    assert!(
        futures_util::future::poll_immediate(hints.due())
            .await
            .is_none(),
        "and it wakes nobody"
    );
    hints.passed(Instant::now(), |_| false).await.unwrap();
    assert_eq!(on_disk(&base), ["a"], "until a pass has seen it");
    hints.passed(Instant::now(), |_| true).await.unwrap();
    assert!(waiting(&hints).is_empty() && on_disk(&base).is_empty());
}

#[tokio::test]
async fn what_was_told_while_it_was_looked_into_is_looked_into_again() {
    let (hints, base) = hearing(&[of("alice", "a")]).await;
    let looked = due(&hints);
    let mut ended = of("alice", "a");
    ended.ended = true;
    hear(&hints, &ended).await;
    let answers: Vec<_> = looked
        .into_iter()
        .map(|hint| (hint, Outcome::Settled))
        .collect();
    hints.answered(&answers).await.unwrap();
    assert!(due(&hints)[0].ended);
    assert_eq!(on_disk(&base), ["a"]);
}

#[tokio::test]
async fn a_clock_that_steps_back_between_two_notifications_changes_nothing() {
    let (hints, base) = hearing(&[]).await;
    let mut created = of("alice", "a");
    created.received = at(7_200);
    let mut cancelled = of("alice", "a");
    cancelled.received = at(3_600);
    cancelled.ended = true;
    hear(&hints, &created).await;
    hear(&hints, &cancelled).await;
    let due = due(&hints);
    assert!(due[0].ended, "it was told later, whatever the clock said");
    assert!(ledger::hints(base.as_ref()).unwrap()[0].ended);
    assert!(
        delay(&due[0], at(3_600)).abs() < f64::EPSILON,
        "no time below none"
    );
    look(&hints, Outcome::Settled).await;
    assert!(on_disk(&base).is_empty());
}

#[tokio::test]
async fn too_many_are_one_whole_pass_and_take_no_more_room() {
    let (hints, base) = hearing(&[]).await;
    for number in 0..WAITING {
        hear(&hints, &of("alice", &format!("a{number}"))).await;
    }
    assert_eq!(hear(&hints, &of("alice", "one more")).await, Heard::New);
    assert_eq!((hints.waiting(), on_disk(&base).len()), (WAITING, WAITING));
    assert_eq!(hints.todo(), Todo::Everything);
    // What waits already is joined, and no reason for a pass.
    let mut ended = of("alice", "a0");
    ended.ended = true;
    hear(&hints, &ended).await;
    assert_eq!(due(&hints).len(), WAITING);
    // Another life begins with as many.
    base.commit(vec![ledger::put_hint(&of("bob", "b"))])
        .await
        .unwrap();
    let again = Hints::open(base).unwrap();
    assert_eq!(again.waiting(), WAITING);
    assert_eq!(again.todo(), Todo::Everything);
}

#[tokio::test]
async fn no_more_digests_are_remembered_than_that() {
    let (hints, _) = hearing(&[]).await;
    for number in 0..=REMEMBERED {
        let what = Fingerprint::of([number.to_string()]);
        hints.lock().remember(what);
    }
    let inner = hints.lock();
    assert_eq!(inner.heard.len(), REMEMBERED);
    assert_eq!(inner.order.len(), REMEMBERED);
    assert!(!inner.heard.contains(&Fingerprint::of(["0"])));
}

/// A base that has written before it says so, when it is let.
struct Slow {
    base: MemoryBase,
    written: Notify,
    let_go: Semaphore,
}

#[async_trait]
impl Base for Slow {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.base.get(key)
    }

    fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        self.base.scan(prefix, after, limit)
    }

    async fn commit(&self, batch: Vec<Change>) -> Result<()> {
        self.base.commit(batch).await?;
        self.written.notify_one();
        self.let_go.acquire().await.unwrap().forget();
        Ok(())
    }
}

#[tokio::test]
async fn a_hint_on_disk_waits_in_memory_too_though_whoever_told_it_hung_up() {
    let base = Arc::new(Slow {
        base: MemoryBase::new(),
        written: Notify::new(),
        let_go: Semaphore::new(0),
    });
    let hints = Hints::open(base.clone()).unwrap();
    let hint = of("alice", "a");
    let told = hear(&hints, &hint);
    tokio::select! {
        biased;
        _ = told => panic!("it was not let"),
        () = base.written.notified() => {}
    }
    // The one who told it is gone, in the middle of the commit.
    assert_eq!(on_disk(&base.base), ["a"]);
    base.let_go.add_permits(1);
    assert!(hints.finished(Duration::from_mins(1)).await);
    assert_eq!(waiting(&hints), ["a"]);
    assert_eq!(due(&hints), std::slice::from_ref(&hint));
    assert_eq!(hear(&hints, &hint).await, Heard::Before);
}
