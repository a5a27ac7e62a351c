//! Holds destructive actions back until a person releases them.

use std::collections::BTreeMap;

use crate::domain::ids::{BookingId, WaitingId};
use crate::domain::waiting::{Held, HeldAction};
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
        match self.held.get(&Held::id_for(&pass.host.name, booking, what)) {
            None => Leave::Unasked,
            Some(held) if held.released => Leave::Released,
            Some(_) => Leave::Waiting,
        }
    }

    /// Holds an action back.
    pub async fn hold(
        &mut self,
        pass: &Pass<'_>,
        booking: &BookingId,
        what: HeldAction,
        why: &str,
    ) -> Result<()> {
        let id = Held::id_for(&pass.host.name, booking, what);
        self.still_wanted.push(id.clone());
        if self.held.contains_key(&id) {
            return Ok(());
        }
        let side = match what {
            HeldAction::CancelBooking => "zoom",
            HeldAction::DeleteEntry => "calendar",
        };
        pass.tally.done("hold", side, booking, why);
        let held = Held {
            id: id.clone(),
            host: pass.host.name.clone(),
            booking: booking.clone(),
            what,
            why: why.to_owned(),
            since: pass.now,
            released: false,
        };
        let mut batch = Batch::default();
        pass.ledger.put_held(&mut batch, &held);
        self.held.insert(id, held);
        pass.ledger.commit(batch).await
    }

    /// Keeps a released action that could not be done in this pass.
    pub fn keep(&mut self, pass: &Pass<'_>, booking: &BookingId, what: HeldAction) {
        self.still_wanted
            .push(Held::id_for(&pass.host.name, booking, what));
    }

    /// Forgets what was done, or is not wanted any more because the sides agree again.
    pub async fn tidy(self, pass: &Pass<'_>) -> Result<()> {
        let mut batch = Batch::default();
        for id in self
            .held
            .keys()
            .filter(|id| !self.still_wanted.contains(id))
        {
            pass.ledger.drop_held(&mut batch, id);
        }
        pass.ledger.commit(batch).await
    }
}

/// Reports a refusal of the guard.
pub fn refused(pass: &Pass<'_>, doing: &str, why: &str) {
    pass.tally.trouble(Trouble {
        doing: doing.to_owned(),
        cause: why.to_owned(),
        hint: "nothing was deleted or cancelled; look with `slotbridge held list`, then \
               `slotbridge held release ID` to do it, or `slotbridge held drop ID` to leave both \
               sides as they are"
            .to_owned(),
    });
}
