//! Acknowledgements both ways, binary both ways, on every transport.

use crate::rig::{Host, log, within};
use siox::{Ack, AckError, Args, Bytes, Data, Server, Socket};
use std::time::Duration;

#[tokio::test]
async fn both_sides_answer() {
    let io = Server::new();
    io.namespace("/")
        .on("sum", async |Data((a, b)): Data<(i64, i64)>, ack: Ack| {
            ack.send(&(a + b))
        })
        .on("ask me", async |socket: Socket, ack: Ack| {
            let twice: (i64, i64) = socket.emit_with_ack("twice", &21, None).await?;
            ack.send(&twice)?;
            Ok::<_, siox::BoxError>(())
        });
    let host = Host::new(&io).await;
    for way in host.ways("/") {
        let client = way
            .on("twice", async |Data(n): Data<i64>, ack: Ack| {
                tokio::task::yield_now().await;
                ack.send(&(n, 2 * n))
            })
            .connect()
            .unwrap();
        let sum: i64 = within(client.emit_with_ack("sum", &(1, 2), None))
            .await
            .unwrap();
        assert_eq!(sum, 3);
        let twice: (i64, i64) = within(client.emit_with_ack("ask me", &(), None))
            .await
            .unwrap();
        assert_eq!(twice, (21, 42));
    }
}

#[tokio::test]
async fn five_attachments_each_way() {
    let io = Server::new();
    io.namespace("/")
        .on("echo", |args: Args, ack: Ack| ack.relay(&args));
    let host = Host::new(&io).await;
    let blobs: Vec<Bytes> = (0..5u8).map(|n| Bytes::from(vec![n; 1_000])).collect();
    for way in host.ways("/") {
        let client = way.connect().unwrap();
        let back: (Vec<Bytes>, String) = within(client.emit_with_ack("echo", &(&blobs, "x"), None))
            .await
            .unwrap();
        assert_eq!(back, (blobs.clone(), "x".into()));
    }
}

#[tokio::test]
async fn those_that_do_not_come() {
    let io = Server::new();
    let (tell, mut told) = log();
    io.namespace("/").on("never", move |_: Ack| tell(()));
    let mut host = Host::new(&io).await;
    let client = host.client("/").connect().unwrap();
    within(client.ready()).await.unwrap();
    let soon = Some(Duration::from_millis(1));
    let late = within(client.emit_with_ack::<()>("never", &(), soon)).await;
    assert!(matches!(late, Err(AckError::Timeout)), "{late:?}");
    told.next().await;
    let cut = client.emit_with_ack::<()>("never", &(), None);
    told.next().await;
    host.kill().await;
    let cut = within(cut).await;
    assert!(matches!(cut, Err(AckError::Disconnected)), "{cut:?}");
}
