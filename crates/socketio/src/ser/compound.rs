//! Arrays and objects while they are written.

use super::{Encoder, Unencodable, key::Key};
use serde::{Serialize, ser};

/// An array or object. Its bracket is written with what stands first in it.
#[derive(Debug)]
pub(crate) struct Compound<'e> {
    encoder: &'e mut Encoder,
    /// What stands before the next one: the bracket, or a comma.
    lead: u8,
    close: &'static str,
}

impl<'e> Compound<'e> {
    #[inline(always)]
    pub(crate) fn open(encoder: &'e mut Encoder, bracket: u8, close: &'static str) -> Self {
        Self {
            encoder,
            lead: bracket,
            close,
        }
    }

    #[inline(always)]
    fn lead(&mut self) -> u8 {
        core::mem::replace(&mut self.lead, b',')
    }

    #[inline(always)]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unencodable> {
        let lead = self.lead();
        self.encoder.json.push(lead);
        value.serialize(&mut *self.encoder)
    }

    #[inline(always)]
    fn field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unencodable> {
        let lead = self.lead();
        self.encoder.json.key(lead, key);
        value.serialize(&mut *self.encoder)
    }

    #[inline(always)]
    fn close(self) -> Result<(), Unencodable> {
        if self.lead != b',' {
            self.encoder.json.push(self.lead);
        }
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
        let lead = self.lead();
        self.encoder.json.push(lead);
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
