//! Socket.IO on the same network: a server with two namespaces, one of which recovers sessions, and a few
//! clients that join, leave, talk and are cut off.
//!
//! What runs is the product: [`siox_stack::Session`], [`siox_socketio::Rooms`] and
//! [`siox_socketio::recovery::Log`] put together as `siox` does it, and [`siox_socketio::Client`] on
//! [`siox_stack::EngineClient`], which comes back as the official client does. A `Model` knows, by the
//! plainest means, who is in which room and is owed which event.
//!
//! A part of the parties speaks revision 4 on Engine.IO v3, both ends: there ids are the session's, nothing is
//! recovered, and `/` is joined by itself and not left, since a client cannot ask for it again.

mod draw;
mod guest;
mod hall;
mod model;
mod nsp;

use crate::{Failure, Outcome, Scenario, world::World};
use guest::Guest;
use hall::Hall;
use model::Model;
use siox_engineio::Version;
use siox_socketio::Revision;
use std::{cell::RefCell, rc::Rc, time::Duration};

/// One run of Socket.IO: what everything stands on, and what is said on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The network, the heartbeat, the faults; its messages are not sent.
    pub base: Scenario,
    /// How many clients there are.
    pub guests: usize,
    /// How many things each of them does, and the server for each.
    pub acts: [u32; 2],
    /// How long a session is kept for its client to come back.
    pub kept: Duration,
    /// How many bytes of events are kept.
    pub log: usize,
}

/// Runs it. With `logs`, every step is written down.
#[must_use]
pub fn gather(party: &Party, logs: bool) -> Outcome {
    let model = Rc::new(RefCell::new(Model::default()));
    let hall = Hall::new(party, model.clone());
    let mut world = World::new(&party.base, logs, hall);
    for number in 0..party.guests {
        world.enter(Guest::new(party, number, model.clone(), world.net.now));
    }
    world.turn();
    let start = world.net.now;
    let limit = start.after(party.base.spread + party.patience());
    let settled = |world: &World<'_, Hall, Guest>| {
        let guests = world.peers.iter();
        let rest = guests.map(|peer| &peer.user).all(Guest::is_settled);
        rest && world.host.site.is_settled() && model.borrow().is_settled()
    };
    while world.net.failure.is_none() && !settled(&world) && world.step(limit) {}
    if world.net.failure.is_none() && !settled(&world) {
        let left = model.borrow().left();
        world.net.fail(format!("it does not settle: {left}"));
    }
    let complete = world.net.failure.is_none();
    for peer in &mut world.peers {
        peer.user.go();
        peer.close(&mut world.net);
    }
    world.turn();
    let quiet = |world: &World<'_, Hall, Guest>| {
        world.host.is_quiet() && world.peers.iter().all(crate::peer::Peer::is_quiet)
    };
    let until = world.net.now.after(party.patience());
    while world.net.failure.is_none() && !quiet(&world) && world.step(until) {}
    if !quiet(&world) {
        world.net.fail("it does not come to rest");
    }
    if world.net.failure.is_none() && !world.host.site.is_empty() {
        world.net.fail("somebody is in a room, and nobody is there");
    }
    let model = model.borrow();
    let seed = party.base.seed;
    Outcome {
        upgraded: model.recovered > 0,
        complete,
        messages: model.delivered,
        failure: world.net.failure.map(|what| Failure { seed, what }),
        log: world.net.log,
        digest: world.net.digest,
    }
}

impl Party {
    /// The revision of Socket.IO that goes with the version of Engine.IO.
    fn revision(&self) -> Revision {
        match self.base.version == Version::V3 {
            true => Revision::V4,
            false => Revision::V5,
        }
    }

    /// How long things may take when nothing goes wrong any more: a peer that is dead is found, and its
    /// connections close.
    fn patience(&self) -> Duration {
        (self.base.interval + self.base.timeout) * 8 + Duration::from_secs(240)
    }
}
