//! The memory in which what one read brought is answered, kept by its thread until the next: whoever reads needs it
//! at once, and whoever is idle holds none of it.

use super::{Connection, Message, spare::Spare};
use crate::scratch;
use std::{
    cell::Cell,
    io,
    task::{Context, Poll},
};
use tokio::io::AsyncRead;

thread_local! {
    static REST: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static ANSWERS: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static SPARE: Cell<Spare> = const { Cell::new(Spare::NONE) };
}

/// No more is kept: a connection that has it holds so much while its application is busy elsewhere.
pub(super) const MOST: usize = 4096;

/// Something was read: answers will be queued in the thread's memory, if the connection has none, and the first
/// message be put into the memory of another.
#[inline]
pub(super) fn lend(connection: &mut Connection, spare: &mut Spare) {
    let mut answers = ANSWERS.take();
    connection.lend_buffer(&mut answers);
    // Where the connection has memory of its own, the thread keeps it.
    if answers.capacity() > 0 {
        ANSWERS.set(answers);
    }
    *spare = SPARE.take();
}

/// The answers are written, or none came.
#[inline]
pub(super) fn release(connection: &mut Connection) {
    let mut answers = Vec::new();
    connection.release_buffer(&mut answers);
    if is_kept(answers.capacity()) {
        ANSWERS.set(answers);
    }
}

/// Reads once from `io` into memory that the rest of what came may stay in: less than [`MOST`], or else there may
/// be more.
#[inline]
pub(super) fn read<Io: AsyncRead + Unpin>(
    io: &mut Io,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Vec<u8>>> {
    let mut rest = REST.take();
    if rest.capacity() < MOST {
        rest = Vec::with_capacity(MOST);
    }
    rest.clear();
    scratch::fill(rest, MOST, io, cx, put_back)
}

/// A copy of what is left of a read.
#[inline]
pub(super) fn copied(bytes: &[u8]) -> Vec<u8> {
    let mut rest = REST.take();
    rest.clear();
    rest.extend_from_slice(bytes);
    rest
}

/// There is nothing left of it.
#[inline]
pub(super) fn put_back(rest: Vec<u8>) {
    if is_kept(rest.capacity()) {
        REST.set(rest);
    }
}

/// The last message was sent.
#[inline]
pub(super) fn keep(message: &mut Message<'_>) {
    let mut spare = Spare::NONE;
    spare.keep(message);
    if is_kept(spare.capacity()) {
        SPARE.set(spare);
    }
}

#[inline]
fn is_kept(capacity: usize) -> bool {
    (1..=MOST).contains(&capacity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_websocket::Limits;
    use std::sync::Arc;

    #[test]
    fn a_read_is_copied_to_where_the_one_before_was() {
        let first = copied(b"what was read");
        let address = first.as_ptr();
        put_back(first);
        let second = copied(b"and again");
        assert_eq!((second.as_ptr(), &*second), (address, &b"and again"[..]));
        // Nobody else has it meanwhile.
        let third = copied(b"elsewhere");
        assert_ne!(third.as_ptr(), address);
    }

    #[test]
    fn much_is_not_kept() {
        put_back(copied(&[b'x'; MOST + 1]));
        assert_eq!(REST.take().capacity(), 0);
        keep(&mut Message::from(&*"x".repeat(MOST + 1)).into_owned());
        assert_eq!(SPARE.take().capacity(), 0);
    }

    #[test]
    fn what_answers_were_queued_in_serves_the_next_connection() {
        let limits = Arc::new(Limits::default());
        let mut spare = Spare::NONE;
        let mut machine = Connection::server(limits.clone());
        lend(&mut machine, &mut spare);
        machine.text("an answer").unwrap();
        let address = machine.only_transmit().map(<[u8]>::as_ptr);
        machine.handle_written(machine.queued());
        release(&mut machine);
        keep(&mut Message::from("sent").into_owned());

        let mut other = Connection::server(limits);
        lend(&mut other, &mut spare);
        other.text("another").unwrap();
        assert_eq!(other.only_transmit().map(<[u8]>::as_ptr), address);
        assert_eq!(spare.capacity(), 4);
        assert_eq!(SPARE.take().capacity(), 0, "it is lent once");
    }

    #[test]
    fn what_still_waits_stays() {
        let mut machine = Connection::server(Arc::new(Limits::default()));
        lend(&mut machine, &mut Spare::default());
        machine.text("an answer").unwrap();
        release(&mut machine);
        assert_eq!(machine.only_transmit(), Some(&b"\x81\x09an answer"[..]));
    }
}
