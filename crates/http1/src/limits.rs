//! What a peer may cost: sizes in bytes, times in [`Duration`]s.

use core::time::Duration;

/// What a peer may cost one connection. Build it once and share it: `Arc<Limits>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest head in bytes, the request line and the closing blank line included; the same for the
    /// trailers of a chunked body. At most 4 GiB. Default 16 KiB; beyond it 431.
    pub head: usize,
    /// Most header lines of a head, or of trailers. Default 100; beyond it 431.
    pub headers: usize,
    /// Most bytes of chunk extensions in one body. Default 4 KiB; beyond it 400.
    pub extensions: usize,
    /// Time for a whole head: counted from the start of the connection for the first one, from its
    /// first byte for each later one. Default 10 s; beyond it 408, or a plain close where not a byte
    /// of a head has come.
    pub head_deadline: Duration,
    /// Time for a whole body, counted from [`collect`](crate::Connection::collect) (or from the answer
    /// where the body is skipped). Default 60 s; beyond it 408.
    pub body_deadline: Duration,
    /// How long a connection may lie idle between two requests, and how long a peer may take no byte
    /// of an answer. Default 60 s; beyond it a plain close.
    pub idle: Duration,
    /// Most bytes held behind a request that waits for its answer. Default 16 KiB; beyond it 400.
    pub pipelined: usize,
    /// While more bytes of answers than this are unwritten, no further request is looked at.
    /// Default 64 KiB.
    pub unsent: usize,
    /// Most bytes of an unread body that are skipped to keep a connection, and most bytes eaten
    /// behind the last answer before the connection is given up. Default 64 KiB.
    pub drain: usize,
    /// How long input is eaten behind the last answer, so that a reset does not destroy it.
    /// Default 1 s.
    pub drain_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 16 * 1024,
            headers: 100,
            extensions: 4 * 1024,
            head_deadline: Duration::from_secs(10),
            body_deadline: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            pipelined: 16 * 1024,
            unsent: 64 * 1024,
            drain: 64 * 1024,
            drain_deadline: Duration::from_secs(1),
        }
    }
}
