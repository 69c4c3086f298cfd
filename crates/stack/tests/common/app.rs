//! The application above a session: it answers what it hears, at once, and keeps a record.

use siox_socketio::{Encoded, Event as Heard, Packet, Slot, Unchecked};
use siox_stack::{Error, Event, Session};
use siox_wire::{Admit, Instant, SendError};
use std::time::Duration;

/// What the application heard, and whom it serves.
#[derive(Debug, Default)]
pub struct App {
    /// A line for each event.
    pub heard: Vec<String>,
    /// The namespaces joined.
    pub joined: Vec<(Slot, String)>,
    /// The end was told.
    pub closed: bool,
    /// What was wrong with an event that was told unchecked.
    pub wrong: Option<Error>,
}

impl App {
    /// Hears an event and answers it.
    pub fn hear(&mut self, now: Instant, session: &mut Session, event: &Event<'_>) {
        if let Event::Unchecked(slot, event) = event {
            return self.hear_unchecked(now, session, *slot, event);
        }
        let line = self.line(event);
        assert!(!self.closed, "told behind the end: {line}");
        self.heard.push(line);
        let sent = match event {
            Event::Socket(event) => self.answer(now, session, event),
            Event::Unchecked(..) | Event::Upgraded => Ok(()),
            Event::Closed(_) => {
                self.closed = true;
                Ok(())
            }
        };
        if let Err(error) = sent {
            self.heard.push(format!("not sent: {error:?}"));
        }
    }

    fn hear_unchecked(
        &mut self,
        now: Instant,
        session: &mut Session,
        slot: Slot,
        event: &Unchecked<'_>,
    ) {
        if let Some(packet) = event.packet() {
            let id = event.id();
            let event = Event::Socket(Heard::Event { slot, id, packet });
            return self.hear(now, session, &event);
        }
        match session.handle_text(now, event.text()) {
            Ok(Some(event)) => self.hear(now, session, &event),
            Ok(None) => {}
            Err(error) => self.wrong = Some(error),
        }
    }

    /// The slot of `/`.
    pub fn slot(&self) -> Slot {
        self.joined.first().expect("nothing is joined").0
    }

    fn nsp(&self, slot: Slot) -> &str {
        let mut joined = self.joined.iter();
        joined.find(|(s, _)| *s == slot).map_or("?", |(_, n)| n)
    }

    fn line(&self, event: &Event<'_>) -> String {
        match event {
            Event::Socket(Heard::Connect {
                nsp, query, auth, ..
            }) => {
                let query = query.as_ref().map_or(String::new(), |q| format!("?{q}"));
                match auth {
                    Some(auth) => format!("connect {nsp}{query} {}", auth.as_str()),
                    None => format!("connect {nsp}{query}"),
                }
            }
            Event::Socket(Heard::Event { slot, id, packet }) => {
                let id = id.map_or(String::new(), |id| format!("#{id}"));
                format!("event {}{id} {}", self.nsp(*slot), payload(packet))
            }
            Event::Socket(Heard::Ack { slot, id, packet }) => {
                format!("ack {}#{id} {}", self.nsp(*slot), payload(packet))
            }
            Event::Socket(Heard::AckTimeout { slot, id }) => {
                format!("timeout {}#{id}", self.nsp(*slot))
            }
            Event::Socket(Heard::Disconnect { slot, reason }) => {
                format!("left {}: {reason}", self.nsp(*slot))
            }
            Event::Unchecked(_, event) => format!("unchecked {}", event.text()),
            Event::Upgraded => "upgraded".into(),
            Event::Closed(reason) => format!("closed: {reason}"),
        }
    }

    fn answer(
        &mut self,
        now: Instant,
        session: &mut Session,
        event: &Heard<'_>,
    ) -> Result<(), SendError> {
        match event {
            Heard::Connect { slot, nsp, .. } if nsp.starts_with("/nowhere") => {
                session.refuse_namespace(*slot)
            }
            Heard::Connect { slot, nsp, .. } if nsp == "/no" => session.refuse(*slot, "no", None),
            Heard::Connect { nsp, .. } if nsp == "/later" => Ok(()),
            Heard::Connect { slot, nsp, .. } => {
                session.accept(*slot, "s")?;
                self.joined.push((*slot, nsp.clone().into_owned()));
                Ok(())
            }
            Heard::Event { slot, id, packet } => {
                if let Some(id) = id {
                    session.ack(*slot, *id, &Encoded::relay_args(packet))?;
                }
                match packet.name() {
                    "leave" => session.disconnect(*slot),
                    "ask" => {
                        let event = Encoded::relay_event("asked", packet)?;
                        let by = now.after(Duration::from_secs(3));
                        session.emit_with_ack(*slot, &event, Some(by)).map(drop)
                    }
                    "message" => {
                        let event = Encoded::relay_event("back", packet)?;
                        session.emit(*slot, &event, Admit::Normal)
                    }
                    _ => Ok(()),
                }
            }
            Heard::Ack { .. } | Heard::AckTimeout { .. } | Heard::Disconnect { .. } => Ok(()),
        }
    }
}

/// The JSON, and the attachments in hex.
fn payload(packet: &Packet<'_>) -> String {
    let mut line = packet.args().to_owned();
    for attachment in packet.attachments() {
        line.push_str(" <");
        line.extend(attachment.iter().map(|b| format!("{b:02x}")));
        line.push('>');
    }
    line
}
