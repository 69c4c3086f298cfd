//! A session in memory: opened by polling, moved to a WebSocket, closed. No server, no clock.
//!
//! Run with `cargo run -p siox-engineio --example session`.

use bytes::Bytes;
use siox_engineio::{
    Config, Decision, Event, Lane, Method, Payload, Request, Response, Route, Session, Sid,
};
use siox_wire::{Admit, Instant, Lead, Message, Part, SendError, Shared, Sink};
use std::{error::Error, sync::Arc};

/// Stands for a WebSocket connection: prints what it would send.
struct Socket;

impl Sink for Socket {
    fn admit(&self, _: Admit) -> Result<(), SendError> {
        Ok(())
    }
    fn put_text(&mut self, parts: &[&[u8]]) {
        println!("  socket <- {}", String::from_utf8_lossy(&parts.concat()));
    }
    fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        println!("  socket <- {:?}", [lead, &payload].concat());
    }
    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        for part in group.parts() {
            match part {
                Part::Text(text) => self.put_text(&[lead.text, text]),
                Part::Binary(data) => self.put_binary(lead.binary, data.clone()),
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let config = Arc::new(Config::default());
    let at = |ms| Instant::from_millis(ms);

    let request = Request::new(Method::Get, "EIO=4&transport=polling");
    let Route::Open(handshake) = Route::check(&config, &request)? else {
        return Err("not a handshake".into());
    };
    println!("{handshake:?}");
    // A server draws these bytes from the system's generator.
    let sid = Sid::from_random(b"not very random");
    let (mut session, open) = Session::polling(at(0), Arc::clone(&config), sid);
    show("open", &open);

    let polling = format!("EIO=4&transport=polling&sid={}", sid.as_str());
    let decision = session.handle_request(at(10), &Request::new(Method::Get, &polling));
    let Decision::Park(poll) = decision else {
        return Err("there was something to fetch already".into());
    };
    println!("poll {poll:?} is parked");

    post(&mut session, at(20), &polling, "4hello\x1ebAQID")?;
    if let Some((lane, response)) = session.poll_response() {
        show(&format!("poll {lane:?}"), &response);
    }

    let websocket = format!("EIO=4&transport=websocket&sid={}", sid.as_str());
    let upgrade = Request {
        websocket: true,
        ..Request::new(Method::Get, &websocket)
    };
    let Decision::Upgrade(lane) = session.handle_request(at(30), &upgrade) else {
        return Err("the upgrade was refused".into());
    };
    emit(&mut session, "queued while the upgrade is under way")?;
    for text in ["2probe", "5", "4over the socket"] {
        frame(&mut session, at(40), lane, text)?;
    }

    frame(&mut session, at(50), lane, "1")?;
    if let Some(Event::Closed(reason)) = session.farewell() {
        println!("closed: {reason}");
    }
    Ok(())
}

/// A POST, whose messages are echoed.
fn post(
    session: &mut Session,
    now: Instant,
    query: &str,
    body: &str,
) -> Result<(), Box<dyn Error>> {
    let decision = session.handle_request(now, &Request::new(Method::Post, query));
    let Decision::Body { lane, limit } = decision else {
        return Err("the POST was refused".into());
    };
    let mut body = body.as_bytes().to_vec();
    if body.len() > limit {
        show("post", &session.body_too_large(lane));
        return Ok(());
    }
    let mut payload = Payload::new(&mut body);
    let result = loop {
        match session.handle_body(now, lane, &mut payload) {
            Ok(Some(event)) => echo(session, event)?,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    show("post", &session.finish_post(lane, result));
    Ok(())
}

/// A message of the WebSocket.
fn frame(
    session: &mut Session,
    now: Instant,
    lane: Lane,
    text: &str,
) -> Result<(), Box<dyn Error>> {
    println!("  socket -> {text}");
    match session.handle_message(now, lane, Message::from(text), &mut Socket)? {
        Some(event) => echo(session, event),
        None => Ok(()),
    }
}

fn echo(session: &mut Session, event: Event<'_>) -> Result<(), Box<dyn Error>> {
    println!("{event:?}");
    let mut socket = Socket;
    let mut out = session.sink(Some(&mut socket));
    match event {
        Event::Message(Message::Text(text)) => {
            out.admit(Admit::Normal)?;
            out.put_text(&[text.as_bytes()]);
        }
        Event::Message(Message::Binary(data)) => {
            out.admit(Admit::Normal)?;
            out.put_binary(&[], data.into_owned().into());
        }
        _ => {}
    }
    Ok(())
}

fn emit(session: &mut Session, text: &str) -> Result<(), SendError> {
    let mut socket = Socket;
    let mut out = session.sink(Some(&mut socket));
    out.admit(Admit::Normal)?;
    out.put_text(&[text.as_bytes()]);
    Ok(())
}

fn show(what: &str, response: &Response) {
    let body: Vec<u8> = response.body.iter().flatten().copied().collect();
    let body = String::from_utf8_lossy(&body).replace('\x1e', "\u{241e}");
    println!("{what}: {} {body}", response.status);
}
