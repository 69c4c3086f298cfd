//! The codecs of a process, lent to the connections whose turn it is. A thread that waits for bytes holds
//! none: there are as many as threads that work at once, not as many as connections.

use siox_stack::Machine;
use siox_websocket::Connection;

#[cfg(feature = "deflate")]
mod pool {
    use siox_websocket::deflate::Codec;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// How many are kept for the next turns.
    const MOST: usize = 8;

    #[expect(
        clippy::vec_box,
        reason = "the box is what goes in and out of a connection"
    )]
    static IDLE: Mutex<Vec<Box<Codec>>> = Mutex::new(Vec::new());

    #[expect(clippy::vec_box, reason = "as above")]
    fn idle() -> MutexGuard<'static, Vec<Box<Codec>>> {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take() -> Option<Box<Codec>> {
        idle().pop()
    }

    pub(super) fn put(codec: Option<Box<Codec>>) {
        let Some(codec) = codec else { return };
        let mut idle = idle();
        if idle.len() < MOST {
            idle.push(codec);
        }
    }
}

/// A turn of `connection`: what it needs of a codec and does not keep itself is lent to it.
pub(crate) fn turn<R>(connection: &mut Connection, call: impl FnOnce(&mut Connection) -> R) -> R {
    #[cfg(feature = "deflate")]
    if connection.has_deflate() {
        let mut lent = pool::take();
        connection.lend_codec(&mut lent);
        // What this connection has of its own, others can use.
        pool::put(lent.take());
        let result = call(connection);
        connection.release_codec(&mut lent);
        pool::put(lent);
        return result;
    }
    call(connection)
}

/// A step of a session.
pub(crate) fn step<M: Machine, R>(machine: &mut M, step: impl FnOnce(&mut M) -> R) -> R {
    #[cfg(feature = "deflate")]
    {
        let mut lent = pool::take();
        machine.lend_codec(&mut lent);
        pool::put(lent.take());
        let result = step(machine);
        machine.release_codec(&mut lent);
        pool::put(lent);
        result
    }
    #[cfg(not(feature = "deflate"))]
    step(machine)
}
