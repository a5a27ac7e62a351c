//! What an update of the program makes known is written down with few commits: each is synced.

use std::sync::Arc;

use jiff::SignedDuration;
use slotbridge::adapters::memory::zoom::{Appointment, MemoryZoom};
use slotbridge::ports::base::{Base as _, Change};

use super::world::World;

#[tokio::test]
async fn names_of_pages_are_learnt_in_one_commit_for_a_page_of_bookings() {
    let mut world = World::new(4, false);
    world.zoom = Arc::new(MemoryZoom::new(
        100,
        world.clock.clone(),
        world.chaos.clone(),
    ));
    for number in 1..=20 {
        let start = world.now() + SignedDuration::from_hours(24 * number);
        world.zoom.book(&Appointment {
            page: "intro".to_owned(),
            booker: format!("booker-{number}"),
            start,
            end: start + SignedDuration::from_mins(30),
        });
    }
    for _ in 0..3 {
        world.pass(0, None).await;
    }
    let commits = async |world: &mut World| {
        let before = world.base.commits();
        world.pass(0, None).await;
        world.base.commits() - before
    };
    let usual = commits(&mut world).await;
    // As an older version left it.
    let snapshot = world.base.snapshot();
    let mut older = Vec::new();
    for (key, value) in snapshot.iter() {
        let mut record: serde_json::Value = serde_json::from_slice(value).unwrap_or_default();
        if key.starts_with("link/") && record.get("page").is_some_and(serde_json::Value::is_string)
        {
            record["page"] = serde_json::Value::Null;
            older.push(Change::Put(
                key.to_owned(),
                serde_json::to_vec(&record).unwrap(),
            ));
        }
    }
    assert!(older.len() >= 10, "{} links", older.len());
    world.base.commit(older).await.unwrap();
    assert_eq!(commits(&mut world).await, usual + 1);
}
