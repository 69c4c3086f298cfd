//! The TCP connection by a deadline: the system's resolver, and every address it names.
//!
//! The resolver has no deadline of its own, so a name is looked up on a helper thread, which outlives
//! the call where the answer comes too late. Several addresses are raced (RFC 8305 §5): the next one is
//! tried when those before have failed or a quarter of a second has passed, each on a thread of its own,
//! so that a dead one does not eat the time of the others.

use crate::{Error, clock};
use siox_wire::Instant;
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

/// How long an address is given before the next one is tried beside it.
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to a name or an IP address (without brackets).
pub(crate) fn dial(name: &str, port: u16, by: Instant) -> Result<TcpStream, Error> {
    let addresses = resolve(name, port, by)?;
    match addresses[..] {
        [] => Err(no_address().into()),
        [address] => connect(&address, by),
        [..] => race(addresses, by, connect),
    }
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the name has no address")
}

fn left(by: Instant) -> Result<Duration, Error> {
    match by.since(clock::now()) {
        left if left.is_zero() => Err(Error::Timeout),
        left => Ok(left),
    }
}

fn connect(address: &SocketAddr, by: Instant) -> Result<TcpStream, Error> {
    TcpStream::connect_timeout(address, left(by)?).map_err(|e| match e.kind() {
        io::ErrorKind::TimedOut => Error::Timeout,
        _ => Error::Io(e),
    })
}

fn resolve(name: &str, port: u16, by: Instant) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (tell, told) = mpsc::channel();
    let name = name.to_owned();
    thread::Builder::new().spawn(move || {
        let addresses = (name.as_str(), port).to_socket_addrs();
        // Nobody listens where it came too late.
        let _ = tell.send(addresses.map(Iterator::collect::<Vec<_>>));
    })?;
    match told.recv_timeout(left(by)?) {
        Ok(addresses) => Ok(interleave(addresses?)),
        Err(_) => Err(Error::Timeout),
    }
}

/// The families in turn, the first address's first (RFC 8305 §4): one family may be dead as a whole.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().map(SocketAddr::is_ipv4);
    let (ours, theirs): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| Some(address.is_ipv4()) == first);
    let (mut ours, mut theirs) = (ours.into_iter(), theirs.into_iter());
    let mut mixed = Vec::new();
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return mixed,
            (one, other) => mixed.extend(one.into_iter().chain(other)),
        }
    }
}

/// The first that `connect` brings, or why the last one failed.
fn race<A, T>(
    addresses: Vec<A>,
    by: Instant,
    connect: impl Fn(&A, Instant) -> Result<T, Error> + Copy + Send + 'static,
) -> Result<T, Error>
where
    A: Send + 'static,
    T: Send + 'static,
{
    let (tell, told) = mpsc::channel();
    let mut waiting = addresses.into_iter();
    let (mut running, mut failure) = (0, Error::Timeout);
    loop {
        if let Some(address) = waiting.next() {
            let tell = tell.clone();
            // Nobody listens to those who come late.
            thread::Builder::new().spawn(move || tell.send(connect(&address, by)).ok())?;
            running += 1;
        }
        let mut patience = left(by)?;
        if waiting.len() > 0 {
            patience = patience.min(STAGGER);
        }
        match told.recv_timeout(patience) {
            Ok(Ok(made)) => return Ok(made),
            Ok(Err(e)) => {
                running -= 1;
                failure = e;
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if running == 0 && waiting.len() == 0 {
            return Err(failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        clock::now().after(Duration::from_secs(60))
    }

    /// What an address of a test does.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Fate {
        Dead,
        Refused,
        Connects,
    }

    fn meet(fate: &Fate, by: Instant) -> Result<Fate, Error> {
        match fate {
            Fate::Dead => {
                thread::sleep(by.since(clock::now()));
                Err(Error::Timeout)
            }
            Fate::Refused => Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
            Fate::Connects => Ok(Fate::Connects),
        }
    }

    #[test]
    fn a_dead_address_does_not_eat_the_time() {
        use Fate::*;
        for fates in [
            vec![Dead, Connects],
            vec![Refused, Connects],
            vec![Dead, Refused, Dead, Connects, Dead],
            vec![Connects, Dead],
        ] {
            assert!(matches!(race(fates, soon(), meet), Ok(Connects)));
        }
        let refused = race(vec![Refused, Refused], soon(), meet);
        assert!(
            matches!(refused, Err(Error::Io(e)) if e.kind() == io::ErrorKind::ConnectionRefused)
        );
        let by = clock::now().after(Duration::from_millis(20));
        assert!(matches!(
            race(vec![Dead, Refused], by, meet),
            Err(Error::Timeout)
        ));
    }

    #[test]
    fn families_take_turns() {
        let parse = |list: &[&str]| -> Vec<SocketAddr> {
            list.iter().map(|a| a.parse().unwrap()).collect()
        };
        let mixed = interleave(parse(&[
            "[::1]:1",
            "[::2]:1",
            "[::3]:1",
            "1.1.1.1:1",
            "2.2.2.2:1",
        ]));
        let expected = parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(mixed, expected);
        assert_eq!(interleave(Vec::new()), []);
    }

    #[test]
    fn names_and_addresses() {
        for name in ["127.0.0.1", "::1"] {
            let addresses = resolve(name, 7, soon()).unwrap();
            assert_eq!(addresses, [SocketAddr::new(name.parse().unwrap(), 7)]);
        }
        assert!(!resolve("localhost", 7, soon()).unwrap().is_empty());
        assert!(matches!(
            resolve("localhost", 7, clock::now()),
            Err(Error::Timeout)
        ));
    }
}
