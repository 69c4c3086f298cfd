//! Coming from tungstenite or tokio-tungstenite (0.30): what their names are here.
//!
//! `tokio` means `siox_tokio::websocket`, `tcp` means `siox_tcp`; names without a crate are this one's.
//!
//! # Opening
//!
//! | tungstenite | here |
//! |---|---|
//! | `connect(url)` | `tcp::connect(url, &Options::default())` |
//! | `tokio_tungstenite::connect_async(url)` | `tokio::connect(url, &Options::default()).await` |
//! | `client(request, stream)`, `client_async` | `open(stream, host, target, &options)` in both |
//! | `ClientRequestBuilder::with_header`, `with_sub_protocol`, `IntoClientRequest` | `Options { headers, protocols, .. }` |
//! | the `Response` beside the socket | `socket.protocol()`; a refusal is `Error::Rejected` with status, headers and body |
//! | `Connector`, `MaybeTlsStream` | feature `tls`; `Options` takes a `rustls::ClientConfig` |
//! | redirects (`connect` follows 3) | never followed; `Error::Rejected` carries `Location` |
//! | no proxies | `Options { proxy, .. }`: HTTP CONNECT, SOCKS5 |
//! | `accept(stream)`, `accept_async` | `accept(stream, limits)` in both |
//! | `accept_hdr(stream, callback)` | `accept_with(stream, &AcceptOptions { on_request, protocols, origins, .. })` |
//! | `handshake::server::create_response(&request)` | feature `http`: [`handshake`](crate::handshake)`::http` |
//! | `handshake::derive_accept_key` | [`handshake::accept_key`](crate::handshake::accept_key) |
//! | `WebSocket::from_raw_socket(stream, role, config)` | `WebSocket::new(stream, Connection::server(limits), early)` |
//! | `WebSocket::from_partially_read(stream, part, ..)` | the same, `part` as `early` |
//!
//! # Reading and writing
//!
//! | tungstenite | here |
//! |---|---|
//! | `socket.read()?`, until `Error::ConnectionClosed` | `tcp`: `while let Some(message) = socket.read()?` |
//! | `StreamExt::next` on `WebSocketStream` | `tokio`: `socket.next().await`, or the same `Stream` |
//! | `socket.send(message)` | `socket.send(message)`; a `&str`, `String`, `Vec<u8>` or `Message` |
//! | `socket.write(message)` | `socket.queue(message)` |
//! | `socket.flush()`, `SinkExt` | `socket.flush()`, or the same `Sink` |
//! | `socket.close(Some(CloseFrame { code, reason }))`, then `read` until it ends | `socket.close(code, reason)` does all of it |
//! | `StreamExt::split` | `socket.split()`: either half makes the other go on, none waits for a lock |
//! | `can_read`, `can_write` | `is_closed` |
//! | `set_config` | none: [`Limits`](crate::Limits) are shared and fixed |
//! | `Message::Text(Utf8Bytes)`, `Message::Binary(Bytes)` | `Message::Text(Cow<str>)`, `Message::Binary(Cow<[u8]>)` |
//! | `Message::Ping`, `Message::Pong` from `read` | answered and kept; the machine shows them as [`Event`](crate::Event) |
//! | `Message::Close(frame)` from `read` | the end (`None`); what it said: `socket.goodbye()` |
//! | `Message::Frame` | [`frame`](crate::frame), the codec |
//! | whole messages only | also piece by piece: [`set_streaming`](crate::Connection::set_streaming), [`begin_text`](crate::Connection::begin_text) |
//! | `protocol::WebSocketContext` (takes a stream) | [`Connection`](crate::Connection) (takes bytes and the time) |
//!
//! # Configuration
//!
//! | `WebSocketConfig` | [`Limits`](crate::Limits) |
//! |---|---|
//! | `max_message_size` (64 MiB) | `message` (1 MiB) |
//! | `max_frame_size` (16 MiB) | none: a message's limit is its frames' |
//! | `max_write_buffer_size` (unlimited) | `high_water` (1 MiB), `hard_cap` (4 MiB) |
//! | `write_buffer_size` | none: what is queued between two reads leaves in one write |
//! | `read_buffer_size` (128 KiB for each socket) | none: one buffer for each thread |
//! | `accept_unmasked_frames` | none: RFC 6455 §5.1 forbids it |
//! | – | `accept_non_minimal_length`, which tungstenite always does |
//! | – | `ping_interval`, `pong_timeout`, `close_wait`, `message_deadline`, and the others of [`security`](super::security) |
//!
//! # Errors
//!
//! | tungstenite | here |
//! |---|---|
//! | `ConnectionClosed` | no error: `None` |
//! | `AlreadyClosed`, `Protocol(SendAfterClosing)` | `Error::Send(`[`SendError::Closed`](siox_wire::SendError::Closed)`)` |
//! | `WriteBufferFull(message)` | `queue`: [`SendError::Full`](siox_wire::SendError::Full); `send` waits |
//! | `Capacity(MessageTooLong)` | `Error::WebSocket(`[`Error::TooBig`](crate::Error::TooBig)`)`; the peer is told 1009 |
//! | `Protocol(_)`, `Utf8` | `Error::WebSocket(`[`Error::Protocol`](crate::Error::Protocol)`(`[`Violation`](crate::Violation)`))`; the peer is told |
//! | `Protocol(ResetWithoutClosingHandshake)` | `Error::WebSocket(`[`Error::UnexpectedEof`](crate::Error::UnexpectedEof)`)` |
//! | `Http(response)` | `Error::Rejected` |
//! | `Url(_)` | `Error::Url` |
//!
//! # What behaves otherwise
//! * Text is checked as it arrives: an invalid byte in the first of many fragments ends the connection
//!   there, not at the last.
//! * A violation is answered with its close code before the connection ends; tungstenite's caller has
//!   to send it.
//! * Non-minimal lengths are refused unless allowed.
//! * Memory follows what is received: an idle socket holds no buffer.
