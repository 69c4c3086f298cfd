//! A client that polls closes: when its POST is read.

mod common;

use common::{Peer, calm, ms, sid};
use siox_engineio::{Decision, Method, Request};
use siox_stack::{Engine, Machine};

/// The POST that closes has overtaken the poll. A client of Socket.IO may be back before it has come, and
/// recovers only what has been put by: its POST is not delayed, while that of plain Engine.IO is.
#[test]
fn a_socket_io_session_that_is_closed_waits_for_no_poll() {
    let mut peer = Peer::polling(&calm()).joined();
    let lane = peer.begin_post();
    assert!(!peer.session.misses_poll(lane, b"1"));
    assert!(!peer.session.misses_poll(lane, b"42[\"last\"]\x1e1"));
    assert_eq!(peer.finish_post(lane, b"1"), common::ok("ok"));
    assert!(peer.app.closed);

    let (mut engine, _) = Engine::polling(ms(0), &calm(), sid());
    let post = Request::new(Method::Post, common::wire::PLAIN_POLL);
    let Decision::Body { lane, .. } = engine.handle_request(ms(0), &post) else {
        panic!("it should be read");
    };
    assert!(engine.misses_poll(lane, b"1"));
}
