//! Arrays and objects while they are written.

use super::{Encoder, Unencodable, key::Key};
use serde::{Serialize, ser};

/// An array or object whose bracket is written.
#[derive(Debug)]
pub(crate) struct Compound<'e> {
    encoder: &'e mut Encoder,
    first: bool,
    close: &'static str,
}

impl<'e> Compound<'e> {
    #[inline(always)]
    pub(crate) fn open(encoder: &'e mut Encoder, bracket: u8, close: &'static str) -> Self {
        encoder.json.push(bracket);
        Self {
            encoder,
            first: true,
            close,
        }
    }

    #[inline(always)]
    fn separate(&mut self) {
        if !core::mem::take(&mut self.first) {
            self.encoder.json.push(b',');
        }
    }

    #[inline(always)]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unencodable> {
        self.separate();
        value.serialize(&mut *self.encoder)
    }

    #[inline(always)]
    fn field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unencodable> {
        let is_first = core::mem::take(&mut self.first);
        self.encoder.json.key(key, is_first);
        value.serialize(&mut *self.encoder)
    }

    #[inline(always)]
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

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unencodable> {
                self.element(value)
            }

            #[inline]
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

            #[inline(always)]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Unencodable> {
                self.field(key, value)
            }

            #[inline]
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
        self.encoder.json.push(b':');
        value.serialize(&mut *self.encoder)
    }

    fn end(self) -> Result<(), Unencodable> {
        self.close()
    }
}
