//! A listener and its connections, a thread for each.

use super::{App, Host, crew::Phase, plain};
use crate::serve::{Seat, Seats, is_the_peers};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// How long no connection is accepted after the system has refused one for want of descriptors or
/// memory: those there are go on being served.
const BACK_OFF: Duration = Duration::from_millis(50);
/// How long it may take to tell a listener that it is over.
const WAKE: Duration = Duration::from_secs(1);

impl<A: App> Host<A> {
    /// Serves connections of `listener` until the host is closed, a thread for each and one more for
    /// each WebSocket, at most `most` of them at once: the next one waits in the listener's queue.
    /// Requests for any other path are answered 404.
    ///
    /// # Errors
    /// When the listener breaks.
    pub fn serve(self: &Arc<Self>, listener: &TcpListener, most: usize) -> io::Result<()> {
        let address = listener.local_addr()?;
        self.addresses().push(address);
        let served = self.accept(listener, most);
        self.addresses().retain(|other| *other != address);
        served
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener, most: usize) -> io::Result<()> {
        let limits = Arc::new(self.front.options().http.clone());
        let seats = Arc::new(Seats::default());
        while self.crew.phase() == Phase::Serving {
            let seat = Seat::take(&seats, most);
            let io = match listener.accept() {
                Ok((io, _)) => io,
                Err(e) if is_the_peers(&e) => continue,
                Err(e) if e.kind() == io::ErrorKind::InvalidInput => return Err(e),
                Err(_) => {
                    thread::sleep(BACK_OFF);
                    continue;
                }
            };
            // Without it the kernel may hold a small frame back.
            let _ = io.set_nodelay(true);
            let Some(aboard) = self.crew.board(io) else {
                break;
            };
            let (host, limits) = (self.clone(), limits.clone());
            let connection = move || {
                let _seat = seat;
                plain::connection(&host, aboard, limits);
            };
            // Without a thread the connection is dropped, and the next one may find room.
            let _ = thread::Builder::new()
                .name("engine".to_owned())
                .spawn(connection);
        }
        Ok(())
    }
}

/// Lets listeners look what has become of their host: nothing but a connection ends an `accept`.
pub(super) fn wake(listening: &[SocketAddr]) {
    for address in listening {
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        // A listener that cannot be reached has connections enough to look at.
        let _ = TcpStream::connect_timeout(&SocketAddr::new(ip, address.port()), WAKE);
    }
}
