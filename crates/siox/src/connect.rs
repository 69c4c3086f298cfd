//! A client's way into a namespace: middleware, the CONNECT answer, `on_connect`, then its events.

use crate::{
    BoxError, ConnectError, Socket,
    adapter::Restored,
    error::Fault,
    extract::{Incoming, Kind, Side},
    handler::{Called, Running},
    handlers::{Entry, List, Occasion},
    inbox::{End, noop, poll_caught},
    metrics::Count,
    namespace::refusal,
};
use std::{future::poll_fn, task::Poll};
use tracing::Instrument;

/// Begins in place; only a client whose middleware or `on_connect` is pending gets a task.
pub(crate) fn begin(socket: Socket, back: Option<Restored>) {
    socket.conn().data().add(socket.clone());
    let runtime = socket.runtime().clone();
    let own = socket.clone();
    let entering = async move {
        enter(&own, back).await;
        Ok(())
    };
    let mut entering: Running = Box::pin(entering.instrument(socket.span().clone()));
    match poll_caught(&mut entering, &mut noop()) {
        Poll::Ready(end) => abort_on_panic(&socket, end),
        Poll::Pending => {
            let tasks = &socket.nsp().shared.clone().tasks;
            tasks.spawn(&runtime, async move {
                let end = poll_fn(|cx| poll_caught(&mut entering, cx)).await;
                abort_on_panic(&socket, end);
            });
        }
    }
}

/// A middleware or `on_connect` that panicked costs the socket.
fn abort_on_panic(socket: &Socket, end: End) {
    if end.is_ok() {
        return;
    }
    refuse(socket, &ConnectError::new("server error"));
    socket.ended("connect", end);
    socket.open();
}

async fn enter(socket: &Socket, back: Option<Restored>) {
    let recovery = socket.nsp().shared.recovery.as_ref();
    let skip = back.is_some() && recovery.is_none_or(|r| r.skip_middlewares);
    let middleware = match skip {
        true => List::default(),
        false => socket.nsp().handlers_at(Occasion::Enter),
    };
    for middleware in middleware.iter() {
        let asked = match call(middleware, socket) {
            Ok(called) => result(called).await,
            Err(e) => Err(e),
        };
        if let Err(e) = asked {
            put_back(socket, back);
            return refuse(socket, &refusal(&e));
        }
    }
    if socket.nsp().enter(socket, back.as_ref()).is_err() {
        // The client has gone while the middleware thought about it.
        put_back(socket, back);
        return let_go(socket);
    }
    tell(socket);
    for handler in socket.nsp().handlers_at(Occasion::Connect).iter() {
        match call(handler, socket) {
            Ok(called) => socket.ended("connect", Ok(result(called).await)),
            Err(e) => socket.report("connect", Fault::Arguments(e)),
        }
    }
    socket.open();
}

/// A session whose client did not come in is kept on: it may be let in the next time.
fn put_back(socket: &Socket, back: Option<Restored>) {
    if let Some(back) = back {
        socket.nsp().adapter.persist(back.session);
    }
}

fn tell(socket: &Socket) {
    let counts = &socket.nsp().shared.counts;
    counts.one(Count::Connect);
    let recovered = socket.is_recovered();
    if recovered {
        counts.one(Count::Recovery);
    }
    tracing::debug!(recovered, "connected");
}

/// It does not come in.
fn let_go(socket: &Socket) {
    socket.conn().data().remove(socket.slot());
    socket.give_up();
}

fn refuse(socket: &Socket, error: &ConnectError) {
    socket.nsp().shared.counts.one(Count::ConnectError);
    socket.span().in_scope(|| tracing::debug!("refused"));
    // Refused only when the client has left already, or is in already.
    let _ = socket
        .conn()
        .with(|m| m.refuse(socket.slot(), &error.message, error.data.as_ref()));
    if !socket.is_connected() {
        let_go(socket);
    }
}

fn call(handler: &Entry, socket: &Socket) -> Result<Called, BoxError> {
    let Some(handler) = handler.take_call() else {
        return Ok(Called::Done(Ok(())));
    };
    handler(&Incoming {
        side: Side::Server(socket),
        kind: Kind::Connect,
    })
}

async fn result(called: Called) -> Result<(), BoxError> {
    match called {
        Called::Done(result) => result,
        Called::Running(future) => future.await,
    }
}
