//! A peer of one session, with a socket that remembers what was put.

pub(crate) use crate::socket::Socket;
use siox_engineio::{
    Config, Decision, Error, Event, Lane, Method, Packet, Payload, Request, Response, Session, Sid,
};
use siox_wire::{Admit, Instant, Message, SendError, Sink};
use std::{sync::Arc, time::Duration};

pub(crate) const QUERY: &str = "EIO=4&transport=polling&sid=x";
pub(crate) const UPGRADE: &str = "EIO=4&transport=websocket&sid=x";

pub(crate) const fn ms(n: u64) -> Instant {
    Instant::from_millis(n)
}

/// Pings after 300 ms, dead 200 ms later.
pub(crate) fn config() -> Config {
    Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        ..Config::default()
    }
}

/// Pings so late that no test sees one.
pub(crate) fn calm() -> Config {
    Config {
        ping_interval: Duration::from_secs(1000),
        ..Config::default()
    }
}

pub(crate) fn sid() -> Sid {
    Sid::from_random(&[1; 15])
}

pub(crate) fn body(response: &Response) -> String {
    let bytes: Vec<u8> = response.body.iter().flatten().copied().collect();
    assert!(response.body.iter().all(|chunk| !chunk.is_empty()));
    String::from_utf8(bytes).unwrap()
}

/// Status and body of the answer.
pub(crate) fn answer(decision: Decision) -> (u16, String) {
    match decision {
        Decision::Answer(response) => (response.status, body(&response)),
        other => panic!("not an answer: {other:?}"),
    }
}

/// An event in short: a message as its packet, `upgraded`, or the reason of the end.
pub(crate) fn short(event: Event<'_>) -> String {
    match event {
        Event::Message(Message::Text(text)) => format!("4{text}"),
        Event::Message(message) => Packet::decode(message).unwrap().to_text(),
        Event::Heartbeat => "heartbeat".into(),
        Event::Upgrading => "upgrading".into(),
        Event::Upgraded => "upgraded".into(),
        Event::Closed(reason) => reason.to_string(),
    }
}

pub(crate) const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;
pub(crate) const UNKNOWN_SID: &str = r#"{"code":1,"message":"Session ID unknown"}"#;

pub(crate) struct Peer {
    pub(crate) session: Session,
    pub(crate) socket: Socket,
}

impl Peer {
    pub(crate) fn polling(config: Config) -> Self {
        let (session, _) = Session::polling(ms(0), Arc::new(config), sid());
        let socket = Socket::default();
        Self { session, socket }
    }

    pub(crate) fn socket(config: Config) -> Self {
        let mut socket = Socket::default();
        let session = Session::socket(ms(0), Arc::new(config), sid(), &mut socket);
        socket.0.clear();
        Self { session, socket }
    }

    pub(crate) fn request(&mut self, now: u64, method: Method, query: &str) -> Decision {
        let request = Request::new(method, query);
        self.session.handle_request(ms(now), &request)
    }

    pub(crate) fn get(&mut self, now: u64) -> Decision {
        self.request(now, Method::Get, QUERY)
    }

    pub(crate) fn park(&mut self, now: u64) -> Lane {
        match self.get(now) {
            Decision::Park(lane) => lane,
            other => panic!("not parked: {other:?}"),
        }
    }

    pub(crate) fn begin_post(&mut self, now: u64) -> Lane {
        match self.request(now, Method::Post, QUERY) {
            Decision::Body { lane, .. } => lane,
            other => panic!("no body wanted: {other:?}"),
        }
    }

    /// Works a whole body off; returns what the handler saw.
    pub(crate) fn work_off(
        &mut self,
        now: u64,
        lane: Lane,
        body: &str,
    ) -> (Vec<String>, Result<(), Error>) {
        let (mut body, mut seen) = (body.as_bytes().to_vec(), Vec::new());
        let mut payload = Payload::new(&mut body);
        loop {
            match self.session.handle_body(ms(now), lane, &mut payload) {
                Ok(Some(event)) => seen.push(short(event)),
                Ok(None) => return (seen, Ok(())),
                Err(error) => return (seen, Err(error)),
            }
        }
    }

    pub(crate) fn post(&mut self, now: u64, text: &str) -> (u16, String, Vec<String>) {
        let lane = self.begin_post(now);
        let (seen, result) = self.work_off(now, lane, text);
        let response = self.session.finish_post(lane, result);
        (response.status, body(&response), seen)
    }

    pub(crate) fn upgrade(&mut self, now: u64) -> Decision {
        let request = Request {
            websocket: true,
            ..Request::new(Method::Get, UPGRADE)
        };
        self.session.handle_request(ms(now), &request)
    }

    pub(crate) fn probe(&mut self, now: u64) -> Lane {
        match self.upgrade(now) {
            Decision::Upgrade(lane) => lane,
            other => panic!("no upgrade: {other:?}"),
        }
    }

    pub(crate) fn frame(
        &mut self,
        now: u64,
        lane: Lane,
        text: &str,
    ) -> Result<Option<String>, Error> {
        let message = Message::from(text);
        let event = self
            .session
            .handle_message(ms(now), lane, message, &mut self.socket)?;
        Ok(event.map(short))
    }

    pub(crate) fn emit(&mut self, text: &str) -> Result<(), SendError> {
        let mut out = self.session.sink(Some(&mut self.socket));
        out.admit(Admit::Normal)?;
        out.put_text(&[text.as_bytes()]);
        Ok(())
    }

    pub(crate) fn tick(&mut self, now: u64) -> Option<String> {
        let socket = Some(&mut self.socket);
        self.session.handle_timeout(ms(now), socket).map(short)
    }

    pub(crate) fn response(&mut self) -> Option<(Lane, u16, String)> {
        let (lane, response) = self.session.poll_response()?;
        Some((lane, response.status, body(&response)))
    }

    /// What was put into the socket since the last look.
    pub(crate) fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.socket.0)
    }
}

pub(crate) fn ok(body: &str) -> (u16, String) {
    (200, body.into())
}

pub(crate) fn bad(body: &str) -> (u16, String) {
    (400, body.into())
}
