//! Packets as they leave: a head, JSON, and attachments behind it.

use super::grammar::Kind;
use crate::{Config, Encoded};
use alloc::{string::String, sync::Arc, vec::Vec};
use bytes::Bytes;
use siox_wire::{Admit, Part, SendError, Shared, Sink};

/// A few ASCII bytes, built on the stack.
struct Short {
    bytes: [u8; 24],
    len: usize,
}

impl Short {
    const EMPTY: Self = Self {
        bytes: [0; 24],
        len: 0,
    };

    fn push(&mut self, b: u8) {
        if let Some(to) = self.bytes.get_mut(self.len) {
            *to = b;
            self.len = self.len.wrapping_add(1);
        }
    }

    fn number(&mut self, n: u64) {
        let mut digits = [0u8; 20];
        let mut rest = n;
        let mut used = 0usize;
        for to in digits.iter_mut().rev() {
            *to = u8::try_from(rest % 10).unwrap_or(0).wrapping_add(b'0');
            rest /= 10;
            used = used.wrapping_add(1);
            if rest == 0 {
                break;
            }
        }
        for &d in digits.iter().skip(20usize.wrapping_sub(used)) {
            self.push(d);
        }
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// What stands before the payload of a packet that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// What the packet is for.
    pub kind: Kind,
    /// The namespace, with its slash.
    pub nsp: &'a str,
    /// The id of an acknowledgement, wanted or given.
    pub id: Option<u64>,
}

impl Header<'_> {
    /// Calls `put` with the parts of the packet's text: what precedes the payload, then `body`.
    #[inline(always)]
    fn parts<R>(&self, attachments: usize, body: &str, put: impl FnOnce(&[&[u8]]) -> R) -> R {
        let binary = attachments > 0 && matches!(self.kind, Kind::Event | Kind::Ack);
        let (mut lead, mut id) = (Short::EMPTY, Short::EMPTY);
        lead.push(self.kind.digit(binary));
        if binary {
            lead.number(attachments as u64);
            lead.push(b'-');
        }
        if let Some(n) = self.id {
            id.number(n);
        }
        let (nsp, comma) = match self.nsp {
            "/" => ("", &b""[..]),
            nsp => (nsp, &b","[..]),
        };
        put(&[
            lead.as_slice(),
            nsp.as_bytes(),
            comma,
            id.as_slice(),
            body.as_bytes(),
        ])
    }

    /// The packet's text. `body` is JSON or empty; `attachments` says how many binary messages will
    /// follow (events and acknowledgements only).
    #[must_use]
    pub fn text(&self, attachments: usize, body: &str) -> String {
        let text = self.parts(attachments, body, |parts| parts.concat());
        String::from_utf8(text).unwrap_or_default()
    }

    /// The messages of the packet.
    pub(crate) fn json_parts(&self, body: &str, attachments: &[Bytes]) -> Vec<Part> {
        let text = self.text(attachments.len(), body);
        let mut parts = Vec::with_capacity(attachments.len().saturating_add(1));
        parts.push(Part::Text(text.into()));
        parts.extend(attachments.iter().cloned().map(Part::Binary));
        parts
    }

    #[inline(always)]
    fn put(&self, body: &str, attachments: &[Bytes], out: &mut impl Sink) {
        self.parts(attachments.len(), body, |parts| out.put_text(parts));
        for attachment in attachments {
            out.put_binary(b"", attachment.clone());
        }
    }
}

impl Header<'_> {
    /// Sends the packet as the parser of this connection writes it, if `out` takes it.
    // Always inlined: that for JSON then costs what it costs without a choice.
    #[inline(always)]
    pub(crate) fn send(
        &self,
        body: &str,
        attachments: &[Bytes],
        config: &Config,
        admit: Admit,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        if let Some(parser) = &config.parser {
            let parts = parser.encode(self, body, attachments)?;
            return put_parts(parts, admit, out);
        }
        out.admit(admit)?;
        self.put(body, attachments, out);
        Ok(())
    }
}

#[cold]
#[inline(never)]
fn put_parts(parts: Vec<Part>, admit: Admit, out: &mut impl Sink) -> Result<(), SendError> {
    out.admit(admit)?;
    for part in parts {
        match part {
            Part::Text(text) => out.put_text(&[&text]),
            Part::Binary(bytes) => out.put_binary(b"", bytes),
        }
    }
    Ok(())
}

/// A JSON packet for any number of sockets of one namespace, encoded once: an event (with the id of the
/// acknowledgement that it wants, if any) or an acknowledgement (with the id that it answers).
/// [`Config::shared`] is the same for any parser.
#[must_use]
pub fn shared(nsp: &str, encoded: &Encoded, id: Option<u64>) -> Arc<Shared> {
    let header = Header {
        kind: encoded.kind(),
        nsp,
        id,
    };
    let parts = header.json_parts(encoded.json(), encoded.attachments());
    Shared::with_compression(parts, encoded.may_compress())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let header = |kind, nsp, id| Header { kind, nsp, id };
        for (header, attachments, body, text) in [
            (header(Kind::Connect, "/", None), 0, "", "0"),
            (header(Kind::Connect, "/a", None), 0, "{}", "0/a,{}"),
            (header(Kind::Disconnect, "/a", None), 0, "", "1/a,"),
            (header(Kind::Event, "/", Some(0)), 0, "[1]", "20[1]"),
            (
                header(Kind::Event, "/a", Some(12)),
                10,
                "[1]",
                "510-/a,12[1]",
            ),
            (
                header(Kind::Ack, "/", Some(u64::MAX)),
                1,
                "[]",
                "61-18446744073709551615[]",
            ),
            (header(Kind::ConnectError, "/", None), 0, "\"x\"", "4\"x\""),
        ] {
            assert_eq!(header.text(attachments, body), text);
        }
    }
}
