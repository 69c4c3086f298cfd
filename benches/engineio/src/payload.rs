//! Bodies of polls: packets decoded from them, and put together to them.

use crate::{
    input::{Batch, SEPARATOR},
    rounds::{Job, measure},
};
use bytes::{BufMut, Bytes, BytesMut};
use engineioxide_core::{Packet as Oxide, PacketBuf, ProtocolVersion, Str, payload as oxide};
use futures_util::{FutureExt, StreamExt, stream};
use http_body_util::Full;
use rust_engineio::{Packet as Rusty, PacketId};
use siox_engineio::{Kind, Packet, Payload, encode_payload};
use siox_wire::Message;
use std::{hint::black_box, pin::pin};

const BATCHES: [Batch; 5] = [
    Batch::text(1, 20),
    Batch::text(16, 20),
    Batch::text(16, 1024),
    Batch::binary(16, 20),
    Batch::binary(16, 1024),
];

/// Larger than every body here.
const LIMIT: u64 = 1 << 20;

pub(crate) fn tables(rounds: usize) {
    for (title, jobs) in [
        ("Decode", decode as fn(Batch) -> [Job; 3]),
        ("Encode", encode),
    ] {
        println!("### {title} a payload, ns a packet\n");
        println!(
            "| packets | siox | engineioxide-core | rust_engineio | siox ÷ engineioxide-core | siox ÷ rust_engineio |"
        );
        println!("|---|--:|--:|--:|--:|--:|");
        for batch in BATCHES {
            let took = measure(&mut jobs(batch), rounds, batch.count * batch.size);
            let [siox, oxide, rusty] = [0, 1, 2].map(|at| took[at] / batch.count as f64);
            println!(
                "| {} | {siox:.0} | {oxide:.0} | {rusty:.0} | {:.2} | {:.2} |",
                batch.title(),
                siox / oxide,
                siox / rusty
            );
        }
        println!();
    }
}

fn decode(batch: Batch) -> [Job; 3] {
    let body = batch.body();
    let (one, other) = (Bytes::from(body.clone()), Bytes::from(body.clone()));
    let mut scratch = Vec::new();
    [
        Job::new("siox", move || {
            scratch.clear();
            scratch.extend_from_slice(black_box(&body));
            Payload::new(&mut scratch)
                .map(|packet| black_box(packet.expect("valid")).data.as_bytes().len())
                .sum()
        }),
        Job::new("engineioxide-core", move || {
            let body = Full::new(black_box(&one).clone());
            let mut packets = pin!(oxide::decoder(body, None, ProtocolVersion::V4, LIMIT));
            let mut seen = 0;
            while let Some(packet) = packets.next().now_or_never().expect("all is there") {
                seen += match black_box(packet.expect("valid")) {
                    Oxide::Message(text) => text.len(),
                    Oxide::Binary(data) => data.len(),
                    other => panic!("{other:?}"),
                };
            }
            seen
        }),
        Job::new("rust_engineio", move || {
            let body = black_box(&other);
            let packets: Result<Vec<Rusty>, _> = body
                .split(|&byte| byte == SEPARATOR)
                .map(|packet| Rusty::try_from(body.slice_ref(packet)))
                .collect();
            let packets = black_box(packets.expect("valid"));
            packets.iter().map(|packet| packet.data.len()).sum()
        }),
    ]
}

fn encode(batch: Batch) -> [Job; 3] {
    let (length, bytes) = (batch.body().len(), batch.count * batch.size);
    let check = move |len: usize| {
        assert_eq!(len, length);
        bytes
    };
    let (siox, oxide, rusty) = (
        siox(batch, check),
        engineioxide(batch, check),
        rust_engineio(batch, check),
    );
    [
        Job::new("siox", siox),
        Job::new("engineioxide-core", oxide),
        Job::new("rust_engineio", rusty),
    ]
}

fn siox(batch: Batch, check: impl Fn(usize) -> usize) -> impl FnMut() -> usize {
    let data = match batch.is_binary {
        true => Message::Binary(batch.message().into_bytes().into()),
        false => Message::Text(batch.message().into()),
    };
    let packet = Packet {
        kind: Kind::Message,
        data,
    };
    let packets = vec![packet; batch.count];
    move || check(black_box(encode_payload(black_box(&packets))).len())
}

fn engineioxide(batch: Batch, check: impl Fn(usize) -> usize) -> impl FnMut() -> usize {
    let packet = match batch.is_binary {
        true => Oxide::Binary(batch.message().into()),
        false => Oxide::Message(Str::from(batch.message())),
    };
    let packets = vec![packet; batch.count];
    move || {
        let packets = black_box(&packets).iter();
        let packets = stream::iter(packets.map(|packet| PacketBuf::from_iter([packet.clone()])));
        let payload = oxide::encoder(packets, ProtocolVersion::V4, true, LIMIT).now_or_never();
        check(black_box(payload.expect("all is there")).data.len())
    }
}

fn rust_engineio(batch: Batch, check: impl Fn(usize) -> usize) -> impl FnMut() -> usize {
    let id = match batch.is_binary {
        true => PacketId::MessageBinary,
        false => PacketId::Message,
    };
    let packets = vec![Rusty::new(id, batch.message()); batch.count];
    move || {
        let mut body = BytesMut::new();
        for packet in black_box(&packets) {
            body.extend_from_slice(&Bytes::from(packet.clone()));
            body.put_u8(SEPARATOR);
        }
        body.truncate(body.len() - 1);
        check(black_box(body.freeze()).len())
    }
}
