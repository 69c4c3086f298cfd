//! Packets that only the reference takes: their heads, and payloads that are missing. Nothing here is
//! reached with a strict [`Leniency`].

use super::{
    Binary, Extra, Packet, Span, decode,
    grammar::{self, Head},
};
use crate::{
    Config, Error, Kind, Leniency, Parsed,
    holes::loose_placeholders,
    scan::{self, Args},
};
use alloc::{borrow::Cow, boxed::Box, vec::Vec};

/// Where an event's name is, and what it is where the text shows it otherwise.
pub(super) type Name = (Span, Option<Box<str>>);

/// What JavaScript's `Number` skips before and behind digits.
fn is_space(c: char) -> bool {
    c.is_whitespace() && c != '\u{85}' || c == '\u{feff}'
}

/// As [`decode::text`], with what `config` is lenient about. Where placeholders have another form than the
/// grammar's, the text is rewritten.
pub(crate) fn text<'b>(mut text: Cow<'b, str>, config: &Config) -> Result<Parsed<'b>, Error> {
    let strict = grammar::head(&text, config.max_attachments);
    let first = |head: Head| text.as_bytes().get(head.payload).copied();
    let head = match strict {
        Ok(head) if matches!(first(head), None | Some(b'[' | b'{' | b'"')) => head,
        Ok(_) | Err(_) => loose(&text, config)?,
    };
    let leniency = &config.leniency;
    if head.attachments > 0 && leniency.loose_placeholder {
        let payload = text.get(head.payload..).unwrap_or_default();
        if let Some(payload) = loose_placeholders(payload, head.attachments)? {
            let lead = text.get(..head.payload).unwrap_or_default();
            text = Cow::Owned([lead, &payload].concat());
        }
    }
    let about = (head.kind, decode::namespace(&text, head.nsp), head.id);
    let attachments = head.attachments;
    let packet = decode::assemble(text, about, head.payload, attachments, leniency)?;
    Ok(Parsed {
        packet,
        attachments,
    })
}

fn loose(text: &str, config: &Config) -> Result<Head, Error> {
    let leniency = &config.leniency;
    let (kind, binary, at) = kind(text, leniency)?;
    let bytes = text.as_bytes();
    let (attachments, at) = match (binary, leniency.loose_count) {
        (false, _) => (0, at),
        (true, false) => grammar::count(bytes, at)?,
        (true, true) => count(text, at)?,
    };
    let limit = config.max_attachments;
    if attachments > limit {
        return Err(Error::TooManyAttachments { limit });
    }
    let (nsp, at) = grammar::namespace(bytes, at)?;
    let (id, payload) = id(text, at, leniency)?;
    Ok(Head {
        kind,
        attachments,
        nsp,
        id,
        payload,
    })
}

fn kind(text: &str, leniency: &Leniency) -> Result<(Kind, bool, usize), Error> {
    let first = text.chars().next();
    let (kind, binary) = match first {
        None if leniency.empty_type => (Kind::Connect, false),
        Some(c) if leniency.empty_type && is_space(c) => (Kind::Connect, false),
        Some(c) => {
            let digit = u8::try_from(c).ok().and_then(Kind::from_digit);
            digit.ok_or(Error::PacketType)?
        }
        None => return Err(Error::PacketType),
    };
    Ok((kind, binary, first.map_or(0, char::len_utf8)))
}

/// What stands before the dash, if JavaScript takes it for a whole number from 1 up.
fn count(text: &str, start: usize) -> Result<(usize, usize), Error> {
    let rest = text.get(start..).unwrap_or_default();
    let (number, _) = rest.split_once('-').ok_or(Error::AttachmentCount)?;
    let n = whole(number.trim_matches(is_space)).filter(|n| *n > 0);
    let behind = start.saturating_add(number.len()).saturating_add(1);
    Ok((n.ok_or(Error::AttachmentCount)?, behind))
}

fn whole(number: &str) -> Option<usize> {
    let radix = match number.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        Some(_) | None => 10,
    };
    if radix != 10 {
        let digits = number.get(2..)?;
        let plain = digits.bytes().all(|b| b.is_ascii_alphanumeric());
        // One that is too large for a `usize` is too large for any limit.
        return match usize::from_str_radix(digits, radix) {
            Ok(n) if plain => Some(n),
            Err(e) if plain && *e.kind() == core::num::IntErrorKind::PosOverflow => {
                Some(usize::MAX)
            }
            Ok(_) | Err(_) => None,
        };
    }
    // Rust's floats have names that JavaScript's do not.
    if !number
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+'))
    {
        return None;
    }
    let n: f64 = number.parse().ok()?;
    whole_number(n)
}

/// As an integer, if it is one; what is beyond all limits is the largest.
pub(crate) fn whole_number(n: f64) -> Option<usize> {
    // From here on all doubles are whole.
    if n >= 9_007_199_254_740_992.0 && n.is_finite() {
        return Some(usize::MAX);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a float's cast saturates, and coming back shows whether it was exact"
    )]
    (n.is_finite() && n >= 0.0)
        .then_some(n as usize)
        .filter(|&i| i as f64 == n)
}

/// Digits, and white space around them, as JavaScript's `Number` reads them.
fn id(text: &str, start: usize, leniency: &Leniency) -> Result<(Option<u64>, usize), Error> {
    let rest = text.get(start..).unwrap_or_default();
    let taken = |c: char| c.is_ascii_digit() || leniency.loose_id && is_space(c);
    let end = rest.find(|c| !taken(c)).unwrap_or(rest.len());
    let all = rest.get(..end).unwrap_or_default();
    let behind = start.saturating_add(end);
    if all.is_empty() {
        return Ok((None, behind));
    }
    let mut id = 0u64;
    for c in all.trim_matches(is_space).chars() {
        // White space between digits makes no number of them.
        let digit = c.to_digit(10).ok_or(Error::AckId)?;
        id = id.saturating_mul(10).saturating_add(digit.into());
    }
    if id > grammar::MAX_ACK_ID && !leniency.unbounded_id {
        return Err(Error::AckId);
    }
    Ok((Some(id), behind))
}

/// The arguments of an event or an acknowledgement that has none.
#[cold]
pub(super) fn without_payload(
    kind: Kind,
    first: Option<u8>,
    attachments: usize,
    leniency: &Leniency,
) -> Result<Packet<'static>, Error> {
    if first.is_some() || !leniency.missing_payload {
        return Err(Error::Payload);
    }
    let binary = (attachments > 0).then(|| Binary {
        holes: Vec::new(),
        attachments: Vec::new(),
    });
    Ok(Packet {
        text: Cow::Borrowed("[]"),
        name: Span::new(0, 0),
        args: Span::new(0, 2),
        inner: 1,
        count: 0,
        extra: Extra::of(
            matches!(kind, Kind::Event).then(|| Box::from("undefined")),
            binary,
        ),
    })
}

/// The name of an event whose array at `at` begins with no name, as JavaScript makes a key of what is
/// there instead; and the arguments behind it.
pub(super) fn odd_name(text: &str, at: usize) -> Result<(Name, Args), Error> {
    let all = scan::args(text, at, &mut ())?;
    let nothing = |name: &str| (Span::new(all.inner, all.inner), Some(Box::from(name)));
    if all.count == 0 {
        return Ok((nothing("undefined"), all));
    }
    let rest = text.get(all.inner..).unwrap_or_default();
    let words = ["null", "true", "false"];
    let word = words.into_iter().find(|word| rest.starts_with(word));
    let word = word.ok_or(Error::EventName)?;
    // The text is of our own making: no white space, a comma behind each argument but the last.
    let comma = usize::from(all.count > 1);
    let args = Args {
        inner: all.inner.saturating_add(word.len()).saturating_add(comma),
        end: all.end,
        count: all.count.saturating_sub(1),
    };
    Ok((nothing(word), args))
}
