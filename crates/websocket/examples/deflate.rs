//! Two ends in one process: the opening handshake with permessage-deflate, then messages, with and
//! without context takeover. Prints what went over the wire.
//!
//! `cargo run -p siox-websocket --features deflate --example deflate`

use siox_websocket::{
    Connection, Event, Limits, deflate,
    handshake::{client::Request, server::Offer},
};
use siox_wire::{Input, Instant};
use std::{error::Error, sync::Arc};

fn main() -> Result<(), Box<dyn Error>> {
    for no_context_takeover in [true, false] {
        let config = deflate::Config {
            threshold: 64,
            server_no_context_takeover: no_context_takeover,
            client_no_context_takeover: no_context_takeover,
            ..deflate::Config::default()
        };
        let (mut server, mut client) = connect(&config)?;
        for i in 0..3 {
            let message = format!("{{\"n\":{i},\"items\":[{}]}}", "\"item\",".repeat(200));
            server.text(&message)?;
            let mut wire: Vec<u8> = server.poll_transmit().flatten().copied().collect();
            server.handle_written(wire.len());
            println!("  {} bytes as {}", message.len(), wire.len());
            let mut input = Input::new(Instant::EPOCH, &mut wire);
            while let Some(event) = client.handle_input(&mut input)? {
                assert!(matches!(event, Event::Message(_)));
            }
        }
    }
    Ok(())
}

/// The opening handshake; a real nonce and seed are fresh and random.
fn connect(config: &deflate::Config) -> Result<(Connection, Connection), Box<dyn Error>> {
    let (request, mut handshake) =
        Request::new("example.com", "/").build_with_deflate([1; 16], config)?;
    let (_, offer) = Offer::parse(&request)?;
    let agreed = deflate::answer(&offer.extensions()?, config).ok_or("declined")?;
    let mut response = offer.accept()?.with_deflate(&agreed).response(&[])?;
    println!("{}", agreed.header_value().as_str());

    let mut input = Input::new(Instant::EPOCH, &mut response);
    let answer = handshake.handle_input(&mut input)?.ok_or("half a head")?;
    let answer = answer.deflate.ok_or("declined")?;
    let limits = Arc::new(Limits::default());
    let server = Connection::server(limits.clone()).with_deflate(&agreed, config);
    let client = Connection::client(limits, [2; 32]).with_deflate(&answer, config);
    Ok((server, client))
}
