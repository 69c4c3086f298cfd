//! The opening handshake of both ends: what is accepted, and what each refusal says on the wire.

mod client;
mod server;

use siox_websocket::handshake::{client::Request, server::Offer};
use siox_wire::{Input, Instant};

#[test]
fn both_ends_agree() {
    let request = Request {
        protocols: &["chat"],
        ..Request::new("h", "/")
    };
    let (bytes, mut handshake) = request.build([42; 16]).unwrap();
    let (target, offer) = Offer::parse(&bytes).unwrap();
    assert_eq!(target, "/");
    let accept = offer.accept().unwrap();
    let chosen = offer.choose(&["other", "chat"]).unwrap();
    let mut answer = accept.with_protocol(chosen).unwrap().response(&[]).unwrap();
    let mut input = Input::new(Instant::EPOCH, &mut answer);
    let agreed = handshake.handle_input(&mut input).unwrap().unwrap();
    assert_eq!(agreed.protocol.as_deref(), Some("chat"));
}
