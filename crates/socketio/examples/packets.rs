//! Encodes an event with a binary argument, shows what goes over the wire, and decodes it again.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use siox_socketio::{Config, Decoded, Decoder, Encoded, Header};
use siox_wire::{Instant, Message};

#[derive(Debug, Serialize, Deserialize)]
struct Picture {
    name: String,
    data: Bytes,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let picture = Picture {
        name: "dot.png".into(),
        data: Bytes::from_static(b"\x89PNG"),
    };
    let encoded = Encoded::event("picture", &(picture, 640, "width"))?;
    let header = Header {
        kind: encoded.kind(),
        nsp: "/gallery",
        id: Some(7),
    };
    let text = header.text(encoded.attachments().len(), encoded.json());
    println!("text:   {text}");
    for attachment in encoded.attachments() {
        println!("binary: {attachment:?}");
    }

    let (now, config) = (Instant::from_millis(0), Config::default());
    let mut decoder = Decoder::default();
    let mut messages = vec![Message::from(&*text)];
    messages.extend(encoded.attachments().iter().map(|a| Message::from(&**a)));
    for message in messages {
        if let Some(Decoded::Event { nsp, id, packet }) =
            decoder.handle_message(now, message, &config)?
        {
            let (picture, size): (Picture, u32) = packet.decode()?;
            println!(
                "event {:?} for {nsp}, to be acknowledged as {id:?}",
                packet.name()
            );
            println!("typed:   {picture:?}, {size}");
            println!("dynamic: {:?}", packet.args_value());
        }
    }
    Ok(())
}
