//! A client whose server is the test: connections are opened when asked for, answers are written by hand.

use siox_engineio::{ClientConfig, ClientEvent};
use siox_stack::{ClientOptions, EngineClient, Line, parse_url};
use siox_testkit::ms;
use siox_wire::{Input, Instant, Message};
use std::{sync::Arc, time::Duration};

pub(crate) const OPEN: &str =
    r#"0{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#;
pub(crate) const UNIX: Duration = Duration::from_secs(1_700_000_000);

pub(crate) fn options(engine: ClientConfig) -> ClientOptions {
    ClientOptions {
        engine,
        ..ClientOptions::default()
    }
}

/// Without an upgrade.
pub(crate) fn polling() -> ClientOptions {
    options(ClientConfig {
        upgrade: false,
        ..ClientConfig::default()
    })
}

pub(crate) struct Desk {
    pub(crate) client: EngineClient,
    pub(crate) now: Instant,
    pub(crate) heard: Vec<String>,
    /// Lines that are open, in the order of opening.
    pub(crate) lines: Vec<Line>,
}

impl Desk {
    pub(crate) fn new(options: ClientOptions) -> Self {
        Self::with(Arc::new(options))
    }

    pub(crate) fn with(options: Arc<ClientOptions>) -> Self {
        let url = parse_url("http://a.example/").unwrap();
        let client = EngineClient::new(ms(0), UNIX, &url, options).unwrap();
        let mut desk = Self {
            client,
            now: ms(0),
            heard: Vec::new(),
            lines: Vec::new(),
        };
        desk.settle();
        desk
    }

    /// Opened over polling.
    pub(crate) fn opened(options: ClientOptions) -> Self {
        Self::new(options).open()
    }

    /// The handshake by polling, answered.
    pub(crate) fn open(self) -> Self {
        let mut desk = self;
        let line = desk.lines[0];
        desk.sent(line);
        desk.answer(line, OPEN);
        assert_eq!(desk.heard(), ["opened"]);
        desk
    }

    /// What a runtime does after every step.
    pub(crate) fn settle(&mut self) {
        loop {
            while let Some(event) = self.client.handle_timeout(self.now) {
                self.hear(&event);
            }
            let mut moved = false;
            while let Some(line) = self.client.poll_connect(self.now) {
                let random = [self.lines.len() as u8; 48];
                self.client.handle_connected(self.now, line, random.into());
                self.lines.push(line);
                moved = true;
            }
            let (client, now) = (&mut self.client, self.now);
            self.lines.retain(|&line| {
                let done = client.is_finished(line);
                if done {
                    client.handle_gone(now, line);
                    moved = true;
                }
                !done
            });
            if !moved {
                break;
            }
        }
        let due = self.client.poll_timeout();
        assert!(due.is_none_or(|due| due > self.now), "time stands still");
    }

    fn hear(&mut self, event: &ClientEvent<'_>) {
        self.heard.push(match event {
            ClientEvent::Opened => "opened".into(),
            ClientEvent::Message(Message::Text(text)) => format!("text {text}"),
            ClientEvent::Message(Message::Binary(bytes)) => format!("bytes {bytes:?}"),
            ClientEvent::Heartbeat => "heartbeat".into(),
            ClientEvent::Upgrading => "upgrading".into(),
            ClientEvent::Upgraded => "upgraded".into(),
            ClientEvent::UpgradeFailed(error) => format!("no upgrade: {error}"),
            ClientEvent::Closed { reason, error } => match error {
                Some(error) => format!("closed: {reason}: {error}"),
                None => format!("closed: {reason}"),
            },
        });
    }

    pub(crate) fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard)
    }

    /// What was written to a line since the last look.
    pub(crate) fn sent(&mut self, line: Line) -> String {
        let bytes = self.client.poll_transmit(line).collect::<Vec<_>>().concat();
        self.client.handle_written(line, bytes.len());
        bytes.escape_ascii().to_string().replace("\\r\\n", "\n")
    }

    /// All that waits on any line; the first word of each.
    pub(crate) fn methods(&self) -> Vec<String> {
        let first = |line: &Line| self.client.poll_transmit(*line).next().map(<[u8]>::to_vec);
        let sent = self.lines.iter().filter_map(first);
        sent.map(|bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.split(' ').next().unwrap().to_owned()
        })
        .collect()
    }

    /// The line on which a request of this method waits to be written; it is, then.
    pub(crate) fn take(&mut self, method: &str) -> (Line, String) {
        for line in self.lines.clone() {
            let first = self.client.poll_transmit(line).next().unwrap_or_default();
            if first.starts_with(method.as_bytes()) {
                return (line, self.sent(line));
            }
        }
        panic!("no {method}: {:?}", self.methods());
    }

    pub(crate) fn feed(&mut self, line: Line, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut input = Input::new(self.now, &mut bytes);
        while let Some(event) = self.client.handle_input(line, &mut input) {
            self.hear(&event.into_owned());
        }
        self.settle();
    }

    pub(crate) fn answer(&mut self, line: Line, body: &str) {
        self.feed(line, ok(body).as_bytes());
    }

    pub(crate) fn eof(&mut self, line: Line) {
        self.client.handle_eof(self.now, line);
        self.feed(line, b"");
    }

    pub(crate) fn gone(&mut self, line: Line) {
        self.lines.retain(|own| *own != line);
        self.client.handle_gone(self.now, line);
        self.settle();
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        while let Some(due) = self.client.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.settle();
        }
        self.now = end;
        self.settle();
    }
}

pub(crate) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The 101 to a handshake.
pub(crate) fn agree(request: &str) -> String {
    let bytes = request.replace('\n', "\r\n").into_bytes();
    let limits = siox_http1::Limits::default();
    let mut server = siox_http1::Connection::server(ms(0), Arc::new(limits));
    let mut bytes = bytes;
    let mut input = Input::new(ms(0), &mut bytes);
    let event = server.handle_input(&mut input).unwrap();
    let Some(siox_http1::Event::Request(head)) = event else {
        panic!("{event:?}")
    };
    let offer =
        siox_websocket::handshake::server::Offer::from_parts(true, head.http11(), head.headers());
    let accept = offer.accept().unwrap();
    let headers: Vec<_> = accept.headers().collect();
    server.upgrade(&headers).unwrap();
    let out = server.poll_transmit().collect::<Vec<_>>().concat();
    String::from_utf8(out).unwrap()
}

/// A server's text frame.
pub(crate) fn text(text: &str) -> Vec<u8> {
    assert!(text.len() < 126);
    [&[0x81, text.len() as u8], text.as_bytes()].concat()
}
