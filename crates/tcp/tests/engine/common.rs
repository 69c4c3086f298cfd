//! An echo server of ours, an HTTP client that sends what it is told, and a WebSocket.

use siox_tcp::{
    Message, Options, WebSocket,
    engine::{Builder, CloseReason, Config, Event, Server, Socket},
};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// How long anything may take before a test is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const MAX_PAYLOAD: usize = 10_000;

/// A server that is closed with the test.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) to: SocketAddr,
    ends: Ends,
}

impl Running {
    /// Why clients have gone so far.
    pub(crate) fn ends(&self) -> Vec<CloseReason> {
        self.ends.lock().unwrap().clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.close(Duration::ZERO);
    }
}

pub(crate) fn config() -> Config {
    Config {
        max_payload: MAX_PAYLOAD,
        ..Config::default()
    }
}

/// Sends back what it gets, where it is read.
pub(crate) fn echo() -> Running {
    let builder = Server::builder().config(config());
    run(builder, |server, listener, ends| {
        server.serve_handler(
            &listener,
            move |socket: &Socket, event: Event<'_>| match event {
                // A client that has gone misses its echo.
                Event::Message(message) => drop(socket.send(message).ok()),
                Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
                Event::Closed(reason) => ends.lock().unwrap().push(reason),
            },
        )
    })
}

/// Calls `on` for each message, in a thread for each client, and remembers how clients end.
pub(crate) fn serve(
    builder: Builder,
    on: impl Fn(&Socket, Message<'static>) + Send + Sync + 'static,
) -> Running {
    run(builder, |server, listener, ends| {
        server.serve_with(&listener, move |socket| {
            while let Some(event) = socket.event() {
                match event {
                    Event::Message(message) => on(&socket, message),
                    Event::Heartbeat | Event::Upgrading | Event::Upgraded => {}
                    Event::Closed(reason) => ends.lock().unwrap().push(reason),
                }
            }
        })
    })
}

type Ends = Arc<Mutex<Vec<CloseReason>>>;

fn run(
    builder: Builder,
    serve: impl FnOnce(Server, TcpListener, Ends) -> std::io::Result<()> + Send + 'static,
) -> Running {
    let server = builder.build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let ends = Ends::default();
    let (served, told) = (server.clone(), ends.clone());
    thread::spawn(move || serve(served, listener, told));
    Running { server, to, ends }
}

/// Waits until `look` gives `expected`.
pub(crate) fn until<T: PartialEq + std::fmt::Debug>(expected: &T, look: impl Fn() -> T) {
    let by = Instant::now() + PATIENCE;
    loop {
        let found = look();
        if found == *expected {
            return;
        }
        assert!(Instant::now() < by, "{found:?} in place of {expected:?}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// An answer with its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The values of a header, in order.
    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.lines().skip(1).filter_map(move |line| {
            let (n, value) = line.split_once(':')?;
            n.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers(name).next().map(str::to_owned)
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// Status and body.
    pub(crate) fn found(&self) -> (u16, &str) {
        (self.status, self.text())
    }
}

/// One connection, kept alive.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) io: TcpStream,
    held: Vec<u8>,
}

impl Http {
    pub(crate) fn connect(to: SocketAddr) -> Self {
        let io = TcpStream::connect(to).unwrap();
        io.set_nodelay(true).unwrap();
        io.set_read_timeout(Some(PATIENCE)).unwrap();
        io.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            io,
            held: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).unwrap();
    }

    pub(crate) fn get(&mut self, target: &str) -> Answer {
        self.send(get(target));
        self.answer()
    }

    pub(crate) fn post(&mut self, target: &str, body: &str) -> Answer {
        self.send(post(target, body));
        self.answer()
    }

    /// Opens a polling session; the target of its requests.
    pub(crate) fn open(&mut self) -> String {
        let answer = self.get("/engine.io/?EIO=4&transport=polling");
        assert_eq!(answer.status, 200, "{answer:?}");
        let sid = sid(answer.text());
        format!("/engine.io/?EIO=4&transport=polling&sid={sid}")
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer()
            .unwrap_or_else(|| panic!("the connection ended: {:?}", self.held.escape_ascii()))
    }

    /// The next answer; none when the connection ends first.
    pub(crate) fn try_answer(&mut self) -> Option<Answer> {
        loop {
            if let Some(answer) = self.take() {
                return Some(answer);
            }
            let mut some = [0; 4096];
            match self.io.read(&mut some) {
                Ok(0) => return None,
                Err(e) => {
                    let timeout = std::io::ErrorKind::WouldBlock;
                    assert_ne!(e.kind(), timeout, "no answer: {:?}", self.held);
                    return None;
                }
                Ok(n) => self.held.extend_from_slice(&some[..n]),
            }
        }
    }

    /// Reads what is behind the answers.
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.held.is_empty() {
            return self.io.read(buf);
        }
        let n = buf.len().min(self.held.len());
        buf[..n].copy_from_slice(&self.held[..n]);
        self.held.drain(..n);
        Ok(n)
    }

    fn take(&mut self) -> Option<Answer> {
        let end = self.held.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let head = str::from_utf8(&self.held[..end]).unwrap().to_owned();
        let status = head[9..12].parse().unwrap();
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
        };
        let len = match answer.header("content-length") {
            Some(len) => len.parse().unwrap(),
            None if matches!(status, 101 | 204 | 304) => 0,
            None => panic!("an answer without its length: {answer:?}"),
        };
        answer.body = self.held.get(end..end + len)?.to_vec();
        self.held.drain(..end + len);
        Some(answer)
    }
}

pub(crate) fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n")
}

/// A POST of text.
pub(crate) fn post(target: &str, body: &str) -> String {
    let len = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: here\r\nContent-Type: text/plain\r\nContent-Length: {len}\r\n\r\n{body}"
    )
}

/// The session's id in an open packet.
pub(crate) fn sid(open: &str) -> String {
    let (_, rest) = open.split_once("\"sid\":\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// A WebSocket to `target`.
pub(crate) fn ws(to: SocketAddr, target: &str) -> WebSocket<TcpStream> {
    let io = TcpStream::connect(to).unwrap();
    siox_tcp::open(io, &to.to_string(), target, &Options::default()).unwrap()
}

/// The next text.
pub(crate) fn text(ws: &mut WebSocket<TcpStream>) -> String {
    match ws.read_by(PATIENCE) {
        Ok(Some(Message::Text(text))) => text.into_owned(),
        other => panic!("{other:?} in place of a text"),
    }
}
