//! An event whose arguments nobody has looked at yet: they are checked by being decoded, or by themselves.

use super::{
    Packet,
    decode::{PlainHead, plain_head, plain_packet},
};
use crate::de::decode_unchecked;
use serde::Deserialize;

/// An event of `/` whose head is right and whose arguments nobody has looked at yet. To decode them checks them too, in
/// the same pass; whoever does not know their types asks for the [`packet`](Self::packet).
///
/// ```
/// use siox_socketio::Unchecked;
///
/// let event = Unchecked::new(r#"2["add",1,2]"#).unwrap();
/// assert_eq!(event.name(), "add");
/// assert_eq!(event.decode(), Some((1, 2)));
/// let event = Unchecked::new(r#"2["add",1,2,]"#).unwrap();
/// assert_eq!(event.decode::<(i32, i32)>(), None);
/// assert_eq!(event.packet(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unchecked<'b> {
    text: &'b str,
    head: PlainHead,
}

impl<'b> Unchecked<'b> {
    /// An event that came as text. `None` for any other packet, for one of another namespace, for one with attachments,
    /// for one without arguments, and for some in uncommon form (with escapes in the name, or white space around it):
    /// those are for a [`Decoder`](crate::Decoder), as is what is wrong.
    #[must_use]
    pub fn new(text: &'b str) -> Option<Self> {
        let head = plain_head(text)?;
        let (behind, last) = (text.as_bytes().get(head.end()), text.as_bytes().last());
        (behind == Some(&b',') && last == Some(&b']')).then_some(Self { text, head })
    }

    /// Its name; none that the protocol keeps for itself.
    #[inline]
    #[must_use]
    pub fn name(&self) -> &'b str {
        self.head.name(self.text)
    }

    /// The id of the acknowledgement that the sender wants, at most 2^53 - 1.
    #[inline]
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.head.id
    }

    /// The text it came as.
    #[inline]
    #[must_use]
    pub fn text(&self) -> &'b str {
        self.text
    }

    /// The arguments as types of the application, as [`Packet::decode`] makes them. `None` where they do not fit, and
    /// where the packet is not right: never a value of a packet that is not. The [`packet`](Self::packet) tells the two
    /// apart.
    #[must_use]
    pub fn decode<T: Deserialize<'b>>(&self) -> Option<T> {
        let start = self.head.end().wrapping_add(1);
        decode_unchecked(self.text, (start, self.text.len().wrapping_sub(1)))
    }

    /// The packet, checked. `None` where it is not right, or has white space around its arguments: a
    /// [`Decoder`](crate::Decoder) tells what it is, by its [`text`](Self::text).
    #[must_use]
    pub fn packet(&self) -> Option<Packet<'b>> {
        plain_packet(self.text, self.head)
    }
}
