//! A whole message, the unit between WebSocket and Engine.IO and between Engine.IO and Socket.IO.

use alloc::borrow::Cow;

/// A whole message: borrowed from the input where it arrived in one piece, owned where it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'b> {
    /// Valid UTF-8.
    Text(Cow<'b, str>),
    /// Any bytes.
    Binary(Cow<'b, [u8]>),
}

impl Message<'_> {
    /// The payload, whichever kind it is.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(t) => t.as_bytes(),
            Self::Binary(b) => b,
        }
    }

    /// Detaches the message from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Message<'static> {
        match self {
            Self::Text(t) => Message::Text(Cow::Owned(t.into_owned())),
            Self::Binary(b) => Message::Binary(Cow::Owned(b.into_owned())),
        }
    }
}

impl<'b> From<&'b str> for Message<'b> {
    fn from(text: &'b str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'b> From<&'b [u8]> for Message<'b> {
    fn from(bytes: &'b [u8]) -> Self {
        Self::Binary(Cow::Borrowed(bytes))
    }
}
