//! The client: `siox_stack::EngineClient`, and what a runtime does for it.

use crate::{Kind, check, conn::Conn, net::Net, pipe::Arrival, scenario::Scenario};
use siox_engineio::{Client, ClientConfig, ClientEvent, Transport};
use siox_stack::{ClientOptions, EngineClient, Line, parse_url};
use siox_websocket::Limits;
use siox_wire::{Input, Instant};
use std::{sync::Arc, time::Duration};

/// When all began, since 1970.
const UNIX: Duration = Duration::from_secs(1_700_000_000);

/// The application of a client.
pub(crate) trait User {
    /// Something happened in its session.
    fn hear(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        client: &mut EngineClient,
        event: ClientEvent<'_>,
    );

    /// When it wants to speak.
    fn next(&self) -> Option<Instant>;

    /// What it wants to say now.
    fn speak(&mut self, net: &mut Net<'_>, now: Instant, client: &mut EngineClient);
}

#[derive(Debug)]
pub(crate) struct Peer<U> {
    /// Its place among the peers.
    number: usize,
    client: EngineClient,
    /// Connections that are being opened, and since when they are open.
    dialling: Vec<(Instant, Line)>,
    pub(crate) user: U,
    /// When the last byte of the session came, on its own clock.
    pub(crate) heard: Instant,
    /// How many bytes it may still write, once its session is over.
    may_write: Option<usize>,
    pub(crate) skew: Duration,
    pub(crate) asleep: Option<Instant>,
}

impl<U: User> Peer<U> {
    pub(crate) fn new(plan: &Scenario, now: Instant, number: usize, user: U) -> Self {
        Self {
            number,
            client: client(plan, now),
            dialling: Vec::new(),
            user,
            heard: now,
            may_write: None,
            skew: Duration::ZERO,
            asleep: None,
        }
    }

    pub(crate) fn session(&self) -> &Client {
        self.client.session()
    }

    pub(crate) fn time(&self, now: Instant) -> Instant {
        now.after(self.skew)
    }

    pub(crate) fn queued(&self) -> usize {
        self.client.queued()
    }

    /// When it next has something to do of its own.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let own = self.client.poll_timeout();
        let due = own.into_iter().chain(self.user.next()).min();
        let due = due.map(|due| now.after(due.since(self.time(now))));
        let opened = self.dialling.iter().map(|(at, _)| *at).min();
        let due = due.into_iter().chain(opened).min()?;
        Some(due.max(self.asleep.unwrap_or(now)))
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.client.poll_timeout().is_none() && self.client.is_over()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(crate) fn on_websocket(&self) -> bool {
        self.session().transport() == Some(Transport::WebSocket)
    }

    /// All that has come over a connection.
    pub(crate) fn arrivals(&mut self, net: &mut Net<'_>, conn: &mut Conn, buf: &mut Vec<u8>) {
        while net.failure.is_none()
            && let Some(line) = conn.line(self.number)
            && let Some(arrival) = conn
                .down
                .receive(net.now, &net.plan.line, &mut net.rng, buf)
        {
            net.digest([4, u64::from(conn.id), buf.len() as u64]);
            let now = self.time(net.now);
            match arrival {
                Arrival::Bytes => self.bytes(net, conn.kind, line, buf),
                Arrival::Eof => {
                    net.note(format_args!("client: end of {}", conn.id));
                    self.client.handle_eof(now, line);
                    self.bytes(net, conn.kind, line, &mut []);
                }
                Arrival::Reset => {
                    net.note(format_args!("client: {} is reset", conn.id));
                    self.client.handle_gone(now, line);
                    conn.drop_client(net.now, &net.plan.line);
                }
            }
            check::blameless(net, self.client.failure());
        }
    }

    fn bytes(&mut self, net: &mut Net<'_>, kind: Kind, line: Line, bytes: &mut [u8]) {
        let now = self.time(net.now);
        let came = !bytes.is_empty();
        let is_of_session = |this: &Self| came && this.on_websocket() == (kind == Kind::Socket);
        if is_of_session(self) {
            self.heard = now;
        }
        let mut input = Input::new(now, bytes);
        while let Some(event) = self.client.handle_input(line, &mut input) {
            self.user.hear(net, now, &mut self.client, event);
        }
        let eaten =
            input.is_empty() || self.client.is_finished(line) || self.client.is_socket(line);
        net.check(eaten, || "client: not all was eaten".into());
        if is_of_session(self) {
            self.heard = now;
        }
    }

    /// What the application wants to say now.
    pub(crate) fn speak(&mut self, net: &mut Net<'_>) {
        let now = self.time(net.now);
        self.user.speak(net, now, &mut self.client);
    }

    pub(crate) fn close(&mut self, net: &mut Net<'_>) {
        net.note(format_args!("client: closes"));
        let now = self.time(net.now);
        self.client.close(now);
    }

    /// Asks for what connections it wants, and gives the name of one that is open now.
    pub(crate) fn connect(&mut self, net: &mut Net<'_>) -> Option<Line> {
        let now = self.time(net.now);
        self.expire(net, now);
        while let Some(line) = self.client.poll_connect(now) {
            let there_and_back = net.plan.line.delay * 2;
            self.dialling.push((net.now.after(there_and_back), line));
        }
        for at in (0..self.dialling.len()).rev() {
            if self.client.is_finished(self.dialling[at].1) {
                let (_, line) = self.dialling.remove(at);
                self.client.handle_gone(now, line);
            }
        }
        let open = self.dialling.iter().position(|(at, _)| *at <= net.now)?;
        let (_, line) = self.dialling.remove(open);
        let mut random = [0; 48];
        net.rng.fill(&mut random);
        self.client.handle_connected(now, line, random.into());
        Some(line)
    }

    /// What it sends on a connection that has room for so much; a request goes out whole.
    pub(crate) fn transmit(
        &mut self,
        net: &mut Net<'_>,
        line: Line,
        room: usize,
        into: &mut Vec<u8>,
    ) {
        let mut slices = self.client.poll_transmit(line).peekable();
        if slices.peek().is_none() {
            return;
        }
        let mut room = if self.client.is_socket(line) {
            room
        } else {
            usize::MAX
        };
        for slice in slices {
            let part = &slice[..slice.len().min(room)];
            into.extend_from_slice(part);
            room -= part.len();
        }
        if into.is_empty() {
            return;
        }
        if self.client.session().is_finished() {
            // A goodbye, beside what has waited when it ended.
            let left = self.may_write.unwrap_or(self.client.queued() + 16);
            self.may_write = Some(left.saturating_sub(into.len()));
            net.check(left >= into.len(), || {
                "client: bytes are written behind the end".into()
            });
        } else {
            self.may_write = None;
        }
        self.client.handle_written(line, into.len());
    }

    /// Lets go of a connection that is of no more use; whether it was.
    pub(crate) fn release(&mut self, net: &mut Net<'_>, conn: &mut Conn) -> bool {
        let Some(line) = conn
            .line(self.number)
            .filter(|line| self.client.is_finished(*line))
        else {
            return false;
        };
        net.note(format_args!("client: done with {}", conn.id));
        self.client.handle_gone(self.time(net.now), line);
        conn.drop_client(net.now, &net.plan.line);
        true
    }

    /// Lets what is due expire, until nothing is.
    fn expire(&mut self, net: &mut Net<'_>, now: Instant) {
        for _ in 0..100 {
            if self.client.poll_timeout().is_none_or(|at| at > now) {
                return;
            }
            if let Some(event) = self.client.handle_timeout(now) {
                self.user.hear(net, now, &mut self.client, event);
            }
        }
        net.fail("client: something stays due");
    }
}

/// A session that begins now.
pub(crate) fn client(plan: &Scenario, now: Instant) -> EngineClient {
    let engine = ClientConfig {
        version: plan.version,
        base64: plan.base64,
        upgrade_timeout: plan.upgrade[1],
        high_water: plan.high_water,
        hard_cap: plan.hard_cap,
        ..ClientConfig::default()
    };
    let limits = Limits {
        high_water: plan.high_water,
        hard_cap: plan.hard_cap,
        ..Limits::default()
    };
    let options = ClientOptions {
        engine,
        websocket: Arc::new(limits),
        keep_alive: plan.keep_alive,
        ..ClientOptions::default()
    };
    let client = parse_url("http://a.example/")
        .ok()
        .and_then(|url| EngineClient::new(now, UNIX, &url, Arc::new(options)).ok());
    client.expect("a plain URL and plain options")
}
