//! A position in validated text, and what can be read there.

use super::{
    access::{Elements, Members, RawParts},
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
use serde::de::{Error as _, Visitor};

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

#[cold]
#[inline(never)]
fn unexpected(what: &'static str) -> DecodeError {
    DecodeError::custom(what)
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

    /// The byte here or, where that is white space, the first one behind it.
    #[inline(always)]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        match self.source.text.as_bytes().get(self.at) {
            Some(&b) if b > b' ' => Some(b),
            Some(_) | None => self.peek_behind_space(),
        }
    }

    #[cold]
    #[inline(never)]
    fn peek_behind_space(&mut self) -> Option<u8> {
        let bytes = self.source.text.as_bytes();
        self.at = scan::skip_space(bytes, self.at);
        bytes.get(self.at).copied()
    }

    /// Passes the byte here.
    #[inline(always)]
    pub(super) fn step(&mut self) {
        self.at = self.at.wrapping_add(1);
    }

    /// Eats `b`, or says that there is something else.
    #[inline(always)]
    pub(crate) fn eat(&mut self, b: u8) -> bool {
        let found = self.peek() == Some(b);
        self.at = self.at.wrapping_add(usize::from(found));
        found
    }

    #[inline(always)]
    pub(crate) fn expect(&mut self, b: u8, what: &'static str) -> Result<(), DecodeError> {
        if self.eat(b) {
            return Ok(());
        }
        Err(unexpected(what))
    }

    /// Whether this is the byte here, and no white space before it.
    #[inline(always)]
    pub(super) fn is_at(&self, b: u8) -> bool {
        self.source.text.as_bytes().get(self.at) == Some(&b)
    }

    /// The string whose quote is here, if it is one without escapes.
    #[inline(always)]
    pub(super) fn plain_string(&mut self) -> Option<&'de str> {
        let text = self.source.text;
        let start = self.at.wrapping_add(1);
        let end = plain_run(text.as_bytes(), start);
        if text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        self.at = end.wrapping_add(1);
        text.get(start..end)
    }

    /// The key here, its colon eaten, if it is one without escapes, and no white space around it.
    #[inline(always)]
    pub(super) fn plain_key(&mut self) -> Option<&'de str> {
        let text = self.source.text;
        if !self.is_at(b'"') {
            return None;
        }
        let start = self.at.wrapping_add(1);
        let end = plain_run(text.as_bytes(), start);
        let [b'"', b':', ..] = text.as_bytes().get(end..)? else {
            return None;
        };
        self.at = end.wrapping_add(2);
        text.get(start..end)
    }

    /// The key here, its colon eaten.
    #[inline(never)]
    pub(super) fn any_key(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        self.peek();
        let key = self.string()?;
        self.expect(b':', "a colon was expected")?;
        Ok(key)
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
    pub(super) fn skip(&mut self) -> Result<(usize, usize), DecodeError> {
        self.peek();
        let start = self.at;
        self.at = match self.known {
            Some((known, end)) if known == start => end,
            Some(_) | None => scan::value(self.source.text, start, &mut ())?,
        };
        Ok((start, self.at))
    }

    /// The bytes that the placeholder here stands for.
    pub(super) fn binary(&mut self) -> Result<Option<&'de Bytes>, DecodeError> {
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

    /// The number here, if it is a common one, and no white space before it.
    #[inline(always)]
    pub(super) fn short_number(&mut self) -> Option<Number> {
        let (number, end) = short(self.source.text.as_bytes(), self.at)?;
        self.at = end;
        Some(number)
    }

    #[inline(never)]
    pub(super) fn number(&mut self) -> Result<Number, DecodeError> {
        self.peek();
        match self.short_number() {
            Some(number) => Ok(number),
            None => long(self.number_text()?).ok_or(DecodeError::Number),
        }
    }

    pub(super) fn number_text(&mut self) -> Result<&'de str, DecodeError> {
        self.peek();
        let (text, start) = (self.source.text, self.at);
        self.at = scan::number(text.as_bytes(), start)?;
        Ok(text.get(start..self.at).unwrap_or_default())
    }

    pub(super) fn is_number(&mut self) -> bool {
        matches!(self.peek(), Some(b'-' | b'0'..=b'9'))
    }

    /// The array whose bracket is here.
    #[inline(always)]
    pub(super) fn sequence<V: Visitor<'de>>(
        &mut self,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.step();
        let value = visitor.visit_seq(Elements::new(self))?;
        self.expect(b']', "more elements than were expected")?;
        Ok(value)
    }

    /// The object whose brace is here.
    #[inline(always)]
    pub(super) fn mapping<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        self.step();
        let value = visitor.visit_map(Members::new(self))?;
        self.expect(b'}', "more members than were expected")?;
        Ok(value)
    }

    /// Hands over the value here as text, holes and attachments, for [`Value`](crate::Value).
    pub(super) fn raw<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
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
