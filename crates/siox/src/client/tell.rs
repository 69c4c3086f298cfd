//! What happened, told to the application: its handlers, its streams, those who wait.

use super::{
    core::{Core, Inner, Status},
    events::Received,
    manager::ConnectionEvent,
    shared::Shared,
    state::News,
};
use crate::{
    Ack, Args, BoxError, CloseDetails, ConnectError, Fault,
    extract::{Ended, Incoming, Kind, Side},
    handler::{Called, Running},
    handlers::{Entry, Occasion},
    running::{End, dropped, message_of, noop, poll_caught},
};
use siox_socketio::{DisconnectReason, Packet};
use siox_stack::{ManagerEvent, Owed, SocketKey};
use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    task::Poll,
};

/// What those who wait are told when it is not tried any more.
pub(super) const GAVE_UP: &str = "gave up to reconnect";

/// Tells everything there is to tell.
pub(super) fn all(shared: &Arc<Shared>) {
    shared.news.look(|news| *news = false);
    while let Some(news) = shared.next_news() {
        match news {
            News::Machine(event) => one(shared, event),
            News::Connection(event) => shared.watchers.tell(&event),
        }
    }
}

fn one(shared: &Arc<Shared>, event: ManagerEvent) {
    match event {
        ManagerEvent::Opened => shared.watchers.tell(&ConnectionEvent::Open),
        ManagerEvent::Error { message } => shared.watchers.tell(&ConnectionEvent::Error(message)),
        ManagerEvent::Closed { reason, details } => {
            let details = CloseDetails(details);
            unready(shared);
            if shared.lock().machine.is_closed() {
                gave_up(shared, reason.as_str());
            }
            shared
                .watchers
                .tell(&ConnectionEvent::Close { reason, details });
        }
        ManagerEvent::ReconnectAttempt { attempt } => {
            shared
                .watchers
                .tell(&ConnectionEvent::ReconnectAttempt(attempt));
        }
        ManagerEvent::ReconnectError { message } => {
            shared
                .watchers
                .tell(&ConnectionEvent::ReconnectError(message));
        }
        ManagerEvent::Reconnected { attempt } => {
            shared.watchers.tell(&ConnectionEvent::Reconnect(attempt));
        }
        ManagerEvent::ReconnectFailed => {
            shared.watchers.tell(&ConnectionEvent::ReconnectFailed);
            gave_up(shared, GAVE_UP);
        }
        ManagerEvent::Auth { socket, attempt } => authorize(shared, socket, attempt),
        ManagerEvent::Connected {
            socket,
            sid,
            recovered,
        } => {
            if let Some(client) = client(shared, socket) {
                client.inner.status.change(|s| *s = Status::Connected);
                client.inner.streams.tell(|| Received::Connected {
                    id: sid.clone(),
                    recovered,
                });
                call_all(&client, Occasion::Connect, "connect", || Kind::Connect);
            }
        }
        ManagerEvent::ConnectError {
            socket,
            message,
            data,
        } => {
            if let Some(client) = client(shared, socket) {
                not_connected(&client, &ConnectError { message, data });
            }
        }
        ManagerEvent::Disconnected {
            socket,
            reason,
            details,
        } => {
            if let Some(client) = client(shared, socket) {
                disconnected(&client, reason, &CloseDetails(details));
            }
        }
        ManagerEvent::Event {
            socket,
            owed,
            packet,
        } => {
            if let Some(client) = client(shared, socket) {
                heard(&client, owed, &packet);
            }
        }
        ManagerEvent::ServerError { socket, data } => {
            if let Some(client) = client(shared, socket) {
                let message = data.as_str().map_or_else(|| data.json().into(), Into::into);
                let error = ConnectError {
                    message,
                    data: Some(data),
                };
                call_all(&client, Occasion::ConnectError, "error", || {
                    Kind::ConnectError(&error)
                });
            }
        }
        // Told where it came.
        ManagerEvent::Answer { .. } => {}
    }
}

/// The handle of a socket, while anybody keeps one.
fn client(shared: &Arc<Shared>, key: SocketKey) -> Option<Core> {
    let inner = shared.lock().socket(key)?;
    let handle = shared.handle()?;
    Some(Core { inner, handle })
}

fn authorize(shared: &Arc<Shared>, key: SocketKey, attempt: u32) {
    let Some(inner) = shared.lock().socket(key) else {
        return;
    };
    let Some(ask) = inner.auth.clone() else {
        return;
    };
    let own = shared.clone();
    shared.carrier.spawn(Box::pin(async move {
        let auth = ask.ask().await;
        own.with(|state, now| match auth {
            Ok(auth) => state.machine.authorize(now, key, attempt, Ok(Some(auth))),
            Err(error) => {
                let message = error.to_string();
                state.machine.authorize(now, key, attempt, Err(&message));
            }
        });
    }));
}

fn not_connected(client: &Core, error: &ConnectError) {
    let given_up = client
        .handle
        .0
        .with(|state, _| !state.machine.is_active(client.inner.key) || state.machine.is_closed());
    if given_up {
        let status = Status::Failed(error.clone());
        client.inner.status.change(|s| *s = status);
    }
    client
        .inner
        .streams
        .tell(|| Received::ConnectError(error.clone()));
    call_all(client, Occasion::ConnectError, "connect_error", || {
        Kind::ConnectError(error)
    });
}

/// It is not tried any more: those who wait hear that.
/// Nobody is connected any more. Whoever hears of the connection's end must not be told that it is ready.
fn unready(shared: &Shared) {
    for socket in &shared.lock().sockets {
        socket.status.look(|status| {
            if matches!(status, Status::Connected) {
                *status = Status::Connecting;
            }
        });
    }
}

pub(super) fn gave_up(shared: &Shared, why: &str) {
    for socket in &shared.lock().sockets {
        let error = ConnectError::new(why);
        socket.status.change(|status| match status {
            Status::Connecting => *status = Status::Failed(error),
            Status::Connected | Status::Failed(_) => {}
        });
    }
}

fn disconnected(client: &Core, reason: DisconnectReason, details: &CloseDetails) {
    // A connection that does not come back is closed.
    let returns = client.is_active() && !client.shared().lock().machine.is_closed();
    let status = match returns {
        true => Status::Connecting,
        false => Status::Failed(ConnectError::new(reason.as_str())),
    };
    client.inner.status.change(|s| *s = status);
    client.inner.streams.tell(|| Received::Disconnected {
        reason,
        details: details.clone(),
    });
    let ended = Ended {
        reason,
        details: Some(details),
    };
    call_all(client, Occasion::Disconnect, "disconnect", || {
        Kind::Disconnect(ended)
    });
}

fn heard(client: &Core, owed: Option<Owed>, packet: &Packet<'static>) {
    client.inner.streams.tell(|| Received::Event {
        name: packet.name().to_owned(),
        args: Args(packet.clone()),
        ack: Ack::of_client(client, owed),
    });
    let event = packet.name();
    let Some(chain) = client.inner.handlers.chain(event) else {
        return;
    };
    let kind = || Kind::Event {
        packet,
        ack: owed.into(),
    };
    let mut spent = false;
    for handler in chain.any.iter().chain(chain.own.iter()) {
        call(client, handler, event, kind());
        spent |= handler.is_spent();
    }
    if spent {
        client.inner.handlers.drop_spent(event);
    }
}

fn call_all<'a>(client: &Core, at: Occasion, event: &str, kind: impl Fn() -> Kind<'a>) {
    for handler in client.inner.handlers.at(at).iter() {
        call(client, handler, event, kind());
    }
}

/// Calls a handler and polls it once in place; only a pending one becomes a task.
fn call(client: &Core, handler: &Entry, event: &str, kind: Kind<'_>) {
    let Some(handler) = handler.take_call() else {
        return;
    };
    let incoming = Incoming {
        side: Side::Client(client),
        kind,
    };
    match catch_unwind(AssertUnwindSafe(|| handler(&incoming))) {
        Err(panic) => report(client, event, Fault::Panicked(message_of(&*panic))),
        Ok(Err(e)) => report(client, event, Fault::Arguments(e)),
        Ok(Ok(Called::Done(result))) => ended(client, event, Ok(result)),
        Ok(Ok(Called::Running(mut future))) => match poll_caught(&mut future, &mut noop()) {
            Poll::Ready(end) => ended(client, event, dropped(future, end)),
            Poll::Pending => spawn(client.inner.clone(), &client.handle.0, event, future),
        },
    }
}

/// What is pending becomes a task, counted among the socket's. It keeps no handle of its own, so that it
/// does not keep the connection.
fn spawn(inner: Arc<Inner>, shared: &Arc<Shared>, event: &str, mut future: Running) {
    inner.pending.fetch_add(1, Ordering::AcqRel);
    let (event, own) = (event.to_owned(), shared.clone());
    shared.carrier.spawn(Box::pin(async move {
        let end = poll_fn(|cx| poll_caught(&mut future, cx)).await;
        let end = dropped(future, end);
        inner.pending.fetch_sub(1, Ordering::AcqRel);
        if let Some(handle) = own.handle() {
            ended(&Core { inner, handle }, &event, end);
        }
        own.relieve();
    }));
}

fn ended(client: &Core, event: &str, end: End) {
    let result: Result<(), BoxError> = match end {
        Ok(result) => result,
        Err(panic) => {
            return report(client, event, Fault::Panicked(message_of(&*panic)));
        }
    };
    if let Err(e) = result {
        report(client, event, Fault::Returned(e));
    }
}

fn report(client: &Core, event: &str, fault: Fault) {
    match &client.inner.on_error {
        Some(hook) => hook(client, event, fault),
        None => tracing::warn!(event, ?fault, "a handler of a client"),
    }
}
