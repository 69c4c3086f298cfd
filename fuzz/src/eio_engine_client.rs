//! The client with its connections under any order of operations: connections that open, fail, break and
//! end, answers, handshakes and frames of a server that is honest or not, verbs and time, early or late.
//!
//! The first byte says which settings; then each operation is a byte, the connection it is for and its
//! argument the next two. What is not on the list of texts is that many bytes of the input itself.

use siox_engineio::{ClientConfig, ClientEvent, Version};
use siox_stack::{ClientOptions, EngineClient, Line, parse_url};
use siox_wire::{Input, Instant};
use std::{sync::Arc, time::Duration};

const OPEN: &str =
    r#"0{"sid":"s","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":40}"#;

/// What answers and frames are made of.
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

/// What the queue and one message may come to, with the heads of two requests and what was packed.
const MOST: usize = 8_192;

/// What the target does with one input.
///
/// # Panics
/// When the client breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let mut rest = bytes;
    let mut byte = || rest.split_off_first().copied();
    let Some(settings) = byte() else {
        return;
    };
    let mut world = World::new(settings);
    while let (Some(operation), Some(which), Some(argument)) = (byte(), byte(), byte()) {
        let text: Vec<u8> = match TEXTS.get(usize::from(argument)) {
            Some(text) => text.as_bytes().to_vec(),
            None => std::iter::from_fn(&mut byte)
                .take(usize::from(argument & 0x3F))
                .collect(),
        };
        world.step(operation, which, argument, text);
        world.check();
    }
    world.end();
}

struct World {
    client: EngineClient,
    now: Instant,
    opened: bool,
    ended: bool,
    /// Connections that are being opened, and those that are open.
    asked: Vec<Line>,
    open: Vec<Line>,
}

impl World {
    fn new(settings: u8) -> Self {
        let is = |bit: u8| settings & bit != 0;
        let engine = ClientConfig {
            version: if is(1) { Version::V3 } else { Version::V4 },
            base64: is(2),
            try_all_transports: is(4),
            remembered_upgrade: is(8),
            upgrade: !is(16),
            request_timeout: is(32).then_some(Duration::from_millis(700)),
            high_water: 200,
            hard_cap: 400,
            max_response: 500,
            ..ClientConfig::default()
        };
        let websocket = siox_websocket::Limits {
            message: 500,
            high_water: 200,
            hard_cap: 400,
            ..siox_websocket::Limits::default()
        };
        let options = ClientOptions {
            engine,
            websocket: Arc::new(websocket),
            cookies: is(64),
            keep_alive: Duration::from_millis(if is(128) { 0 } else { 500 }),
            ..ClientOptions::default()
        };
        let url = parse_url("http://a.example/").expect("a plain URL");
        let client = EngineClient::new(Instant::EPOCH, Duration::ZERO, &url, Arc::new(options));
        Self {
            client: client.expect("plain options"),
            now: Instant::EPOCH,
            opened: false,
            ended: false,
            asked: Vec::new(),
            open: Vec::new(),
        }
    }

    fn step(&mut self, operation: u8, which: u8, argument: u8, text: Vec<u8>) {
        let pick = |lines: &[Line]| lines.get(usize::from(which) % lines.len().max(1)).copied();
        let (asked, line) = (pick(&self.asked), pick(&self.open));
        match operation % 16 {
            0 => self.ask(),
            1 | 2 => {
                self.ask();
                while let Some(line) = self.asked.pop() {
                    self.connected(line);
                }
            }
            3 => {
                if let Some(line) = asked {
                    self.asked.retain(|other| *other != line);
                    self.connected(line);
                }
            }
            10 => self.verb(argument, text),
            11 => {
                self.now = self
                    .now
                    .after(Duration::from_millis(u64::from(argument) * 8))
            }
            12 => {
                if let Some(line) = asked.or(line) {
                    self.gone(line);
                }
            }
            _ => {
                if let Some(line) = line {
                    self.answer(line, operation % 16, argument, text);
                }
            }
        }
    }

    fn ask(&mut self) {
        while let Some(line) = self.client.poll_connect(self.now) {
            assert!(!self.asked.contains(&line) && !self.open.contains(&line));
            assert_eq!(self.client.poll_transmit(line).count(), 0, "not open yet");
            self.asked.push(line);
        }
    }

    fn connected(&mut self, line: Line) {
        self.client.handle_connected(self.now, line, [1; 48].into());
        self.open.push(line);
    }

    fn gone(&mut self, line: Line) {
        self.client.handle_gone(self.now, line);
        self.asked.retain(|other| *other != line);
        self.open.retain(|other| *other != line);
        assert!(self.client.is_finished(line), "what is gone is of no use");
    }

    /// What the server says on a connection.
    fn answer(&mut self, line: Line, operation: u8, argument: u8, text: Vec<u8>) {
        match operation {
            4 | 5 => {
                self.write(line, usize::MAX);
                self.input(line, http(200, "text/plain", &text));
            }
            6 => self.input(line, http(200, "application/octet-stream", &text)),
            7 => self.input(line, http(u16::from(argument) + 100, "text/html", &text)),
            8 => {
                self.write(line, usize::MAX);
                self.input(line, SWITCH.to_vec());
            }
            9 => self.input(line, text),
            13 => self.write(line, usize::from(argument) * 4),
            14 => {
                self.client.handle_eof(self.now, line);
                self.input(line, Vec::new());
            }
            _ => {
                let first = if std::str::from_utf8(&text).is_ok() {
                    0x81
                } else {
                    0x82
                };
                let len = u8::try_from(text.len()).unwrap_or(125);
                self.input(line, [&[first, len], &*text].concat());
            }
        }
    }

    fn write(&mut self, line: Line, most: usize) {
        let waits: usize = self.client.poll_transmit(line).map(<[u8]>::len).sum();
        self.client.handle_written(line, waits.min(most));
        let left: usize = self.client.poll_transmit(line).map(<[u8]>::len).sum();
        assert_eq!(left, waits - waits.min(most));
    }

    fn input(&mut self, line: Line, mut bytes: Vec<u8>) {
        let most = bytes.len() + 3;
        let mut input = Input::new(self.now, &mut bytes);
        for _ in 0..most {
            match self.client.handle_input(line, &mut input) {
                Some(event) => told(&mut self.opened, &mut self.ended, &event),
                None => {
                    let of_use = !self.client.is_finished(line) && !self.client.is_socket(line);
                    return assert!(!of_use || input.is_empty(), "not all was eaten");
                }
            }
        }
        panic!("more events than bytes");
    }

    fn verb(&mut self, argument: u8, bytes: Vec<u8>) {
        let queued = self.client.queued();
        let sent = match argument % 3 {
            0 if argument == 0 => return self.client.close(self.now),
            1 => self.client.text("hello"),
            _ => self.client.binary(bytes.into()),
        };
        if sent.is_err() {
            assert_eq!(
                self.client.queued(),
                queued,
                "an error leaves all as it was"
            );
        }
    }

    /// What holds after every step, and what a runtime does after every step.
    fn check(&mut self) {
        for _ in 0..10 {
            while let Some(event) = self.client.handle_timeout(self.now) {
                told(&mut self.opened, &mut self.ended, &event);
            }
            let client = &self.client;
            let mut lines = self.open.iter().chain(&self.asked);
            if let Some(line) = lines.find(|line| client.is_finished(**line)).copied() {
                self.gone(line);
                continue;
            }
            assert!(
                self.client.queued() <= MOST,
                "{} bytes",
                self.client.queued()
            );
            assert!(
                self.open.len() + self.asked.len() <= 5,
                "too many connections"
            );
            let live = !self.client.session().is_finished();
            let due = self.client.poll_timeout();
            assert!(!live || due.is_some(), "no deadline");
            assert!(due.is_none_or(|at| at > self.now), "time stands still");
            return;
        }
        panic!("it does not settle");
    }

    /// Left alone it ends, and wants nothing any more.
    fn end(mut self) {
        for _ in 0..5 {
            self.now = self.now.after(Duration::from_secs(60));
            self.check();
        }
        assert!(
            self.ended && self.client.session().is_finished(),
            "it never ends"
        );
        assert_eq!(self.client.poll_connect(self.now), None);
        assert!(self.client.is_over(), "{:?} are left", self.open);
        assert_eq!(self.client.queued(), 0);
    }
}

/// The answer that agrees to the WebSocket that is asked for with our nonce.
const SWITCH: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: 5tWd1XMQfqfRMZqGrwjPEgEvyeE=\r\n\r\n";

fn http(status: u16, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nSet-Cookie: a={status}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
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

    /// Opened by polling, probed, upgraded, a message each way, closed.
    const UPGRADED: &[u8] = &[
        0, 1, 0, 0, 4, 0, 0, 1, 0, 0, 8, 1, 0, 15, 1, 2, 4, 0, 8, 15, 1, 3, 10, 0, 1, 10, 0, 0,
    ];

    #[test]
    fn it_comes_to_an_upgrade() {
        let mut world = World::new(UPGRADED[0]);
        for step in UPGRADED[1..UPGRADED.len() - 3].as_chunks::<3>().0 {
            let text = TEXTS.get(usize::from(step[2])).unwrap();
            world.step(step[0], step[1], step[2], text.as_bytes().to_vec());
            world.check();
        }
        assert!(world.client.session().websocket_works());
    }

    #[test]
    fn the_seeds_pass() {
        let seeds: [&[u8]; 4] = [UPGRADED, &[12, 1, 0, 0, 8, 0, 0, 15, 0, 0], &[255; 60], &[]];
        for seed in seeds {
            fuzz(seed);
        }
    }

    #[test]
    fn any_bytes_pass() {
        let mut rng = siox_testkit::Rng::new(12);
        for _ in 0..20_000 {
            let mut bytes = vec![0; rng.index(150)];
            rng.fill(&mut bytes);
            // Mostly operations on the first connections with texts of the list.
            for (at, byte) in bytes.iter_mut().enumerate().skip(1) {
                *byte %= [16, 3, 16][(at - 1) % 3];
            }
            fuzz(&bytes);
        }
    }
}
