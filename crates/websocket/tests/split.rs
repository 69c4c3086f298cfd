//! Any stream, good or bad, in any cutting, in both roles, gives the same events, error and answer.

mod common;

use common::*;
use proptest::prelude::*;
use siox_testkit::split::oracle;
use siox_websocket::{Limits, frame::Role};

/// One frame, mostly well formed: first byte, payload, and whether the mask bit is the wrong one.
fn any_frame() -> impl Strategy<Value = (u8, Vec<u8>, bool)> {
    let opcode = prop_oneof![
        6 => prop_oneof![Just(CONTINUATION), Just(TEXT), Just(BINARY)],
        3 => prop_oneof![Just(PING), Just(PONG)],
        1 => prop_oneof![Just(CLOSE), 0u8..16],
    ];
    let payload = prop_oneof![
        3 => "[a-zé€𝄞]{0,12}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..140),
        1 => Just(vec![b'z'; 300]),
        1 => Just(close_payload(1000, "bye")),
    ];
    let bits = prop_oneof![20 => Just(0u8), 1 => 1u8..8];
    (
        opcode,
        any::<bool>(),
        bits,
        payload,
        prop::bool::weighted(0.02),
    )
        .prop_map(|(opcode, fin, bits, payload, wrong)| {
            let fin = fin || opcode >= 8;
            let fin = if fin { FIN } else { 0 };
            (fin | bits << 4 | opcode, payload, wrong)
        })
}

fn limits() -> Limits {
    Limits {
        message: 700,
        fragments: 4,
        control_flood: 6,
        ..Limits::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn streams_of_frames(
        list in proptest::collection::vec(any_frame(), 1..10),
        is_server in any::<bool>(),
        cut in 0usize..20,
    ) {
        let role = if is_server { Role::Server } else { Role::Client };
        let mut bytes: Vec<u8> = list
            .iter()
            .flat_map(|(first, payload, wrong)| frame(*first, payload, is_server != *wrong))
            .collect();
        bytes.truncate(bytes.len().saturating_sub(cut));
        oracle(&bytes, |pieces| run(connection(role, &limits()), pieces));
    }

    #[test]
    fn streams_of_noise(bytes in proptest::collection::vec(any::<u8>(), 0..60), is_server in any::<bool>()) {
        let role = if is_server { Role::Server } else { Role::Client };
        oracle(&bytes, |pieces| run(connection(role, &limits()), pieces));
    }
}
