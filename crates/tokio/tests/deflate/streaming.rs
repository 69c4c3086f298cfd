//! Compressed messages in fragments and in chunks, over TCP.

use crate::{accepting, alone, open};
use siox_tokio::websocket::{self, Message, Options};
use tokio::net::TcpListener;

#[tokio::test]
async fn compressed_messages_of_halves_in_fragments_and_in_chunks() {
    let part = "{\"käse\":[1,2,3,4,5,6,7,8,9]},".repeat(3000);
    let text = [part.repeat(10).as_str(), "!"].concat();
    let expected = Message::from(&*text);
    for config in [open(), alone()] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let options = Options {
            deflate: Some(config.clone()),
            ..Options::default()
        };
        let accepting = accepting(Some(config));
        let (client, server) = tokio::join!(websocket::connect(&url, &options), async {
            let (stream, _) = listener.accept().await.unwrap();
            websocket::accept_with(stream, &accepting).await.unwrap()
        });
        let (to_server, mut from_server) = client.unwrap().split();
        let (to_client, mut from_client) = server.split();
        let client_writes = async {
            let mut sender = to_server;
            for compress in [true, false, true] {
                sender.set_compress(compress);
                sender.begin_text().unwrap();
                for _ in 0..10 {
                    sender.write(part.as_bytes()).await.unwrap();
                }
                sender.finish(b"!").await.unwrap();
            }
        };
        let server_writes = async {
            let mut sender = to_client;
            for compress in [false, true, true] {
                sender.set_compress(compress);
                sender.begin_text().unwrap();
                for _ in 0..10 {
                    sender.write(part.as_bytes()).await.unwrap();
                }
                sender.finish(b"!").await.unwrap();
            }
        };
        let client_reads = async {
            for _ in 0..3 {
                let mut whole = from_server.next_chunk().await.unwrap().unwrap();
                while !whole.last {
                    whole.push(&from_server.next_chunk().await.unwrap().unwrap());
                }
                assert!(whole.first && whole.data == expected);
            }
        };
        let server_reads = async {
            for _ in 0..3 {
                let mut whole = from_client.next_chunk().await.unwrap().unwrap();
                while !whole.last {
                    whole.push(&from_client.next_chunk().await.unwrap().unwrap());
                }
                assert!(whole.first && whole.data == expected);
            }
        };
        tokio::join!(client_writes, server_writes, client_reads, server_reads);
    }
}
