//! Bytes of a client, and the reading of a server's: written apart from the crates under test.

use std::fmt;

pub const PLAIN_POLL: &str = "EIO=4&transport=polling&sid=BwcHBwcHBwcHBwcHBwcH";
pub const UPGRADE: &str = "EIO=4&transport=websocket&sid=BwcHBwcHBwcHBwcHBwcH";

pub const PLAIN_POLL_V3: &str = "EIO=3&transport=polling&sid=BwcHBwcHBwcHBwcHBwcH";
pub const UPGRADE_V3: &str = "EIO=3&transport=websocket&sid=BwcHBwcHBwcHBwcHBwcH";

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame of a client.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(0x80 | n as u8),
        n @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend((n as u16).to_be_bytes());
        }
        n => {
            out.push(0x80 | 127);
            out.extend((n as u64).to_be_bytes());
        }
    }
    out.extend(KEY);
    out.extend(payload.iter().zip(KEY.iter().cycle()).map(|(b, k)| b ^ k));
    out
}

/// A text message of a client.
pub fn text(packet: &str) -> Vec<u8> {
    masked(0x81, packet.as_bytes())
}

/// A binary message of a client.
pub fn binary(bytes: &[u8]) -> Vec<u8> {
    masked(0x82, bytes)
}

/// The head of a request that asks for a WebSocket.
pub fn upgrade_head(query: &str) -> Vec<u8> {
    format!(
        "GET /socket.io/?{query} HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// One frame of a server.
#[derive(Debug, PartialEq)]
pub struct Said {
    pub first: u8,
    pub payload: Vec<u8>,
}

impl fmt::Display for Said {
    /// Text as it is, binary as `<0102>`, control frames by name: `close 1000 why`, `pong x`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        match (self.first, &self.payload[..]) {
            (0x81, payload) => f.write_str(&text(payload)),
            (0x82, payload) => {
                let hex: String = payload.iter().map(|b| format!("{b:02x}")).collect();
                write!(f, "<{hex}>")
            }
            (0x88, [a, b, why @ ..]) => {
                let code = u16::from_be_bytes([*a, *b]);
                f.write_str(format!("close {code} {}", text(why)).trim_end())
            }
            (0x88, []) => f.write_str("close"),
            (0x89, payload) => write!(f, "ping {}", text(payload)),
            (0x8a, payload) => write!(f, "pong {}", text(payload)),
            (first, payload) => write!(f, "{first:#x} {payload:?}"),
        }
    }
}

/// The frames of a server. Panics on half a frame and on a masked one.
pub fn frames(mut bytes: &[u8]) -> Vec<Said> {
    let mut all = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        assert!(*second < 0x80, "a server masks");
        let (len, rest) = match *second {
            126 => (
                usize::from(u16::from_be_bytes(rest[..2].try_into().unwrap())),
                &rest[2..],
            ),
            127 => (
                u64::from_be_bytes(rest[..8].try_into().unwrap()) as usize,
                &rest[8..],
            ),
            n => (usize::from(n), rest),
        };
        all.push(Said {
            first: *first,
            payload: rest[..len].to_vec(),
        });
        bytes = &rest[len..];
    }
    assert!(bytes.is_empty(), "half a frame");
    all
}
