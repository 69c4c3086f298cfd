//! Making values of what an application has.

use super::Value;
use crate::{holes::Hole, ser::Encoder, text::quote};
use alloc::{borrow::Cow, string::String, vec::Vec};
use bytes::Bytes;
use serde::Serialize;
use siox_wire::SendError;

impl Value {
    /// The value that `what` serializes to; what serializes as bytes becomes a binary leaf.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] when it cannot be written as JSON at most
    /// [`MAX_DEPTH`](crate::MAX_DEPTH) deep.
    pub fn from_serialize<T: Serialize + ?Sized>(what: &T) -> Result<Self, SendError> {
        let mut encoder = Encoder::recording();
        what.serialize(&mut encoder)
            .map_err(|_| SendError::Unencodable)?;
        Self::from_encoder(encoder).ok_or(SendError::Unencodable)
    }

    pub(super) fn from_encoder(encoder: Encoder) -> Option<Self> {
        crate::scan::only_value(&encoder.json, 0, &mut ()).ok()?;
        let holes = encoder.holes.unwrap_or_default();
        Some(Self::from_parts(
            encoder.json.into(),
            holes,
            encoder.attachments,
        ))
    }
}

/// Values whose serialization cannot fail.
macro_rules! from {
    ($($ty:ty,)*) => {$(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Self::from_serialize(&value).unwrap_or_default()
            }
        }
    )*};
}

from! { bool, i8, i16, i32, i64, u8, u16, u32, u64, isize, usize, f32, f64, &str, String, Cow<'_, str>, (), }

impl From<Bytes> for Value {
    /// A binary leaf; nothing is copied.
    fn from(bytes: Bytes) -> Self {
        let mut encoder = Encoder::recording();
        encoder.attach(bytes);
        Self::from_encoder(encoder).unwrap_or_default()
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::null, Into::into)
    }
}

/// An array or object in the making.
struct Builder {
    text: String,
    holes: Vec<Hole>,
    attachments: Vec<Bytes>,
}

impl Builder {
    fn open(bracket: &str) -> Self {
        Self {
            text: bracket.into(),
            holes: Vec::new(),
            attachments: Vec::new(),
        }
    }

    fn push(&mut self, value: Value) {
        let base = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let first = u32::try_from(self.attachments.len()).unwrap_or(u32::MAX);
        self.holes.extend(value.holes.iter().map(|h| Hole {
            start: h.start.saturating_add(base),
            end: h.end.saturating_add(base),
            num: h.num.saturating_add(first),
        }));
        self.text.push_str(&value.text);
        self.attachments.extend(value.attachments);
    }

    fn close(mut self, bracket: &str) -> Result<Value, SendError> {
        self.text.push_str(bracket);
        crate::scan::only_value(&self.text, 0, &mut ()).map_err(|_| SendError::Unencodable)?;
        Ok(Value::from_parts(
            self.text.into(),
            self.holes,
            self.attachments,
        ))
    }
}

impl Value {
    /// An array of `items`.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] when it is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn array<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Result<Self, SendError> {
        let mut array = Builder::open("[");
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                array.text.push(',');
            }
            array.push(item.into());
        }
        array.close("]")
    }

    /// An object of `members`, in this order.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] when it is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn object<K: AsRef<str>, T: Into<Self>>(
        members: impl IntoIterator<Item = (K, T)>,
    ) -> Result<Self, SendError> {
        let mut object = Builder::open("{");
        for (i, (key, value)) in members.into_iter().enumerate() {
            if i > 0 {
                object.text.push(',');
            }
            quote(&mut object.text, key.as_ref());
            object.text.push(':');
            object.push(value.into());
        }
        object.close("}")
    }
}
