//! `codec`: the packet and payload codecs, asked line by line over standard input.

mod engine;
mod framing;
pub(crate) mod json;
mod socket;

use siox_socketio::{Value, View};
use std::io::{self, BufRead, Write};

/// What `--help` says of the requests.
pub(crate) const HELP: &str = r#"Reads one JSON request per line and writes one JSON answer per line:
{"ok": RESULT} or {"err": "MESSAGE"}. Binary data is {"$b": "BASE64"}, wherever it stands.

An Engine.IO PACKET is {"type": T, "data"?: text or binary}, with T one of open, close, ping, pong,
message, upgrade, noop, and error where it could not be decoded. A Socket.IO packet is
{"type": 0 to 4, "nsp": N, "data"?: any, "id"?: number}.

  {"op":"eio.encode","packet":PACKET,"binary":BOOL}    text, or the data of a binary message
  {"op":"eio.decode","data":text or binary}            PACKET
  {"op":"eio.encodePayload","packets":[PACKET..]}      text
  {"op":"eio.decodePayload","data":text}               [PACKET..], at most one error, the last
  {"op":"wt.encode","packet":PACKET}                   [length header, body]
  {"op":"wt.new","id":ID,"max":bytes}                  null; makes the framing decoder ID
  {"op":"wt.feed","id":ID,"data":binary}               [PACKET..] that are complete now
  {"op":"sio.encode","packet":packet}                  [text, attachment..]
  {"op":"sio.new","id":ID,"maxAttachments"?:number}    null; makes the decoder ID
  {"op":"sio.add","id":ID,"data":text or binary}       [packet] if one is complete now, else []
  {"op":"sio.reset","id":ID}                           null; forgets half a packet
  {"op":"sio.valid","packet":packet}                   true or false

An ID is any text or number. Ends with its input."#;

/// The message of an `err` answer.
pub(crate) type Fault = String;
type Answer = Result<Value, Fault>;

/// Answers standard input until it ends.
pub(crate) fn run() -> io::Result<()> {
    let mut codec = Codec::default();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().split(b'\n') {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        writeln!(out, "{}", codec.answer(&line))?;
        out.flush()?;
    }
    Ok(())
}

/// The decoders that were made.
#[derive(Debug, Default)]
struct Codec {
    framing: framing::Decoders,
    socket: socket::Decoders,
}

impl Codec {
    fn answer(&mut self, line: &[u8]) -> String {
        match self.ask(line) {
            Ok(value) => format!("{{\"ok\":{}}}", json::write(&value)),
            Err(fault) => format!("{{\"err\":{}}}", Value::from(fault).json()),
        }
    }

    fn ask(&mut self, line: &[u8]) -> Answer {
        let line = std::str::from_utf8(line).map_err(|e| e.to_string())?;
        let request = json::read(line)?;
        let request = request.view();
        let op = member(request, "op")?;
        match op.as_str().as_deref() {
            Some("eio.encode") => engine::encode(request),
            Some("eio.decode") => engine::decode(request),
            Some("eio.encodePayload") => engine::encode_payload(request),
            Some("eio.decodePayload") => engine::decode_payload(request),
            Some("wt.encode") => framing::encode(request),
            Some("wt.new") => self.framing.new_decoder(request),
            Some("wt.feed") => self.framing.feed(request),
            Some("sio.encode") => socket::encode(request),
            Some("sio.new") => self.socket.new_decoder(request),
            Some("sio.add") => self.socket.add(request),
            Some("sio.reset") => self.socket.reset(request),
            Some("sio.valid") => Ok(socket::is_valid(request)?.into()),
            Some(_) | None => Err(format!("unknown op {}", op.json())),
        }
    }
}

fn member<'a>(object: View<'a>, name: &str) -> Result<View<'a>, Fault> {
    object.get(name).ok_or_else(|| format!("no {name}"))
}

/// The name of a decoder, as the request writes it.
fn id(request: View<'_>) -> Result<String, Fault> {
    Ok(member(request, "id")?.json().to_owned())
}
