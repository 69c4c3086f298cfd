//! The client whose methods are awaited: tasks of tokio, on sessions of `siox_tokio::engine`.

mod client;
mod driver;

use super::{
    carrier::{Carrier, Task},
    kind::{Tokio, Which, sealed::Begin},
    shared::Shared,
};
use driver::Driver;
use siox_wire::Instant;
use std::sync::Arc;
use tokio::runtime::Handle;

struct OnTokio(Handle);

impl Carrier for OnTokio {
    fn now(&self) -> Instant {
        siox_tokio::now()
    }

    fn spawn(&self, task: Task) {
        self.0.spawn(task);
    }
}

impl Begin for Tokio {
    const WHICH: Which = Which::Tokio;

    fn carrier() -> Arc<dyn Carrier> {
        Arc::new(OnTokio(Handle::current()))
    }

    fn drive(shared: &Arc<Shared>) {
        let driver = Driver::new(shared.clone());
        shared.carrier.spawn(Box::pin(driver.run()));
    }
}
