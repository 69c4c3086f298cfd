//! A request in two pieces and its answer.

use alloc::{sync::Arc, vec::Vec};
use siox_http1::{Connection, Event, Limits, Response};
use siox_wire::{Input, Instant};

const NOW: Instant = Instant::EPOCH;

pub(crate) fn run() {
    let mut connection = Connection::server(NOW, Arc::new(Limits::default()));
    let mut first = *b"GET /poll?t=1 HTTP/1.1\r\nHo";
    let mut second = *b"st: a.example\r\n\r\n";
    assert!(matches!(
        connection.handle_input(&mut Input::new(NOW, &mut first)),
        Ok(None)
    ));
    let mut input = Input::new(NOW, &mut second);
    let Ok(Some(Event::Request(head))) = connection.handle_input(&mut input) else {
        panic!("no request");
    };
    assert_eq!((head.path(), head.query()), ("/poll", "t=1"));
    let body = ["hello".into()];
    let response = Response {
        body: &body,
        ..Response::new(200)
    };
    assert!(connection.respond(NOW, &response).is_ok());
    let wire: Vec<u8> = connection.poll_transmit().flatten().copied().collect();
    assert_eq!(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}
