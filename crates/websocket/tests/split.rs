//! Any stream, good or bad, in any cutting, in both roles, gives the same events, error and answer.

mod common;

use common::*;
use proptest::prelude::*;
use siox_testkit::split::oracle;
use siox_websocket::{Limits, frame::Role};

fn limits() -> Limits {
    Limits {
        message: 700,
        fragments: 4,
        control_flood: 6,
        ..Limits::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

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
