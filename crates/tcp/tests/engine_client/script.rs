//! A server by hand: one connection after the other, byte for byte.

use crate::PATIENCE;
use siox_engineio::ClientConfig;
use siox_websocket::handshake::server::Offer;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

pub(crate) const OPEN: &str =
    r#"0{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#;

pub(crate) struct Server {
    listener: TcpListener,
    idle: Vec<TcpStream>,
}

/// A request.
pub(crate) struct Asked {
    pub(crate) io: TcpStream,
    /// The method and the target.
    pub(crate) line: String,
    pub(crate) body: String,
    head: String,
}

impl Server {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self {
            listener,
            idle: Vec::new(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.listener.local_addr().unwrap())
    }

    /// The next request, on whichever connection it comes.
    pub(crate) fn next(&mut self) -> Asked {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Ok((io, _)) = self.listener.accept() {
                self.idle.push(io);
            }
            for at in 0..self.idle.len() {
                self.idle[at].set_nonblocking(true).unwrap();
                let came = self.idle[at].peek(&mut [0]);
                self.idle[at].set_nonblocking(false).unwrap();
                if let Ok(n) = came {
                    let io = self.idle.swap_remove(at);
                    if n > 0 {
                        return Asked::read(io);
                    }
                    break;
                }
            }
            assert!(Instant::now() < end, "no request comes");
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn expect(&mut self, wanted: &str) -> Asked {
        let asked = self.next();
        assert!(asked.line.contains(wanted), "{}, not {wanted}", asked.line);
        asked
    }

    /// Waits for another request on that connection too.
    pub(crate) fn keep(&mut self, io: TcpStream) {
        self.idle.push(io);
    }
}

impl Asked {
    fn read(mut io: TcpStream) -> Self {
        io.set_read_timeout(Some(PATIENCE)).unwrap();
        let (mut head, mut byte) = (String::new(), [0]);
        while !head.ends_with("\r\n\r\n") {
            io.read_exact(&mut byte).unwrap();
            head.push(char::from(byte[0]));
        }
        let length = head.split("Content-Length: ").nth(1);
        let length = length.map_or(0, |l| l.split('\r').next().unwrap().parse().unwrap());
        let mut body = vec![0; length];
        io.read_exact(&mut body).unwrap();
        Self {
            io,
            line: head.split(" HTTP").next().unwrap().into(),
            body: String::from_utf8(body).unwrap(),
            head,
        }
    }

    pub(crate) fn is_socket(&self) -> bool {
        self.head.contains("Upgrade: websocket")
    }

    pub(crate) fn answer(&mut self, body: &str) {
        let len = body.len();
        write!(
            self.io,
            "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}"
        )
        .unwrap();
    }

    pub(crate) fn agree(&mut self) {
        let lines = self.head.lines().skip(1);
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers: Vec<_> = headers
            .map(|(name, value)| (name, value.as_bytes()))
            .collect();
        let accept = Offer::from_parts(true, true, headers).accept().unwrap();
        let lines = accept.headers().map(|(n, v)| format!("{n}: {v}\r\n"));
        let lines: String = lines.collect();
        write!(self.io, "HTTP/1.1 101 Yes\r\n{lines}\r\n").unwrap();
    }

    /// A text frame.
    pub(crate) fn frame(&mut self, text: &str) {
        let len = u8::try_from(text.len()).unwrap();
        assert!(len < 126);
        let frame = [&[0x81, len], text.as_bytes()].concat();
        self.io.write_all(&frame).unwrap();
    }

    /// The text of the client's next frame, which must be a short one.
    pub(crate) fn heard(&mut self) -> String {
        let mut head = [0; 6];
        self.io.read_exact(&mut head).unwrap();
        let mut text = vec![0; usize::from(head[1] & 0x7f)];
        self.io.read_exact(&mut text).unwrap();
        for (at, byte) in text.iter_mut().enumerate() {
            *byte ^= head[2 + at % 4];
        }
        String::from_utf8(text).unwrap()
    }

    /// Waits until the client has worked off all that was sent: it answers a ping.
    pub(crate) fn is_heard(&mut self) {
        self.io.write_all(&[0x89, 0]).unwrap();
        assert_eq!(self.heard(), "");
    }

    /// Waits until the client has closed the connection.
    pub(crate) fn gone(mut self) {
        let mut bytes = [0; 1024];
        while self.io.read(&mut bytes).unwrap_or(0) > 0 {}
    }
}

/// Times that end a test's waiting soon.
pub(crate) fn impatient() -> ClientConfig {
    ClientConfig {
        open_timeout: Duration::from_millis(300),
        upgrade_timeout: Duration::from_millis(300),
        ..ClientConfig::default()
    }
}
