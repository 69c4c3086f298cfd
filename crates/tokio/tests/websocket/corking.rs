//! What leaves together without being asked to: the answers to what one read brought.

use crate::poll_once;
use siox_tokio::websocket::{CloseCode, Connection, Limits, Message, WebSocket};
use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::advance,
};

/// Gives each read whole, as far as there is room for it, takes up to `room` bytes, and remembers every write.
#[derive(Default, Clone)]
struct Script(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    reads: VecDeque<Vec<u8>>,
    writes: Vec<Vec<u8>>,
    room: Option<usize>,
}

impl Script {
    fn read(&self, bytes: Vec<u8>) {
        self.0.lock().unwrap().reads.push_back(bytes);
    }

    fn written(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().writes.clone()
    }

    fn writes(&self) -> usize {
        self.0.lock().unwrap().writes.len()
    }
}

impl AsyncRead for Script {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let reads = &mut self.0.lock().unwrap().reads;
        let Some(bytes) = reads.front_mut() else {
            return Poll::Pending;
        };
        buf.put_slice(bytes.drain(..bytes.len().min(buf.remaining())).as_slice());
        if bytes.is_empty() {
            reads.pop_front();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut lines = self.0.lock().unwrap();
        let mut bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        if let Some(room) = &mut lines.room {
            bytes.truncate(*room);
            *room -= bytes.len();
            if bytes.is_empty() {
                return Poll::Pending;
            }
        }
        let len = bytes.len();
        lines.writes.push(bytes);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// `count` masked binary messages of `size` bytes; the keys are zero.
fn asked(count: usize, size: usize) -> Vec<u8> {
    let mut frame = vec![0x82];
    match size {
        0..=125 => frame.push(0x80 | size as u8),
        _ => {
            frame.push(0x80 | 126);
            frame.extend((size as u16).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.resize(frame.len() + size, b'x');
    frame.repeat(count)
}

fn server(limits: Limits) -> (Script, WebSocket<Script>) {
    let script = Script::default();
    let connection = Connection::server(Arc::new(limits));
    let socket = WebSocket::new(script.clone(), connection, Vec::new());
    (script, socket)
}

/// Echoes until there is nothing to read.
async fn echo(socket: &mut WebSocket<Script>) {
    while let Poll::Ready(Some(message)) = poll_once(socket.next()) {
        socket.send(message.unwrap()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn answers_to_one_read_leave_in_one_write() {
    for (size, most) in [(20, 1), (1024, 1), (4000, 2)] {
        let (script, mut socket) = server(Limits::default());
        for _ in 0..3 {
            script.read(asked(16, size));
        }
        echo(&mut socket).await;
        let written = script.written();
        // The first read of a connection has room for little.
        assert!(
            written.len() <= 3 * most + 1,
            "{size}: {} writes",
            written.len()
        );
        let head = if size < 126 { 2 } else { 4 };
        assert_eq!(written.concat().len(), 48 * (size + head));
        assert_eq!(socket.queued(), 0);
    }
}

/// A message that is cut by the end of a read does not keep the answers before it waiting.
#[tokio::test(start_paused = true)]
async fn an_unfinished_message_holds_nothing_back() {
    let (script, mut socket) = server(Limits::default());
    let mut bytes = asked(3, 20);
    bytes.truncate(bytes.len() - 1);
    script.read(bytes);
    for _ in 0..2 {
        let message = socket.next().await.unwrap().unwrap();
        socket.send(message).await.unwrap();
    }
    assert_eq!(script.written().concat().len(), 2 * 22);
}

#[tokio::test(start_paused = true)]
async fn a_single_message_is_written_when_send_returns() {
    let (script, mut socket) = server(Limits::default());
    socket.send("unasked").await.unwrap();
    assert_eq!(script.writes(), 1);
    script.read(asked(1, 20));
    let message = socket.next().await.unwrap().unwrap();
    socket.send(message).await.unwrap();
    assert_eq!(script.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn flush_writes_what_is_held_back() {
    let (script, mut socket) = server(Limits::default());
    script.read(asked(3, 20));
    let message = socket.next().await.unwrap().unwrap();
    socket.send(message).await.unwrap();
    assert_eq!(script.writes(), 0);
    socket.flush().await.unwrap();
    assert_eq!(script.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_a_mark_is_held_back() {
    let (script, mut socket) = server(Limits::default());
    script.read(asked(10, 20));
    for _ in 0..4 {
        socket.next().await.unwrap().unwrap();
        socket.send(&*"y".repeat(30_000)).await.unwrap();
    }
    assert_eq!(script.writes(), 1);
    assert!(socket.queued() < 64 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_slow_application_is_not_kept_waiting() {
    let (script, mut socket) = server(Limits::default());
    script.read(asked(16, 20));
    let mut most = 0;
    for _ in 0..16 {
        let message = socket.next().await.unwrap().unwrap();
        advance(Duration::from_millis(10)).await;
        socket.send(message).await.unwrap();
        most = most.max(socket.queued());
    }
    assert!(most <= 22, "{most} bytes were held back");
    assert_eq!(script.writes(), 15);
    // It stays so while it stays slow.
    script.read(asked(4, 20));
    for _ in 0..4 {
        let message = socket.next().await.unwrap().unwrap();
        socket.send(message).await.unwrap();
        assert_eq!(socket.queued(), 0);
    }
    // That was quick.
    script.read(asked(4, 20));
    let before = script.writes();
    echo(&mut socket).await;
    assert_eq!(script.writes(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn an_application_that_turns_slow_is_found_out_within_four_answers() {
    let (script, mut socket) = server(Limits::default());
    script.read(asked(16, 20));
    let mut waited = 0;
    for number in 0..16 {
        let message = socket.next().await.unwrap().unwrap();
        if number == 7 {
            advance(Duration::from_secs(1)).await;
        }
        socket.send(message).await.unwrap();
        waited += usize::from(number >= 7 && socket.queued() > 0);
    }
    assert!(waited < 4, "{waited}");
    assert_eq!(script.written().concat().len(), 16 * 22);
}

/// Who was quick for long is looked at later.
#[tokio::test(start_paused = true)]
async fn an_application_that_was_quick_is_found_out_with_the_sixteenth_answer() {
    let (script, mut socket) = server(Limits::default());
    for _ in 0..3 {
        script.read(asked(4, 20));
    }
    echo(&mut socket).await;
    script.read(asked(40, 20));
    let before = script.writes();
    let mut held = 0;
    for _ in 0..40 {
        let message = socket.next().await.unwrap().unwrap();
        advance(Duration::from_millis(10)).await;
        socket.send(message).await.unwrap();
        held += usize::from(socket.queued() > 0);
    }
    assert_eq!(held, 15);
    assert_eq!(script.writes(), before + 40 - held);
}

/// Reads that follow one another closely tell that it is quick; where they stop to, the clock does.
#[tokio::test(start_paused = true)]
async fn an_application_that_turns_slow_between_reads_is_found_out_by_the_second() {
    let (script, mut socket) = server(Limits::default());
    for _ in 0..3 {
        script.read(asked(4, 20));
    }
    echo(&mut socket).await;
    assert_eq!(script.writes(), 3);
    let mut held = 0;
    for _ in 0..5 {
        script.read(asked(2, 20));
        for _ in 0..2 {
            let message = socket.next().await.unwrap().unwrap();
            advance(Duration::from_millis(10)).await;
            socket.send(message).await.unwrap();
            held += usize::from(socket.queued() > 0);
        }
    }
    assert!(held <= 2, "{held}");
    // It is quick again, from the second read on.
    for _ in 0..3 {
        script.read(asked(4, 20));
    }
    let before = script.writes();
    echo(&mut socket).await;
    assert_eq!(script.writes(), before + 4 + 1 + 1);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_socket_has_written_what_was_sent() {
    let (script, mut socket) = server(Limits::default());
    script.read(asked(3, 20));
    let message = socket.next().await.unwrap().unwrap();
    socket.send(message).await.unwrap();
    assert_eq!(script.writes(), 0);
    drop(socket);
    assert_eq!(
        script.written(),
        [asked(1, 20)
            .iter()
            .enumerate()
            .filter(|(at, _)| !(2..6).contains(at))
            .map(|(at, byte)| if at == 1 { byte & 0x7F } else { *byte })
            .collect::<Vec<u8>>()]
    );
}

#[tokio::test(start_paused = true)]
async fn goodbye_leaves_behind_what_is_held_back() {
    let (script, mut socket) = server(Limits::default());
    script.read(asked(3, 20));
    let message = socket.next().await.unwrap().unwrap();
    socket.send(message).await.unwrap();
    assert!(poll_once(socket.close(CloseCode::NORMAL, "")).is_pending());
    let written = script.written().concat();
    assert_eq!(written[22..], [0x88, 2, 0x03, 0xE8]);
}

#[tokio::test(start_paused = true)]
async fn halves_of_a_socket_take_over_what_is_held_back() {
    let (script, mut socket) = server(Limits::default());
    script.read(asked(3, 20));
    let message = socket.next().await.unwrap().unwrap();
    socket.send(message).await.unwrap();
    let (mut sender, mut receiver) = socket.split();
    assert_eq!(script.writes(), 0);
    receiver.next().await.unwrap().unwrap();
    sender.send("by the half").await.unwrap();
    assert_eq!(script.written().concat().len(), 22 + 13);
}

/// Futures dropped at every point lose nothing and double nothing.
#[tokio::test(start_paused = true)]
async fn dropped_futures_keep_what_is_held_back() {
    let (script, mut socket) = server(Limits::default());
    script.0.lock().unwrap().room = Some(0);
    script.read(asked(4, 20));
    let mut sent = 0;
    while let Poll::Ready(Some(message)) = poll_once(socket.next()) {
        // The last one waits for the write, and is dropped.
        sent += 1;
        let _ = poll_once(socket.send(message.unwrap()));
    }
    assert_eq!((sent, socket.queued()), (4, 88));
    for _ in 0..88 {
        script.0.lock().unwrap().room = Some(1);
        let _ = poll_once(socket.next());
    }
    assert_eq!(script.written().concat().len(), 88);
    assert_eq!(socket.queued(), 0);
}

/// With deadlines the clock is asked, and answers leave together all the same.
#[tokio::test(start_paused = true)]
async fn with_keep_alive_answers_leave_together_too() {
    let (script, mut socket) = server(Limits {
        ping_interval: Some(Duration::from_secs(1)),
        ..Limits::default()
    });
    script.read(asked(16, 20));
    echo(&mut socket).await;
    assert_eq!(script.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_violation_behind_messages_is_told_behind_their_answers() {
    let (script, mut socket) = server(Limits::default());
    let mut bytes = asked(2, 20);
    bytes.extend([0x81, 0x81, 0, 0, 0, 0, 0xFF]); // a text that is none
    script.read(bytes);
    for _ in 0..2 {
        let message = socket.next().await.unwrap().unwrap();
        socket.send(message).await.unwrap();
    }
    advance(Duration::from_secs(3600)).await;
    let end = poll_once(socket.next());
    assert!(matches!(end, Poll::Ready(Some(Err(_)))) || end.is_pending());
    let written = script.written().concat();
    assert_eq!(written[44..48], [0x88, written[45], 0x03, 0xEF], "1007");
}

#[tokio::test(start_paused = true)]
async fn text_and_messages_of_other_kinds_are_held_back_alike() {
    let (script, mut socket) = server(Limits::default());
    script.read(asked(3, 20));
    for answer in [Message::from("text"), Message::from(&b"bytes"[..])] {
        socket.next().await.unwrap().unwrap();
        socket.send(answer).await.unwrap();
    }
    assert_eq!(script.writes(), 0);
    socket.next().await.unwrap().unwrap();
    socket.send(vec![b'z'; 5000].as_slice()).await.unwrap();
    assert_eq!(script.writes(), 1);
    assert_eq!(script.written().concat().len(), 6 + 7 + 5004);
}
