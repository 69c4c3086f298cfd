//! What a connection tells its caller.

use crate::Close;
use alloc::borrow::Cow;
use siox_wire::Message;

/// What a connection tells its caller. It borrows the input, never the machine, so the caller may
/// answer while holding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'b> {
    /// A whole message.
    Message(Message<'b>),
    /// The next part of a message, instead of [`Message`](Self::Message) while
    /// [streaming](crate::Connection::set_streaming).
    Chunk(Chunk<'b>),
    /// A ping; the machine answers it.
    Ping(Cow<'b, [u8]>),
    /// A pong, asked for or not.
    Pong(Cow<'b, [u8]>),
    /// The peer's close frame, the last event of a connection; the machine answers it. `None`: it was
    /// empty.
    Close(Option<Close<'b>>),
}

/// What has come of a message: all of its chunks, put together, are the message.
///
/// Where a message is cut depends on how it arrives. Control frames may come between two chunks, other
/// messages may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk<'b> {
    /// The next characters of a text message (none is ever cut), or bytes of a binary one. Empty only
    /// with `last`.
    pub data: Message<'b>,
    /// The message begins with it.
    pub first: bool,
    /// The message is whole with it.
    pub last: bool,
}

impl Chunk<'_> {
    /// Puts the next chunk of the message behind this one.
    pub fn push(&mut self, next: &Chunk<'_>) {
        match (&mut self.data, &next.data) {
            (Message::Text(text), Message::Text(next)) => text.to_mut().push_str(next),
            (Message::Binary(bytes), Message::Binary(next)) => {
                bytes.to_mut().extend_from_slice(next);
            }
            // Of another message.
            (Message::Text(_), Message::Binary(_)) | (Message::Binary(_), Message::Text(_)) => {
                return;
            }
        }
        self.last = next.last;
    }

    /// Detaches the chunk from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Chunk<'static> {
        Chunk {
            data: self.data.into_owned(),
            first: self.first,
            last: self.last,
        }
    }
}

/// A whole message is its first chunk and its last.
impl<'b> From<Message<'b>> for Chunk<'b> {
    fn from(data: Message<'b>) -> Self {
        Self {
            data,
            first: true,
            last: true,
        }
    }
}

impl Event<'_> {
    /// Detaches the event from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        match self {
            Self::Message(message) => Event::Message(message.into_owned()),
            Self::Chunk(chunk) => Event::Chunk(chunk.into_owned()),
            Self::Ping(payload) => Event::Ping(Cow::Owned(payload.into_owned())),
            Self::Pong(payload) => Event::Pong(Cow::Owned(payload.into_owned())),
            Self::Close(close) => Event::Close(close.map(Close::into_owned)),
        }
    }
}
