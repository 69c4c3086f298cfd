//! The codec of a thread, lent to the connection whose turn it is, so that one which is idle holds none.

use siox_websocket::Connection;

#[cfg(feature = "deflate")]
thread_local! {
    static POOL: std::cell::RefCell<Option<Box<siox_websocket::deflate::Codec>>> =
        const { std::cell::RefCell::new(None) };
}

/// A turn of `connection` begins. To be followed by [`release`].
#[inline]
pub(super) fn lend(connection: &mut Connection) {
    #[cfg(feature = "deflate")]
    if connection.has_deflate() {
        POOL.with_borrow_mut(|pool| connection.lend_codec(pool));
    }
    #[cfg(not(feature = "deflate"))]
    let _ = connection;
}

/// The turn ends.
#[inline]
pub(super) fn release(connection: &mut Connection) {
    #[cfg(feature = "deflate")]
    if connection.has_deflate() {
        POOL.with_borrow_mut(|pool| connection.release_codec(pool));
    }
    #[cfg(not(feature = "deflate"))]
    let _ = connection;
}

/// A turn that is one call.
pub(super) fn turn<R>(connection: &mut Connection, call: impl FnOnce(&mut Connection) -> R) -> R {
    lend(connection);
    let result = call(connection);
    release(connection);
    result
}
