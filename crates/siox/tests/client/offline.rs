//! Events while there is no connection: once and in order, or at least once.

use crate::rig::{Host, Log, log, within};
use siox::{Ack, Client, Data, SendError, Server, client::Overflow};
use std::time::Duration;

fn counting() -> (Server, Log<u32>) {
    let io = Server::new();
    let (tell, told) = log();
    io.namespace("/")
        .on("n", move |Data(n): Data<u32>, ack: Ack| {
            tell(n);
            ack.send(&n)
        });
    (io, told)
}

async fn gone(client: &Client) {
    within(async {
        while client.is_connected() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_buffer_is_delivered_once_and_in_order() {
    let (io, mut told) = counting();
    let mut host = Host::new(&io).await;
    let clients: Vec<Client> = host
        .ways("/")
        .into_iter()
        .map(|way| way.connect().unwrap())
        .collect();
    for client in &clients {
        // Before the first connection.
        for n in 0..10 {
            client.emit("n", &n).unwrap();
        }
        assert_eq!(told.take(10).await, (0..10).collect::<Vec<_>>());
    }
    host.kill().await;
    for client in &clients {
        gone(client).await;
    }
    let (io, mut told) = counting();
    for n in 10..1_010u32 {
        clients[0].emit("n", &n).unwrap();
    }
    let last = clients[0].emit_with_ack::<u32>("n", &1_010, None);
    host.revive(&io).await;
    assert_eq!(told.take(1_001).await, (10..1_011).collect::<Vec<_>>());
    assert_eq!(within(last).await.unwrap(), 1_010);
    for client in &clients[1..] {
        assert_eq!(
            within(client.emit_with_ack::<u32>("n", &1, None))
                .await
                .unwrap(),
            1
        );
        assert_eq!(told.next().await, 1, "and nothing else");
    }
}

#[tokio::test]
async fn what_is_emitted_all_the_time_is_never_lost_with_retries() {
    let (io, told) = counting();
    let mut host = Host::new(&io).await;
    let mut logs = vec![told];
    let client = host
        .client("/")
        .retries(100)
        .ack_timeout(Duration::from_secs(10))
        .connect()
        .unwrap();
    for round in 0..4u32 {
        for n in 0..50 {
            client.emit("n", &(round * 50 + n)).unwrap();
        }
        if round < 3 {
            // Somewhere among them.
            for _ in 0..10 {
                logs.last_mut().unwrap().next().await;
            }
            host.kill().await;
            let (io, told) = counting();
            logs.push(told);
            host.revive(&io).await;
        }
    }
    within(async {
        while client.waiting() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let mut last = None;
    for mut log in logs {
        for n in log.so_far() {
            // In order, though the first of a connection may be the last of the one before.
            let expected = last.map_or(10, |last: u32| last + 1);
            assert!(
                n == expected || Some(n) == last || n % 50 == 10 || last.is_none(),
                "{n} after {last:?}"
            );
            last = Some(n);
        }
    }
    assert_eq!(last, Some(199));
}

#[tokio::test]
async fn after_a_long_sleep_what_is_emitted_first_waits_for_the_next_connection() {
    let (io, mut told) = counting();
    let host = Host::new(&io).await;
    for way in host.ways("/") {
        let client = way.connect().unwrap();
        client.emit("n", &1).unwrap();
        assert_eq!(told.next().await, 1);
        // Nobody else gets a turn while a minute passes.
        tokio::time::pause();
        {
            let mut minute = std::pin::pin!(tokio::time::advance(Duration::from_secs(60)));
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            let _ = minute.as_mut().poll(&mut cx);
            client.emit("n", &2).unwrap();
        }
        assert_eq!(client.waiting(), 1, "the connection is known to be dead");
        tokio::time::resume();
        assert_eq!(told.next().await, 2);
    }
}

#[tokio::test]
async fn the_buffer_is_bounded() {
    let mut host = Host::new(&Server::new()).await;
    host.kill().await;
    let refusing = host
        .client("/")
        .offline_buffer(200, Overflow::Refuse)
        .connect()
        .unwrap();
    let dropping = host
        .client("/")
        .offline_buffer(200, Overflow::DropOldest)
        .connect()
        .unwrap();
    assert_eq!(refusing.emit("n", &1), Ok(()));
    assert_eq!(refusing.emit("n", &2), Ok(()));
    assert_eq!(refusing.emit("n", &3), Err(SendError::Full));
    assert_eq!(refusing.emit_volatile("n", &4), Ok(()), "lost");
    refusing.disconnect();
    for n in 5..9 {
        dropping.emit("n", &n).unwrap();
    }
    let (io, mut told) = counting();
    host.revive(&io).await;
    assert_eq!(told.take(2).await, [7, 8]);
}
