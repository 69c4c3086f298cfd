//! The way in which a [`Value`](crate::Value) passes its text through unchanged: a tuple of pieces,
//! where a string is raw JSON, bytes are an attachment, and a number stands for an attachment that the
//! same value had before.

use super::{Encoder, Unencodable};
use bytes::Bytes;
use core::cell::Cell;
use serde::{
    Serialize, Serializer,
    ser::{Impossible, SerializeTuple},
};

#[derive(Debug)]
pub(super) struct Pieces<'e> {
    encoder: &'e mut Encoder,
    /// How many attachments there were before this value.
    base: usize,
    asked: Cell<bool>,
}

impl<'e> Pieces<'e> {
    pub(super) fn new(encoder: &'e mut Encoder) -> Self {
        let base = encoder.attachments.len();
        Self {
            encoder,
            base,
            asked: Cell::new(false),
        }
    }
}

/// Whether this serializer takes raw pieces. No other changes its answer from one question to the next,
/// and serde gives a value no better way to know its serializer.
pub(crate) fn takes_pieces<S: Serializer>(serializer: &S) -> bool {
    serializer.is_human_readable() != serializer.is_human_readable()
}

type No = Impossible<(), Unencodable>;

macro_rules! refused {
    ($($method:ident $ty:ty,)*) => {$(
        fn $method(self, _: $ty) -> Result<(), Unencodable> {
            Err(Unencodable)
        }
    )*};
}

impl<'e> Serializer for Pieces<'e> {
    type Ok = ();
    type Error = Unencodable;
    type SerializeSeq = No;
    type SerializeTuple = Self;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    fn is_human_readable(&self) -> bool {
        !self.asked.replace(!self.asked.get())
    }

    fn serialize_str(self, text: &str) -> Result<(), Unencodable> {
        self.encoder.json.push_str(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unencodable> {
        self.encoder.attach(Bytes::copy_from_slice(bytes));
        Ok(())
    }

    fn serialize_u32(self, place: u32) -> Result<(), Unencodable> {
        let num = self.base.saturating_add(place as usize);
        self.encoder.placeholder(num);
        Ok(())
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self, Unencodable> {
        Ok(self)
    }

    refused! {
        serialize_bool bool,
        serialize_i8 i8,
        serialize_i16 i16,
        serialize_i32 i32,
        serialize_i64 i64,
        serialize_u8 u8,
        serialize_u16 u16,
        serialize_u64 u64,
        serialize_f32 f32,
        serialize_f64 f64,
        serialize_char char,
        serialize_unit_struct &'static str,
    }

    fn serialize_none(self) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    fn serialize_unit(self) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<(), Unencodable> {
        Err(Unencodable)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unencodable> {
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

    super::no_compound!(but_tuple);
}

impl SerializeTuple for Pieces<'_> {
    type Ok = ();
    type Error = Unencodable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, piece: &T) -> Result<(), Unencodable> {
        piece.serialize(Pieces {
            encoder: &mut *self.encoder,
            base: self.base,
            asked: Cell::new(false),
        })
    }

    fn end(self) -> Result<(), Unencodable> {
        Ok(())
    }
}
