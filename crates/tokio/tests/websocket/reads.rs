//! How much a read has room for: little, unless one of the last brought more.

use siox_tokio::websocket::{Connection, Limits, Message, WebSocket};
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the peer has sent, and how much each read had room for.
#[derive(Default)]
struct Lines {
    sent: Vec<u8>,
    rooms: Vec<usize>,
}

#[derive(Default, Clone)]
struct Script(Arc<Mutex<Lines>>);

impl AsyncRead for Script {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut lines = self.0.lock().unwrap();
        if lines.sent.is_empty() {
            return Poll::Pending;
        }
        lines.rooms.push(buf.remaining());
        let len = lines.sent.len().min(buf.remaining());
        buf.put_slice(lines.sent.drain(..len).as_slice());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A masked binary message of `size` bytes; the key is zero.
fn message(size: u16) -> Vec<u8> {
    let [high, low] = size.to_be_bytes();
    let mut frame = vec![0x82, 0xFE, high, low, 0, 0, 0, 0];
    frame.resize(frame.len() + usize::from(size), b'x');
    frame
}

const LITTLE: usize = 4096;
const MUCH: usize = 64 * 1024;

#[tokio::test]
async fn a_read_has_room_for_much_where_one_of_the_last_four_brought_it() {
    let script = Script::default();
    let connection = Connection::server(Arc::new(Limits::default()));
    let mut socket = WebSocket::new(script.clone(), connection, Vec::new());
    for (size, rooms) in [
        (200, &[LITTLE][..]),
        (4087, &[LITTLE]),
        (4088, &[LITTLE]),
        (200, &[MUCH]),
        (200, &[MUCH]),
        (4087, &[MUCH]),
        (4088, &[MUCH]),
        (4087, &[MUCH]),
        (200, &[MUCH]),
        (200, &[MUCH]),
        (200, &[MUCH]),
        (200, &[LITTLE]),
        (20_000, &[LITTLE, MUCH]),
        (20_000, &[MUCH]),
    ] {
        script.0.lock().unwrap().sent = message(size);
        let got = socket.next().await.unwrap().unwrap();
        assert_eq!(got, Message::from(&*vec![b'x'; size.into()]));
        let lines = std::mem::take(&mut *script.0.lock().unwrap());
        assert_eq!(lines.rooms, rooms, "{size}");
    }
}

/// What is left of a read stays as it was while another connection reads.
#[tokio::test]
async fn what_is_left_is_not_read_over() {
    let (mine, others) = (Script::default(), Script::default());
    let limits = Arc::new(Limits::default());
    let [mut socket, mut other] = [&mine, &others].map(|script| {
        let connection = Connection::server(limits.clone());
        WebSocket::new(script.clone(), connection, Vec::new())
    });
    mine.0.lock().unwrap().sent = [message(200), message(300)].concat();
    let first = socket.next().await.unwrap().unwrap();
    others.0.lock().unwrap().sent = [message(1000), message(1000)].concat();
    let theirs = other.next().await.unwrap().unwrap();
    let second = socket.next().await.unwrap().unwrap();
    let last = other.next().await.unwrap().unwrap();
    let sizes = [first, theirs, second, last].map(|message| message.as_bytes().len());
    assert_eq!(sizes, [200, 1000, 300, 1000]);
}
