//! What an idle connection costs: the machines themselves and all they hold on the heap. The settings,
//! which all connections share, are not counted.

mod common;

use common::{
    calm, ms, sid,
    wire::{UPGRADE, masked, text},
};
use siox_engineio::{Decision, Lane, Method, Request};
use siox_socketio::{Encoded, Slot};
use siox_stack::{Config, Engine, Event, Machine, Session};
use siox_testkit::alloc::{CountingAllocator, measure};
use siox_websocket::{Connection, Limits};
use siox_wire::{Admit, Input};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Runs `make` and checks that what it made costs at most `most`, on the heap and beside it.
fn idle<M>(name: &str, most: usize, make: impl FnOnce() -> M) -> M {
    let (machine, usage) = measure(make);
    let heap = usize::try_from(usage.kept).expect("it freed what it did not take");
    let all = size_of::<M>() + heap;
    println!("{name}: {} + {heap} = {all} bytes", size_of::<M>());
    assert!(all <= most, "{name}: {all} bytes");
    machine
}

fn write<M: Machine>(machine: &mut M, lane: Lane) {
    let waiting = machine.poll_transmit().map(<[u8]>::len).sum();
    machine.handle_written(lane, waiting);
}

/// Feeds bytes that were made outside the measure, and drops what is told.
fn feed<M: Machine>(machine: &mut M, lane: Lane, mut bytes: Vec<u8>) {
    let mut input = Input::new(ms(0), &mut bytes);
    while machine.handle_input(lane, &mut input).unwrap().is_some() {}
    write(machine, lane);
}

fn by_socket<M: Machine>(config: &Config) -> (M, Lane) {
    let (mut machine, lane) = M::socket(ms(0), config, sid());
    write(&mut machine, lane);
    (machine, lane)
}

fn by_upgrade<M: Machine>(config: &Config) -> (M, Lane) {
    let (mut machine, _) = M::polling(ms(0), config, sid());
    let Decision::Park(parked) = poll(&mut machine) else {
        panic!("a poll with nothing to fetch is parked")
    };
    let request = Request {
        websocket: true,
        ..Request::new(Method::Get, UPGRADE)
    };
    let Decision::Upgrade(lane) = machine.handle_request(ms(0), &request) else {
        panic!("no upgrade")
    };
    assert_eq!(machine.poll_response().map(|(lane, _)| lane), Some(parked));
    feed(&mut machine, lane, text("2probe"));
    feed(&mut machine, lane, text("5"));
    (machine, lane)
}

fn poll<M: Machine>(machine: &mut M) -> Decision {
    let request = Request::new(Method::Get, common::wire::PLAIN_POLL);
    machine.handle_request(ms(0), &request)
}

/// Joins `/`.
fn join(session: &mut Session, lane: Lane) -> Slot {
    let mut bytes = text("40");
    let mut input = Input::new(ms(0), &mut bytes);
    let Ok(Some(Event::Socket(siox_socketio::Event::Connect { slot, .. }))) =
        session.handle_input(lane, &mut input)
    else {
        panic!("no CONNECT")
    };
    session.accept(slot, "socket-id").unwrap();
    write(session, lane);
    slot
}

#[test]
fn a_websocket() {
    let limits = Arc::new(Limits::default());
    idle("websocket::Connection", 256, || Connection::server(limits));
}

#[test]
fn engine_io() {
    let config = calm();
    idle("Engine, opened by a WebSocket", 512, || {
        by_socket::<Engine>(&config).0
    });
    idle("Engine, upgraded", 512, || by_upgrade::<Engine>(&config).0);
}

#[test]
fn socket_io() {
    let config = calm();
    idle("Session, opened by a WebSocket", 512, || {
        let (mut session, lane) = by_socket(&config);
        join(&mut session, lane);
        session
    });
    idle("Session, upgraded", 512, || {
        let (mut session, lane) = by_upgrade(&config);
        join(&mut session, lane);
        session
    });
}

/// The heap of a session that polls is bounded as well: its queue's frame comes on top.
#[test]
fn polling() {
    let config = calm();
    idle("Session, polling with a parked GET", 768, || {
        let (mut session, _) = Session::polling(ms(0), &config, sid());
        let decision = poll(&mut session);
        assert!(matches!(decision, Decision::Park(_)));
        session
    });
}

/// Traffic of every kind, answered and written, leaves nothing behind.
#[test]
fn after_traffic() {
    let config = calm();
    let event = Encoded::event("e", &("x".repeat(5000),)).unwrap();
    let blob = Encoded::event("b", &(bytes::Bytes::from(vec![1; 5000]),)).unwrap();
    idle("Session, after traffic", 512, || {
        let (mut session, lane) = by_upgrade(&config);
        let slot = join(&mut session, lane);
        session.emit(slot, &event, Admit::Normal).unwrap();
        session.emit(slot, &blob, Admit::Normal).unwrap();
        session.emit_with_ack(slot, &event, Some(ms(10))).unwrap();
        write(&mut session, lane);
        feed(&mut session, lane, text("431[]"));
        for part in [
            masked(0x01, b"42[\"a\""),
            masked(0x80, b"]"),
            text(r#"451-["a",{"_placeholder":true,"num":0}]"#),
            masked(0x82, &[1; 3000]),
            masked(0x89, b"ping"),
        ] {
            feed(&mut session, lane, part);
        }
        session
    });
}

/// What has ended holds less than what lived.
#[test]
fn after_the_end() {
    let config = calm();
    let event = Encoded::event("e", &("x".repeat(5000),)).unwrap();
    idle("Session, ended with much unsent", 512, || {
        let (mut session, lane) = by_socket(&config);
        let slot = join(&mut session, lane);
        for _ in 0..20 {
            session.emit_with_ack(slot, &event, None).unwrap();
        }
        session.handle_eof(ms(1), lane);
        session.handle_socket_gone(lane);
        assert!(matches!(
            session.handle_timeout(ms(1)),
            Ok(Some(Event::Closed(_)))
        ));
        session
    });
}
