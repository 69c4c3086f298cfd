//! What a client receives as a stream, and back-pressure.

use crate::rig::{Host, log, within};
use siox::{Server, Socket, client::Received};

#[tokio::test]
async fn everything_in_order() {
    let io = Server::new();
    io.namespace("/")
        .on_connect(|socket: Socket| {
            socket.emit("hello", &("you", 1))?;
            socket.emit("ask", &())
        })
        .on("bye", |socket: Socket| socket.disconnect());
    let host = Host::new(&io).await;
    let client = host.client("/").auto_connect(false).connect().unwrap();
    let mut events = client.events();
    client.connect();
    let first = within(events.next()).await;
    assert!(matches!(
        first,
        Some(Received::Connected { id, recovered: false }) if !id.is_empty()
    ));
    let Some(Received::Event { name, args, ack }) = within(events.next()).await else {
        panic!("no event")
    };
    assert_eq!((&*name, ack.is_wanted()), ("hello", false));
    assert_eq!(args.decode::<(String, i64)>().unwrap(), ("you".into(), 1));
    let second = within(events.next()).await;
    assert!(matches!(second, Some(Received::Event { name, .. }) if name == "ask"));
    client.emit("bye", &()).unwrap();
    let last = within(events.next()).await;
    assert!(matches!(
        last,
        Some(Received::Disconnected {
            reason: siox::DisconnectReason::IoServerDisconnect,
            details,
        }) if details.as_str().is_none()
    ));
}

#[tokio::test]
async fn the_id_is_told_of_a_client_that_is_gone_again() {
    let io = Server::new();
    io.namespace("/")
        .on_connect(|socket: Socket| socket.disconnect());
    let host = Host::new(&io).await;
    for way in host.ways("/") {
        let (tell, mut gone) = log();
        let client = way.on_disconnect(move || tell(())).auto_connect(false);
        let client = client.connect().unwrap();
        let mut events = client.events();
        client.connect();
        gone.next().await;
        assert_eq!(client.id(), None);
        let first = within(events.next()).await;
        assert!(matches!(first, Some(Received::Connected { id, .. }) if !id.is_empty()));
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_holds_the_server_up_and_loses_nothing() {
    let io = Server::new();
    io.namespace("/").on("flood", async |socket: Socket| {
        for n in 0..20_000u32 {
            socket.emit_when_ready("n", &(n, "x".repeat(1_000))).await?;
        }
        Ok::<_, siox::SendError>(())
    });
    let host = Host::new(&io).await;
    for way in host.ways("/") {
        let client = way.connect().unwrap();
        let mut events = client.events();
        client.emit("flood", &()).unwrap();
        assert!(matches!(
            within(events.next()).await,
            Some(Received::Connected { .. })
        ));
        for expected in 0..20_000u32 {
            let Some(Received::Event { args, .. }) = within(events.next()).await else {
                panic!("the stream ended")
            };
            let (n, _): (u32, String) = args.decode().unwrap();
            assert_eq!(n, expected);
        }
    }
}
