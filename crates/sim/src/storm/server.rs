//! The server, which stops and comes back, and what its application has heard over all that time.

use super::{Link, Sky, Storm, What};
use siox_socketio::{Config, Connection, Encoded, Event, Packet, Revision};
use siox_wire::{Admit, Lead, Message, Part, SendError, Shared, Sink};
use std::{collections::BTreeMap, sync::Arc};

/// What a connection says in one step.
#[derive(Debug, Default)]
struct Tape {
    messages: Vec<Message<'static>>,
}

impl Sink for Tape {
    fn admit(&self, _: Admit) -> Result<(), SendError> {
        Ok(())
    }

    fn put_text(&mut self, parts: &[&[u8]]) {
        let text = String::from_utf8_lossy(&parts.concat()).into_owned();
        self.messages.push(Message::Text(text.into()));
    }

    fn put_binary(&mut self, lead: &[u8], payload: bytes::Bytes) {
        let bytes = [lead, &payload].concat();
        self.messages.push(Message::Binary(bytes.into()));
    }

    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        for part in group.parts() {
            match part {
                Part::Text(text) => self.put_text(&[lead.text, text]),
                Part::Binary(bytes) => self.put_binary(lead.binary, bytes.clone()),
            }
        }
    }
}

pub(super) struct Server {
    is_up: bool,
    connections: BTreeMap<Link, Connection>,
    config: Arc<Config>,
    /// The events of each client, in the order of their arrival.
    of: Vec<Vec<u64>>,
    pub(super) heard: u32,
}

impl Server {
    pub(super) fn new(plan: &Storm) -> Self {
        Self {
            is_up: true,
            connections: BTreeMap::new(),
            config: Arc::default(),
            of: vec![Vec::new(); plan.crowd as usize],
            heard: 0,
        }
    }

    /// What it has heard of a client.
    pub(super) fn of(&self, number: usize) -> &[u64] {
        &self.of[number]
    }

    /// It is killed: nothing more is sent, and what comes is not heard.
    pub(super) fn stop(&mut self, sky: &mut Sky<'_>) {
        self.is_up = false;
        for (link, _) in std::mem::take(&mut self.connections) {
            sky.send(link, false, What::Lost(link));
        }
    }

    pub(super) fn start(&mut self) {
        self.is_up = true;
    }

    pub(super) fn arrives(&mut self, sky: &mut Sky<'_>, link: Link) {
        if !self.is_up {
            return sky.send(link, false, What::Refused(link));
        }
        let revision = sky.plan.revision;
        let connection = Connection::with_revision(sky.now, self.config.clone(), revision);
        self.connections.insert(link, connection);
        sky.send(link, false, What::Opened(link));
        self.more(sky, link, Tape::default());
    }

    pub(super) fn hear(&mut self, sky: &mut Sky<'_>, link: Link, message: Message<'static>) {
        let Some(connection) = self.connections.get_mut(&link) else {
            return;
        };
        let mut out = Tape::default();
        match connection.handle_message(sky.now, message, &mut out) {
            Ok(Some(event)) => self.told(sky, link, event, &mut out),
            Ok(None) => {}
            Err(error) => sky.check(false, || format!("{link:?} breaks a rule: {error}")),
        }
        self.more(sky, link, out);
    }

    /// What else there is to tell; then all that is said is sent.
    fn more(&mut self, sky: &mut Sky<'_>, link: Link, mut out: Tape) {
        while let Some(connection) = self.connections.get_mut(&link) {
            match connection.handle_timeout(sky.now) {
                Ok(Some(event)) => self.told(sky, link, event, &mut out),
                Ok(None) => break,
                Err(error) => return sky.check(false, || format!("{link:?}: {error}")),
            }
        }
        for message in out.messages {
            sky.send(link, false, What::ToClient(link, message));
        }
    }

    fn told(&mut self, sky: &mut Sky<'_>, link: Link, event: Event<'static>, out: &mut Tape) {
        let Some(connection) = self.connections.get_mut(&link) else {
            return;
        };
        match event {
            Event::Connect { slot, .. } => {
                let sid = match connection.revision() {
                    Revision::V4 => super::client::session(link),
                    Revision::V5 => format!("s{}.{}", link.0, link.1),
                };
                let accepted = connection.accept(slot, &sid, out);
                sky.check(accepted.is_ok(), || format!("{link:?}: {accepted:?}"));
            }
            Event::Event { slot, id, packet } => {
                let n = number(&packet);
                sky.note(format_args!("the server hears {n} of {}", link.0));
                self.of[link.0].push(n);
                self.heard += 1;
                if let Some(id) = id {
                    let sent = Encoded::args(&n).map(|args| connection.ack(slot, id, &args, out));
                    let fits = matches!(sent, Ok(Ok(())));
                    sky.check(fits, || format!("{link:?}: {sent:?}"));
                }
            }
            Event::Ack { .. } | Event::AckTimeout { .. } | Event::Disconnect { .. } => {
                sky.check(false, || {
                    format!("{link:?}: {event:?}, of which nothing was said")
                });
            }
        }
    }
}

/// The number that an event or its acknowledgement carries.
pub(super) fn number(packet: &Packet<'_>) -> u64 {
    let digits = packet.args().bytes().filter(u8::is_ascii_digit);
    // The rest of an event has no digits but those of the placeholder behind the number.
    let text: Vec<u8> = match packet.args().split_once(',') {
        Some((_, rest)) => rest.bytes().take_while(u8::is_ascii_digit).collect(),
        None => digits.collect(),
    };
    String::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(u64::MAX)
}
