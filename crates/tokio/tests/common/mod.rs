//! Raw clients for tests over real loopback sockets: what they send is what the test says, byte for
//! byte. The tests of `siox` use them too.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod http;
pub(crate) mod ws;

use std::{fmt::Debug, future::Future, time::Duration};

/// Far more than anything here takes, so that only a hang meets it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for `what`, but not for ever.
#[track_caller]
pub(crate) fn within<F: Future>(what: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, what).await {
            Ok(result) => result,
            Err(_) => panic!("nothing came of what {caller} waits for"),
        }
    }
}

/// Waits until `look` gives `wanted`.
#[track_caller]
pub(crate) fn until<T: PartialEq + Debug>(
    wanted: T,
    mut look: impl FnMut() -> T,
) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let seen = look();
            if seen == wanted {
                return;
            }
            assert!(
                tokio::time::Instant::now() < end,
                "{caller}: {seen:?}, not {wanted:?}"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
