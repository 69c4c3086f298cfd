//! The upgrade: a WebSocket probes, then takes the session over.
//!
//! From the socket's opening until `5`, polls that have nothing to fetch end with a noop, so that a
//! client which waits for its poll can go on.

use super::{
    Decision, Event, Lane, Session,
    phase::{Goodbye, Phase},
};
use crate::{CloseReason, Error, ErrorCode, Version};
use alloc::boxed::Box;
use core::time::Duration;
use siox_wire::{Instant, Message, Sink};

/// How long what is queued is held back for the new transport.
const HOLD: Duration = Duration::from_secs(1);
/// How many noops are given without delay.
const NOOPS_AT_ONCE: u8 = 8;
/// How far apart the later ones are, since a client whose frames do not pass would spin otherwise.
const NOOP_SPACING: Duration = Duration::from_millis(100);

/// A WebSocket that may take the session over.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) lane: Lane,
    /// Whether this socket takes no bytes.
    base64: bool,
    opened: Instant,
    /// Whether what is queued is held back.
    pub(super) holds: bool,
    noops: u8,
    next_noop: Instant,
}

impl Probe {
    fn new(lane: Lane, base64: bool, now: Instant) -> Self {
        Self {
            lane,
            base64,
            opened: now,
            holds: true,
            noops: 0,
            next_noop: now,
        }
    }

    /// Whether a poll with nothing to fetch is answered at `now`; if so, that counts.
    pub(super) fn noop(&mut self, now: Instant) -> bool {
        let at_once = self.noops < NOOPS_AT_ONCE;
        if !at_once && now < self.next_noop {
            return false;
        }
        self.noops = self.noops.saturating_add(1);
        self.next_noop = now.after(NOOP_SPACING);
        true
    }

    /// Whether the upgrade has taken too long; until then, lets go of the queue in time.
    pub(super) fn expire(&mut self, now: Instant, timeout: Duration) -> bool {
        if self.opened.after(HOLD) <= now {
            self.holds = false;
        }
        self.opened.after(timeout) <= now
    }

    /// When something is due next; `held` says whether a poll waits for its noop.
    pub(super) fn deadline(&self, timeout: Duration, held: bool) -> Instant {
        let end = self.opened.after(timeout);
        let release = self.holds.then_some(self.opened.after(HOLD));
        let noop = held.then_some(self.next_noop);
        [release, noop].into_iter().flatten().fold(end, Ord::min)
    }
}

impl Session {
    pub(super) fn open_probe(&mut self, now: Instant, base64: bool) -> Result<Decision, ErrorCode> {
        let base64 = base64 && self.dialect.version == Version::V3;
        let upgrades = self.config.upgrades();
        let lane = self.next_lane();
        match &mut self.phase {
            Phase::Polling(half) if upgrades && half.probe.is_none() && half.dropped.is_none() => {
                half.probe = Some(Probe::new(lane, base64, now));
            }
            Phase::Polling(_)
            | Phase::Socket { .. }
            | Phase::Closing { .. }
            | Phase::Closed { .. } => return Err(ErrorCode::BadRequest),
        }
        self.answer_noop(now);
        Ok(Decision::Upgrade(lane))
    }

    /// Ends the held poll with a noop, if an upgrade is under way and one may be given now.
    pub(super) fn answer_noop(&mut self, now: Instant) {
        if let Some(half) = self.phase.half()
            && half.get.is_some()
            && !half.is_ready()
            && half.probe.as_mut().is_some_and(|probe| probe.noop(now))
            && let Some(lane) = half.get.take()
        {
            self.answer = Some(Box::new((lane, half.noop())));
        }
    }

    /// A message of the socket that probes.
    pub(super) fn handle_probe(
        &mut self,
        lane: Lane,
        message: &Message<'_>,
        out: &mut impl Sink,
    ) -> Result<Option<Event<'static>>, Error> {
        if self.lane() != Some(lane) {
            return Err(Error::Stale);
        }
        match message {
            Message::Text(text) if text == "2probe" => {
                out.put_text(&[b"3probe"]);
                Ok(self.config.tell_all.then_some(Event::Upgrading))
            }
            Message::Text(text) if text == "5" => {
                if let Phase::Closing { half, reason, .. } = &mut self.phase {
                    let reason = *reason;
                    self.dialect.base64 = half.probe.as_ref().is_some_and(|probe| probe.base64);
                    half.queue.move_to(out, self.dialect);
                    self.end(reason, Goodbye::Close);
                    return Ok(None);
                }
                self.complete(out);
                Ok(Some(Event::Upgraded))
            }
            Message::Text(_) | Message::Binary(_) => {
                if let Some(half) = self.phase.half() {
                    half.drop_probe();
                }
                Err(Error::NotAProbe)
            }
        }
    }

    /// The new transport takes over. What is queued goes to it, the held poll ends, and the POST that
    /// runs is no longer the session's.
    fn complete(&mut self, out: &mut impl Sink) {
        let Some(mut half) = self.phase.upgrade() else {
            return;
        };
        self.dialect.base64 = half.probe.as_ref().is_some_and(|probe| probe.base64);
        half.queue.move_to(out, self.dialect);
        if let Some(lane) = half.get {
            self.answer = Some(Box::new((lane, half.noop())));
        }
    }

    /// The WebSocket of `lane` is gone. A session that it carried ends for `reason`; a probe's leaves
    /// the session on polling.
    pub fn handle_socket_gone(&mut self, lane: Lane, reason: CloseReason) {
        if self.phase.is_socket() && self.lane() == Some(lane) {
            return self.end(reason, Goodbye::Close);
        }
        if let Some(half) = self.phase.half() {
            half.probe.take_if(|probe| probe.lane == lane);
            half.dropped.take_if(|dropped| *dropped == lane);
        }
    }
}
