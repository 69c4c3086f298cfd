//! What is on the wire: which messages are compressed, with which context, and how often.

use super::{alone, by_hand, open, pair, read_frame};
use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use siox_tokio::websocket::{CloseCode, Message, Part, SendError, Shared, deflate::Config};
use siox_wire::{Form, Lead};
use tokio::io::AsyncWriteExt;

/// A text frame with its first byte, final and compressed, masked with zeros.
const TEXT: u8 = 0xc1;

/// Compresses a message as the others before it were.
fn pack(z: &mut Compress, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    z.compress_vec(message, &mut out, FlushCompress::Sync)
        .unwrap();
    out.truncate(out.len() - 4);
    out
}

fn unpack(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(100_000);
    let mut z = Decompress::new(false);
    let whole = [payload, &[0, 0, 0xff, 0xff]].concat();
    z.decompress_vec(&whole, &mut out, FlushDecompress::Sync)
        .unwrap();
    out
}

#[tokio::test]
async fn a_clients_messages_may_refer_to_those_before() {
    let (answer, mut stream, mut server) = by_hand("permessage-deflate", open()).await;
    assert_eq!(answer.as_deref(), Some("permessage-deflate"));
    let mut z = Compress::new(Compression::new(6), false);
    let text: String = (0..400).map(|i| format!("{} ", i * i)).collect();
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let packed = pack(&mut z, text.as_bytes());
        sizes.push(packed.len());
        let len = u16::try_from(packed.len()).unwrap();
        let head = match len {
            0..126 => vec![TEXT, 0x80 | len as u8, 0, 0, 0, 0],
            _ => [&[TEXT, 0xfe], &len.to_be_bytes()[..], &[0; 4]].concat(),
        };
        stream
            .write_all(&[&head[..], &packed].concat())
            .await
            .unwrap();
        assert_eq!(server.next().await.unwrap().unwrap(), Message::from(&*text));
    }
    // They do refer: the second is a fraction of the first.
    assert!(sizes[1] * 5 < sizes[0], "{sizes:?}");
}

#[tokio::test]
async fn each_message_has_its_choice() {
    let config = Config {
        threshold: 100,
        ..alone()
    };
    let (_, mut stream, mut server) = by_hand("permessage-deflate", config).await;
    let long = "ab".repeat(500);
    server.send(&*long).await.unwrap();
    server.set_compress(false);
    server.send(&*long).await.unwrap();
    server.set_compress(true);
    server.send("short").await.unwrap();
    server.queue_bytes(Bytes::from(long.clone())).unwrap();
    server.flush().await.unwrap();
    let mut frames = Vec::new();
    for _ in 0..4 {
        frames.push(read_frame(&mut stream).await);
    }
    assert_eq!(
        frames.iter().map(|f| f.0).collect::<Vec<_>>(),
        [0xc1, 0x81, 0x81, 0xc2]
    );
    assert_eq!(unpack(&frames[0].1), long.as_bytes());
    assert_eq!(frames[1].1, long.as_bytes());
    assert_eq!(frames[2].1, b"short");
    assert_eq!(unpack(&frames[3].1), long.as_bytes());
}

#[tokio::test]
async fn a_broadcast_is_compressed_once_for_all() {
    let text = Bytes::from("news ".repeat(1000));
    let group = Shared::new(vec![Part::Text(text.clone()), Part::Binary(text.clone())]);
    let mut wires = Vec::new();
    for _ in 0..5 {
        let (_, mut stream, mut server) = by_hand("permessage-deflate", alone()).await;
        server.queue_shared(&group).unwrap();
        server.flush().await.unwrap();
        let frames = [read_frame(&mut stream).await, read_frame(&mut stream).await];
        assert_eq!(unpack(&frames[0].1), text);
        assert_eq!(unpack(&frames[1].1), text);
        wires.push(frames);
    }
    assert!(wires.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!((wires[0][0].0, wires[0][1].0), (0xc1, 0xc2));
    // It was made, for the first, and what the others got is that.
    let run = group.form(Form::Deflated, Lead::NONE, |_| panic!("never made"));
    assert!(run.ends_with(&wires[0][1].1));
}

#[tokio::test]
async fn a_broadcast_reaches_every_kind_of_receiver() {
    let text = Bytes::from("news ".repeat(1000));
    let group = Shared::new(vec![Part::Text(text.clone())]);
    let expected = Message::from(std::str::from_utf8(&text).unwrap());
    for config in [alone(), open()] {
        let (mut client, mut server) = pair(&config).await;
        for _ in 0..2 {
            server.queue_shared(&group).unwrap();
            server.send("between").await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), expected);
            assert_eq!(
                client.next().await.unwrap().unwrap(),
                Message::from("between")
            );
            client.queue_shared(&group).unwrap();
            client.flush().await.unwrap();
            assert_eq!(server.next().await.unwrap().unwrap(), expected);
        }
        let (mut sender, _receiver) = server.split();
        sender.set_compress(false);
        sender.queue_shared(&group).unwrap();
        sender.flush().await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), expected);
        sender.close(CloseCode::NORMAL, "").await.unwrap();
        assert_eq!(sender.queue_shared(&group), Err(SendError::Closed));
    }
}
