//! Names to addresses by a deadline. The system's resolver has none of its own, so that a name is looked up on
//! a helper thread, which outlives the call where the answer comes too late; of such threads there are only so
//! many at once.

use crate::{Error, dial::left};
use siox_wire::Instant;
use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

/// What looks a name up, and may take as long as it likes.
type LookUp = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// A resolver whose lookups are counted.
pub(crate) struct Resolver {
    look_up: LookUp,
    /// The most lookups at once.
    most: usize,
    running: Mutex<usize>,
    ended: Condvar,
}

/// The process's. Its bound is far above what a resolver that answers ever comes to.
pub(crate) static RESOLVER: Resolver = Resolver::new(system, 32);

fn system(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((name, port).to_socket_addrs()?.collect())
}

impl Resolver {
    const fn new(look_up: LookUp, most: usize) -> Self {
        Self {
            look_up,
            most,
            running: Mutex::new(0),
            ended: Condvar::new(),
        }
    }

    /// The addresses of a name, or the IP address that it is.
    pub(crate) fn resolve(
        &'static self,
        name: &str,
        port: u16,
        by: Instant,
    ) -> Result<Vec<SocketAddr>, Error> {
        if let Ok(address) = name.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let running = self.begin(by)?;
        let (tell, told) = mpsc::channel();
        let name = name.to_owned();
        thread::Builder::new().spawn(move || {
            let addresses = (running.0.look_up)(&name, port);
            drop(running);
            // Nobody listens where it came too late.
            let _ = tell.send(addresses);
        })?;
        match told.recv_timeout(left(by)?) {
            Ok(addresses) => Ok(addresses?),
            Err(_) => Err(Error::Timeout),
        }
    }

    /// Waits until one more lookup may run.
    fn begin(&'static self, by: Instant) -> Result<Running, Error> {
        let mut running = self.lock();
        while *running >= self.most {
            let left = left(by).map_err(|_| Error::ResolverBusy)?;
            let waited = self.ended.wait_timeout(running, left);
            running = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *running += 1;
        Ok(Running(self))
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One lookup.
struct Running(&'static Resolver);

impl Drop for Running {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
        self.0.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use std::time::Duration;

    fn soon() -> Instant {
        clock::now().after(Duration::from_secs(60))
    }

    fn at_once() -> Instant {
        clock::now().after(Duration::from_millis(20))
    }

    #[test]
    fn names_and_addresses() {
        for name in ["127.0.0.1", "::1"] {
            let addresses = RESOLVER.resolve(name, 7, soon()).unwrap();
            assert_eq!(addresses, [SocketAddr::new(name.parse().unwrap(), 7)]);
        }
        assert!(!RESOLVER.resolve("localhost", 7, soon()).unwrap().is_empty());
        assert!(matches!(
            RESOLVER.resolve("localhost", 7, clock::now()),
            Err(Error::Timeout)
        ));
    }

    /// A resolver that hangs until it is let go.
    static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
    static HANGING: Resolver = Resolver::new(hang, 3);

    fn hang(_: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let open = GATE.0.lock().unwrap();
        let _open = GATE.1.wait_while(open, |open| !*open).unwrap();
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
    }

    #[test]
    fn lookups_that_hang_are_not_more_than_so_many() {
        for _ in 0..3 {
            let hung = HANGING.resolve("a", 1, at_once());
            assert!(matches!(hung, Err(Error::Timeout)), "{hung:?}");
        }
        for _ in 0..20 {
            let busy = HANGING.resolve("a", 1, at_once());
            assert!(matches!(busy, Err(Error::ResolverBusy)), "{busy:?}");
        }
        assert_eq!(*HANGING.lock(), 3);
        // An address needs none.
        assert!(HANGING.resolve("127.0.0.1", 1, at_once()).is_ok());
        // Who waits for its turn gets it when one has ended.
        let waiting = thread::spawn(|| HANGING.resolve("a", 9, soon()));
        *GATE.0.lock().unwrap() = true;
        GATE.1.notify_all();
        let addresses = waiting.join().unwrap().unwrap();
        assert_eq!(addresses, [SocketAddr::from(([127, 0, 0, 1], 9))]);
    }
}
