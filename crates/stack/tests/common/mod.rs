//! What the behaviour tests share: one session with its application and its client, by hand.
//! Frames and HTTP of a client are in `wire`; nothing here knows a rule of the protocols.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file compiles this module and uses a part of it"
)]

pub mod app;
pub mod wire;

use app::App;
use siox_engineio::{self as engineio, Decision, Lane, Method, Payload, Request, Response, Sid};
use siox_stack::{Config, Error, Machine, Session};
use siox_wire::{Input, Instant};
use std::time::Duration;
use wire::{Said, masked};

pub use siox_testkit::ms;

pub const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;
pub const UNKNOWN_SID: &str = r#"{"code":1,"message":"Session ID unknown"}"#;

pub fn sid() -> Sid {
    Sid::from_random(&[7; 15])
}

/// Pings after 300 ms, dead 200 ms later.
pub fn quick() -> Config {
    let engine = engineio::Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        ..engineio::Config::default()
    };
    Config::new(engine, siox_socketio::Config::default())
}

/// Pings so late that no test sees one.
pub fn calm() -> Config {
    bounded(1 << 20, 4 << 20)
}

/// As [`calm`], with these caps on what waits.
pub fn bounded(high_water: usize, hard_cap: usize) -> Config {
    let engine = engineio::Config {
        ping_interval: Duration::from_secs(1000),
        high_water,
        hard_cap,
        ..engineio::Config::default()
    };
    let socket = siox_socketio::Config {
        connect_timeout: Duration::from_secs(2000),
        ..siox_socketio::Config::default()
    };
    Config::new(engine, socket)
}

/// Status and body.
pub type Answer = (u16, String);

pub fn answer(response: &Response) -> Answer {
    let body: Vec<u8> = response.body.iter().flatten().copied().collect();
    (response.status, String::from_utf8(body).unwrap())
}

pub fn ok(body: &str) -> Answer {
    (200, body.into())
}

pub fn bad_request() -> Answer {
    (400, BAD_REQUEST.into())
}

pub fn unknown_sid() -> Answer {
    (400, UNKNOWN_SID.into())
}

/// A session, the application above it and the client below.
pub struct Peer {
    pub session: Session,
    pub app: App,
    pub now: Instant,
    /// The WebSocket, once there is one.
    pub lane: Option<Lane>,
    poll_query: &'static str,
    upgrade_query: &'static str,
}

impl Peer {
    /// Opened by a GET.
    pub fn polling(config: &Config) -> Self {
        let (session, response) = Session::polling(ms(0), config, sid());
        let (status, body) = answer(&response);
        assert!(status == 200 && body.starts_with("0{"), "{status} {body}");
        Self::new(session, None)
    }

    /// Opened by a WebSocket; the open packet is read.
    pub fn socket(config: &Config) -> Self {
        let (session, lane) = Session::socket(ms(0), config, sid());
        let mut peer = Self::new(session, Some(lane));
        let sent = peer.sent();
        assert!(sent.len() == 1 && sent[0].starts_with("0{"), "{sent:?}");
        peer
    }

    /// Opened by a GET and moved to a WebSocket.
    pub fn upgraded(config: &Config) -> Self {
        let mut peer = Self::polling(config);
        peer.upgrade();
        peer
    }

    /// All three ways, by name.
    pub fn every(config: &Config) -> [(&'static str, Self); 3] {
        [
            ("polling", Self::polling(config)),
            ("socket", Self::socket(config)),
            ("upgraded", Self::upgraded(config)),
        ]
    }

    /// Of a session of Engine.IO v3.
    pub fn of_v3(session: Session, lane: Option<Lane>) -> Self {
        Self {
            poll_query: wire::PLAIN_POLL_V3,
            upgrade_query: wire::UPGRADE_V3,
            ..Self::new(session, lane)
        }
    }

    fn new(session: Session, lane: Option<Lane>) -> Self {
        Self {
            session,
            app: App::default(),
            now: ms(0),
            lane,
            poll_query: wire::PLAIN_POLL,
            upgrade_query: wire::UPGRADE,
        }
    }

    /// Joins `/`, and forgets that it was told and answered.
    pub fn joined(mut self) -> Self {
        self.say("40").unwrap();
        match self.lane {
            Some(_) => assert_eq!(self.sent(), [r#"40{"sid":"s"}"#]),
            None => assert_eq!(self.poll(), Ok(ok(r#"40{"sid":"s"}"#))),
        }
        self.app.heard.retain(|line| line == "upgraded");
        self
    }

    // Requests.

    pub fn request(&mut self, method: Method, query: &str) -> Decision {
        let request = Request::new(method, query);
        self.session.handle_request(self.now, &request)
    }

    pub fn get(&mut self) -> Decision {
        self.request(Method::Get, self.poll_query)
    }

    /// A GET: its answer, or the lane that it is parked as.
    pub fn poll(&mut self) -> Result<Answer, Lane> {
        match self.get() {
            Decision::Answer(response) => Ok(answer(&response)),
            Decision::Park(lane) => Err(lane),
            other => panic!("{other:?}"),
        }
    }

    pub fn park(&mut self) -> Lane {
        self.poll().expect_err("it should be parked")
    }

    /// What has been answered to a parked GET.
    pub fn answered(&mut self) -> Option<(Lane, Answer)> {
        let (lane, response) = self.session.poll_response()?;
        Some((lane, answer(&response)))
    }

    pub fn begin_post(&mut self) -> Lane {
        match self.request(Method::Post, self.poll_query) {
            Decision::Body { lane, .. } => lane,
            other => panic!("{other:?}"),
        }
    }

    pub fn finish_post(&mut self, lane: Lane, body: &[u8]) -> Answer {
        let mut body = body.to_vec();
        let mut payload = Payload::new(&mut body);
        let result = loop {
            match self.session.handle_body(self.now, lane, &mut payload) {
                Ok(Some(event)) => self.app.hear(self.now, &mut self.session, &event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        answer(&self.session.finish_post(lane, result))
    }

    pub fn post(&mut self, body: &str) -> Answer {
        match self.request(Method::Post, self.poll_query) {
            Decision::Body { lane, .. } => self.finish_post(lane, body.as_bytes()),
            Decision::Answer(response) => answer(&response),
            other => panic!("{other:?}"),
        }
    }

    // The WebSocket.

    pub fn ask_upgrade(&mut self) -> Decision {
        let request = Request {
            websocket: true,
            ..Request::new(Method::Get, self.upgrade_query)
        };
        self.session.handle_request(self.now, &request)
    }

    /// The 101 of an upgrade is sent.
    pub fn open_probe(&mut self) -> Lane {
        match self.ask_upgrade() {
            Decision::Upgrade(lane) => {
                self.lane = Some(lane);
                lane
            }
            other => panic!("{other:?}"),
        }
    }

    /// The whole dance.
    pub fn upgrade(&mut self) {
        self.open_probe();
        self.text("2probe").unwrap();
        assert_eq!(self.sent(), ["3probe"]);
        self.text("5").unwrap();
    }

    pub fn text(&mut self, packet: &str) -> Result<(), Error> {
        self.frame(0x81, packet.as_bytes())
    }

    pub fn frame(&mut self, first: u8, payload: &[u8]) -> Result<(), Error> {
        self.feed(&masked(first, payload))
    }

    /// Bytes of the WebSocket.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let lane = self.lane.expect("no WebSocket");
        let mut bytes = bytes.to_vec();
        self.feed_input(lane, &mut Input::new(self.now, &mut bytes))
    }

    pub fn feed_input(&mut self, lane: Lane, input: &mut Input<'_>) -> Result<(), Error> {
        while let Some(event) = self.session.handle_input(lane, input)? {
            self.app.hear(self.now, &mut self.session, &event);
        }
        assert!(input.is_empty(), "{} bytes were not eaten", input.len());
        self.app.wrong.take().map_or(Ok(()), Err)
    }

    /// The client sends no more.
    pub fn eof(&mut self) {
        let lane = self.lane.expect("no WebSocket");
        self.session.handle_eof(self.now, lane);
    }

    /// The WebSocket's connection is gone.
    pub fn gone(&mut self) {
        let lane = self.lane.expect("no WebSocket");
        self.session.handle_socket_gone(lane);
    }

    /// What was written to the WebSocket since the last look, a string for each frame.
    pub fn sent(&mut self) -> Vec<String> {
        let bytes = self.written();
        wire::frames(&bytes).iter().map(Said::to_string).collect()
    }

    /// The same in bytes.
    pub fn written(&mut self) -> Vec<u8> {
        let bytes = self.session.poll_transmit().collect::<Vec<_>>().concat();
        if let Some(lane) = self.lane {
            self.session.handle_written(lane, bytes.len());
        }
        bytes
    }

    // Either transport.

    /// A message packet of the client, by whatever carries the session.
    pub fn say(&mut self, packet: &str) -> Result<(), Answer> {
        if self.lane.is_some() {
            return self.text(packet).map_err(|error| (0, format!("{error:?}")));
        }
        match self.post(packet) {
            (200, _) => Ok(()),
            other => Err(other),
        }
    }

    /// What the client gets of what waits, by whatever carries the session.
    pub fn fetch(&mut self) -> Vec<String> {
        if self.lane.is_some() {
            return self.sent();
        }
        match self.poll() {
            Ok((200, body)) => body.split('\x1e').map(str::to_owned).collect(),
            other => panic!("{other:?}"),
        }
    }

    // Time.

    /// Works off what is due now. The session must come to rest.
    pub fn settle(&mut self) -> Vec<Error> {
        let mut errors = Vec::new();
        for _ in 0..100 {
            if self.session.poll_timeout().is_none_or(|at| at > self.now) {
                return errors;
            }
            match self.session.handle_timeout(self.now) {
                Ok(Some(event)) => self.app.hear(self.now, &mut self.session, &event),
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        let due = self.session.poll_timeout();
        panic!("{due:?} stays due at {:?}: {errors:?}", self.now);
    }

    /// Time passes, timer by timer.
    pub fn advance_to(&mut self, end: Instant) -> Vec<Error> {
        let mut errors = self.settle();
        while let Some(due) = self.session.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            errors.extend(self.settle());
        }
        self.now = self.now.max(end);
        errors
    }

    /// All that was told since the last look.
    pub fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.app.heard)
    }
}
