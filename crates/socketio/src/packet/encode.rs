//! Packets as they leave: a head, JSON, and attachments behind it.

use super::grammar::Kind;
use crate::{Config, Encoded};
use alloc::{string::String, sync::Arc, vec::Vec};
use bytes::Bytes;
use siox_wire::{Admit, Part, SendError, Shared, Sink};

/// A few ASCII bytes, built on the stack.
struct Short {
    bytes: [u8; 40],
    len: usize,
}

impl Short {
    const EMPTY: Self = Self {
        bytes: [0; 40],
        len: 0,
    };

    #[inline(always)]
    fn push(&mut self, b: u8) {
        if let Some(to) = self.bytes.get_mut(self.len) {
            *to = b;
            self.len = self.len.wrapping_add(1);
        }
    }

    #[inline(always)]
    fn extend(&mut self, few: &[u8]) {
        for &b in few {
            self.push(b);
        }
    }

    #[inline(always)]
    fn number(&mut self, n: u64) {
        match u8::try_from(n) {
            Ok(digit @ 0..10) => self.push(b'0' | digit),
            Ok(_) | Err(_) => self.long_number(n),
        }
    }

    #[inline(never)]
    fn long_number(&mut self, n: u64) {
        self.extend(siox_wire::decimal(n, &mut Default::default()).as_bytes());
    }

    #[inline(always)]
    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        str::from_utf8(self.as_slice()).unwrap_or_default()
    }
}

/// Parts of a packet's text: one before its body, and up to three of it.
const PARTS: usize = 4;

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
    fn is_binary(&self, attachments: usize) -> bool {
        attachments > 0 && matches!(self.kind, Kind::Event | Kind::Ack)
    }

    /// The packet's text. `body` is JSON or empty; `attachments` says how many binary messages will
    /// follow (events and acknowledgements only).
    #[must_use]
    pub fn text(&self, attachments: usize, body: &str) -> String {
        let (lead, nsp, behind) = self.before(attachments);
        [lead.as_str(), nsp, behind.as_str(), body].concat()
    }

    /// What stands before its body, in three parts.
    fn before(&self, attachments: usize) -> (Short, &str, Short) {
        let is_binary = self.is_binary(attachments);
        let nsp = match self.nsp {
            "/" => "",
            nsp => nsp,
        };
        let (mut lead, mut behind) = (Short::EMPTY, Short::EMPTY);
        lead.push(self.kind.digit(is_binary));
        if is_binary {
            lead.number(attachments as u64);
            lead.push(b'-');
        }
        if !nsp.is_empty() {
            behind.push(b',');
        }
        if let Some(id) = self.id {
            behind.number(id);
        }
        (lead, nsp, behind)
    }

    /// The messages of the packet.
    pub(crate) fn json_parts(&self, body: &[u8], attachments: &[Bytes]) -> Vec<Part> {
        let (lead, nsp, behind) = self.before(attachments.len());
        let text = [lead.as_slice(), nsp.as_bytes(), behind.as_slice(), body].concat();
        let mut parts = Vec::with_capacity(attachments.len().saturating_add(1));
        parts.push(Part::Text(text.into()));
        parts.extend(attachments.iter().cloned().map(Part::Binary));
        parts
    }

    /// The packet as JSON: what precedes the payload, then `open`, a few bytes of ASCII, then `body`, in no more than
    /// three parts.
    #[inline(always)]
    pub(crate) fn put_parts<const N: usize>(
        &self,
        open: &[u8],
        body: [&[u8]; N],
        attachments: &[Bytes],
        out: &mut impl Sink,
    ) {
        let is_binary = self.is_binary(attachments.len());
        let mut lead = Short::EMPTY;
        lead.push(self.kind.digit(is_binary));
        if is_binary {
            lead.number(attachments.len() as u64);
            lead.push(b'-');
        }
        if self.nsp != "/" {
            return self.put_elsewhere(&lead, open, &body, attachments, out);
        }
        if let Some(n) = self.id {
            lead.number(n);
        }
        lead.extend(open);
        let mut all = [b"".as_slice(); PARTS];
        let [first, rest @ ..] = &mut all;
        *first = lead.as_slice();
        for (to, part) in rest.iter_mut().zip(body) {
            *to = part;
        }
        out.put_text(all.get(..N.wrapping_add(1)).unwrap_or_default());
        put_attachments(attachments, out);
    }

    /// In another namespace than `/`.
    #[inline(never)]
    fn put_elsewhere(
        &self,
        lead: &Short,
        open: &[u8],
        body: &[&[u8]],
        attachments: &[Bytes],
        out: &mut impl Sink,
    ) {
        let mut behind = Short::EMPTY;
        behind.push(b',');
        if let Some(n) = self.id {
            behind.number(n);
        }
        behind.extend(open);
        let mut all = [b"".as_slice(); PARTS + 2];
        let [first, second, third, rest @ ..] = &mut all;
        (*first, *second, *third) = (lead.as_slice(), self.nsp.as_bytes(), behind.as_slice());
        for (to, part) in rest.iter_mut().zip(body) {
            *to = part;
        }
        let used = body.len().saturating_add(3);
        out.put_text(all.get(..used).unwrap_or_default());
        put_attachments(attachments, out);
    }
}

#[inline(always)]
fn put_attachments(attachments: &[Bytes], out: &mut impl Sink) {
    for attachment in attachments {
        out.put_binary(b"", attachment.clone());
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
        self.send_json(body.as_bytes(), attachments, admit, out)
    }

    /// As [`send`](Self::send), where the parser is that for JSON.
    #[inline(always)]
    fn send_json(
        &self,
        body: &[u8],
        attachments: &[Bytes],
        admit: Admit,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        out.admit(admit)?;
        self.put_parts(b"", [body], attachments, out);
        Ok(())
    }

    /// Sends a packet of what the application encoded, as it wants it to be sent.
    #[inline(always)]
    pub(crate) fn send_encoded(
        &self,
        encoded: &Encoded,
        config: &Config,
        admit: Admit,
        out: &mut impl Sink,
    ) -> Result<(), SendError> {
        if !encoded.may_compress() {
            out.set_compress(false);
        }
        let sent = match encoded.plain_text() {
            Some(text) if self.id.is_none() && self.nsp == "/" && config.parser.is_none() => {
                let admitted = out.admit(admit);
                if admitted.is_ok() {
                    out.put_text(&[text]);
                }
                admitted
            }
            Some(_) | None if config.parser.is_none() => {
                self.send_json(encoded.json_bytes(), encoded.attachments(), admit, out)
            }
            Some(_) | None => self.send(encoded.json(), encoded.attachments(), config, admit, out),
        };
        if !encoded.may_compress() {
            out.set_compress(true);
        }
        sent
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
    let parts = header.json_parts(encoded.json_bytes(), encoded.attachments());
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
