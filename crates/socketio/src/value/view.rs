//! Looking into a value without taking it apart.

use super::{Value, ValueKind, tape::Node};
use crate::{
    DecodeError,
    de::{self, Reader},
    holes::{Hole, holes_in},
    text::unescape,
};
use alloc::{borrow::Cow, vec::Vec};
use bytes::Bytes;
use serde::Deserialize;

/// A place in a [`Value`].
#[derive(Clone, Copy)]
pub struct View<'a> {
    value: &'a Value,
    index: usize,
}

impl<'a> View<'a> {
    pub(super) fn new(value: &'a Value, index: usize) -> Self {
        Self { value, index }
    }

    fn node(self) -> Option<Node> {
        self.value.tape.get(self.index).copied()
    }

    fn of_kind(self, kind: ValueKind) -> Option<Node> {
        self.node().filter(|n| n.kind() == kind)
    }

    fn slice(self, node: Node) -> &'a str {
        let range = node.start as usize..node.end as usize;
        self.value.text.get(range).unwrap_or_default()
    }

    /// The node behind this one and all within it.
    fn next(self) -> usize {
        self.node().map_or(usize::MAX, |n| n.next as usize)
    }

    fn inside(self) -> Self {
        Self::new(self.value, self.index.saturating_add(1))
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(self) -> ValueKind {
        self.node().map_or(ValueKind::Null, Node::kind)
    }

    /// The JSON text of this place; binary leaves are placeholders.
    #[must_use]
    pub fn json(self) -> &'a str {
        self.node().map_or("null", |n| self.slice(n))
    }

    /// The member of an object; where a key is repeated, the last one. Takes time in proportion to the
    /// number of members.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        let members = self.members().filter(|(k, _)| k == key);
        members.last().map(|(_, v)| v)
    }

    /// The element of an array. Takes time in proportion to `index`.
    #[must_use]
    pub fn at(self, index: usize) -> Option<Self> {
        self.items().nth(index)
    }

    /// How many elements or members there are; 0 for a leaf.
    #[must_use]
    pub fn len(self) -> usize {
        match self.node() {
            Some(n) if matches!(n.kind(), ValueKind::Array | ValueKind::Object) => {
                n.detail() as usize
            }
            Some(_) | None => 0,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The elements of an array; of anything else, none.
    #[must_use]
    pub fn items(self) -> Items<'a> {
        let left = self.of_kind(ValueKind::Array).map_or(0, Node::detail);
        Items {
            at: self.inside(),
            left: left as usize,
        }
    }

    /// The members of an object, in the order of the text; of anything else, none.
    #[must_use]
    pub fn members(self) -> Members<'a> {
        let left = self.of_kind(ValueKind::Object).map_or(0, Node::detail);
        Members {
            at: self.inside(),
            left: left as usize,
        }
    }

    /// The string, its escapes resolved; a lone surrogate becomes U+FFFD.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        let node = self.of_kind(ValueKind::String)?;
        let quoted = self.slice(node);
        let raw = quoted.get(1..quoted.len().saturating_sub(1))?;
        Some(unescape(raw, node.detail() != 0))
    }

    /// The number, if it is an integer in range.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        self.number()?.parse().ok()
    }

    /// The number, if it is an integer in range.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        self.number()?.parse().ok()
    }

    /// The number, if a double can hold its magnitude.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        self.number()?.parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// The text of the number.
    pub(super) fn number(self) -> Option<&'a str> {
        Some(self.slice(self.of_kind(ValueKind::Number)?))
    }

    /// The boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        Some(self.slice(self.of_kind(ValueKind::Bool)?) == "true")
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == ValueKind::Null
    }

    /// The binary leaf; cloning it copies nothing.
    #[must_use]
    pub fn as_bytes(self) -> Option<&'a Bytes> {
        let num = self.of_kind(ValueKind::Binary)?.detail();
        self.value.attachments.get(num as usize)
    }

    /// This place as a type of the application; strings may borrow from the value.
    ///
    /// # Errors
    /// [`DecodeError`] when it does not fit.
    pub fn decode<T: Deserialize<'a>>(self) -> Result<T, DecodeError> {
        let source = de::Source {
            text: &self.value.text,
            holes: &self.value.holes,
            attachments: &self.value.attachments,
        };
        let start = self.node().map_or(0, |n| n.start as usize);
        T::deserialize(&mut Reader::new(source, start))
    }

    /// This place as a value of its own. Its text is copied, its binary leaves are shared.
    #[must_use]
    pub fn to_value(self) -> Value {
        let Some(node) = self.node() else {
            return Value::null();
        };
        let (start, end) = (node.start as usize, node.end as usize);
        let mut places: Vec<u32> = Vec::new();
        let mut holes = Vec::new();
        for hole in holes_in(&self.value.holes, start, end) {
            let place = places.iter().position(|&n| n == hole.num);
            let place = place.unwrap_or_else(|| {
                places.push(hole.num);
                places.len().saturating_sub(1)
            });
            holes.push(Hole {
                start: hole.start.saturating_sub(node.start),
                end: hole.end.saturating_sub(node.start),
                num: u32::try_from(place).unwrap_or(u32::MAX),
            });
        }
        let attachment = |n: &u32| self.value.attachments.get(*n as usize).cloned();
        let attachments = places.iter().filter_map(attachment).collect();
        Value::renumbered(self.slice(node), &holes, attachments)
    }

    /// The parts in which this place passes through an encoder: text, hole, text, hole, text.
    pub(super) fn holes(self) -> &'a [Hole] {
        self.node().map_or(&[], |n| {
            holes_in(&self.value.holes, n.start as usize, n.end as usize)
        })
    }

    pub(super) fn text(self, start: usize, end: usize) -> &'a str {
        self.value.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn bounds(self) -> (usize, usize) {
        self.node()
            .map_or((0, 0), |n| (n.start as usize, n.end as usize))
    }

    pub(super) fn attachment(self, num: u32) -> &'a [u8] {
        let bytes = self.value.attachments.get(num as usize);
        bytes.map_or(&[], |b| b)
    }

    /// The nodes of this place, in order.
    fn nodes(self) -> &'a [Node] {
        let tape = &self.value.tape;
        tape.get(self.index..self.next()).unwrap_or_default()
    }
}

impl PartialEq for View<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.nodes(), other.nodes());
        if ours.len() != theirs.len() {
            return false;
        }
        (0..ours.len()).all(|i| {
            let a = Self::new(self.value, self.index.saturating_add(i));
            let b = View::new(other.value, other.index.saturating_add(i));
            a.kind() == b.kind() && a.len() == b.len() && a.leaf_eq(b)
        })
    }
}

impl View<'_> {
    fn leaf_eq(self, other: View<'_>) -> bool {
        match self.kind() {
            ValueKind::Null | ValueKind::Array | ValueKind::Object => true,
            ValueKind::Bool => self.as_bool() == other.as_bool(),
            ValueKind::String => self.as_str() == other.as_str(),
            ValueKind::Binary => self.as_bytes() == other.as_bytes(),
            ValueKind::Number => {
                self.number() == other.number()
                    || (self.as_i64().is_some() && self.as_i64() == other.as_i64())
                    || self.same_double(other)
            }
        }
    }

    /// Integers that differ may be the same double: they are not the same number.
    fn same_double(self, other: View<'_>) -> bool {
        let integer = |v: View<'_>| v.as_i64().is_some() || v.as_u64().is_some();
        let both = integer(self) && integer(other);
        !both && self.as_f64().is_some() && self.as_f64() == other.as_f64()
    }
}

/// The elements of an array.
#[derive(Clone)]
pub struct Items<'a> {
    at: View<'a>,
    left: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = View<'a>;

    fn next(&mut self) -> Option<View<'a>> {
        self.left = self.left.checked_sub(1)?;
        let item = self.at;
        self.at.index = item.next();
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The members of an object.
#[derive(Clone)]
pub struct Members<'a> {
    at: View<'a>,
    left: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, View<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let key = self.at.as_str()?;
        let value = self.at.inside();
        self.at.index = value.next();
        Some((key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Members<'_> {}
