//! The TCP connection: the system's resolver, and every address it names.
//!
//! The addresses are raced (RFC 8305): the next one is tried when those before have failed or a quarter
//! of a second has passed, so that a dead one does not eat the time of the others.

use std::{future::Future, io, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpStream, lookup_host},
    task::{JoinError, JoinSet},
    time::timeout,
};

/// How long an address is given before the next one is tried beside it (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to a name or an IP address (without brackets). The deadline is the caller's.
pub(super) async fn dial(name: &str, port: u16) -> io::Result<TcpStream> {
    let addresses = interleave(lookup_host((name, port)).await?.collect());
    match addresses[..] {
        [address] => TcpStream::connect(address).await,
        [..] => race(addresses, TcpStream::connect).await,
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

/// The first that `connect` brings, or why the last one failed. Those that are not done then are
/// dropped.
async fn race<A, T, F>(addresses: Vec<A>, connect: impl Fn(A) -> F) -> io::Result<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut waiting = addresses.into_iter();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        if let Some(address) = waiting.next() {
            running.spawn(connect(address));
        }
        let ended = match waiting.len() {
            0 => running.join_next().await,
            // None: there is time for the next one.
            _ => match timeout(STAGGER, running.join_next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            },
        };
        match ended.map(|ended: Result<_, JoinError>| ended?) {
            Some(Ok(made)) => return Ok(made),
            Some(Err(e)) => failure = e,
            None => return Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
    };
    use tokio::time::Instant;

    /// What an address of a test does.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Fate {
        Dead,
        Refused,
        Connects,
    }

    async fn meet(fate: Fate) -> io::Result<Fate> {
        match fate {
            Fate::Dead => pending().await,
            Fate::Refused => Err(io::ErrorKind::ConnectionRefused.into()),
            Fate::Connects => Ok(fate),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_address_does_not_eat_the_time() {
        use Fate::*;
        for (fates, staggers) in [
            (vec![Connects, Dead], 0),
            (vec![Dead, Connects], 1),
            (vec![Refused, Connects], 0),
            (vec![Refused, Dead, Refused, Dead, Connects, Dead], 2),
        ] {
            let start = Instant::now();
            assert_eq!(race(fates, meet).await.unwrap(), Connects);
            assert_eq!(start.elapsed().as_millis() / STAGGER.as_millis(), staggers);
        }
        let refused = race(vec![Refused, Refused], meet).await;
        assert_eq!(
            refused.unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
        let nothing = race(vec![], meet).await;
        assert_eq!(nothing.unwrap_err().kind(), io::ErrorKind::NotFound);
        let dead = timeout(Duration::from_secs(9), race(vec![Dead, Refused], meet)).await;
        assert!(dead.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_losers_are_dropped() {
        static ALIVE: AtomicUsize = AtomicUsize::new(0);
        struct Guard;
        impl Drop for Guard {
            fn drop(&mut self) {
                ALIVE.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let won = race(vec![false, false, true], async |wins| {
            ALIVE.fetch_add(1, Ordering::SeqCst);
            let _guard = Guard;
            match wins {
                true => Ok(()),
                false => pending().await,
            }
        });
        won.await.unwrap();
        tokio::task::yield_now().await;
        assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
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
}
