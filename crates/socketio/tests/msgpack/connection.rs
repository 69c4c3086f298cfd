//! A connection with this parser.

use crate::{
    common::{Out, Sent, ms},
    config, hex, packet,
};
use rmpv::Value as Oracle;
use siox_socketio::{Connection, Encoded, Error, Event, Leniency};
use siox_wire::{Admit, Message};

#[test]
fn a_connection_speaks_it() {
    let config = config(Leniency::STRICT);
    let mut out = Out::default();
    let mut connection = Connection::new(ms(0), config.clone().into());
    let connect = hex("82a47479706500a36e7370a12f");
    let event = connection.handle_message(ms(0), Message::from(&connect[..]), &mut out);
    let Ok(Some(Event::Connect { slot, .. })) = event else {
        panic!("{event:?}")
    };
    connection.accept(slot, "x", &mut out).unwrap();
    let mut args = vec![Oracle::from("sum"), 1.into(), 2.into()];
    args.extend(vec![Oracle::Binary(vec![0]); 20]);
    let wire = packet(&[
        ("type", 2.into()),
        ("nsp", "/".into()),
        ("data", Oracle::Array(args)),
        ("id", 3.into()),
    ]);
    let event = connection.handle_message(ms(0), Message::from(&wire[..]), &mut out);
    let Ok(Some(Event::Event {
        id: Some(id),
        packet: got,
        ..
    })) = event
    else {
        panic!("{event:?}")
    };
    assert_eq!((got.name(), got.len(), id), ("sum", 22, 3));
    // More attachments than JSON may have are nothing here.
    connection
        .ack(slot, id, &Encoded::relay_args(&got), &mut out)
        .unwrap();
    let bye = Encoded::event("bye", &()).unwrap();
    connection
        .emit(slot, &bye, Admit::Normal, &mut out)
        .unwrap();
    let id = connection.emit_with_ack(slot, &bye, None, &mut out);
    assert_eq!(id, Ok(1));
    let group = config.shared("/", &bye, Some(9)).unwrap();
    connection
        .broadcast(slot, &group, Admit::Normal, &mut out)
        .unwrap();
    connection.disconnect(slot, &mut out).unwrap();
    let sent: Vec<String> = out
        .sent
        .drain(..)
        .map(|sent| match sent {
            Sent::Binary(bytes) => {
                let all = rmpv::decode::read_value(&mut &bytes[..]).unwrap();
                all.to_string()
            }
            Sent::Text(text) => panic!("{text}"),
        })
        .collect();
    let bin = vec!["[0]"; 20].join(", ");
    assert_eq!(
        sent,
        [
            r#"{"type": 0, "nsp": "/", "data": {"sid": "x"}}"#.to_owned(),
            format!(r#"{{"type": 3, "nsp": "/", "data": [1, 2, {bin}], "id": 3}}"#),
            r#"{"type": 2, "nsp": "/", "data": ["bye"]}"#.into(),
            r#"{"type": 2, "nsp": "/", "data": ["bye"], "id": 1}"#.into(),
            r#"{"type": 2, "nsp": "/", "data": ["bye"], "id": 9}"#.into(),
            r#"{"type": 1, "nsp": "/"}"#.into(),
        ]
    );
    let error = connection.handle_message(ms(0), Message::from("0"), &mut out);
    assert_eq!(error, Err(Error::TextMessage));
}
