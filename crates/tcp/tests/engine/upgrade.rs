//! From polling to WebSocket: nothing is lost, nothing comes twice.

use crate::common::{Http, PATIENCE, echo, get, sid, text, until, ws};
use siox_tcp::{CloseCode, WebSocket, engine::CloseReason};
use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
    time::Instant,
};

const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";

#[test]
fn an_upgrade_moves_what_is_queued() {
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    assert_eq!(http.post(&session, "4queued").text(), "ok");
    let mut socket = ws(running.to, &session.replace("polling", "websocket"));
    socket.send("2probe").unwrap();
    assert_eq!(text(&mut socket), "3probe");
    socket.send("5").unwrap();
    socket.send("4sent").unwrap();
    assert_eq!(text(&mut socket), "4queued");
    assert_eq!(text(&mut socket), "4sent");
    assert_eq!(http.get(&session).status, 400);
    assert_eq!(running.server.clients(), 1);
}

/// A poll that waits is released when the probe's socket opens.
#[test]
fn a_waiting_poll_is_released() {
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    http.send(get(&session));
    let mut socket = ws(running.to, &session.replace("polling", "websocket"));
    assert_eq!(http.answer().text(), "6");
    socket.send("2probe").unwrap();
    assert_eq!(text(&mut socket), "3probe");
    socket.send("5").unwrap();
    socket.send("4x").unwrap();
    assert_eq!(text(&mut socket), "4x");
}

/// A WebSocket for a session whose last one may still be saying goodbye: until then it has no second.
fn probe(to: SocketAddr, target: &str) -> WebSocket {
    let by = Instant::now() + PATIENCE;
    loop {
        let io = TcpStream::connect(to).unwrap();
        match siox_tcp::open(io, "here", target, &Default::default()) {
            Ok(socket) => return socket,
            Err(e) => assert!(Instant::now() < by, "{e}"),
        }
    }
}

/// A probe that breaks off leaves its session on polling, deadlines and all.
#[test]
fn a_probe_that_fails_leaves_polling() {
    let running = echo();
    let mut http = Http::connect(running.to);
    let session = http.open();
    let target = session.replace("polling", "websocket");
    for n in 0..3 {
        let mut socket = probe(running.to, &target);
        socket.send("2probe").unwrap();
        assert_eq!(text(&mut socket), "3probe", "{n}");
        match n {
            0 => drop(socket),
            1 => socket.close(CloseCode::NORMAL, "").unwrap(),
            _ => {
                socket.send("4no upgrade").unwrap();
                assert_eq!(socket.read_by(PATIENCE).unwrap(), None);
            }
        }
        assert_eq!(http.post(&session, "4still").text(), "ok");
        // What the probe's end released first is a noop.
        let answers = || http.get(&session).text().to_owned();
        let answer = std::iter::repeat_with(answers).find(|text| text != "6");
        assert_eq!(answer.as_deref(), Some("4still"), "{n}");
    }
    assert_eq!(running.server.clients(), 1);
}

/// Bytes behind an upgrade request are the WebSocket's, wherever the stream is cut.
#[test]
fn a_request_and_a_message_cut_anywhere() {
    let running = echo();
    let frame = b"\x81\x86\0\0\0\x004early";
    let head = format!(
        "GET {WEBSOCKET} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    let bytes = [head.as_bytes(), frame].concat();
    let near = head.len() - 4;
    for cut in (0..near).step_by(23).chain(near..=bytes.len()) {
        let mut http = Http::connect(running.to);
        http.send(&bytes[..cut]);
        // The first part has arrived alone when another connection has been served.
        Http::connect(running.to).get("/nowhere");
        http.send(&bytes[cut..]);
        assert_eq!(http.answer().status, 101, "{cut}");
        let mut socket = WebSocket::new(Replay(http), client(), Vec::new());
        let read = |socket: &mut WebSocket<Replay>| {
            let message = socket.read_by(PATIENCE).unwrap().unwrap();
            String::from_utf8(message.as_bytes().to_vec()).unwrap()
        };
        assert!(read(&mut socket).starts_with("0{"), "{cut}");
        assert_eq!(read(&mut socket), "4early", "{cut}");
    }
}

fn client() -> siox_tcp::Connection {
    siox_tcp::Connection::client(Default::default(), [6; 32])
}

/// A connection whose first bytes were read already.
struct Replay(Http);

impl std::io::Read for Replay {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Replay {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.io.write(buf)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl siox_tcp::Transport for Replay {
    fn set_read_timeout(&self, timeout: Option<std::time::Duration>) -> std::io::Result<()> {
        self.0.io.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<std::time::Duration>) -> std::io::Result<()> {
        self.0.io.set_write_timeout(timeout)
    }

    fn set_nonblocking(&self, nonblocking: bool) -> std::io::Result<()> {
        self.0.io.set_nonblocking(nonblocking)
    }

    fn shutdown(&mut self, how: std::net::Shutdown) -> std::io::Result<()> {
        self.0.io.shutdown(how)
    }
}

/// A frame that breaks a rule: its close frame comes behind what was queued, then the end.
#[test]
fn a_broken_frame() {
    let running = echo();
    let mut socket = ws(running.to, WEBSOCKET);
    assert!(!sid(&text(&mut socket)).is_empty());
    // A message, and an unmasked one in the same segment.
    let mut io = socket.get_ref().try_clone().unwrap();
    io.write_all(b"\x81\x86\0\0\0\x004whole\x81\x014").unwrap();
    assert_eq!(text(&mut socket), "4whole");
    assert_eq!(socket.read_by(PATIENCE).unwrap(), None);
    let goodbye = socket.goodbye().unwrap();
    assert_eq!(goodbye.code, CloseCode::PROTOCOL);
    until(&vec![CloseReason::TransportError], || running.ends());
}
