//! The dynamic value: JSON text, a flat index of it, and binary leaves. No tree, so nothing recurses
//! when it is dropped, compared or encoded.

mod build;
mod convert;
mod fmt;
mod tape;
mod view;

pub use tape::ValueKind;
pub use view::{Items, Members, View};

use crate::{DecodeError, Error, de, holes::Hole, scan, ser::Encoder};
use alloc::{borrow::ToOwned, boxed::Box, vec::Vec};
use bytes::Bytes;
use serde::Deserialize;
use tape::{Node, Tape};

/// Any JSON value, where a leaf may also be binary.
///
/// It holds its text and 16 bytes for each value and key in it. Numbers are kept as text: none loses
/// precision on its way through. Two values are equal when their structure, the order of their keys and
/// their leaves are; numbers are compared as numbers.
///
/// ```
/// use siox_socketio::Value;
///
/// let value: Value = r#"{"name":"siox","tags":["a","b"]}"#.parse()?;
/// assert_eq!(value.get("tags").and_then(|t| t.at(1)?.as_str().map(|s| s.into_owned())), Some("b".into()));
/// assert_eq!(value.to_string(), r#"{"name":"siox","tags":["a","b"]}"#);
/// # Ok::<_, siox_socketio::Error>(())
/// ```
#[derive(Clone)]
pub struct Value {
    text: Box<str>,
    tape: Box<[Node]>,
    /// Sorted; offsets into `text`, where their numbers are too, as places in `attachments`.
    holes: Box<[Hole]>,
    attachments: Vec<Bytes>,
}

impl Value {
    /// The JSON value `null`.
    #[must_use]
    pub fn null() -> Self {
        Self::from_parts("null".into(), Vec::new(), Vec::new())
    }

    /// A value from text that was validated before. (Should it not have been, it is `null`.)
    pub(crate) fn from_parts(text: Box<str>, holes: Vec<Hole>, attachments: Vec<Bytes>) -> Self {
        let mut tape = Tape::new(&holes, text.len());
        if scan::only_value(&text, 0, &mut tape).is_err() {
            return Self::null();
        }
        let tape = tape.finish();
        Self {
            text,
            tape,
            holes: holes.into(),
            attachments,
        }
    }

    /// What an encoder that records has written, which is valid unless it is nested too deep.
    pub(crate) fn from_encoder(encoder: Encoder) -> Option<Self> {
        let text = encoder.json.into_string();
        scan::only_value(&text, 0, &mut ()).ok()?;
        let holes = encoder.holes.unwrap_or_default();
        Some(Self::from_parts(text.into(), holes, encoder.attachments))
    }

    /// Text that was validated before, its placeholders written anew: `holes` are offsets into it, their
    /// numbers places in `attachments`.
    pub(crate) fn renumbered(text: &str, holes: &[Hole], attachments: Vec<Bytes>) -> Self {
        if holes.is_empty() {
            return Self::from_parts(text.into(), Vec::new(), attachments);
        }
        let mut encoder = Encoder::recording();
        encoder.splice(text, holes.iter().copied());
        let holes = encoder.holes.unwrap_or_default();
        Self::from_parts(encoder.json.into_string().into(), holes, attachments)
    }

    /// An array from the text of its elements, which began at `base` of the text that `holes` is about.
    pub(crate) fn array_of(inner: &str, base: u32, holes: &[Hole], attachments: &[Bytes]) -> Self {
        let mut text = alloc::string::String::with_capacity(inner.len().saturating_add(2));
        text.push('[');
        text.push_str(inner);
        text.push(']');
        let moved = |at: u32| at.saturating_sub(base).saturating_add(1);
        let holes = holes.iter().map(|h| Hole {
            start: moved(h.start),
            end: moved(h.end),
            num: h.num,
        });
        Self::from_parts(text.into(), holes.collect(), attachments.to_vec())
    }

    /// The value as one to look into.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(self, 0)
    }

    /// The JSON text; binary leaves are placeholders.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.text
    }

    /// The binary leaves, in the order of their placeholders' numbers.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// The value as a type of the application; strings may borrow from the value.
    ///
    /// # Errors
    /// [`DecodeError`] when it does not fit.
    pub fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        de::decode_one(de::Source {
            text: &self.text,
            holes: &self.holes,
            attachments: &self.attachments,
        })
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        self.view().kind()
    }

    /// The member of an object; where a key is repeated, the last one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<View<'_>> {
        self.view().get(key)
    }

    /// The element of an array.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<View<'_>> {
        self.view().at(index)
    }

    /// How many elements or members there are; 0 for a leaf.
    #[must_use]
    pub fn len(&self) -> usize {
        self.view().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements of an array.
    #[must_use]
    pub fn items(&self) -> Items<'_> {
        self.view().items()
    }

    /// The members of an object.
    #[must_use]
    pub fn members(&self) -> Members<'_> {
        self.view().members()
    }

    /// The string, its escapes resolved.
    #[must_use]
    pub fn as_str(&self) -> Option<alloc::borrow::Cow<'_, str>> {
        self.view().as_str()
    }

    /// The number, if it is an integer in range.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.view().as_i64()
    }

    /// The number, if it is an integer in range.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.view().as_u64()
    }

    /// The number, if a double can hold its magnitude.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.view().as_f64()
    }

    /// The boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.view().as_bool()
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.view().is_null()
    }

    /// The binary leaf; cloning it copies nothing.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        self.view().as_bytes()
    }
}

impl core::str::FromStr for Value {
    type Err = Error;

    /// Parses JSON, at most [`MAX_DEPTH`](crate::MAX_DEPTH) deep.
    fn from_str(text: &str) -> Result<Self, Error> {
        scan::only_value(text, 0, &mut ())?;
        Ok(Self::from_parts(
            text.to_owned().into(),
            Vec::new(),
            Vec::new(),
        ))
    }
}
