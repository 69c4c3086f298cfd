//! A WebSocket in two halves, each for a thread of its own.

mod both;
mod receiver;
mod sender;

use crate::{Transport, WebSocket};
use both::Both;
pub use receiver::Receiver;
pub use sender::Sender;
use std::sync::Arc;

impl<S> WebSocket<S>
where
    for<'a> &'a S: Transport,
{
    /// Two halves, each for a thread of its own: a send waits for no read, and no read for a send. The
    /// receiver is what drives the connection: without one that reads, no ping is answered and no closing
    /// handshake ends. The deadlines of [`Limits`](crate::Limits) are kept to within a second.
    #[must_use]
    pub fn split(self) -> (Sender<S>, Receiver<S>) {
        let both = Arc::new(Both::new(self.io, self.machine));
        let receiver = Receiver::new(both.clone(), self.rest, self.eof, self.ending);
        (Sender::new(both), receiver)
    }
}
