//! The write buffer of a worker thread, lent to the WebSocket whose turn it is, so that a batch of answers
//! takes no memory of its own, and one which is idle holds none.

use siox_websocket::Connection;
use std::cell::Cell;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A turn of `connection` begins. To be followed by [`release`]. The buffer is taken, not borrowed: a
/// handler polled in place may drive another connection.
#[inline]
pub(crate) fn lend(connection: &mut Connection) {
    let mut buffer = BUFFER.take();
    connection.lend_buffer(&mut buffer);
    // Where the connection has memory of its own, the thread keeps it.
    if buffer.capacity() > 0 {
        BUFFER.set(buffer);
    }
}

/// The turn ends.
#[inline]
pub(crate) fn release(connection: &mut Connection) {
    let mut buffer = Vec::new();
    connection.release_buffer(&mut buffer);
    if buffer.capacity() > 0 {
        BUFFER.set(buffer);
    }
}
