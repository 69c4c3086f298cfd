//! Deadlines as timeouts of the transport.

use crate::{Transport, clock};
use siox_wire::Instant;
use std::{io, time::Duration};

/// The timeout that a transport has in one direction, or in both, so that it is set only when it must
/// change.
#[derive(Debug, Default)]
pub(crate) struct Wait {
    set: Option<Duration>,
}

impl Wait {
    /// That of a transport that others have used: it will be set.
    pub(crate) fn unknown() -> Self {
        Self {
            set: Some(Duration::MAX),
        }
    }

    /// Makes the next call on the transport return by `deadline`, or some time before, and wait `most` at
    /// the longest.
    fn until(
        &mut self,
        deadline: Option<Instant>,
        most: Option<Duration>,
        set: impl FnOnce(Option<Duration>) -> io::Result<()>,
    ) -> io::Result<()> {
        // A timeout of zero means none.
        let wanted = deadline.map(|by| by.since(clock::now()).max(Duration::from_millis(1)));
        let wanted = match (wanted, most) {
            (Some(wanted), Some(most)) => Some(wanted.min(most)),
            (wanted, most) => wanted.or(most),
        };
        if wanted != self.set && !is_near(self.set, wanted) {
            set(wanted)?;
            self.set = wanted;
        }
        Ok(())
    }

    /// For reads alone; they wait `most` at the longest.
    pub(crate) fn read(
        &mut self,
        io: &impl Transport,
        deadline: Option<Instant>,
        most: Option<Duration>,
    ) -> io::Result<()> {
        self.until(deadline, most, |timeout| io.set_read_timeout(timeout))
    }

    /// For writes alone; they wait `most` at the longest.
    pub(crate) fn write(
        &mut self,
        io: &impl Transport,
        deadline: Option<Instant>,
        most: Option<Duration>,
    ) -> io::Result<()> {
        self.until(deadline, most, |timeout| io.set_write_timeout(timeout))
    }

    /// For reads and writes: below TLS, the one can be the other.
    pub(crate) fn both(
        &mut self,
        io: &impl Transport,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        self.until(deadline, None, |timeout| {
            io.set_read_timeout(timeout)?;
            io.set_write_timeout(timeout)
        })
    }
}

/// Whether the timeout that is set can stay: it is not too long, and not so short that it would be run
/// into more than twice.
fn is_near(set: Option<Duration>, wanted: Option<Duration>) -> bool {
    match (set, wanted) {
        (Some(set), Some(wanted)) => set <= wanted && wanted <= set.saturating_mul(2),
        (Some(_), None) | (None, _) => false,
    }
}

/// Whether a call on a transport ended for its timeout, or for nothing.
pub(crate) fn is_timeout(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_set_when_it_must_change() {
        let mut wait = Wait::default();
        let mut calls = Vec::new();
        for seconds in [None, Some(100), Some(150), Some(90), Some(500), None, None] {
            let deadline = seconds.map(|s| clock::now().after(Duration::from_secs(s)));
            let set = |timeout: Option<Duration>| {
                calls.push(timeout.map(|t| t.as_secs_f64().round()));
                Ok(())
            };
            wait.until(deadline, None, set).unwrap();
        }
        assert_eq!(calls, [Some(100.0), Some(90.0), Some(500.0), None]);
    }
}
