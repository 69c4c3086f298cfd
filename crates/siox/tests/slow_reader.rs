//! A client that does not read: what waits for it is bounded, and nobody else notices.

#[path = "server/client.rs"]
mod client;
#[path = "../../tokio/tests/common/mod.rs"]
mod raw;

use client::{Client, Log, POLLING, answering, log, serve};
use raw::{http::Http, until, within, ws::Said};
use siox::{DisconnectReason, SendError, Server, Socket, WhenFull};
use siox_testkit::alloc::{CountingAllocator, measure};
use std::{net::SocketAddr, time::Duration};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const HIGH_WATER: usize = 256 << 10;
const HARD_CAP: usize = 1 << 20;
const MESSAGE: usize = 8 << 10;
/// What is sent in all: far more than the caps and the sockets' buffers together.
const FLOOD: usize = (64 << 20) / MESSAGE;

/// Runs `test` on this thread alone and returns the most memory that was held at once.
fn peak<F: Future>(test: F) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ((), usage) = measure(|| {
        runtime.block_on(test);
    });
    usage.peak.try_into().unwrap()
}

async fn bench() -> (Server, SocketAddr, Log<DisconnectReason>) {
    let io = Server::builder()
        .queue(HIGH_WATER, HARD_CAP)
        .build()
        .unwrap();
    let (tell, told) = log();
    let nsp = io.namespace("/");
    answering(&nsp);
    nsp.on_disconnect(move |reason: DisconnectReason| tell(reason));
    let to = serve(&io).await;
    (io, to, told)
}

/// Emits numbered messages until the socket stays full. How many it took.
async fn fill(socket: &Socket) -> usize {
    let filler = "x".repeat(MESSAGE);
    let (mut n, mut full) = (0, 0);
    while full < 20 {
        assert!(n < FLOOD, "it takes everything");
        match socket.emit("n", &(n, &filler)) {
            Ok(()) => (n, full) = (n + 1, 0),
            Err(e) => {
                assert_eq!(e, SendError::Full);
                full += 1;
                // Whoever writes for it gets a turn.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }
    n
}

fn is_number(n: usize, packet: &str) -> bool {
    packet.starts_with(&format!("2[\"n\",{n},\"xxx"))
}

#[test]
fn emit_says_full_and_nothing_taken_is_lost() {
    let peak = peak(async {
        let (io, to, mut told) = bench().await;
        let mut slow = Client::join(to).await;
        let socket = io.namespace("/").sockets().remove(0);
        let mut other = Client::join(to).await;
        let n = fill(&socket).await;
        assert_eq!(socket.emit_volatile("n", &()), Err(SendError::Full));
        assert!(other.heard_until_now("").await.is_empty());
        // It reads again: all that was taken comes, in order.
        for i in 0..n {
            assert!(is_number(i, &slow.packet().await), "{i} of {n}");
        }
        socket.emit("n", &(n, "xxx")).unwrap();
        assert!(is_number(n, &slow.packet().await));
        assert_eq!(told.so_far(), []);
    });
    assert!(peak < 2 * HIGH_WATER + (512 << 10), "{peak} bytes held");
}

#[test]
fn a_poller_is_bounded_alike() {
    let peak = peak(async {
        let (io, to, mut told) = bench().await;
        let mut http = Http::connect(to).await;
        let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
        assert_eq!(http.post(&target, "40").await.body, "ok");
        let nsp = io.namespace("/");
        let n = fill(&nsp.sockets().remove(0)).await;
        let polled = http.get(&target).await.body;
        let packets: Vec<_> = polled.split('\x1e').collect();
        assert_eq!(packets.len(), n + 1);
        assert!((0..n).all(|i| is_number(i, &packets[i + 1][1..])));
        drop(packets);
        drop(polled);
        // What nobody fetches ends it at the hard cap.
        let filler = "x".repeat(MESSAGE);
        for _ in 0..2 * HARD_CAP / MESSAGE {
            nsp.emit("all", &filler).unwrap();
        }
        assert_eq!(told.next().await, DisconnectReason::SlowConsumer);
        assert_eq!(io.clients(), 0);
    });
    assert!(peak < 2 * HARD_CAP + (512 << 10), "{peak} bytes held");
}

#[test]
fn broadcasts_end_it_at_the_hard_cap_and_reach_the_others() {
    let peak = peak(async {
        let (io, to, mut told) = bench().await;
        let mut slow = Client::join(to).await;
        let mut other = Client::join(to).await;
        let nsp = io.namespace("/");
        let filler = "x".repeat(MESSAGE);
        let mut n = 0;
        while nsp.sockets().len() == 2 {
            assert!(n < FLOOD, "it is never given up");
            nsp.emit("n", &(n, &filler)).unwrap();
            assert!(is_number(n, &other.packet().await), "{n}");
            n += 1;
        }
        assert_eq!(told.next().await, DisconnectReason::SlowConsumer);
        assert!(other.heard_until_now("").await.is_empty());
        // It hears why, should it ever read.
        let mut last = slow.next().await;
        for i in 0.. {
            match last {
                Said::Text(text) => assert!(is_number(i, &text[1..]), "{i} of {n}"),
                end => {
                    last = end;
                    break;
                }
            }
            last = slow.next().await;
        }
        assert_eq!(last, Said::Close(Some(1008)));
        slow.ws.rest().await;
        drop(other);
        until(0, || io.clients()).await;
        assert!(within(io.close()).await, "a task is left");
    });
    assert!(peak < 2 * HARD_CAP + (512 << 10), "{peak} bytes held");
}

#[test]
fn who_waits_for_room_loses_nothing() {
    let most = peak(async {
        let (io, to, _told) = bench().await;
        let mut slow = Client::join(to).await;
        let socket = io.namespace("/").sockets().remove(0);
        let all = 4 * HARD_CAP / MESSAGE;
        let sender = tokio::spawn(async move {
            let filler = "x".repeat(MESSAGE);
            for i in 0..all {
                socket.emit_when_ready("n", &(i, &filler)).await.unwrap();
                assert!(socket.queued() <= HIGH_WATER + 2 * MESSAGE);
            }
            socket
        });
        for i in 0..all {
            assert!(is_number(i, &slow.packet().await), "{i} of {all}");
        }
        let socket = sender.await.unwrap();
        // A client that goes is waited for no longer.
        fill(&socket).await;
        drop(slow);
        within(socket.room()).await;
    });
    assert!(most < 3 * HARD_CAP, "{most}");
}

#[test]
fn the_policy_decides_what_full_means() {
    peak(async {
        for policy in [WhenFull::Drop, WhenFull::Disconnect] {
            let io = Server::builder()
                .queue(HIGH_WATER, HARD_CAP)
                .when_full(policy)
                .build()
                .unwrap();
            let (tell, mut told) = log();
            io.namespace("/")
                .on_disconnect(move |reason: DisconnectReason| tell(reason));
            let to = serve(&io).await;
            let _slow = Client::join(to).await;
            let socket = io.namespace("/").sockets().remove(0);
            let filler = "x".repeat(MESSAGE);
            let ended = (0..FLOOD).find_map(|n| socket.emit("n", &(n, &filler)).err());
            match policy {
                WhenFull::Drop => {
                    assert_eq!(ended, None);
                    assert!(socket.is_connected());
                }
                WhenFull::Disconnect | WhenFull::Refuse => {
                    assert_eq!(ended, Some(SendError::Closed));
                    assert_eq!(told.next().await, DisconnectReason::SlowConsumer);
                }
            }
        }
    });
}
