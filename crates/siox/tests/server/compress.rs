//! Answers to polls are compressed, but for what wishes not to be.

use crate::{
    client::{POLLING, serve},
    raw::http::Http,
};
use siox::{Args, Broadcast, Emitter, Server, Socket, front::Compression};

#[tokio::test]
async fn a_flag_of_the_message_decides() {
    let io = Server::builder()
        .compression(Compression::default())
        .build()
        .unwrap();
    let nsp = io.namespace("/");
    let to = serve(&io).await;
    let mut http = Http::connect(to).await;
    let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
    assert_eq!(http.post(&target, "40").await.body, "ok");
    assert!(http.get(&target).await.body.starts_with("40{"));
    let socket = nsp.sockets().pop().unwrap();
    let long = "long ".repeat(1000);
    let one = |emitter: Emitter| emitter.emit("e", &long).unwrap();
    let all = |broadcast: Broadcast| broadcast.emit("e", &long).unwrap();
    let asked = |emitter: Emitter| drop(emitter.emit_with_ack_args("e", &long));
    let expected: [(&dyn Fn(), bool); 8] = [
        (&|| socket.emit("e", &long).unwrap(), true),
        (&|| one(socket.compress(true)), true),
        (&|| one(socket.compress(false)), false),
        (&|| one(socket.volatile().compress(false)), false),
        (&|| asked(socket.compress(false)), false),
        (&|| all(nsp.compress(true)), true),
        (&|| all(nsp.compress(false)), false),
        (&|| all(nsp.to(socket.id()).compress(false)), false),
    ];
    for (n, (send, compressed)) in expected.into_iter().enumerate() {
        send();
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: here\r\nAccept-Encoding: gzip\r\n\r\n");
        http.send(request).await;
        let answer = http.answer().await;
        let coding = compressed.then_some("gzip");
        assert_eq!(answer.header("content-encoding"), coding, "{n}");
    }
}

#[tokio::test]
async fn the_flag_goes_with_arguments_that_are_passed_through() {
    let io = Server::builder()
        .compression(Compression::default())
        .build()
        .unwrap();
    let nsp = io.namespace("/");
    nsp.on("plain", |socket: Socket, args: Args| {
        socket.compress(false).relay("e", &args)
    });
    nsp.on("compressed", |socket: Socket, args: Args| {
        socket.compress(true).relay("e", &args)
    });
    nsp.on("unsaid", |socket: Socket, args: Args| {
        socket.relay("e", &args)
    });
    let to = serve(&io).await;
    let mut http = Http::connect(to).await;
    let target = format!("{POLLING}&sid={}", http.open("/socket.io/").await);
    assert_eq!(http.post(&target, "40").await.body, "ok");
    assert!(http.get(&target).await.body.starts_with("40{"));
    let long = "long ".repeat(1000);
    // Watched events are encoded for their watcher, the others never.
    for watched in [false, true] {
        if watched {
            nsp.on_any_outgoing(|_| {});
        }
        for (name, compressed) in [("plain", false), ("unsaid", true), ("compressed", true)] {
            let event = format!("42[\"{name}\",\"{long}\"]");
            assert_eq!(http.post(&target, &event).await.body, "ok");
            let request =
                format!("GET {target} HTTP/1.1\r\nHost: here\r\nAccept-Encoding: gzip\r\n\r\n");
            http.send(request).await;
            let answer = http.answer().await;
            let coding = compressed.then_some("gzip");
            assert_eq!(answer.header("content-encoding"), coding, "{name}");
        }
    }
}
