//! Packets as they arrive: validated text, and the attachments that belong to it.

pub(crate) mod decode;
pub(crate) mod decoded;
pub(crate) mod encode;
pub(crate) mod grammar;
pub(crate) mod lenient;
pub(crate) mod unchecked;

use crate::{
    DecodeError, Value,
    de::{Source, decode_args, decode_one},
    holes::Hole,
    text::unescape,
};
use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use bytes::Bytes;
pub(crate) use lenient::whole_number;
use serde::Deserialize;

/// A JSON value of its own, validated but not taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw<'b>(pub(crate) Cow<'b, str>);

impl Raw<'_> {
    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value as a type of the application.
    ///
    /// # Errors
    /// [`DecodeError`] when it does not fit.
    pub fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        decode_one(Source::text(&self.0))
    }

    /// The value as a dynamic one.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::from_parts((*self.0).into(), Vec::new(), Vec::new())
    }

    /// Detaches the text from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Raw<'static> {
        Raw(Cow::Owned(self.0.into_owned()))
    }
}

/// What only a packet with attachments has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binary {
    pub(crate) holes: Vec<Hole>,
    pub(crate) attachments: Vec<Bytes>,
}

/// What few packets have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extra {
    /// The name, where it is not in the text as it is: one with escapes, or a number in another form
    /// than its decimal string.
    pub(crate) resolved: Option<Box<str>>,
    pub(crate) binary: Option<Binary>,
}

impl Extra {
    #[inline]
    pub(crate) fn of(resolved: Option<Box<str>>, binary: Option<Binary>) -> Option<Box<Self>> {
        if resolved.is_none() && binary.is_none() {
            return None;
        }
        Some(Box::new(Self { resolved, binary }))
    }
}

/// From where to where, in the text of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    #[inline]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: narrow(start),
            end: narrow(end),
        }
    }

    #[inline]
    fn of(self, text: &str) -> &str {
        let range = self.start as usize..self.end as usize;
        text.get(range).unwrap_or_default()
    }
}

/// No offset is lost: the scan refuses longer texts.
#[inline(always)]
pub(crate) fn narrow(n: usize) -> u32 {
    n as u32
}

/// The arguments of an event or an acknowledgement: JSON that was checked (its grammar, its depth,
/// its placeholders) and not taken apart, and its attachments.
///
/// The argument a placeholder stands for is binary. An object of the peer's own that looks like a
/// placeholder is one in a packet with attachments, and a plain object in any other, since the
/// protocol has no escape for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<'b> {
    /// The message, its head included.
    pub(crate) text: Cow<'b, str>,
    /// Where the event's name is in the text, without quotes; empty for an acknowledgement.
    pub(crate) name: Span,
    /// The array.
    pub(crate) args: Span,
    /// Where the first argument begins, behind the name and its comma.
    pub(crate) inner: u32,
    pub(crate) count: u32,
    pub(crate) extra: Option<Box<Extra>>,
}

impl Packet<'_> {
    /// The event's name; empty for an acknowledgement.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.extra.as_ref().and_then(|e| e.resolved.as_ref()) {
            Some(name) => name,
            None => self.name.of(&self.text),
        }
    }

    /// The JSON text of the whole array, the name included; binary values are placeholders.
    #[must_use]
    pub fn args(&self) -> &str {
        self.args.of(&self.text)
    }

    /// The JSON text between the name and the closing bracket: the arguments with commas between.
    pub(crate) fn inner(&self) -> &str {
        let (start, end) = self.inner_range();
        self.text.get(start..end).unwrap_or_default()
    }

    /// The same with the closing bracket.
    #[inline]
    pub(crate) fn closed(&self) -> &str {
        let range = self.inner as usize..self.args.end as usize;
        self.text.get(range).unwrap_or_default()
    }

    /// The text of the whole array, if it begins with this name as it is.
    #[inline]
    pub(crate) fn array_named(&self, name: &str) -> Option<&str> {
        let is_resolved = self.extra.as_ref().is_some_and(|e| e.resolved.is_some());
        let before = (self.name.start as usize).checked_sub(1)?;
        let is_named = self.text.as_bytes().get(before) == Some(&b'"')
            && self.name.of(&self.text) == name
            && !is_resolved;
        is_named.then(|| self.args())
    }

    fn inner_range(&self) -> (usize, usize) {
        let end = self.args.end.saturating_sub(1).max(self.inner);
        (self.inner as usize, end as usize)
    }

    fn binary(&self) -> Option<&Binary> {
        self.extra.as_ref()?.binary.as_ref()
    }

    /// The last argument, if it is a string: the offset, in an event of a session that can be recovered.
    #[must_use]
    pub fn last_string(&self) -> Option<Cow<'_, str>> {
        let before = self.inner().trim_end().strip_suffix('"')?;
        let mut end = before.len();
        // Inside a string, an odd number of backslashes stands before every quote.
        while let Some(at) = before.get(..end)?.rfind('"') {
            let ahead = before.get(..at)?;
            let slashes = ahead
                .len()
                .saturating_sub(ahead.trim_end_matches('\\').len());
            if slashes % 2 == 0 {
                let raw = before.get(at.saturating_add(1)..)?;
                return Some(unescape(raw, raw.contains('\\')));
            }
            end = at;
        }
        None
    }

    /// How many arguments there are, the name not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is no argument.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The binary attachments, in the order in which they arrived.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        self.binary().map_or(&[], |b| &b.attachments)
    }

    fn holes(&self) -> &[Hole] {
        self.binary().map_or(&[], |b| &b.holes)
    }

    /// The arguments as types of the application.
    ///
    /// A tuple takes one argument for each of its members, `()` takes none, and any other type takes
    /// the first argument. Arguments beyond those are ignored; where one is missing, an `Option` is
    /// `None`. A Rust array `[T; N]` is a tuple to serde. Strings may borrow from the packet; a lone
    /// surrogate in one becomes U+FFFD. Binary values are copied into the `bytes::Bytes` (or anything
    /// else that takes bytes, or a `Vec<u8>`) that asks for them.
    ///
    /// # Errors
    /// [`DecodeError`] when an argument does not fit, or when placeholders repeat attachments so that
    /// the copies would be larger than what arrived.
    pub fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        let source = Source {
            text: &self.text,
            holes: self.holes(),
            attachments: self.attachments(),
        };
        decode_args(source, self.inner_range(), self.len())
    }

    /// The arguments as a dynamic array, the name not included. Attachments are shared, not copied.
    #[must_use]
    pub fn args_value(&self) -> Value {
        let base = self.inner;
        Value::array_of(self.inner(), base, self.holes(), self.attachments())
    }

    /// A copy that borrows nothing. Attachments are shared.
    #[must_use]
    pub fn to_static(&self) -> Packet<'static> {
        Packet {
            text: Cow::Owned((*self.text).into()),
            name: self.name,
            args: self.args,
            inner: self.inner,
            count: self.count,
            extra: self.extra.clone(),
        }
    }

    /// Detaches the packet from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Packet<'static> {
        Packet {
            text: Cow::Owned(self.text.into_owned()),
            name: self.name,
            args: self.args,
            inner: self.inner,
            count: self.count,
            extra: self.extra,
        }
    }
}
