//! The deserializer of one value. What its type asks for, in its most common form, is read at once and without a
//! call; anything else goes through [`Reader::other`].

use super::{RAW, access::Variant, number::Number, reader::Reader};
use crate::DecodeError;
use alloc::borrow::Cow;
use serde::de::{
    self, Deserializer, Error as _, Unexpected, Visitor,
    value::{BorrowedStrDeserializer, SeqDeserializer},
};

impl<'de> Reader<'de> {
    /// A value of whatever kind.
    #[inline(never)]
    fn other<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.peek() {
            Some(b'"') => self.text(visitor),
            Some(b'{') => match self.binary()? {
                Some(bytes) => visitor.visit_byte_buf(bytes.to_vec()),
                None => self.mapping(visitor),
            },
            Some(b'[') => self.sequence(visitor),
            Some(b't') => self.word("true", |v: V| v.visit_bool(true), visitor),
            Some(b'f') => self.word("false", |v: V| v.visit_bool(false), visitor),
            Some(b'n') => self.word("null", V::visit_unit, visitor),
            Some(_) | None => tell(self.number()?, visitor),
        }
    }

    #[inline(always)]
    fn word<V: Visitor<'de>>(
        &mut self,
        word: &'static str,
        visit: impl FnOnce(V) -> Result<V::Value, DecodeError>,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.pass(word)?;
        visit(visitor)
    }

    /// The string here.
    #[inline(always)]
    fn text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.string()? {
            Cow::Borrowed(s) => visitor.visit_borrowed_str(s),
            Cow::Owned(s) => visitor.visit_string(s),
        }
    }

    /// What there is where a string was asked for.
    #[inline(never)]
    fn any_text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        if let Some(text) = self.plain_string() {
            return visitor.visit_borrowed_str(text);
        }
        // Bytes are no text, even where they happen to be UTF-8.
        if self.peek() == Some(b'{')
            && let Some(bytes) = self.binary()?
        {
            return Err(DecodeError::invalid_type(
                Unexpected::Bytes(bytes),
                &visitor,
            ));
        }
        self.other(visitor)
    }

    /// What there is where an array was asked for.
    #[inline(never)]
    fn any_array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.peek() == Some(b'{')
            && let Some(bytes) = self.binary()?
        {
            return visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()));
        }
        self.other(visitor)
    }
}

#[inline(always)]
fn tell<'de, V: Visitor<'de>>(number: Number, visitor: V) -> Result<V::Value, DecodeError> {
    match number {
        Number::Unsigned(n) => visitor.visit_u64(n),
        Number::Negative(n) => visitor.visit_i64(n),
        Number::Float(n) => visitor.visit_f64(n),
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.short_number() {
                Some(number) => tell(number, visitor),
                None => self.other(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.other(visitor)
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is_at(b't') {
            return self.word("true", |v: V| v.visit_bool(true), visitor);
        }
        if self.is_at(b'f') {
            return self.word("false", |v: V| v.visit_bool(false), visitor);
        }
        self.other(visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.short_string() {
            Some(text) => visitor.visit_borrowed_str(text),
            None => self.any_text(visitor),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.peek() == Some(b'n') {
            return self.word("null", V::visit_none, visitor);
        }
        visitor.visit_some(self)
    }

    #[inline]
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

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is_at(b'[') {
            return self.sequence(visitor);
        }
        self.any_array(visitor)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is_at(b'{') && self.source.holes.is_empty() {
            return self.mapping(visitor);
        }
        self.other(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
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
                self.enter()?;
                self.step(1);
                let value = visitor.visit_enum(Variant(self))?;
                self.leave(b'}', "one member was expected")?;
                Ok(value)
            }
            Some(_) | None => Err(self.unexpected("a variant was expected")),
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if !self.is_number() {
            return self.other(visitor);
        }
        let raw = self.number_text()?;
        visitor.visit_i128(raw.parse().map_err(|_| DecodeError::Number)?)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if !self.is_number() {
            return self.other(visitor);
        }
        let raw = self.number_text()?;
        visitor.visit_u128(raw.parse().map_err(|_| DecodeError::Number)?)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.plain_string().is_none() {
            self.skip()?;
        }
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct tuple_struct identifier
    }
}
