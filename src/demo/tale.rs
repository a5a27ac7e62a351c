//! Tells the story: what was done and by whom, what the pass did, what both sides hold.

use std::sync::Arc;

use super::stage::{Places, Stage};
use super::story::{Deed, Guest, STORY, Step};
use super::table::{self, Paint, Tone};
use crate::app::failure::Failure;
use crate::app::round::Round;
use crate::engine::report::Done;
use crate::ports::clock::Clock;

/// How the story is told.
pub struct Telling<'a> {
    /// With or without colours.
    pub paint: Paint,
    /// How this program was called, for the commands named at the end.
    pub program: &'a str,
    /// Where the words go, piece by piece.
    pub print: &'a mut (dyn FnMut(&str) -> Result<(), Failure> + Send),
}

/// Plays the whole story.
///
/// # Errors
/// When this machine does not play along (no port, no room for files), or the words cannot be
/// printed.
pub async fn tell(telling: Telling<'_>, clock: Arc<dyn Clock>) -> Result<(), Failure> {
    let Telling {
        paint,
        program,
        print,
    } = telling;
    let mut stage = Stage::build(clock).await?;
    print(
        "Alice takes bookings with Zoom Scheduler, and lives in a calendar that Zoom cannot reach.\n\
         Both are made up: the account is built in, the calendar is a directory. Times are in UTC.\n",
    )?;
    for (number, step) in (1..).zip(&STORY) {
        print(&opening(number, step, paint))?;
        for Deed { act, .. } in step.deeds {
            stage.act(*act)?;
        }
        let round = stage.pass().await?;
        print(&what_it_did(&round, &stage, paint))?;
        print(&table::both(&stage.zoom(), &stage.calendar().await?, paint))?;
    }
    print(&ending(&stage.strike().await, program, paint))
}

fn opening(number: u8, step: &Step, paint: Paint) -> String {
    let title = format!("{number}. {}", step.title);
    let title = format!("\n{}\n", paint.tint(Tone::Heading, &title));
    let deeds = step.deeds.iter().map(|deed| {
        let who = paint.tint(Tone::Person, deed.who);
        format!("   {who}: {}\n", deed.does)
    });
    std::iter::once(title).chain(deeds).collect()
}

fn what_it_did(round: &Round, stage: &Stage, paint: Paint) -> String {
    let us = paint.tint(Tone::Ours, "slotbridge");
    let actions = round.hosts.iter().flat_map(|host| &host.actions);
    let mut told: Vec<(&str, &Done)> = actions
        .map(|action| {
            let whose = stage.whose(&action.id);
            (whose.map_or("somebody", Guest::name), action)
        })
        .collect();
    // Several are done at once: whichever is done first, the tale is the same.
    told.sort_by_key(|(whose, _)| *whose);
    let mut lines: Vec<String> = told
        .into_iter()
        .map(|(whose, action)| format!("   {us}: {}\n", in_words(action, whose)))
        .collect();
    if lines.is_empty() {
        lines.push(format!(
            "   {us}: finds nothing to do, and writes nothing\n"
        ));
    }
    let asked: u64 = round.hosts.iter().map(|host| host.requests.zoom).sum();
    let plural = if asked == 1 { "" } else { "s" };
    let cost = format!("({asked} request{plural} to Zoom)");
    lines.push(format!("   {}\n", paint.tint(Tone::Quiet, &cost)));
    lines.concat()
}

fn in_words(action: &Done, whose: &str) -> String {
    let Done { verb, why, .. } = action;
    match (verb.as_ref(), action.side.as_ref()) {
        ("create", _) => format!("makes an entry for {whose}: {why}"),
        ("update" | "mark", _) => format!("changes {whose}'s entry: {why}"),
        ("delete", _) => format!("deletes {whose}'s entry: {why}"),
        ("cancel", _) => format!("cancels {whose}'s booking in Zoom: {why}"),
        ("note", _) => format!("writes {whose}'s notes to Zoom: {why}"),
        (verb, side) => format!("{verb} ({side}), {whose}: {why}"),
    }
}

fn ending(places: &Places, program: &str, paint: Paint) -> String {
    let Places {
        calendar,
        state,
        config,
    } = places;
    let places = [
        ("calendar", calendar),
        ("state", state),
        ("configuration", config),
    ];
    let places: String = places
        .map(|(what, place)| format!("   {what:13}  {}\n", place.display()))
        .concat();
    format!(
        "\n{}\n{places}\n{}\n   cat {}/*.ics\n   {program} --config {} status\n",
        paint.tint(Tone::Heading, "The files stay:"),
        paint.tint(Tone::Heading, "To look around:"),
        calendar.display(),
        config.display()
    )
}
