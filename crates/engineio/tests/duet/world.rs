//! The two sessions, their applications and their connections under one clock. One seed decides all.

use crate::conn::{Come, Conn, Frame, Tape};
use siox_engineio::{
    Client, ClientConfig, ClientError, ClientEvent, CloseReason, Config, Decision, Error, Event,
    Method, Outgoing, Payload, Request, Response, Route, Session, Sid, Transport,
};
use siox_testkit::{Break, Profile, Rng};
use siox_wire::{Instant, Message, Sink};
use std::{mem, sync::Arc, time::Duration};

#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// How many messages each side sends.
    pub(crate) messages: u32,
    pub(crate) profile: Profile,
    pub(crate) client: ClientConfig,
    pub(crate) server: Config,
    /// Where the WebSocket breaks, how, and whether on the way up.
    pub(crate) socket_break: Option<(u64, Break, bool)>,
    pub(crate) refuse_sockets: bool,
    /// How many of a thousand connections break.
    pub(crate) breaks: u32,
}

/// One side's application.
#[derive(Default)]
struct App {
    /// When it sends, the last first.
    times: Vec<Instant>,
    sent: u32,
    received: u32,
    events: Vec<String>,
    end: Option<String>,
}

impl App {
    fn new(rng: &mut Rng, messages: u32) -> Self {
        let mut times: Vec<_> = (0..messages)
            .map(|_| Instant::from_millis(rng.below(3000)))
            .collect();
        times.sort();
        times.reverse();
        Self {
            times,
            ..Self::default()
        }
    }

    /// Every third message is binary.
    fn put(&mut self, out: &mut impl Sink) {
        let text = self.sent.to_string();
        if self.sent % 3 == 2 {
            out.put_binary(&[], text.into_bytes().into());
        } else {
            out.put_text(&[text.as_bytes()]);
        }
        self.sent += 1;
    }

    fn message(&mut self, message: &Message<'_>) {
        assert_eq!(self.end, None, "nothing behind the end");
        let text = std::str::from_utf8(message.as_bytes()).unwrap();
        assert_eq!(text, self.received.to_string());
        let binary = matches!(message, Message::Binary(_));
        assert_eq!(binary, self.received % 3 == 2);
        self.received += 1;
    }

    fn ended(&mut self, reason: String) {
        assert_eq!(self.end, None, "the end is told once");
        self.end = Some(reason);
    }

    fn on_server(&mut self, event: Event<'_>) {
        match event {
            Event::Message(message) => self.message(&message),
            Event::Heartbeat => self.events.push("heartbeat".into()),
            Event::Upgrading => self.events.push("upgrading".into()),
            Event::Upgraded => self.events.push("upgraded".into()),
            Event::Closed(reason) => self.ended(reason.to_string()),
        }
    }

    fn on_client(&mut self, event: ClientEvent<'_>) {
        match event {
            ClientEvent::Opened => self.events.push("opened".into()),
            ClientEvent::Message(message) => self.message(&message),
            ClientEvent::Heartbeat => self.events.push("heartbeat".into()),
            ClientEvent::Upgrading => self.events.push("upgrading".into()),
            ClientEvent::Upgraded => self.events.push("upgraded".into()),
            ClientEvent::UpgradeFailed(error) => self.events.push(error.to_string()),
            ClientEvent::Closed { reason, .. } => self.ended(reason.to_string()),
        }
    }
}

pub(crate) struct World {
    plan: Plan,
    rng: Rng,
    now: Instant,
    config: Arc<Config>,
    server: Option<Session>,
    client: Client,
    on_server: App,
    on_client: App,
    conns: Vec<Conn>,
}

impl World {
    pub(crate) fn new(plan: Plan) -> Self {
        let mut rng = Rng::new(plan.seed);
        let now = Instant::from_millis(0);
        Self {
            now,
            config: Arc::new(plan.server.clone()),
            server: None,
            client: Client::new(now, Arc::new(plan.client.clone())),
            on_server: App::new(&mut rng, plan.messages),
            on_client: App::new(&mut rng, plan.messages),
            conns: Vec::new(),
            rng,
            plan,
        }
    }

    pub(crate) fn run_for(&mut self, length: Duration) {
        let end = self.now.after(length);
        self.settle();
        for _ in 0..100_000 {
            let next = self.next().unwrap_or(end).max(self.now);
            if next >= end {
                self.now = end;
                return;
            }
            self.now = next;
            self.arrivals();
            self.sendings();
            self.settle();
        }
        panic!("it does not come to rest");
    }

    fn next(&self) -> Option<Instant> {
        let links = self
            .conns
            .iter()
            .flat_map(|conn| [conn.up.next_due(), conn.down.next_due()]);
        let sends = [
            self.on_client.times.last().copied(),
            self.on_server
                .times
                .last()
                .copied()
                .filter(|_| self.server.is_some()),
            self.client.poll_timeout(),
            self.server.as_ref().and_then(Session::poll_timeout),
        ];
        links.chain(sends).flatten().min()
    }

    fn sendings(&mut self) {
        let now = self.now;
        while self.on_client.times.pop_if(|at| *at <= now).is_some() {
            if !self.client.is_closed() {
                let at = self.client_conn();
                let mut tape = at.map(|at| mem::take(&mut self.conns[at].client_tape));
                self.on_client.put(&mut self.client.sink(tape.as_mut()));
                if let (Some(at), Some(tape)) = (at, tape) {
                    self.conns[at].client_tape = tape;
                }
            }
        }
        let Some(server) = &mut self.server else {
            return;
        };
        while self.on_server.times.pop_if(|at| *at <= now).is_some() {
            if !server.is_closed() {
                let at = self
                    .conns
                    .iter()
                    .position(|c| c.server.is_some() && c.server == server.lane());
                let mut none = Tape::default();
                let tape = at.map_or(&mut none, |at| &mut self.conns[at].server_tape);
                self.on_server.put(&mut server.sink(Some(tape)));
            }
        }
    }

    fn client_conn(&self) -> Option<usize> {
        let lane = self.client.lane()?;
        self.conns.iter().position(|conn| conn.lane == lane)
    }

    fn arrivals(&mut self) {
        for at in 0..self.conns.len() {
            while let Some(come) = self.conns[at].up.receive(self.now) {
                match come {
                    Come::Frame(frame) => self.at_server(at, &frame),
                    Come::End => self.server_lost(at),
                }
            }
            while let Some(come) = self.conns[at].down.receive(self.now) {
                match come {
                    Come::Frame(frame) => self.at_client(at, frame),
                    Come::End => self.client_lost(at),
                }
            }
        }
    }

    /// What a runtime does after every step, on both sides.
    fn settle(&mut self) {
        let now = self.now;
        loop {
            let mut moved = false;
            let at = self.client_conn();
            let mut tape = at.map(|at| mem::take(&mut self.conns[at].client_tape));
            while let Some(event) = self.client.handle_timeout(now, tape.as_mut()) {
                self.on_client.on_client(event);
            }
            if let (Some(at), Some(tape)) = (at, tape) {
                self.conns[at].client_tape = tape;
            }
            while let Some(outgoing) = self.client.poll_request(now) {
                self.begin(outgoing);
                moved = true;
            }
            self.serve_timeouts();
            for conn in &mut self.conns {
                conn.flush(now);
            }
            self.drop_unwanted();
            if !moved {
                break;
            }
        }
        let late = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        assert!(
            !late(self.client.poll_timeout()),
            "the client's time stands still"
        );
        assert!(
            !late(self.server.as_ref().and_then(Session::poll_timeout)),
            "the server's does"
        );
    }

    fn serve_timeouts(&mut self) {
        let Some(server) = &mut self.server else {
            return;
        };
        let at = self
            .conns
            .iter()
            .position(|c| c.server.is_some() && c.server == server.lane());
        let mut none = Tape::default();
        let tape = at.map_or(&mut none, |at| &mut self.conns[at].server_tape);
        if let Some(event) = server.handle_timeout(self.now, Some(tape)) {
            self.on_server.on_server(event);
        }
        while let Some((lane, response)) = server.poll_response() {
            let at = self
                .conns
                .iter()
                .position(|c| c.server == Some(lane))
                .unwrap();
            answer(&mut self.conns[at], self.now, &response);
        }
    }

    /// Connections that a side is done with.
    fn drop_unwanted(&mut self) {
        let now = self.now;
        for conn in &mut self.conns {
            if !self.client.wants(conn.lane) {
                conn.drop_client(now);
            }
            let Some(server) = &mut self.server else {
                continue;
            };
            if let Some(lane) = conn
                .server
                .filter(|lane| conn.socket && server.lane() != Some(*lane))
            {
                conn.drop_server(now);
                server.handle_socket_gone(lane, CloseReason::TransportClose);
            }
        }
    }

    fn begin(&mut self, outgoing: Outgoing) {
        let (lane, method, query, body, socket) = match outgoing {
            Outgoing::Get { lane, query, .. } => (lane, b'G', query, None, false),
            Outgoing::Post {
                lane,
                query,
                body,
                content_type,
            } => {
                let body: Vec<u8> = body.into_iter().flatten().collect();
                let head = format!("{query}\n{content_type}");
                (lane, b'P', head, Some(body), false)
            }
            Outgoing::Socket { lane, query } => (lane, b'S', query, None, true),
        };
        let mut profiles = [self.plan.profile.clone(), self.plan.profile.clone()];
        if let Some((at, how, up)) = self.plan.socket_break.filter(|_| socket) {
            // Only behind the request, which would not be one without.
            let at = if up { at + query.len() as u64 } else { at };
            profiles[usize::from(!up)].breaks = Some((at, how));
        }
        if self.rng.chance(self.plan.breaks) {
            let how = [Break::HalfClose, Break::Reset, Break::Silence][self.rng.index(3)];
            profiles[self.rng.index(2)].breaks = Some((self.rng.below(120), how));
        }
        let mut conn = Conn::new(lane, socket, profiles, self.rng.next_u64());
        let head = [&[method][..], query.as_bytes()].concat();
        conn.up.send(self.now, &(b'R', head));
        if let Some(body) = body {
            conn.up.send(self.now, &(b'B', body));
        }
        self.conns.push(conn);
    }

    fn at_server(&mut self, at: usize, (mark, bytes): &Frame) {
        match mark {
            b'R' => self.request(at, bytes),
            b'B' => self.body(at, bytes),
            _ => self.server_message(at, *mark, bytes),
        }
    }

    fn request(&mut self, at: usize, head: &[u8]) {
        let (method, head) = head.split_first().unwrap();
        let head = std::str::from_utf8(head).unwrap();
        let (query, content_type) = head.split_once('\n').unwrap_or((head, ""));
        let socket = *method == b'S';
        if socket && self.plan.refuse_sockets {
            return answer(
                &mut self.conns[at],
                self.now,
                &siox_engineio::ErrorCode::BadRequest.response(),
            );
        }
        let method = if *method == b'P' {
            Method::Post
        } else {
            Method::Get
        };
        let request = Request {
            websocket: socket,
            content_type: Some(content_type.as_bytes()),
            ..Request::new(method, query)
        };
        let conn = &mut self.conns[at];
        match (Route::check(&self.config, &request), &mut self.server) {
            (Ok(Route::Open(handshake)), None) => {
                let sid = Sid::from_random(&[7; 15]);
                let config = Arc::clone(&self.config);
                match handshake.transport {
                    Transport::Polling => {
                        let (session, response) =
                            Session::polling_for(self.now, config, sid, &handshake);
                        self.server = Some(session);
                        answer(conn, self.now, &response);
                    }
                    Transport::WebSocket => {
                        let tape = &mut conn.server_tape;
                        tape.0.push((b'H', b"101".into()));
                        let session = Session::socket_for(self.now, config, sid, &handshake, tape);
                        conn.server = session.lane();
                        self.server = Some(session);
                    }
                }
            }
            (Ok(Route::Session(_)), Some(session)) => {
                match session.handle_request(self.now, &request) {
                    Decision::Answer(response) => answer(conn, self.now, &response),
                    Decision::Park(lane) | Decision::Body { lane, .. } => conn.server = Some(lane),
                    Decision::Upgrade(lane) => {
                        conn.server = Some(lane);
                        conn.server_tape.0.push((b'H', b"101".into()));
                    }
                }
            }
            (other, _) => panic!("{other:?}"),
        }
    }

    fn body(&mut self, at: usize, body: &[u8]) {
        let mut body = body.to_vec();
        let conn = &mut self.conns[at];
        // Without a lane the POST was refused already.
        let (Some(lane), Some(server)) = (conn.server, &mut self.server) else {
            return;
        };
        let mut payload = Payload::new(&mut body);
        let result = loop {
            match server.handle_body(self.now, lane, &mut payload) {
                Ok(Some(event)) => self.on_server.on_server(event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let response = server.finish_post(lane, result);
        answer(conn, self.now, &response);
    }

    fn server_message(&mut self, at: usize, mark: u8, bytes: &[u8]) {
        let conn = &mut self.conns[at];
        let (Some(lane), Some(server)) = (conn.server, &mut self.server) else {
            return;
        };
        match server.handle_message(self.now, lane, message(mark, bytes), &mut conn.server_tape) {
            Ok(Some(event)) => self.on_server.on_server(event),
            Ok(None) | Err(Error::Stale) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn server_lost(&mut self, at: usize) {
        let conn = &mut self.conns[at];
        conn.down.close(self.now);
        if let (Some(lane), Some(server)) = (conn.server.take(), &mut self.server) {
            if conn.socket {
                server.handle_socket_gone(lane, CloseReason::TransportClose);
            } else {
                server.handle_abandoned(lane);
            }
        }
    }

    fn at_client(&mut self, at: usize, (mark, bytes): Frame) {
        let (now, conn) = (self.now, &mut self.conns[at]);
        let lane = conn.lane;
        let result = match mark {
            b'H' if bytes == b"101" => self.client.handle_opened(now, lane, &mut conn.client_tape),
            b'H' => {
                let status = std::str::from_utf8(&bytes[..3]).unwrap().parse().unwrap();
                if conn.socket {
                    self.client
                        .handle_failed(now, lane, ClientError::Status(status));
                    return;
                }
                self.client
                    .handle_response(now, lane, status, Some(&bytes[3..]))
            }
            b'B' => self.response_body(at, bytes),
            _ => {
                let tape = &mut conn.client_tape;
                let event = self
                    .client
                    .handle_message(now, lane, message(mark, &bytes), tape);
                event.map(|event| {
                    if let Some(event) = event {
                        self.on_client.on_client(event);
                    }
                })
            }
        };
        match result {
            Ok(()) | Err(ClientError::Stale | ClientError::Status(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn response_body(&mut self, at: usize, mut body: Vec<u8>) -> Result<(), ClientError> {
        let lane = self.conns[at].lane;
        let is_ok = body == b"ok";
        let mut payload = Payload::new(&mut body);
        while !is_ok && let Some(event) = self.client.handle_body(self.now, lane, &mut payload)? {
            self.on_client.on_client(event);
        }
        self.client.handle_done(self.now, lane);
        Ok(())
    }

    fn client_lost(&mut self, at: usize) {
        let conn = &mut self.conns[at];
        conn.up.close(self.now);
        let lane = conn.lane;
        if conn.socket {
            let reason = CloseReason::TransportClose;
            self.client.handle_socket_gone(self.now, lane, reason);
        } else if self.client.wants(lane) {
            self.client
                .handle_failed(self.now, lane, ClientError::Unreachable);
        }
    }

    pub(crate) fn close_server(&mut self) {
        let server = self.server.as_mut().unwrap();
        server.close(CloseReason::ForcedClose);
    }

    pub(crate) fn close_client(&mut self) {
        self.client.close(self.now);
    }

    pub(crate) fn upgraded(&self) -> bool {
        let apps = [&self.on_server, &self.on_client];
        apps.iter()
            .any(|app| app.events.iter().any(|event| event == "upgraded"))
    }

    /// What arrived is the beginning of what was sent; the order is checked on arrival.
    pub(crate) fn assert_prefixes(&self) {
        assert!(self.on_server.received <= self.on_client.sent);
        assert!(self.on_client.received <= self.on_server.sent);
    }

    pub(crate) fn assert_alive_and_complete(&self) {
        assert_eq!((&self.on_server.end, &self.on_client.end), (&None, &None));
        assert_eq!(self.on_server.received, self.plan.messages);
        assert_eq!(self.on_client.received, self.plan.messages);
    }

    pub(crate) fn assert_both_or_neither(&self) {
        match (&self.on_server.end, &self.on_client.end) {
            (None, None) if self.server.is_some() => self.assert_alive_and_complete(),
            (None, _) => assert!(self.server.is_none(), "the server was not told"),
            (Some(_), end) => assert!(end.is_some(), "the client was not told"),
        }
    }

    pub(crate) fn assert_ended(&self, server: &str, client: &str) {
        assert_eq!(self.on_server.end.as_deref(), Some(server));
        assert_eq!(self.on_client.end.as_deref(), Some(client));
        assert!(self.client.is_finished());
        assert!(self.server.as_ref().is_some_and(Session::is_finished));
    }
}

fn answer(conn: &mut Conn, now: Instant, response: &Response) {
    conn.server = None;
    let head = format!("{}{}", response.status, response.content_type.as_str());
    let body: Vec<u8> = response.body.iter().flatten().copied().collect();
    conn.down.send(now, &(b'H', head.into_bytes()));
    conn.down.send(now, &(b'B', body));
}

fn message(mark: u8, bytes: &[u8]) -> Message<'_> {
    match mark {
        b't' => Message::from(std::str::from_utf8(bytes).unwrap()),
        b'b' => Message::from(bytes),
        other => panic!("{other}"),
    }
}
