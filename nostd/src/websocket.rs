//! The opening handshake, an echo in fragments with a ping between, and the closing handshake.

use alloc::{sync::Arc, vec::Vec};
use siox_websocket::{
    CloseCode, Connection, Event, Limits,
    handshake::{client::Request, server::Offer},
};
use siox_wire::{Input, Instant, Message};

const NOW: Instant = Instant::EPOCH;

pub(crate) fn run() {
    open();
    let limits = Arc::new(Limits::default());
    let mut server = Connection::server(limits.clone());
    let mut client = Connection::client(limits, [42; 32]);
    assert!(client.text("hello").is_ok() && client.ping(b"there?").is_ok());
    assert!(client.close(NOW, CloseCode::NORMAL, "done").is_ok());

    let (mut echoed, mut closed) = (0, 0);
    while !(client.is_finished() && server.is_finished()) {
        let mut wire = taken(&mut client);
        // Cut, so that what is kept between two reads is taken up again.
        for piece in wire.chunks_mut(3) {
            let mut input = Input::new(NOW, piece);
            while let Ok(Some(event)) = server.handle_input(&mut input) {
                if let Event::Message(Message::Text(text)) = event {
                    assert!(server.text(&text).is_ok());
                }
            }
        }
        let mut wire = taken(&mut server);
        let mut input = Input::new(NOW, &mut wire);
        while let Ok(Some(event)) = client.handle_input(&mut input) {
            match event {
                Event::Message(message) => echoed += message.as_bytes().len(),
                Event::Pong(payload) => assert_eq!(&payload[..], b"there?"),
                Event::Close(_) => closed += 1,
                _ => {}
            }
        }
    }
    assert_eq!((echoed, closed), (5, 1));
}

fn taken(connection: &mut Connection) -> Vec<u8> {
    let wire: Vec<u8> = connection.poll_transmit().flatten().copied().collect();
    connection.handle_written(wire.len());
    wire
}

fn open() {
    let Ok((request, mut handshake)) = Request::new("a.example", "/chat").build([1; 16]) else {
        panic!("no request");
    };
    let Ok((target, offer)) = Offer::parse(&request) else {
        panic!("no offer");
    };
    assert_eq!(target, "/chat");
    let Ok(mut response) = offer.accept().map(|accept| accept.response(&[])).unwrap() else {
        panic!("no answer");
    };
    let mut input = Input::new(NOW, &mut response);
    assert!(matches!(handshake.handle_input(&mut input), Ok(Some(_))));
}
