//! A sink that writes down what it is given.

use siox_wire::{Admit, Lead, Message, Part, SendError, Shared, Sink};
use std::{borrow::Cow, sync::Arc};

/// A sink that writes down what it is given, and admits everything.
#[derive(Debug, Default, PartialEq)]
pub struct Tape {
    /// The messages, in order.
    pub messages: Vec<Message<'static>>,
}

impl Tape {
    fn text(&mut self, parts: &[&[u8]]) {
        let text = String::from_utf8(parts.concat()).expect("what a layer puts as text is UTF-8");
        self.messages.push(Message::Text(Cow::Owned(text)));
    }

    fn binary(&mut self, lead: &[u8], payload: &[u8]) {
        let bytes = [lead, payload].concat();
        self.messages.push(Message::Binary(Cow::Owned(bytes)));
    }
}

impl Sink for Tape {
    fn admit(&self, _kind: Admit) -> Result<(), SendError> {
        Ok(())
    }

    fn put_text(&mut self, parts: &[&[u8]]) {
        self.text(parts);
    }

    fn put_binary(&mut self, lead: &[u8], payload: bytes::Bytes) {
        self.binary(lead, &payload);
    }

    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        for part in group.parts() {
            match part {
                Part::Text(text) => self.text(&[lead.text, text]),
                Part::Binary(bytes) => self.binary(lead.binary, bytes),
            }
        }
    }
}

/// A sink that drops everything, for measurements.
#[derive(Debug, Default)]
pub struct Hole;

impl Sink for Hole {
    fn admit(&self, _kind: Admit) -> Result<(), SendError> {
        Ok(())
    }

    fn put_text(&mut self, _parts: &[&[u8]]) {}

    fn put_binary(&mut self, _lead: &[u8], _payload: bytes::Bytes) {}

    fn put_shared(&mut self, _group: &Arc<Shared>, _lead: Lead) {}
}
