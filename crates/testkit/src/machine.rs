//! The shape to which a test adapts the machine that it drives.

use siox_wire::{Input, Instant};
use std::fmt::Debug;

/// Calls of one machine without a byte or a microsecond of progress, before it is called stuck.
pub(crate) const STUCK: usize = 1 << 20;

/// A sans-IO machine as the test bed sees it: bytes and time in, bytes and owned events out.
///
/// An implementation calls its machine until it tells nothing more ([`feed`] and [`exhaust`] do) and
/// pushes what it was told, errors included, to `log`. It may play the application too: answer an
/// event by a verb of the machine.
pub trait Endpoint {
    /// What the machine tells, owned. A `String` made by `Debug` is often enough.
    type Event: Debug + PartialEq;

    /// These bytes arrived together, at `now`. The slice is a scratch buffer: decode in place at will.
    fn handle_input(&mut self, now: Instant, bytes: &mut [u8], log: &mut Vec<Self::Event>);

    /// The time has come that [`poll_timeout`](Self::poll_timeout) named.
    fn handle_timeout(&mut self, _now: Instant, _log: &mut Vec<Self::Event>) {}

    /// The peer sends no more.
    fn handle_eof(&mut self, _now: Instant, _log: &mut Vec<Self::Event>) {}

    /// The connection is gone in both directions. As the end of the stream unless told otherwise.
    fn handle_reset(&mut self, now: Instant, log: &mut Vec<Self::Event>) {
        self.handle_eof(now, log);
    }

    /// The connection took `n` bytes of what [`poll_transmit`](Self::poll_transmit) gave.
    fn handle_written(&mut self, n: usize);

    /// The bytes to write next.
    fn poll_transmit(&self) -> impl Iterator<Item = &[u8]>;

    /// When the machine wants to be called, if nothing happens before.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Whether the driver may close the connection. Nothing is delivered to the machine afterwards.
    fn is_finished(&self) -> bool {
        false
    }
}

/// Calls `step` until it tells nothing more or fails, and logs what it tells by `Debug`: an event as
/// it is, an error as `Err(..)`. Returns whether it did not fail.
///
/// # Panics
/// After 2^20 events: the machine is stuck.
pub fn exhaust<E: Debug, R: Debug>(
    log: &mut Vec<String>,
    mut step: impl FnMut() -> Result<Option<E>, R>,
) -> bool {
    for _ in 0..STUCK {
        match step() {
            Ok(Some(event)) => log.push(format!("{event:?}")),
            Ok(None) => return true,
            Err(error) => {
                log.push(format!("Err({error:?})"));
                return false;
            }
        }
    }
    panic!(
        "stuck: {STUCK} events from one call, the last {:?}",
        log.last()
    );
}

/// [`exhaust`] for a step that reads an [`Input`].
///
/// # Panics
/// As [`exhaust`], and when the machine neither fails nor eats all its input.
pub fn feed<'b, E: Debug, R: Debug>(
    now: Instant,
    bytes: &'b mut [u8],
    log: &mut Vec<String>,
    mut step: impl FnMut(&mut Input<'b>) -> Result<Option<E>, R>,
) -> bool {
    let mut input = Input::new(now, bytes);
    let fine = exhaust(log, || step(&mut input));
    assert!(
        !fine || input.is_empty(),
        "the machine left {} bytes of its input",
        input.len()
    );
    fine
}

/// All that an endpoint has to write, in one piece.
pub fn transmit<M: Endpoint>(machine: &M) -> Vec<u8> {
    machine.poll_transmit().collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ms;

    #[test]
    fn feed_logs_events_and_the_error_that_ends_them() {
        let (mut log, mut bytes) = (Vec::new(), *b"abx");
        let fine = feed(ms(0), &mut bytes, &mut log, |input| {
            match input.take(1).first() {
                Some(b'x') => Err("no x"),
                byte => Ok(byte.copied()),
            }
        });
        assert_eq!(
            (fine, log.join(" ").as_str()),
            (false, "97 98 Err(\"no x\")")
        );
    }

    #[test]
    #[should_panic(expected = "left 3 bytes")]
    fn a_machine_that_does_not_eat_is_found() {
        feed(ms(0), &mut [0; 3], &mut Vec::new(), |_| {
            Ok::<Option<()>, ()>(None)
        });
    }

    #[test]
    #[should_panic(expected = "stuck")]
    fn a_machine_that_never_stops_telling_is_found() {
        exhaust(&mut Vec::new(), || Ok::<_, ()>(Some(())));
    }
}
