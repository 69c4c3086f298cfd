//! One session of the stack under any order of operations: requests, bodies, sockets, time, verbs, and
//! everything that can go away, early or late.
//!
//! Each operation is a byte, its argument the next one; what follows `RAW` as far as its argument says
//! is given as it is.

use crate::app::{App, expire, outlive, turn};
use siox_engineio::{
    CloseReason, ContentType, Decision, Handshake, Lane, Method, Payload, Request, Response,
    Transport, Version,
};
use siox_socketio::{Encoded, shared};
use siox_stack::{Config, Error, Machine, Session};
use siox_wire::{Admit, Input, Instant};
use std::time::Duration;

const POLLING: &str = "transport=polling&sid=x";
const WEBSOCKET: &str = "transport=websocket&sid=x";

/// Packets of Engine.IO that bodies and frames are made of; what is none of them is raw.
const PACKETS: [&str; 24] = [
    "40",
    "41",
    "42[\"message\",1]",
    "427[\"message\",1]",
    "42[\"leave\"]",
    "42[\"emit-with-ack\",1]",
    "431[]",
    "40/a,",
    "41/a,",
    "42/a,[\"message\"]",
    "40/nowhere,",
    "451-[\"message\",{\"_placeholder\":true,\"num\":0}]",
    "bAQID",
    "2probe",
    "5",
    "3",
    "6",
    "1",
    "2",
    "4",
    "0",
    "4x",
    "x",
    "",
];

/// What the target does with one input.
///
/// # Panics
/// When the stack breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let mut script = Script { rest: bytes };
    let mut world = World::new(script.byte());
    while !script.rest.is_empty() {
        let (operation, argument) = (script.byte(), script.byte());
        world.step(operation, argument, &mut script);
        world.check();
    }
    world.end();
}

/// The rest of the input.
struct Script<'a> {
    rest: &'a [u8],
}

impl Script<'_> {
    fn byte(&mut self) -> u8 {
        self.rest.split_off_first().copied().unwrap_or_default()
    }

    fn bytes(&mut self, n: u8) -> Vec<u8> {
        let n = usize::from(n).min(self.rest.len());
        let (head, tail) = self.rest.split_at(n);
        self.rest = tail;
        head.to_vec()
    }

    /// A packet of the list, or raw bytes.
    fn packet(&mut self, which: u8) -> Vec<u8> {
        match PACKETS.get(usize::from(which)) {
            Some(packet) => packet.as_bytes().to_vec(),
            None => self.bytes(which & 0x0F),
        }
    }
}

/// A session, its application, and what its driver knows.
struct World {
    session: Session,
    app: App,
    now: Instant,
    config: Config,
    parked: Option<Lane>,
    post: Option<Lane>,
    socket: Option<Lane>,
    /// The socket failed or ended: the driver gives it no more bytes.
    deaf: bool,
    /// All lanes so far.
    lanes: Vec<Lane>,
}

impl World {
    fn new(kind: u8) -> Self {
        let engine = siox_engineio::Config {
            high_water: 2_000,
            hard_cap: 5_000,
            ..siox_engineio::Config::default()
        };
        let config = Config::new(engine, siox_socketio::Config::default());
        let now = Instant::EPOCH;
        // Bits say on what it begins, which protocol it speaks, and whether it takes bytes.
        let handshake = Handshake {
            transport: [Transport::Polling, Transport::WebSocket][usize::from(kind & 1)],
            version: [Version::V4, Version::V3][usize::from(kind >> 1 & 1)],
            base64: kind & 6 == 6,
            jsonp: None,
        };
        let (session, socket) = match handshake.transport {
            Transport::Polling => {
                let session = Session::polling_for(now, &config, App::sid(), &handshake).0;
                (session, None)
            }
            Transport::WebSocket => {
                let (session, lane) = Session::socket_for(now, &config, App::sid(), &handshake);
                (session, Some(lane))
            }
        };
        Self {
            session,
            app: App::default(),
            now,
            config,
            parked: None,
            post: None,
            socket,
            deaf: false,
            lanes: Vec::new(),
        }
    }

    fn step(&mut self, operation: u8, argument: u8, script: &mut Script<'_>) {
        match operation % 20 {
            0 => self.request(Request::new(Method::Get, POLLING), script, argument),
            1 | 2 => self.request(Request::new(Method::Post, POLLING), script, argument),
            3 => self.request(
                Request {
                    websocket: true,
                    ..Request::new(Method::Get, WEBSOCKET)
                },
                script,
                argument,
            ),
            4 => {
                let method = [Method::Options, Method::Other][usize::from(argument % 2)];
                self.request(Request::new(method, POLLING), script, argument);
            }
            5..=8 => {
                let packet = script.packet(argument);
                let first = if std::str::from_utf8(&packet).is_ok() {
                    0x81
                } else {
                    0x82
                };
                self.frames(&mut frame(first, &packet));
            }
            9 => self.frames(&mut frame(0x80 | (argument & 0x0F), &[3, 0xE8])),
            10 => self.frames(&mut script.bytes(argument)),
            11 => self.socket_away(argument),
            12 => self.abandon(argument),
            13 => self.pass(Duration::from_millis(u64::from(argument) * 200)),
            14 => turn(self.now, &mut self.session, &mut self.app),
            15 => self.emit(argument),
            16 => self.disconnect(argument),
            17 => self.written(usize::from(argument) * 8),
            18 if argument >= 128 => self.progress(),
            18 => self.late(argument),
            _ => self.close(argument),
        }
    }

    fn request(&mut self, request: Request<'_>, script: &mut Script<'_>, argument: u8) {
        match self.session.handle_request(self.now, &request) {
            Decision::Answer(response) => sound(&response),
            Decision::Park(lane) => {
                assert_eq!(self.parked.replace(lane), None, "one poll at a time");
                self.fresh(lane);
            }
            Decision::Body { lane, limit } => {
                assert_eq!(limit, self.config.engine().max_payload);
                assert_eq!(self.post.replace(lane), None, "one POST at a time");
                self.fresh(lane);
                // Some bodies are never finished, or not at once.
                if argument < 240 {
                    self.finish_body(script, argument);
                }
            }
            Decision::Upgrade(lane) => {
                assert_eq!(self.socket.replace(lane), None, "one socket at a time");
                self.deaf = false;
                self.fresh(lane);
            }
        }
    }

    /// No two lanes of a session have the same number.
    fn fresh(&mut self, lane: Lane) {
        assert!(!self.lanes.contains(&lane), "{lane:?} again");
        self.lanes.push(lane);
    }

    fn finish_body(&mut self, script: &mut Script<'_>, argument: u8) {
        let Some(lane) = self.post.take() else {
            return;
        };
        if argument == 239 {
            return sound(&self.session.body_too_large(lane));
        }
        let packets: Vec<_> = (0..=argument % 4)
            .map(|_| {
                let which = script.byte();
                script.packet(which)
            })
            .collect();
        let mut body = match self.session.engine().session().version() {
            Version::V3 => packets
                .iter()
                .flat_map(|packet| v3_packet(packet))
                .collect(),
            _ => packets.join(&0x1E),
        };
        let mut payload = Payload::new(&mut body);
        let result = loop {
            match self.session.handle_body(self.now, lane, &mut payload) {
                Ok(Some(event)) => self.app.hear(self.now, &mut self.session, &event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let response = self.session.finish_post(lane, result);
        sound(&response);
        assert!(result.is_ok() || response.status != 200, "{result:?}");
    }

    fn frames(&mut self, bytes: &mut [u8]) {
        let Some(lane) = self.socket.filter(|_| !self.deaf) else {
            return;
        };
        let mut input = Input::new(self.now, bytes);
        loop {
            match self.session.handle_input(lane, &mut input) {
                Ok(Some(event)) => self.app.hear(self.now, &mut self.session, &event),
                Ok(None) => return assert!(input.is_empty(), "not all was eaten"),
                Err(error) => {
                    assert_ne!(error, Error::Stale, "the socket is the session's");
                    self.deaf = true;
                    return;
                }
            }
        }
    }

    fn socket_away(&mut self, argument: u8) {
        let Some(lane) = self.socket else {
            return;
        };
        if argument.is_multiple_of(2) {
            self.deaf = true;
            self.session.handle_eof(self.now, lane);
        } else {
            self.socket = None;
            self.session.handle_socket_gone(lane);
        }
    }

    fn abandon(&mut self, argument: u8) {
        let lane = match argument % 2 {
            0 => self.parked.take(),
            _ => self.post.take(),
        };
        if let Some(lane) = lane {
            self.session.handle_abandoned(lane);
        }
    }

    /// Time passes, and the driver comes when it should; or, for the longest times, too late.
    fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        if time < Duration::from_secs(45) {
            while let Some(due) = self.session.poll_timeout().filter(|due| *due <= end) {
                self.now = self.now.max(due);
                expire(self.now, &mut self.session, &mut self.app);
            }
        }
        self.now = end;
    }

    fn emit(&mut self, argument: u8) {
        let Some(slot) = self.app.slots.get(usize::from(argument % 4)).copied() else {
            return;
        };
        let text = "x".repeat(usize::from(argument) * 10);
        let event = Encoded::event("news", &text).expect("a plain event");
        let queued = self.session.engine().queued();
        let sent = match argument % 5 {
            0 => self.session.emit(slot, &event, Admit::Normal),
            1 => self.session.emit(slot, &event, Admit::Volatile),
            2 => self.session.emit(slot, &event, Admit::Owed),
            3 => self
                .session
                .broadcast(slot, &shared("/", &event, None), Admit::Owed),
            _ => {
                let by = self.now.after(Duration::from_secs(1));
                self.session.emit_with_ack(slot, &event, Some(by)).map(drop)
            }
        };
        if sent.is_err() {
            assert_eq!(
                self.session.engine().queued(),
                queued,
                "an error leaves all as it was"
            );
        }
    }

    fn disconnect(&mut self, argument: u8) {
        if let Some(slot) = self.app.slots.get(usize::from(argument % 4)).copied() {
            let gone = self.session.disconnect(slot);
            if gone.is_ok() {
                self.app.slots.retain(|joined| *joined != slot);
                let again = self.session.disconnect(slot);
                assert!(again.is_err(), "nobody leaves twice");
            }
        }
    }

    fn written(&mut self, most: usize) {
        let Some(lane) = self.socket else {
            assert_eq!(
                self.session.poll_transmit().count(),
                0,
                "bytes for no socket"
            );
            return;
        };
        let waiting: usize = self.session.poll_transmit().map(<[u8]>::len).sum();
        self.session.handle_written(lane, waiting.min(most));
        let left: usize = self.session.poll_transmit().map(<[u8]>::len).sum();
        assert!(left >= waiting - waiting.min(most));
    }

    /// Part of a body came. It puts a death off, for one more timeout at most.
    fn progress(&mut self) {
        let Some(lane) = self.post else {
            return;
        };
        self.session.handle_progress(self.now, lane);
        let engine = self.config.engine();
        let beat = engine.ping_interval + engine.ping_timeout * 2;
        let due = self.session.engine().session().poll_timeout();
        assert!(due.is_none_or(|at| at <= self.now.after(beat)), "{due:?}");
    }

    /// A word from a lane that is not the session's changes nothing.
    fn late(&mut self, argument: u8) {
        let lane = Lane(1_000_000 + u32::from(argument));
        let before = format!("{:?}", self.session);
        self.session.handle_written(lane, 100);
        self.session.handle_abandoned(lane);
        self.session.handle_eof(self.now, lane);
        self.session.handle_socket_gone(lane);
        assert_eq!(format!("{:?}", self.session), before);
        let mut bytes = [0x81, 0x80];
        let told = self
            .session
            .handle_input(lane, &mut Input::new(self.now, &mut bytes));
        assert!(matches!(told, Err(Error::Stale)) || self.session.poll_timeout().is_some());
    }

    fn close(&mut self, argument: u8) {
        let reason = match argument % 3 {
            0 => CloseReason::ForcedClose,
            1 => CloseReason::ServerShuttingDown,
            _ => CloseReason::TransportError,
        };
        self.session.close(self.now, reason);
    }

    /// What holds after every step, and what a driver does after every step.
    fn check(&mut self) {
        while let Some((lane, response)) = self.session.poll_response() {
            assert_eq!(self.parked.take(), Some(lane), "an answer for no poll");
            sound(&response);
        }
        if self.session.poll_timeout() == Some(Instant::EPOCH) {
            turn(self.now, &mut self.session, &mut self.app);
        }
        // A session that is not over has a deadline, whatever happened to it.
        let armed = self.session.engine().session().poll_timeout().is_some();
        assert!(armed || self.app.closed, "no deadline");
        let queued = self.session.engine().queued();
        // The hard cap, one message above it, and what control frames and packets may add.
        let most = self.config.engine().hard_cap + 3_000 + 4_096;
        assert!(queued <= most, "{queued} bytes are queued");
        if self.app.closed {
            assert!(self.session.is_closed());
            assert_eq!(self.parked, None, "a poll outlives its session");
        }
        if let Some(lane) = self.socket
            && self.session.is_finished(lane)
        {
            self.socket = None;
            self.session.handle_socket_gone(lane);
        }
    }

    fn end(mut self) {
        if let Some(lane) = self.parked.take() {
            self.session.handle_abandoned(lane);
        }
        if let Some(lane) = self.post.take() {
            self.session.handle_abandoned(lane);
        }
        if let Some(lane) = self.socket.take() {
            self.session.handle_socket_gone(lane);
        }
        outlive(self.now, &mut self.session, &mut self.app);
    }
}

/// A response that an HTTP server can send.
fn sound(response: &Response) {
    assert!((200..600).contains(&response.status));
    assert!(response.body.iter().all(|chunk| !chunk.is_empty()));
    let length: usize = response.body.iter().map(|chunk| chunk.len()).sum();
    assert_eq!(response.content_length(), length);
    let body: Vec<u8> = response.body.iter().flatten().copied().collect();
    assert!(response.content_type == ContentType::Bytes || std::str::from_utf8(&body).is_ok());
}

/// A packet of a text payload of v3.
fn v3_packet(packet: &[u8]) -> Vec<u8> {
    let units = String::from_utf8_lossy(packet).encode_utf16().count();
    [units.to_string().as_bytes(), b":", packet].concat()
}

/// A client's frame with a mask of zeroes.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_testkit::Rng;

    #[test]
    fn an_upgrade_with_traffic_passes() {
        let get = [0, 0];
        let post = |packets: &[u8]| [&[1, packets.len() as u8 - 1][..], packets].concat();
        for kind in [0, 2, 6] {
            let script = [
                &[kind][..],
                &post(&[0, 2, 7]),
                &get,
                &get,
                &[15, 0],
                &[3, 0],
                &[5, 13],
                &[15, 3],
                &get,
                &[5, 14],
                &[5, 2, 5, 11, 5, 12],
                &[17, 255, 13, 200, 18, 0, 16, 0],
                &[9, 8, 11, 0],
            ]
            .concat();
            fuzz(&script);
        }
    }

    /// A reserved opcode; then time passes while the driver has not yet closed the socket.
    #[test]
    fn a_failed_socket_comes_to_rest() {
        fuzz(&[1, 9, 3, 13, 1]);
    }

    #[test]
    fn any_order_passes() {
        let mut rng = Rng::new(1);
        for _ in 0..3_000 {
            let mut script = vec![0; 2 + rng.index(200)];
            rng.fill(&mut script);
            // Most arguments name packets.
            for argument in script.iter_mut().skip(2).step_by(2) {
                if rng.chance(700) {
                    *argument %= PACKETS.len() as u8;
                }
            }
            fuzz(&script);
        }
    }
}
