//! The numbers of a server are those of what happened.

use crate::{
    client::{Client, POLLING, answering, log, serve},
    raw::{http::Http, until, within},
};
use siox::{CloseReason, DisconnectReason, ErrorCode, Fault, Server, Socket};
use std::time::Duration;

fn count<T: PartialEq>(all: &[(T, u64)], one: &T) -> u64 {
    all.iter().find(|(t, _)| t == one).unwrap().1
}

#[tokio::test]
async fn what_happens_is_counted() {
    let (tell, mut faults) = log();
    let io = Server::builder()
        .on_error(move |e| {
            tell((e.event.clone(), std::mem::discriminant(&e.fault)));
        })
        .build()
        .unwrap();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on("join", |socket: Socket| socket.join("room"));
    nsp.on("fails", || Err::<(), _>("no"));
    nsp.on("panics", |_: Socket| -> () { panic!("it does") });
    nsp.middleware(|socket: Socket| match socket.auth() {
        "{}" => Ok(()),
        _ => Err("no credentials are wanted"),
    });
    let to = serve(&io).await;
    let mut a = Client::join(to).await;
    let mut b = Client::join(to).await;
    let mut http = Http::connect(to).await;
    let polling = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
    assert_eq!(
        http.get("/socket.io/?EIO=4&transport=smoke").await.status,
        400
    );
    assert_eq!(http.post(&polling, "40{\"a\":1}").await.body, "ok");
    assert!(http.get(&polling).await.body.starts_with("44"));
    b.send("2[\"join\"]").await;
    b.heard_until_now("").await;
    a.send("2[\"fails\"]").await;
    a.heard_until_now("").await;

    let m = io.metrics();
    assert_eq!(
        (m.traffic.websocket, m.traffic.polling, m.sessions()),
        (2, 1, 3)
    );
    assert_eq!(
        (m.traffic.opened_websocket, m.traffic.opened_polling),
        (2, 1)
    );
    // Each has a room of its own.
    assert_eq!((m.sockets, m.rooms, m.namespaces), (2, 3, 1));
    assert_eq!((m.connects, m.connect_errors, m.recoveries), (2, 1, 0));
    assert_eq!((m.events_in, m.acks_out), (4, 2));
    assert_eq!(count(&m.refusals, &ErrorCode::TransportUnknown), 1);
    assert_eq!((m.handler_errors, m.panics), (1, 0));
    let returned = std::mem::discriminant(&Fault::Returned("".into()));
    assert_eq!(faults.next().await, ("fails".to_owned(), returned));

    nsp.emit("all", "of them").unwrap();
    nsp.to("room").emit("some", "of them").unwrap();
    assert_eq!(io.metrics().events_out, 3);
    let sockets = nsp.sockets();
    let asked = sockets[0].emit_with_ack_args("asked", &(), Some(Duration::ZERO));
    assert!(within(asked).await.is_err());
    assert_eq!(io.metrics().ack_timeouts, 1);

    let before = io.metrics().traffic;
    a.send("2[\"panics\"]").await;
    until(1, || io.metrics().panics).await;
    drop(b);
    until((0, 2), || (io.metrics().sockets, io.metrics().sessions())).await;
    until(1, || {
        count(&io.metrics().closed, &CloseReason::TransportClose)
    })
    .await;
    let m = io.metrics();
    assert!(m.traffic.bytes_in > before.bytes_in && m.traffic.bytes_out > before.bytes_out);
    assert_eq!(count(&m.disconnects, &DisconnectReason::ServerError), 1);
    assert_eq!(count(&m.disconnects, &DisconnectReason::TransportClose), 1);
    assert_eq!((m.rooms, m.sockets), (0, 0));
}

#[tokio::test]
async fn what_waits_is_seen() {
    let io = Server::builder().queue(1000, 4000).build().unwrap();
    let nsp = io.namespace("/");
    let to = serve(&io).await;
    let mut http = Http::connect(to).await;
    let polling = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
    assert_eq!(http.post(&polling, "40").await.body, "ok");
    assert!(http.get(&polling).await.body.starts_with("40"));
    let socket = nsp.sockets().pop().unwrap();
    let filler = "x".repeat(600);
    socket.emit("a", &filler).unwrap();
    socket.emit("a", &filler).unwrap();
    assert!(socket.emit("a", &filler).is_err());
    let m = io.metrics();
    assert_eq!(m.full, 1);
    assert_eq!(m.traffic.queued, socket.queued());
    assert!(m.traffic.queued > 1200, "{m:?}");
    http.get(&polling).await;
    let m = io.metrics();
    assert_eq!(m.traffic.queued, 0);
    assert!((1200..1500).contains(&m.traffic.queue_high_water), "{m:?}");
}
