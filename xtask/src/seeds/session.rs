//! What a client's side of a connection sends from its first byte on: request, upgrade, heartbeat, packets, goodbye.

use super::Seed;
use super::http::{key, upgrade};
use super::websocket::{BINARY, TEXT, masked};

pub(super) fn seeds() -> Vec<Seed> {
    let text = |packet: &str| masked(TEXT, packet.as_bytes());
    let open = || upgrade("/socket.io/?EIO=4&transport=websocket", key());
    let joined = |packets: &[Vec<u8>]| [open(), text("40"), packets.concat()].concat();
    vec![
        ("connect", joined(&[])),
        (
            "connect-auth",
            [open(), text(r#"40{"token":"secret"}"#)].concat(),
        ),
        (
            "namespaces",
            joined(&[
                text("40/custom,"),
                text(r#"42/custom,["a"]"#),
                text("41/custom,"),
                text("40/nowhere,"),
            ]),
        ),
        (
            "events",
            joined(&[
                text(r#"42["message",1,"2",{"3":[true]}]"#),
                text(r#"42456["message-with-ack",1]"#),
            ]),
        ),
        (
            "binary-event",
            joined(&[
                text(
                    r#"452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
                ),
                masked(BINARY, &[1, 2, 3]),
                masked(BINARY, b""),
            ]),
        ),
        (
            "ack",
            joined(&[text(r#"42["emit-with-ack",1]"#), text("431[1,2]")]),
        ),
        ("heartbeat", joined(&[text("3"), text("2probe"), text("3")])),
        (
            "goodbye",
            joined(&[text("41"), text("1"), masked(0x88, b"\x03\xe8")]),
        ),
        (
            "bad-before-connect",
            [open(), text(r#"42["message"]"#)].concat(),
        ),
        ("bad-utf8", joined(&[masked(TEXT, b"42[\"\xff\"]")])),
        ("bad-packet", joined(&[text("4abc")])),
        ("bad-attachment", joined(&[masked(BINARY, &[1])])),
        (
            "bad-missing-attachment",
            joined(&[
                text(r#"451-["x",{"_placeholder":true,"num":0}]"#),
                text("3"),
            ]),
        ),
        (
            "v3",
            [
                upgrade("/socket.io/?EIO=3&transport=websocket", key()),
                text("2probe"),
                text(r#"42["message",1]"#),
            ]
            .concat(),
        ),
        ("poll", poll("GET", "", "")),
        (
            "poll-twice",
            [poll("GET", "", ""), poll("GET", "&sid=x", "")].concat(),
        ),
        (
            "post",
            [
                poll("GET", "", ""),
                poll("POST", "&sid=x", "40\x1e42[\"message\",1]\x1e3"),
            ]
            .concat(),
        ),
        (
            "bad-transport",
            b"GET /socket.io/?EIO=4&transport=pigeon HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
        ),
        (
            "bad-path",
            b"GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
        ),
    ]
}

fn poll(method: &str, query: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} /socket.io/?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}
