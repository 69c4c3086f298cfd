//! What stands before the payload: `<type>[<attachments>-][<namespace>,][<id>]`, strictly.
//! Source: Socket.IO protocol, revision 5, "Packet encoding".

use crate::Error;

/// The longest name of a namespace, in bytes. A question mark and what stands behind it belong to the
/// name, except in revision 4.
pub const MAX_NAMESPACE: usize = 256;

/// The longest query behind the name of a namespace, in bytes; of revision 4 only, whose clients send
/// tokens there.
pub const MAX_NAMESPACE_QUERY: usize = 8192;

/// The largest acknowledgement id: what a double holds exactly.
pub const MAX_ACK_ID: u64 = (1 << 53) - 1;

/// What a packet is for. The binary types are the same packets with attachments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Joins a namespace, or says that it is joined.
    Connect,
    /// Leaves a namespace.
    Disconnect,
    /// An event, with or without attachments.
    Event,
    /// An acknowledgement, with or without attachments.
    Ack,
    /// Refuses a CONNECT.
    ConnectError,
}

impl Kind {
    /// The digit on the wire. Attachments matter to events and acknowledgements only.
    pub(crate) const fn digit(self, binary: bool) -> u8 {
        match (self, binary) {
            (Self::Connect, _) => b'0',
            (Self::Disconnect, _) => b'1',
            (Self::Event, false) => b'2',
            (Self::Ack, false) => b'3',
            (Self::ConnectError, _) => b'4',
            (Self::Event, true) => b'5',
            (Self::Ack, true) => b'6',
        }
    }

    pub(super) const fn from_digit(digit: u8) -> Option<(Self, bool)> {
        Some(match digit {
            b'0' => (Self::Connect, false),
            b'1' => (Self::Disconnect, false),
            b'2' => (Self::Event, false),
            b'3' => (Self::Ack, false),
            b'4' => (Self::ConnectError, false),
            b'5' => (Self::Event, true),
            b'6' => (Self::Ack, true),
            _ => return None,
        })
    }
}

/// What stands before the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) attachments: usize,
    /// From where to where the namespace is in the text; empty for `/`.
    pub(crate) nsp: (usize, usize),
    pub(crate) id: Option<u64>,
    /// Where the payload begins.
    pub(crate) payload: usize,
}

#[inline]
pub(crate) fn head(text: &str, max_attachments: usize) -> Result<Head, Error> {
    let bytes = text.as_bytes();
    let kind = bytes.first().and_then(|&b| Kind::from_digit(b));
    let (kind, binary) = kind.ok_or(Error::PacketType)?;
    let mut at = 1;
    let mut attachments = 0;
    if binary {
        (attachments, at) = count(bytes, at)?;
        if attachments > max_attachments {
            return Err(Error::TooManyAttachments {
                limit: max_attachments,
            });
        }
    }
    let (nsp, at) = namespace(bytes, at)?;
    let (id, payload) = ack_id(bytes, at)?;
    Ok(Head {
        kind,
        attachments,
        nsp,
        id,
        payload,
    })
}

/// `[1-9][0-9]{0,3}-`
pub(super) fn count(bytes: &[u8], start: usize) -> Result<(usize, usize), Error> {
    let mut at = start;
    let mut n = 0usize;
    while let Some(d) = digit(bytes, at) {
        let leading_zero = n == 0 && d == 0;
        if leading_zero || at.wrapping_sub(start) == 4 {
            return Err(Error::AttachmentCount);
        }
        n = n.wrapping_mul(10).wrapping_add(usize::from(d));
        at = at.wrapping_add(1);
    }
    if at == start || bytes.get(at) != Some(&b'-') {
        return Err(Error::AttachmentCount);
    }
    Ok((n, at.wrapping_add(1)))
}

/// `/...,` or `/...` to the end; without it, `/`.
#[inline]
pub(super) fn namespace(bytes: &[u8], start: usize) -> Result<((usize, usize), usize), Error> {
    let rest = bytes.get(start..).unwrap_or_default();
    if rest.first() != Some(&b'/') {
        return Ok(((start, start), start));
    }
    let longest = MAX_NAMESPACE
        .wrapping_add(MAX_NAMESPACE_QUERY)
        .wrapping_add(2);
    let comma = rest.iter().take(longest).position(|&b| b == b',');
    let len = comma.unwrap_or(rest.len());
    if len > MAX_NAMESPACE {
        fits(rest.get(..len).unwrap_or_default())?;
    }
    let end = start.wrapping_add(len);
    let behind = end.wrapping_add(usize::from(comma.is_some()));
    Ok(((start, end), behind))
}

/// Whether a namespace and its query are within the limits of revision 4. Those of revision 5 are for the
/// connection to know, since nothing here tells the one from the other.
#[cold]
pub(crate) fn fits(nsp: &[u8]) -> Result<(), Error> {
    let mut head = nsp.iter().take(MAX_NAMESPACE.wrapping_add(1));
    let name = head.position(|&b| b == b'?').unwrap_or(nsp.len());
    let query = nsp.len().wrapping_sub(name).saturating_sub(1);
    for (len, limit) in [(name, MAX_NAMESPACE), (query, MAX_NAMESPACE_QUERY)] {
        if len > limit {
            return Err(Error::NamespaceTooLong { limit });
        }
    }
    Ok(())
}

#[inline]
fn ack_id(bytes: &[u8], start: usize) -> Result<(Option<u64>, usize), Error> {
    let mut at = start;
    let mut id = 0u64;
    while let Some(d) = digit(bytes, at) {
        id = id.wrapping_mul(10).wrapping_add(u64::from(d));
        if id > MAX_ACK_ID {
            return Err(Error::AckId);
        }
        at = at.wrapping_add(1);
    }
    Ok(((at > start).then_some(id), at))
}

fn digit(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn heads() {
        let long = format!("2/{}", "x".repeat(255));
        for (text, kind, attachments, nsp, id, payload) in [
            ("0", Kind::Connect, 0, "/", None, ""),
            ("0{}", Kind::Connect, 0, "/", None, "{}"),
            ("0/a", Kind::Connect, 0, "/a", None, ""),
            ("0/a,", Kind::Connect, 0, "/a", None, ""),
            ("0/a?x=1,{}", Kind::Connect, 0, "/a?x=1", None, "{}"),
            ("1/,", Kind::Disconnect, 0, "/", None, ""),
            ("2[\"a\"]", Kind::Event, 0, "/", None, "[\"a\"]"),
            ("2/a,12[\"a\"]", Kind::Event, 0, "/a", Some(12), "[\"a\"]"),
            (
                "39007199254740991[]",
                Kind::Ack,
                0,
                "/",
                Some(MAX_ACK_ID),
                "[]",
            ),
            ("3007[]", Kind::Ack, 0, "/", Some(7), "[]"),
            ("4\"x\"", Kind::ConnectError, 0, "/", None, "\"x\""),
            ("51-[1]", Kind::Event, 1, "/", None, "[1]"),
            ("610-/a,0[1]", Kind::Ack, 10, "/a", Some(0), "[1]"),
            ("2 [1]", Kind::Event, 0, "/", None, " [1]"),
            (&long, Kind::Event, 0, &long[1..], None, ""),
        ] {
            let head = head(text, 10).unwrap();
            let got = match &text[head.nsp.0..head.nsp.1] {
                "" => "/",
                nsp => nsp,
            };
            let got = (
                head.kind,
                head.attachments,
                got,
                head.id,
                &text[head.payload..],
            );
            assert_eq!(got, (kind, attachments, nsp, id, payload), "{text}");
        }
    }

    #[test]
    fn what_is_no_head() {
        let limit = MAX_NAMESPACE;
        let too_long = format!("2/{},[1]", "x".repeat(256));
        for (text, error) in [
            ("", Error::PacketType),
            ("7", Error::PacketType),
            ("9[]", Error::PacketType),
            ("NaN", Error::PacketType),
            ("abc", Error::PacketType),
            (" 2", Error::PacketType),
            ("5", Error::AttachmentCount),
            ("51", Error::AttachmentCount),
            ("5[1]", Error::AttachmentCount),
            ("50-[1]", Error::AttachmentCount),
            ("501-[1]", Error::AttachmentCount),
            ("5-1-", Error::AttachmentCount),
            ("51e0-", Error::AttachmentCount),
            ("50x1-", Error::AttachmentCount),
            ("52.0-", Error::AttachmentCount),
            ("5 1-", Error::AttachmentCount),
            ("512345-", Error::AttachmentCount),
            ("512345678901234567890-", Error::AttachmentCount),
            ("511-", Error::TooManyAttachments { limit: 10 }),
            ("69999-", Error::TooManyAttachments { limit: 10 }),
            ("29007199254740992[]", Error::AckId),
            ("2123456789012345678901[]", Error::AckId),
            (&too_long, Error::NamespaceTooLong { limit }),
        ] {
            assert_eq!(head(text, 10), Err(error), "{text}");
        }
    }

    #[test]
    fn queries_behind_a_name() {
        let (name, query) = ("x".repeat(255), "y".repeat(8192));
        for (text, limit) in [
            (format!("0/{name}?{query}"), None),
            (format!("0/{name}?{query},"), None),
            (format!("2/a?{query},[1]"), None),
            (format!("0/a?{query}y,"), Some(MAX_NAMESPACE_QUERY)),
            (format!("0/a?{query}{query}"), Some(MAX_NAMESPACE_QUERY)),
            (format!("0/{name}x?a,"), Some(MAX_NAMESPACE)),
            (format!("0/{query}?a,"), Some(MAX_NAMESPACE)),
            (format!("0/{query}{query}"), Some(MAX_NAMESPACE)),
        ] {
            let expected = limit.map(|limit| Error::NamespaceTooLong { limit });
            assert_eq!(head(&text, 10).err(), expected, "{text}");
        }
    }
}
