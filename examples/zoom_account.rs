//! The built-in Zoom account on a port of this machine, for whoever tries slotbridge from outside of
//! a test: `packaging/newcomer` does.
//!
//! It prints where it listens and what its app is called, as lines `NAME=value`. Each line on stdin is
//! the name of somebody who books for tomorrow: it prints what Zoom would notify of that, and the id of
//! the booking. The end of stdin is the end of the account.

#![allow(
    clippy::print_stdout,
    reason = "what it prints is what it is there for"
)]

use std::io::{self, BufRead as _, Write as _};

use jiff::SignedDuration;
use serde_json::json;
use slotbridge::demo::account::{Account, AccountOptions, NewBooking};

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let account = Account::new(AccountOptions::default());
    let server = runtime.block_on(account.serve())?;
    let app = account.options();
    println!("API_URL={}", server.api_url());
    println!("OAUTH_URL={}", server.oauth_url());
    println!("CLIENT_ID={}", app.client_id);
    println!("CLIENT_SECRET={}", app.client_secret);
    println!("ACCOUNT_ID={}", app.account_id);
    println!("READY=yes");
    io::stdout().flush()?;
    for (hours, guest) in (24..).zip(io::stdin().lock().lines()) {
        let start = account.now() + SignedDuration::from_hours(hours);
        let id = account.book(NewBooking::new(start, &guest?, "guest@example.org"));
        let booking = account.event(&id).unwrap_or_default();
        let notice = json!({
            "event": "scheduler.scheduled_event_created",
            "event_ts": account.now().as_millisecond(),
            "payload": {"account_id": app.account_id, "user_id": app.user_id, "object": {
                "scheduled_event": {
                    "event_id": id,
                    "start_date_time": booking["start_date_time"],
                    "end_date_time": booking["end_date_time"],
                },
            }},
        });
        println!("NOTICE={notice}");
        println!("BOOKED={id}");
        io::stdout().flush()?;
    }
    runtime.block_on(server.stop());
    Ok(())
}
