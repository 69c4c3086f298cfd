//! The whole stack behind one TCP connection: HTTP requests (`sid=x` names the session), then perhaps a
//! WebSocket, Engine.IO, Socket.IO and an application that answers.

use crate::{
    app::{App, expire, outlive},
    memory::Meter,
    pieces::{agree, each, seed},
};
use siox_engineio::{self as engineio, Decision, Handshake, Lane, Payload, Route};
use siox_http1::{self as http1, Body, Head};
use siox_stack::{Config, Error, Machine, Session};
use siox_testkit::Rng;
use siox_websocket::handshake::server::Offer;
use siox_wire::{Input, Instant};
use std::sync::Arc;

/// What the target does with one input.
///
/// # Panics
/// When the stack breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    agree(bytes, run);
    holds_little(bytes);
}

/// All that comes of an input.
#[derive(Debug, PartialEq)]
struct Outcome {
    heard: Vec<String>,
    /// What was written before and after the switch to WebSocket, escaped.
    http: String,
    socket: String,
    errors: Vec<String>,
}

/// Clients of v3 are served too.
fn config() -> Config {
    let engine = engineio::Config {
        allow_eio3: true,
        ..engineio::Config::default()
    };
    Config::new(engine, siox_socketio::Config::default()).with_unchecked_events()
}

fn run(pieces: &[&[u8]]) -> Outcome {
    let mut host = Host::new();
    each(pieces, |piece| host.receive(piece));
    host.end()
}

/// One TCP connection and the session that it reaches.
struct Host {
    config: Config,
    now: Instant,
    http: http1::Connection,
    session: Option<Session>,
    app: App,
    /// The POST whose body is being read.
    post: Option<Lane>,
    /// The WebSocket, once this connection is one.
    socket: Option<Lane>,
    /// The WebSocket failed: the driver reads no more.
    failed: bool,
    errors: Vec<String>,
    output: Vec<u8>,
}

impl Host {
    fn new() -> Self {
        let limits = Arc::new(http1::Limits::default());
        Self {
            config: config(),
            now: Instant::EPOCH,
            http: http1::Connection::server(Instant::EPOCH, limits),
            session: None,
            app: App::default(),
            post: None,
            socket: None,
            failed: false,
            errors: Vec::new(),
            output: Vec::new(),
        }
    }

    fn receive(&mut self, piece: &mut [u8]) {
        let mut input = Input::new(self.now, piece);
        while self.socket.is_none() {
            match self.http.handle_input(&mut input) {
                Ok(Some(http1::Event::Request(head))) => self.request(&head),
                Ok(Some(http1::Event::Body(body))) => self.body(body),
                Ok(Some(http1::Event::TooLarge { .. })) => self.too_large(),
                Ok(None) => break,
                Err(error) => {
                    self.note(&error);
                    break;
                }
            }
        }
        self.frames(input.take_all());
    }

    fn note(&mut self, error: &impl std::fmt::Debug) {
        let error = format!("{error:?}");
        // A sticky error is told again for every piece.
        if self.errors.last() != Some(&error) {
            self.errors.push(error);
        }
    }

    fn respond(&mut self, response: &engineio::Response) {
        let headers: Vec<_> = response.headers().collect();
        let body: Vec<_> = response.body.iter().cloned().collect();
        let response = http1::Response {
            status: response.status,
            headers: &headers,
            body: &body,
        };
        self.http
            .respond(self.now, &response)
            .expect("a request waits");
    }

    fn refuse(&mut self, status: u16) {
        let response = http1::Response::new(status);
        self.http
            .respond(self.now, &response)
            .expect("a request waits");
    }

    fn request(&mut self, head: &Head<'_>) {
        let query = head
            .query()
            .replace("sid=x", &format!("sid={}", App::sid().as_str()));
        let request = engineio::Request {
            websocket: head.wants_websocket(),
            content_type: head.header("content-type"),
            ..engineio::Request::new(method(head), &query)
        };
        match Route::check(self.config.engine(), &request) {
            Err(code) => self.respond(&code.response()),
            Ok(Route::Open(_)) if self.session.is_some() => {
                self.refuse(503);
            }
            Ok(Route::Open(handshake)) if request.websocket => self.open_socket(head, &handshake),
            Ok(Route::Open(handshake)) => {
                let (now, config) = (self.now, &self.config);
                let (session, response) = Session::polling_for(now, config, App::sid(), &handshake);
                self.session = Some(session);
                self.respond(&response);
            }
            Ok(Route::Session(_)) => self.decide(head, &request),
        }
    }

    fn decide(&mut self, head: &Head<'_>, request: &engineio::Request<'_>) {
        let Some(session) = &mut self.session else {
            return self.respond(&engineio::ErrorCode::UnknownSid.response());
        };
        if request.websocket && !is_handshake(head) {
            return self.refuse(400);
        }
        match session.handle_request(self.now, request) {
            Decision::Answer(response) => self.respond(&response),
            Decision::Park(lane) => self.wait(lane),
            Decision::Body { lane, limit } => match self.http.collect(self.now, limit) {
                Ok(()) => self.post = Some(lane),
                Err(_) => {
                    self.post = Some(lane);
                    self.too_large();
                }
            },
            Decision::Upgrade(lane) => self.upgrade(head, lane),
        }
    }

    /// A parked poll is answered when time has passed, at the latest by a ping or the end.
    fn wait(&mut self, parked: Lane) {
        for _ in 0..10 {
            let session = self.session.as_mut().expect("it has parked");
            if let Some((lane, response)) = session.poll_response() {
                assert_eq!(lane, parked);
                return self.respond(&response);
            }
            let due = session.poll_timeout().expect("a session has a timer");
            self.now = self.now.max(due);
            expire(self.now, session, &mut self.app);
        }
        panic!("a parked poll is never answered");
    }

    fn body(&mut self, mut body: Body<'_>) {
        let (lane, session) = (self.post.take(), self.session.as_mut());
        let (lane, session) = (lane.expect("a POST"), session.expect("a session"));
        let most = body.as_slice().len() * 2 + 100;
        let mut payload = Payload::new(body.as_mut_slice());
        let mut count = 0;
        let result = loop {
            match session.handle_body(self.now, lane, &mut payload) {
                Ok(Some(event)) => self.app.hear(self.now, session, &event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            count += 1;
            assert!(count < most, "more events than bytes");
        };
        let response = session.finish_post(lane, result);
        if let Err(error) = result {
            self.note(&error);
        }
        self.respond(&response);
        self.settle();
    }

    fn too_large(&mut self) {
        let (lane, session) = (self.post.take(), self.session.as_mut());
        let (lane, session) = (lane.expect("a POST"), session.expect("a session"));
        let response = session.body_too_large(lane);
        self.respond(&response);
    }

    fn open_socket(&mut self, head: &Head<'_>, handshake: &Handshake) {
        if !is_handshake(head) {
            return self.refuse(400);
        }
        let (session, lane) = Session::socket_for(self.now, &self.config, App::sid(), handshake);
        self.session = Some(session);
        self.upgrade(head, lane);
    }

    fn upgrade(&mut self, head: &Head<'_>, lane: Lane) {
        let accept = offer(head).accept().expect("checked before");
        let headers: Vec<_> = accept.headers().collect();
        match self.http.upgrade(&headers) {
            Ok(mut held) => {
                self.socket = Some(lane);
                self.frames(&mut held);
            }
            Err(_) => {
                self.refuse(400);
                if let Some(session) = &mut self.session {
                    session.handle_socket_gone(lane);
                }
            }
        }
    }

    fn frames(&mut self, bytes: &mut [u8]) {
        let (Some(lane), Some(session), false) = (self.socket, &mut self.session, self.failed)
        else {
            return;
        };
        let most = bytes.len() + 100;
        let mut input = Input::new(self.now, bytes);
        let mut count = 0;
        let error = loop {
            match session.handle_input(lane, &mut input) {
                Ok(Some(event)) => self.app.hear(self.now, session, &event),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
            if let Some(error) = self.app.wrong.take() {
                break Some(error);
            }
            count += 1;
            assert!(count < most, "more events than bytes");
        };
        match error {
            None => assert!(input.is_empty(), "{} bytes were not eaten", input.len()),
            Some(error) => {
                self.failed = true;
                self.note(&error);
            }
        }
        self.settle();
    }

    /// After every step: what is overdue.
    fn settle(&mut self) {
        if let Some(session) = &mut self.session {
            expire(self.now, session, &mut self.app);
        }
    }

    /// The client goes away, and time passes.
    fn end(mut self) -> Outcome {
        if let Err(error) = self.http.handle_eof(self.now) {
            self.note(&error);
        }
        let http = self.http.poll_transmit().collect::<Vec<_>>().concat();
        if let Some(mut session) = self.session.take() {
            self.output = session.poll_transmit().collect::<Vec<_>>().concat();
            if let Some(lane) = self.post {
                session.handle_abandoned(lane);
            }
            if let Some(lane) = self.socket {
                session.handle_eof(self.now, lane);
                session.handle_socket_gone(lane);
                assert_eq!(
                    session.poll_transmit().count(),
                    0,
                    "nobody is there to be told"
                );
                let late = session.handle_input(lane, &mut Input::new(self.now, &mut []));
                assert!(matches!(late, Err(Error::Stale) | Ok(_)), "{late:?}");
                if let Ok(Some(event)) = late {
                    self.app.hear(self.now, &mut session, &event);
                }
            }
            outlive(self.now, &mut session, &mut self.app);
        }
        Outcome {
            heard: self.app.heard,
            http: http.escape_ascii().to_string(),
            socket: self.output.escape_ascii().to_string(),
            errors: self.errors,
        }
    }
}

fn method(head: &Head<'_>) -> engineio::Method {
    match head.method() {
        http1::Method::Get => engineio::Method::Get,
        http1::Method::Post => engineio::Method::Post,
        http1::Method::Options => engineio::Method::Options,
        _ => engineio::Method::Other,
    }
}

fn offer<'a>(head: &'a Head<'_>) -> Offer<'a> {
    let is_get = head.method() == http1::Method::Get;
    Offer::from_parts(is_get, head.http11(), head.headers())
}

fn is_handshake(head: &Head<'_>) -> bool {
    offer(head).accept().is_ok() && !head.has_body()
}

/// The memory rule for a WebSocket session whose client reads nothing; the application is silent.
fn holds_little(bytes: &[u8]) {
    let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return;
    };
    let mut frames = bytes[at + 4..].to_vec();
    let (mut meter, mut rng) = (Meter::new(), Rng::new(seed(bytes)));
    let config = Config::default();
    let now = Instant::EPOCH;
    let (mut session, lane) = meter.take(0, || Session::socket(now, &config, App::sid()));
    let mut rest = &mut frames[..];
    while !rest.is_empty() {
        let (piece, after) = rest.split_at_mut((1 + rng.index(200)).min(rest.len()));
        rest = after;
        let length = piece.len();
        let failed = meter.take(length, || {
            let mut input = Input::new(now, piece);
            loop {
                match session.handle_input(lane, &mut input) {
                    Ok(Some(siox_stack::Event::Socket(siox_socketio::Event::Connect {
                        slot,
                        ..
                    }))) => drop(session.accept(slot, "s")),
                    Ok(Some(_)) => {}
                    Ok(None) => break false,
                    Err(_) => break true,
                }
            }
        });
        if failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_testkit::split::oracle;

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let key = [0x37, 0xFA, 0x21, 0x3D];
        let mut frame = vec![first, 0x80 | payload.len() as u8];
        frame.extend(key);
        frame.extend(payload.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k));
        frame
    }

    fn text(packet: &str) -> Vec<u8> {
        masked(0x81, packet.as_bytes())
    }

    fn upgrade(query: &str) -> Vec<u8> {
        format!(
            "GET /socket.io/?EIO=4&transport=websocket{query} HTTP/1.1\r\nHost: a\r\n\
             Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .into_bytes()
    }

    fn poll(method: &str, query: &str, body: &str) -> Vec<u8> {
        format!(
            "{method} /socket.io/?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: a\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    fn seeds() -> Vec<Vec<u8>> {
        let socket = |packets: &[Vec<u8>]| [upgrade(""), text("40"), packets.concat()].concat();
        let polling = |requests: &[Vec<u8>]| [poll("GET", "", ""), requests.concat()].concat();
        vec![
            Vec::new(),
            socket(&[
                text(r#"42["message",1]"#),
                text(r#"4212["emit-with-ack",{}]"#),
                text("431[2]"),
            ]),
            socket(&[
                text(r#"451-["message",{"_placeholder":true,"num":0}]"#),
                masked(0x82, &[1, 2]),
                text(r#"42["leave"]"#),
                text(r#"42["late"]"#),
            ]),
            socket(&[
                text("40/nowhere,"),
                text("40/x,"),
                text("41/x,"),
                masked(0x88, b"\x03\xe8"),
            ]),
            socket(&[text("2"), text("3")]),
            socket(&[text("4abc"), text("3")]),
            polling(&[
                poll("POST", "&sid=x", "40\x1e42[\"message\",1]"),
                poll("GET", "&sid=x", ""),
                poll("GET", "&sid=x", ""),
                poll("POST", "&sid=x", "3\x1e1"),
                poll("GET", "&sid=x", ""),
            ]),
            polling(&[
                poll("POST", "&sid=x", "40\x1e42[\"message\",1]"),
                upgrade("&sid=x"),
                text("2probe"),
                text("5"),
                text(r#"42["message",2]"#),
            ]),
            polling(&[upgrade("&sid=x"), text("2probe"), text("4x")]),
            polling(&[poll("DELETE", "&sid=x", "abc"), poll("POST", "&sid=x", "")]),
            poll("GET", "&sid=x", ""),
            old(&[
                upgrade(""),
                text(r#"42["message",1]"#),
                text(r#"451-["message",{"_placeholder":true,"num":0}]"#),
                masked(0x82, &[4, 1, 2]),
                text("40/x?a=b,"),
                text("40/nowhere,"),
                text("2"),
                text("41"),
            ]),
            old(&[
                poll("GET", "", ""),
                poll(
                    "POST",
                    "&sid=x",
                    r#"17:42["message","€"]5:2ping45:451-["message",{"_placeholder":true,"num":0}]10:b4AQIDBA=="#,
                ),
                poll("GET", "&sid=x", ""),
                upgrade("&sid=x"),
                text("2probe"),
                text("5"),
                text(r#"42["leave"]"#),
            ]),
        ]
    }

    /// The same of a client of v3.
    fn old(parts: &[Vec<u8>]) -> Vec<u8> {
        let parts = parts.iter().map(|part| match std::str::from_utf8(part) {
            Ok(text) => text.replace("EIO=4", "EIO=3").into_bytes(),
            Err(_) => part.clone(),
        });
        parts.collect::<Vec<_>>().concat()
    }

    #[test]
    fn the_seeds_pass() {
        for seed in seeds() {
            fuzz(&seed);
        }
    }

    #[test]
    fn every_cut_of_the_seeds_agrees() {
        for seed in seeds() {
            oracle(&seed, run);
        }
    }

    #[test]
    fn clients_of_v3_are_served() {
        let seeds = seeds();
        let [.., socket, polling] = &seeds[..] else {
            panic!("there are two");
        };
        let heard = run(&[socket]).heard.join("\n");
        for part in [
            "\"/\"",
            "message",
            r#"b"\x01\x02""#,
            "/x",
            "a=b",
            "nowhere",
            "Disconnect",
        ] {
            assert!(heard.contains(part), "{part}: {heard}");
        }
        let outcome = run(&[polling]);
        assert!(outcome.errors.is_empty(), "{outcome:?}");
        let heard = outcome.heard.join("\n");
        for part in ["message", "Upgraded", "leave"] {
            assert!(heard.contains(part), "{part}: {heard}");
        }
    }

    #[test]
    fn the_target_sees_what_it_should() {
        let upgraded = run(&[&seeds()[7]]);
        let heard = upgraded.heard.join("\n");
        for part in ["Connect", "message", "Upgraded", "Closed"] {
            assert!(heard.contains(part), "{part}: {heard}");
        }
        assert!(upgraded.http.ends_with(r"\r\n\r\n"), "it ends with the 101");
        let sent = upgraded.socket.replace(r#"\""#, "\"");
        for part in [
            "3probe",
            "40{\"sid\"",
            "42[\"message-back\",1]",
            "42[\"message-back\",2]",
        ] {
            assert!(sent.contains(part), "{part}: {sent}");
        }
    }
}
