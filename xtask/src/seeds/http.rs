//! Heads of HTTP/1.1 requests and responses: opening handshakes of RFC 6455, section 4, polls, and ways to be wrong.

use super::Seed;

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const UPGRADE: &str =
    "Host: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13";

pub(super) fn seeds() -> Vec<Seed> {
    let many: String = (0..120)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    vec![
        ("upgrade", upgrade("/chat", KEY)),
        ("upgrade-with-more", upgrade("/", &format!("{KEY}\r\nOrigin: http://a.example\r\nSec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x"))),
        ("upgrade-browser-connection", upgrade("/", KEY).replacing("Connection: Upgrade", "Connection: keep-alive, Upgrade")),
        ("upgrade-then-frame", [upgrade("/", KEY), super::websocket::masked(super::websocket::TEXT, b"early")].concat()),
        ("upgrade-engineio", upgrade("/engine.io/?EIO=4&transport=websocket", KEY)),
        ("bad-version", upgrade("/", KEY).replacing("Version: 13", "Version: 8")),
        ("bad-no-key", upgrade("/", "X: y")),
        ("bad-key-short", upgrade("/", "Sec-WebSocket-Key: AAAA")),
        ("bad-two-keys", upgrade("/", &format!("{KEY}\r\n{KEY}"))),
        ("bad-method", upgrade("/", KEY).replacing("GET", "POST")),
        ("bad-http-10", upgrade("/", KEY).replacing("HTTP/1.1", "HTTP/1.0")),
        ("bad-no-host", upgrade("/", KEY).replacing("Host", "Ghost")),
        ("bad-many-headers", upgrade("/", many.trim_end())),
        ("bad-header-name", upgrade("/", "Na me: x")),
        ("bad-folded", upgrade("/", "Name: x\r\n folded")),
        ("bad-bare-newline", b"GET / HTTP/1.1\nHost: a\n\n".to_vec()),
        ("bad-not-http", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("accepted", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n".to_vec()),
        ("accepted-subprotocol", b"HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n".to_vec()),
        ("accepted-wrongly", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n".to_vec()),
        ("refused", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno".to_vec()),
        ("poll", b"GET /socket.io/?EIO=4&transport=polling&t=abc HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
        ("post", post("Content-Length: 3", "40\x1e")),
        ("post-chunked", post("Transfer-Encoding: chunked", "2;x=y\r\n40\r\n0\r\nTrailer: z\r\n\r\n")),
        ("bad-two-lengths", post("Content-Length: 3\r\nContent-Length: 4", "40\x1e")),
        ("bad-length-and-chunked", post("Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        ("bad-length", post("Content-Length: 99999999999999999999", "")),
        ("bad-chunk", post("Transfer-Encoding: chunked", "ffffffffffffffff\r\n")),
    ]
}

/// The request for a WebSocket at `target`, with `headers` after those that every such request has.
pub(super) fn upgrade(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\n{UPGRADE}\r\n{headers}\r\n\r\n").into_bytes()
}

fn post(headers: &str, body: &str) -> Vec<u8> {
    format!("POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n{body}").into_bytes()
}

trait Replacing {
    /// The same head with one text in place of another, which it must hold.
    fn replacing(self, old: &str, new: &str) -> Self;
}

impl Replacing for Vec<u8> {
    fn replacing(self, old: &str, new: &str) -> Self {
        let text = String::from_utf8_lossy(&self).into_owned();
        assert!(text.contains(old), "`{old}` is not in the head");
        text.replacen(old, new, 1).into_bytes()
    }
}

/// The usual key, for whole sessions.
pub(super) fn key() -> &'static str {
    KEY
}
