//! What is sent, and what must come back. Keys are in the order of the alphabet and no number is whole and a fraction at
//! once, so that every server's JSON is the same to the byte.

use crate::{frames, link::Batch};

/// The room of the broadcasts.
pub(crate) const ROOM: &str = "room";

/// One event, sent over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// `echo` of a short string: 30 bytes of packet.
    Small,
    /// `ack` of a short string, about as long.
    Ack,
    /// An event of this name with one object, 1 KiB of JSON.
    Object(&'static str),
    /// `becho` with one attachment of 16 KiB.
    Binary,
}

impl Event {
    /// `count` of them over WebSocket.
    pub(crate) fn batch(self, count: usize) -> Batch {
        let mut batch = Batch::default();
        let Batch { ask, answer } = &mut batch;
        for number in 0..count {
            let (sent, due) = self.packets(number);
            frames::ask_text(ask, &sent);
            frames::text(answer, &due);
            if self == Self::Binary {
                let data = attachment();
                frames::ask_binary(ask, &data);
                frames::binary(answer, &data);
            }
        }
        batch
    }

    /// The packet, behind the `4` of Engine.IO, and its answer.
    pub(crate) fn packets(self, number: usize) -> (String, String) {
        match self {
            Self::Small => same(r#"42["echo","seventeen letters"]"#.to_owned()),
            Self::Ack => (
                format!(r#"42{number}["ack","seventeen letters"]"#),
                format!(r#"43{number}["seventeen letters"]"#),
            ),
            Self::Object(name) => same(format!(r#"42["{name}",{}]"#, object())),
            Self::Binary => same(r#"451-["becho",{"_placeholder":true,"num":0}]"#.to_owned()),
        }
    }
}

fn same(packet: String) -> (String, String) {
    (packet.clone(), packet)
}

/// An object of 1 KiB of JSON: an order of eleven items.
pub(crate) fn object() -> String {
    let items: Vec<String> = (0..11).map(item).collect();
    format!(
        r#"{{"customer":"Ada Lovelace","id":1000017,"items":[{}],"paid":true,"total":1234.56}}"#,
        items.join(",")
    )
}

fn item(number: usize) -> String {
    format!(
        r#"{{"name":"a thing, number {number}","price":{number}.25,"sku":{},"tags":["new","small","blue"]}}"#,
        700_100 + number
    )
}

fn attachment() -> Vec<u8> {
    (0..16 * 1024).map(|at: usize| (at * 7) as u8).collect()
}

/// `count` events to the room, and what each member receives.
pub(crate) fn shouts(count: usize) -> Batch {
    let mut batch = Batch::default();
    for _ in 0..count {
        frames::ask_text(
            &mut batch.ask,
            &format!(r#"42["shout","{ROOM}","sixteen bytes..."]"#),
        );
        frames::text(&mut batch.answer, r#"42["shout","sixteen bytes..."]"#);
    }
    batch
}

/// The packet that joins the room.
pub(crate) fn join() -> String {
    format!(r#"420["join","{ROOM}"]"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_as_long_as_the_table_says() {
        assert_eq!(Event::Small.packets(0).0.len(), 30);
        let object = Event::Object("echo").packets(0).0.len();
        assert!((1000..=1048).contains(&object), "{object}");
    }
}
