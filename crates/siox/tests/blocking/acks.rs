//! Acknowledgements and binary data both ways, on every transport.

use crate::rig::{Host, log, ready};
use siox::{Ack, AckError, Args, Bytes, Server, Socket, blocking::Client};
use std::time::Duration;

siox::events! {
    Sum = "sum"(i64, i64) -> i64;
    Twice = "twice"(i64) -> (i64, i64);
}

fn asking() -> Server {
    let io = Server::new();
    io.namespace("/")
        .on_typed(Sum, async |_, (a, b)| a + b)
        .on("ask me", async |socket: Socket, ack: Ack| {
            let twice: (i64, i64) = socket.emit_with_ack("twice", &21, None).await?;
            ack.send(&twice)?;
            Ok::<_, siox::BoxError>(())
        })
        .on("echo", |args: Args, ack: Ack| ack.relay(&args))
        .on("never", |_: Ack| ());
    io
}

#[test]
fn both_sides_answer() {
    let host = Host::new(&asking());
    for way in host.ways("/") {
        let client = way.connect().unwrap();
        client.on_typed(Twice, |_, (n,)| (n, 2 * n));
        assert_eq!(client.ask_typed(Sum, &(1, 2), None).wait().unwrap(), 3);
        let twice = client.emit_with_ack::<(i64, i64)>("ask me", &(), None);
        assert_eq!(twice.wait().unwrap(), (21, 42));
    }
}

#[test]
fn a_handler_may_ask_and_wait() {
    let host = Host::new(&asking());
    let (tell, told) = log();
    let client = host.client("/").on_connect(move |client: Client| {
        let sum: i64 = client.emit_with_ack("sum", &(20, 22), None).wait()?;
        tell(sum);
        Ok::<_, AckError>(())
    });
    let client = client.connect().unwrap();
    assert_eq!(told.next(), 42);
    drop(client);
}

#[test]
fn five_attachments_each_way() {
    let host = Host::new(&asking());
    let blobs: Vec<Bytes> = (0..5u8).map(|n| Bytes::from(vec![n; 1_000])).collect();
    for way in host.ways("/") {
        let client = way.connect().unwrap();
        let back = client.emit_with_ack::<(Vec<Bytes>, String)>("echo", &(&blobs, "x"), None);
        assert_eq!(back.wait().unwrap(), (blobs.clone(), "x".into()));
        let plain = client.compress(false);
        let back = plain.emit_with_ack::<String>("echo", "not compressed");
        assert_eq!(back.wait().unwrap(), "not compressed");
    }
}

#[test]
fn those_that_do_not_come() {
    let mut host = Host::new(&asking());
    let client = host.client("/").connect().unwrap();
    ready(&client);
    let soon = Some(Duration::from_millis(1));
    let late = client.emit_with_ack::<()>("never", &(), soon).wait();
    assert!(matches!(late, Err(AckError::Timeout)), "{late:?}");
    let cut = client.emit_with_ack::<()>("never", &(), None);
    host.kill();
    let cut = cut.wait();
    assert!(matches!(cut, Err(AckError::Disconnected)), "{cut:?}");
    client.disconnect();
    drop(client);
}
