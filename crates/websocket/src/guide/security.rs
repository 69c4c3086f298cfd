//! Limits and security: what a hostile peer can try, what answers it, and what is left to the caller.
//!
//! # Memory
//! A connection's memory grows with the bytes it *received*, never with a length a peer declared. A
//! message that lies whole in the input is not copied at all; one that does not is kept in a buffer of
//! at most twice what came. What waits for a peer that does not read is bounded too.
//!
//! A peer whose last message was put together here has paid for that many bytes, of which none is held any
//! more: for its next message, room for so many is made with the first byte of it, where its frame announces
//! them. A byte of our memory still costs a byte sent, as it would cost who begins a message and never ends it;
//! and a shorter message lowers what the next may ask for. Compressed messages pay their bytes on the wire;
//! room is made for what these inflate to, as the bytes before them did, and for 16 times as many at most.
//!
//! Every bound is a named field of [`Limits`](crate::Limits), shared by many connections:
//!
//! | field | default | against | answer |
//! |---|---|---|---|
//! | `message` | 1 MiB | huge messages, deflate bombs (inflated bytes count while inflating) | 1009, by the head alone |
//! | `streamed_message` | none | endless messages read in chunks, where that is asked for | 1009 |
//! | `fragments` | 16,384 | messages of countless empty fragments | 1008 |
//! | `high_water` | 1 MiB | filling our own queue | [`SendError::Full`](siox_wire::SendError::Full) for the sender |
//! | `hard_cap` | 4 MiB | a peer that does not read | 1008 "slow consumer" |
//! | `control_flood` | 1,000 a second | ping floods | 1008 |
//! | `pending_pongs` | 16 | pings of a peer that does not read | only the newest of the others is answered |
//! | `close_wait` | 30 s | a peer that never answers our close frame | the connection is over |
//! | `ping_interval`, `pong_timeout` | none | peers that have silently gone | [`Timeout::Pong`](crate::Timeout::Pong) |
//! | `message_idle`, `message_rate` | none; 60 s and 1 KiB/s in [`Limits::server`](crate::Limits::server) | messages that trickle in | 1008 |
//! | `message_deadline` | none | the same, strictly | 1008 |
//!
//! Deadlines are told by `poll_timeout` and kept by `handle_timeout`: a caller that waits for bytes
//! without a timeout keeps none of them. The runtimes do it.
//!
//! # Strictness
//! What RFC 6455 forbids is refused: reserved bits and opcodes, frames masked by the wrong side,
//! fragmented or long control frames, stray continuations, invalid UTF-8 (at its first bad byte),
//! close codes that must not be sent, 64-bit lengths with the top bit set, and lengths that are not
//! minimal. The last is the one rule that other implementations let pass, and the one that can be
//! relaxed: `accept_non_minimal_length`. After the first violation nothing more is delivered.
//!
//! # The opening handshake, as a server
//! * **Origin.** Browsers let every page open a WebSocket to every host, with cookies; only the server
//!   can refuse. [`Origins`](crate::handshake::Origins) of
//!   [`AcceptOptions`](crate::handshake::server::AcceptOptions) is `Same` unless told otherwise: no
//!   `Origin` (no browser) passes, an `Origin` whose host and port are those of `Host` passes, all
//!   else, `null` included, is 403. Behind a proxy that sets `X-Forwarded-Host`, set `trust_proxy`;
//!   without such a proxy leave it off, for then any client could set that header.
//! * **Head.** Bounded in size (`head`, 16 KiB: 431) and time (`handshake`, 10 s: 408). Bare line ends,
//!   folded headers, repeated keys and smuggling attempts are 400.
//! * **Early frames** behind the request are kept until the 101 is written, and dropped with a refusal.
//! * Authentication is the hook's (`on_request`) or the first message's: the handshake itself proves
//!   nothing about who connects.
//!
//! # As a client
//! * The seed of [`Connection::client`](crate::Connection::client) must be secret and fresh: 32 bytes
//!   of the system's randomness. A payload that an attacker supplies must not be able to forge bytes on
//!   the wire (RFC 6455 §10.3); keys come from ChaCha20.
//! * Redirects are never followed, so that credentials stay with the host they were meant for: the
//!   [`Rejection`](crate::handshake::client::Rejection) carries status, headers and at most 8 KiB of the
//!   body, and the caller decides.
//! * Subprotocols, extensions and parameters that were not asked for end the handshake. Nothing is sent
//!   before it has succeeded.
//!
//! # Compression
//! Off unless feature `deflate` is on *and* a configuration is given. Two things to know before that:
//! compressing a secret together with text that an attacker chooses lets its length leak the secret
//! (CRIME, BREACH); send such messages uncompressed
//! (`Connection::set_compress`). And a window kept between messages (context
//! takeover) costs some 400 KB a connection: both ends start without.
//!
//! # What is left to the caller
//! * How many connections there are, in all and for each address.
//! * TLS: the runtimes have it by feature `tls`, or take any stream.
//! * How long an open, quiet connection may last: set `ping_interval` and `pong_timeout`.
//! * What a message means. A text is valid UTF-8, nothing more.
