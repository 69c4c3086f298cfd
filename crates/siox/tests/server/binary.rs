//! Binary data anywhere in the arguments, in both directions.

use crate::{
    client::{Client, serve},
    raw::ws::Said,
};
use serde::{Deserialize, Serialize};
use siox::{Ack, Args, Bytes, Data, Server, Socket};

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
