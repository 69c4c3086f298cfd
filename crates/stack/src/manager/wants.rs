//! What waits for the layer below, in order. A socket's packets go in whole or not at all.

use super::{Dial, ManagerOptions, Want};
use alloc::{collections::VecDeque, string::String, sync::Arc};
use bytes::Bytes;
use siox_wire::{Admit, Lead, Part, SendError, Shared, Sink};

#[derive(Debug)]
pub(super) struct Wants {
    /// Each, and whether it may be compressed.
    queue: VecDeque<(Want, bool)>,
    /// The bytes of the messages in it, and 32 for each.
    held: usize,
    high_water: usize,
    /// Whether what is put now may be compressed.
    compress: bool,
    /// Whether what was popped last may be.
    popped: bool,
}

impl Wants {
    pub(super) fn new(options: &ManagerOptions) -> Self {
        Self {
            queue: VecDeque::new(),
            held: 0,
            high_water: options.high_water,
            compress: true,
            popped: true,
        }
    }

    /// The settings have changed.
    pub(super) fn follow(&mut self, options: &ManagerOptions) {
        self.high_water = options.high_water;
    }

    pub(super) fn push(&mut self, want: Want) {
        self.held = self.held.saturating_add(weight(&want));
        self.queue.push_back((want, self.compress));
    }

    pub(super) fn pop(&mut self) -> Option<Want> {
        let (want, compress) = self.queue.pop_front()?;
        self.popped = compress;
        self.held = self.held.saturating_sub(weight(&want));
        Some(want)
    }

    /// Whether what was popped last may be compressed.
    pub(super) fn may_compress(&self) -> bool {
        self.popped
    }

    pub(super) fn put_back(&mut self, want: Want) {
        self.held = self.held.saturating_add(weight(&want));
        self.queue.push_front((want, self.popped));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// The session is gone, and with it who would get its messages.
    pub(super) fn drop_messages(&mut self) {
        self.queue
            .retain(|(want, _)| matches!(want, Want::Open(_) | Want::Close(_)));
        self.held = 0;
    }

    /// Whether the session was never asked for; then it is not.
    pub(super) fn withdraw(&mut self, dial: Dial) -> bool {
        let before = self.queue.len();
        self.queue.retain(|(want, _)| *want != Want::Open(dial));
        self.queue.len() < before
    }
}

fn weight(want: &Want) -> usize {
    const EACH: usize = 32;
    match want {
        Want::Open(_) | Want::Close(_) => 0,
        Want::Text(text) => text.len().saturating_add(EACH),
        Want::Binary(bytes) => bytes.len().saturating_add(EACH),
    }
}

impl Sink for Wants {
    fn admit(&self, kind: Admit) -> Result<(), SendError> {
        let full = match kind {
            Admit::Normal => self.held >= self.high_water,
            Admit::Volatile => self.held > 0,
            Admit::Owed => false,
        };
        if full { Err(SendError::Full) } else { Ok(()) }
    }

    fn set_compress(&mut self, wanted: bool) {
        self.compress = wanted;
    }

    fn put_text(&mut self, parts: &[&[u8]]) {
        let text = String::from_utf8(parts.concat()).unwrap_or_default();
        self.push(Want::Text(text));
    }

    fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        let bytes = match lead {
            [] => payload,
            lead => [lead, &payload].concat().into(),
        };
        self.push(Want::Binary(bytes));
    }

    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        self.compress = group.may_compress();
        for part in group.parts() {
            match part {
                Part::Text(text) => self.put_text(&[lead.text, text]),
                Part::Binary(bytes) => self.put_binary(lead.binary, bytes.clone()),
            }
        }
        self.compress = true;
    }
}
