//! Whatever is said in whatever order, honest or not: no panic, one end at most, told once, and time
//! always moves on.

use crate::peer::{OPEN, Peer, ms};
use proptest::{collection::vec, prelude::*};
use siox_engineio::{ClientConfig, ClientError, Lane, Transport, Version};
use std::time::Duration;

fn config(version: bool, websocket: bool, all: bool) -> ClientConfig {
    ClientConfig {
        version: if version { Version::V3 } else { Version::V4 },
        try_all_transports: all,
        remembered_upgrade: websocket,
        request_timeout: all.then_some(Duration::from_millis(900)),
        ..ClientConfig::default()
    }
}

const BODIES: [&str; 7] = [OPEN, "4a\x1e2\x1e4b", "6", "1", "x", "", "2:4a1:6"];
const FRAMES: [&str; 7] = [OPEN, "3probe", "4a", "2", "3", "1", "x"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_order_of_calls_breaks_it(
        version in any::<bool>(), websocket in any::<bool>(), all in any::<bool>(),
        calls in vec((0u8..13, 0u32..7, 0usize..7, 0u64..300), 0..100),
    ) {
        let mut peer = Peer::new(config(version, websocket, all));
        let (mut now, mut ends, mut requests) = (0, 0, 0);
        for (call, lane, text, by) in calls {
            now += by;
            let lane = Lane(lane);
            match call {
                0..=2 => requests += usize::from(peer.request(now).is_some()),
                3 | 4 => drop(peer.answer(now, lane, BODIES[text])),
                5 => drop(peer.client.handle_response(ms(now), lane, 400, None)),
                6 => peer.client.handle_failed(ms(now), lane, ClientError::Unreachable),
                7 => drop(peer.client.handle_opened(ms(now), lane, &mut peer.socket)),
                8 | 9 => drop(peer.frame(now, lane, FRAMES[text])),
                10 => peer.gone(now, lane),
                11 => drop(peer.emit("x")),
                _ if text == 0 => peer.client.close(ms(now)),
                _ => peer.client.handle_done(ms(now), lane),
            }
            let mut turns = 0;
            while peer.client.poll_timeout().is_some_and(|at| at <= ms(now)) {
                let told = peer.tick(now);
                ends += usize::from(told.is_some_and(|told| !told.starts_with("upgrade")));
                turns += 1;
                prop_assert!(turns <= 4, "time stands still");
            }
            if peer.client.is_finished() {
                prop_assert_eq!(peer.request(now), None);
                prop_assert!((0..100).all(|lane| !peer.client.wants(Lane(lane))));
            }
        }
        prop_assert_eq!(ends, usize::from(peer.client.is_finished()));
        prop_assert!(requests <= 100);
        let open = peer.client.transport().is_some();
        prop_assert!(!open || peer.client.poll_timeout().is_some(), "a deadline is always armed");
        prop_assert!(peer.client.transport() != Some(Transport::WebSocket) || peer.client.lane().is_some());
    }
}
