//! The layer below a session, for the layers that write into one: it keeps what it is given.

use alloc::{string::String, sync::Arc, vec::Vec};
use bytes::Bytes;
use siox_wire::{Admit, Lead, Part, SendError, Shared, Sink};

/// Keeps texts, and binaries as their length.
#[derive(Default)]
pub(crate) struct Tape(pub(crate) Vec<String>);

impl Sink for Tape {
    fn admit(&self, _: Admit) -> Result<(), SendError> {
        Ok(())
    }

    fn put_text(&mut self, parts: &[&[u8]]) {
        self.0.extend(String::from_utf8(parts.concat()));
    }

    fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        let len = lead.len() + payload.len();
        self.0.push(alloc::format!("{len} bytes"));
    }

    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        for part in group.parts() {
            match part {
                Part::Text(text) => self.put_text(&[lead.text, text]),
                Part::Binary(payload) => self.put_binary(lead.binary, payload.clone()),
            }
        }
    }
}
