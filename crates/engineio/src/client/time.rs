//! Time: what is due, and how what happened is told.

use super::{
    Client, ClientError, ClientEvent, Opened,
    phase::{Half, Phase},
};
use crate::{
    CloseReason,
    heartbeat::{Beat, Heartbeat},
};
use siox_wire::{Instant, Sink};

impl Client {
    /// Moves the state to `now` and tells nobody. `out` is the sink of the WebSocket of
    /// [`lane`](Self::lane), which takes over when the last request has ended.
    pub fn expire<S: Sink>(&mut self, now: Instant, out: Option<&mut S>) {
        self.advance(now, out.map(|out| out as &mut dyn Sink));
    }

    /// [`expire`](Self::expire), then what is to be told: the upgrade's outcome, and the end. Call
    /// until `None` after every step, and when [`poll_timeout`](Self::poll_timeout) is reached.
    pub fn handle_timeout<S: Sink>(
        &mut self,
        now: Instant,
        out: Option<&mut S>,
    ) -> Option<ClientEvent<'static>> {
        self.expire(now, out);
        if let Some(event) = self.tell_upgrade() {
            return Some(event);
        }
        match &mut self.phase {
            Phase::Closed {
                told,
                reason,
                error,
            } if !*told => {
                *told = true;
                Some(ClientEvent::Closed {
                    reason: *reason,
                    error: *error,
                })
            }
            Phase::Opening { .. }
            | Phase::Polling(_)
            | Phase::Socket { .. }
            | Phase::Closed { .. } => None,
        }
    }

    /// Whether the server is dead at `now`, though a late clock has not told so yet: what is sent would be
    /// lost.
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        let dead = |(beat, opened): (&Heartbeat, &Opened)| beat.death(opened.ping_timeout) <= now;
        let beats = self.heartbeat.as_ref().zip(self.opened.as_deref());
        !self.is_closed() && beats.is_some_and(dead)
    }

    /// When to call [`handle_timeout`](Self::handle_timeout): the epoch while something is to be told
    /// or a socket to take over, `None` once the end is told.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.untold.is_some() {
            return Some(Instant::EPOCH);
        }
        let beat = self.heartbeat.as_ref().map(Heartbeat::deadline);
        match &self.phase {
            Phase::Opening { half, .. } | Phase::Polling(half)
                if half.queue.overflowed() || half.can_switch() =>
            {
                Some(Instant::EPOCH)
            }
            Phase::Opening { half, by, .. } => half.deadline().into_iter().chain([*by]).min(),
            Phase::Polling(half) => half.deadline().into_iter().chain(beat).min(),
            Phase::Socket { .. } => beat,
            Phase::Closed { told: false, .. } => Some(Instant::EPOCH),
            Phase::Closed { told: true, .. } => None,
        }
    }

    /// When the server is dead if it says nothing more.
    pub(super) fn death(&self, now: Instant) -> Instant {
        match (&self.heartbeat, &self.opened) {
            (Some(beat), Some(opened)) => beat.death(opened.ping_timeout),
            (Some(_) | None, _) => now,
        }
    }

    pub(super) fn advance(&mut self, now: Instant, out: Option<&mut dyn Sink>) {
        let due = |by: Option<Instant>| by.is_some_and(|by| by <= now);
        if let Some(half) = self.phase.half() {
            if half.queue.overflowed() {
                self.phase.end(CloseReason::SlowConsumer, None);
            } else if due(half.closing.map(|closing| closing.by)) {
                self.phase.end(CloseReason::ForcedClose, None);
            }
        }
        match &self.phase {
            Phase::Opening { by, .. } if *by <= now => {
                let error = Some(ClientError::OpenTimeout);
                self.phase.end(CloseReason::TransportError, error);
            }
            Phase::Opening { half, .. } => {
                if request_due(half, now) {
                    self.fail(ClientError::RequestTimeout);
                }
            }
            Phase::Polling(half) => {
                let requests = request_due(half, now);
                let upgrade = due(half.socket.map(|socket| socket.by));
                if upgrade {
                    self.upgrade_failed(ClientError::UpgradeTimeout);
                }
                if requests {
                    self.fail(ClientError::RequestTimeout);
                }
                self.beat(now, None);
                self.switch(out);
            }
            Phase::Socket { .. } => self.beat(now, out),
            Phase::Closed { .. } => {}
        }
    }

    fn beat(&mut self, now: Instant, out: Option<&mut dyn Sink>) {
        let (Some(beat), Some(opened)) = (&mut self.heartbeat, &self.opened) else {
            return;
        };
        match beat.due(now, opened.ping_timeout) {
            Beat::Nothing => {}
            Beat::Dead => self.phase.end(CloseReason::PingTimeout, None),
            Beat::Ping => {
                match (&mut self.phase, out) {
                    (Phase::Polling(half), _) => half.queue.put_control("2", self.config.hard_cap),
                    (Phase::Socket { .. }, Some(out)) => out.put_text(&[b"2"]),
                    // Nowhere to put it yet.
                    (Phase::Socket { .. }, None) => return,
                    (Phase::Opening { .. } | Phase::Closed { .. }, _) => return,
                }
                beat.pinged(opened.ping_interval, opened.ping_timeout);
            }
        }
    }
}

/// Whether a request has taken too long.
fn request_due(half: &Half, now: Instant) -> bool {
    [half.get.by(), half.post.by()]
        .into_iter()
        .flatten()
        .any(|by| by <= now)
}
