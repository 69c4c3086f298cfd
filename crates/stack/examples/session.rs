//! A Socket.IO session in memory, with all that goes over the wire: opened by polling, moved to a
//! WebSocket, an event echoed on each, closed. No server, no clock.
//!
//! Run with `cargo run -p siox-stack --example session`.

use siox_engineio::{CloseReason, Decision, Lane, Method, Payload, Request, Response, Sid};
use siox_socketio::{Encoded, Event as Heard};
use siox_stack::{Config, Event, Machine, Route, Session, Sids};
use siox_wire::{Admit, Input, Instant};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let (config, at) = (Config::default(), Instant::from_millis);

    // A request without a session id opens a session.
    let mut sids = Sids::default();
    let open = Request::new(Method::Get, "EIO=4&transport=polling");
    let Route::Open(_) = sids.route(config.engine(), &open) else {
        return Err("not a handshake".into());
    };
    // A server draws these bytes from the system's generator.
    let sid = Sid::from_random(b"not very random");
    let (session, response) = Session::polling(at(0), &config, sid);
    show("GET", &response);
    sids.insert(sid, "the one session")
        .map_err(|_| "the id is taken")?;

    let mut host = Host { session };
    let polling = format!("EIO=4&transport=polling&sid={}", sid.as_str());
    let Route::Session(name) = sids.route(config.engine(), &Request::new(Method::Get, &polling))
    else {
        return Err("no session".into());
    };
    println!("       requests of this id belong to {name}");

    // A poll with nothing to fetch is parked, and answered by what the POST brings about.
    let parked = host.request(at(10), &Request::new(Method::Get, &polling));
    println!("GET    {parked:?}");
    host.post(at(20), &polling, "40\x1e42[\"hello\",1]")?;
    if let Some((lane, response)) = host.session.poll_response() {
        show(&format!("GET    {lane:?}"), &response);
    }

    // The upgrade: a WebSocket probes, then takes over.
    let query = polling.replace("polling", "websocket");
    let request = Request {
        websocket: true,
        ..Request::new(Method::Get, &query)
    };
    let Decision::Upgrade(lane) = host.request(at(30), &request) else {
        return Err("no upgrade".into());
    };
    println!("GET    101 as {lane:?}");
    for (ms, packet) in [(40, "2probe"), (50, "5"), (60, "42[\"hello\",2]")] {
        host.receive(at(ms), lane, &frame(0x81, packet.as_bytes()))?;
    }

    // The first ping is due when it would have been on polls.
    let due = host.session.poll_timeout().ok_or("no heartbeat")?;
    println!("       at {} ms", due.as_micros() / 1000);
    host.session.handle_timeout(due)?;
    host.write(lane);
    host.receive(due, lane, &frame(0x81, b"3"))?;

    // The application closes; the client answers the close frame.
    host.session.close(due, CloseReason::ForcedClose);
    host.receive(due, lane, &frame(0x88, b"\x03\xe8"))?;
    println!("       finished: {}", host.session.is_finished(lane));
    host.session.handle_socket_gone(lane);
    sids.remove(&sid);
    Ok(())
}

/// What a runtime is: it carries bytes and requests, and calls the application.
struct Host {
    session: Session,
}

impl Host {
    fn request(&mut self, now: Instant, request: &Request<'_>) -> Decision {
        self.session.handle_request(now, request)
    }

    fn post(&mut self, now: Instant, query: &str, body: &str) -> Result<(), Box<dyn Error>> {
        println!("POST   <- {}", body.replace('\x1e', " | "));
        let decision = self.request(now, &Request::new(Method::Post, query));
        let Decision::Body { lane, .. } = decision else {
            return Err(format!("{decision:?}").into());
        };
        let mut body = body.as_bytes().to_vec();
        let mut payload = Payload::new(&mut body);
        let result = loop {
            match self.session.handle_body(now, lane, &mut payload) {
                Ok(Some(event)) => self.hear(&event)?,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        show("POST", &self.session.finish_post(lane, result));
        Ok(())
    }

    fn receive(&mut self, now: Instant, lane: Lane, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
        println!("socket <- \"{}\"", bytes.escape_ascii());
        let mut scratch = bytes.to_vec();
        let mut input = Input::new(now, &mut scratch);
        while let Some(event) = self.session.handle_input(lane, &mut input)? {
            self.hear(&event)?;
        }
        self.write(lane);
        Ok(())
    }

    /// The application: an echo.
    fn hear(&mut self, event: &Event<'_>) -> Result<(), Box<dyn Error>> {
        match event {
            Event::Socket(Heard::Connect { slot, nsp, .. }) => {
                println!("       joins {nsp}");
                self.session.accept(*slot, "the-socket")?;
            }
            Event::Socket(Heard::Event { slot, packet, .. }) => {
                println!("       says {}", packet.args());
                let echo = Encoded::relay_event(packet.name(), packet)?;
                self.session.emit(*slot, &echo, Admit::Normal)?;
            }
            Event::Socket(other) => println!("       {other:?}"),
            Event::Upgraded => println!("       upgraded"),
            // Nobody asked for it, with `Config::with_unchecked_events`.
            Event::Unchecked(_, event) => println!("       unchecked: {}", event.name()),
            Event::Closed(reason) => println!("       closed: {reason}"),
        }
        Ok(())
    }

    fn write(&mut self, lane: Lane) {
        let bytes = self.session.poll_transmit().collect::<Vec<_>>().concat();
        if !bytes.is_empty() {
            println!("socket -> \"{}\"", bytes.escape_ascii());
        }
        self.session.handle_written(lane, bytes.len());
    }
}

fn show(what: &str, response: &Response) {
    let body: Vec<u8> = response.body.iter().flatten().copied().collect();
    let body = String::from_utf8_lossy(&body).replace('\x1e', " | ");
    println!("{what:<6} -> {} {body}", response.status);
}

/// A short frame of a client. A real one draws its mask from a generator that nobody can predict.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap_or(u8::MAX).min(125);
    let mut frame = vec![first, 0x80 | length, 0, 0, 0, 0];
    frame.extend(payload.iter().take(usize::from(length)));
    frame
}
