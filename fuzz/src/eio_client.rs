//! One client session of Engine.IO under any order of operations: answers and messages of a server that
//! is honest or not, failures, verbs and time, early or late.
//!
//! The first byte says which settings; then each operation is a byte, its lane and its argument the next
//! two. What is not on the list of texts is that many bytes of the input itself.

use crate::tape::Tape;
use siox_engineio::{
    Client, ClientConfig, ClientError, ClientEvent, CloseReason, Lane, Outgoing, Payload, Version,
};
use siox_wire::{Admit, Instant, Message, Sink};
use std::{sync::Arc, time::Duration};

const OPEN: &str =
    r#"0{"sid":"s","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":40}"#;

/// What answers and messages are made of.
const TEXTS: [&str; 14] = [
    OPEN,
    "0{}",
    "3probe",
    "4a",
    "4a\x1e2\x1ebAQID",
    "1",
    "2",
    "3",
    "6",
    "ok",
    "2:4a1:6",
    "x",
    "",
    "\0\x02\u{ff}",
];

/// What the target does with one input.
///
/// # Panics
/// When the session breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let mut rest = bytes;
    let mut byte = || rest.split_off_first().copied();
    let Some(settings) = byte() else {
        return;
    };
    let mut world = World::new(settings);
    while let (Some(operation), Some(lane), Some(argument)) = (byte(), byte(), byte()) {
        let text: Vec<u8> = match TEXTS.get(usize::from(argument)) {
            Some(text) => text.as_bytes().to_vec(),
            None => std::iter::from_fn(&mut byte)
                .take(usize::from(argument & 0x0F))
                .collect(),
        };
        world.step(operation, Lane(u32::from(lane & 0x07)), argument, text);
        world.check();
    }
    world.end();
}

struct World {
    client: Client,
    tape: Tape,
    now: Instant,
    opened: bool,
    ended: bool,
    get: Option<Lane>,
    post: Option<Lane>,
}

impl World {
    fn new(settings: u8) -> Self {
        let is = |bit: u8| settings & bit != 0;
        let config = ClientConfig {
            version: if is(1) { Version::V3 } else { Version::V4 },
            base64: is(2),
            try_all_transports: is(4),
            remembered_upgrade: is(8),
            upgrade: !is(16),
            request_timeout: is(32).then_some(Duration::from_millis(700)),
            high_water: 200,
            hard_cap: 400,
            ..ClientConfig::default()
        };
        Self {
            client: Client::new(Instant::EPOCH, Arc::new(config)),
            tape: Tape::default(),
            now: Instant::EPOCH,
            opened: false,
            ended: false,
            get: None,
            post: None,
        }
    }

    fn step(&mut self, operation: u8, lane: Lane, argument: u8, mut text: Vec<u8>) {
        let now = self.now;
        match operation % 12 {
            0 | 1 => self.request(),
            2 => {
                let octets = argument.is_multiple_of(2);
                let content_type = octets.then_some(&b"application/octet-stream"[..]);
                // A late or refused answer changes nothing, or ends it: both are checked below.
                let _ = self.client.handle_response(now, lane, 200, content_type);
                self.body(lane, &mut text);
            }
            3 => {
                let _ = self.client.handle_response(now, lane, 200, None);
                self.body(lane, &mut text);
                self.client.handle_done(now, lane);
            }
            4 => drop(
                self.client
                    .handle_response(now, lane, u16::from(argument), None),
            ),
            5 => drop(self.client.handle_opened(now, lane, &mut self.tape)),
            6 | 7 => self.message(lane, &text),
            8 => self
                .client
                .handle_socket_gone(now, lane, CloseReason::TransportClose),
            9 => self
                .client
                .handle_failed(now, lane, ClientError::Unreachable),
            10 => self.verb(argument, text),
            _ => self.now = now.after(Duration::from_millis(u64::from(argument) * 8)),
        }
    }

    /// At most one request of a kind is under way.
    fn request(&mut self) {
        match self.client.poll_request(self.now) {
            Some(Outgoing::Get { lane, .. }) => {
                let before = self.get.replace(lane);
                assert!(
                    before.is_none_or(|lane| !self.client.wants(lane)),
                    "two GETs"
                );
            }
            Some(Outgoing::Post { lane, body, .. }) => {
                let before = self.post.replace(lane);
                assert!(
                    before.is_none_or(|lane| !self.client.wants(lane)),
                    "two POSTs"
                );
                assert!(!body.is_empty(), "a POST without a packet");
            }
            Some(Outgoing::Socket { .. }) | None => {}
        }
    }

    fn body(&mut self, lane: Lane, body: &mut [u8]) {
        let most = body.len() + 2;
        let mut payload = Payload::new(body);
        for _ in 0..most {
            match self.client.handle_body(self.now, lane, &mut payload) {
                Ok(Some(event)) => told(&mut self.opened, &mut self.ended, &event),
                Ok(None) | Err(_) => return,
            }
        }
        panic!("more events than bytes");
    }

    fn message(&mut self, lane: Lane, bytes: &[u8]) {
        let message = std::str::from_utf8(bytes).map_or(Message::from(bytes), Message::from);
        let result = self
            .client
            .handle_message(self.now, lane, message, &mut self.tape);
        if let Ok(Some(event)) = result {
            told(&mut self.opened, &mut self.ended, &event);
        }
    }

    fn verb(&mut self, argument: u8, bytes: Vec<u8>) {
        if argument == 0 {
            return self.client.close(self.now);
        }
        let kind = [Admit::Normal, Admit::Volatile, Admit::Owed][usize::from(argument % 3)];
        let mut out = self.client.sink(Some(&mut self.tape));
        if out.admit(kind).is_ok() {
            out.put_binary(b"", bytes.into());
        }
    }

    /// What holds after every step.
    fn check(&mut self) {
        for _ in 0..5 {
            let due = self.client.poll_timeout().filter(|at| *at <= self.now);
            if due.is_none() {
                let live = !self.client.is_finished();
                assert!(!live || self.client.poll_timeout().is_some(), "no deadline");
                return;
            }
            let event = self.client.handle_timeout(self.now, Some(&mut self.tape));
            if let Some(event) = event {
                told(&mut self.opened, &mut self.ended, &event);
            }
        }
        panic!("time stands still");
    }

    /// Left alone it ends, and wants nothing any more.
    fn end(mut self) {
        self.now = self.now.after(Duration::from_secs(60));
        for _ in 0..5 {
            self.check();
        }
        assert!(self.ended && self.client.is_finished(), "it never ends");
        assert_eq!(self.client.poll_request(self.now), None);
        assert!((0..=7).all(|lane| !self.client.wants(Lane(lane))));
    }
}

/// The opening is told once and first, the end once and last.
fn told(opened: &mut bool, ended: &mut bool, event: &ClientEvent<'_>) {
    assert!(!*ended, "{event:?} behind the end");
    match event {
        ClientEvent::Opened => assert!(!std::mem::replace(opened, true), "opened twice"),
        ClientEvent::Closed { .. } => *ended = true,
        _ => {
            assert!(*opened, "{event:?} before the opening");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_pass() {
        // Opened by polling, probed, upgraded, a message, closed.
        let upgraded = [
            0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 5, 2, 0, 6, 2, 2, 3, 3, 8, 6, 2, 3, 10, 0, 3,
            10, 0, 0,
        ];
        // The same in v3 as far as it goes, then time.
        let v3 = [1, 0, 0, 0, 3, 1, 10, 0, 0, 0, 11, 0, 255, 11, 0, 255];
        let seeds: [&[u8]; 5] = [
            &upgraded,
            &v3,
            &[12, 0, 0, 0, 5, 1, 0, 6, 1, 0],
            &[255; 60],
            &[],
        ];
        for seed in seeds {
            fuzz(seed);
        }
    }

    #[test]
    fn any_bytes_pass() {
        let mut rng = siox_testkit::Rng::new(11);
        for _ in 0..20_000 {
            let mut bytes = vec![0; rng.index(150)];
            rng.fill(&mut bytes);
            // Mostly operations on the first lanes with texts of the list.
            for (at, byte) in bytes.iter_mut().enumerate().skip(1) {
                *byte %= [12, 6, 16][(at - 1) % 3];
            }
            fuzz(&bytes);
        }
    }
}
