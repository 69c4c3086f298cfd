//! The rule of arguments: a tuple takes several, `()` none, any other type the first one.

use super::reader::{Reader, Source};
use crate::DecodeError;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};

/// The arguments in `start..end` of the text: `count` values with commas between.
pub(crate) fn decode_args<'de, T: Deserialize<'de>>(
    source: Source<'de>,
    (start, end): (usize, usize),
    count: usize,
) -> Result<T, DecodeError> {
    let reader = Reader::new(source, start);
    let reader = match count {
        1 => reader.with_one_until(end),
        _ => reader,
    };
    T::deserialize(&mut Args::new(reader, end))
}

/// The arguments, one or more, that ought to be between `start` and the bracket at `end`, with which the text ends.
/// `None` where they are no JSON, do not fit or lie deeper than they may.
pub(crate) fn decode_unchecked<'de, T: Deserialize<'de>>(
    text: &'de str,
    (start, end): (usize, usize),
) -> Option<T> {
    let reader = Reader::new(Source::text(text), start).at_depth(1);
    let mut args = Args::new(reader, end);
    let value = T::deserialize(&mut args).ok()?;
    args.pass_rest().then_some(value)
}

struct Args<'de> {
    reader: Reader<'de>,
    /// The closing bracket.
    end: usize,
    /// How many arguments have been asked for.
    index: usize,
    /// How many there were so far.
    taken: usize,
    /// There was something else where a comma belongs, or nothing behind one.
    torn: bool,
}

impl<'de> Args<'de> {
    fn new(reader: Reader<'de>, end: usize) -> Self {
        Self {
            reader,
            end,
            index: 0,
            taken: 0,
            torn: false,
        }
    }

    /// Moves to the next argument; says whether there is one.
    fn advance(&mut self) -> bool {
        self.reader.peek();
        if self.reader.at() >= self.end {
            return false;
        }
        if self.taken > 0 {
            self.torn |= !self.reader.eat(b',');
            self.reader.peek();
            self.torn |= self.reader.at() >= self.end;
        }
        self.taken = self.taken.wrapping_add(1);
        self.reader.at() < self.end
    }

    /// Passes the arguments that nobody asked for. Whether all of them were right, and all that was opened is closed.
    fn pass_rest(mut self) -> bool {
        while self.advance() {
            if self.reader.skip().is_err() {
                return false;
            }
        }
        let is_at_end = self.reader.at() == self.end && self.reader.is_whole(1);
        is_at_end && self.taken > 0 && !self.torn
    }

    fn first(&mut self) -> Result<&mut Reader<'de>, DecodeError> {
        if self.advance() {
            return Ok(&mut self.reader);
        }
        Err(DecodeError::Missing { index: 0 })
    }
}

macro_rules! first_argument {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.first()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Args<'de> {
    type Error = DecodeError;

    first_argument! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32
        deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_seq
        deserialize_map deserialize_identifier
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(Several {
            args: self,
            left: len,
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.advance() {
            return self.reader.deserialize_option(visitor);
        }
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.first()?.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.first()?.deserialize_tuple_struct(name, len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.first()?.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.first()?.deserialize_enum(name, variants, visitor)
    }
}

/// The members of a tuple, one argument each.
struct Several<'r, 'de> {
    args: &'r mut Args<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Several<'_, 'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let there = self.args.advance();
        let index = self.args.index;
        self.args.index = index.saturating_add(1);
        if there {
            seed.deserialize(&mut self.args.reader).map(Some)
        } else {
            seed.deserialize(Missing { index }).map(Some)
        }
    }
}

/// An argument that was not sent: nothing but an `Option` or `()` can be made of it.
struct Missing {
    index: usize,
}

impl<'de> Deserializer<'de> for Missing {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::Missing { index: self.index })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}
