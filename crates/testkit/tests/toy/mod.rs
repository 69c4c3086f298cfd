//! A toy machine for the tests of the test bed: lines in, lines back, with a heartbeat.

use siox_testkit::{Endpoint, machine::feed};
use siox_wire::{Input, Instant, Outbox};
use std::{borrow::Cow, time::Duration};

/// Reads lines. Tells each, answers `ping` with `pong`, closes on `bye`. Without a line for `idle` it
/// says `anyone?`, and after as long again it gives up.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    partial: Vec<u8>,
    out: Outbox,
    idle: Option<Duration>,
    heard: Option<Instant>,
    asked: bool,
    done: bool,
    /// A fault: tells how its input was cut.
    pub(crate) tells_pieces: bool,
    /// A fault: its timer is never satisfied.
    pub(crate) is_stuck: bool,
}

impl Lines {
    pub(crate) fn with_idle(now: Instant, idle: Duration) -> Self {
        Self {
            idle: Some(idle),
            heard: Some(now),
            ..Self::default()
        }
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.out.pack(&[line.as_bytes(), b"\n"]);
    }

    fn step<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Cow<'b, [u8]>>, &'static str> {
        if self.done || input.is_empty() {
            input.take_all();
            return Ok(None);
        }
        let end = input.peek().iter().position(|b| *b == b'\n');
        let Some(end) = end else {
            self.partial.extend_from_slice(input.take_all());
            return Ok(None);
        };
        let rest = &input.take(end + 1)[..end];
        (self.heard, self.asked) = (self.heard.map(|_| input.now()), false);
        let line = if self.partial.is_empty() {
            Cow::Borrowed(rest)
        } else {
            let mut line = std::mem::take(&mut self.partial);
            line.extend_from_slice(rest);
            Cow::Owned(line)
        };
        match &line[..] {
            b"ping" => self.say("pong"),
            b"bye" => self.done = true,
            b"bad" => return Err("bad line"),
            _ => {}
        }
        Ok(Some(line))
    }
}

impl Endpoint for Lines {
    type Event = String;

    fn handle_input(&mut self, now: Instant, bytes: &mut [u8], log: &mut Vec<String>) {
        if self.tells_pieces {
            log.push(format!("{} bytes", bytes.len()));
        }
        let mut told = Vec::new();
        let fine = feed(now, bytes, &mut told, |input| {
            let line = self.step(input)?;
            Ok::<_, &str>(line.map(|l| String::from_utf8_lossy(&l).into_owned()))
        });
        log.extend(told.into_iter().map(|l| l.replace('"', "")));
        self.done |= !fine;
    }

    fn handle_timeout(&mut self, now: Instant, log: &mut Vec<String>) {
        if self.poll_timeout().is_none_or(|at| at > now) || self.is_stuck {
            return;
        }
        if self.asked {
            self.done = true;
            log.push("gave up".into());
        } else {
            (self.asked, self.heard) = (true, Some(now));
            self.say("anyone?");
        }
    }

    fn handle_eof(&mut self, _now: Instant, log: &mut Vec<String>) {
        log.push("end".into());
        self.done = true;
    }

    fn handle_reset(&mut self, _now: Instant, log: &mut Vec<String>) {
        log.push("reset".into());
        self.done = true;
    }

    fn handle_written(&mut self, n: usize) {
        self.out.advance(n);
    }

    fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.out.chunks()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let (idle, heard) = (self.idle?, self.heard?);
        (!self.done).then(|| heard.after(idle))
    }

    fn is_finished(&self) -> bool {
        self.done && self.out.is_empty()
    }
}
