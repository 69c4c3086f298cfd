//! Typed values to compact JSON, key order kept. Bytes become attachments, with placeholders in the
//! order in which they appear.

/// The methods of a serializer that takes no compound value (or only a tuple).
macro_rules! no_compound {
    () => {
        fn serialize_tuple(self, _: usize) -> Result<No, Unencodable> {
            Err(Unencodable)
        }

        $crate::ser::no_compound!(but_tuple);
    };
    (but_tuple) => {
        fn serialize_seq(self, _: Option<usize>) -> Result<No, Unencodable> {
            Err(Unencodable)
        }

        fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<No, Unencodable> {
            Err(Unencodable)
        }

        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<No, Unencodable> {
            Err(Unencodable)
        }

        fn serialize_map(self, _: Option<usize>) -> Result<No, Unencodable> {
            Err(Unencodable)
        }

        fn serialize_struct(self, _: &'static str, _: usize) -> Result<No, Unencodable> {
            Err(Unencodable)
        }

        fn serialize_struct_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<No, Unencodable> {
            Err(Unencodable)
        }
    };
}
use no_compound;

mod args;
mod compound;
mod json;
mod key;
mod number;
mod raw;

pub(crate) use args::Args;
pub(crate) use compound::Compound;
pub(crate) use json::Json;
pub(crate) use raw::takes_pieces;

use crate::{de::RAW, holes::Hole};
use alloc::{string::String, vec::Vec};
use bytes::Bytes;
use core::fmt::{self, Display, Write};
use serde::{Serialize, Serializer};

/// Text and attachments as they are made.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    pub(crate) json: Json,
    pub(crate) attachments: Vec<Bytes>,
    /// Where the placeholders are, if somebody wants to know.
    pub(crate) holes: Option<Vec<Hole>>,
}

/// Why something cannot be written: what its own `Serialize` said is of no use to a peer or a log of
/// packets, so it is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unencodable;

impl Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not representable in JSON")
    }
}

impl core::error::Error for Unencodable {}

impl serde::ser::Error for Unencodable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl Encoder {
    /// One that writes into the memory of `buffer`, whose text is lost.
    #[inline(always)]
    pub(crate) fn in_buffer(buffer: Vec<u8>) -> Self {
        Self {
            json: Json::in_buffer(buffer),
            attachments: Vec::new(),
            holes: None,
        }
    }

    /// One that remembers where its placeholders are.
    pub(crate) fn recording() -> Self {
        Self {
            holes: Some(Vec::new()),
            ..Self::default()
        }
    }

    pub(crate) fn placeholder(&mut self, num: usize) {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let start = narrow(self.json.len());
        self.display(format_args!(r#"{{"_placeholder":true,"num":{num}}}"#));
        if let Some(holes) = &mut self.holes {
            holes.push(Hole {
                start,
                end: narrow(self.json.len()),
                num: narrow(num),
            });
        }
    }

    pub(crate) fn attach(&mut self, bytes: Bytes) {
        self.placeholder(self.attachments.len());
        self.attachments.push(bytes);
    }

    /// Copies JSON with new placeholders in the place of its holes, which are offsets into `text` with
    /// the numbers that they shall have.
    pub(crate) fn splice(&mut self, text: &str, holes: impl IntoIterator<Item = Hole>) {
        let mut done = 0;
        for hole in holes {
            let before = done..hole.start as usize;
            self.json.push_str(text.get(before).unwrap_or_default());
            self.placeholder(hole.num as usize);
            done = hole.end as usize;
        }
        self.json.push_str(text.get(done..).unwrap_or_default());
    }

    fn display(&mut self, what: fmt::Arguments<'_>) {
        // Writing to memory cannot fail.
        let _ = self.json.write_fmt(what);
    }

    fn null(&mut self) {
        self.json.push_str("null");
    }

    /// Opens `{"name":`, the form of a variant with content.
    fn variant(&mut self, name: &str) {
        self.json.push(b'{');
        self.json.quote(name);
        self.json.push(b':');
    }
}

/// Integers, each by way of `$write`.
macro_rules! integers {
    ($($method:ident $ty:ty, $write:ident;)*) => {$(
        #[inline]
        fn $method(self, n: $ty) -> Result<(), Unencodable> {
            number::$write(&mut self.json, n.into());
            Ok(())
        }
    )*};
}

impl<'e> Serializer for &'e mut Encoder {
    type Ok = ();
    type Error = Unencodable;
    type SerializeSeq = Compound<'e>;
    type SerializeTuple = Compound<'e>;
    type SerializeTupleStruct = Compound<'e>;
    type SerializeTupleVariant = Compound<'e>;
    type SerializeMap = Compound<'e>;
    type SerializeStruct = Compound<'e>;
    type SerializeStructVariant = Compound<'e>;

    integers! {
        serialize_i8 i8, signed;
        serialize_i16 i16, signed;
        serialize_i32 i32, signed;
        serialize_i64 i64, signed;
        serialize_u8 u8, unsigned;
        serialize_u16 u16, unsigned;
        serialize_u32 u32, unsigned;
        serialize_u64 u64, unsigned;
    }

    fn serialize_i128(self, n: i128) -> Result<(), Unencodable> {
        self.display(format_args!("{n}"));
        Ok(())
    }

    fn serialize_u128(self, n: u128) -> Result<(), Unencodable> {
        self.display(format_args!("{n}"));
        Ok(())
    }

    #[inline]
    fn serialize_bool(self, b: bool) -> Result<(), Unencodable> {
        self.json.push_str(if b { "true" } else { "false" });
        Ok(())
    }

    fn serialize_f32(self, n: f32) -> Result<(), Unencodable> {
        if n.is_finite() {
            self.display(format_args!("{n:?}"));
        } else {
            self.null();
        }
        Ok(())
    }

    #[inline]
    fn serialize_f64(self, n: f64) -> Result<(), Unencodable> {
        number::float(&mut self.json, n);
        Ok(())
    }

    fn serialize_char(self, c: char) -> Result<(), Unencodable> {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Unencodable> {
        self.json.quote(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unencodable> {
        self.attach(Bytes::copy_from_slice(bytes));
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Unencodable> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unencodable> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Unencodable> {
        self.null();
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Unencodable> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Unencodable> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unencodable> {
        if name == RAW {
            return value.serialize(raw::Pieces::new(self));
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unencodable> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.json.push(b'}');
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _len: Option<usize>) -> Result<Compound<'e>, Unencodable> {
        Ok(Compound::open(self, b'[', "]"))
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Compound<'e>, Unencodable> {
        Ok(Compound::open(self, b'[', "]"))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Compound<'e>, Unencodable> {
        Ok(Compound::open(self, b'[', "]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'e>, Unencodable> {
        self.variant(variant);
        Ok(Compound::open(self, b'[', "]}"))
    }

    #[inline]
    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'e>, Unencodable> {
        Ok(Compound::open(self, b'{', "}"))
    }

    #[inline]
    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Compound<'e>, Unencodable> {
        Ok(Compound::open(self, b'{', "}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'e>, Unencodable> {
        self.variant(variant);
        Ok(Compound::open(self, b'{', "}}"))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Unencodable> {
        let mut text = String::new();
        write!(text, "{value}").map_err(|_| Unencodable)?;
        self.serialize_str(&text)
    }
}
