//! The TCP connection: the system's resolver, and every address it names, raced as `siox_http1::race`
//! says.

use crate::clock;
use siox_http1::race::{Race, interleave};
use std::{future::Future, io};
use tokio::{
    net::{TcpStream, lookup_host},
    task::{JoinError, JoinSet},
    time::timeout_at,
};

/// Connects to a name or an IP address (without brackets). The deadline is the caller's.
pub(super) async fn dial(name: &str, port: u16) -> io::Result<TcpStream> {
    let addresses = interleave(lookup_host((name, port)).await?.collect());
    match addresses[..] {
        [address] => TcpStream::connect(address).await,
        [..] => race(addresses, TcpStream::connect).await,
    }
}

/// The first that `connect` brings, or why the last one failed. Those that are not done then are
/// dropped.
async fn race<A, T, F>(addresses: Vec<A>, connect: impl Fn(A) -> F) -> io::Result<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut race = Race::new(clock::now(), addresses);
    let mut running = JoinSet::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    while !race.is_lost() {
        while let Some(address) = race.poll_start(clock::now()) {
            running.spawn(connect(address));
        }
        let ended = match race.poll_timeout() {
            None => running.join_next().await,
            // None: there is time for the next one.
            Some(at) => match timeout_at(clock::at(at), running.join_next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            },
        };
        match ended.map(|ended: Result<_, JoinError>| ended?) {
            Some(Ok(made)) => return Ok(made),
            Some(Err(e)) => {
                failure = e;
                race.handle_failure(clock::now());
            }
            None => break,
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_http1::race::STAGGER;
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };
    use tokio::time::{Instant, timeout};

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
}
