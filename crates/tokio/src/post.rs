//! The body of a POST, worked off in slices so that a thousand packets do not hold up other tasks.

use crate::{App, Host, admit::Parked, clock, driver::ready};
use siox_engineio::Payload;
use siox_stack::{COURTESY, Machine, front::Answer};
use std::{future::poll_fn, sync::Arc, task::Poll};
use tokio::time::sleep;

/// Packets before other tasks get their turn.
const SLICE: usize = 1024;

/// Gives the session every packet of `body`, as fast as the app wants them, and returns the answer.
pub(crate) async fn work_off<A: App>(
    host: &Arc<Host<A>>,
    post: Parked<A>,
    mut body: Vec<u8>,
) -> Answer {
    await_poll(&post, &body).await;
    let mut payload = Payload::new(&mut body);
    let mut held = false;
    let result = poll_fn(|cx| {
        let _gathered = post.conn.cell.gather();
        let now = clock::now();
        for _ in 0..SLICE {
            if !ready(host, &post.conn, &mut held, cx) {
                return Poll::Pending;
            }
            match post
                .conn
                .with(|m| m.handle_body(now, post.lane, &mut payload))
            {
                Ok(Some(event)) => host.deliver(&post.conn, cx, event),
                Ok(None) => return Poll::Ready(Ok(())),
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    let response = post.conn.with(|m| m.finish_post(post.lane, result));
    post.answer(response)
}

/// A client that closes has its poll under way; its connection's task is given the time to be first.
async fn await_poll<A: App>(post: &Parked<A>, body: &[u8]) {
    let until = clock::now().after(COURTESY);
    while post.conn.with(|m| m.misses_poll(post.lane, body)) && clock::now() < until {
        // Seldom, so that the future of every POST need not have room for it.
        Box::pin(sleep(COURTESY / 25)).await;
    }
}
