//! The keys of objects: strings, and what programs write as strings (numbers, booleans, variants).

use crate::DecodeError;
use alloc::{borrow::Cow, string::String};
use serde::de::{
    DeserializeSeed, Deserializer, IntoDeserializer, Visitor, value::BorrowedStrDeserializer,
};

/// A key as it is in the text.
pub(super) struct Key<'de>(pub(super) &'de str);

/// One that had escapes.
struct Unescaped(String);

/// Any key.
pub(super) fn any<'de, K: DeserializeSeed<'de>>(
    key: Cow<'de, str>,
    seed: K,
) -> Result<K::Value, DecodeError> {
    match key {
        Cow::Borrowed(key) => seed.deserialize(Key(key)),
        Cow::Owned(key) => seed.deserialize(Unescaped(key)),
    }
}

/// A key that is wanted as a number is read as one; any other stays the string it is.
macro_rules! number {
    ($($method:ident $visit:ident $ty:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.0.parse::<$ty>() {
                Ok(n) => visitor.$visit(n),
                Err(_) => self.deserialize_any(visitor),
            }
        }
    )*};
}

macro_rules! key {
    ($key:ty, $visit:ident, $variant:expr) => {
        impl<'de> Deserializer<'de> for $key {
            type Error = DecodeError;

            #[inline]
            fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
                visitor.$visit(self.0)
            }

            number! {
                deserialize_bool visit_bool bool,
                deserialize_i8 visit_i8 i8,
                deserialize_i16 visit_i16 i16,
                deserialize_i32 visit_i32 i32,
                deserialize_i64 visit_i64 i64,
                deserialize_i128 visit_i128 i128,
                deserialize_u8 visit_u8 u8,
                deserialize_u16 visit_u16 u16,
                deserialize_u32 visit_u32 u32,
                deserialize_u64 visit_u64 u64,
                deserialize_u128 visit_u128 u128,
                deserialize_f32 visit_f32 f32,
                deserialize_f64 visit_f64 f64,
            }

            fn deserialize_option<V: Visitor<'de>>(
                self,
                visitor: V,
            ) -> Result<V::Value, DecodeError> {
                visitor.visit_some(self)
            }

            fn deserialize_newtype_struct<V: Visitor<'de>>(
                self,
                _name: &'static str,
                visitor: V,
            ) -> Result<V::Value, DecodeError> {
                visitor.visit_newtype_struct(self)
            }

            fn deserialize_enum<V: Visitor<'de>>(
                self,
                _name: &'static str,
                _variants: &'static [&'static str],
                visitor: V,
            ) -> Result<V::Value, DecodeError> {
                visitor.visit_enum($variant(self.0))
            }

            serde::forward_to_deserialize_any! {
                char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
                identifier ignored_any
            }
        }
    };
}

key!(Key<'de>, visit_borrowed_str, BorrowedStrDeserializer::new);
key!(Unescaped, visit_string, IntoDeserializer::into_deserializer);
