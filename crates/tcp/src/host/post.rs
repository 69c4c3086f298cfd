//! The body of a POST.

use super::{App, Host, pending::Parked, turns::Turn};
use crate::clock;
use siox_engineio::Payload;
use siox_stack::{Machine, front::Answer};
use std::sync::Arc;

/// Gives the session every packet of `body`, as fast as the app wants them, and returns the answer.
pub(super) fn work_off<A: App>(host: &Arc<Host<A>>, post: Parked<A>, mut body: Vec<u8>) -> Answer {
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
