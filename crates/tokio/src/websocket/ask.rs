//! The next message, for who asks for one after the other: from what was read, or by the next turn.

use super::{Error, Message, WebSocket, warm};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite};

/// What is found where a message is asked for.
enum Found {
    Message(Message<'static>),
    /// What was read begins with one that is to be taken from there.
    AtHand,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> WebSocket<Io> {
    #[inline]
    pub(super) fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message<'static>, Error>>> {
        let mut is_found = false;
        let message = loop {
            if let Some(message) = self.message_at_hand(is_found) {
                break message;
            }
            match ready!(self.poll_found(cx)) {
                Some(Found::Message(message)) => break message,
                Some(Found::AtHand) => is_found = true,
                None => return Poll::Ready(self.failure.take().map(Err)),
            }
        };
        Poll::Ready(Some(Ok(message)))
    }

    #[inline(never)]
    fn poll_found(&mut self, cx: &mut Context<'_>) -> Poll<Option<Found>> {
        // The most common turn, taken out for speed.
        if self.only_reads() {
            warm::release(&mut self.connection);
            match ready!(self.poll_input(cx)) {
                Ok(Some(taken)) => match self.rest.hold(taken, &mut self.connection) {
                    None => return Poll::Ready(Some(Found::AtHand)),
                    Some(taken) => self.rest.put_back_all(taken, &self.connection),
                },
                Ok(None) => {}
                Err(e) => self.fail(e),
            }
        }
        self.poll_whole(cx, Some(Found::AtHand), |_, message| {
            Ok(Some(Found::Message(message.into_owned())))
        })
    }

    /// Whether a turn is a read, and nothing else.
    fn only_reads(&self) -> bool {
        let is_over = self.connection.is_closed() || self.ending.is_some() || self.eof;
        let is_timed = self.away_since.is_some() || self.timer.is_set();
        let is_due = is_timed || self.connection.poll_timeout().is_some();
        !is_over
            && !is_due
            && self.rest.is_empty()
            && !self.holds_output()
            && self.failure.is_none()
    }

    /// The next message, where it was read and either found just now or no deadline runs: taken out for speed,
    /// it asks neither the clock nor the stream.
    #[inline]
    fn message_at_hand(&mut self, is_found: bool) -> Option<Message<'static>> {
        if self.ending.is_some() || self.failure.is_some() {
            return None;
        }
        match self.rest.next(is_found, &mut self.connection)? {
            Ok(message) => Some(message),
            Err(e) => {
                self.fail(e.into());
                None
            }
        }
    }
}
