//! Bookings travel both ways, busy time and hours reach Zoom: the real binary with a real
//! configuration file, between the built-in Zoom account and real calendars (Radicale, Xandikos, a
//! directory, a feed).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is test code, but much of it stands outside of a test function"
)]

#[path = "scenarios/bench.rs"]
mod bench;
#[path = "scenarios/busy.rs"]
mod busy;
#[path = "openapi/check.rs"]
mod check;
#[path = "scenarios/daemon.rs"]
mod daemon;
#[path = "feeds/server.rs"]
#[allow(
    dead_code,
    clippy::expect_used,
    reason = "used in part; shared with the tests of feeds"
)]
mod feed_server;
#[path = "scenarios/hours.rs"]
mod hours;
#[path = "scenarios/hours_text.rs"]
mod hours_text;
#[path = "scenarios/ics.rs"]
mod ics;
#[path = "scenarios/markup.rs"]
mod markup;
#[path = "scenarios/proxy.rs"]
mod proxy;
mod servers;
#[path = "scenarios/side.rs"]
mod side;
#[path = "scenarios/zoom_socket.rs"]
mod zoom_socket;

#[path = "scenarios/attack.rs"]
mod attack;
#[path = "scenarios/bad_input.rs"]
mod bad_input;
#[path = "scenarios/busy_calendar.rs"]
mod busy_calendar;
#[path = "scenarios/busy_choice.rs"]
mod busy_choice;
#[path = "scenarios/busy_dry_run.rs"]
mod busy_dry_run;
#[path = "scenarios/busy_feeds.rs"]
mod busy_feeds;
#[path = "scenarios/busy_from.rs"]
mod busy_from;
#[path = "scenarios/busy_loss.rs"]
mod busy_loss;
#[path = "scenarios/busy_overrides.rs"]
mod busy_overrides;
#[path = "scenarios/busy_privacy.rs"]
mod busy_privacy;
#[path = "scenarios/busy_ring.rs"]
mod busy_ring;
#[path = "scenarios/busy_single.rs"]
mod busy_single;
#[path = "scenarios/busy_sources.rs"]
mod busy_sources;
#[path = "scenarios/busy_together.rs"]
mod busy_together;
#[path = "scenarios/calendar_faults.rs"]
mod calendar_faults;
#[path = "scenarios/calendar_to_zoom.rs"]
mod calendar_to_zoom;
#[path = "scenarios/check_tls.rs"]
mod check_tls;
#[path = "scenarios/check_web.rs"]
mod check_web;
#[path = "scenarios/check.rs"]
mod checking;
#[path = "scenarios/conflicts.rs"]
mod conflicts;
#[path = "scenarios/copies.rs"]
mod copies;
#[path = "scenarios/dry_run.rs"]
mod dry_run;
#[path = "scenarios/entry.rs"]
mod entry;
#[path = "scenarios/failing.rs"]
mod failing;
#[path = "scenarios/free_slots.rs"]
mod free_slots;
#[path = "scenarios/hints.rs"]
mod hints;
#[path = "scenarios/hints_twice.rs"]
mod hints_twice;
#[path = "scenarios/hints_whose.rs"]
mod hints_whose;
#[path = "scenarios/hours_both_ways.rs"]
mod hours_both_ways;
#[path = "scenarios/hours_busy.rs"]
mod hours_busy;
#[path = "scenarios/hours_first.rs"]
mod hours_first;
#[path = "scenarios/hours_foreign.rs"]
mod hours_foreign;
#[path = "scenarios/hours_loss.rs"]
mod hours_loss;
#[path = "scenarios/hours_together.rs"]
mod hours_together;
#[path = "scenarios/life.rs"]
mod life;
#[path = "scenarios/loss.rs"]
mod loss;
#[path = "scenarios/own_entries.rs"]
mod own_entries;
#[path = "scenarios/page.rs"]
mod page;
#[path = "scenarios/page_access.rs"]
mod page_access;
#[path = "scenarios/redirects.rs"]
mod redirects;
#[path = "scenarios/secrets.rs"]
mod secrets;
#[path = "scenarios/serving.rs"]
mod serving;
#[path = "scenarios/story.rs"]
mod story;
#[path = "scenarios/survives.rs"]
mod survives;
#[path = "scenarios/telling.rs"]
mod telling;
#[path = "scenarios/thousand.rs"]
mod thousand;
#[path = "scenarios/tls_server.rs"]
mod tls_server;
#[path = "scenarios/traps.rs"]
mod traps;
#[path = "scenarios/websocket.rs"]
mod websocket;
#[path = "scenarios/zoom_faults.rs"]
mod zoom_faults;
#[path = "scenarios/zoom_to_calendar.rs"]
mod zoom_to_calendar;
