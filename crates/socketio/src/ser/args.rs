//! The rule of arguments: a tuple is several, `()` is none, any other type is one.

use super::{Compound, Encoder, Unencodable};
use serde::{Serialize, Serializer, ser::SerializeTuple};

/// Writes arguments behind what stands in an open array.
#[derive(Debug)]
pub(crate) struct Args<'e> {
    pub(crate) encoder: &'e mut Encoder,
    /// Whether nothing stands in the array yet.
    pub(crate) first: bool,
}

impl<'e> Args<'e> {
    fn separate(&mut self) {
        if !self.first {
            self.encoder.json.push(b',');
        }
        self.first = false;
    }

    fn one(mut self) -> &'e mut Encoder {
        self.separate();
        self.encoder
    }
}

macro_rules! one_argument {
    ($($method:ident $ty:ty,)*) => {$(
        fn $method(self, value: $ty) -> Result<(), Unencodable> {
            self.one().$method(value)
        }
    )*};
}

impl<'e> Serializer for Args<'e> {
    type Ok = ();
    type Error = Unencodable;
    type SerializeSeq = Compound<'e>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Compound<'e>;
    type SerializeTupleVariant = Compound<'e>;
    type SerializeMap = Compound<'e>;
    type SerializeStruct = Compound<'e>;
    type SerializeStructVariant = Compound<'e>;

    fn serialize_tuple(self, _len: usize) -> Result<Self, Unencodable> {
        Ok(self)
    }

    fn serialize_unit(self) -> Result<(), Unencodable> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Unencodable> {
        Ok(())
    }

    one_argument! {
        serialize_bool bool,
        serialize_i8 i8,
        serialize_i16 i16,
        serialize_i32 i32,
        serialize_i64 i64,
        serialize_i128 i128,
        serialize_u8 u8,
        serialize_u16 u16,
        serialize_u32 u32,
        serialize_u64 u64,
        serialize_u128 u128,
        serialize_f32 f32,
        serialize_f64 f64,
        serialize_char char,
        serialize_str &str,
        serialize_bytes &[u8],
    }

    fn serialize_none(self) -> Result<(), Unencodable> {
        self.one().serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unencodable> {
        self.one().serialize_some(value)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Unencodable> {
        self.one().serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unencodable> {
        self.one().serialize_newtype_struct(name, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unencodable> {
        self.one()
            .serialize_newtype_variant(name, index, variant, value)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Compound<'e>, Unencodable> {
        self.one().serialize_seq(len)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Compound<'e>, Unencodable> {
        self.one().serialize_tuple_struct(name, len)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'e>, Unencodable> {
        self.one()
            .serialize_tuple_variant(name, index, variant, len)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Compound<'e>, Unencodable> {
        self.one().serialize_map(len)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Compound<'e>, Unencodable> {
        self.one().serialize_struct(name, len)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'e>, Unencodable> {
        self.one()
            .serialize_struct_variant(name, index, variant, len)
    }

    fn collect_str<T: core::fmt::Display + ?Sized>(self, value: &T) -> Result<(), Unencodable> {
        self.one().collect_str(value)
    }
}

impl SerializeTuple for Args<'_> {
    type Ok = ();
    type Error = Unencodable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unencodable> {
        self.separate();
        value.serialize(&mut *self.encoder)
    }

    fn end(self) -> Result<(), Unencodable> {
        Ok(())
    }
}
