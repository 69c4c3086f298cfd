//! Arrays and objects while they are written.

use super::{Encoder, Unencodable, key::Key};
use crate::text::quote;
use serde::{Serialize, ser};

/// An array or object whose bracket is written.
#[derive(Debug)]
pub(crate) struct Compound<'e> {
    encoder: &'e mut Encoder,
    first: bool,
    close: &'static str,
}

impl<'e> Compound<'e> {
    pub(crate) fn open(encoder: &'e mut Encoder, bracket: char, close: &'static str) -> Self {
        encoder.json.push(bracket);
        Self {
            encoder,
            first: true,
            close,
        }
    }

    fn separate(&mut self) {
        if !self.first {
            self.encoder.json.push(',');
        }
        self.first = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unencodable> {
        self.separate();
        value.serialize(&mut *self.encoder)
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Unencodable> {
        self.separate();
        quote(&mut self.encoder.json, key);
        self.encoder.json.push(':');
        value.serialize(&mut *self.encoder)
    }

    fn close(self) -> Result<(), Unencodable> {
        self.encoder.json.push_str(self.close);
        Ok(())
    }
}

macro_rules! elements {
    ($($of:ident $method:ident,)*) => {$(
        impl ser::$of for Compound<'_> {
            type Ok = ();
            type Error = Unencodable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unencodable> {
                self.element(value)
            }

            fn end(self) -> Result<(), Unencodable> {
                self.close()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! fields {
    ($($of:ident)*) => {$(
        impl ser::$of for Compound<'_> {
            type Ok = ();
            type Error = Unencodable;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Unencodable> {
                self.field(key, value)
            }

            fn end(self) -> Result<(), Unencodable> {
                self.close()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Unencodable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unencodable> {
        self.separate();
        key.serialize(Key(&mut self.encoder.json))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unencodable> {
        self.encoder.json.push(':');
        value.serialize(&mut *self.encoder)
    }

    fn end(self) -> Result<(), Unencodable> {
        self.close()
    }
}
