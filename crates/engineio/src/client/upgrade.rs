//! The upgrade: a WebSocket probes; once it is answered no request begins, and when none is under way
//! `5` is said and the socket takes over, with what is queued.

use super::{
    Client, ClientError, ClientEvent,
    phase::{Phase, Step},
};
use crate::{CloseReason, Lane};
use siox_wire::{Instant, Message, Sink};

impl Client {
    /// A message of the socket that probes.
    pub(super) fn probed(
        &mut self,
        lane: Lane,
        message: &Message<'_>,
        out: &mut dyn Sink,
    ) -> Result<Option<ClientEvent<'static>>, ClientError> {
        let socket = self.phase.half_mut().and_then(|half| half.socket.as_mut());
        let socket = socket
            .filter(|socket| socket.lane == lane)
            .ok_or(ClientError::Stale)?;
        let pong = matches!(message, Message::Text(text) if text == "3probe");
        if !pong || socket.step != Step::Opened {
            self.upgrade_failed(ClientError::NotProbed);
            return Err(ClientError::NotProbed);
        }
        socket.step = Step::Probed;
        self.switch(Some(out));
        if self.config.tell_all {
            // That it has taken over, if it has, is told next.
            return Ok(Some(ClientEvent::Upgrading));
        }
        Ok(self.tell_upgrade())
    }

    /// Lets the socket take over, if it can.
    pub(super) fn switch(&mut self, out: Option<&mut dyn Sink>) {
        if let Phase::Polling(half) = &self.phase
            && half.can_switch()
            && let Some(out) = out
            && let Some(mut half) = self.phase.switch()
        {
            out.put_text(&[b"5"]);
            half.queue.move_to(out, self.config.dialect());
            self.websocket_works = true;
            self.untold = Some(Ok(()));
        }
    }

    /// The socket is given up; polling goes on.
    pub(super) fn upgrade_failed(&mut self, error: ClientError) {
        if let Some(half) = self.phase.half_mut()
            && half.socket.take().is_some()
        {
            self.untold = Some(Err(error));
        }
    }

    pub(super) fn tell_upgrade(&mut self) -> Option<ClientEvent<'static>> {
        self.untold.take().map(|upgrade| match upgrade {
            Ok(()) => ClientEvent::Upgraded,
            Err(error) => ClientEvent::UpgradeFailed(error),
        })
    }

    /// The WebSocket of `lane` is gone. A session that it carried ends for `reason`; a probe's leaves
    /// the session on polling.
    pub fn handle_socket_gone(&mut self, now: Instant, lane: Lane, reason: CloseReason) {
        self.advance(now, None);
        if self.lane() == Some(lane) {
            self.socket_failed(ClientError::Unreachable, reason);
        }
    }

    pub(super) fn socket_failed(&mut self, error: ClientError, reason: CloseReason) {
        match &self.phase {
            Phase::Opening { .. } => self.fail(error),
            Phase::Polling(_) => self.upgrade_failed(error),
            Phase::Socket { .. } => {
                let error = (reason == CloseReason::TransportError).then_some(error);
                self.phase.end(reason, error);
            }
            Phase::Closed { .. } => {}
        }
    }
}
