//! Bytes: what socket.io-msgpack-parser 2.2 writes, read where that is asked for.

use crate::{config, hex, line};
use siox_socketio::{Error, Leniency, MessagePack, Parser};
use siox_wire::Message;

fn read(message: Message<'_>, revision4: bool) -> Result<String, Error> {
    let parser = MessagePack {
        revision4,
        ..MessagePack::default()
    };
    let parsed = parser.decode(message, &config(Leniency::STRICT))?;
    Ok(line(parsed.packet()))
}

#[test]
fn packets_without_values_are_text() {
    for (text, expected) in [
        (r#"{"type":0,"nsp":"/"}"#, Ok("0 / None")),
        (
            r#"{"type":0,"query":"a=b","nsp":"/x?a=b"}"#,
            Ok("0 /x?a=b None"),
        ),
        (r#"{"nsp":"/x","type":1}"#, Ok("1 /x")),
        ("", Err(Error::PacketType)),
        ("0", Err(Error::PacketType)),
        ("{", Err(Error::PacketType)),
        (r#"{"nsp":"/"}"#, Err(Error::PacketType)),
        (r#"{"type":0.5,"nsp":"/"}"#, Err(Error::PacketType)),
        (r#"{"type":"0","nsp":"/"}"#, Err(Error::PacketType)),
        // Its writer puts these into MessagePack, or does not write them.
        (
            r#"{"type":2,"nsp":"/","data":["a"]}"#,
            Err(Error::PacketType),
        ),
        (
            r#"{"type":4,"nsp":"/","data":"no"}"#,
            Err(Error::PacketType),
        ),
        (r#"{"type":0}"#, Err(Error::Namespace)),
        (r#"{"type":0,"nsp":7}"#, Err(Error::Namespace)),
        (r#"{"type":0,"nsp":"x"}"#, Err(Error::Namespace)),
    ] {
        let expected = expected.map(str::to_owned);
        assert_eq!(read(text.into(), true), expected, "{text}");
        assert_eq!(read(text.into(), false), Err(Error::TextMessage), "{text}");
    }
    let long = format!(r#"{{"type":0,"nsp":"/{}"}}"#, "x".repeat(300));
    assert!(matches!(
        read((&*long).into(), true),
        Err(Error::NamespaceTooLong { .. })
    ));
    let deep = format!(r#"{{"type":0,"nsp":"/","x":{}"#, "[".repeat(100_000));
    assert_eq!(read((&*deep).into(), true), Err(Error::PacketType));
}

/// An event and an acknowledgement with binary values, of the types that JSON has for them.
#[test]
fn packets_with_binary_values_have_their_own_types() {
    for (wire, expected) in [
        (
            "83a47479706505a46461746192a162c403010203a36e7370a12f",
            r#"2 / None b ["b",{"_placeholder":true,"num":0}] [b"\x01\x02\x03"]"#,
        ),
        (
            "84a47479706506a46461746191c40109a26964 07a36e7370a12f",
            r#"3 / 7  [{"_placeholder":true,"num":0}] [b"\t"]"#,
        ),
    ] {
        let wire = hex(&wire.replace(' ', ""));
        assert_eq!(read(wire[..].into(), true).as_deref(), Ok(expected));
        assert_eq!(read(wire[..].into(), false), Err(Error::PacketType));
    }
    let seven = hex("82a47479706507a36e7370a12f");
    assert_eq!(read(seven[..].into(), true), Err(Error::PacketType));
}
