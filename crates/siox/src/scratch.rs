//! The thread's own memory for the text of what is encoded, sent at once, and forgotten. What outlives its call is not
//! encoded here.

use crate::SendError;
use serde::Serialize;
use siox_socketio::Encoded;
use std::cell::Cell;

/// The most that a thread keeps, in bytes.
const KEPT: usize = 16 * 1024;

thread_local! {
    /// Empty while it is lent.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

fn lend() -> Vec<u8> {
    BUFFER.try_with(Cell::take).unwrap_or_default()
}

fn give_back(encoded: Encoded) {
    let buffer = encoded.into_buffer();
    if buffer.capacity() <= KEPT {
        // A thread that ends keeps nothing.
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
}

/// Encodes an event for `send`.
///
/// # Errors
/// As those of [`Encoded::event`], and what `send` returns.
#[cfg(feature = "tokio")]
pub(crate) fn event<T: Serialize + ?Sized>(
    name: &str,
    args: &T,
    compress: bool,
    send: impl FnOnce(&Encoded) -> Result<(), SendError>,
) -> Result<(), SendError> {
    let encoded = Encoded::event_in(lend(), name, args)?.compressed(compress);
    let sent = send(&encoded);
    give_back(encoded);
    sent
}

/// Encodes the arguments of an acknowledgement for `send`.
///
/// # Errors
/// As those of [`Encoded::args`], and what `send` returns.
pub(crate) fn args<T: Serialize + ?Sized>(
    args: &T,
    send: impl FnOnce(&Encoded) -> Result<(), SendError>,
) -> Result<(), SendError> {
    let encoded = Encoded::args_in(lend(), args)?;
    let sent = send(&encoded);
    give_back(encoded);
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity() -> usize {
        let buffer = lend();
        let capacity = buffer.capacity();
        BUFFER.set(buffer);
        capacity
    }

    #[test]
    fn what_is_kept_is_used_again_and_bounded() {
        let text = |encoded: &Encoded| {
            assert_eq!(encoded.json(), r#"["a"]"#);
            Ok(())
        };
        assert_eq!(args("a", text), Ok(()));
        let first = capacity();
        assert!((5..=KEPT).contains(&first), "{first}");
        assert_eq!(args("a", text), Ok(()));
        assert_eq!(capacity(), first);

        let long = "x".repeat(KEPT + 1);
        assert_eq!(args(&long, |_| Err(SendError::Full)), Err(SendError::Full));
        assert_eq!(capacity(), 0, "more than is kept");
    }

    #[test]
    fn what_is_encoded_while_it_is_encoded_has_memory_of_its_own() {
        let outer = args("outer", |outer| {
            args("inner", |inner| {
                assert_eq!(
                    [outer.json(), inner.json()],
                    [r#"["outer"]"#, r#"["inner"]"#]
                );
                Ok(())
            })
        });
        assert_eq!(outer, Ok(()));
    }
}
