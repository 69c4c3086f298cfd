//! What comes over a connection of the client: heads, bodies, frames.

use super::Peer;
use crate::{
    Kind, check,
    conn::{Conn, Waiting},
    net::Net,
};
use siox_engineio::{ClientError, CloseReason, Payload};
use siox_websocket::{Connection, Event};
use siox_wire::{Admit, Input, Instant, Sink};

impl Peer {
    pub(super) fn bytes(&mut self, net: &mut Net<'_>, conn: &mut Conn, bytes: &mut [u8]) {
        let now = self.time(net.now);
        let mut rest = bytes;
        if let Waiting::Head(left) = conn.waiting {
            let n = left.min(rest.len());
            rest = &mut rest[n..];
            conn.waiting = Waiting::Head(left - n);
            if left > n {
                return;
            }
            self.answered(net, now, conn);
        }
        match conn.waiting {
            Waiting::Body(left) => {
                let n = left.min(rest.len());
                conn.answer_body.extend_from_slice(&rest[..n]);
                conn.waiting = Waiting::Body(left - n);
                if n > 0 && conn.kind == Kind::Get && self.client.wants(conn.lane) {
                    self.heard = now;
                }
                if left == n {
                    self.body(net, now, conn);
                } else if n > 0 && conn.kind == Kind::Get {
                    self.client.handle_progress(now);
                }
            }
            Waiting::Socket => self.frames(net, now, conn, rest),
            Waiting::Head(_) | Waiting::Done => {}
        }
    }

    /// The head of an answer is there.
    fn answered(&mut self, net: &mut Net<'_>, now: Instant, conn: &mut Conn) {
        let (status, content_type, length) = conn.answer.unwrap_or((500, "", 0));
        let lane = conn.lane;
        if conn.kind != Kind::Socket {
            let content_type = Some(content_type.as_bytes());
            conn.waiting = Waiting::Body(length);
            if let Err(error) = self.client.handle_response(now, lane, status, content_type) {
                check::client_error(net, error);
                conn.drop_client(net.now, &net.plan.line);
            }
            return;
        }
        if status != 101 {
            self.client
                .handle_failed(now, lane, ClientError::Status(status));
            return conn.drop_client(net.now, &net.plan.line);
        }
        let mut seed = [0; 32];
        net.rng.fill(&mut seed);
        let mut socket = Connection::client(self.limits.clone(), seed);
        match self.client.handle_opened(now, lane, &mut socket) {
            Ok(()) => {
                conn.waiting = Waiting::Socket;
                self.socket = Some((lane, socket));
            }
            Err(_) => conn.drop_client(net.now, &net.plan.line),
        }
    }

    fn body(&mut self, net: &mut Net<'_>, now: Instant, conn: &mut Conn) {
        let lane = conn.lane;
        let mut body = std::mem::take(&mut conn.answer_body);
        let mut payload = Payload::new(&mut body);
        while let Some(step) = (conn.kind == Kind::Get)
            .then(|| self.client.handle_body(now, lane, &mut payload).transpose())
            .flatten()
        {
            match step {
                Ok(event) => self.hear(net, event),
                Err(error) => {
                    check::client_error(net, error);
                    break;
                }
            }
        }
        self.client.handle_done(now, lane);
        conn.drop_client(net.now, &net.plan.line);
    }

    fn frames(&mut self, net: &mut Net<'_>, now: Instant, conn: &mut Conn, bytes: &mut [u8]) {
        let mut input = Input::new(now, bytes);
        if input.is_empty() {
            return;
        }
        if self.on_websocket() {
            self.heard = now;
            self.client.handle_progress(now);
        }
        while let Some((lane, socket)) = &mut self.socket
            && *lane == conn.lane
        {
            let event = match socket.handle_input(&mut input) {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(error) => return net.fail(format!("client: {error}")),
            };
            match event {
                Event::Message(message) => {
                    // What the move puts into the socket was admitted once.
                    let _ = socket.admit(Admit::Owed);
                    match self.client.handle_message(now, *lane, message, socket) {
                        Ok(Some(event)) => self.hear(net, event),
                        Ok(None) => {}
                        Err(error) => {
                            // Its goodbye may stand behind.
                            while let Ok(Some(_)) = socket.handle_input(&mut input) {}
                            return check::client_error(net, error);
                        }
                    }
                    if self.on_websocket() {
                        self.heard = now;
                    }
                }
                Event::Close(_) => {
                    let reason = CloseReason::TransportClose;
                    self.client.handle_socket_gone(now, *lane, reason);
                }
                Event::Chunk(_) | Event::Ping(_) | Event::Pong(_) => {}
            }
        }
    }
}
