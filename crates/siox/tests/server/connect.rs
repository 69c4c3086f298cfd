//! A client's beginning: events wait for `on_connect`, acknowledgements pass, nothing is lost.

use crate::{
    client::{Client, WEBSOCKET, log, serve},
    raw::{until, within, ws::Ws},
};
use siox::{Data, Server, Socket};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{sync::Semaphore, task::JoinSet};

#[tokio::test]
async fn events_wait_until_on_connect_has_returned() {
    let io = Server::new();
    let (tell, mut told) = log::<String>();
    let gate = Arc::new(Semaphore::new(0));
    let (hold, end, event) = (gate.clone(), tell.clone(), tell);
    io.namespace("/")
        .on_connect(move |_: Socket| {
            let (hold, end) = (hold.clone(), end.clone());
            end("begins".into());
            async move {
                hold.acquire().await.unwrap().forget();
                end("ends".into());
            }
        })
        .on("e", move |Data(n): Data<u32>| event(format!("event {n}")));
    let probe = io.namespace("/probe");
    crate::client::answering(&probe);
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    client
        .send_all((0..3).map(|n| format!("2[\"e\",{n}]")))
        .await;
    // Another namespace of the same client answers, so the events have been read by then.
    client.enter("/probe,").await;
    assert!(client.heard_until_now("/probe,").await.is_empty());
    assert_eq!(told.so_far(), ["begins"]);
    gate.add_permits(1);
    for expected in ["ends", "event 0", "event 1", "event 2"] {
        assert_eq!(told.next().await, expected);
    }
}

#[tokio::test]
async fn acknowledgements_pass_on_connect() {
    let io = Server::new();
    let (tell, mut told) = log::<String>();
    io.namespace("/").on_connect(move |socket: Socket| {
        let tell = tell.clone();
        async move {
            let name: String = socket.emit_with_ack("who", &(), None).await.unwrap();
            tell(name);
        }
    });
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    assert_eq!(client.packet().await, "21[\"who\"]");
    client.send("31[\"me\"]").await;
    assert_eq!(told.next().await, "me");
}

#[tokio::test]
async fn what_on_connect_emits_follows_the_answer() {
    let io = Server::new();
    io.namespace("/").on_connect(|socket: Socket| {
        socket.emit("first", &1)?;
        socket.namespace().to(socket.id()).emit("second", &2)
    });
    let to = serve(&io).await;
    let mut client = Client::open(to).await;
    client.send("0").await;
    assert!(client.packet().await.starts_with("0{\"sid\":"));
    assert_eq!(client.packet().await, "2[\"first\",1]");
    assert_eq!(client.packet().await, "2[\"second\",2]");
}

/// CONNECT and the first event in one segment, right behind the upgrade request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_first_event_is_lost() {
    const CLIENTS: usize = 500;
    let io = Server::new();
    io.namespace("/")
        .on_connect(async |_: Socket| tokio::task::yield_now().await)
        .on("first", |socket: Socket, Data(n): Data<usize>| {
            socket.emit("got", &n)
        });
    let to = serve(&io).await;
    let mut all = JoinSet::new();
    for n in 0..CLIENTS {
        all.spawn(async move {
            let first = format!("42[\"first\",{n}]");
            let mut ws = Ws::connect_with(to, WEBSOCKET, &[], &["40", &first]).await;
            assert!(ws.text().await.starts_with("0{"));
            assert!(ws.text().await.starts_with("40{"));
            assert_eq!(ws.text().await, format!("42[\"got\",{n}]"));
        });
    }
    while let Some(end) = within(all.join_next()).await {
        end.unwrap();
    }
    // Those clients have all hung up.
    until(0, || io.clients()).await;
}

/// A client that leaves while its middleware is pending either was never in, or is told of as gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_in_is_told_of_as_gone() {
    let io = Server::new();
    let (came, went) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (coming, going) = (came.clone(), went.clone());
    let nsp = io.namespace("/");
    nsp.middleware(async |_: Socket| {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    })
    .on_connect(move || {
        coming.fetch_add(1, Ordering::SeqCst);
    })
    .on_disconnect(move || {
        going.fetch_add(1, Ordering::SeqCst);
    });
    let to = serve(&io).await;
    let mut all = JoinSet::new();
    for n in 0..400 {
        all.spawn(async move {
            let mut ws = Ws::connect_with(to, WEBSOCKET, &[], &["40"]).await;
            assert!(ws.text().await.starts_with("0{"));
            if n % 2 == 0 {
                // Not until it is let in, but about then.
                tokio::task::yield_now().await;
            }
        });
        if all.len() == 20 {
            within(all.join_next()).await.unwrap().unwrap();
        }
    }
    while let Some(end) = within(all.join_next()).await {
        end.unwrap();
    }
    until(0, || io.clients()).await;
    until(true, || {
        came.load(Ordering::SeqCst) == went.load(Ordering::SeqCst)
    })
    .await;
    assert_eq!(nsp.sockets(), []);
}
