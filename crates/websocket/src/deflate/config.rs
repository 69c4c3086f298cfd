//! What one end wants of permessage-deflate. No rule of the negotiation lives here.

/// What one end wants of permessage-deflate, and how it compresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How hard to compress, 0 (not at all) to 9; more counts as 9. Default 1: fast.
    pub level: u8,
    /// Messages shorter than this are sent as they are, in bytes. Default 1,024.
    pub threshold: usize,
    /// The server begins each message with an empty window, so it holds no compressor in between. A
    /// client with this set asks for it. Default `true`.
    pub server_no_context_takeover: bool,
    /// The same for the client's messages: the server holds no inflater in between. A server with this
    /// set demands it. Default `true`.
    pub client_no_context_takeover: bool,
    /// The largest window the server compresses with, as a power of two, 8 to 15. A client with less
    /// than 15 demands it; a server never uses less than 9. Default 15.
    pub server_max_window_bits: u8,
    /// The largest window the client compresses with, likewise. A server with less than 15 demands it
    /// of clients that offer to obey; a client never uses less than 9. Default 15.
    pub client_max_window_bits: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            level: 1,
            threshold: 1024,
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        }
    }
}
