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
    /// A ping; the machine answers it.
    Ping(Cow<'b, [u8]>),
    /// A pong, asked for or not.
    Pong(Cow<'b, [u8]>),
    /// The peer's close frame, the last event of a connection; the machine answers it. `None`: it was
    /// empty.
    Close(Option<Close<'b>>),
}

impl Event<'_> {
    /// Detaches the event from the buffer it borrows.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        match self {
            Self::Message(message) => Event::Message(message.into_owned()),
            Self::Ping(payload) => Event::Ping(Cow::Owned(payload.into_owned())),
            Self::Pong(payload) => Event::Pong(Cow::Owned(payload.into_owned())),
            Self::Close(close) => Event::Close(close.map(Close::into_owned)),
        }
    }
}
