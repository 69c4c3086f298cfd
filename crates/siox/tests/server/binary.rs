//! Binary data anywhere in the arguments, in both directions.

use crate::{
    client::{Client, serve},
    raw::ws::Said,
};
use serde::{Deserialize, Serialize};
use siox::{Ack, Args, Bytes, Data, SendError, Server, Socket};

#[derive(Serialize, Deserialize)]
struct File {
    name: String,
    parts: Vec<Bytes>,
}

#[tokio::test]
async fn binary_comes_and_goes() {
    let io = Server::new();
    io.namespace("/")
        .on("swap", |socket: Socket, Data(mut file): Data<File>| {
            file.parts.reverse();
            socket.namespace().emit("swapped", &file)
        })
        .on("back", |args: Args, ack: Ack| ack.relay(&args));
    let to = serve(&io).await;
    let mut client = Client::join(to).await;
    let placeholders = |a, b| {
        format!(
            "{{\"name\":\"n\",\"parts\":[{{\"_placeholder\":true,\"num\":{a}}},{{\"_placeholder\":true,\"num\":{b}}}]}}"
        )
    };
    for (event, answer) in [
        ("52-[\"swap\",", "52-[\"swapped\","),
        ("52-7[\"back\",", "62-7["),
    ] {
        client
            .send(&format!("{event}{}]", placeholders(0, 1)))
            .await;
        client.ws.send_binary(b"one").await;
        client.ws.send_binary(&[]).await;
        let reversed = answer.contains("swapped");
        assert_eq!(
            client.packet().await,
            format!("{answer}{}]", placeholders(0, 1))
        );
        let mut parts = [client.next().await, client.next().await];
        if reversed {
            parts.reverse();
        }
        assert_eq!(
            parts,
            [Said::Binary(b"one".into()), Said::Binary(Vec::new())]
        );
    }
}

/// The official client closes the connection over an eleventh attachment: whoever sends it is told instead.
#[tokio::test]
async fn attachments_are_counted_both_ways() {
    let many = vec![Bytes::from_static(b"x"); 11];
    let holes: Vec<_> = (0..11)
        .map(|n| format!("{{\"_placeholder\":true,\"num\":{n}}}"))
        .collect();
    let event = format!("511-[\"e\",[{}]]", holes.join(","));
    for (builder, limit) in [
        (Server::builder(), Err(SendError::Attachments { limit: 10 })),
        (Server::builder().max_attachments(11), Ok(())),
    ] {
        let io = builder.build().unwrap();
        let nsp = io.namespace("/");
        nsp.on("e", |socket: Socket, args: Args| socket.relay("e", &args));
        let to = serve(&io).await;
        let mut client = Client::join(to).await;
        let socket = nsp.sockets().remove(0);
        assert_eq!(socket.emit("e", &(&many,)), limit);
        assert_eq!(nsp.emit("e", &(&many,)), limit);
        assert_eq!(socket.queued() > 0, limit.is_ok());
        client.send(&event).await;
        if limit.is_ok() {
            for _ in 0..many.len() {
                client.ws.send_binary(b"x").await;
            }
            for _ in 0..3 {
                assert_eq!(client.packet().await, event);
                for _ in 0..many.len() {
                    assert_eq!(client.next().await, Said::Binary(b"x".to_vec()));
                }
            }
        } else {
            assert_eq!(client.next().await, Said::Close(Some(1000)));
        }
    }
}
