//! The codec of a thread, lent to the connection or session whose turn it is, so that one which is idle
//! holds none.

use siox_stack::Machine;
use siox_websocket::Connection;

#[cfg(feature = "deflate")]
thread_local! {
    static POOL: std::cell::RefCell<Option<Box<siox_websocket::deflate::Codec>>> =
        const { std::cell::RefCell::new(None) };
}

/// Whether a turn of `connection` is to begin before anything is done with it.
#[inline]
pub(crate) fn is_wanted(connection: &Connection) -> bool {
    #[cfg(feature = "deflate")]
    return connection.has_deflate();
    #[cfg(not(feature = "deflate"))]
    {
        let _ = connection;
        false
    }
}

/// A turn of `connection` begins. To be followed by [`release`].
#[inline]
pub(crate) fn lend(connection: &mut Connection) {
    #[cfg(feature = "deflate")]
    if connection.has_deflate() {
        POOL.with_borrow_mut(|pool| connection.lend_codec(pool));
    }
    #[cfg(not(feature = "deflate"))]
    let _ = connection;
}

/// The turn ends.
#[inline]
pub(crate) fn release(connection: &mut Connection) {
    #[cfg(feature = "deflate")]
    if connection.has_deflate() {
        POOL.with_borrow_mut(|pool| connection.release_codec(pool));
    }
    #[cfg(not(feature = "deflate"))]
    let _ = connection;
}

/// A turn that is one call.
pub(crate) fn turn<R>(connection: &mut Connection, call: impl FnOnce(&mut Connection) -> R) -> R {
    lend(connection);
    let result = call(connection);
    release(connection);
    result
}

/// A step of a session.
#[inline]
pub(crate) fn step<M: Machine, R>(machine: &mut M, step: impl FnOnce(&mut M) -> R) -> R {
    #[cfg(feature = "deflate")]
    POOL.with_borrow_mut(|pool| machine.lend_codec(pool));
    let result = step(machine);
    #[cfg(feature = "deflate")]
    POOL.with_borrow_mut(|pool| machine.release_codec(pool));
    result
}
