//! WebSocket frames into a connection and into tungstenite, cut the same way: the same messages, and the same
//! end at the same offset, but for the differences that the tests of `siox-websocket` list by name. The
//! input is a stream as it stands; it is also a tape of choices, from which the same generator as in those
//! tests makes a stream that is nearly valid.

#[path = "../../crates/websocket/tests/differential/oracle.rs"]
mod oracle;
#[path = "../../crates/websocket/tests/differential/streams.rs"]
mod streams;

use crate::pieces::{by_chance, seed};
use siox_testkit::Rng;
use siox_websocket::frame::Role;

/// What the target does with one input.
///
/// # Panics
/// When the two differ in a way that has no name.
pub fn fuzz(bytes: &[u8]) {
    let mut rng = Rng::new(seed(bytes));
    for role in [Role::Server, Role::Client] {
        oracle::compare(role, &[bytes]);
        oracle::compare(role, &by_chance(bytes, &mut rng));
    }
    let case = streams::Case::damaged(bytes);
    oracle::compare(case.role, &case.pieces());
    let case = streams::Case::valid(bytes);
    let met = oracle::compare(case.role, &case.pieces());
    assert!(met.is_empty(), "a valid stream, and {met:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_tapes_pass() {
        let mut bytes = [0; 200];
        for n in 0..300 {
            Rng::new(n).fill(&mut bytes);
            fuzz(&bytes);
        }
        for bytes in [&b""[..], b"\x81\x83\0\0\0\0abc", b"\x88\x02\x03\xe8"] {
            fuzz(bytes);
        }
    }
}
