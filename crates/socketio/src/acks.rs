//! The acknowledgements that a peer owes, and until when.

use crate::Slot;
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
};
use siox_wire::{Instant, SendError};

#[derive(Debug, Default)]
struct Table {
    owed: BTreeMap<(Slot, u64), Option<Instant>>,
    /// The deadlines of those in `owed` that have one.
    due: BTreeSet<(Instant, Slot, u64)>,
}

/// All that the namespaces of one connection wait for; no memory while they wait for nothing.
#[derive(Debug, Default)]
pub(crate) struct Acks(Option<Box<Table>>);

impl Acks {
    /// Whether one more may be owed.
    pub(crate) fn has_room(&self, limit: usize) -> Result<(), SendError> {
        if self.0.as_ref().is_some_and(|t| t.owed.len() >= limit) {
            return Err(SendError::Full);
        }
        Ok(())
    }

    pub(crate) fn contains(&self, slot: Slot, id: u64) -> bool {
        self.0
            .as_ref()
            .is_some_and(|t| t.owed.contains_key(&(slot, id)))
    }

    pub(crate) fn insert(&mut self, slot: Slot, id: u64, deadline: Option<Instant>) {
        let table = self.0.get_or_insert_default();
        if let Some(Some(old)) = table.owed.insert((slot, id), deadline) {
            table.due.remove(&(old, slot, id));
        }
        if let Some(deadline) = deadline {
            table.due.insert((deadline, slot, id));
        }
    }

    /// Takes one that arrived by `now`. One that is overdue stays, for [`expired`](Self::expired) to tell.
    pub(crate) fn take(&mut self, slot: Slot, id: u64, now: Instant) -> bool {
        let in_time = match self.0.as_ref().and_then(|t| t.owed.get(&(slot, id))) {
            Some(Some(deadline)) => now < *deadline,
            Some(None) => true,
            None => false,
        };
        in_time && self.remove(slot, id)
    }

    pub(crate) fn remove(&mut self, slot: Slot, id: u64) -> bool {
        let Some(table) = &mut self.0 else {
            return false;
        };
        let found = table.owed.remove(&(slot, id));
        if let Some(Some(deadline)) = found {
            table.due.remove(&(deadline, slot, id));
        }
        self.free();
        found.is_some()
    }

    /// Takes the one that has been due longest, if its time is over.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<(Slot, u64)> {
        let &(deadline, slot, id) = self.0.as_ref()?.due.first()?;
        (deadline <= now && self.remove(slot, id)).then_some((slot, id))
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.0
            .as_ref()?
            .due
            .first()
            .map(|&(deadline, _, _)| deadline)
    }

    /// Drops all of a slot.
    pub(crate) fn leave(&mut self, slot: Slot) {
        let Some(table) = &mut self.0 else { return };
        let range = (slot, 0)..=(slot, u64::MAX);
        while let Some((&key, &deadline)) = table.owed.range(range.clone()).next() {
            table.owed.remove(&key);
            if let Some(deadline) = deadline {
                table.due.remove(&(deadline, key.0, key.1));
            }
        }
        self.free();
    }

    fn free(&mut self) {
        if self.0.as_ref().is_some_and(|t| t.owed.is_empty()) {
            self.0 = None;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0 = None;
    }

    /// Whether nothing is held on the heap.
    #[cfg(test)]
    pub(crate) fn is_unused(&self) -> bool {
        self.0.is_none()
    }
}
