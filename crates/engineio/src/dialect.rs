//! How one peer wants its messages: by the protocol it speaks, and by whether it takes bytes.

use crate::{
    Coding, Error, Packet, Version,
    base64::{self, Reading},
};
use bytes::Bytes;
use siox_wire::{Lead, Message, Part, Shared, Sink};

/// A version, with or without bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) version: Version,
    /// Whether binary data goes out as text everywhere.
    pub(crate) base64: bool,
}

impl Dialect {
    pub(crate) const fn lead(self) -> Lead {
        self.version.lead()
    }

    /// What stands before base64.
    const fn mark(self) -> &'static str {
        match self.version {
            Version::V4 => "b",
            Version::V3 => "b4",
        }
    }

    /// How a payload is put together, by whether there is binary data in it.
    pub(crate) fn coding(self, binary: bool) -> Coding {
        match self.version {
            Version::V4 => Coding::V4,
            Version::V3 if binary && !self.base64 => Coding::V3Binary,
            Version::V3 => Coding::V3Text,
        }
    }

    /// How a body of this content type is read.
    pub(crate) const fn coding_of(self, octets: bool) -> Coding {
        match self.version {
            Version::V4 => Coding::V4,
            Version::V3 if octets => Coding::V3Binary,
            Version::V3 => Coding::V3Text,
        }
    }

    /// Reads a WebSocket message.
    pub(crate) fn decode(self, message: Message<'_>, base64: Reading) -> Result<Packet<'_>, Error> {
        match self.version {
            Version::V4 => Packet::read(message, base64),
            Version::V3 => Packet::read_v3(message, base64),
        }
    }

    /// Puts a binary message into a WebSocket.
    pub(crate) fn put_binary<S: Sink + ?Sized>(self, out: &mut S, above: &[u8], payload: Bytes) {
        let lead = self.lead();
        if self.base64 {
            let text = base64::packet(self.mark(), &[above, &payload].concat());
            out.put_text(&[text.as_bytes()]);
        } else if lead.binary.is_empty() {
            out.put_binary(above, payload);
        } else if above.is_empty() {
            out.put_binary(lead.binary, payload);
        } else {
            out.put_binary(&[lead.binary, above].concat(), payload);
        }
    }

    /// Puts a group into a WebSocket.
    #[inline]
    pub(crate) fn put_shared<S: Sink + ?Sized>(
        self,
        out: &mut S,
        group: &alloc::sync::Arc<Shared>,
    ) {
        let lead = self.lead();
        if !self.base64 {
            return out.put_shared(group, lead);
        }
        for part in group.parts() {
            match part {
                Part::Text(text) => out.put_text(&[lead.text, text]),
                Part::Binary(data) => self.put_binary(out, b"", data.clone()),
            }
        }
    }
}
