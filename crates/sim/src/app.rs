//! The application of one side: what it sends and when, and whether what it hears is what the other
//! side said: each message once, in order, whole, and nothing behind the end.

use crate::{Side, scenario::Scenario};
use siox_testkit::Rng;
use siox_wire::{Instant, Message};

/// What it says next.
pub(crate) struct Say<'a> {
    pub(crate) text: &'a str,
    pub(crate) binary: bool,
    pub(crate) shared: bool,
}

#[derive(Debug)]
pub(crate) struct App {
    side: Side,
    /// When it sends, the last first, on its own clock.
    times: Vec<Instant>,
    pub(crate) sent: u32,
    pub(crate) received: u32,
    pub(crate) upgraded: u32,
    /// When it opened, and moved to the WebSocket.
    pub(crate) opened_at: Option<Instant>,
    pub(crate) upgraded_at: Option<Instant>,
    /// How it ended.
    pub(crate) end: Option<String>,
    scratch: String,
}

impl App {
    pub(crate) fn new(side: Side, plan: &Scenario, start: Instant) -> Self {
        let mut rng = Rng::new(plan.seed ^ (side as u64 + 1).wrapping_mul(0xA076_1D64_78BD_642F));
        let spread = plan.spread.as_micros() as u64;
        let mut times: Vec<_> = (0..plan.messages[side as usize])
            .map(|_| start.as_micros() + rng.below(spread))
            .map(Instant::from_micros)
            .collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            side,
            times,
            sent: 0,
            received: 0,
            upgraded: 0,
            opened_at: None,
            upgraded_at: None,
            end: None,
            scratch: String::new(),
        }
    }

    /// When it wants to send next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.times.last().copied().filter(|_| self.end.is_none())
    }

    /// What it sends now.
    pub(crate) fn say(&mut self, plan: &Scenario) -> Say<'_> {
        let n = self.sent;
        plan.message(self.side, n, &mut self.scratch);
        Say {
            text: &self.scratch,
            binary: plan.is_binary(n),
            shared: self.side == Side::Server && plan.is_shared(n),
        }
    }

    /// It was taken.
    pub(crate) fn said(&mut self) {
        self.sent += 1;
        self.times.pop();
    }

    /// It was not taken: once more, later.
    pub(crate) fn put_off(&mut self, until: Instant) {
        for at in self.times.iter_mut().rev() {
            if *at >= until {
                break;
            }
            *at = until;
        }
    }

    /// It gives up.
    pub(crate) fn hush(&mut self) {
        self.times.clear();
    }

    /// A message came; says what is wrong with it.
    pub(crate) fn hear(&mut self, plan: &Scenario, message: &Message<'_>) -> Result<(), String> {
        if self.end.is_some() {
            return Err("a message behind the end".into());
        }
        let other = match self.side {
            Side::Server => Side::Client,
            Side::Client => Side::Server,
        };
        plan.message(other, self.received, &mut self.scratch);
        let binary = matches!(message, Message::Binary(_));
        if message.as_bytes() != self.scratch.as_bytes() || binary != plan.is_binary(self.received)
        {
            let came = String::from_utf8_lossy(message.as_bytes());
            let came: String = came.chars().take(20).collect();
            return Err(format!(
                "message {} was to come, not {came:?} (binary: {binary})",
                self.received
            ));
        }
        self.received += 1;
        Ok(())
    }

    /// The end is told.
    pub(crate) fn ended(&mut self, reason: String) -> Result<(), String> {
        self.times.clear();
        match self.end.replace(reason) {
            None => Ok(()),
            Some(before) => Err(format!("the end is told twice, first: {before}")),
        }
    }
}
