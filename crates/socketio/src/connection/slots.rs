//! The namespaces of one connection, in a table as long as they are many.

use alloc::{boxed::Box, vec::Vec};
use siox_wire::SendError;

/// One stay of a connection in one namespace. A later stay in the same namespace is another slot, so a
/// late word to an earlier one finds nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub(crate) u32);

/// How far a stay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The CONNECT waits for its answer.
    Asked,
    Joined,
    /// Either side has left. Remembered, since packets of the peer may have crossed.
    Left,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) slot: Slot,
    pub(super) state: State,
    /// The id of the last acknowledgement that was asked for, in this stay or one before it: a client
    /// answers in the next stay what came too late for the one before, and that must fit nothing.
    pub(super) last_ack: u32,
    /// Empty for `/`, which then costs no memory.
    name: Box<str>,
}

impl Entry {
    pub(super) fn nsp(&self) -> &str {
        if self.name.is_empty() {
            return "/";
        }
        &self.name
    }
}

/// Why a CONNECT gets no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSlot {
    /// The namespace is joined or asked for.
    Twice,
    /// There are too many.
    Full,
}

#[derive(Debug, Default)]
pub(super) struct Slots {
    entries: Vec<Entry>,
    next: u32,
}

impl Slots {
    pub(super) fn by_name(&self, nsp: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.nsp() == nsp)
    }

    /// The slot of `/`, if it is joined.
    #[inline]
    pub(super) fn root(&self) -> Option<Slot> {
        let root = self.entries.iter().find(|e| e.name.is_empty())?;
        (root.state == State::Joined).then_some(root.slot)
    }

    #[inline]
    fn get(&mut self, slot: Slot, state: State) -> Result<&mut Entry, SendError> {
        let mut entries = self.entries.iter_mut();
        let entry = entries.find(|e| e.slot == slot && e.state == state);
        entry.ok_or(SendError::Closed)
    }

    /// The slot, if its CONNECT waits for an answer.
    pub(super) fn asked(&mut self, slot: Slot) -> Result<&mut Entry, SendError> {
        self.get(slot, State::Asked)
    }

    /// The slot, if it is joined.
    #[inline]
    pub(super) fn joined(&mut self, slot: Slot) -> Result<&mut Entry, SendError> {
        self.get(slot, State::Joined)
    }

    /// The namespace of a slot that is joined.
    pub(super) fn joined_nsp(&self, slot: Slot) -> Result<&str, SendError> {
        let mut entries = self.entries.iter();
        let entry = entries.find(|e| e.slot == slot && e.state == State::Joined);
        entry.map(Entry::nsp).ok_or(SendError::Closed)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// A slot for a CONNECT. A namespace that was left gives its place to its successor, and, where
    /// there are `limit` entries, the one left first gives it to anybody.
    pub(super) fn ask(&mut self, nsp: &str, limit: usize) -> Result<Slot, NoSlot> {
        let again = self.entries.iter().position(|e| e.nsp() == nsp);
        let place = match again {
            Some(i) => Some(i),
            None if self.entries.len() < limit => None,
            None => Some(self.oldest_left().ok_or(NoSlot::Full)?),
        };
        let entry = Entry {
            slot: Slot(self.next),
            state: State::Asked,
            last_ack: 0,
            name: if nsp == "/" { "" } else { nsp }.into(),
        };
        match place.and_then(|i| self.entries.get_mut(i)) {
            Some(old) if old.state != State::Left => return Err(NoSlot::Twice),
            Some(old) => {
                let last_ack = if again.is_some() { old.last_ack } else { 0 };
                *old = Entry { last_ack, ..entry };
            }
            None => {
                // Almost every connection has one namespace: nothing is reserved for more.
                self.entries.reserve_exact(1);
                self.entries.push(entry);
            }
        }
        let slot = Slot(self.next);
        self.next = self.next.wrapping_add(1);
        Ok(slot)
    }

    fn oldest_left(&self) -> Option<usize> {
        let left = self.entries.iter().enumerate();
        left.filter(|(_, e)| e.state == State::Left)
            .min_by_key(|(_, e)| e.slot)
            .map(|(i, _)| i)
    }

    /// Forgets a slot whose CONNECT was refused.
    pub(super) fn forget(&mut self, slot: Slot) {
        self.entries.retain(|e| e.slot != slot);
        self.entries.shrink_to_fit();
    }

    pub(super) fn clear(&mut self) {
        self.entries = Vec::new();
    }

    /// Bytes held on the heap.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        let names: usize = self.entries.iter().map(|e| e.name.len()).sum();
        self.entries.capacity() * size_of::<Entry>() + names
    }
}
