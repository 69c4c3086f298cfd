//! A message of which the beginning was read in chunks, and the rest is wanted whole.

use crate::{Chunk, Connection, Error};
use alloc::boxed::Box;
use siox_wire::{Instant, Message};

/// What has come of a message whose beginning was read in chunks, and whose rest is wanted whole: after
/// [`Connection::set_streaming`]`(false)` it still comes in [chunks](crate::Event::Chunk). For a runtime
/// that lets its caller change over between two reads. No memory while there is no such message.
#[derive(Debug, Default)]
pub struct Remainder(Option<Box<Chunk<'static>>>);

impl Remainder {
    /// Puts the next chunk behind what has come; gives the message with its last one.
    ///
    /// # Errors
    /// [`Error::TooBig`] when it is longer than [`Limits::message`](crate::Limits::message); the close
    /// frame that the peer is owed is queued on `connection`, which is closing then.
    pub fn join(
        &mut self,
        connection: &mut Connection,
        now: Instant,
        chunk: Chunk<'_>,
    ) -> Result<Option<Message<'static>>, Error> {
        let whole = match self.0.take() {
            Some(mut begun) => {
                begun.push(&chunk);
                begun
            }
            None => Box::new(chunk.into_owned()),
        };
        let limit = connection.limits().message;
        if whole.data.as_bytes().len() > limit {
            let error = Error::TooBig { limit };
            // Closing already, it owes nothing.
            let _ = connection.close(now, error.close_code(), error.reason());
            return Err(error);
        }
        if whole.last {
            return Ok(Some(whole.data));
        }
        self.0 = Some(whole);
        Ok(None)
    }

    /// What has come, for who asks for chunks again.
    #[must_use]
    pub fn take(&mut self) -> Option<Chunk<'static>> {
        self.0.take().map(|chunk| *chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use alloc::sync::Arc;

    fn chunk(data: &[u8], last: bool) -> Chunk<'_> {
        Chunk {
            data: data.into(),
            first: false,
            last,
        }
    }

    #[test]
    fn the_rest_is_put_together() {
        let mut connection = Connection::server(Arc::new(Limits::default()));
        let mut begun = Remainder::default();
        let mut join = |data, last| begun.join(&mut connection, Instant::EPOCH, chunk(data, last));
        assert_eq!(join(b"a", false), Ok(None));
        assert_eq!(join(b"b", true), Ok(Some(Message::from(&b"ab"[..]))));
        assert_eq!(join(b"c", false), Ok(None));
        assert_eq!(begun.take(), Some(chunk(b"c", false)));
        assert_eq!(begun.take(), None);
    }

    #[test]
    fn it_is_bounded_as_a_message() {
        let limits = Limits {
            message: 3,
            ..Limits::default()
        };
        let mut connection = Connection::server(Arc::new(limits));
        let mut begun = Remainder::default();
        let joined = begun.join(&mut connection, Instant::EPOCH, chunk(b"abc", false));
        assert_eq!(joined, Ok(None));
        assert!(!connection.is_closed());
        let joined = begun.join(&mut connection, Instant::EPOCH, chunk(b"d", true));
        assert_eq!(joined, Err(Error::TooBig { limit: 3 }));
        assert!(connection.is_closed());
        assert_eq!(begun.take(), None);
    }
}
