//! From the text of a packet to its parts; the payload is checked, not taken apart.

use super::{Binary, Extra, Packet, Raw, Span, grammar, lenient};
use crate::{
    Decoded, Error, Kind, Leniency, Parsed,
    holes::{FindHoles, Hole},
    scan::{self, Args, Token},
    text::unescape,
};
use alloc::{borrow::Cow, boxed::Box, string::ToString, vec::Vec};

/// The event names that the protocol and its libraries keep for themselves.
pub const RESERVED_EVENTS: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// Whether the protocol keeps this event name for itself.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    // Each of them is 7, 10, 11, 13 or 14 bytes long; most names are told apart by their first byte.
    matches!(name.as_bytes().first(), Some(b'c' | b'd' | b'n' | b'r'))
        && RESERVED_EVENTS.contains(&name)
}

/// A packet by the grammar alone.
#[inline]
pub(crate) fn text(text: Cow<'_, str>, max_attachments: usize) -> Result<Parsed<'_>, Error> {
    let head = grammar::head(&text, max_attachments)?;
    let nsp = namespace(&text, head.nsp);
    let (about, attachments) = ((head.kind, nsp, head.id), head.attachments);
    let packet = assemble_as(text, about, head.payload, attachments, &Leniency::STRICT)?;
    Ok(Parsed {
        packet,
        attachments,
    })
}

/// What stands before the arguments of an event of `/` without attachments, if its name has no escapes and there is no
/// white space around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlainHead {
    pub(crate) id: Option<u64>,
    /// Where the array begins.
    at: usize,
    name: (usize, usize),
}

impl PlainHead {
    #[inline]
    pub(crate) fn name(self, text: &str) -> &str {
        text.get(self.name.0..self.name.1).unwrap_or_default()
    }

    /// Behind the closing quote of the name.
    #[inline]
    pub(crate) fn end(self) -> usize {
        self.name.1.wrapping_add(1)
    }
}

/// The head of a plain event; `None` for any other packet, and for one whose head is not right.
#[inline(always)]
pub(crate) fn plain_head(text: &str) -> Option<PlainHead> {
    let bytes = text.as_bytes();
    let [b'2', first, ..] = bytes else {
        return None;
    };
    let (id, at) = match first {
        b'[' => (None, 1),
        _ => grammar::ack_id(bytes, 1).ok()?,
    };
    if bytes.get(at) != Some(&b'[') {
        return None;
    }
    let name = scan::plain_name(text, at)?;
    let head = PlainHead { id, at, name };
    (!is_reserved(head.name(text))).then_some(head)
}

/// The event with this head; `None` where its arguments are not right, or there is white space around them.
#[inline(always)]
pub(crate) fn plain_packet(text: &str, head: PlainHead) -> Option<Packet<'_>> {
    let args = scan::plain_args(text, head.end())?;
    Some(Packet {
        text: Cow::Borrowed(text),
        name: Span::new(head.name.0, head.name.1),
        args: Span::new(head.at, args.end),
        inner: super::narrow(args.inner),
        count: super::narrow(args.count),
        extra: None,
    })
}

/// The text of a plain event, and the id it came with; `None` for any other packet, for one that is not right, and for
/// one with white space around its arguments.
#[inline]
pub(crate) fn plain_event(text: &str) -> Option<(Option<u64>, Packet<'_>)> {
    let head = plain_head(text)?;
    Some((head.id, plain_packet(text, head)?))
}

/// A packet whose payload begins at `payload` of `text`.
pub(crate) fn assemble<'b>(
    text: Cow<'b, str>,
    about: (Kind, Cow<'b, str>, Option<u64>),
    payload: usize,
    attachments: usize,
    leniency: &Leniency,
) -> Result<Decoded<'b>, Error> {
    assemble_as(text, about, payload, attachments, leniency)
}

// Always inlined: what is strict then costs nothing for what could be lenient.
#[inline(always)]
fn assemble_as<'b>(
    text: Cow<'b, str>,
    (kind, nsp, id): (Kind, Cow<'b, str>, Option<u64>),
    payload: usize,
    attachments: usize,
    leniency: &Leniency,
) -> Result<Decoded<'b>, Error> {
    let no_id = || {
        if id.is_some() && !leniency.loose_id {
            Err(Error::AckId)
        } else {
            Ok(())
        }
    };
    let first = text.as_bytes().get(payload).copied();
    Ok(match kind {
        Kind::Connect => {
            no_id()?;
            let payload = match first {
                None => None,
                Some(b'{') => Some(raw(&text, payload)?),
                Some(_) => return Err(Error::Payload),
            };
            Decoded::Connect { nsp, payload }
        }
        Kind::Disconnect => {
            no_id()?;
            if first.is_some() {
                return Err(Error::Payload);
            }
            Decoded::Disconnect { nsp }
        }
        Kind::ConnectError => {
            no_id()?;
            let payload = match first {
                Some(b'{' | b'"') => raw(&text, payload)?,
                None if leniency.missing_payload => Raw(Cow::Borrowed("null")),
                Some(_) | None => return Err(Error::Payload),
            };
            Decoded::ConnectError { nsp, payload }
        }
        Kind::Event => {
            let packet = if first == Some(b'[') {
                event(text, payload, attachments)?
            } else {
                lenient::without_payload(kind, first, attachments, leniency)?
            };
            Decoded::Event { nsp, id, packet }
        }
        Kind::Ack => Decoded::Ack {
            nsp,
            id: match id {
                Some(id) => id,
                None if leniency.missing_payload => u64::MAX,
                None => return Err(Error::AckId),
            },
            packet: if first == Some(b'[') {
                ack(text, payload, attachments)?
            } else {
                lenient::without_payload(kind, first, attachments, leniency)?
            },
        },
    })
}

/// The namespace, borrowed where the message is.
#[inline]
pub(super) fn namespace<'b>(text: &Cow<'b, str>, (start, end): (usize, usize)) -> Cow<'b, str> {
    if end.wrapping_sub(start) < 2 {
        return Cow::Borrowed("/");
    }
    slice(text, start, end)
}

fn slice<'b>(text: &Cow<'b, str>, start: usize, end: usize) -> Cow<'b, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(start..end).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(start..end).unwrap_or_default().into()),
    }
}

fn raw<'b>(text: &Cow<'b, str>, at: usize) -> Result<Raw<'b>, Error> {
    let end = scan::only_value(text, at, &mut ())?;
    Ok(Raw(slice(text, at, end)))
}

#[inline]
fn event(text: Cow<'_, str>, at: usize, attachments: usize) -> Result<Packet<'_>, Error> {
    let (name, args, binary) = if attachments == 0 {
        let (name, args) = scan::event(&text, at, &mut ())?;
        (name, args, None)
    } else {
        let mut holes = FindHoles::new(&text, attachments);
        let (name, args) = scan::event(&text, at, &mut holes)?;
        (name, args, Some(holes.finish()?))
    };
    let (name, resolved) = event_name(&text, name.ok_or(Error::EventName)?, false)?;
    Ok(packet(text, name, resolved, at, args, binary))
}

fn ack(text: Cow<'_, str>, at: usize, attachments: usize) -> Result<Packet<'_>, Error> {
    let (args, binary) = if attachments == 0 {
        (scan::args(&text, at, &mut ())?, None)
    } else {
        let mut holes = FindHoles::new(&text, attachments);
        let args = scan::args(&text, at, &mut holes)?;
        (args, Some(holes.finish()?))
    };
    Ok(packet(text, Span::new(at, at), None, at, args, binary))
}

/// As [`event`], where the placeholders are known; with what MessagePack's parser in the reference takes
/// for names.
pub(crate) fn event_with<'b>(
    text: Cow<'b, str>,
    at: usize,
    holes: Vec<Hole>,
    leniency: &Leniency,
) -> Result<Packet<'b>, Error> {
    let (name, args) = scan::event(&text, at, &mut ())?;
    let holes = (!holes.is_empty()).then_some(holes);
    let named = match name {
        Some(token) => event_name(&text, token, leniency.msgpack_names).map(|n| (n, args)),
        None if leniency.msgpack_names => lenient::odd_name(&text, at),
        None => Err(Error::EventName),
    };
    let ((name, resolved), args) = named?;
    Ok(packet(text, name, resolved, at, args, holes))
}

/// As [`ack`], where the placeholders are known.
pub(crate) fn ack_with(
    text: Cow<'_, str>,
    at: usize,
    holes: Vec<Hole>,
) -> Result<Packet<'_>, Error> {
    let args = scan::args(&text, at, &mut ())?;
    let holes = (!holes.is_empty()).then_some(holes);
    Ok(packet(text, Span::new(at, at), None, at, args, holes))
}

#[inline]
fn packet(
    text: Cow<'_, str>,
    name: Span,
    resolved: Option<Box<str>>,
    start: usize,
    args: Args,
    holes: Option<Vec<Hole>>,
) -> Packet<'_> {
    let binary = holes.map(|holes| Binary {
        holes,
        attachments: Vec::new(),
    });
    Packet {
        text,
        name,
        args: Span::new(start, args.end),
        inner: super::narrow(args.inner),
        count: super::narrow(args.count),
        extra: Extra::of(resolved, binary),
    }
}

/// Where the name is, and what it is where the text shows it otherwise.
#[inline]
fn event_name(text: &str, token: Token, reserved: bool) -> Result<(Span, Option<Box<str>>), Error> {
    let raw = text.get(token.start..token.end).unwrap_or_default();
    if !raw.starts_with('"') {
        return Ok((Span::new(token.start, token.end), decimal(raw)));
    }
    let (start, end) = (token.start.wrapping_add(1), token.end.wrapping_sub(1));
    let name = unescape(text.get(start..end).unwrap_or_default(), token.escaped);
    if !reserved && is_reserved(&name) {
        return Err(Error::ReservedName);
    }
    let resolved = match name {
        Cow::Borrowed(_) => None,
        Cow::Owned(name) => Some(name.into()),
    };
    Ok((Span::new(start, end), resolved))
}

/// The decimal string of a number that is not written as one (`1e2`, `1.0`, `-0`), within the range in
/// which JavaScript writes numbers without an exponent.
fn decimal(raw: &str) -> Option<Box<str>> {
    let number: f64 = raw.parse().ok()?;
    if number == 0.0 {
        return Some("0".into());
    }
    let plain = raw.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if plain || !(1e-6..1e21).contains(&number.abs()) {
        return None;
    }
    Some(number.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    /// The short way tells what the long one tells, where it tells anything.
    fn both_ways(text: &str) {
        let long = super::text(text.into(), 10).map(|parsed| parsed.packet);
        if let Some((id, packet)) = plain_event(text) {
            let nsp = "/".into();
            assert_eq!(long, Ok(Decoded::Event { nsp, id, packet }), "{text}");
        }
    }

    #[test]
    fn common_events_go_the_short_way() {
        for text in [
            r#"2["a"]"#,
            r#"2["a","b"]"#,
            r#"27["longer than a word","and this one is longer still"]"#,
            r#"20["a",1,[2,{"b":null}],"c\n"]"#,
            r#"2["","\"]"]"#,
        ] {
            assert!(plain_event(text).is_some(), "{text}");
            both_ways(text);
        }
        for text in [
            r#"2["connect"]"#,
            r#"2["a"] "#,
            r#"2["a","b"]]"#,
            r#"2["a","b""#,
            r#"2["a","b",]"#,
            r#"2["a\n"]"#,
            r#"2[1]"#,
            r#"2/a,["a"]"#,
        ] {
            assert_eq!(plain_event(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_agree(
            head in "2[0-9]{0,3}",
            parts in proptest::collection::vec(0usize..18, 0..8),
            cut in any::<proptest::sample::Index>(),
            with in ".?",
        ) {
            const PART: [&str; 18] = ["[", "]", "{", "}", ",", ":", "\"a\"", "[\"a\",", "[\"name\"]", "-0.5e3",
                "true", " ", "\"k\":", "[1,2]", "{\"x\":1}", "\"long enough for a word\"", "\"\\n\"", "\"é\""];
            let mut text: String = head;
            text.extend(parts.iter().map(|&i| PART[i]));
            both_ways(&text);
            let mut at = cut.index(text.len());
            while !text.is_char_boundary(at) { at -= 1 }
            text.insert_str(at, &with);
            both_ways(&text);
            let array = alloc::format!("2[\"name\",{}]", text.get(1..).unwrap_or_default());
            both_ways(&array);
        }
    }

    #[test]
    fn numeric_names_are_decimal_strings() {
        for (text, name) in [
            ("2[7]", "7"),
            ("2[-7,1]", "-7"),
            ("2[0]", "0"),
            ("2[-0]", "0"),
            ("2[1.0]", "1"),
            ("2[1.50]", "1.5"),
            ("2[1e2]", "100"),
            ("2[1e999]", "1e999"),
            ("2[1e30]", "1e30"),
        ] {
            let Decoded::Event { packet, .. } = super::text(text.into(), 10).unwrap().packet else {
                panic!("{text}")
            };
            assert_eq!(packet.name(), name, "{text}");
        }
    }
}
