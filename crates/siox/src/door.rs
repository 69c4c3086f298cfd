//! The way of a client that has to be asked about first: whether its namespace may be made, and whether
//! it comes back to a session that it had.

use crate::{
    Socket,
    adapter::Restored,
    app::Io,
    connect,
    handler::Running,
    metrics::Count,
    namespace::{Claim, Stay},
    running::{noop, poll_caught},
    socket::Arrival,
};
use siox_socketio::{Encoded, Revision, Slot, Value};
use siox_tokio::Conn;
use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};

/// Begins in place; only a client who has to wait gets a task.
pub(crate) fn arrive(io: Arc<Io>, found: Option<Stay>, name: String, arrival: Arrival) {
    let (conn, slot) = (arrival.conn.clone(), arrival.slot);
    let runtime = conn.data().runtime.clone();
    let (own, shared) = (io.clone(), io.shared.clone());
    let mut arriving: Running = Box::pin(async move {
        come(&io, found, &name, arrival).await;
        Ok(())
    });
    let broken = move || {
        tracing::error!("what decides about a client's namespace panicked");
        refuse(&own, &conn, slot, "server error");
    };
    match poll_caught(&mut arriving, &mut noop()) {
        Poll::Ready(Ok(_)) => {}
        Poll::Ready(Err(_)) => broken(),
        Poll::Pending => {
            shared.tasks.spawn(&runtime, async move {
                if poll_fn(|cx| poll_caught(&mut arriving, cx)).await.is_err() {
                    broken();
                }
            });
        }
    }
}

async fn come(io: &Io, found: Option<Stay>, name: &str, arrival: Arrival) {
    let auth: Value = arrival.auth().parse().unwrap_or_else(|_| Value::null());
    let stay = match found {
        Some(stay) => stay,
        None => match io.namespaces.make(name, &auth).await {
            Some(stay) => stay,
            None => return refuse_namespace(io, &arrival.conn, arrival.slot),
        },
    };
    if arrival.revision == Revision::V4 || !stay.nsp().0.recovers {
        return connect::begin(Socket::new(arrival, stay, None, None), None);
    }
    let (claim, back) = match restore(&stay, &auth).await {
        Some((claim, back)) => (Some(claim), Some(back)),
        None => (new_claim(&stay).await, None),
    };
    if claim.is_none() {
        return refuse(io, &arrival.conn, arrival.slot, "server error");
    }
    connect::begin(Socket::new(arrival, stay, claim, back.as_ref()), back);
}

/// To a private id that nobody has had before.
async fn new_claim(stay: &Stay) -> Option<Claim> {
    let pid = siox_tokio::random_id()?;
    stay.nsp().0.claims.await_claim(&pid, Duration::ZERO).await
}

/// The session that these credentials name, if it is there and its client can be told all it missed.
///
/// What ended the client's former connection may be on its way still, on a connection of its own, and be
/// overtaken: so its session is waited for.
async fn restore(stay: &Stay, auth: &Value) -> Option<(Claim, Restored)> {
    let nsp = &stay.nsp().0;
    let pid = auth.get("pid")?.as_str()?;
    let claim = nsp.claims.await_claim(&pid, nsp.shared.overlap()).await?;
    let offset = auth.get("offset").and_then(siox_socketio::View::as_str);
    let restored = match nsp.adapter.restore(&pid, offset.as_deref()).await {
        Ok(restored) => restored?,
        Err(error) => {
            tracing::warn!(%error, "a session could not be looked for");
            return None;
        }
    };
    // What does not fit its queue would only end it as a slow consumer.
    let size: usize = nsp.missed(&restored).iter().map(size).sum();
    (size <= nsp.shared.high_water).then_some((claim, restored))
}

fn size(event: &Encoded) -> usize {
    let attachments: usize = event.attachments().iter().map(bytes::Bytes::len).sum();
    event.json_bytes().len() + attachments
}

pub(crate) fn refuse(io: &Io, conn: &Conn<Io>, slot: Slot, message: &str) {
    io.shared.counts.one(Count::ConnectError);
    tracing::debug!(message, "client refused");
    // Refused only when the client has left already.
    let _ = conn.with(|m| m.refuse(slot, message, None));
}

fn refuse_namespace(io: &Io, conn: &Conn<Io>, slot: Slot) {
    io.shared.counts.one(Count::ConnectError);
    tracing::debug!(message = "Invalid namespace", "client refused");
    // Refused only when the client has left already.
    let _ = conn.with(|m| m.refuse_namespace(slot));
}
