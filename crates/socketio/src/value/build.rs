//! Making values of what an application has.

use super::Value;
use crate::{holes::Hole, ser::Encoder};
use alloc::{borrow::Cow, string::String};
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

/// Adds a value to the array or object that is being written.
fn push(encoder: &mut Encoder, value: Value) {
    let first = u32::try_from(encoder.attachments.len()).unwrap_or(u32::MAX);
    let holes = value.holes.iter().map(|h| Hole {
        num: h.num.saturating_add(first),
        ..*h
    });
    encoder.splice(&value.text, holes);
    encoder.attachments.extend(value.attachments);
}

impl Value {
    /// An array of `items`.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] when it is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn array<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Result<Self, SendError> {
        let mut array = Encoder::recording();
        array.json.push(b'[');
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                array.json.push(b',');
            }
            push(&mut array, item.into());
        }
        array.json.push(b']');
        Self::from_encoder(array).ok_or(SendError::Unencodable)
    }

    /// An object of `members`, in this order.
    ///
    /// # Errors
    /// [`SendError::Unencodable`] when it is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn object<K: AsRef<str>, T: Into<Self>>(
        members: impl IntoIterator<Item = (K, T)>,
    ) -> Result<Self, SendError> {
        let mut object = Encoder::recording();
        object.json.push(b'{');
        for (i, (key, value)) in members.into_iter().enumerate() {
            if i > 0 {
                object.json.push(b',');
            }
            object.json.quote(key.as_ref());
            object.json.push(b':');
            push(&mut object, value.into());
        }
        object.json.push(b'}');
        Self::from_encoder(object).ok_or(SendError::Unencodable)
    }
}
