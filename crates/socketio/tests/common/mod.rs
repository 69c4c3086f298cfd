//! A sink that keeps what it gets, and a connection with its events made owned.
#![allow(dead_code, reason = "each test uses its part")]

use bytes::Bytes;
use siox_socketio::{Config, Connection, Error, Event, Revision, Slot};
use siox_wire::{Admit, Instant, Lead, Message, Part, SendError, Shared, Sink};
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    Text(String),
    Binary(Vec<u8>),
}

#[derive(Debug, Default)]
pub(crate) struct Out {
    pub(crate) sent: Vec<Sent>,
    pub(crate) refuse: Option<SendError>,
    pub(crate) asked: std::cell::RefCell<Vec<Admit>>,
}

impl Out {
    /// All texts since the last call; binary messages as `b:` and their bytes.
    pub(crate) fn take(&mut self) -> Vec<String> {
        let text = |s| match s {
            Sent::Text(t) => t,
            Sent::Binary(b) => format!("b:{}", String::from_utf8_lossy(&b)),
        };
        self.sent.drain(..).map(text).collect()
    }
}

impl Sink for Out {
    fn admit(&self, kind: Admit) -> Result<(), SendError> {
        self.asked.borrow_mut().push(kind);
        self.refuse.map_or(Ok(()), Err)
    }
    fn put_text(&mut self, parts: &[&[u8]]) {
        let text = String::from_utf8(parts.concat()).unwrap();
        self.sent.push(Sent::Text(text));
    }
    fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        self.sent.push(Sent::Binary([lead, &payload].concat()));
    }
    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        for part in group.parts() {
            match part {
                Part::Text(t) => self.put_text(&[lead.text, t]),
                Part::Binary(b) => self.put_binary(lead.binary, b.clone()),
            }
        }
    }
}

pub(crate) fn ms(n: u64) -> Instant {
    Instant::from_millis(n)
}

pub(crate) struct Peer {
    pub(crate) now: Instant,
    pub(crate) connection: Connection,
    pub(crate) out: Out,
}

impl Peer {
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }
    pub(crate) fn with(config: Config) -> Self {
        Self {
            now: ms(0),
            connection: Connection::new(ms(0), config.into()),
            out: Out::default(),
        }
    }
    /// A connection of revision 4, whose CONNECT to `/` is untold.
    pub(crate) fn revision4() -> Self {
        let config = Config::default().into();
        Self {
            connection: Connection::with_revision(ms(0), config, Revision::V4),
            ..Self::new()
        }
    }
    /// A connection that has joined `/`.
    pub(crate) fn joined() -> (Self, Slot) {
        let mut peer = Self::new();
        let slot = peer.join("/");
        (peer, slot)
    }
    pub(crate) fn join(&mut self, nsp: &str) -> Slot {
        let text = if nsp == "/" {
            "0".into()
        } else {
            format!("0{nsp},")
        };
        let slot = match self.text(&text).unwrap() {
            Some(Event::Connect { slot, .. }) => slot,
            other => panic!("{other:?}"),
        };
        self.connection.accept(slot, "sid", &mut self.out).unwrap();
        self.out.take();
        slot
    }
    pub(crate) fn text<'b>(&mut self, text: &'b str) -> Result<Option<Event<'b>>, Error> {
        self.connection
            .handle_message(self.now, Message::from(text), &mut self.out)
    }
    pub(crate) fn binary<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<Event<'b>>, Error> {
        self.connection
            .handle_message(self.now, Message::from(bytes), &mut self.out)
    }
}
