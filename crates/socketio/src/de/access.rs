//! The elements, members and variants of a value, one after the other.

use super::{
    key::{self, Key},
    reader::Reader,
};
use crate::DecodeError;
use alloc::vec::{self, Vec};
use bytes::Bytes;
use core::mem;
use serde::de::{
    DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::{BorrowedStrDeserializer, BytesDeserializer, SeqDeserializer},
};

/// The elements of an array whose bracket is here; the closing one is left.
pub(super) struct Elements<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// What leads to the next one: the bracket to the first.
    lead: u8,
    count: usize,
}

impl<'r, 'de> Elements<'r, 'de> {
    #[inline(always)]
    pub(super) fn new(reader: &'r mut Reader<'de>) -> Self {
        Self {
            reader,
            lead: b'[',
            count: 0,
        }
    }

    /// Eats the bracket if nobody asked whether something is behind it. How many elements there were.
    #[inline(always)]
    pub(super) fn end(self) -> usize {
        if self.lead == b'[' {
            self.reader.eat(b'[');
        }
        self.count
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = DecodeError;

    #[inline(always)]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        if !self.reader.more(mem::replace(&mut self.lead, b','), b']') {
            return Ok(None);
        }
        self.count = self.count.wrapping_add(1);
        seed.deserialize(&mut *self.reader).map(Some)
    }

    #[inline(always)]
    fn size_hint(&self) -> Option<usize> {
        Some(self.reader.expected())
    }
}

/// The members of an object whose brace is here; the closing one is left.
pub(super) struct Members<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// What leads to the next one: the brace to the first.
    lead: u8,
}

impl<'r, 'de> Members<'r, 'de> {
    #[inline(always)]
    pub(super) fn new(reader: &'r mut Reader<'de>) -> Self {
        Self { reader, lead: b'{' }
    }

    /// Eats the brace if nobody asked whether something is behind it.
    #[inline(always)]
    pub(super) fn end(self) {
        if self.lead == b'{' {
            self.reader.eat(b'{');
        }
    }
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = DecodeError;

    #[inline(always)]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        let lead = mem::replace(&mut self.lead, b',');
        match self.reader.plain_key(lead) {
            Some(key) => seed.deserialize(Key(key)).map(Some),
            None if self.reader.is_at(b'}') => Ok(None),
            None => any_key(self.reader, lead, seed),
        }
    }

    #[inline(always)]
    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DecodeError> {
        seed.deserialize(&mut *self.reader)
    }
}

/// A key in another form than the common one, or none.
#[inline(never)]
fn any_key<'de, K: DeserializeSeed<'de>>(
    reader: &mut Reader<'de>,
    lead: u8,
    seed: K,
) -> Result<Option<K::Value>, DecodeError> {
    if !reader.more(lead, b'}') {
        return Ok(None);
    }
    key::any(reader.any_key()?, seed).map(Some)
}

/// The one member of an object, whose key is a variant's name.
pub(super) struct Variant<'r, 'de>(pub(super) &'r mut Reader<'de>);

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), DecodeError> {
        if self.0.peek() != Some(b'"') {
            return Err(self.0.unexpected("a variant was expected"));
        }
        let variant = key::any(self.0.any_key()?, seed)?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        serde::Deserialize::deserialize(self.0)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        serde::Deserializer::deserialize_seq(self.0, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        serde::Deserializer::deserialize_any(self.0, visitor)
    }
}

/// What [`Value`](crate::Value) is made of: text, then three numbers for each hole, then each
/// attachment once.
pub(super) struct RawParts<'de> {
    text: Option<&'de str>,
    holes: Option<Vec<u32>>,
    attachments: vec::IntoIter<&'de Bytes>,
}

impl<'de> RawParts<'de> {
    pub(super) fn new(text: &'de str, holes: Vec<u32>, attachments: Vec<&'de Bytes>) -> Self {
        Self {
            text: Some(text),
            holes: Some(holes),
            attachments: attachments.into_iter(),
        }
    }
}

impl<'de> SeqAccess<'de> for RawParts<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        if let Some(text) = self.text.take() {
            return seed
                .deserialize(BorrowedStrDeserializer::new(text))
                .map(Some);
        }
        if let Some(holes) = self.holes.take() {
            return seed
                .deserialize(SeqDeserializer::new(holes.into_iter()))
                .map(Some);
        }
        let Some(bytes) = self.attachments.next() else {
            return Ok(None);
        };
        seed.deserialize(BytesDeserializer::new(bytes)).map(Some)
    }
}
