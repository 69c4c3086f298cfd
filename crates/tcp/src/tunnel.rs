//! The way through a proxy, driven on its socket.

use crate::{
    Error,
    accept::{read_some_by, write_by},
    clock,
    proxy::{self, Proxy},
};
use siox_wire::{Input, Instant};
use std::net::TcpStream;

/// Asks the proxy at the other end of `io` for a tunnel to a server; returns what the server has sent
/// already.
pub(crate) fn tunnel(
    io: &mut TcpStream,
    proxy: &Proxy,
    name: &str,
    port: u16,
    by: Instant,
) -> Result<Vec<u8>, Error> {
    let mut tunnel = proxy.tunnel(name, port)?;
    loop {
        let wire = tunnel.poll_transmit().collect::<Vec<_>>().concat();
        if !wire.is_empty() {
            write_by(&mut *io, by, &wire)?;
            tunnel.handle_written(wire.len());
        }
        let read = read_some_by(&mut *io, by, |bytes| {
            if bytes.is_empty() {
                return Err(proxy::Error::Closed);
            }
            let mut input = Input::new(clock::now(), bytes);
            let open = tunnel.handle_input(&mut input)?;
            Ok(open.map(|proxy::Open| input.take_all().to_vec()))
        });
        if let Some(early) = read?? {
            return Ok(early);
        }
    }
}
