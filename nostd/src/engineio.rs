//! A polling session: opened, a body received, its answer polled.

use crate::tape::Tape;
use alloc::sync::Arc;
use siox_engineio::{Config, Decision, Event, Method, Payload, Request, Route, Session, Sid};
use siox_wire::{Admit, Instant, Sink};

pub(crate) fn run() {
    let (now, config) = (Instant::EPOCH, Arc::new(Config::default()));
    let request = Request::new(Method::Get, "EIO=4&transport=polling");
    assert!(matches!(
        Route::check(&config, &request),
        Ok(Route::Open(_))
    ));
    let sid = Sid::from_random(&[7; 15]);
    let (mut session, _open) = Session::polling(now, config, sid);
    let query = "transport=polling&sid=x";
    let Decision::Park(poll) = session.handle_request(now, &Request::new(Method::Get, query))
    else {
        panic!("the poll is not parked");
    };
    let Decision::Body { lane, .. } =
        session.handle_request(now, &Request::new(Method::Post, query))
    else {
        panic!("the body is not wanted");
    };
    let mut body = *b"4hello\x1ebAQID";
    let (mut payload, mut bytes) = (Payload::new(&mut body), 0);
    let result = loop {
        match session.handle_body(now, lane, &mut payload) {
            Ok(Some(Event::Message(message))) => {
                bytes += message.as_bytes().len();
                let mut out = session.sink(None::<&mut Tape>);
                assert!(out.admit(Admit::Normal).is_ok());
                out.put_text(&[message.as_bytes()]);
            }
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    assert_eq!((session.finish_post(lane, result).status, bytes), (200, 8));
    let Some((answered, response)) = session.poll_response() else {
        panic!("no answer to the poll");
    };
    assert_eq!((answered, response.status), (poll, 200));
}
