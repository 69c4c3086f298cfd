//! Socket.IO's packets, their attachments in place.

use super::{Report, report::shown};
use siox_socketio::{Config, Decoded, Decoder, Packet};
use siox_wire::{Instant, Message};

const LAYER: &str = "Socket.IO";

/// Reads the packets of one direction. A capture may hold any number of attachments.
#[derive(Debug)]
pub(crate) struct Reader {
    decoder: Decoder,
    config: Config,
    failed: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            decoder: Decoder::default(),
            config: Config {
                max_attachments: 9_999,
                ..Config::default()
            },
            failed: false,
        }
    }
}

impl Reader {
    /// A message: a packet's text, or one of its attachments.
    pub(crate) fn message(&mut self, report: &mut Report, depth: usize, message: Message<'_>) {
        if let Message::Binary(bytes) = &message {
            report.layer(depth, LAYER, format!("attachment, {}", shown(bytes)));
            if !self.decoder.is_pending() {
                report.note(
                    depth + 1,
                    "the packet that it belongs to is not in this capture",
                );
                return;
            }
        }
        match self
            .decoder
            .handle_message(Instant::EPOCH, message, &self.config)
        {
            Ok(Some(packet)) => describe(report, depth, &packet),
            Ok(None) => report.note(depth, "more attachments of this packet are to come"),
            Err(error) => {
                self.failed = true;
                report.error(depth, format!("{LAYER}: {error}"));
            }
        }
    }

    /// The capture has ended.
    pub(crate) fn end(&self, report: &mut Report) {
        if self.decoder.is_pending() && !self.failed {
            report.note(0, "the capture ends before the last attachment of a packet");
        }
    }
}

fn describe(report: &mut Report, depth: usize, packet: &Decoded<'_>) {
    let nsp = packet.nsp();
    match packet {
        Decoded::Connect { payload, .. } => {
            report.layer(depth, LAYER, format!("CONNECT (0) to {nsp}"));
            if let Some(payload) = payload {
                report.part(depth + 1, format!("payload {}", payload.as_str()));
            }
        }
        Decoded::Disconnect { .. } => {
            report.layer(depth, LAYER, format!("DISCONNECT (1) from {nsp}"));
        }
        Decoded::Event { id, packet, .. } => {
            let digit = if packet.attachments().is_empty() {
                "EVENT (2)"
            } else {
                "BINARY_EVENT (5)"
            };
            let ack = id.map_or(String::new(), |id| format!(", to be acknowledged as {id}"));
            report.layer(depth, LAYER, format!("{digit} in {nsp}{ack}"));
            report.part(depth + 1, format!("event {:?}", packet.name()));
            arguments(report, depth + 1, packet);
        }
        Decoded::Ack { id, packet, .. } => {
            let digit = if packet.attachments().is_empty() {
                "ACK (3)"
            } else {
                "BINARY_ACK (6)"
            };
            report.layer(depth, LAYER, format!("{digit} in {nsp}, of {id}"));
            arguments(report, depth + 1, packet);
        }
        Decoded::ConnectError { payload, .. } => {
            report.layer(depth, LAYER, format!("CONNECT_ERROR (4) from {nsp}"));
            report.part(depth + 1, format!("payload {}", payload.as_str()));
        }
    }
}

fn arguments(report: &mut Report, depth: usize, packet: &Packet<'_>) {
    for (n, argument) in packet.args_value().view().items().enumerate() {
        match argument.as_bytes() {
            Some(bytes) => report.part(depth, format!("[{n}] binary, {}", shown(bytes))),
            None => report.part(depth, format!("[{n}] {}", argument.json())),
        }
    }
    for (n, bytes) in packet.attachments().iter().enumerate() {
        report.part(depth, format!("attachment {n}, {}", shown(bytes)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(messages: &[Message<'_>]) -> Report {
        let mut report = Report::default();
        let mut reader = Reader::default();
        for message in messages {
            reader.message(&mut report, 0, message.clone());
        }
        reader.end(&mut report);
        report
    }

    #[test]
    fn every_packet_is_described() {
        for (text, words) in [
            (
                "0/a,{\"t\":1}",
                &["CONNECT (0) to /a", "payload {\"t\":1}"][..],
            ),
            ("1", &["DISCONNECT (1) from /"]),
            (
                "27[\"x\",1,{\"a\":[]}]",
                &["EVENT (2)", "as 7", "\"x\"", "[0] 1", "[1] {\"a\":[]}"],
            ),
            ("3/a,9[true]", &["ACK (3) in /a, of 9", "[0] true"]),
            ("4{\"message\":\"no\"}", &["CONNECT_ERROR (4)", "no"]),
        ] {
            let got = read(&[Message::from(text)]).to_text(false);
            for word in words {
                assert!(got.contains(word), "{text}: {word} in {got}");
            }
        }
    }

    #[test]
    fn attachments_find_their_packet() {
        let text = r#"51-["f",{"_placeholder":true,"num":0}]"#;
        let whole = read(&[Message::from(text), Message::from(&b"ab"[..])]);
        assert!(whole.to_text(false).contains("[0] binary, 2 bytes: 61 62"));
        assert!(
            read(&[Message::from(text)])
                .to_text(false)
                .contains("before the last attachment")
        );
        let alone = read(&[Message::from(&b"ab"[..])]);
        assert!(alone.to_text(false).contains("not in this capture"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let report = read(&[Message::from("2[\"connect\"]")]);
        assert!(report.is_broken());
        assert!(report.to_text(false).contains("error: Socket.IO: "));
    }
}
