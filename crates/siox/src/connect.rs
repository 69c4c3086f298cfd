//! A client's way into a namespace: middleware, the CONNECT answer, `on_connect`, then its events.

use crate::{
    BoxError, ConnectError, Socket,
    error::Fault,
    extract::{Incoming, Kind},
    handler::{Called, Erased},
    inbox::{End, noop, poll_caught},
    namespace::refusal,
};
use std::{future::poll_fn, sync::Arc, task::Poll};

/// Begins in place; only a client whose middleware or `on_connect` is pending gets a task.
pub(crate) fn begin(socket: Socket) {
    let runtime = socket.runtime().clone();
    let own = socket.clone();
    let mut entering: crate::handler::Running = Box::pin(async move {
        enter(&own).await;
        Ok(())
    });
    match poll_caught(&mut entering, &mut noop()) {
        Poll::Ready(end) => abort_on_panic(&socket, end),
        Poll::Pending => {
            runtime.spawn(async move {
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

async fn enter(socket: &Socket) {
    for middleware in socket.nsp().middleware().iter() {
        let asked = match call(middleware, socket) {
            Ok(called) => result(called).await,
            Err(e) => Err(e),
        };
        if let Err(e) = asked {
            return refuse(socket, &refusal(&e));
        }
    }
    if socket.nsp().enter(socket).is_err() {
        // The client has gone while the middleware thought about it.
        return socket.conn().data().remove(socket.slot());
    }
    for handler in socket.nsp().connect_handlers().iter() {
        match call(handler, socket) {
            Ok(called) => socket.ended("connect", Ok(result(called).await)),
            Err(e) => socket.report("connect", Fault::Arguments(e)),
        }
    }
    socket.open();
}

fn refuse(socket: &Socket, error: &ConnectError) {
    // Refused only when the client has left already, or is in already.
    let _ = socket
        .conn()
        .with(|m| m.refuse(socket.slot(), &error.message, error.data.as_ref()));
    if !socket.is_connected() {
        socket.conn().data().remove(socket.slot());
    }
}

fn call(handler: &Arc<Erased>, socket: &Socket) -> Result<Called, BoxError> {
    handler(&Incoming {
        socket,
        kind: Kind::Connect,
    })
}

async fn result(called: Called) -> Result<(), BoxError> {
    match called {
        Called::Done(result) => result,
        Called::Running(future) => future.await,
    }
}
