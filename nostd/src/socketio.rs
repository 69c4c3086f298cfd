//! A client that connects and calls a procedure.

use crate::tape::Tape;
use siox_socketio::{Config, Connection, Encoded, Event};
use siox_wire::{Admit, Instant, Message};

pub(crate) fn run() {
    let (now, mut out) = (Instant::EPOCH, Tape::default());
    let mut connection = Connection::new(now, Config::default().into());
    for message in ["0", r#"21["sum",1,2]"#, r#"2["bad"#] {
        let message = Message::from(message);
        match connection.handle_message(now, message, &mut out) {
            Ok(Some(Event::Connect { slot, .. })) => {
                assert!(connection.accept(slot, "x1", &mut out).is_ok());
            }
            Ok(Some(Event::Event {
                slot,
                id: Some(id),
                packet,
            })) => {
                let Ok((a, b)) = packet.decode::<(i64, i64)>() else {
                    panic!("the arguments are two numbers");
                };
                let sum = Encoded::args(&(a + b)).unwrap();
                assert!(connection.ack(slot, id, &sum, &mut out).is_ok());
                let bye = Encoded::event("bye", &()).unwrap();
                assert!(connection.emit(slot, &bye, Admit::Normal, &mut out).is_ok());
            }
            Ok(_) => {}
            Err(error) => out.0.push(alloc::format!("{}", error.reason())),
        }
    }
    assert_eq!(out.0[..3], [r#"0{"sid":"x1"}"#, "31[3]", r#"2["bye"]"#]);
    assert_eq!(out.0.len(), 4, "the last message is an error");
}
