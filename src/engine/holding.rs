//! Holds destructive actions back until a person releases them.

use std::collections::BTreeMap;

use crate::domain::ids::{BookingId, WaitingId};
use crate::domain::waiting::{About, Held, HeldAction};
use crate::ports::error::Result;

use super::ledger::Batch;
use super::pass::Pass;
use super::report::Trouble;

/// What is held for a host, and what of it was found to be still wanted.
#[derive(Debug)]
pub struct Holding {
    held: BTreeMap<WaitingId, Held>,
    still_wanted: Vec<WaitingId>,
}

/// Whether an action may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Nobody asked for it to be held so far.
    Unasked,
    /// It is held.
    Waiting,
    /// A person released it.
    Released,
}

impl Holding {
    /// Reads what is held.
    pub fn load(pass: &Pass<'_>) -> Result<Self> {
        let held = pass.ledger.held()?;
        let held = held
            .into_iter()
            .map(|held| (held.id.clone(), held))
            .collect();
        Ok(Self {
            held,
            still_wanted: Vec::new(),
        })
    }

    /// Whether an action may be done.
    #[must_use]
    pub fn leave(&self, pass: &Pass<'_>, booking: &BookingId, what: HeldAction) -> Leave {
        match self.held.get(&id_for(pass, booking, what)) {
            None => Leave::Unasked,
            Some(held) if held.released => Leave::Released,
            Some(_) => Leave::Waiting,
        }
    }

    /// Whether a deletion waits only because Zoom's list was not believed.
    #[must_use]
    pub fn is_doubted(&self, pass: &Pass<'_>, booking: &BookingId) -> bool {
        let id = id_for(pass, booking, HeldAction::DeleteEntry);
        self.held
            .get(&id)
            .is_some_and(|held| held.doubted && !held.released)
    }

    /// Holds an action back.
    pub async fn hold(
        &mut self,
        pass: &Pass<'_>,
        booking: &BookingId,
        what: HeldAction,
        why: &str,
    ) -> Result<()> {
        self.put(pass, booking, what, why, false).await
    }

    /// Holds a deletion back because Zoom's list is not believed.
    pub async fn doubt(&mut self, pass: &Pass<'_>, booking: &BookingId, why: &str) -> Result<()> {
        let what = HeldAction::DeleteEntry;
        self.put(pass, booking, what, why, true).await
    }

    async fn put(
        &mut self,
        pass: &Pass<'_>,
        booking: &BookingId,
        what: HeldAction,
        why: &str,
        doubted: bool,
    ) -> Result<()> {
        let id = id_for(pass, booking, what);
        self.still_wanted.push(id.clone());
        if self.held.contains_key(&id) {
            return Ok(());
        }
        let side = match what {
            HeldAction::CancelBooking | HeldAction::FreeTime | HeldAction::KeptTime => "zoom",
            HeldAction::DeleteEntry => "calendar",
        };
        pass.tally.done("hold", side, booking, why);
        let held = Held {
            id: id.clone(),
            host: pass.host.name.clone(),
            about: About::Booking(booking.clone()),
            what,
            why: why.to_owned(),
            since: pass.now,
            released: false,
            doubted,
        };
        let mut batch = Batch::default();
        pass.ledger.put_held(&mut batch, &held);
        self.held.insert(id, held);
        pass.ledger.commit(batch).await
    }

    /// Keeps a released action that could not be done in this pass.
    pub fn keep(&mut self, pass: &Pass<'_>, booking: &BookingId, what: HeldAction) {
        self.still_wanted.push(id_for(pass, booking, what));
    }

    /// Forgets what was done, or is not wanted any more because the sides agree again.
    pub async fn tidy(self, pass: &Pass<'_>) -> Result<()> {
        let mut batch = Batch::default();
        for (id, held) in &self.held {
            // What is about busy time is judged by the busy flow.
            let Some(booking) = held.booking() else {
                continue;
            };
            // A booking that failed, or was put off, says nothing about what is held: forgetting it
            // would let the next pass do it without asking.
            if !self.still_wanted.contains(id) && !pass.is_undecided(booking) {
                pass.ledger.drop_held(&mut batch, id);
            }
        }
        pass.ledger.commit(batch).await
    }
}

fn id_for(pass: &Pass<'_>, booking: &BookingId, what: HeldAction) -> WaitingId {
    Held::id_for(&pass.host.name, &About::Booking(booking.clone()), what)
}

/// Reports a refusal of the guard.
pub fn refused(pass: &Pass<'_>, doing: &str, why: &str) {
    pass.tally.trouble(Trouble {
        doing: doing.to_owned(),
        cause: why.to_owned(),
        hint: "none of these was touched; look with `slotbridge held list`, then `slotbridge held \
               release ID` to do it, or `slotbridge held drop ID` to leave both sides as they are"
            .to_owned(),
    });
}
