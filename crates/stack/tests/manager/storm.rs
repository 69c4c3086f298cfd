//! A crowd whose server restarts comes back spread over the time that its jitter says.

use siox_socketio::DisconnectReason;
use siox_stack::{Manager, ManagerOptions, SocketOptions, Want};
use siox_wire::Instant;
use std::sync::Arc;

const CROWD: u64 = 1_000;

/// One client: when it tries again, each time in vain, from when its connection is lost.
fn attempts(options: &Arc<ManagerOptions>, seed: u64, most: usize) -> Vec<u64> {
    let mut now = Instant::from_millis(0);
    let mut manager = Manager::new(options.clone(), seed);
    let key = manager.socket("/", SocketOptions::default());
    manager.connect(now, key);
    let Some(Want::Open(dial)) = manager.poll_want() else {
        panic!("no connection is wanted")
    };
    manager.handle_opened(now, dial, "x");
    manager.handle_closed(now, dial, DisconnectReason::TransportClose, None);
    let mut at = Vec::new();
    while at.len() < most {
        let last = now;
        now = manager.poll_timeout().unwrap();
        manager.handle_timeout(now);
        while let Some(want) = manager.poll_want() {
            if let Want::Open(dial) = want {
                at.push(now.since(last).as_micros() as u64 / 1_000);
                manager.handle_failed(now, dial, "refused", None);
            }
        }
    }
    at
}

#[test]
fn each_attempt_is_spread_over_its_whole_window() {
    let options = Arc::new(ManagerOptions::default());
    let all: Vec<Vec<u64>> = (0..CROWD).map(|n| attempts(&options, n, 6)).collect();
    for (attempt, delay) in [1_000, 2_000, 4_000, 5_000, 5_000, 5_000]
        .into_iter()
        .enumerate()
    {
        let (low, high) = (delay / 2, delay * 3 / 2);
        let mut tenths = [0u64; 10];
        for waits in &all {
            let wait = waits[attempt];
            assert!((low..=high).contains(&wait), "attempt {attempt}: {wait} ms");
            let tenth = (wait - low) * 10 / (high - low + 1);
            tenths[usize::try_from(tenth).unwrap()] += 1;
        }
        // A tenth of the window gets a tenth of the crowd; five standard deviations are 48.
        for (tenth, count) in tenths.iter().enumerate() {
            assert!(
                count.abs_diff(CROWD / 10) < 48,
                "attempt {attempt}, tenth {tenth}: {count}"
            );
        }
    }
}

#[test]
fn nobody_asks_more_often_than_the_delays_say() {
    let options = Arc::new(ManagerOptions::default());
    let mut seconds = vec![0u64; 60];
    for seed in 0..CROWD {
        let mut at = 0;
        for wait in attempts(&options, seed, 30) {
            at += wait;
            if let Some(count) = seconds.get_mut(usize::try_from(at / 1_000).unwrap()) {
                *count += 1;
            }
        }
    }
    // At first the waits are a second, later five: from then on a fifth of the crowd comes each second.
    let busiest = *seconds[20..].iter().max().unwrap();
    assert!(busiest < CROWD / 5 * 3 / 2, "{busiest} in a second");
}
