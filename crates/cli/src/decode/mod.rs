//! `siox decode`: what a captured frame, payload or packet means at each layer.
//!
//! Here is the command line and the choice of the outermost layer; each layer has a module of its own.

mod engine;
mod frames;
mod input;
mod report;
mod socket;

use clap::{Args, ValueEnum};
use input::{Captured, Form};
use report::Report;
use siox_wire::Message;
use std::{
    fmt,
    io::{self, IsTerminal, Read, Write},
};

/// Print what a captured frame, payload or packet means at each layer.
///
/// The capture may be WebSocket frames, the body of a poll, an Engine.IO packet, or a Socket.IO packet
/// alone; written in hex, base64 or as it is. What is not said is guessed, and the guess is printed.
///
/// Examples:
///   siox decode '42["chat","hello"]'
///   siox decode 81 8a 37 fa 21 3d 03 c8 7a 1f 54 92 40 49 15 a7
///   curl -s "$URL/socket.io/?EIO=4&transport=polling" | siox decode
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Decode {
    /// What was captured; several words are joined by spaces. Standard input where there is none, or "-".
    #[arg(value_name = "CAPTURE")]
    words: Vec<String>,
    /// How the capture is written.
    #[arg(long, short, value_enum, default_value_t = Form::Auto)]
    form: Form,
    /// The outermost layer of the capture.
    #[arg(long = "as", short = 'a', value_enum, default_value_t = Layer::Auto)]
    layer: Layer,
    /// The version of Engine.IO.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(3..=4))]
    eio: u8,
    /// Print one line of JSON for each finding.
    #[arg(long)]
    json: bool,
}

/// What a capture begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layer {
    /// Guess.
    Auto,
    /// WebSocket frames, one after the other, of one direction.
    Frame,
    /// The body of a poll or a POST.
    Payload,
    /// One Engine.IO packet: one WebSocket message.
    Packet,
    /// One Socket.IO packet, without Engine.IO's digit before it.
    Socketio,
}

/// Why nothing could be decoded at all.
#[derive(Debug)]
pub(crate) enum DecodeError {
    Read(io::Error),
    Empty,
    Form(input::FormError),
    /// It was decoded up to what the report names.
    Broken,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "standard input: {error}"),
            Self::Empty => f.write_str("there is nothing to decode"),
            Self::Form(error) => error.fmt(f),
            Self::Broken => f.write_str("the capture breaks the rule named above"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Decodes and prints.
pub(crate) fn run(decode: &Decode) -> Result<(), DecodeError> {
    let captured = decode.captured()?;
    let report = report(captured, decode.layer, decode.eio);
    let mut stdout = io::stdout();
    let text = if decode.json {
        report.to_json()
    } else {
        report.to_text(stdout.is_terminal())
    };
    // Whoever reads this may have heard enough.
    let _ = stdout.write_all(text.as_bytes());
    if report.is_broken() {
        return Err(DecodeError::Broken);
    }
    Ok(())
}

impl Decode {
    fn captured(&self) -> Result<Captured, DecodeError> {
        let given = self.words.join(" ");
        let bytes = if given.is_empty() || given == "-" {
            let mut bytes = Vec::new();
            io::stdin()
                .read_to_end(&mut bytes)
                .map_err(DecodeError::Read)?;
            bytes
        } else {
            given.into_bytes()
        };
        if bytes.is_empty() {
            return Err(DecodeError::Empty);
        }
        Captured::read(bytes, self.form).map_err(DecodeError::Form)
    }
}

/// What a packet of Engine.IO means, indented and in colours where that is wanted.
pub(crate) struct Raw(engine::Reader);

impl Raw {
    /// A reader of the packets of one direction.
    pub(crate) fn new(eio: u8) -> Self {
        Self(engine::Reader::new(eio))
    }

    /// What this message, which Engine.IO carries, means.
    pub(crate) fn message(&mut self, message: &Message<'_>, colours: bool) -> String {
        let mut report = Report::default();
        self.0.carried(&mut report, 1, message.clone());
        report.to_text(colours)
    }
}

/// What the capture means, with what was guessed about it before.
fn report(captured: Captured, layer: Layer, eio: u8) -> Report {
    let mut report = Report::default();
    if let Some(form) = captured.guessed {
        report.note(0, format!("read as {form}"));
    }
    let bytes = captured.bytes;
    match layer {
        Layer::Auto => guess(&mut report, bytes, eio),
        Layer::Frame => frames::decode(&mut report, &bytes, eio),
        Layer::Payload => engine::payload(&mut report, bytes, eio),
        Layer::Packet => engine::Reader::new(eio).packet(&mut report, 0, engine::message(bytes)),
        Layer::Socketio => {
            socket::Reader::default().message(&mut report, 0, engine::message(bytes));
        }
    }
    report
}

/// A text that begins as Engine.IO's packets do is one, or a payload; anything else is frames.
fn guess(report: &mut Report, bytes: Vec<u8>, eio: u8) {
    match std::str::from_utf8(&bytes) {
        Ok(text) if engine::is_payload(text) => engine::payload(report, bytes, eio),
        Ok(text) if text.starts_with(|c: char| c.is_ascii_digit() || c == 'b') => {
            engine::Reader::new(eio).packet(report, 0, engine::message(bytes));
        }
        Ok(_) | Err(_) if engine::is_binary_payload(&bytes) => engine::payload(report, bytes, 3),
        Ok(_) | Err(_) => frames::decode(report, &bytes, eio),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> String {
        let captured = Captured::read(text.as_bytes().to_vec(), Form::Auto).unwrap();
        report(captured, Layer::Auto, 4).to_text(false)
    }

    #[test]
    fn a_packet_is_told_from_payloads_and_frames() {
        for (text, layers) in [
            ("42[\"a\"]", &["Engine.IO", "Socket.IO"][..]),
            ("2probe", &["Engine.IO"]),
            ("40", &["Engine.IO", "Socket.IO"]),
            (
                "42[\"a\"]\x1e2",
                &["Engine.IO payload  v4", "Socket.IO", "ping"],
            ),
            (
                "2:4013:42[\"auth\",{}]",
                &["Engine.IO payload  v3", "Socket.IO"],
            ),
            (
                "81 07 34 32 5b 22 61 22 5d",
                &["WebSocket", "Engine.IO", "Socket.IO"],
            ),
            ("gQc0MlsiYSJd", &["WebSocket", "Engine.IO", "Socket.IO"]),
        ] {
            let got = lines(text);
            for layer in layers {
                assert!(got.contains(layer), "{text}: {layer} in {got}");
            }
        }
    }
}
