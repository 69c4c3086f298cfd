//! A WebSocket's sink that remembers what was put.

use bytes::Bytes;
use siox_engineio::Packet;
use siox_wire::{Admit, Lead, Message, Part, SendError, Shared, Sink};
use std::{borrow::Cow, sync::Arc};

/// A WebSocket's sink: each message as the text that a payload would carry.
#[derive(Debug, Default)]
pub(crate) struct Socket(pub(crate) Vec<String>);

impl Socket {
    fn binary(&mut self, data: &[u8]) {
        let message = Message::Binary(Cow::Borrowed(data));
        self.0.push(Packet::decode(message).unwrap().to_text());
    }
}

impl Sink for Socket {
    fn admit(&self, _: Admit) -> Result<(), SendError> {
        Ok(())
    }
    fn put_text(&mut self, parts: &[&[u8]]) {
        self.0.push(String::from_utf8(parts.concat()).unwrap());
    }
    fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        self.binary(&[lead, &payload].concat());
    }
    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        for part in group.parts() {
            match part {
                Part::Text(text) => self.put_text(&[lead.text, text]),
                Part::Binary(data) => self.binary(&[lead.binary, data].concat()),
            }
        }
    }
}
