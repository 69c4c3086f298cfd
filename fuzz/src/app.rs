//! The application on top of the stack: it answers everything, and never the same way for two reasons.
//! What it does depends on what it hears and on nothing else.

use siox_engineio::Sid;
use siox_socketio::{Encoded, Event as Heard, Slot, Unchecked, Value};
use siox_stack::{Error, Event, Session};
use siox_wire::{Admit, Instant, SendError};
use std::time::Duration;

/// What the application heard, and whom it serves.
#[derive(Debug, Default)]
pub struct App {
    /// Every event and error, by `Debug`.
    pub heard: Vec<String>,
    /// The namespaces joined.
    pub slots: Vec<Slot>,
    /// The session has ended and said so.
    pub closed: bool,
    /// What was wrong with an event that was told unchecked.
    pub wrong: Option<Error>,
}

impl App {
    /// The id of every session here.
    #[must_use]
    pub fn sid() -> Sid {
        Sid::from_random(&[7; 15])
    }

    /// Hears an event and answers it.
    ///
    /// # Panics
    /// When something is told behind the end.
    pub fn hear(&mut self, now: Instant, session: &mut Session, event: &Event<'_>) {
        if let Event::Unchecked(slot, event) = event {
            return self.check(now, session, *slot, event);
        }
        self.heard.push(format!("{event:?}"));
        assert!(!self.closed, "told behind the end: {:?}", self.heard.last());
        let sent = match event {
            Event::Socket(event) => self.answer(now, session, event),
            Event::Unchecked(..) | Event::Upgraded => Ok(()),
            Event::Closed(_) => {
                self.closed = true;
                self.slots.clear();
                Ok(())
            }
        };
        if let Err(error) = sent {
            self.heard.push(format!("not sent: {error:?}"));
        }
    }

    fn check(&mut self, now: Instant, session: &mut Session, slot: Slot, event: &Unchecked<'_>) {
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

    fn answer(
        &mut self,
        now: Instant,
        session: &mut Session,
        event: &Heard<'_>,
    ) -> Result<(), SendError> {
        match event {
            Heard::Connect { slot, nsp, .. } if nsp.contains("nowhere") => {
                session.refuse(*slot, "Invalid namespace", None)
            }
            Heard::Connect { slot, .. } => {
                session.accept(*slot, "s")?;
                self.slots.push(*slot);
                let greeting = Encoded::event("auth", &Value::null())?;
                session.emit(*slot, &greeting, Admit::Normal)
            }
            Heard::Event { slot, id, packet } => {
                if let Some(id) = id {
                    session.ack(*slot, *id, &Encoded::relay_args(packet))?;
                }
                match packet.name() {
                    "leave" => session.disconnect(*slot),
                    "emit-with-ack" => {
                        let event = Encoded::relay_event("emit-with-ack", packet)?;
                        let by = now.after(Duration::from_secs(3));
                        session.emit_with_ack(*slot, &event, Some(by)).map(drop)
                    }
                    _ => {
                        let event = Encoded::relay_event("message-back", packet)?;
                        session.emit(*slot, &event, Admit::Normal)
                    }
                }
            }
            Heard::Ack { .. } | Heard::AckTimeout { .. } => Ok(()),
            Heard::Disconnect { slot, .. } => {
                self.slots.retain(|joined| joined != slot);
                Ok(())
            }
        }
    }
}

/// Runs the session's timers that are due at `now`.
///
/// # Panics
/// When they do not come to rest.
pub fn expire(now: Instant, session: &mut Session, app: &mut App) {
    use siox_stack::Machine;
    for _ in 0..10_000 {
        if session.poll_timeout().is_none_or(|at| at > now) {
            return;
        }
        turn(now, session, app);
    }
    let heard: Vec<_> = app.heard.iter().rev().take(5).collect();
    panic!(
        "a timer at {:?} stays due at {now:?}; told last: {heard:?}",
        session.poll_timeout()
    );
}

/// One turn of the timers.
///
/// # Panics
/// When something is told behind the end.
pub fn turn(now: Instant, session: &mut Session, app: &mut App) {
    use siox_stack::Machine;
    match session.handle_timeout(now) {
        Ok(Some(event)) => app.hear(now, session, &event),
        Ok(None) => {}
        Err(error) => app.heard.push(format!("{error:?}")),
    }
}

/// Lets time pass until the session has ended, with nobody on the other side any more.
///
/// # Panics
/// When it does not end, or does not say so.
pub fn outlive(mut now: Instant, session: &mut Session, app: &mut App) {
    use siox_stack::Machine;
    for _ in 0..1000 {
        let Some(due) = session.poll_timeout() else {
            assert!(app.closed, "no timer, and the end was not told");
            return;
        };
        now = now.max(due);
        expire(now, session, app);
        let _ = session.poll_response();
    }
    panic!("it outlives everything: {:?}", app.heard.last());
}
