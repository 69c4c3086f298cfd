//! No first event is lost: whatever a client sends right behind its CONNECT, or as soon as it is answered,
//! finds its handlers, on many threads, for namespaces that are made at that moment too.

#[path = "server/client.rs"]
mod client;
#[path = "../../tokio/tests/common/mod.rs"]
mod raw;

use client::{Client, POLLING, serve};
use raw::http::Http;
use siox::{Ack, Data, Server, Socket};
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Namespaces of a client; 64 is the most.
const NAMESPACES: usize = 60;

struct Bench {
    to: SocketAddr,
    heard: Arc<AtomicU64>,
}

/// `first` is answered by handlers of the namespace, `own` by one that `on_connect` registers after a pause.
async fn bench() -> Bench {
    let io = Server::new();
    let heard = Arc::new(AtomicU64::new(0));
    for nsp in [io.namespace("/"), io.dynamic("/n-{anything}")] {
        nsp.on_connect(async |socket: Socket| {
            tokio::task::yield_now().await;
            socket.on("own", |Data(n): Data<u64>, ack: Ack| ack.send(&n));
        });
        let count = heard.clone();
        nsp.on("first", move |Data(n): Data<u64>, ack: Ack| {
            count.fetch_add(1, Relaxed);
            ack.send(&n)
        });
    }
    let to = serve(&io).await;
    Bench { to, heard }
}

/// The namespaces of client `n`: some are shared, most are its own.
fn namespaces(n: usize) -> impl Iterator<Item = String> {
    (0..NAMESPACES).map(move |i| match i {
        0 => String::new(),
        1..10 => format!("/n-{i},"),
        _ => format!("/n-{n}-{i},"),
    })
}

fn events(nsp: &str, n: usize) -> [String; 2] {
    [
        format!("2{nsp}0[\"first\",{n}]"),
        format!("2{nsp}1[\"own\",{n}]"),
    ]
}

/// What answers them.
fn answers(n: usize) -> BTreeSet<String> {
    let both = |nsp: String| [format!("3{nsp}0[{n}]"), format!("3{nsp}1[{n}]")];
    namespaces(n).flat_map(both).collect()
}

async fn right_behind(n: usize, to: SocketAddr) {
    let mut client = Client::open(to).await;
    let all = namespaces(n).flat_map(|nsp| {
        let [first, own] = events(&nsp, n);
        [format!("0{nsp}"), first, own]
    });
    client.send_all(all).await;
    all_answered(&mut client, n).await;
}

async fn when_answered(n: usize, to: SocketAddr) {
    let mut client = Client::open(to).await;
    for nsp in namespaces(n) {
        client.send(&format!("0{nsp}")).await;
    }
    let mut wanted = answers(n);
    while !wanted.is_empty() {
        let packet = client.packet().await;
        match packet.strip_prefix('0') {
            Some(connected) => {
                let nsp = connected.split_once('{').unwrap().0;
                client.send_all(events(nsp, n)).await;
            }
            None => assert!(wanted.remove(&packet), "{packet}"),
        }
    }
}

async fn all_answered(client: &mut Client, n: usize) {
    let mut wanted = answers(n);
    while !wanted.is_empty() {
        let packet = client.packet().await;
        if !packet.starts_with('0') {
            assert!(wanted.remove(&packet), "{packet}");
        }
    }
}

async fn in_one_post(n: usize, to: SocketAddr) {
    let mut http = Http::connect(to).await;
    let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
    let all: Vec<_> = namespaces(n)
        .flat_map(|nsp| {
            let [first, own] = events(&nsp, n);
            [format!("40{nsp}"), format!("4{first}"), format!("4{own}")]
        })
        .collect();
    assert_eq!(http.post(&target, &all.join("\x1e")).await.body, "ok");
    let mut wanted = answers(n);
    while !wanted.is_empty() {
        for packet in http.get(&target).await.body.split('\x1e') {
            let packet = packet
                .strip_prefix('4')
                .unwrap_or_else(|| panic!("{packet}"));
            if !packet.starts_with('0') {
                assert!(wanted.remove(packet), "{packet}");
            }
        }
    }
}

/// Runs `clients` of them, a few at a time, and counts what the handlers heard.
async fn hammer<F>(clients: usize, one: impl Fn(usize, SocketAddr) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let bench = bench().await;
    let mut running = tokio::task::JoinSet::new();
    for n in 0..clients {
        if running.len() == 16 {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(one(n, bench.to));
    }
    running.join_all().await;
    assert_eq!(bench.heard.load(Relaxed), (clients * NAMESPACES) as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn behind_connect_in_one_write() {
    hammer(150, right_behind).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_soon_as_connect_is_answered() {
    hammer(150, when_answered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn behind_connect_in_one_post() {
    hammer(100, in_one_post).await;
}
