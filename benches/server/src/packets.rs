//! In memory: packets in and out, siox beside socketioxide's parser.

use crate::{
    event::{Event, object},
    rounds::{Job, measure},
};
use serde::{Deserialize, Serialize};
use siox_socketio::{Config, Decoded, Decoder, Encoded};
use siox_wire::{Instant, Message};
use socketioxide_core::{
    Str, Value,
    packet::{Packet, PacketData},
    parser::{Parse, ParseConfig, ParserState},
};
use socketioxide_parser_common::CommonParser;
use std::{borrow::Cow, hint::black_box};

/// What is encoded.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    customer: String,
    id: u64,
    items: Vec<Item>,
    paid: bool,
    total: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Item {
    name: String,
    price: f64,
    sku: u64,
    tags: Vec<String>,
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) title: &'static str,
    pub(crate) siox: f64,
    pub(crate) other: f64,
    /// What siox's may be at most, on the machine that `reference` was measured on. Nanoseconds.
    pub(crate) bound: f64,
    /// What socketioxide's was there: between them stands a ratio that holds for every machine. Nanoseconds.
    pub(crate) reference: f64,
}

pub(crate) fn lines(rounds: usize) -> Vec<Line> {
    let small = || Event::Small.packets(0).0[1..].to_owned();
    let large = || Event::Object("echo").packets(0).0[1..].to_owned();
    let kib = large().len() as f64 / 1024.0;
    vec![
        line(
            "packet with the event's name, checked, 30 B",
            rounds,
            decode(small),
            (90.0, 218.0),
        ),
        line(
            "the same, 1 KiB",
            rounds,
            decode(large),
            (1400.0 * kib, 1460.0 * kib),
        ),
        line(
            "encode, 30 B",
            rounds,
            encode(|| "seventeen letters".to_owned()),
            (100.0, 231.0),
        ),
        line(
            "encode, 1 KiB, typed",
            rounds,
            encode(order),
            (1600.0, 1800.0),
        ),
        line(
            "decode 1 KiB as a dynamic value",
            rounds,
            dynamic(large),
            (2200.0, 6100.0),
        ),
    ]
}

fn line(
    title: &'static str,
    rounds: usize,
    mut jobs: [Job; 2],
    (bound, reference): (f64, f64),
) -> Line {
    let figures = measure(&mut jobs, rounds, 1);
    Line {
        title,
        siox: figures[0],
        other: figures[1],
        bound,
        reference,
    }
}

fn order() -> Order {
    serde_json::from_str(&object()).expect("the generator's own JSON")
}

fn siox_event<'a>(decoder: &mut Decoder, text: &'a str, config: &Config) -> Decoded<'a> {
    let message = Message::Text(Cow::Borrowed(text));
    decoder
        .handle_message(Instant::EPOCH, message, config)
        .expect("a packet")
        .expect("a whole one")
}

fn socketioxide_event(state: &ParserState, text: &Str) -> Value {
    let packet = CommonParser.decode_str(&ParseConfig::default(), state, text.clone());
    match packet.expect("a packet").inner {
        PacketData::Event(value, _) => value,
        other => panic!("{other:?} is no event"),
    }
}

fn decode(text: fn() -> String) -> [Job; 2] {
    let (ours, theirs) = (text(), Str::from(text()));
    let (mut decoder, config) = (Decoder::default(), Config::default());
    let state = ParserState::default();
    [
        Job::new("siox", move || {
            match siox_event(&mut decoder, black_box(&ours), &config) {
                Decoded::Event { packet, .. } => black_box(packet.name()).len() / 4,
                other => panic!("{other:?} is no event"),
            }
        }),
        Job::new("socketioxide", move || {
            let value = socketioxide_event(&state, black_box(&theirs));
            black_box(CommonParser.read_event(&value))
                .expect("a name")
                .len()
                / 4
        }),
    ]
}

fn encode<T: Serialize + 'static>(what: fn() -> T) -> [Job; 2] {
    let (ours, theirs) = (what(), what());
    let nsp = Str::from("/");
    [
        Job::new("siox", move || {
            let encoded = Encoded::event("echo", black_box(&ours)).expect("JSON");
            black_box(encoded.into_text("/", None));
            1
        }),
        Job::new("socketioxide", move || {
            let value = CommonParser
                .encode_value(black_box(&theirs), Some("echo"))
                .expect("JSON");
            black_box(CommonParser.encode(Packet::event(nsp.clone(), value)));
            1
        }),
    ]
}

/// From the packet on, name included.
fn dynamic(text: fn() -> String) -> [Job; 2] {
    let (ours, theirs) = (text(), Str::from(text()));
    let (mut decoder, config) = (Decoder::default(), Config::default());
    let state = ParserState::default();
    [
        Job::new("siox", move || {
            match siox_event(&mut decoder, black_box(&ours), &config) {
                Decoded::Event { packet, .. } => {
                    let value: siox_socketio::Value = packet.decode().expect("a value");
                    black_box(value);
                    1
                }
                other => panic!("{other:?} is no event"),
            }
        }),
        Job::new("socketioxide", move || {
            let mut value = socketioxide_event(&state, black_box(&theirs));
            let value: serde_json::Value = CommonParser
                .decode_value(&mut value, true)
                .expect("a value");
            black_box(value);
            1
        }),
    ]
}
