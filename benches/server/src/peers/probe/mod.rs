//! The bare probe: what the application costs with no protocol library at all. One task a connection, the thread's scratch
//! buffer, one write a read; members of the room are marked and flushed once a turn. It checks nothing, keeps no
//! heartbeat, and knows the generator's requests only.

mod http;
mod socket;

use super::Failure;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

const SCRATCH: usize = 256 * 1024;

/// What all connections share.
struct Shared {
    scratch: RefCell<Vec<u8>>,
    /// Whose output waits for the end of the turn.
    dirty: RefCell<Vec<Rc<Member>>>,
    /// Output buffers that nobody uses.
    spare: RefCell<Vec<Vec<u8>>>,
    room: RefCell<HashMap<u64, Rc<Member>>>,
    /// Sessions that poll.
    sessions: RefCell<HashMap<u64, http::Session>>,
    last: Cell<u64>,
}

impl Shared {
    fn number(&self) -> u64 {
        self.last.set(self.last.get() + 1);
        self.last.get()
    }

    /// All that waits, in a write each.
    fn flush(&self) {
        let mut dirty = self.dirty.take();
        for member in dirty.drain(..) {
            member.flush(self);
        }
        self.dirty.replace(dirty);
    }
}

/// A connection as others see it.
struct Member {
    number: u64,
    half: OwnedWriteHalf,
    out: RefCell<Vec<u8>>,
    is_dirty: Cell<bool>,
}

impl Member {
    /// Writes to it, by the end of the turn.
    fn put(self: &Rc<Self>, shared: &Shared, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.is_dirty.replace(true) {
            shared.dirty.borrow_mut().push(self.clone());
            let mut out = self.out.borrow_mut();
            if out.capacity() == 0 {
                *out = shared.spare.borrow_mut().pop().unwrap_or_default();
            }
        }
        write(&mut self.out.borrow_mut());
    }

    fn flush(self: &Rc<Self>, shared: &Shared) {
        let mut out = self.out.borrow_mut();
        match self.half.try_write(&out) {
            Ok(n) if n == out.len() => {
                self.is_dirty.set(false);
                out.clear();
                shared.spare.borrow_mut().push(std::mem::take(&mut out));
            }
            Ok(n) => {
                out.drain(..n);
                drop(out);
                tokio::task::spawn_local(self.clone().finish());
            }
            Err(_) => drop(tokio::task::spawn_local(self.clone().finish())),
        }
    }

    /// Writes what the system had no room for. It stays dirty, so that nobody else writes meanwhile.
    async fn finish(self: Rc<Self>) {
        while !self.out.borrow().is_empty() {
            if self.half.writable().await.is_err() {
                return;
            }
            let mut out = self.out.borrow_mut();
            match self.half.try_write(&out) {
                Ok(n) => drop(out.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
        self.is_dirty.set(false);
    }
}

pub(super) async fn serve(listener: TcpListener) -> Result<(), Failure> {
    let shared = Rc::new(Shared {
        scratch: RefCell::new(vec![0; SCRATCH]),
        dirty: RefCell::default(),
        spare: RefCell::default(),
        room: RefCell::default(),
        sessions: RefCell::default(),
        last: Cell::new(0),
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::task::spawn_local(connection(stream, shared.clone()));
    }
}

async fn connection(stream: TcpStream, shared: Rc<Shared>) {
    let (mut from, half) = stream.into_split();
    let mut peer = Connection {
        member: Rc::new(Member {
            number: shared.number(),
            half,
            out: RefCell::default(),
            is_dirty: Cell::new(false),
        }),
        shared,
        rest: Vec::new(),
        is_upgraded: false,
        session: None,
    };
    // How it ends is the generator's business.
    while let Ok(1..) = std::future::poll_fn(|cx| peer.poll_turn(&mut from, cx)).await {}
    peer.shared.room.borrow_mut().remove(&peer.member.number);
    if let Some(session) = peer.session {
        peer.shared.sessions.borrow_mut().remove(&session);
    }
}

struct Connection {
    member: Rc<Member>,
    shared: Rc<Shared>,
    /// The beginning of something.
    rest: Vec<u8>,
    is_upgraded: bool,
    /// The polling session that it belongs to.
    session: Option<u64>,
}

impl Connection {
    /// One read, and all that follows from it.
    fn poll_turn(
        &mut self,
        from: &mut OwnedReadHalf,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let shared = self.shared.clone();
        let mut scratch = shared.scratch.borrow_mut();
        let kept = self.rest.len();
        scratch[..kept].copy_from_slice(&self.rest);
        let mut buffer = ReadBuf::new(&mut scratch[kept..]);
        ready!(Pin::new(from).poll_read(cx, &mut buffer))?;
        let n = buffer.filled().len();
        let bytes = &mut scratch[..kept + n];
        let mut used = 0;
        while let Some(length) = match self.is_upgraded {
            true => self.frame(&mut bytes[used..]),
            false => self.request(&bytes[used..]),
        } {
            used += length;
        }
        if used == bytes.len() {
            self.rest = Vec::new();
        } else {
            self.rest = bytes[used..].to_vec();
        }
        shared.flush();
        Poll::Ready(Ok(n))
    }
}
