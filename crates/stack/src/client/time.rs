//! What is due, which connections are of no more use, and how it is told.

use super::{
    EngineClient, Failure, Line,
    conn::{Stage, Work},
};
use siox_engineio::{ClientError, ClientEvent, CloseReason, Transport};
use siox_websocket::{CloseCode, Connection, handshake::client::AnswerError};
use siox_wire::{Admit, Instant, Sink};

impl EngineClient {
    /// Does what is due, and tells of the upgrade and of the end. Call until `None` after every step, and
    /// when [`poll_timeout`](Self::poll_timeout) is reached.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<ClientEvent<'static>> {
        for at in 0..self.conns.len() {
            self.expire(now, at);
        }
        let lane = self.engine.lane();
        let mut sockets = self.conns.iter_mut().filter_map(|c| c.work.connection());
        let socket = sockets.find(|(own, _)| Some(*own) == lane);
        let socket = socket.map(|(_, connection)| connection);
        if let (Some(socket), Some(Transport::Polling)) = (&socket, self.engine.transport()) {
            // As for what moves here with a message.
            let _ = socket.admit(Admit::Owed);
        }
        let event = self.engine.handle_timeout(now, socket);
        self.settle(now);
        event
    }

    fn expire(&mut self, now: Instant, at: usize) {
        let Some(conn) = self.conns.get_mut(at) else {
            return;
        };
        match &mut conn.work {
            Work::Idle(until) if *until <= now => conn.work = Work::Done,
            Work::Handshake(shaking)
                if shaking.answer.poll_timeout().is_some_and(|by| by <= now) =>
            {
                let (lane, rejection) = (shaking.lane, shaking.answer.give_up());
                conn.work = Work::Done;
                if let Some(rejection) = rejection {
                    self.refused(now, lane, AnswerError::Rejected(rejection));
                }
            }
            Work::Frames { lane, connection } => {
                let lane = *lane;
                if let Err(error) = connection.handle_timeout(now) {
                    self.socket_failed(now, lane, error);
                }
            }
            Work::Request(_)
            | Work::Body(_)
            | Work::Idle(_)
            | Work::Socket { .. }
            | Work::Handshake(_)
            | Work::Done => {}
        }
    }

    /// Lets go of the connections that the session no longer wants. A WebSocket says goodbye first.
    pub(super) fn settle(&mut self, now: Instant) {
        let over = self.engine.is_finished();
        for conn in &mut self.conns {
            let wanted = match conn.work.lane() {
                Some(lane) => self.engine.wants(lane),
                None => !over,
            };
            if wanted {
                continue;
            }
            match &mut conn.work {
                Work::Frames { connection, .. } => goodbye(now, connection),
                work => *work = Work::Done,
            }
        }
        // What the runtime has not been asked for needs no closing.
        self.conns
            .retain(|conn| conn.stage != Stage::Wanted || !matches!(conn.work, Work::Done));
    }

    /// When to call [`handle_timeout`](Self::handle_timeout): the epoch while something is to be told,
    /// `None` once the end is told and nothing is left to be closed in time.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let conns = self
            .conns
            .iter()
            .filter_map(|conn| conn.work.poll_timeout());
        conns.chain(self.engine.poll_timeout()).min()
    }

    /// A connection could not be opened, is broken, or was closed since it was
    /// [finished](Self::is_finished).
    pub fn handle_gone(&mut self, now: Instant, line: Line) {
        let Some(at) = self.conns.iter().position(|conn| conn.line == line) else {
            return;
        };
        let conn = self.conns.swap_remove(at);
        match (conn.work.lane(), conn.work) {
            (Some(lane), Work::Frames { .. }) => {
                let reason = CloseReason::TransportClose;
                self.engine.handle_socket_gone(now, lane, reason);
            }
            (Some(lane), _) => {
                let why = match conn.stage {
                    Stage::Open => Failure::Lost,
                    Stage::Wanted | Stage::Asked => Failure::NoConnection,
                };
                self.failed(now, lane, ClientError::Unreachable, why);
            }
            (None, _) => {}
        }
    }
}

/// Begins the closing handshake. Refused only when a close is queued already, which is what is wanted.
pub(super) fn goodbye(now: Instant, connection: &mut Connection) {
    if !connection.is_closed() {
        let _ = connection.close(now, CloseCode::NORMAL, "");
    }
}
