//! What waits for the next poll: packets, not bytes, for their transport is not known yet.

use crate::{Coding, Kind, payload::write::Writer};
use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use bytes::Bytes;
use core::mem;
use siox_wire::{Admit, Lead, SendError, Shared, Sink};

#[derive(Debug)]
enum Item {
    /// With its type.
    Text(Bytes),
    /// A message.
    Binary(Bytes),
    /// Messages that belong together.
    Shared(Arc<Shared>),
}

impl Item {
    /// Its bytes, and 32 for each packet.
    fn weight(&self) -> usize {
        const PACKET: usize = 32;
        let (bytes, packets) = match self {
            Self::Text(b) | Self::Binary(b) => (b.len(), 1),
            Self::Shared(group) => (group.len(), group.parts().len()),
        };
        bytes.saturating_add(packets.saturating_mul(PACKET))
    }
}

/// The queue of a polling session.
#[derive(Debug)]
pub(crate) struct Queue {
    items: VecDeque<Item>,
    weight: usize,
    overflowed: bool,
    lead: Lead,
}

impl Queue {
    pub(crate) fn new(lead: Lead) -> Self {
        Self {
            items: VecDeque::new(),
            weight: 0,
            overflowed: false,
            lead,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The bytes that wait, and 32 for each packet.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// Whether the hard cap was passed. It then holds nothing and takes nothing.
    pub(crate) fn overflowed(&self) -> bool {
        self.overflowed
    }

    pub(crate) fn admit(&self, kind: Admit, high_water: usize) -> Result<(), SendError> {
        let room = match kind {
            _ if self.overflowed => return Err(SendError::Closed),
            Admit::Normal => self.weight < high_water,
            Admit::Volatile => self.items.is_empty(),
            Admit::Owed => true,
        };
        if room { Ok(()) } else { Err(SendError::Full) }
    }

    /// Judges what waits before a group goes in: a group is always taken by an empty queue.
    pub(crate) fn begin(&mut self, hard_cap: usize) {
        if self.weight >= hard_cap && !self.items.is_empty() {
            self.overflowed = true;
            self.items = VecDeque::new();
            self.weight = 0;
        }
    }

    pub(crate) fn put_control(&mut self, packet: &'static str, hard_cap: usize) {
        self.begin(hard_cap);
        self.push(Item::Text(Bytes::from_static(packet.as_bytes())));
    }

    pub(crate) fn put_text(&mut self, parts: &[&[u8]]) {
        let len = parts.iter().map(|p| p.len()).fold(1, usize::saturating_add);
        let mut text = Vec::with_capacity(len);
        text.extend_from_slice(self.lead.text);
        for part in parts {
            text.extend_from_slice(part);
        }
        self.push(Item::Text(text.into()));
    }

    pub(crate) fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        self.push(Item::Binary(if lead.is_empty() {
            payload
        } else {
            [lead, &payload].concat().into()
        }));
    }

    pub(crate) fn put_shared(&mut self, group: &Arc<Shared>) {
        if !group.parts().is_empty() {
            self.push(Item::Shared(Arc::clone(group)));
        }
    }

    fn push(&mut self, item: Item) {
        if !self.overflowed {
            self.weight = self.weight.saturating_add(item.weight());
            self.items.push_back(item);
        }
    }

    /// Empties it into one payload, with `last` behind it.
    pub(crate) fn take_payload(&mut self, last: Option<&'static str>) -> VecDeque<Bytes> {
        let mut out = Writer::new(Coding::V4);
        self.weight = 0;
        for item in mem::take(&mut self.items) {
            match item {
                Item::Text(text) => out.text(text),
                Item::Binary(data) => out.binary(Kind::Message, data),
                Item::Shared(group) => out.shared(&group, self.lead),
            }
        }
        if let Some(last) = last {
            out.text(Bytes::from_static(last.as_bytes()));
        }
        out.finish()
    }

    /// Moves everything to the new transport, in order. It was admitted once already.
    pub(crate) fn move_to(&mut self, out: &mut impl Sink) {
        self.weight = 0;
        for item in mem::take(&mut self.items) {
            match item {
                Item::Text(text) => out.put_text(&[&text]),
                Item::Binary(data) => out.put_binary(self.lead.binary, data),
                Item::Shared(group) => out.put_shared(&group, self.lead),
            }
        }
    }
}
