//! The client: the session, its WebSocket, and what a runtime does for them.

mod receive;

use crate::{
    Side,
    app::App,
    check,
    conn::{Conn, Waiting},
    net::Net,
    pipe::Arrival,
    scenario::Scenario,
};
use siox_engineio::{
    Client, ClientConfig, ClientError, ClientEvent, CloseReason, Lane, Outgoing, Transport,
};
use siox_websocket::{CloseCode, Connection, Limits};
use siox_wire::{Admit, Instant, SendError, Sink};
use std::{sync::Arc, time::Duration};

#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) client: Client,
    /// The WebSocket, once it is open, until its connection is gone.
    socket: Option<(Lane, Connection)>,
    limits: Arc<Limits>,
    pub(crate) app: App,
    /// When the last byte of the session came, on its own clock.
    pub(crate) heard: Instant,
    pub(crate) skew: Duration,
    pub(crate) asleep: Option<Instant>,
}

impl Peer {
    pub(crate) fn new(plan: &Scenario, now: Instant) -> Self {
        let config = ClientConfig {
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
        Self {
            client: Client::new(now, Arc::new(config)),
            socket: None,
            limits: Arc::new(limits),
            app: App::new(Side::Client, plan, now),
            heard: now,
            skew: Duration::ZERO,
            asleep: None,
        }
    }

    pub(crate) fn time(&self, now: Instant) -> Instant {
        now.after(self.skew)
    }

    pub(crate) fn queued(&self) -> usize {
        let socket = self.socket.as_ref().map_or(0, |(_, s)| s.queued());
        self.client.queued() + socket
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let socket = self.socket.as_ref().and_then(|(_, s)| s.poll_timeout());
        socket.into_iter().chain(self.client.poll_timeout()).min()
    }

    /// When it next has something to do of its own.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let due = self
            .poll_timeout()
            .into_iter()
            .chain(self.app.next())
            .min()?;
        let ahead = due.since(self.time(now));
        Some(now.after(ahead).max(self.asleep.unwrap_or(now)))
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.poll_timeout().is_none() && self.socket.is_none()
    }

    /// All that has come over a connection.
    pub(crate) fn arrivals(&mut self, net: &mut Net<'_>, conn: &mut Conn, buf: &mut Vec<u8>) {
        while net.failure.is_none()
            && let Some(arrival) = conn
                .down
                .receive(net.now, &net.plan.line, &mut net.rng, buf)
        {
            net.digest([4, u64::from(conn.lane.0), buf.len() as u64]);
            match arrival {
                Arrival::Bytes => self.bytes(net, conn, buf),
                Arrival::Eof => self.ended(net, conn, false),
                Arrival::Reset => self.ended(net, conn, true),
            }
        }
    }

    /// The server sends no more, or its connection is gone.
    fn ended(&mut self, net: &mut Net<'_>, conn: &mut Conn, reset: bool) {
        let now = self.time(net.now);
        net.note(format_args!(
            "client: end of {:?} (reset: {reset})",
            conn.lane
        ));
        match conn.waiting {
            Waiting::Head(_) | Waiting::Body(_) => {
                let lane = conn.lane;
                self.client
                    .handle_failed(now, lane, ClientError::Unreachable);
                conn.drop_client(net.now, &net.plan.line);
            }
            Waiting::Socket => {
                if let Some((_, socket)) = &mut self.socket {
                    // Its error is this layer's word for what the session is told next.
                    let _ = socket.handle_eof(now);
                }
                self.socket_gone(net, now, conn);
            }
            Waiting::Done => {}
        }
    }

    fn socket_gone(&mut self, net: &mut Net<'_>, now: Instant, conn: &mut Conn) {
        self.client
            .handle_socket_gone(now, conn.lane, CloseReason::TransportClose);
        self.socket = None;
        conn.drop_client(net.now, &net.plan.line);
    }

    pub(crate) fn speak(&mut self, net: &mut Net<'_>) {
        let now = self.time(net.now);
        while self.app.next().is_some_and(|at| at <= now) {
            let Self {
                client,
                socket,
                app,
                ..
            } = self;
            let say = app.say(net.plan);
            let mut out = client.sink(socket.as_mut().map(|(_, s)| s));
            match out.admit(Admit::Normal) {
                Ok(()) if say.binary => out.put_binary(b"", say.text.to_owned().into()),
                Ok(()) => out.put_text(&[say.text.as_bytes()]),
                Err(SendError::Full) => {
                    app.put_off(now.after(Duration::from_millis(40)));
                    continue;
                }
                Err(SendError::Closed) => {
                    app.hush();
                    continue;
                }
                Err(other) => return net.fail(format!("client: cannot send: {other}")),
            }
            app.said();
        }
    }

    pub(crate) fn close(&mut self, net: &mut Net<'_>) {
        net.note(format_args!("client: closes"));
        let now = self.time(net.now);
        self.client.close(now);
    }

    /// What a runtime does after every step; answers what is to be requested.
    pub(crate) fn settle(
        &mut self,
        net: &mut Net<'_>,
        conns: &mut [Conn],
        begin: &mut Vec<Outgoing>,
    ) {
        let now = self.time(net.now);
        self.expire(net, now);
        while let Some(outgoing) = self.client.poll_request(now) {
            begin.push(outgoing);
        }
        for conn in conns.iter_mut().filter(|conn| !conn.copy) {
            self.flush(net, now, conn);
        }
        self.expire(net, now);
        check::peer(net, now, self);
    }

    fn expire(&mut self, net: &mut Net<'_>, now: Instant) {
        for _ in 0..100 {
            if let Some((lane, socket)) = &mut self.socket {
                if socket.poll_timeout().is_some_and(|at| at <= now)
                    && let Err(error) = socket.handle_timeout(now)
                {
                    net.note(format_args!("client: {error}"));
                }
                if self.client.lane() != Some(*lane) && !socket.is_closed() {
                    // Refused only when a close is queued already, which is what is wanted.
                    let _ = socket.close(now, CloseCode::NORMAL, "");
                }
            }
            if self.poll_timeout().is_none_or(|at| at > now) {
                return;
            }
            if let Some((_, socket)) = &self.socket {
                // What the move puts into the socket was admitted once.
                let _ = socket.admit(Admit::Owed);
            }
            let out = self.socket.as_mut().map(|(_, s)| s);
            if let Some(event) = self.client.handle_timeout(now, out) {
                self.hear(net, event);
            }
        }
        net.fail("client: something stays due");
    }

    /// Bytes of the WebSocket; and what nobody waits for is let go.
    fn flush(&mut self, net: &mut Net<'_>, now: Instant, conn: &mut Conn) {
        if let (Waiting::Socket, Some((lane, socket))) = (conn.waiting, &mut self.socket)
            && *lane == conn.lane
        {
            let mut room = conn.up.room(&net.plan.line);
            let mut taken = 0;
            for slice in socket.poll_transmit() {
                let part = &slice[..slice.len().min(room)];
                conn.up.send(net.now, part, &net.plan.line, &mut net.rng);
                room -= part.len();
                taken += part.len();
            }
            socket.handle_written(taken);
            if socket.is_finished() {
                net.note(format_args!("client: done with {:?}", conn.lane));
                self.socket_gone(net, now, conn);
            }
        } else if !self.client.wants(conn.lane) && conn.waiting != Waiting::Done {
            conn.drop_client(net.now, &net.plan.line);
        }
    }

    fn hear(&mut self, net: &mut Net<'_>, event: ClientEvent<'_>) {
        let result = match event {
            ClientEvent::Opened => {
                net.note(format_args!("client: opened"));
                self.app.opened_at = Some(net.now);
                Ok(())
            }
            ClientEvent::Message(message) => {
                net.note(format_args!("client: message {}", self.app.received));
                net.digest([5, u64::from(self.app.received), 0]);
                self.app.hear(net.plan, &message)
            }
            ClientEvent::Upgraded => {
                net.note(format_args!("client: upgraded"));
                self.app.upgraded_at = Some(net.now);
                self.app.upgraded += 1;
                Ok(())
            }
            ClientEvent::UpgradeFailed(error) => {
                net.note(format_args!("client: no upgrade: {error}"));
                Ok(())
            }
            ClientEvent::Closed { reason, error } => {
                net.note(format_args!("client: closed: {reason} {error:?}"));
                net.digest([6, reason as u64, 0]);
                self.app.ended(reason.to_string())
            }
        };
        net.check_result("client", result);
    }

    pub(crate) fn on_websocket(&self) -> bool {
        self.client.transport() == Some(Transport::WebSocket)
    }
}
