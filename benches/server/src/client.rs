//! What a client of Socket.IO does until it is connected to `/`, and by polling beyond that, over raw sockets.

use crate::{
    event::{self, Event},
    frames,
    link::{Batch, Link, check},
};
use std::io;

const PATH: &str = "/socket.io/?EIO=4&transport=";
const PING: &[u8] = b"2";
const PONG: &[u8] = b"3";
/// Between the packets of a payload.
const SEPARATOR: u8 = 0x1e;

/// A session that begins with its WebSocket, connected to `/`.
pub(crate) async fn web_socket(port: u16, number: usize) -> io::Result<Link> {
    let mut link = Link::connect(port, number).await?;
    link.write(&handshake("")).await?;
    link.answer("101").await?;
    let open = link.frame().await?;
    check(&open[..open.len().min(2)], b"0{")?;
    link.write(&frame("40")).await?;
    connected(&mut link).await?;
    Ok(link)
}

/// Puts a connected session into the room.
pub(crate) async fn join(link: &mut Link) -> io::Result<()> {
    link.write(&frame(&event::join())).await?;
    // With nothing, or with a null where a library has no way to say nothing.
    let joined = link.frame().await?;
    check(&joined[..joined.len().min(4)], b"430[")
}

/// Answers the pings that have come, of which some servers send one as soon as they can; nothing else may have come.
pub(crate) async fn settle(link: &mut Link) -> io::Result<()> {
    link.read_ready()?;
    while link.has_rest() {
        check(link.frame().await?, PING)?;
        link.write(&frame("3")).await?;
    }
    link.settle();
    Ok(())
}

/// A session by polling, brought to a WebSocket as the reference's client does it, its CONNECT under way meanwhile.
pub(crate) async fn upgraded(port: u16, number: usize) -> io::Result<Link> {
    let (mut polls, sid) = opened(port, number).await?;
    let mut posts = Link::connect(port, number).await?;
    posts.write(&post(&sid, b"40")).await?;
    polls.write(&poll(&sid)).await?;
    let mut link = Link::connect(port, number).await?;
    link.write(&handshake(&format!("&sid={sid}"))).await?;
    check(posts.answer("200").await?, b"ok")?;
    link.answer("101").await?;
    link.write(&frame("2probe")).await?;
    check(link.frame().await?, b"3probe")?;
    let mut seen = Seen::default();
    while !seen.is_ended {
        seen.payload(polls.answer("200").await?)?;
        if !seen.is_ended {
            polls.write(&poll(&sid)).await?;
        }
    }
    link.write(&frame("5")).await?;
    if !seen.is_connected {
        connected(&mut link).await?;
    }
    Ok(link)
}

/// What the polls of a session that upgrades have brought.
#[derive(Default)]
struct Seen {
    is_connected: bool,
    /// The noop, by which the server lets go of the last poll.
    is_ended: bool,
}

impl Seen {
    fn payload(&mut self, body: &[u8]) -> io::Result<()> {
        for packet in body.split(|&byte| byte == SEPARATOR) {
            match packet {
                PING => {}
                b"6" => self.is_ended = true,
                other => {
                    check(&other[..other.len().min(3)], b"40{")?;
                    self.is_connected = true;
                }
            }
        }
        Ok(())
    }
}

/// Waits for the answer to CONNECT.
async fn connected(link: &mut Link) -> io::Result<()> {
    loop {
        match link.frame().await? {
            PING => {}
            other => return check(&other[..other.len().min(3)], b"40{"),
        }
        link.write(&frame("3")).await?;
    }
}

/// Takes the answer to `batch`, which is one frame, and answers pings until it has come.
pub(crate) async fn patient_answer(link: &mut Link, batch: &Batch) -> io::Result<()> {
    let skip = if batch.answer[1] == 126 { 4 } else { 2 };
    loop {
        match link.frame().await? {
            PING => {}
            other => return check(other, &batch.answer[skip..]),
        }
        link.write(&frame("3")).await?;
    }
}

/// A polling session, connected to `/`, on two connections kept alive: one for the polls and one for the POSTs.
pub(crate) struct Polling {
    polls: Link,
    posts: Link,
    poll: Vec<u8>,
    post: Vec<u8>,
    pong: Vec<u8>,
    /// The event that comes back, as often as it was sent.
    due: Vec<u8>,
    count: usize,
}

impl Polling {
    pub(crate) async fn open(port: u16, number: usize, count: usize) -> io::Result<Self> {
        let (polls, sid) = opened(port, number).await?;
        let (sent, due) = Event::Small.packets(0);
        let body = vec![sent; count].join("\x1e");
        let mut session = Self {
            polls,
            posts: Link::connect(port, number).await?,
            poll: poll(&sid),
            post: post(&sid, body.as_bytes()),
            pong: post(&sid, PONG),
            due: due.into_bytes(),
            count,
        };
        session.posts.write(&post(&sid, b"40")).await?;
        check(session.posts.answer("200").await?, b"ok")?;
        let mut seen = Seen::default();
        while !seen.is_connected {
            session.polls.write(&session.poll).await?;
            seen.payload(session.polls.answer("200").await?)?;
        }
        Ok(session)
    }

    /// Polls, posts a body, and polls on until all its events have come back.
    pub(crate) async fn turn(&mut self) -> io::Result<()> {
        self.polls.write(&self.poll).await?;
        self.posts.write(&self.post).await?;
        check(self.posts.answer("200").await?, b"ok")?;
        let mut left = self.count;
        while left > 0 {
            let mut is_pinged = false;
            let body = self.polls.answer("200").await?;
            for packet in body.split(|&byte| byte == SEPARATOR) {
                match packet {
                    PING => is_pinged = true,
                    event => {
                        check(event, &self.due)?;
                        left -= 1;
                    }
                }
            }
            if left > 0 {
                self.polls.write(&self.poll).await?;
            }
            if is_pinged {
                self.posts.write(&self.pong).await?;
                check(self.posts.answer("200").await?, b"ok")?;
            }
        }
        Ok(())
    }
}

/// A session by polling: its connection and its id.
async fn opened(port: u16, number: usize) -> io::Result<(Link, String)> {
    let mut link = Link::connect(port, number).await?;
    let open = format!("GET {PATH}polling HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n");
    link.write(open.as_bytes()).await?;
    let open = String::from_utf8_lossy(link.answer("200").await?).into_owned();
    let sid = open
        .split_once(r#""sid":""#)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(sid, _)| sid.to_owned());
    match sid {
        Some(sid) => Ok((link, sid)),
        None => Err(io::Error::other(format!("opened with {open}"))),
    }
}

fn poll(sid: &str) -> Vec<u8> {
    format!("GET {PATH}polling&sid={sid} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n")
        .into_bytes()
}

fn post(sid: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {PATH}polling&sid={sid} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\
         Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn handshake(more: &str) -> Vec<u8> {
    format!(
        "GET {PATH}websocket{more} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

fn frame(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    frames::ask_text(&mut bytes, text);
    bytes
}
