//! The body of a POST.

use super::{App, Host, pending::Parked, turns::Turn};
use crate::clock;
use siox_engineio::Payload;
use siox_stack::{COURTESY, Machine, front::Answer};
use std::{sync::Arc, thread};

/// Gives the session every packet of `body`, as fast as the app wants them, and returns the answer.
pub(super) fn work_off<A: App>(host: &Arc<Host<A>>, post: Parked<A>, mut body: Vec<u8>) -> Answer {
    await_poll(&post, &body);
    let mut payload = Payload::new(&mut body);
    let (conn, lane) = (&post.conn, post.lane);
    let result = loop {
        host.app.wait_ready(conn);
        let turn = Turn::take(host, conn);
        match conn.with(|m| m.handle_body(clock::now(), lane, &mut payload)) {
            Ok(Some(event)) => turn.tell(event),
            Ok(None) => break Ok(()),
            Err(e) => break Err(e),
        }
    };
    let response = conn.with(|m| m.finish_post(lane, result));
    post.answer(response)
}

/// A client that closes has its poll under way; its connection's thread is given the time to be first.
fn await_poll<A: App>(post: &Parked<A>, body: &[u8]) {
    let until = clock::now().after(COURTESY);
    while post.conn.with(|m| m.misses_poll(post.lane, body)) && clock::now() < until {
        thread::sleep(COURTESY / 25);
    }
}
