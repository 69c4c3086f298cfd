//! A position in text, and what can be read there. What is no JSON is an error, wherever it is come upon; where the text
//! was checked before, there is none.

use super::{
    access::{Elements, Members, RawParts},
    number::{Number, few_digits, long, short},
};
use crate::{
    DecodeError,
    holes::{Hole, hole_at, holes_in},
    scan::{self, Fault, MAX_DEPTH},
    text::{find_end, first_byte, special, unescape},
};
use alloc::{borrow::Cow, vec::Vec};
use bytes::Bytes;
use serde::de::{Error as _, Visitor};

/// JSON text, and what its placeholders stand for.
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

/// What is looked at at once of a string: its quotes, and eight bytes.
const WINDOW: usize = 10;

/// As [`WINDOW`], with what is before and behind a key.
const KEY: usize = 12;

/// The most elements that room is made for before they are there, as an array before this one had them.
const EXPECTED: usize = 8;

/// The same, of the first array.
const FIRST: usize = 16;

/// What an element of the first array may take, in bytes of text.
const ELEMENT: usize = 64;

/// A position in text.
#[derive(Debug)]
pub(crate) struct Reader<'de> {
    pub(crate) source: Source<'de>,
    /// What is left of its text.
    rest: &'de str,
    /// Where the one value that begins here ends, with the white space behind it, if that is known.
    known: Option<(usize, usize)>,
    /// How many elements the last array had, if there was one, and nought for more than [`EXPECTED`]: neighbours are
    /// often alike.
    expected: Option<usize>,
    /// How many arrays and objects are open here.
    depth: usize,
    /// Something was found that is not right there; whoever is told may make nothing of it.
    torn: bool,
    /// How many bytes of attachments may still be copied.
    budget: usize,
}

impl<'de> Reader<'de> {
    pub(crate) fn new(source: Source<'de>, at: usize) -> Self {
        let sum = source
            .attachments
            .iter()
            .fold(REPEATS, |n, a| n.saturating_add(a.len()));
        Self {
            source,
            rest: source.text.get(at..).unwrap_or_default(),
            known: None,
            expected: None,
            depth: 0,
            torn: false,
            budget: sum,
        }
    }

    /// As if so many arrays and objects were open.
    pub(super) fn at_depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Whether all was right so far, and nothing is open but so many arrays and objects.
    pub(super) fn is_whole(&self, depth: usize) -> bool {
        !self.torn && self.depth == depth
    }

    /// The error for what is not right here.
    #[cold]
    #[inline(never)]
    pub(super) fn unexpected(&mut self, what: &'static str) -> DecodeError {
        self.torn = true;
        DecodeError::custom(what)
    }

    #[cold]
    #[inline(never)]
    fn fault(&mut self, fault: Fault) -> DecodeError {
        self.torn = true;
        DecodeError::custom(crate::Error::from(fault))
    }

    /// Nothing but one value, and white space around it, is there until `end`.
    pub(super) fn with_one_until(mut self, end: usize) -> Self {
        self.peek();
        self.known = Some((self.at(), end));
        self
    }

    /// The offset of the byte here.
    #[inline(always)]
    pub(super) fn at(&self) -> usize {
        self.source.text.len().wrapping_sub(self.rest.len())
    }

    #[inline(always)]
    fn go_to(&mut self, at: usize) {
        self.rest = self.source.text.get(at..).unwrap_or_default();
    }

    #[inline(always)]
    fn bytes(&self) -> &'de [u8] {
        self.rest.as_bytes()
    }

    /// The byte here or, where that is white space, the first one behind it.
    #[inline(always)]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        match self.bytes().first() {
            Some(&b) if b > b' ' => Some(b),
            Some(_) | None => self.peek_behind_space(),
        }
    }

    #[cold]
    #[inline(never)]
    fn peek_behind_space(&mut self) -> Option<u8> {
        self.step(scan::space(self.bytes()));
        self.bytes().first().copied()
    }

    /// Passes so many bytes, which end with a character.
    #[inline(always)]
    pub(super) fn step(&mut self, n: usize) {
        if let Some(rest) = self.rest.get(n..) {
            self.rest = rest;
        }
    }

    /// Eats a literal.
    #[inline(always)]
    pub(super) fn pass(&mut self, word: &'static str) -> Result<(), DecodeError> {
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.ok_or_else(|| self.unexpected("a value was expected"))?;
        Ok(())
    }

    /// Eats `b`, or says that there is something else.
    #[inline(always)]
    pub(crate) fn eat(&mut self, b: u8) -> bool {
        let found = self.peek() == Some(b);
        if found {
            self.step(1);
        }
        found
    }

    #[inline(always)]
    pub(crate) fn expect(&mut self, b: u8, what: &'static str) -> Result<(), DecodeError> {
        if self.eat(b) {
            return Ok(());
        }
        Err(self.unexpected(what))
    }

    /// Whether this is the byte here, and no white space before it.
    #[inline(always)]
    pub(super) fn is_at(&self, b: u8) -> bool {
        self.bytes().first() == Some(&b)
    }

    /// The string here, if it is one of at most eight bytes without escapes, and neither behind white space nor at the
    /// end.
    #[inline(always)]
    pub(super) fn short_string(&mut self) -> Option<&'de str> {
        let window = self.bytes().first_chunk::<WINDOW>()?;
        let [b'"', text @ .., _] = window else {
            return None;
        };
        let end = first_byte(special(u64::from_le_bytes(*text))).wrapping_add(1);
        match window.get(end) {
            Some(b'"') => self.quoted(end),
            Some(_) | None => None,
        }
    }

    /// The string here, if it is one without escapes, and not behind white space.
    #[inline(always)]
    pub(super) fn plain_string(&mut self) -> Option<&'de str> {
        if !self.is_at(b'"') {
            return None;
        }
        let end = find_end(self.bytes(), 1)?;
        self.quoted(end)
    }

    /// The string whose quotes are here and at `end`.
    #[inline(always)]
    fn quoted(&mut self, end: usize) -> Option<&'de str> {
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(1..)?;
        text.get(1..)
    }

    /// Eats what leads to an element or member, if there is one more: the opening bracket to the first, and a comma to
    /// any other.
    #[inline(always)]
    pub(super) fn more(&mut self, lead: u8, close: u8) -> bool {
        match *self.bytes() {
            // Signed, so that what is no boundary of a character is not greater.
            [b, next, ..] if b == lead && next.cast_signed() > b' '.cast_signed() => {
                self.step(1);
                next != close || lead == b','
            }
            [b, ..] if b == close => false,
            _ => self.more_behind_space(lead, close),
        }
    }

    #[cold]
    #[inline(never)]
    fn more_behind_space(&mut self, lead: u8, close: u8) -> bool {
        self.eat(lead) && (self.peek() != Some(close) || lead == b',')
    }

    /// Eats what leads to a member, its key and the colon behind it, if it is a short one without escapes and there is no
    /// white space between them.
    #[inline(always)]
    pub(super) fn plain_key(&mut self, lead: u8) -> Option<&'de str> {
        let window = self.bytes().first_chunk::<KEY>()?;
        let [b, b'"', text @ .., _, _] = window else {
            return None;
        };
        if *b != lead {
            return None;
        }
        let end = first_byte(special(u64::from_le_bytes(*text))).wrapping_add(2);
        if window.get(end..end.wrapping_add(2)) != Some(b"\":") {
            return None;
        }
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(2..)?;
        text.get(2..)
    }

    /// The key here, its colon and white space behind that eaten.
    #[inline(always)]
    pub(super) fn any_key(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        self.peek();
        let key = match self.short_string().or_else(|| self.plain_string()) {
            Some(key) => Cow::Borrowed(key),
            None => self.string()?,
        };
        self.expect(b':', "a colon was expected")?;
        self.peek();
        Ok(key)
    }

    /// The string here, which must be one.
    #[inline(never)]
    pub(crate) fn string(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        if !self.is_at(b'"') {
            return Err(self.unexpected("a string was expected"));
        }
        let rest = self.rest;
        let token = scan::string(rest.as_bytes(), 0).map_err(|fault| self.fault(fault))?;
        self.step(token.end);
        let raw = rest.get(1..token.end.wrapping_sub(1)).unwrap_or_default();
        Ok(unescape(raw, token.escaped))
    }

    /// Passes the value here; returns where it was.
    pub(super) fn skip(&mut self) -> Result<(usize, usize), DecodeError> {
        self.peek();
        let start = self.at();
        let end = match self.known {
            Some((known, end)) if known == start => {
                let text = self.source.text.get(start..end).unwrap_or_default();
                start.wrapping_add(text.trim_ascii_end().len())
            }
            Some(_) | None => scan::value(self.source.text, start, self.depth, &mut ())
                .map_err(|fault| self.fault(fault))?,
        };
        self.go_to(end);
        Ok((start, end))
    }

    /// The bytes that the placeholder here stands for.
    pub(super) fn binary(&mut self) -> Result<Option<&'de Bytes>, DecodeError> {
        self.peek();
        let Some(hole) = hole_at(self.source.holes, self.at()) else {
            return Ok(None);
        };
        self.go_to(hole.end as usize);
        let bytes = self.source.attachments.get(hole.num as usize);
        let bytes = bytes.ok_or_else(|| DecodeError::custom("a missing attachment"))?;
        self.spend(bytes.len())?;
        Ok(Some(bytes))
    }

    fn spend(&mut self, n: usize) -> Result<(), DecodeError> {
        self.budget = self.budget.checked_sub(n).ok_or(DecodeError::Repeated)?;
        Ok(())
    }

    /// The number here, if it is one of few digits, and no white space before it.
    #[inline(always)]
    pub(super) fn short_number(&mut self) -> Option<Number> {
        let bytes = self.bytes();
        let (number, end) = bytes.first_chunk().and_then(few_digits)?;
        self.step(end);
        Some(number)
    }

    /// The number here, whatever its form.
    #[inline(never)]
    pub(super) fn number(&mut self) -> Result<Number, DecodeError> {
        let text = self.number_text()?;
        let number = match short(text.as_bytes()) {
            Some((number, _)) => Some(number),
            None => long(text),
        };
        number.ok_or(DecodeError::Number)
    }

    pub(super) fn number_text(&mut self) -> Result<&'de str, DecodeError> {
        self.peek();
        let rest = self.rest;
        let end = scan::number(rest.as_bytes(), 0).map_err(|fault| self.fault(fault))?;
        self.step(end);
        Ok(rest.get(..end).unwrap_or_default())
    }

    pub(super) fn is_number(&mut self) -> bool {
        matches!(self.peek(), Some(b'-' | b'0'..=b'9'))
    }

    /// Something is opened here.
    #[inline(always)]
    pub(super) fn enter(&mut self) -> Result<(), DecodeError> {
        self.depth = self.depth.wrapping_add(1);
        if self.depth > MAX_DEPTH {
            return Err(self.fault(Fault::Depth));
        }
        Ok(())
    }

    /// What was opened last is closed here.
    #[inline(always)]
    pub(super) fn leave(&mut self, close: u8, what: &'static str) -> Result<(), DecodeError> {
        self.expect(close, what)?;
        self.depth = self.depth.wrapping_sub(1);
        Ok(())
    }

    /// How many elements an array here may have, for what little room is made for them in advance.
    #[inline(always)]
    pub(super) fn expected(&self) -> usize {
        match self.expected {
            Some(expected) => expected,
            None => (self.rest.len() / ELEMENT).min(FIRST),
        }
    }

    /// The array whose bracket is here.
    #[inline(always)]
    pub(super) fn sequence<V: Visitor<'de>>(
        &mut self,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.enter()?;
        let mut elements = Elements::new(self);
        let value = visitor.visit_seq(&mut elements)?;
        let count = elements.end();
        self.expected = Some(if count <= EXPECTED { count } else { 0 });
        self.leave(b']', "more elements than were expected")?;
        Ok(value)
    }

    /// The object whose brace is here.
    #[inline(always)]
    pub(super) fn mapping<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        self.enter()?;
        let mut members = Members::new(self);
        let value = visitor.visit_map(&mut members)?;
        members.end();
        self.leave(b'}', "more members than were expected")?;
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
