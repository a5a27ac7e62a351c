//! What waits for a person: conflicts and held actions of a host.

use super::Ledger;
use super::batch::{Batch, part};
use crate::domain::ids::WaitingId;
use crate::domain::waiting::{Conflict, Held};
use crate::ports::error::Result;

impl Ledger<'_> {
    /// All conflicts of this host.
    pub fn conflicts(&self) -> Result<Vec<Conflict>> {
        self.everything(&format!("conflict/{}/", self.host))
    }

    /// All held actions of this host.
    pub fn held(&self) -> Result<Vec<Held>> {
        self.everything(&format!("held/{}/", self.host))
    }

    /// Remembers a conflict.
    pub fn put_conflict(&self, batch: &mut Batch, conflict: &Conflict) {
        batch.put(self.waiting_key("conflict", &conflict.id), conflict);
    }

    /// Forgets a conflict.
    pub fn drop_conflict(&self, batch: &mut Batch, id: &WaitingId) {
        batch.delete(self.waiting_key("conflict", id));
    }

    /// Remembers a held action.
    pub fn put_held(&self, batch: &mut Batch, held: &Held) {
        batch.put(self.waiting_key("held", &held.id), held);
    }

    /// Forgets a held action.
    pub fn drop_held(&self, batch: &mut Batch, id: &WaitingId) {
        batch.delete(self.waiting_key("held", id));
    }

    fn waiting_key(&self, kind: &str, id: &WaitingId) -> String {
        format!("{kind}/{}/{}", self.host, part(id.as_str()))
    }
}
