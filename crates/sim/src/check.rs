//! The rules that hold after every step, whatever the network did.

use crate::{
    Kind,
    conn::Conn,
    host::{Hosted, Site},
    net::Net,
    peer::{Peer, User},
};
use siox_engineio::{self as engineio, ClientError, CloseReason, Transport};
use siox_stack::{Error, Failure, Machine};
use siox_websocket as websocket;
use siox_wire::Instant;

/// What control packets and frames may add to what is queued.
const CONTROL: usize = 200;

/// How much may be queued at most.
fn cap(net: &Net<'_>) -> usize {
    // Groups are judged by the hard cap alone, and sent only where that is large.
    let mark = if net.plan.is_shared(1) {
        net.plan.hard_cap
    } else {
        net.plan.high_water
    };
    mark + one_message(net) + CONTROL
}

/// What the largest message of a scenario takes in a queue, its base64 and its head included.
fn one_message(net: &Net<'_>) -> usize {
    let long = net.plan.long.iter().flatten().map(|(_, len)| *len).max();
    long.unwrap_or(0).max(net.plan.largest) * 2 + 64
}

/// Every session of the server, after every step.
pub(crate) fn hosted<S: Site>(net: &mut Net<'_>, now: Instant, hosted: &mut Hosted<S::Machine>) {
    let most = cap(net);
    let queued = hosted.engine.queued();
    net.check(queued <= most, || {
        format!("server: {queued} bytes are queued")
    });
    if hosted.ended {
        net.check(hosted.engine.is_closed(), || {
            "server: open behind its end".into()
        });
        return;
    }
    let beat = net.plan.interval + net.plan.timeout;
    let session = S::engine(&hosted.engine).session();
    let armed = session.poll_timeout();
    net.check(armed.is_some_and(|at| at <= now.after(beat)), || {
        format!("server: the next heartbeat deadline is {armed:?} at {now:?}")
    });
    if session.transport() == Some(Transport::Polling) && session.lane().is_some() {
        let since = *hosted.probed.get_or_insert(now);
        net.check(now.since(since) <= net.plan.upgrade[0], || {
            "server: a probe outlives its time".into()
        });
    } else {
        hosted.probed = None;
    }
    net.check(hosted.heard.after(beat) > now, || {
        "server: the client said nothing for interval and timeout, and is not dead".into()
    });
}

/// What a connection of HTTP keeps of a request that is not whole.
pub(crate) fn kept(net: &mut Net<'_>, conn: &Conn) {
    let kept = conn.http.heap().saturating_sub(conn.http.queued()) as u64;
    net.check(kept <= conn.up.passed() * 2 + 16 * 1024, || {
        format!("server: {} keeps {kept} bytes", conn.id)
    });
}

/// Bytes were written to a WebSocket.
pub(crate) fn written<M>(net: &mut Net<'_>, hosted: &mut Hosted<M>, n: usize) {
    if let Some(left) = &mut hosted.may_write {
        match left.checked_sub(n) {
            Some(less) => *left = less,
            None => net.fail(format!("server: {n} bytes are written behind the end")),
        }
    }
}

/// The reason of an end fits what happened.
pub(crate) fn server_end<M>(
    net: &mut Net<'_>,
    hosted: &Hosted<M>,
    now: Instant,
    reason: CloseReason,
) {
    if reason == CloseReason::PingTimeout {
        let beat = net.plan.interval + net.plan.timeout;
        net.check(hosted.opened.after(beat) <= now, || {
            "server: a ping timeout before there could be one".into()
        });
    }
}

/// What an honest client's bytes were found guilty of.
pub(crate) fn server_error(net: &mut Net<'_>, conn: &Conn, result: Result<(), Error>) {
    match result {
        Ok(()) | Err(Error::Stale | Error::Engine(engineio::Error::Stale)) => {}
        Err(error) if conn.kind == Kind::Stray => {
            net.note(format_args!("server: visitor {}: {error}", conn.id));
        }
        Err(error) => net.fail(format!("server: {:?} {}: {error}", conn.kind, conn.id)),
    }
}

/// The client, after every step.
pub(crate) fn peer<U: User>(net: &mut Net<'_>, now: Instant, peer: &Peer<U>) {
    // A POST that is under way has left the queue, which may have filled again; and requests have heads.
    let most = cap(net) * 2 + 2_000;
    let queued = peer.queued();
    net.check(queued <= most, || {
        format!("client: {queued} bytes are queued")
    });
    if peer.session().is_finished() {
        net.check(peer.is_closed(), || "client: open behind its end".into());
        return;
    }
    if peer.session().opened().is_none() {
        return;
    }
    let beat = net.plan.interval + net.plan.timeout;
    let armed = peer.session().poll_timeout();
    net.check(armed.is_some_and(|at| at <= now.after(beat)), || {
        format!("client: the next heartbeat deadline is {armed:?} at {now:?}")
    });
    net.check(peer.heard.after(beat) > now, || {
        "client: the server said nothing for interval and timeout, and is not dead".into()
    });
}

/// Why a session or an upgrade ended, where the server is honest.
pub(crate) fn client_error(net: &mut Net<'_>, error: ClientError) {
    match error {
        ClientError::Packet(_)
        | ClientError::TooBig { .. }
        | ClientError::Handshake
        | ClientError::NotProbed
        | ClientError::NoTransport
        | ClientError::Stale => net.fail(format!("client: {error}")),
        // The network's doing.
        _ => {}
    }
}

/// What went wrong below the session, where the server is honest and bytes are not changed on their way.
pub(crate) fn blameless(net: &mut Net<'_>, failure: Option<&Failure>) {
    match failure {
        None
        | Some(
            Failure::NoConnection | Failure::Lost | Failure::Refused(_) | Failure::Rejected(_),
        ) => {}
        Some(Failure::WebSocket(
            websocket::Error::SlowConsumer { .. }
            | websocket::Error::Timeout(_)
            | websocket::Error::UnexpectedEof,
        )) => {}
        Some(guilty) => net.fail(format!("client: {guilty}")),
    }
}
