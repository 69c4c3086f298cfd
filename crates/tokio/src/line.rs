//! A TCP stream of which somebody other than its driver may write: whoever sends to many at once.

use crate::traffic::Meter;
use siox_engineio::Lane;
use socket2::SockRef;
use std::{
    io::{self, IoSlice},
    net::Shutdown,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// The stream, in its driver's hands, which alone shut it.
#[derive(Debug)]
pub(crate) struct Line {
    read: OwnedReadHalf,
    /// Not where it was given away.
    write: Option<OwnedWriteHalf>,
    is_shut: bool,
    /// The peer has sent its last byte, and it was read.
    has_ended: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        // Where nothing is left to be read, closing says all that shutting would say before.
        if !self.is_shut && !self.has_ended {
            self.shut();
        }
        if let Some(write) = self.write.take() {
            write.forget();
        }
    }
}

/// Its writing side, for somebody else.
#[derive(Debug)]
pub(crate) struct Aside {
    lane: Lane,
    /// None while it is dropped.
    write: Option<OwnedWriteHalf>,
    /// Counts what is written.
    meter: Arc<Meter>,
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(write) = self.write.take() {
            write.forget();
        }
    }
}

impl Line {
    pub(crate) fn new(io: TcpStream) -> Self {
        let (read, write) = io.into_split();
        Self {
            read,
            write: Some(write),
            is_shut: false,
            has_ended: false,
        }
    }

    /// What one other may write with. None where another has it, or it is shut.
    pub(crate) fn aside(&mut self, lane: Lane, meter: Arc<Meter>) -> Option<Aside> {
        let write = self.write.take_if(|_| !self.is_shut);
        write.map(|write| Aside {
            lane,
            write: Some(write),
            meter,
        })
    }

    fn shut(&mut self) {
        self.is_shut = true;
        let stream: &TcpStream = self.read.as_ref();
        // A peer that has gone is told nothing.
        let _ = SockRef::from(stream).shutdown(Shutdown::Write);
    }
}

impl Aside {
    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Which WebSocket of the session it is.
    pub(crate) fn lane(&self) -> Lane {
        self.lane
    }

    /// Writes once, without waiting: how many bytes the socket took.
    #[inline]
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.write {
            Some(write) => write.try_write(bytes),
            None => Ok(0),
        }
    }

    /// As [`write`](Self::write), of several slices.
    pub(crate) fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.write {
            Some(write) => write.try_write_vectored(slices),
            None => Ok(0),
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = (buf.filled().len(), buf.remaining());
        let read = Pin::new(&mut self.read).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = read
            && before.1 > 0
            && buf.filled().len() == before.0
        {
            self.has_ended = true;
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_shut {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let stream: &TcpStream = self.read.as_ref();
        loop {
            let written = match bufs {
                [one] => stream.try_write(one),
                many => stream.try_write_vectored(many),
            };
            match written {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                other => return Poll::Ready(other),
            }
            ready!(stream.poll_write_ready(cx))?;
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut();
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    async fn pair() -> (Line, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(at), listener.accept());
        (Line::new(near.unwrap()), far.unwrap().0)
    }

    #[tokio::test]
    async fn what_two_write_arrives_in_order_and_the_end_behind_it() {
        let (mut line, mut far) = pair().await;
        let aside = line.aside(Lane(1), Arc::default()).unwrap();
        line.write_all(b"one ").await.unwrap();
        let slices = [IoSlice::new(b"t"), IoSlice::new(b"wo ")];
        assert_eq!(aside.write_vectored(&slices).unwrap(), 4);
        line.write_all(b"three").await.unwrap();
        line.shutdown().await.unwrap();
        assert!(line.aside(Lane(1), Arc::default()).is_none());
        drop(aside);
        let mut all = String::new();
        far.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "one two three");
        far.write_all(b"still read").await.unwrap();
        drop(far);
        all.clear();
        line.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "still read");
    }

    #[tokio::test]
    async fn a_full_socket_is_waited_for() {
        let (mut line, mut far) = pair().await;
        let aside = line.aside(Lane(1), Arc::default()).unwrap();
        let some = vec![7; 100_000];
        let mut sent = 0;
        while let Ok(n) = aside.write(&some) {
            sent += n;
        }
        drop(aside);
        let (write, read) = tokio::join!(
            async {
                line.write_all(&some).await.unwrap();
                line.shutdown().await.unwrap();
            },
            async {
                let mut all = Vec::new();
                far.read_to_end(&mut all).await.unwrap();
                all.len()
            }
        );
        assert_eq!((write, read), ((), sent + some.len()));
    }
}
