//! Who asked a client for an acknowledgement.

use crate::awaited::{Reply, Waiter};
use tokio::sync::mpsc;

pub(crate) enum Asker {
    One(Waiter),
    /// One who asked many.
    Group(mpsc::UnboundedSender<Reply>),
}

impl Asker {
    /// Nobody may be waiting any more; then the reply is for nobody.
    pub(crate) fn tell(self, reply: Reply) {
        match self {
            Self::One(waiter) => waiter.tell(reply),
            Self::Group(sender) => drop(sender.send(reply)),
        }
    }
}
