//! The way through a proxy, driven on its socket.

use super::{Error, linger::write_all};
use crate::{clock, scratch};
use siox_http1::proxy::{self, Proxy};
use siox_wire::Input;
use std::future::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite};

/// Asks the proxy at the other end of `io` for a tunnel to a server; returns what the server has sent
/// already. The deadline is the caller's.
pub(super) async fn tunnel<Io>(
    io: &mut Io,
    proxy: &Proxy,
    name: &str,
    port: u16,
) -> Result<Vec<u8>, Error>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let mut tunnel = proxy.tunnel(name, port)?;
    loop {
        let wire = tunnel.poll_transmit().collect::<Vec<_>>().concat();
        if !wire.is_empty() {
            write_all(io, &wire).await?;
            tunnel.handle_written(wire.len());
        }
        let read = poll_fn(|cx| {
            scratch::read(io, cx, |_, bytes| {
                if bytes.is_empty() {
                    return Err(proxy::Error::Closed);
                }
                let mut input = Input::new(clock::now(), bytes);
                let open = tunnel.handle_input(&mut input)?;
                Ok(open.map(|proxy::Open| input.take_all().to_vec()))
            })
        });
        if let Some(early) = read.await?? {
            return Ok(early);
        }
    }
}
