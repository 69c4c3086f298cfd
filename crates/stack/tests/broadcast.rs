//! One packet for many receivers: encoded once for each form that the wire has, shared by reference, and
//! in its place among each receiver's own messages.

mod common;

use bytes::Bytes;
use common::{Peer, calm, wire::frames};
use siox_engineio::{Decision, Method, Request};
use siox_socketio::Encoded;
use siox_stack::Machine;
use siox_testkit::alloc::{CountingAllocator, measure};
use siox_wire::{Admit, SendError, Shared};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Long enough that no copy is cheaper than a reference.
fn long() -> Encoded {
    let blob = Bytes::from(vec![7; 3000]);
    Encoded::event("news", &("x".repeat(3000), blob)).unwrap()
}

fn group(event: &Encoded) -> Arc<Shared> {
    siox_socketio::shared("/", event, None)
}

fn send(peer: &mut Peer, group: &Arc<Shared>) {
    let slot = peer.app.slot();
    peer.session.broadcast(slot, group, Admit::Owed).unwrap();
}

/// Where the longest chunk that waits for the WebSocket lies, and its length.
fn on_socket(peer: &Peer) -> (*const u8, usize) {
    let longest = peer.session.poll_transmit().max_by_key(|chunk| chunk.len());
    longest.map(|chunk| (chunk.as_ptr(), chunk.len())).unwrap()
}

/// The same for the chunks of a poll's answer.
fn on_polling(peer: &mut Peer) -> (*const u8, usize) {
    let request = Request::new(Method::Get, common::wire::PLAIN_POLL);
    let Decision::Answer(response) = peer.session.handle_request(peer.now, &request) else {
        panic!("nothing to fetch")
    };
    let longest = response.body.iter().max_by_key(|chunk| chunk.len());
    longest.map(|chunk| (chunk.as_ptr(), chunk.len())).unwrap()
}

#[test]
fn one_encoding_for_all_receivers_of_a_form() {
    let group = group(&long());
    let make = |kind: fn(&siox_stack::Config) -> Peer| (0..20).map(move |_| kind(&calm()).joined());
    let mut sockets: Vec<_> = make(Peer::socket).chain(make(Peer::upgraded)).collect();
    let mut polls: Vec<_> = make(Peer::polling).collect();
    for peer in sockets.iter_mut().chain(&mut polls) {
        send(peer, &group);
    }
    let first = on_socket(&sockets[0]);
    assert!(first.1 > 6000, "both messages are one run");
    assert!(sockets.iter().all(|peer| on_socket(peer) == first));
    let first = on_polling(&mut polls[0]);
    assert!(first.1 > 7000, "a packet and base64 are one run");
    assert!(polls[1..].iter_mut().all(|peer| on_polling(peer) == first));
}

#[test]
fn a_receiver_costs_a_reference() {
    let group = group(&long());
    for kind in [Peer::socket, Peer::polling] {
        send(&mut kind(&calm()).joined(), &group);
        let mut peer = kind(&calm()).joined();
        let ((), usage) = measure(|| send(&mut peer, &group));
        assert!(usage.peak <= 256, "{usage:?}");
    }
}

/// The group of a session that polls goes over an upgrade as it is.
#[test]
fn it_stays_shared_over_an_upgrade() {
    let group = group(&long());
    let mut direct = Peer::socket(&calm()).joined();
    send(&mut direct, &group);
    let mut moved = Peer::polling(&calm()).joined();
    send(&mut moved, &group);
    moved.open_probe();
    moved.text("2probe").unwrap();
    moved.text("5").unwrap();
    assert_eq!(on_socket(&moved), on_socket(&direct));
}

/// On the wire a broadcast is what an emit is, and in the order of the calls.
#[test]
fn in_order_among_own_messages() {
    for (size, binary) in [(1, false), (1, true), (2000, false), (2000, true)] {
        let text = "x".repeat(size);
        let event = |n: u32| match binary {
            true => Encoded::event("e", &(n, &text, Bytes::from(vec![1; size]))).unwrap(),
            false => Encoded::event("e", &(n, &text)).unwrap(),
        };
        for (name, peer) in Peer::every(&calm()) {
            let mut mixed = peer.joined();
            let slot = mixed.app.slot();
            for n in 0..10 {
                match n % 3 {
                    0 => mixed.session.emit(slot, &event(n), Admit::Normal).unwrap(),
                    _ => send(&mut mixed, &group(&event(n))),
                }
            }
            let mut plain = match name {
                "polling" => Peer::polling(&calm()).joined(),
                _ => Peer::socket(&calm()).joined(),
            };
            let own = plain.app.slot();
            for n in 0..10 {
                plain.session.emit(own, &event(n), Admit::Normal).unwrap();
            }
            assert_eq!(mixed.fetch(), plain.fetch(), "{name} {size} {binary}");
        }
    }
}

/// A write may stop anywhere inside a group; what is queued meanwhile comes behind it.
#[test]
fn a_group_half_written() {
    let group = group(&long());
    let whole = {
        let mut peer = Peer::socket(&calm()).joined();
        send(&mut peer, &group);
        peer.written()
    };
    for stop in (0..whole.len()).step_by(97) {
        let mut peer = Peer::socket(&calm()).joined();
        send(&mut peer, &group);
        let lane = peer.lane.unwrap();
        let waiting = peer.session.poll_transmit().collect::<Vec<_>>().concat();
        peer.session.handle_written(lane, stop);
        peer.text(r#"42["message",1]"#).unwrap();
        send(&mut peer, &group);
        let mut got = waiting[..stop].to_vec();
        got.extend(peer.written());
        let own = frames(&got[whole.len()..]);
        assert_eq!(got[..whole.len()], whole, "{stop}");
        assert_eq!(own[0].to_string(), r#"42["back",1]"#, "{stop}");
        assert_eq!(got[got.len() - whole.len()..], whole, "{stop}");
    }
}

#[test]
fn only_those_who_joined_receive() {
    let group = group(&long());
    for (name, mut peer) in Peer::every(&calm()) {
        peer.say("40/later,").unwrap();
        assert!(peer.app.joined.is_empty(), "{name}");
        let mut peer = peer.joined();
        let slot = peer.app.slot();
        peer.say(r#"42["leave"]"#).unwrap();
        peer.fetch();
        let sent = peer.session.broadcast(slot, &group, Admit::Owed);
        assert_eq!(sent, Err(SendError::Closed), "{name}");
    }
}
