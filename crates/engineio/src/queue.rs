//! What waits for the next poll: packets, not bytes, for their transport is not known yet.

use crate::{
    Coding, Kind, Version,
    dialect::Dialect,
    payload::write::{Writer, binary_cost, text_cost},
};
use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use bytes::Bytes;
use core::mem;
use siox_wire::{Admit, Lead, Part, SendError, Shared, Sink};

/// How many pongs wait at most, one behind the other.
const PONGS: usize = 16;

#[derive(Debug)]
struct Item {
    data: Data,
    /// Whether it may be compressed, be it by another transport than it was put for.
    compress: bool,
}

#[derive(Debug)]
enum Data {
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
        let (bytes, packets) = match &self.data {
            Data::Text(b) | Data::Binary(b) => (b.len(), 1),
            Data::Shared(group) => (group.len(), group.parts().len()),
        };
        bytes.saturating_add(packets.saturating_mul(PACKET))
    }

    fn has_binary(&self) -> bool {
        match &self.data {
            Data::Text(_) => false,
            Data::Binary(_) => true,
            Data::Shared(group) => {
                let binary = |part: &Part| matches!(part, Part::Binary(_));
                group.parts().iter().any(binary)
            }
        }
    }

    /// The bytes it takes in a body.
    fn cost(&self, coding: Coding) -> usize {
        match &self.data {
            Data::Text(text) => text_cost(coding, text),
            Data::Binary(data) => binary_cost(coding, data.len()),
            Data::Shared(group) => group.len(),
        }
    }

    fn write(self, out: &mut Writer, lead: Lead) {
        match self.data {
            Data::Text(text) => out.text(text),
            Data::Binary(data) => out.binary(Kind::Message, data),
            Data::Shared(group) => out.shared(&group, lead),
        }
    }

    /// Puts it into a WebSocket.
    fn put(self, out: &mut (impl Sink + ?Sized), dialect: Dialect) {
        if !self.compress {
            out.set_compress(false);
        }
        match self.data {
            Data::Text(text) => out.put_text(&[&text]),
            Data::Binary(data) => dialect.put_binary(out, b"", data),
            Data::Shared(group) => dialect.put_shared(out, &group),
        }
        if !self.compress {
            out.set_compress(true);
        }
    }
}

/// What one POST takes.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) body: VecDeque<Bytes>,
    pub(crate) coding: Coding,
    /// Whether what was to be last is in it.
    pub(crate) complete: bool,
}

/// The queue of a polling session.
#[derive(Debug)]
pub(crate) struct Queue {
    items: VecDeque<Item>,
    weight: usize,
    overflowed: bool,
    /// What is put now must not be compressed.
    plain: bool,
    /// Something waits that may be compressed.
    compress: bool,
    dialect: Dialect,
}

impl Queue {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            items: VecDeque::new(),
            weight: 0,
            overflowed: false,
            plain: false,
            compress: false,
            dialect,
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

    /// Whether messages put from here on may be compressed.
    pub(crate) fn set_compress(&mut self, wanted: bool) {
        self.plain = !wanted;
    }

    /// Puts a packet of the session itself; one that would stand behind its like is not needed.
    pub(crate) fn put_control(&mut self, packet: &'static str, hard_cap: usize) {
        if let Some(Data::Text(last)) = self.items.back().map(|item| &item.data)
            && *last == packet.as_bytes()
        {
            return;
        }
        self.begin(hard_cap);
        self.put_packet(Bytes::from_static(packet.as_bytes()));
    }

    /// Puts the pong to a ping with this data. Behind [`PONGS`] that nobody has fetched the newest takes
    /// the place of the last.
    pub(crate) fn put_pong(&mut self, data: &str, hard_cap: usize) {
        let is_pong =
            |item: &&Item| matches!(&item.data, Data::Text(text) if text.starts_with(b"3"));
        let waiting = self.items.iter().rev().take_while(is_pong).take(PONGS);
        if waiting.count() >= PONGS
            && let Some(last) = self.items.pop_back()
        {
            self.weight = self.weight.saturating_sub(last.weight());
        }
        self.begin(hard_cap);
        self.put_packet(["3", data].concat().into());
    }

    /// Puts a packet, with its type.
    pub(crate) fn put_packet(&mut self, packet: Bytes) {
        self.push(Data::Text(packet), true);
    }

    pub(crate) fn put_text(&mut self, parts: &[&[u8]]) {
        let len = parts.iter().map(|p| p.len()).fold(1, usize::saturating_add);
        let mut text = Vec::with_capacity(len);
        text.extend_from_slice(self.dialect.lead().text);
        for part in parts {
            text.extend_from_slice(part);
        }
        self.push_message(Data::Text(text.into()));
    }

    pub(crate) fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        self.push_message(Data::Binary(if lead.is_empty() {
            payload
        } else {
            [lead, &payload].concat().into()
        }));
    }

    pub(crate) fn put_shared(&mut self, group: &Arc<Shared>) {
        if !group.parts().is_empty() {
            self.compress |= group.may_compress();
            self.push(Data::Shared(Arc::clone(group)), group.may_compress());
        }
    }

    fn push_message(&mut self, data: Data) {
        self.compress |= !self.plain;
        self.push(data, !self.plain);
    }

    fn push(&mut self, data: Data, compress: bool) {
        if !self.overflowed {
            let item = Item { data, compress };
            self.weight = self.weight.saturating_add(item.weight());
            self.items.push_back(item);
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How a payload with all that waits is put together.
    fn coding(&self) -> Coding {
        let asks = self.dialect.version == Version::V3;
        self.dialect
            .coding(asks && self.items.iter().any(Item::has_binary))
    }

    /// Whether the payload that is taken next may be compressed: one message in it is enough.
    pub(crate) fn take_compress(&mut self) -> bool {
        mem::take(&mut self.compress)
    }

    /// Empties it into one payload, with `last` behind it.
    pub(crate) fn take_payload(&mut self, last: Option<&'static str>) -> (Coding, VecDeque<Bytes>) {
        let coding = self.coding();
        let mut out = Writer::new(coding);
        self.weight = 0;
        for item in mem::take(&mut self.items) {
            item.write(&mut out, self.dialect.lead());
        }
        if let Some(last) = last {
            out.text(Bytes::from_static(last.as_bytes()));
        }
        (coding, out.finish())
    }

    /// Takes as many packets as `limit` bytes hold, at most `most`, but at least one, and if all are taken
    /// `last` too.
    pub(crate) fn take_batch(
        &mut self,
        limit: usize,
        most: usize,
        last: Option<&'static str>,
    ) -> Batch {
        let coding = self.coding();
        // The first packet has no separator.
        let spare = usize::from(coding == Coding::V4);
        let mut room = limit.saturating_add(spare);
        let (mut out, mut packets) = (Writer::new(coding), 0_usize);
        while let Some(item) = self.pop_packet() {
            let cost = item.cost(coding);
            if packets > 0 && (cost > room || packets >= most) {
                self.items.push_front(item);
                break;
            }
            room = room.saturating_sub(cost);
            packets = packets.saturating_add(1);
            self.weight = self.weight.saturating_sub(item.weight());
            item.write(&mut out, self.dialect.lead());
        }
        let last = last
            .filter(|last| {
                self.items.is_empty() && (packets == 0 || last.len() < room && packets < most)
            })
            .map(|last| Bytes::from_static(last.as_bytes()));
        let complete = last.is_some();
        if let Some(last) = last {
            out.text(last);
        }
        let body = out.finish();
        Batch {
            body,
            coding,
            complete,
        }
    }

    /// The first item, a single packet.
    fn pop_packet(&mut self) -> Option<Item> {
        loop {
            let Item { data, compress } = self.items.pop_front()?;
            match data {
                Data::Shared(group) => self.split(&group, compress),
                data @ (Data::Text(_) | Data::Binary(_)) => return Some(Item { data, compress }),
            }
        }
    }

    /// Puts the messages of a group in its place.
    fn split(&mut self, group: &Arc<Shared>, compress: bool) {
        let data = Data::Shared(Arc::clone(group));
        let whole = Item { data, compress };
        self.weight = self.weight.saturating_sub(whole.weight());
        for part in group.parts().iter().rev() {
            let data = match part {
                Part::Text(text) => Data::Text([self.dialect.lead().text, text].concat().into()),
                Part::Binary(data) => Data::Binary(data.clone()),
            };
            let item = Item { data, compress };
            self.weight = self.weight.saturating_add(item.weight());
            self.items.push_front(item);
        }
    }

    /// Moves everything to the new transport, in order and in its dialect. It was
    /// admitted once already.
    pub(crate) fn move_to(&mut self, out: &mut (impl Sink + ?Sized), dialect: Dialect) {
        self.weight = 0;
        for item in mem::take(&mut self.items) {
            item.put(out, dialect);
        }
    }
}
