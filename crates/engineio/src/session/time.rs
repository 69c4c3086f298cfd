//! Time: what is due, and how the end is told.

use super::{
    Event, Session,
    phase::{Goodbye, Phase},
};
use crate::{CloseReason, Version, heartbeat::Beat};
use siox_wire::{Instant, Sink};

impl Session {
    /// Moves the state to `now` and tells nobody; what dies is told by
    /// [`farewell`](Self::farewell). `out` is the sink of the WebSocket that carries the session,
    /// which may owe a ping; without it such a ping stays due.
    pub fn expire<S: Sink>(&mut self, now: Instant, out: Option<&mut S>) {
        self.advance(now, out.map(|out| out as &mut dyn Sink));
    }

    /// [`expire`](Self::expire), then [`farewell`](Self::farewell). Call when
    /// [`poll_timeout`](Self::poll_timeout) is reached.
    pub fn handle_timeout<S: Sink>(
        &mut self,
        now: Instant,
        out: Option<&mut S>,
    ) -> Option<Event<'static>> {
        self.expire(now, out);
        self.farewell()
    }

    /// The one place that says [`Event::Closed`], once. Ask after every step.
    pub fn farewell(&mut self) -> Option<Event<'static>> {
        self.end_overflow();
        match &mut self.phase {
            Phase::Closed { told, reason, .. } if !*told => {
                *told = true;
                Some(Event::Closed(*reason))
            }
            Phase::Polling(_)
            | Phase::Socket { .. }
            | Phase::Closing { .. }
            | Phase::Closed { .. } => None,
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout): the epoch while a death is to be told,
    /// `None` once it is.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let beat = self.heartbeat.deadline();
        match &self.phase {
            Phase::Polling(half) if half.queue.overflowed() => Some(Instant::EPOCH),
            Phase::Polling(half) => Some(half.probe.as_ref().map_or(beat, |probe| {
                let held = half.get.is_some() && !half.is_ready();
                probe.deadline(self.config.upgrade_timeout, held).min(beat)
            })),
            Phase::Socket { .. } => Some(beat),
            Phase::Closing { half, by, .. } => Some(half.probe.as_ref().map_or(*by, |probe| {
                probe.deadline(self.config.upgrade_timeout, false).min(*by)
            })),
            Phase::Closed { told: false, .. } => Some(Instant::EPOCH),
            Phase::Closed { told: true, .. } => None,
        }
    }

    /// The application reads nothing more until [`resume`](Self::resume): what the peer sends meanwhile,
    /// its signs of life too, waits unread. That time does not count against the peer, which is pinged all
    /// the same; but after [`Config::max_hold`](crate::Config::max_hold) it is dead.
    pub fn hold(&mut self, now: Instant) {
        self.advance(now, None);
        let interval = self.config.ping_interval;
        self.heartbeat.hold(now, interval, self.config.max_hold);
    }

    /// The application reads on.
    pub fn resume(&mut self, now: Instant) {
        self.advance(now, None);
        self.heartbeat.resume(now);
    }

    pub(super) fn advance(&mut self, now: Instant, out: Option<&mut dyn Sink>) {
        self.end_overflow();
        match &mut self.phase {
            Phase::Polling(half) => {
                half.expire_probe(now, self.config.upgrade_timeout);
                self.beat(now, None);
                self.answer_noop(now);
            }
            Phase::Socket { .. } => self.beat(now, out),
            Phase::Closing { half, by, reason } => {
                half.expire_probe(now, self.config.upgrade_timeout);
                if *by <= now {
                    let reason = *reason;
                    self.end(reason, Goodbye::Close);
                }
            }
            Phase::Closed { .. } => {}
        }
    }

    fn end_overflow(&mut self) {
        if let Phase::Polling(half) = &self.phase
            && half.queue.overflowed()
        {
            self.end(CloseReason::SlowConsumer, Goodbye::Close);
        }
    }

    fn beat(&mut self, now: Instant, out: Option<&mut dyn Sink>) {
        let timeout = self.config.ping_timeout;
        match self.heartbeat.due(now, timeout) {
            Beat::Nothing => {}
            Beat::Dead => self.end(CloseReason::PingTimeout, Goodbye::Close),
            Beat::Ping => {
                let beat = match self.dialect.version {
                    Version::V4 => "2",
                    // Its ping, which asks for this, is not read just now.
                    Version::V3 => "3",
                };
                match (&mut self.phase, out) {
                    (Phase::Polling(half), _) => half.queue.put_control(beat, self.config.hard_cap),
                    (Phase::Socket { .. }, Some(out)) => out.put_text(&[beat.as_bytes()]),
                    // Nowhere to put it yet.
                    (Phase::Socket { .. }, None) => return,
                    (Phase::Closing { .. } | Phase::Closed { .. }, _) => return,
                }
                self.heartbeat.pinged(self.config.ping_interval, timeout);
            }
        }
    }
}
