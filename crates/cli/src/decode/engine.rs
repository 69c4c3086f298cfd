//! Engine.IO's packets and payloads, of v4 and of v3.

use super::{Report, report::shown, socket};
use siox_engineio::{Coding, Kind, Packet, Payload};
use siox_wire::Message;

const LAYER: &str = "Engine.IO";
const SEPARATOR: char = '\x1e';

/// A WebSocket message as it was captured: text if it can be text.
pub(crate) fn message(bytes: Vec<u8>) -> Message<'static> {
    match String::from_utf8(bytes) {
        Ok(text) => Message::Text(text.into()),
        Err(bytes) => Message::Binary(bytes.into_bytes().into()),
    }
}

/// Reads the packets of one direction of a session.
#[derive(Debug)]
pub(crate) struct Reader {
    eio: u8,
    socket: socket::Reader,
}

impl Reader {
    pub(crate) fn new(eio: u8) -> Self {
        Self {
            eio,
            socket: socket::Reader::default(),
        }
    }

    /// One WebSocket message.
    pub(crate) fn packet(&mut self, report: &mut Report, depth: usize, message: Message<'_>) {
        let packet = match self.eio {
            3 => Packet::decode_v3(message),
            _ => Packet::decode(message),
        };
        match packet {
            Ok(packet) => self.describe(report, depth, packet),
            Err(error) => report.error(depth, format!("{LAYER}: {error}")),
        }
    }

    fn describe(&mut self, report: &mut Report, depth: usize, packet: Packet<'_>) {
        let Packet { kind, data } = packet;
        let what = match &data {
            Message::Binary(_) => format!("{}, binary", name(kind)),
            Message::Text(_) => format!("{} ({})", name(kind), kind.digit()),
        };
        report.layer(depth, LAYER, what);
        match (kind, data) {
            (Kind::Message, data) => self.socket.message(report, depth + 1, data),
            (_, Message::Text(text)) if text.is_empty() => {}
            (_, Message::Text(text)) => report.part(depth + 1, text),
            (_, Message::Binary(bytes)) => report.part(depth + 1, shown(&bytes)),
        }
    }

    /// What a message packet carries.
    pub(crate) fn carried(&mut self, report: &mut Report, depth: usize, data: Message<'_>) {
        let kind = Kind::Message;
        self.describe(report, depth, Packet { kind, data });
    }

    /// The capture has ended.
    pub(crate) fn end(&self, report: &mut Report) {
        self.socket.end(report);
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Open => "open",
        Kind::Close => "close",
        Kind::Ping => "ping",
        Kind::Pong => "pong",
        Kind::Message => "message",
        Kind::Upgrade => "upgrade",
        Kind::Noop => "noop",
    }
}

/// Whether the text is several packets of v4, or any of v3 with their lengths.
pub(crate) fn is_payload(text: &str) -> bool {
    text.contains(SEPARATOR) || is_v3(text)
}

/// `LENGTH:` and a packet's digit.
fn is_v3(text: &str) -> bool {
    text.split_once(':').is_some_and(|(length, rest)| {
        let is_length = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        is_length && rest.starts_with(|c: char| c.is_ascii_digit() || c == 'b')
    })
}

/// Whether this is v3's binary form: a kind, the digits of a length, 0xff.
pub(crate) fn is_binary_payload(bytes: &[u8]) -> bool {
    let [0 | 1, rest @ ..] = bytes else {
        return false;
    };
    let digits = rest.iter().take_while(|b| **b <= 9).count();
    digits > 0 && rest.get(digits) == Some(&0xff)
}

/// The body of a poll or a POST. What it looks like counts for more than the version that is named.
pub(crate) fn payload(report: &mut Report, mut body: Vec<u8>, eio: u8) {
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let (coding, version) = if is_binary_payload(&body) {
        (Coding::V3Binary, "v3, binary form")
    } else if eio == 3 || is_v3(text) {
        (Coding::V3Text, "v3")
    } else {
        (Coding::V4, "v4")
    };
    report.layer(0, "Engine.IO payload", version);
    let mut reader = Reader::new(if coding == Coding::V4 { 4 } else { 3 });
    for packet in Payload::with(coding, &mut body) {
        match packet {
            Ok(packet) => reader.describe(report, 1, packet),
            Err(error) => report.error(1, format!("{LAYER}: {error}")),
        }
    }
    reader.end(report);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8], eio: u8) -> Report {
        let mut report = Report::default();
        payload(&mut report, bytes.to_vec(), eio);
        report
    }

    #[test]
    fn payloads_of_both_versions() {
        let v4 = body(b"40\x1e2\x1ebAQID", 4).to_text(false);
        assert!(
            v4.contains("payload  v4") && v4.contains("ping (2)") && v4.contains("01 02 03"),
            "{v4}"
        );
        let v3 = body(b"2:4010:b4AQIDBA==", 4).to_text(false);
        assert!(
            v3.contains("payload  v3") && v3.contains("01 02 03 04"),
            "{v3}"
        );
        let binary = body(b"\x00\x02\xff40\x01\x03\xff\x04ab", 4).to_text(false);
        assert!(
            binary.contains("binary form") && binary.contains("CONNECT"),
            "{binary}"
        );
    }

    #[test]
    fn a_broken_payload_is_read_up_to_its_error() {
        let report = body(b"2\x1ex\x1e3", 4);
        assert!(report.is_broken());
        let text = report.to_text(false);
        assert!(text.contains("ping") && !text.contains("pong"), "{text}");
    }

    #[test]
    fn the_open_packet_shows_its_handshake() {
        let mut report = Report::default();
        Reader::new(4).packet(&mut report, 0, Message::from("0{\"sid\":\"a\"}"));
        assert_eq!(
            report.to_text(false),
            "Engine.IO  open (0)\n  {\"sid\":\"a\"}\n"
        );
    }
}
