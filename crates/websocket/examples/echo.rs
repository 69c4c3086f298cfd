//! A client and a server wired together in memory: opening handshake, an echo, closing handshake.
//!
//! `cargo run -p siox-websocket --example echo`

use siox_websocket::{
    CloseCode, Connection, Event, Limits,
    handshake::{HeadReader, client::Request, server::Offer},
};
use siox_wire::{Input, Instant, Message};
use std::{error::Error, sync::Arc};

/// Time stands still here; a runtime passes its clock's.
const NOW: Instant = Instant::EPOCH;

fn main() -> Result<(), Box<dyn Error>> {
    open()?;
    let limits = Arc::new(Limits::default());
    let mut server = Connection::server(limits.clone());
    // A real client draws the seed from the system's randomness.
    let mut client = Connection::client(limits, [42; 32]);

    client.text("hello")?;
    client.binary(vec![1, 2, 3].into())?;
    client.close(NOW, CloseCode::NORMAL, "done")?;
    while !(client.is_finished() && server.is_finished()) {
        carry(&mut client, &mut server, "server", |server, event| {
            match event {
                Event::Message(Message::Text(text)) => server.text(text)?,
                Event::Message(Message::Binary(bytes)) => server.binary(bytes.to_vec().into())?,
                Event::Chunk(_) | Event::Ping(_) | Event::Pong(_) | Event::Close(_) => {}
            }
            Ok(())
        })?;
        carry(&mut server, &mut client, "client", |_, _| Ok(()))?;
    }
    Ok(())
}

/// The opening handshake, bytes in and bytes out on both sides.
fn open() -> Result<(), Box<dyn Error>> {
    let request = Request {
        protocols: &["chat"],
        ..Request::new("example.com", "/echo")
    };
    let (mut bytes, mut handshake) = request.build([7; 16])?;

    let mut input = Input::new(NOW, &mut bytes);
    let mut head = HeadReader::new(16 * 1024);
    let head = head.handle_input(&mut input)?.ok_or("incomplete")?;
    let (target, offer) = Offer::parse(&head)?;
    let accept = offer.accept()?;
    println!("server: asked for {target}, accepted with {}", accept.key());
    let mut answer = match offer.choose(&["chat"]) {
        Some(protocol) => accept.with_protocol(protocol)?.response(&[])?,
        None => accept.response(&[])?,
    };

    let mut input = Input::new(NOW, &mut answer);
    let agreed = handshake.handle_input(&mut input)?;
    println!("client: {agreed:?}");
    Ok(())
}

/// Takes what one end has queued to the other end, and lets `react` answer each event.
fn carry(
    from: &mut Connection,
    to: &mut Connection,
    name: &str,
    react: impl Fn(&mut Connection, &Event<'_>) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut wire: Vec<u8> = from.poll_transmit().flatten().copied().collect();
    from.handle_written(wire.len());
    let mut input = Input::new(NOW, &mut wire);
    while let Some(event) = to.handle_input(&mut input)? {
        println!("{name}: {event:?}");
        // Once it is closing there is nobody to answer.
        if !to.is_closed() {
            react(to, &event)?;
        }
    }
    Ok(())
}
