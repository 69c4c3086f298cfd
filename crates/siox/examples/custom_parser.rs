//! Packets in a form of one's own: the event's payload first, and what it is for in a trailer, all in one
//! text message.
//!
//! `cargo run -p siox --example custom_parser`; a client needs a parser that does the same. In JavaScript
//! that is an `Encoder` and a `Decoder`, given to `io(url, { parser })`.

use siox::{
    Ack, Args, Bytes, Message, SendError, Server, Socket,
    parser::{Config, Error, Header, Kind, Parsed, Parser, Part},
};
use std::borrow::Cow;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    server()?.serve(listener).await
}

pub(crate) fn server() -> std::io::Result<Server> {
    let io = Server::builder().parser(Trailer).build()?;
    let main = io.namespace("/");
    main.on("echo", |socket: Socket, args: Args, ack: Ack| {
        if ack.is_wanted() {
            ack.relay(&args)
        } else {
            socket.relay("echo", &args)
        }
    });
    Ok(io)
}

/// `JSON TAB kind TAB namespace TAB id`, where the id may be empty. It has no binary values.
#[derive(Debug)]
struct Trailer;

const KINDS: [(Kind, &str); 5] = [
    (Kind::Connect, "connect"),
    (Kind::Disconnect, "disconnect"),
    (Kind::Event, "event"),
    (Kind::Ack, "ack"),
    (Kind::ConnectError, "refusal"),
];

impl Parser for Trailer {
    fn decode<'b>(&self, message: Message<'b>, config: &Config) -> Result<Parsed<'b>, Error> {
        let Message::Text(text) = message else {
            return Err(Error::UnexpectedBinary);
        };
        // JSON has no bare tab in it, so the first one is ours.
        let mut parts = text.split('\t');
        let (Some(body), Some(kind), Some(nsp), Some(id), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(Error::Payload);
        };
        let kind = KINDS.iter().find(|(_, name)| *name == kind);
        let (kind, _) = kind.ok_or(Error::PacketType)?;
        let id = match id {
            "" => None,
            id => Some(id.parse().map_err(|_| Error::AckId)?),
        };
        // What every packet must keep to (the payload's JSON, its depth, names, sizes) is judged here.
        let head = (*kind, Cow::Owned(nsp.to_owned()), id);
        Parsed::new(head, Cow::Owned(body.to_owned()), 0, config)
    }

    fn encode(&self, header: &Header<'_>, body: &str, _: &[Bytes]) -> Result<Vec<Part>, SendError> {
        let kind = KINDS.iter().find(|(kind, _)| *kind == header.kind);
        let (_, kind) = kind.ok_or(SendError::Unencodable)?;
        let id = header.id.map(|id| id.to_string()).unwrap_or_default();
        let text = format!("{body}\t{kind}\t{}\t{id}", header.nsp);
        Ok(vec![Part::Text(text.into())])
    }

    fn max_attachments(&self, _: &Config) -> usize {
        0
    }
}
