//! The end of a stream whose last word must arrive, and whole writes during a handshake.

use crate::scratch;
use std::{future::poll_fn, io, pin::Pin, time::Duration};
use tokio::io::{AsyncRead, AsyncWrite};

/// How long a stream that has said its last word is read on, so that a reset does not eat that word.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// Closes our half, then reads the peer's rest away for a while, so that a reset does not eat what was
/// said last.
pub(crate) async fn linger<Io: AsyncRead + AsyncWrite + Unpin>(io: &mut Io) {
    let polite = async {
        poll_fn(|cx| Pin::new(&mut *io).poll_shutdown(cx)).await?;
        while poll_fn(|cx| scratch::read(io, cx, |_, bytes| !bytes.is_empty())).await? {}
        io::Result::Ok(())
    };
    // Whatever comes of it, the connection ends here.
    let _ = tokio::time::timeout(LINGER, polite).await;
}

pub(super) async fn write_all<Io: AsyncWrite + Unpin>(
    io: &mut Io,
    mut bytes: &[u8],
) -> io::Result<()> {
    while !bytes.is_empty() {
        match poll_fn(|cx| Pin::new(&mut *io).poll_write(cx, bytes)).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => bytes = &bytes[n..],
        }
    }
    poll_fn(|cx| Pin::new(&mut *io).poll_flush(cx)).await
}
