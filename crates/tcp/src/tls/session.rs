//! A rustls session between plaintext and ciphertext. The transport is an argument of every call, and no
//! lock that a reader needs is held while it waits.

use crate::{Transport, scratch, wait::is_timeout};
use rustls::Connection;
use std::{
    io::{self, ErrorKind, IoSlice},
    mem,
    net::Shutdown,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
    time::Duration,
};

/// The most ciphertext of one read: a little more than the largest record of TLS.
const CIPHERTEXT: usize = 18 * 1024;
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

pub(super) struct Session {
    /// Never locked while anybody waits.
    state: Mutex<State>,
    /// Locked by the one who writes, until the transport has taken what it is given. Before `state`,
    /// where both are.
    outgoing: Mutex<Outgoing>,
}

struct State {
    connection: Connection,
    /// Ciphertext that came, and for whose plaintext there was no room.
    unread: Vec<u8>,
    /// The handshake is not done, or the last of it not written.
    settling: bool,
}

/// Ciphertext that the transport has not taken.
#[derive(Default)]
struct Outgoing {
    bytes: Vec<u8>,
    /// Where they begin.
    at: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            state: Mutex::new(State {
                connection,
                unread: Vec::new(),
                settling: true,
            }),
            outgoing: Mutex::default(),
        }
    }

    pub(super) fn look<R>(&self, look: impl FnOnce(&Connection) -> R) -> R {
        look(&lock(&self.state).connection)
    }

    /// Reads once from below, unless there is plaintext without. Nothing at the end of the stream,
    /// whether TLS said farewell or not; [`Interrupted`](ErrorKind::Interrupted) when what came makes no
    /// plaintext.
    pub(super) fn read(&self, mut io: impl Transport, buf: &mut [u8]) -> io::Result<usize> {
        let (ready, settling) = {
            let mut state = lock(&self.state);
            let unread = mem::take(&mut state.unread);
            (state.decrypt(&unread, buf)?, state.settling)
        };
        if let Some(n) = ready {
            return Ok(n);
        }
        if settling {
            self.settle(&mut io)?;
        }
        let read = scratch::with(|ciphertext| {
            let most = CIPHERTEXT.min(ciphertext.len());
            let n = io.read(&mut ciphertext[..most])?;
            let mut state = lock(&self.state);
            match n {
                0 => state.end(buf),
                n => state.decrypt(&ciphertext[..n], buf),
            }
        });
        match &read {
            Err(e) if e.kind() == ErrorKind::InvalidData => self.say_farewell(&mut io, false),
            // What the handshake answers does not wait for the next read to be asked for; a failure of
            // it is that one's too.
            _ if settling => drop(self.settle(&mut io)),
            _ => {}
        }
        read?.ok_or_else(|| ErrorKind::Interrupted.into())
    }

    /// Writes what the handshake has to say.
    fn settle(&self, io: &mut impl Transport) -> io::Result<()> {
        let mut outgoing = lock(&self.outgoing);
        let handshaking = {
            let mut state = lock(&self.state);
            state.encrypted(&mut outgoing)?;
            state.connection.is_handshaking()
        };
        outgoing.write(io)?;
        lock(&self.state).settling = handshaking;
        Ok(())
    }

    /// Takes what fits, and writes it as far as the transport takes it; the rest is written by the next
    /// write or flush.
    pub(super) fn write(
        &self,
        mut io: impl Transport,
        slices: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        if lock(&self.state).settling {
            return self.settle_instead(io);
        }
        let mut outgoing = lock(&self.outgoing);
        outgoing.write(&mut io)?;
        let taken = {
            let mut state = lock(&self.state);
            let taken = io::Write::write_vectored(&mut state.connection.writer(), slices)?;
            state.encrypted(&mut outgoing)?;
            taken
        };
        match outgoing.write(&mut io) {
            Err(e) if !is_timeout(&e) => Err(e),
            _ => Ok(taken),
        }
    }

    /// A step of the handshake in place of a write, which is to be tried again.
    fn settle_instead(&self, mut io: impl Transport) -> io::Result<usize> {
        self.settle(&mut io)?;
        if !lock(&self.state).settling {
            return Err(ErrorKind::Interrupted.into());
        }
        let step = scratch::with(|ciphertext| {
            let most = CIPHERTEXT.min(ciphertext.len());
            match io.read(&mut ciphertext[..most])? {
                0 => Err(ErrorKind::UnexpectedEof.into()),
                n => lock(&self.state).shake_hands(&ciphertext[..n]),
            }
        });
        if step
            .as_ref()
            .is_err_and(|e| e.kind() == ErrorKind::InvalidData)
        {
            self.say_farewell(&mut io, false);
        }
        step?;
        Err(ErrorKind::Interrupted.into())
    }

    /// Writes what was taken.
    pub(super) fn flush(&self, mut io: impl Transport) -> io::Result<()> {
        let mut outgoing = lock(&self.outgoing);
        lock(&self.state).encrypted(&mut outgoing)?;
        outgoing.write(&mut io)?;
        io.flush()
    }

    pub(super) fn shutdown(&self, mut io: impl Transport, how: Shutdown) -> io::Result<()> {
        if how != Shutdown::Read {
            self.say_farewell(&mut io, true);
        }
        io.shutdown(how)
    }

    /// Writes the last records, an alert or the farewell, if the transport takes them soon. Whatever
    /// comes of it, the session ends.
    fn say_farewell(&self, io: &mut impl Transport, is_peaceful: bool) {
        let mut outgoing = match self.outgoing.try_lock() {
            Ok(outgoing) => outgoing,
            Err(TryLockError::Poisoned(e)) => e.into_inner(),
            // Somebody waits for a peer that does not read.
            Err(TryLockError::WouldBlock) => return,
        };
        {
            let mut state = lock(&self.state);
            if is_peaceful {
                state.connection.send_close_notify();
            }
            let _ = state.encrypted(&mut outgoing);
        }
        let _ = io.set_write_timeout(Some(FAREWELL));
        let _ = outgoing.write(io);
    }
}

impl State {
    /// Makes plaintext of `ciphertext`, which is kept where there is no room for it. `None` when it makes
    /// none, nothing at the end of the stream.
    fn decrypt(&mut self, mut ciphertext: &[u8], buf: &mut [u8]) -> io::Result<Option<usize>> {
        let mut filled = 0;
        let ended = loop {
            let processed = self.process();
            match self.drain(&mut buf[filled..])? {
                Some(0) => break true,
                Some(n) => filled += n,
                None => {}
            }
            // A failure is told after the plaintext before it, and ever after.
            match processed {
                Err(_) if filled > 0 => break true,
                processed => processed?,
            }
            if ciphertext.is_empty() {
                break false;
            }
            if self.connection.read_tls(&mut ciphertext)? == 0 {
                break true; // behind the farewell nothing counts
            }
        };
        self.unread = ciphertext.to_vec();
        Ok((ended || filled > 0).then_some(filled))
    }

    /// Takes of `ciphertext` what belongs to the handshake, and keeps the rest.
    fn shake_hands(&mut self, mut ciphertext: &[u8]) -> io::Result<()> {
        while !ciphertext.is_empty() && self.connection.is_handshaking() {
            self.connection.read_tls(&mut ciphertext)?;
            self.process()?;
        }
        self.unread.extend_from_slice(ciphertext);
        Ok(())
    }

    /// The end of the stream came.
    fn end(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.connection.read_tls(&mut io::empty())?;
        self.process()?;
        self.drain(buf)
    }

    /// The plaintext that is there; nothing at the end of the stream, or without room.
    fn drain(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        match io::Read::read(&mut self.connection.reader(), buf) {
            Ok(n) => Ok(Some(n)),
            Err(e) if e.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(Some(0)),
            Err(e) => Err(e),
        }
    }

    fn process(&mut self) -> io::Result<()> {
        self.connection
            .process_new_packets()
            .map(|_| ())
            .map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
    }

    /// Moves the ciphertext that is to be written.
    fn encrypted(&mut self, outgoing: &mut Outgoing) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut outgoing.bytes)?;
        }
        Ok(())
    }
}

impl Outgoing {
    /// Writes once, and frees the memory when it was all.
    fn write(&mut self, io: &mut impl Transport) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        match io.write(&self.bytes[self.at..])? {
            0 => Err(ErrorKind::WriteZero.into()),
            n if self.at + n < self.bytes.len() => {
                self.at += n;
                Err(ErrorKind::Interrupted.into())
            }
            _ => {
                *self = Self::default();
                Ok(())
            }
        }
    }
}
