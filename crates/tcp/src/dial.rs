//! The TCP connection by a deadline: the resolver, and every address it names, each tried on a thread of its
//! own that ends by the deadline, raced as `siox_http1::race` says.

use crate::{Error, clock, resolve::RESOLVER};
use siox_http1::race::{Race, interleave};
use siox_wire::Instant;
use std::{
    io,
    net::{SocketAddr, TcpStream},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

/// Connects to a name or an IP address (without brackets).
pub(crate) fn dial(name: &str, port: u16, by: Instant) -> Result<TcpStream, Error> {
    let addresses = interleave(RESOLVER.resolve(name, port, by)?);
    match addresses[..] {
        [] => Err(no_address().into()),
        [address] => connect(&address, by),
        [..] => race(addresses, by, connect),
    }
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the name has no address")
}

/// The time that is left.
pub(crate) fn left(by: Instant) -> Result<Duration, Error> {
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
    let mut race = Race::new(clock::now(), addresses);
    let mut failure = Error::from(no_address());
    while !race.is_lost() {
        while let Some(address) = race.poll_start(clock::now()) {
            let tell = tell.clone();
            // Nobody listens to those who come late.
            thread::Builder::new().spawn(move || tell.send(connect(&address, by)).ok())?;
        }
        let until = race.poll_timeout().map_or(by, |at| by.min(at));
        left(by)?;
        match told.recv_timeout(until.since(clock::now())) {
            Ok(Ok(made)) => return Ok(made),
            Ok(Err(e)) => {
                failure = e;
                race.handle_failure(clock::now());
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
    Err(failure)
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
}
