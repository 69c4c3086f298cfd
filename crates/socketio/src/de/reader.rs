//! The deserializer of one value.

use super::{
    RAW,
    access::{Elements, Members, RawParts, Variant},
    number::{Number, long, short},
};
use crate::{
    DecodeError,
    holes::{Hole, hole_at, holes_in},
    scan::{self, Fault},
    text::{plain_run, unescape},
};
use alloc::{borrow::Cow, vec::Vec};
use bytes::Bytes;
use serde::de::{
    self, Deserializer, Error as _, Unexpected, Visitor,
    value::{BorrowedStrDeserializer, SeqDeserializer},
};

/// Validated text, and what its placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'de> {
    pub(crate) text: &'de str,
    /// Sorted; offsets into `text`.
    pub(crate) holes: &'de [Hole],
    pub(crate) attachments: &'de [Bytes],
}

impl<'de> Source<'de> {
    pub(crate) const fn text(text: &'de str) -> Self {
        Self {
            text,
            holes: &[],
            attachments: &[],
        }
    }
}

/// Repeated attachments may be copied up to this many bytes beyond their sum.
const REPEATS: usize = 16 * 1024;

/// A position in validated text.
#[derive(Debug)]
pub(crate) struct Reader<'de> {
    pub(crate) source: Source<'de>,
    pub(crate) at: usize,
    /// Where the value that begins here ends, if that is known.
    known: Option<(usize, usize)>,
    /// How many bytes of attachments may still be copied.
    budget: usize,
}

impl From<Fault> for DecodeError {
    fn from(fault: Fault) -> Self {
        Self::custom(crate::Error::from(fault))
    }
}

impl<'de> Reader<'de> {
    pub(crate) fn new(source: Source<'de>, at: usize) -> Self {
        let sum = source
            .attachments
            .iter()
            .fold(REPEATS, |n, a| n.saturating_add(a.len()));
        Self {
            source,
            at,
            known: None,
            budget: sum,
        }
    }

    /// Nothing but one value, and white space around it, is there until `end`.
    pub(super) fn with_one_until(mut self, end: usize) -> Self {
        self.peek();
        let text = self.source.text.get(self.at..end).unwrap_or_default();
        let end = self.at.wrapping_add(text.trim_ascii_end().len());
        self.known = Some((self.at, end));
        self
    }

    #[inline(always)]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.source.text.as_bytes();
        self.at = scan::skip_space(bytes, self.at);
        bytes.get(self.at).copied()
    }

    /// Eats `b`, or says that there is something else.
    #[inline(always)]
    pub(crate) fn eat(&mut self, b: u8) -> bool {
        let found = self.peek() == Some(b);
        self.at = self.at.wrapping_add(usize::from(found));
        found
    }

    pub(crate) fn expect(&mut self, b: u8, what: &'static str) -> Result<(), DecodeError> {
        if self.eat(b) {
            return Ok(());
        }
        Err(DecodeError::custom(what))
    }

    /// The string here, if it is one without escapes.
    #[inline(always)]
    pub(crate) fn plain_string(&mut self) -> Option<&'de str> {
        let text = self.source.text;
        let bytes = text.as_bytes();
        let start = self.at.wrapping_add(1);
        let end = plain_run(bytes, start);
        if bytes.get(self.at) != Some(&b'"') || bytes.get(end) != Some(&b'"') {
            return None;
        }
        self.at = end.wrapping_add(1);
        text.get(start..end)
    }

    /// The string here, which must be one.
    #[inline(never)]
    pub(crate) fn string(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        let text = self.source.text;
        let token = scan::string(text.as_bytes(), self.at)?;
        self.at = token.end;
        let (start, end) = (token.start.wrapping_add(1), token.end.wrapping_sub(1));
        let raw = text.get(start..end).unwrap_or_default();
        Ok(unescape(raw, token.escaped))
    }

    /// Passes the value here; returns where it was.
    fn skip(&mut self) -> Result<(usize, usize), DecodeError> {
        self.peek();
        let start = self.at;
        self.at = match self.known {
            Some((known, end)) if known == start => end,
            Some(_) | None => scan::value(self.source.text, start, &mut ())?,
        };
        Ok((start, self.at))
    }

    /// The bytes that the placeholder here stands for.
    fn binary(&mut self) -> Result<Option<&'de Bytes>, DecodeError> {
        self.peek();
        let Some(hole) = hole_at(self.source.holes, self.at) else {
            return Ok(None);
        };
        self.at = hole.end as usize;
        let bytes = self.source.attachments.get(hole.num as usize);
        let bytes = bytes.ok_or_else(|| DecodeError::custom("a missing attachment"))?;
        self.spend(bytes.len())?;
        Ok(Some(bytes))
    }

    fn spend(&mut self, n: usize) -> Result<(), DecodeError> {
        self.budget = self.budget.checked_sub(n).ok_or(DecodeError::Repeated)?;
        Ok(())
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let number = match short(self.source.text.as_bytes(), self.at) {
            Some((number, end)) => {
                self.at = end;
                number
            }
            None => long(self.number_text()?).ok_or(DecodeError::Number)?,
        };
        match number {
            Number::Unsigned(n) => visitor.visit_u64(n),
            Number::Negative(n) => visitor.visit_i64(n),
            Number::Float(n) => visitor.visit_f64(n),
        }
    }

    /// The string here.
    #[inline(always)]
    fn text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.plain_string() {
            Some(text) => visitor.visit_borrowed_str(text),
            None => self.other_text(visitor),
        }
    }

    #[cold]
    fn other_text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.string()? {
            Cow::Borrowed(s) => visitor.visit_borrowed_str(s),
            Cow::Owned(s) => visitor.visit_string(s),
        }
    }

    fn number_text(&mut self) -> Result<&'de str, DecodeError> {
        self.peek();
        let (text, start) = (self.source.text, self.at);
        self.at = scan::number(text.as_bytes(), start)?;
        Ok(text.get(start..self.at).unwrap_or_default())
    }

    fn is_number(&mut self) -> bool {
        matches!(self.peek(), Some(b'-' | b'0'..=b'9'))
    }

    fn word<V: Visitor<'de>>(
        &mut self,
        len: usize,
        visit: impl FnOnce(V) -> Result<V::Value, DecodeError>,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.at = self.at.wrapping_add(len);
        visit(visitor)
    }

    fn sequence<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        self.expect(b'[', "an array was expected")?;
        let value = visitor.visit_seq(Elements::new(self))?;
        self.expect(b']', "more elements than were expected")?;
        Ok(value)
    }

    fn mapping<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        self.expect(b'{', "an object was expected")?;
        let value = visitor.visit_map(Members::new(self))?;
        self.expect(b'}', "more members than were expected")?;
        Ok(value)
    }

    /// Hands over the value here as text, holes and attachments, for [`Value`](crate::Value).
    fn raw<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let (start, end) = self.skip()?;
        let text = self.source.text.get(start..end).unwrap_or_default();
        let mut holes = Vec::new();
        let mut attachments: Vec<&'de Bytes> = Vec::new();
        let mut places: Vec<u32> = Vec::new();
        for hole in holes_in(self.source.holes, start, end) {
            let place = match places.iter().position(|&n| n == hole.num) {
                Some(place) => place,
                None => {
                    let bytes = self.source.attachments.get(hole.num as usize);
                    let bytes = bytes.ok_or_else(|| DecodeError::custom("a missing attachment"))?;
                    self.spend(bytes.len())?;
                    attachments.push(bytes);
                    places.push(hole.num);
                    attachments.len().wrapping_sub(1)
                }
            };
            for n in [hole.start as usize, hole.end as usize] {
                holes.push(u32::try_from(n.wrapping_sub(start)).unwrap_or(u32::MAX));
            }
            holes.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
        visitor.visit_seq(RawParts::new(text, holes, attachments))
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.peek() {
            Some(b'"') => self.text(visitor),
            Some(b'{') => match self.binary()? {
                Some(bytes) => visitor.visit_byte_buf(bytes.to_vec()),
                None => self.mapping(visitor),
            },
            Some(b'[') => self.sequence(visitor),
            Some(b't') => self.word(4, |v: V| v.visit_bool(true), visitor),
            Some(b'f') => self.word(5, |v: V| v.visit_bool(false), visitor),
            Some(b'n') => self.word(4, V::visit_unit, visitor),
            Some(_) | None => self.number(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let first = self.peek();
        if first == Some(b'"') {
            return self.text(visitor);
        }
        // Bytes are no text, even where they happen to be UTF-8.
        if first == Some(b'{')
            && let Some(bytes) = self.binary()?
        {
            return Err(DecodeError::invalid_type(
                Unexpected::Bytes(bytes),
                &visitor,
            ));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.peek() == Some(b'n') {
            return self.word(4, V::visit_none, visitor);
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == RAW {
            return self.raw(visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.peek() == Some(b'{')
            && let Some(bytes) = self.binary()?
        {
            return visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.peek() {
            Some(b'"') => match self.string()? {
                Cow::Borrowed(s) => visitor.visit_enum(BorrowedStrDeserializer::new(s)),
                Cow::Owned(s) => visitor.visit_enum(de::IntoDeserializer::into_deserializer(s)),
            },
            Some(b'{') => {
                self.at = self.at.wrapping_add(1);
                let value = visitor.visit_enum(Variant(self))?;
                self.expect(b'}', "one member was expected")?;
                Ok(value)
            }
            Some(_) | None => Err(DecodeError::custom("a variant was expected")),
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if !self.is_number() {
            return self.deserialize_any(visitor);
        }
        let raw = self.number_text()?;
        visitor.visit_i128(raw.parse().map_err(|_| DecodeError::Number)?)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if !self.is_number() {
            return self.deserialize_any(visitor);
        }
        let raw = self.number_text()?;
        visitor.visit_u128(raw.parse().map_err(|_| DecodeError::Number)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.skip()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char bytes byte_buf unit unit_struct
        tuple_struct map struct identifier
    }
}
