//! What an idle client costs: the machine itself and all it holds on the heap. The options, which many
//! clients may share, are not counted.

use crate::{
    desk::{Desk, options, polling, text},
    socket::{probe, upgrade},
};
use siox_engineio::ClientConfig;
use siox_stack::{ClientOptions, EngineClient};
use siox_testkit::alloc::{CountingAllocator, measure};
use siox_wire::Input;
use std::{sync::Arc, time::Duration};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Checks that the client that `make` leaves costs at most `most` bytes, on the heap and beside it.
fn idle(name: &str, most: usize, options: ClientOptions, make: impl FnOnce(Desk) -> Desk) {
    let options = Arc::new(options);
    let (client, usage) = measure(|| make(Desk::with(options.clone())).client);
    let heap = usize::try_from(usage.kept).expect("it freed what it did not take");
    let all = size_of::<EngineClient>() + heap;
    println!(
        "{name}: {} + {heap} = {all} bytes",
        size_of::<EngineClient>()
    );
    assert!(all <= most, "{name}: {all} bytes");
    drop(client);
}

#[test]
fn on_a_websocket() {
    idle(
        "upgraded",
        1_280,
        options(ClientConfig::default()),
        |desk| {
            let (desk, poll, socket, request) = probe(desk.open());
            let (mut desk, socket) = upgrade(desk, poll, socket, &request);
            // The connection of the polls goes, and there is traffic of both kinds.
            desk.pass(Duration::from_secs(3));
            desk.client.binary(vec![1; 5_000].into()).unwrap();
            desk.feed(socket, &text("4hello"));
            desk.feed(socket, &text("2"));
            desk.sent(socket);
            desk
        },
    );
}

#[test]
fn polling_with_a_held_poll() {
    idle("polling", 1_280, polling(), |desk| {
        let mut desk = desk.open();
        desk.take("GET");
        desk.client.text(&"x".repeat(5_000)).unwrap();
        desk.settle();
        let (post, _) = desk.take("POST");
        desk.answer(post, "ok");
        desk.pass(Duration::from_secs(3));
        desk
    });
}

/// All that an idle client on a WebSocket does: it answers a ping and puts off its deadline.
#[test]
fn a_heartbeat_takes_one_allocation() {
    let (desk, poll, socket, request) = probe(Desk::opened(options(ClientConfig::default())));
    let (mut desk, socket) = upgrade(desk, poll, socket, &request);
    desk.pass(Duration::from_secs(3));
    desk.sent(socket);
    let (client, mut ping) = (&mut desk.client, text("2"));
    let ((), usage) = measure(|| {
        let mut input = Input::new(desk.now, &mut ping);
        assert_eq!(client.handle_input(socket, &mut input), None);
        assert_eq!(client.handle_timeout(desk.now), None);
        let waits = client.poll_transmit(socket).map(<[u8]>::len).sum();
        assert_eq!(waits, 7, "a masked pong");
        client.handle_written(socket, waits);
        assert!(client.poll_timeout() > Some(desk.now));
    });
    assert_eq!((usage.calls, usage.kept), (1, 0), "the pong's bytes");
}
