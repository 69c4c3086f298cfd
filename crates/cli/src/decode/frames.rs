//! WebSocket frames of one direction, joined to messages and inflated.

use super::{Report, engine, report::shown};
use flate2::{Decompress, FlushDecompress};
use siox_websocket::{
    Close,
    frame::{Head, Opcode, Role},
    mask,
};
use siox_wire::Message;
use std::fmt::Write as _;

const LAYER: &str = "WebSocket";
/// The most that a compressed message may inflate to, in bytes.
const MOST: usize = 16 << 20;

/// Reads all frames.
pub(crate) fn decode(report: &mut Report, bytes: &[u8], eio: u8) {
    let mut reader = Reader {
        engine: engine::Reader::new(eio),
        message: None,
        inflater: Decompress::new(false),
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        match reader.frame(report, rest) {
            Some(used) => rest = rest.get(used..).unwrap_or_default(),
            None => return,
        }
    }
    if reader.message.is_some() {
        report.note(0, "the capture ends before the last fragment of a message");
    }
    reader.engine.end(report);
}

struct Reader {
    engine: engine::Reader,
    /// What came of a message in fragments.
    message: Option<Fragments>,
    inflater: Decompress,
}

struct Fragments {
    is_text: bool,
    is_compressed: bool,
    payload: Vec<u8>,
}

impl Reader {
    /// One frame. How many bytes it took; `None` where nothing can be read behind it.
    fn frame(&mut self, report: &mut Report, bytes: &[u8]) -> Option<usize> {
        let is_masked = bytes.get(1).is_some_and(|second| second & 0x80 != 0);
        let reader = if is_masked {
            Role::Server
        } else {
            Role::Client
        };
        let (head, used) = match Head::decode_extended(bytes, reader, false, true) {
            Ok(Some(found)) => found,
            Ok(None) => {
                report.error(
                    0,
                    format!(
                        "{LAYER}: the head of a frame is cut off after {}",
                        shown(bytes)
                    ),
                );
                return None;
            }
            Err(violation) => {
                report.error(0, format!("{LAYER}: {violation} ({})", shown(bytes)));
                return None;
            }
        };
        report.layer(0, LAYER, described(&head, is_masked));
        let len = usize::try_from(head.len).unwrap_or(usize::MAX);
        let end = used.saturating_add(len);
        let Some(payload) = bytes.get(used..end) else {
            let have = bytes.len().saturating_sub(used);
            report.error(
                1,
                format!("{LAYER}: {have} of {len} bytes of the payload are in this capture"),
            );
            return None;
        };
        let mut payload = payload.to_vec();
        mask::apply(&mut payload, head.mask);
        self.payload(report, &head, payload);
        Some(end)
    }

    fn payload(&mut self, report: &mut Report, head: &Head, payload: Vec<u8>) {
        match head.opcode {
            Opcode::Text | Opcode::Binary if self.message.is_some() => {
                report.error(
                    1,
                    format!("{LAYER}: a message begins before the last one has ended"),
                );
                self.message = None;
            }
            Opcode::Text | Opcode::Binary => {
                self.message = Some(Fragments {
                    is_text: head.opcode == Opcode::Text,
                    is_compressed: head.rsv1,
                    payload,
                });
                self.finish(report, head.fin);
            }
            Opcode::Continuation => match &mut self.message {
                Some(message) => {
                    message.payload.extend(payload);
                    self.finish(report, head.fin);
                }
                None => report.error(1, format!("{LAYER}: a continuation of no message")),
            },
            Opcode::Close => match Close::parse(payload.into()) {
                Ok(Some(close)) => {
                    report.part(1, format!("code {}, reason {:?}", close.code, close.reason));
                }
                Ok(None) => report.part(1, "without a code"),
                Err(violation) => report.error(1, format!("{LAYER}: {violation}")),
            },
            Opcode::Ping | Opcode::Pong => report.part(1, shown(&payload)),
        }
    }

    /// The frame is in; if it was the last of its message, that is read.
    fn finish(&mut self, report: &mut Report, fin: bool) {
        let Some(message) = self.message.take_if(|_| fin) else {
            return;
        };
        let payload = if message.is_compressed {
            match inflate(&mut self.inflater, message.payload) {
                Ok(payload) => {
                    report.note(1, format!("inflated to {} bytes", payload.len()));
                    payload
                }
                Err(why) => return report.error(1, format!("{LAYER}: {why}")),
            }
        } else {
            message.payload
        };
        let message = if message.is_text {
            match String::from_utf8(payload) {
                Ok(text) => Message::Text(text.into()),
                Err(error) => {
                    return report.error(
                        1,
                        format!("{LAYER}: a text that is not UTF-8: {}", error.utf8_error()),
                    );
                }
            }
        } else {
            Message::Binary(payload.into())
        };
        self.engine.packet(report, 1, message);
    }
}

/// Whatever the peers agreed to, the window of this capture's messages before is there.
fn inflate(inflater: &mut Decompress, mut payload: Vec<u8>) -> Result<Vec<u8>, String> {
    payload.extend([0, 0, 0xff, 0xff]);
    let mut out = Vec::new();
    let mut rest = &payload[..];
    loop {
        if out.len() >= MOST {
            return Err(format!("the message inflates to more than {MOST} bytes"));
        }
        out.reserve(out.len().clamp(1024, 1 << 20));
        let before = inflater.total_in();
        let filled = out.len();
        inflater
            .decompress_vec(rest, &mut out, FlushDecompress::Sync)
            .map_err(|_| {
                "the compressed message needs one that is not in this capture, or is damaged"
                    .to_owned()
            })?;
        let used =
            usize::try_from(inflater.total_in().saturating_sub(before)).unwrap_or(usize::MAX);
        rest = rest.get(used..).unwrap_or_default();
        if rest.is_empty() && out.len() < out.capacity() || used == 0 && out.len() == filled {
            return Ok(out);
        }
    }
}

fn described(head: &Head, is_masked: bool) -> String {
    let mut text = match head.opcode {
        Opcode::Continuation => "continuation",
        Opcode::Text => "text",
        Opcode::Binary => "binary",
        Opcode::Close => "close",
        Opcode::Ping => "ping",
        Opcode::Pong => "pong",
    }
    .to_owned();
    text.push_str(if head.fin { ", FIN" } else { ", more to come" });
    if head.rsv1 {
        text.push_str(", RSV1 (compressed)");
    }
    if is_masked {
        let [a, b, c, d] = head.mask;
        // A `String` takes everything that is written to it.
        let _ = write!(
            text,
            ", masked with {a:02x}{b:02x}{c:02x}{d:02x} (from a client)"
        );
    } else {
        text.push_str(", unmasked (from a server)");
    }
    let _ = write!(text, ", {} bytes", head.len);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_websocket::frame;

    fn read(bytes: &[u8]) -> Report {
        let mut report = Report::default();
        decode(&mut report, bytes, 4);
        report
    }

    type Frame<'a> = (bool, Opcode, &'a [u8], Option<[u8; 4]>);

    fn frames(frames: &[Frame<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        for (fin, opcode, payload, mask) in frames {
            frame::encode(&mut out, *fin, *opcode, payload, *mask).unwrap();
        }
        out
    }

    #[test]
    fn fragments_are_joined_and_controls_stand_between() {
        let bytes = frames(&[
            (false, Opcode::Text, b"42[\"a", Some([1, 2, 3, 4])),
            (true, Opcode::Ping, b"hi", Some([0; 4])),
            (true, Opcode::Continuation, b"\"]", Some([9; 4])),
            (true, Opcode::Close, b"\x03\xe8bye", Some([5; 4])),
        ]);
        let text = read(&bytes).to_text(false);
        for word in [
            "masked with 01020304",
            "ping",
            "event \"a\"",
            "code 1000",
            "bye",
        ] {
            assert!(text.contains(word), "{word} in {text}");
        }
    }

    #[test]
    fn compressed_messages_share_a_window() {
        let mut deflater = flate2::Compress::new(flate2::Compression::default(), false);
        let mut bytes = Vec::new();
        for _ in 0..2 {
            let mut out = Vec::with_capacity(256);
            deflater
                .compress_vec(b"42[\"squeezed\"]", &mut out, flate2::FlushCompress::Sync)
                .unwrap();
            out.truncate(out.len() - 4);
            let from = bytes.len();
            frame::encode(&mut bytes, true, Opcode::Text, &out, None).unwrap();
            bytes[from] |= 0x40;
        }
        let text = read(&bytes).to_text(false);
        assert_eq!(text.matches("event \"squeezed\"").count(), 2, "{text}");
    }

    #[test]
    fn what_is_cut_or_wrong_is_named() {
        for (bytes, word) in [
            (&b"\x81"[..], "cut off"),
            (b"\x81\x05he", "2 of 5 bytes"),
            (b"\xb1\x00", "eserved"),
            (b"\x80\x00", "continuation of no message"),
            (b"\x81\x01\xff", "not UTF-8"),
            (b"\xc1\x02\xff\xff", "damaged"),
        ] {
            let report = read(bytes);
            assert!(report.is_broken(), "{bytes:?}");
            let text = report.to_text(false);
            assert!(text.contains(word), "{word} in {text}");
        }
    }
}
