//! 256 handlers of a socket may be pending; then its client is not read, and nothing is lost.

use crate::{
    client::{Client, Log, POLLING, answering, log, serve},
    raw::{http::Http, until, within, ws::Said},
};
use siox::{Data, Server, Socket};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{io::AsyncWriteExt, sync::Semaphore};

const MOST: usize = 256;

struct Bench {
    io: Server,
    gate: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
    ended: Log<usize>,
}

/// `work` is pending until the gate lets it through.
fn bench() -> Bench {
    bench_of(Server::new())
}

fn bench_of(io: Server) -> Bench {
    let gate = Arc::new(Semaphore::new(0));
    let begun = Arc::new(AtomicUsize::new(0));
    let (end, ended) = log();
    let (hold, begin) = (gate.clone(), begun.clone());
    io.namespace("/")
        .on("work", move |Data((n, _)): Data<(usize, String)>| {
            assert_eq!(begin.fetch_add(1, Ordering::SeqCst), n, "in order");
            let (hold, end) = (hold.clone(), end.clone());
            async move {
                hold.acquire().await.unwrap().forget();
                end(n);
            }
        });
    answering(&io.namespace("/"));
    Bench {
        io,
        gate,
        begun,
        ended,
    }
}

impl Bench {
    async fn all_come_to_an_end(&mut self, events: usize) {
        assert_eq!(self.begun.load(Ordering::SeqCst), MOST);
        self.gate.add_permits(events);
        let mut ended = Vec::new();
        for _ in 0..events {
            ended.push(self.ended.next().await);
        }
        ended.sort_unstable();
        assert!(ended.into_iter().eq(0..events));
    }
}

fn work(n: usize, filler: &str) -> String {
    format!("2[\"work\",{n},\"{filler}\"]")
}

#[tokio::test]
async fn a_websocket_is_not_read_meanwhile() {
    const EVENTS: usize = 2000;
    let mut bench = bench();
    let to = serve(&bench.io).await;
    let mut client = Client::join(to).await;
    // More than all buffers between the two hold, so that a server that reads on shows: all of it
    // could then be written.
    let filler = "x".repeat(16 * 1024);
    for n in 0..EVENTS {
        client
            .ws
            .machine
            .text(&format!("4{}", work(n, &filler)))
            .unwrap();
    }
    let bytes: Vec<u8> = client
        .ws
        .machine
        .poll_transmit()
        .flatten()
        .copied()
        .collect();
    client.ws.machine.handle_written(bytes.len());
    let (read, mut write) = client.ws.io.into_split();
    let size = bytes.len();
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let writer = tokio::spawn(async move {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let n = write.write(rest).await.unwrap();
            count.fetch_add(n, Ordering::SeqCst);
            rest = &rest[n..];
        }
        write
    });
    until(MOST, || bench.begun.load(Ordering::SeqCst)).await;
    // It comes to a standstill with most of it unread.
    let mut before = usize::MAX;
    until(true, || {
        let now = written.load(Ordering::SeqCst);
        std::mem::replace(&mut before, now) == now
    })
    .await;
    assert!(written.load(Ordering::SeqCst) < size, "it went on reading");
    bench.all_come_to_an_end(EVENTS).await;
    let _write = within(writer).await.unwrap();
    // Still there.
    assert_eq!(bench.io.clients(), 1);
    let end = read.try_read(&mut [0; 64]);
    assert!(end.is_err(), "neither an end nor a close frame: {end:?}");
}

#[tokio::test]
async fn a_post_is_not_answered_meanwhile() {
    const EVENTS: usize = 700;
    let mut bench = bench();
    let to = serve(&bench.io).await;
    let (mut get, mut post) = (Http::connect(to).await, Http::connect(to).await);
    let sid = get.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(post.post(&target, "40").await.body, "ok");
    assert!(get.get(&target).await.body.starts_with("40{"));
    let packets: Vec<_> = (0..EVENTS).map(|n| format!("4{}", work(n, ""))).collect();
    let body = crate::raw::http::post(&target, &packets.join("\x1e"));
    post.send(body).await;
    until(MOST, || bench.begun.load(Ordering::SeqCst)).await;
    // One more handler may begin for each that ends; the POST waits for the last.
    for n in 1..=10 {
        bench.gate.add_permits(1);
        until(MOST + n, || bench.begun.load(Ordering::SeqCst)).await;
    }
    let mut some = [0; 1];
    let early = post.io.try_read(&mut some);
    assert!(early.is_err(), "answered early: {early:?}");
    bench.gate.add_permits(EVENTS);
    let mut ended = Vec::new();
    for _ in 0..EVENTS {
        ended.push(bench.ended.next().await);
    }
    assert_eq!(post.answer().await.body, "ok");
    assert_eq!(bench.begun.load(Ordering::SeqCst), EVENTS);
}

#[tokio::test]
async fn the_end_does_not_wait_for_them() {
    // Events wait behind handlers that never end, on both transports; the server closes nevertheless.
    let bench = bench();
    let to = serve(&bench.io).await;
    let mut client = Client::join(to).await;
    client.send_all((0..1000).map(|n| work(n, ""))).await;
    until(MOST, || bench.begun.load(Ordering::SeqCst)).await;
    let io = bench.io.clone();
    let closing = tokio::spawn(async move { io.close_within(Duration::from_millis(200)).await });
    client.ws.rest().await;
    assert!(within(closing).await.unwrap(), "a task is left");
    assert_eq!(bench.io.clients(), 0);
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_post() {
    let bench = bench();
    let to = serve(&bench.io).await;
    let (mut get, mut post) = (Http::connect(to).await, Http::connect(to).await);
    let sid = get.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(post.post(&target, "40").await.body, "ok");
    assert!(get.get(&target).await.body.starts_with("40{"));
    get.send(format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n"))
        .await;
    let packets: Vec<_> = (0..1000).map(|n| format!("4{}", work(n, ""))).collect();
    let body = crate::raw::http::post(&target, &packets.join("\x1e"));
    post.send(body).await;
    until(MOST, || bench.begun.load(Ordering::SeqCst)).await;
    let io = bench.io.clone();
    let closing = tokio::spawn(async move { io.close_within(Duration::from_millis(200)).await });
    assert_eq!(get.answer().await.body, "1");
    drop(get);
    let _ = post.try_answer().await;
    drop(post);
    assert!(within(closing).await.unwrap(), "a task is left");
}

#[tokio::test]
async fn other_clients_are_read_meanwhile() {
    let bench = bench();
    let to = serve(&bench.io).await;
    let mut client = Client::join(to).await;
    client.send_all((0..1000).map(|n| work(n, ""))).await;
    until(MOST, || bench.begun.load(Ordering::SeqCst)).await;
    let mut other = Client::join(to).await;
    assert!(other.heard_until_now("").await.is_empty());
}

#[tokio::test]
async fn events_that_wait_for_on_connect_are_bounded_alike() {
    const EVENTS: usize = 600;
    let io = Server::new();
    let (tell, mut told) = log::<usize>();
    let gate = Arc::new(Semaphore::new(0));
    let hold = gate.clone();
    io.namespace("/")
        .on_connect(move |_: Socket| {
            let hold = hold.clone();
            async move { hold.acquire().await.unwrap().forget() }
        })
        .on("e", move |Data(n): Data<usize>| tell(n));
    let to = serve(&io).await;
    let (mut get, mut post) = (Http::connect(to).await, Http::connect(to).await);
    let sid = get.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(post.post(&target, "40").await.body, "ok");
    assert!(get.get(&target).await.body.starts_with("40{"));
    let packets: Vec<_> = (0..EVENTS).map(|n| format!("42[\"e\",{n}]")).collect();
    post.send(crate::raw::http::post(&target, &packets.join("\x1e")))
        .await;
    // A request on another connection is answered, so the POST has had its turns.
    assert!(!Http::connect(to).await.open("/socket.io/").await.is_empty());
    assert_eq!(told.so_far(), []);
    gate.add_permits(1);
    assert_eq!(post.answer().await.body, "ok");
    for n in 0..EVENTS {
        assert_eq!(told.next().await, n);
    }
}

/// Beats so fast that a test hears many of them, and time enough for a machine that is busy.
fn quick() -> Server {
    Server::builder()
        .ping_interval(Duration::from_millis(50))
        .ping_timeout(Duration::from_secs(2))
        .build()
        .unwrap()
}

/// They take longer than a client that is not excused may be silent.
const BEATS: usize = 60;

#[tokio::test]
async fn a_client_that_is_not_read_is_not_taken_for_dead() {
    let mut bench = bench_of(quick());
    let to = serve(&bench.io).await;
    let mut client = Client::join(to).await;
    client.send_all((0..1000).map(|n| work(n, ""))).await;
    for _ in 0..BEATS {
        // What it answers waits unread.
        assert_eq!(client.ws.next().await, Said::Text("2".to_owned()));
        client.ws.send("3").await;
    }
    assert_eq!(bench.io.clients(), 1);
    bench.all_come_to_an_end(1000).await;
    assert!(client.heard_until_now("").await.is_empty());
}

#[tokio::test]
async fn neither_is_one_whose_post_waits() {
    let mut bench = bench_of(quick());
    let to = serve(&bench.io).await;
    let (mut get, mut post) = (Http::connect(to).await, Http::connect(to).await);
    let sid = get.open("/socket.io/").await;
    let target = format!("{POLLING}&sid={sid}");
    assert_eq!(post.post(&target, "40").await.body, "ok");
    assert!(get.get(&target).await.body.starts_with("40{"));
    let packets: Vec<_> = (0..1000).map(|n| format!("4{}", work(n, ""))).collect();
    let body = crate::raw::http::post(&target, &packets.join("\x1e"));
    post.send(body).await;
    for _ in 0..BEATS {
        assert_eq!(get.get(&target).await.body, "2");
    }
    bench.all_come_to_an_end(1000).await;
    assert_eq!(post.answer().await.body, "ok");
    assert_eq!(post.post(&target, "3").await.body, "ok");
    assert_eq!(get.get(&target).await.body, "2");
}
