//! The write buffer of a worker thread, lent to the WebSocket whose turn it is, so that a batch of answers
//! takes no memory of its own, and one which is idle holds none.

use siox_stack::Machine;
use siox_websocket::Connection;
use std::cell::Cell;

/// Its size, beyond which an [`Outbox`](siox_wire::Outbox) does not give it back: so it is made once, by the
/// first connection of a thread, and never again behind the memory of others, which it would keep from being
/// returned to the system.
const SIZE: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A turn of `connection` begins. To be followed by [`release`]. The buffer is taken, not borrowed: a
/// handler polled in place may drive another connection.
#[inline]
pub(crate) fn lend(connection: &mut Connection) {
    lend_with(|buffer| connection.lend_buffer(buffer));
}

/// The turn ends.
#[inline]
pub(crate) fn release(connection: &mut Connection) {
    release_with(|buffer| connection.release_buffer(buffer));
}

/// A turn of a session begins, as that of a connection.
#[inline]
pub(crate) fn lend_machine(machine: &mut impl Machine) {
    lend_with(|buffer| machine.lend_buffer(buffer));
}

/// The turn ends.
#[inline]
pub(crate) fn release_machine(machine: &mut impl Machine) {
    release_with(|buffer| machine.release_buffer(buffer));
}

#[inline]
fn lend_with(lend: impl FnOnce(&mut Vec<u8>)) {
    let mut buffer = BUFFER.take();
    if buffer.capacity() == 0 {
        buffer.reserve_exact(SIZE);
    }
    lend(&mut buffer);
    // Where the connection has memory of its own, the thread keeps it.
    if buffer.capacity() > 0 {
        BUFFER.set(buffer);
    }
}

#[inline]
fn release_with(release: impl FnOnce(&mut Vec<u8>)) {
    let mut buffer = Vec::new();
    release(&mut buffer);
    if buffer.capacity() > 0 {
        BUFFER.set(buffer);
    }
}
