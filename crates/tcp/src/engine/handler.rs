//! Clients whose events are handled where they are read.

use super::{Event, Socket};

/// What handles the events of all clients of a server. Its methods are called by the thread that reads a
/// client, and for one client one after the other; they may send, and wait for room to.
///
/// Any `Fn(&Socket, Event<'_>)` is one.
pub trait Handler: Send + Sync + 'static {
    /// A client has come. What is sent to it now is the first that it gets.
    fn opened(&self, socket: &Socket) {
        let _ = socket;
    }

    /// Something happened to a client; after [`Event::Closed`] nothing more does.
    fn event(&self, socket: &Socket, event: Event<'_>);
}

impl<F: Fn(&Socket, Event<'_>) + Send + Sync + 'static> Handler for F {
    fn event(&self, socket: &Socket, event: Event<'_>) {
        self(socket, event);
    }
}
