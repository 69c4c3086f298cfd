//! The probe's requests: the opening handshake, polls, POSTs, and as much of an upgrade as the generator looks at.

use super::{Connection, Member, socket::connected};
use crate::frames;
use std::{fmt::Write, rc::Rc};

const SEPARATOR: u8 = 0x1e;
const UPGRADE: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// What waits for a client that polls.
#[derive(Default)]
pub(super) struct Session {
    queue: Vec<u8>,
    /// The poll that waits, too.
    poll: Option<Rc<Member>>,
}

impl Session {
    fn queue(&mut self, packet: &[u8]) {
        if !self.queue.is_empty() {
            self.queue.push(SEPARATOR);
        }
        self.queue.extend(packet);
    }
}

impl Connection {
    /// Works off the request at the beginning; its length, once it is whole.
    pub(super) fn request(&mut self, bytes: &[u8]) -> Option<usize> {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let text = std::str::from_utf8(&bytes[..head]).ok()?;
        let sid = text
            .split_once("&sid=")
            .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        if text.starts_with("POST") {
            let (_, length) = text.split_once("Content-Length: ")?;
            let length: usize = length.split('\r').next()?.parse().ok()?;
            let body = bytes.get(head..head + length)?;
            self.posted(sid?, body);
            return Some(head + length);
        }
        match (text.contains("transport=websocket"), sid) {
            (true, sid) => self.upgrade(sid),
            (false, None) => self.open(),
            (false, Some(sid)) => self.poll(sid),
        }
        Some(head)
    }

    fn upgrade(&mut self, sid: Option<u64>) {
        self.is_upgraded = true;
        self.session = sid;
        let open = open(self.member.number);
        self.member.put(&self.shared, |out| {
            out.extend(UPGRADE.as_bytes());
            if sid.is_none() {
                frames::text(out, &open);
            }
        });
    }

    fn open(&mut self) {
        let number = self.member.number;
        self.session = Some(number);
        let mut sessions = self.shared.sessions.borrow_mut();
        sessions.insert(number, Session::default());
        self.respond(&self.member, open(number).as_bytes());
    }

    fn poll(&self, sid: u64) {
        let mut sessions = self.shared.sessions.borrow_mut();
        let session = sessions.entry(sid).or_default();
        session.poll = Some(self.member.clone());
        self.answer_poll(session);
    }

    fn posted(&self, sid: u64, body: &[u8]) {
        let mut sessions = self.shared.sessions.borrow_mut();
        let session = sessions.entry(sid).or_default();
        for packet in body.split(|&byte| byte == SEPARATOR) {
            match packet {
                b"40" => session.queue(connected(sid).as_bytes()),
                other => session.queue(other),
            }
        }
        self.answer_poll(session);
        self.respond(&self.member, b"ok");
    }

    /// The session's poll ends: its WebSocket is there.
    pub(super) fn release(&self) {
        let sid = self.session.unwrap_or_default();
        let mut sessions = self.shared.sessions.borrow_mut();
        let session = sessions.entry(sid).or_default();
        session.queue(b"6");
        self.answer_poll(session);
    }

    /// The session goes on here.
    pub(super) fn adopt(&mut self) {
        let sid = self.session.take().unwrap_or_default();
        self.shared.sessions.borrow_mut().remove(&sid);
    }

    fn answer_poll(&self, session: &mut Session) {
        if !session.queue.is_empty()
            && let Some(poll) = session.poll.take()
        {
            self.respond(&poll, &session.queue);
            session.queue.clear();
        }
    }

    fn respond(&self, member: &Rc<Member>, body: &[u8]) {
        let mut head = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            head,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        member.put(&self.shared, |out| {
            out.extend(head.as_bytes());
            out.extend(body);
        });
    }
}

fn open(number: u64) -> String {
    format!(
        r#"0{{"sid":"{number}","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}}"#
    )
}
