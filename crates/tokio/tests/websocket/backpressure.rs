//! Queues: what leaves together, and what waits.

use crate::{pair, poll_once};
use siox_tokio::websocket::{Error, Limits, Message, SendError, WebSocket};
use siox_websocket::Connection;
use std::{
    cell::Cell,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Takes all it is given, counts how often, and has nothing to read.
#[derive(Default)]
struct Counter {
    writes: usize,
    bytes: usize,
}

impl AsyncRead for Counter {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Counter {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = slices.iter().map(|slice| slice.len()).sum();
        self.writes += 1;
        self.bytes += len;
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn many_small_messages_leave_in_one_write() {
    for by_reading in [false, true] {
        let connection = Connection::server(Arc::new(Limits::default()));
        let mut socket = WebSocket::new(Counter::default(), connection, Vec::new());
        for _ in 0..1000 {
            socket.queue("small").unwrap();
        }
        // A large one is kept by reference, in a slice of its own.
        socket.queue_bytes(vec![0; 5000].into()).unwrap();
        match by_reading {
            true => assert!(poll_once(socket.next()).is_pending()),
            false => socket.flush().await.unwrap(),
        }
        let Counter { writes, bytes } = socket.get_ref();
        assert_eq!((*writes, *bytes), (1, 1000 * 7 + 5004));
        assert_eq!(socket.queued(), 0);
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_who_answers_on_the_spot_does_not_read() {
    let limits = Limits {
        high_water: 1000,
        ..Limits::default()
    };
    let (mut client, mut server) = pair(64, limits).await;
    server.queue(&*"x".repeat(2000)).unwrap();
    assert_eq!(server.queue("more"), Err(SendError::Full));
    client.queue("question").unwrap();
    let _ = poll_once(client.flush());
    let asked = Cell::new(false);
    {
        let mut run = pin!(server.run(|connection, _| {
            asked.set(true);
            connection.text("more")
        }));
        // Nobody reads the answer, so that the question is not read either.
        for _ in 0..10 {
            assert!(poll_once(run.as_mut()).is_pending());
        }
        assert!(!asked.get());
        tokio::select! {
            end = run => panic!("{end:?}"),
            answers = async { [client.next().await, client.next().await] } => {
                let [first, second] = answers.map(|answer| answer.unwrap().unwrap());
                assert_eq!(first.as_bytes().len(), 2000);
                assert_eq!(second, Message::from("more"));
            }
        }
    }
    assert!(asked.get());
}

#[tokio::test]
async fn a_full_queue_does_not_keep_from_reading() {
    let limits = Limits {
        high_water: 1000,
        ..Limits::default()
    };
    let (mut client, mut server) = pair(64, limits).await;
    server.queue(&*"x".repeat(2000)).unwrap();
    client.queue(&*"y".repeat(2000)).unwrap();
    let (asked, answer) = tokio::join!(
        async {
            let asked = server.next().await;
            server.flush().await.unwrap();
            asked
        },
        async {
            let answer = client.next().await;
            client.flush().await.unwrap();
            answer
        }
    );
    for message in [asked, answer] {
        assert_eq!(message.unwrap().unwrap().as_bytes().len(), 2000);
    }
}

#[tokio::test]
async fn a_handler_that_cannot_send_ends_the_connection() {
    let limits = Limits {
        high_water: 10,
        ..Limits::default()
    };
    let (mut client, server) = pair(4096, limits).await;
    client.queue("go").unwrap();
    let run = server.run(|connection, _| {
        connection.text("fills the queue")?;
        connection.text("too many")
    });
    let read = async {
        let mut all = Vec::new();
        while let Some(message) = client.next().await {
            all.push(message.unwrap());
        }
        all
    };
    let (end, read) = tokio::join!(run, read);
    assert!(matches!(end, Err(Error::Send(SendError::Full))), "{end:?}");
    assert_eq!(read, [Message::from("fills the queue")]);
    assert_eq!(client.goodbye().unwrap().code.get(), 1011);
}
