//! What a client of Engine.IO does, over raw sockets, every byte that comes back compared.

use crate::{
    input::{Batch, SEPARATOR},
    socket::Socket,
};
use std::io;

const PATH: &str = "/engine.io/?EIO=4&transport=";

/// What engineioxide sends first, and others once an interval.
const PING: &[u8] = b"2";
/// A message and its echo.
const HELLO: &[u8] = b"4hello";

/// A polling session on two connections kept alive, one for the polls and one for the POSTs.
pub(crate) struct Polling {
    polls: Socket,
    posts: Socket,
    poll: Vec<u8>,
    post: Vec<u8>,
    pong: Vec<u8>,
    message: Vec<u8>,
    count: usize,
    /// Polls so far.
    pub(crate) polled: u64,
}

impl Polling {
    pub(crate) async fn open(port: u16, number: usize, batch: Batch) -> io::Result<Self> {
        let (polls, sid) = opened(port, number).await?;
        let message = Batch { count: 1, ..batch }.body();
        Ok(Self {
            polls,
            posts: Socket::connect(port, number).await?,
            poll: poll(&sid),
            post: post(&sid, &batch.body()),
            pong: post(&sid, b"3"),
            message,
            count: batch.count,
            polled: 0,
        })
    }

    /// Polls, posts a body, and polls on until all its messages have come back.
    pub(crate) async fn turn(&mut self) -> io::Result<()> {
        self.polls.write(&self.poll).await?;
        self.posts.write(&self.post).await?;
        check(self.posts.answer("200").await?, b"ok")?;
        let mut left = self.count;
        while left > 0 {
            self.polled += 1;
            let mut is_pinged = false;
            for packet in self
                .polls
                .answer("200")
                .await?
                .split(|&byte| byte == SEPARATOR)
            {
                match packet {
                    PING => is_pinged = true,
                    message => {
                        check(message, &self.message)?;
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

    /// Bytes that came so far.
    pub(crate) fn received(&self) -> u64 {
        self.polls.received + self.posts.received
    }
}

/// A session by polling, brought to a WebSocket as the reference's client does it; one echo; gone.
pub(crate) async fn upgrade(port: u16, number: usize) -> io::Result<()> {
    let (mut polls, sid) = opened(port, number).await?;
    polls.write(&poll(&sid)).await?;
    let mut socket = Socket::connect(port, number).await?;
    socket.write(&handshake(&format!("&sid={sid}"))).await?;
    socket.answer("101").await?;
    socket.write(&frame(b"2probe")).await?;
    check(socket.frame().await?, b"3probe")?;
    while !ended(polls.answer("200").await?)? {
        polls.write(&poll(&sid)).await?;
    }
    socket.write(&frame(b"5")).await?;
    hello(&mut socket).await
}

/// A session that begins with its WebSocket; one echo; gone.
pub(crate) async fn web_socket(port: u16, number: usize) -> io::Result<()> {
    let mut socket = Socket::connect(port, number).await?;
    socket.write(&handshake("")).await?;
    socket.answer("101").await?;
    let open = socket.frame().await?;
    check(&open[..open.len().min(2)], b"0{")?;
    hello(&mut socket).await
}

async fn hello(socket: &mut Socket) -> io::Result<()> {
    socket.write(&frame(HELLO)).await?;
    loop {
        match socket.frame().await? {
            PING => {}
            other => return check(other, HELLO),
        }
        socket.write(&frame(b"3")).await?;
    }
}

/// Whether the body ends the polling of a session that upgrades: it may hold a ping, too.
fn ended(body: &[u8]) -> io::Result<bool> {
    let mut is_ended = false;
    for packet in body.split(|&byte| byte == SEPARATOR) {
        match packet {
            PING => {}
            other => {
                check(other, b"6")?;
                is_ended = true;
            }
        }
    }
    Ok(is_ended)
}

/// A session by polling, its connection and its id.
async fn opened(port: u16, number: usize) -> io::Result<(Socket, String)> {
    let mut socket = Socket::connect(port, number).await?;
    let open = format!("GET {PATH}polling HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n");
    socket.write(open.as_bytes()).await?;
    let open = String::from_utf8_lossy(socket.answer("200").await?).into_owned();
    let sid = sid(&open)
        .ok_or_else(|| different(open.as_bytes(), b"an open packet"))?
        .to_owned();
    Ok((socket, sid))
}

/// The id in an open packet.
pub(crate) fn sid(open: &str) -> Option<&str> {
    let (_, rest) = open.split_once(r#""sid":""#)?;
    Some(rest.split_once('"')?.0)
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

/// A short text, masked.
fn frame(text: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![0x81, 0x80 | text.len() as u8];
    frame.extend(KEY);
    frame.extend(
        text.iter()
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    frame
}

/// Whether that came which should.
fn check(came: &[u8], due: &[u8]) -> io::Result<()> {
    match came == due {
        true => Ok(()),
        false => Err(different(came, due)),
    }
}

fn different(came: &[u8], due: &[u8]) -> io::Error {
    let [came, due] = [came, due].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    io::Error::other(format!("{came:?} came, and {due:?} should have"))
}
