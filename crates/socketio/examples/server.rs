//! A server's connection in memory: it answers what three messages of a peer ask, and prints both sides.

use bytes::Bytes;
use siox_socketio::{Config, Connection, Encoded, Event, Rooms, Slot, shared};
use siox_wire::{Admit, Instant, Lead, Message, Part, SendError, Shared, Sink};
use std::sync::Arc;

/// The layer below: it only prints.
struct Wire;

impl Sink for Wire {
    fn admit(&self, _: Admit) -> Result<(), SendError> {
        Ok(())
    }
    fn put_text(&mut self, parts: &[&[u8]]) {
        println!("  -> {}", String::from_utf8_lossy(&parts.concat()));
    }
    fn put_binary(&mut self, _: &[u8], payload: Bytes) {
        println!("  -> {payload:?}");
    }
    fn put_shared(&mut self, group: &Arc<Shared>, _: Lead) {
        for part in group.parts() {
            match part {
                Part::Text(text) => self.put_text(&[text]),
                Part::Binary(bytes) => self.put_binary(b"", bytes.clone()),
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::new(Instant::from_millis(0), Arc::new(Config::default()));
    let mut rooms: Rooms<Slot> = Rooms::default();
    let script = [
        r#"0{"token":"secret"}"#,
        "0/nowhere,",
        r#"20["join","lobby"]"#,
        r#"2["say","lobby","hello"]"#,
        "1",
        "not a packet",
    ];
    for (at, text) in script.into_iter().enumerate() {
        println!("<-   {text}");
        let now = Instant::from_millis(at as u64);
        match connection.handle_message(now, Message::from(text), &mut Wire) {
            Ok(Some(event)) => handle(event, &mut connection, &mut rooms)?,
            Ok(None) => {}
            Err(error) => println!("  closing: {error} ({})", error.reason()),
        }
    }
    Ok(())
}

fn handle(
    event: Event<'_>,
    connection: &mut Connection,
    rooms: &mut Rooms<Slot>,
) -> Result<(), Box<dyn std::error::Error>> {
    match event {
        Event::Connect { slot, nsp, .. } if nsp == "/" => {
            connection.accept(slot, "socket-1", &mut Wire)?;
            rooms.add(slot);
        }
        Event::Connect { slot, .. } => {
            connection.refuse(slot, "Invalid namespace", None, &mut Wire)?;
        }
        Event::Event { slot, id, packet } => match packet.name() {
            "join" => {
                rooms.join(packet.decode()?, slot)?;
                if let Some(id) = id {
                    connection.ack(slot, id, &Encoded::args("joined")?, &mut Wire)?;
                }
            }
            "say" => {
                let (room, text): (&str, &str) = packet.decode()?;
                let group = shared("/", &Encoded::event("said", text)?, None);
                for &member in rooms.select(&[room], &[]) {
                    connection.broadcast(member, &group, Admit::Owed, &mut Wire)?;
                }
            }
            name => println!("  nobody handles {name:?}"),
        },
        Event::Disconnect { slot, reason } => {
            rooms.leave_all(&slot);
            println!("  {reason}");
        }
        Event::Ack { .. } | Event::AckTimeout { .. } => {}
    }
    Ok(())
}
