//! The keys of maps: strings, and what can be written as one.

use super::{Json, Unencodable};
use alloc::string::ToString;
use core::fmt::Display;
use serde::{Serialize, Serializer, ser::Impossible};

pub(super) struct Key<'e>(pub(super) &'e mut Json);

type No = Impossible<(), Unencodable>;

macro_rules! quoted {
    ($($method:ident $ty:ty,)*) => {$(
        fn $method(self, n: $ty) -> Result<(), Unencodable> {
            self.collect_str(&n)
        }
    )*};
}

impl Serializer for Key<'_> {
    type Ok = ();
    type Error = Unencodable;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    quoted! {
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
    }

    fn serialize_str(self, text: &str) -> Result<(), Unencodable> {
        self.0.quote(text);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Unencodable> {
        self.serialize_str(&value.to_string())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Unencodable> {
        self.serialize_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unencodable> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Unencodable> {
        value.serialize(self)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    fn serialize_none(self) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    fn serialize_unit(self) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    super::no_compound!();
}
