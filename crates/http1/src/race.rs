//! Which of a server's addresses to try, and when (RFC 8305, "Happy Eyeballs"): a dead one does not eat the
//! time of the others. No name is resolved here and nothing is connected.
//!
//! ```
//! use core::time::Duration;
//! use siox_http1::race::{Race, STAGGER};
//! use siox_wire::Instant;
//!
//! let mut now = Instant::from_millis(0);
//! let mut race = Race::new(now, vec!["a", "b"]);
//! assert_eq!(race.poll_start(now), Some("a")); // connect to it
//! assert_eq!(race.poll_start(now), None);
//! // No word of it by then: the next one is tried beside it.
//! now = race.poll_timeout().unwrap();
//! assert_eq!(now, Instant::from_millis(0).after(STAGGER));
//! assert_eq!(race.poll_start(now), Some("b"));
//! // Both failed, and with them all.
//! race.handle_failure(now);
//! race.handle_failure(now);
//! assert!(race.is_lost());
//! ```

use alloc::{
    collections::VecDeque,
    vec::{IntoIter, Vec},
};
use core::{net::SocketAddr, time::Duration};
use siox_wire::Instant;

/// How long an address is given before the next one is tried beside it (RFC 8305 §5).
pub const STAGGER: Duration = Duration::from_millis(250);

/// The attempts to reach a server by one of its addresses. The first that connects wins; the caller drops
/// it then, and the other attempts.
#[derive(Debug)]
pub struct Race<A> {
    waiting: IntoIter<A>,
    /// When the next one may start.
    next_at: Instant,
    running: usize,
}

impl<A> Race<A> {
    /// A race of these, in this order, the first at once.
    #[must_use]
    pub fn new(now: Instant, addresses: Vec<A>) -> Self {
        Self {
            waiting: addresses.into_iter(),
            next_at: now,
            running: 0,
        }
    }

    /// The address to try now, if one is due: call until `None`.
    pub fn poll_start(&mut self, now: Instant) -> Option<A> {
        if now < self.next_at {
            return None;
        }
        let address = self.waiting.next()?;
        self.running = self.running.saturating_add(1);
        self.next_at = now.after(STAGGER);
        Some(address)
    }

    /// An attempt has failed: the next one may start at once.
    pub fn handle_failure(&mut self, now: Instant) {
        self.running = self.running.saturating_sub(1);
        self.next_at = self.next_at.min(now);
    }

    /// When to call [`poll_start`](Self::poll_start) again; none where no address is left.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.waiting.len() {
            0 => None,
            _ => Some(self.next_at),
        }
    }

    /// Whether every attempt has failed, and no address is left; so it is without any.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.running == 0 && self.waiting.len() == 0
    }
}

/// The families in turn, the first address's first (RFC 8305 §4): one family may be dead as a whole.
#[must_use]
pub fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().map(SocketAddr::is_ipv4);
    let (mut ours, mut theirs): (VecDeque<_>, VecDeque<_>) = addresses
        .into_iter()
        .partition(|address| Some(address.is_ipv4()) == first);
    let mut mixed = Vec::new();
    loop {
        match (ours.pop_front(), theirs.pop_front()) {
            (None, None) => return mixed,
            (one, other) => mixed.extend(one.into_iter().chain(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Instant {
        Instant::from_millis(n)
    }

    #[test]
    fn one_at_a_time_and_the_next_when_one_fails_or_is_slow() {
        let mut race = Race::new(ms(0), alloc::vec![1, 2, 3, 4]);
        assert_eq!(
            (race.poll_start(ms(0)), race.poll_start(ms(0))),
            (Some(1), None)
        );
        assert_eq!(race.poll_timeout(), Some(ms(250)));
        assert_eq!(race.poll_start(ms(249)), None);
        assert_eq!(race.poll_start(ms(300)), Some(2));
        // A failure lets one start, not two.
        race.handle_failure(ms(310));
        assert_eq!(
            (race.poll_start(ms(310)), race.poll_start(ms(310))),
            (Some(3), None)
        );
        assert_eq!(race.poll_timeout(), Some(ms(560)));
        assert_eq!(race.poll_start(ms(560)), Some(4));
        assert_eq!(race.poll_timeout(), None);
        for _ in 0..2 {
            race.handle_failure(ms(570));
            assert!(!race.is_lost());
        }
        race.handle_failure(ms(580));
        assert!(race.is_lost());
        assert_eq!(race.poll_start(ms(9000)), None);
    }

    #[test]
    fn without_an_address_it_is_lost() {
        let mut race = Race::<u8>::new(ms(0), Vec::new());
        assert!(race.is_lost() && race.poll_timeout().is_none());
        assert_eq!(race.poll_start(ms(0)), None);
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
