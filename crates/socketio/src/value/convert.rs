//! Values within typed arguments. In this crate's own encoder and decoder a value passes as text; in any
//! other format it is what it looks like.

use super::{Value, ValueKind, View};
use crate::{
    de::RAW,
    holes::Hole,
    ser::{Encoder, takes_pieces},
};
use alloc::{string::String, vec::Vec};
use bytes::Bytes;
use core::fmt;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq, SerializeTuple},
};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW, &Inner(*self))
    }
}

struct Inner<'a>(View<'a>);

impl Serialize for Inner<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if takes_pieces(&serializer) {
            return pieces(self.0, serializer);
        }
        natural(self.0, serializer)
    }
}

fn pieces<S: Serializer>(view: View<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let (mut at, end) = view.bounds();
    let mut seen: Vec<u32> = Vec::new();
    let mut tuple = serializer.serialize_tuple(0)?;
    for hole in view.holes() {
        tuple.serialize_element(view.text(at, hole.start as usize))?;
        at = hole.end as usize;
        match seen.iter().position(|&n| n == hole.num) {
            Some(place) => tuple.serialize_element(&u32::try_from(place).unwrap_or(u32::MAX))?,
            None => {
                seen.push(hole.num);
                tuple.serialize_element(&Blob(view.attachment(hole.num)))?;
            }
        }
    }
    tuple.serialize_element(view.text(at, end))?;
    tuple.end()
}

struct Blob<'a>(&'a [u8]);

impl Serialize for Blob<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Recurses as deep as the value is nested, which the scan bounds.
fn natural<S: Serializer>(view: View<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    match view.kind() {
        ValueKind::Null => serializer.serialize_unit(),
        ValueKind::Bool => serializer.serialize_bool(view.as_bool() == Some(true)),
        ValueKind::Number => match (view.as_u64(), view.as_i64(), view.as_f64()) {
            (Some(n), _, _) => serializer.serialize_u64(n),
            (_, Some(n), _) => serializer.serialize_i64(n),
            (_, _, Some(n)) => serializer.serialize_f64(n),
            (None, None, None) => serializer.serialize_unit(),
        },
        ValueKind::String => serializer.serialize_str(&view.as_str().unwrap_or_default()),
        ValueKind::Binary => serializer.serialize_bytes(view.as_bytes().map_or(&[], |b| b)),
        ValueKind::Array => {
            let mut seq = serializer.serialize_seq(Some(view.len()))?;
            for item in view.items() {
                seq.serialize_element(&item)?;
            }
            seq.end()
        }
        ValueKind::Object => {
            let mut map = serializer.serialize_map(Some(view.len()))?;
            for (key, value) in view.members() {
                map.serialize_entry(&*key, &value)?;
            }
            map.end()
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW, Parts)
    }
}

/// Our own deserializer gives a sequence of parts, any other the newtype that was asked for.
struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        let mut encoder = Encoder::recording();
        let copy = Copy {
            encoder: &mut encoder,
            before: "",
        };
        copy.deserialize(inner)?;
        Value::from_encoder(encoder).ok_or_else(|| D::Error::custom("nested too deep"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
        let text: &str = parts.next_element()?.unwrap_or("null");
        let numbers: Vec<u32> = parts.next_element()?.unwrap_or_default();
        let mut attachments = Vec::new();
        while let Some(bytes) = parts.next_element::<Bytes>()? {
            attachments.push(bytes);
        }
        let holes = numbers.chunks_exact(3).filter_map(|n| match *n {
            [start, end, num] => Some(Hole { start, end, num }),
            _ => None,
        });
        let holes: Vec<Hole> = holes.collect();
        Ok(Value::renumbered(text, &holes, attachments))
    }
}

/// Writes whatever another format's deserializer holds, and `before` in front of it.
struct Copy<'e> {
    encoder: &'e mut Encoder,
    before: &'static str,
}

impl<'de> DeserializeSeed<'de> for Copy<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.encoder.json.push_str(self.before);
        deserializer.deserialize_any(self)
    }
}

macro_rules! copied {
    ($($method:ident $ty:ty,)*) => {$(
        fn $method<E: serde::de::Error>(self, value: $ty) -> Result<(), E> {
            value.serialize(self.encoder).map_err(E::custom)
        }
    )*};
}

impl<'de> Visitor<'de> for Copy<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    copied! {
        visit_bool bool,
        visit_i64 i64,
        visit_i128 i128,
        visit_u64 u64,
        visit_u128 u128,
        visit_f64 f64,
        visit_str &str,
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<(), E> {
        self.encoder.attach(Bytes::copy_from_slice(bytes));
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        ().serialize(self.encoder).map_err(E::custom)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<(), D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<(), D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let encoder = self.encoder;
        encoder.json.push(b'[');
        let mut before = "";
        while let Some(()) = seq.next_element_seed(Copy {
            encoder: &mut *encoder,
            before,
        })? {
            before = ",";
        }
        encoder.json.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let encoder = self.encoder;
        encoder.json.push(b'{');
        let mut before = "";
        while let Some(key) = map.next_key::<String>()? {
            encoder.json.push_str(before);
            encoder.json.quote(&key);
            map.next_value_seed(Copy {
                encoder: &mut *encoder,
                before: ":",
            })?;
            before = ",";
        }
        encoder.json.push(b'}');
        Ok(())
    }
}
