//! Packet middleware: what an event has to pass before its handlers run.

use crate::{
    BoxError, Socket,
    error::Fault,
    extract::{Incoming, Kind, Side},
    handler::{Called, Running},
    handlers::{Chain, Entry, List},
    running::{noop, poll_caught},
};
use siox_socketio::Packet;
use std::{sync::Arc, task::Poll};

/// How far an event has come.
enum Screened {
    Passed,
    /// The middleware of this index is pending.
    Pending(usize, Running),
    Refused(BoxError),
}

impl Socket {
    /// Asks the middleware one after the other, in place as long as none is pending.
    pub(crate) fn screen(&self, chain: &Arc<Chain>, packet: &Packet<'_>, id: Option<u64>) {
        match self.ask_from(0, &chain.packet, packet, id) {
            Screened::Passed => self.run_all(&chain.own, packet.name(), packet, id),
            Screened::Refused(e) => self.report(packet.name(), Fault::Refused(e)),
            Screened::Pending(at, future) => {
                let rest = self
                    .clone()
                    .screen_later(at, future, chain.clone(), own(packet), id);
                self.spawn(packet.name().to_owned(), Box::pin(rest));
            }
        }
    }

    fn ask_from(
        &self,
        first: usize,
        middleware: &List,
        packet: &Packet<'_>,
        id: Option<u64>,
    ) -> Screened {
        for (at, entry) in middleware.iter().enumerate().skip(first) {
            match self.ask_one(entry, packet, id) {
                Ok(None) => {}
                Ok(Some(future)) => return Screened::Pending(at, future),
                Err(e) => return Screened::Refused(e),
            }
        }
        Screened::Passed
    }

    /// A future when it is pending.
    fn ask_one(
        &self,
        entry: &Arc<Entry>,
        packet: &Packet<'_>,
        id: Option<u64>,
    ) -> Result<Option<Running>, BoxError> {
        let Some(handler) = entry.take_call() else {
            return Ok(None);
        };
        let incoming = Incoming {
            side: Side::Server(self),
            kind: Kind::Event {
                packet,
                ack: id.into(),
            },
        };
        match self.called(|| handler(&incoming))? {
            Called::Done(result) => result.map(|()| None),
            Called::Running(mut future) => match poll_caught(&mut future, &mut noop()) {
                Poll::Ready(Ok(result)) => result.map(|()| None),
                Poll::Ready(Err(panic)) => Err(self.broke(&*panic)),
                Poll::Pending => Ok(Some(future)),
            },
        }
    }

    /// The rest of the way of an event whose middleware was pending.
    async fn screen_later(
        self,
        at: usize,
        mut future: Running,
        chain: Arc<Chain>,
        packet: Packet<'static>,
        id: Option<u64>,
    ) -> Result<(), BoxError> {
        let mut next = at + 1;
        loop {
            if let Err(e) = future.await {
                self.report(packet.name(), Fault::Refused(e));
                return Ok(());
            }
            match self.ask_from(next, &chain.packet, &packet, id) {
                Screened::Passed => break,
                Screened::Refused(e) => {
                    self.report(packet.name(), Fault::Refused(e));
                    return Ok(());
                }
                Screened::Pending(at, pending) => {
                    next = at + 1;
                    future = pending;
                }
            }
        }
        self.run_all(&chain.own, packet.name(), &packet, id);
        Ok(())
    }
}

fn own(packet: &Packet<'_>) -> Packet<'static> {
    packet.clone().into_owned()
}
