//! A client: what it does, and how it comes back, as the official client does.

use super::{
    Party,
    model::{Model, inner},
};
use crate::{check, net::Net, peer};
use siox_engineio::ClientEvent;
use siox_socketio::{
    Client, ClientConfig, ClientEvent as Event, Encoded, Packet, Recover, Revision, Slot,
};
use siox_stack::EngineClient;
use siox_testkit::Rng;
use siox_wire::{Admit, Instant, Message, SendError};
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

const NSPS: [&str; 2] = ["/", "/b"];
/// How long the server may take to acknowledge.
const ACK: Duration = Duration::from_secs(2);
/// How long it waits before it asks once more.
const LATER: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Say,
    Ask,
    Join,
    Leave,
    /// It leaves a namespace.
    Part,
    /// It asks to be let into a namespace, once more.
    Enter,
}

/// Its stay in a namespace.
#[derive(Debug, Default)]
struct Stay {
    slot: Option<Slot>,
    /// The id it was let in by, while it is in.
    sid: Option<String>,
    /// What it needs to recover.
    pid: Option<String>,
    offset: Option<String>,
    last_sid: Option<String>,
    /// Who it was before, on the same connection.
    before: Option<String>,
}

pub(super) struct Guest {
    number: usize,
    config: Arc<ClientConfig>,
    model: Rc<RefCell<Model>>,
    rng: Rng,
    sockets: Option<Client>,
    stays: [Stay; 2],
    acts: VecDeque<(Instant, usize, Act)>,
    /// The next number that it says.
    n: u64,
    /// Acknowledgements that are owed, what they must say, and by when.
    owed: BTreeMap<(Slot, u64), (u64, Instant)>,
    again: Option<Instant>,
    going: bool,
}

impl Guest {
    pub(super) fn new(
        party: &Party,
        number: usize,
        model: Rc<RefCell<Model>>,
        now: Instant,
    ) -> Self {
        let mut rng =
            Rng::new(party.base.seed ^ (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let spread = party.base.spread.as_micros() as u64;
        let mut acts: Vec<_> = (0..party.acts[0])
            .map(|_| {
                let act = match rng.below(20) {
                    0..=6 => Act::Say,
                    7..=11 => Act::Ask,
                    12..=16 => Act::Join,
                    17 | 18 => Act::Leave,
                    _ => Act::Part,
                };
                let at = now.after(Duration::from_micros(rng.below(spread)));
                (at, usize::from(rng.chance(300)), act)
            })
            .collect();
        acts.sort_by_key(|(at, ..)| *at);
        let revision = party.revision();
        if revision == Revision::V4 {
            acts.retain(|&(_, which, act)| act != Act::Part || which > 0);
        }
        let config = ClientConfig {
            revision,
            ..ClientConfig::default()
        };
        Self {
            number,
            config: config.into(),
            model,
            rng,
            sockets: None,
            stays: Default::default(),
            acts: acts.into(),
            n: 0,
            owed: BTreeMap::new(),
            again: None,
            going: false,
        }
    }

    /// Whether it has done all it wants, is in everywhere, and is owed nothing.
    pub(super) fn is_settled(&self) -> bool {
        let is_in = self.stays.iter().all(|stay| stay.sid.is_some());
        self.acts.is_empty() && is_in && self.owed.is_empty()
    }

    /// It goes for good.
    pub(super) fn go(&mut self) {
        self.going = true;
        (self.again, self.sockets) = (None, None);
        self.acts.clear();
    }

    fn enter(&mut self, net: &mut Net<'_>, client: &mut EngineClient, which: usize) {
        let Some(sockets) = &mut self.sockets else {
            return;
        };
        let stay = &mut self.stays[which];
        if stay.slot.is_some() {
            return;
        }
        let recover = stay.pid.as_ref().map(|pid| Recover {
            pid,
            offset: stay.offset.as_deref(),
        });
        match sockets.connect(NSPS[which], None, recover, &mut client.sink()) {
            Ok(slot) => stay.slot = Some(slot),
            Err(SendError::Closed) => {}
            Err(other) => net.fail(format!("guest {}: cannot connect: {other}", self.number)),
        }
    }

    /// Does one thing; says whether it could be done now.
    fn act(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        client: &mut EngineClient,
        which: usize,
        act: Act,
    ) -> bool {
        if act == Act::Enter {
            self.enter(net, client, which);
            return true;
        }
        let Some(sockets) = &mut self.sockets else {
            return false;
        };
        let stay = &mut self.stays[which];
        let (Some(slot), Some(_)) = (stay.slot, &stay.sid) else {
            return false;
        };
        let out = &mut client.sink();
        let room = format!("r{}", self.rng.below(4));
        let n = self.n;
        let sent = match act {
            Act::Say => {
                Encoded::event("say", &n).and_then(|e| sockets.emit(slot, &e, Admit::Normal, out))
            }
            Act::Ask => Encoded::event("ask", &n).and_then(|e| {
                let by = now.after(ACK);
                let id = sockets.emit_with_ack(slot, &e, Some(by), Admit::Normal, out)?;
                self.owed.insert((slot, id), (n, by));
                Ok(())
            }),
            Act::Join | Act::Leave => {
                let name = if act == Act::Join { "join" } else { "leave" };
                Encoded::event(name, &room).and_then(|e| sockets.emit(slot, &e, Admit::Normal, out))
            }
            Act::Part | Act::Enter => sockets.disconnect(slot, out),
        };
        match sent {
            Ok(()) => {}
            Err(SendError::Full | SendError::Closed) => return false,
            Err(other) => net.fail(format!("guest {}: cannot send: {other}", self.number)),
        }
        match act {
            Act::Say | Act::Ask => self.n += 1,
            Act::Part => {
                net.note(format_args!(
                    "guest {}: leaves {}",
                    self.number, NSPS[which]
                ));
                self.parted(which);
                let back = Duration::from_micros(self.rng.below(2_000_000));
                self.plan(now.after(back), which, Act::Enter);
            }
            Act::Join | Act::Leave | Act::Enter => {}
        }
        true
    }

    fn plan(&mut self, at: Instant, which: usize, act: Act) {
        let place = self.acts.partition_point(|(other, ..)| *other <= at);
        self.acts.insert(place, (at, which, act));
    }

    /// It is no longer in a namespace: what it was owed there is resolved with this.
    fn parted(&mut self, which: usize) {
        let stay = &mut self.stays[which];
        stay.before = stay.sid.take();
        if let Some(slot) = stay.slot.take() {
            self.owed.retain(|(of, _), _| *of != slot);
        }
    }

    fn which(&self, slot: Slot) -> Option<usize> {
        self.stays.iter().position(|stay| stay.slot == Some(slot))
    }

    /// A message for the layer of Socket.IO, and all that it tells.
    fn message(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        client: &mut EngineClient,
        message: Message<'_>,
    ) {
        let Some(sockets) = &mut self.sockets else {
            return;
        };
        match sockets.handle_message(now, message, &mut client.sink()) {
            Ok(Some(event)) => self.told(net, now, client, event),
            Ok(None) => {}
            Err(error) => return net.fail(format!("guest {}: {error}", self.number)),
        }
        self.expire(net, now, client);
    }

    /// What is due, and what more there is to tell.
    fn expire(&mut self, net: &mut Net<'_>, now: Instant, client: &mut EngineClient) {
        while let Some(sockets) = &mut self.sockets {
            match sockets.handle_timeout(now) {
                Ok(Some(event)) => self.told(net, now, client, event),
                Ok(None) => return,
                Err(error) => return net.fail(format!("guest {}: {error}", self.number)),
            }
        }
    }

    fn told(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        client: &mut EngineClient,
        event: Event<'_>,
    ) {
        let number = self.number;
        match event {
            Event::Connected { slot, sid, pid } => {
                let Some(which) = self.which(slot) else {
                    return net.fail(format!("guest {number}: let in unasked"));
                };
                net.note(format_args!("guest {number}: is {sid} in {}", NSPS[which]));
                let stay = &mut self.stays[which];
                if stay.last_sid.as_deref() != Some(&*sid) {
                    // Not recovered: what it knew of the session before is worth nothing.
                    stay.offset = None;
                    stay.last_sid = Some(sid.clone().into());
                }
                (stay.sid, stay.pid) = (Some(sid.into()), pid.map(Into::into));
            }
            Event::Refused { slot, .. } => {
                if let Some(which) = self.which(slot) {
                    self.parted(which);
                    self.plan(now.after(LATER), which, Act::Enter);
                }
            }
            Event::Event { slot, id, packet } => self.event(net, client, (slot, id), &packet),
            Event::Ack { slot, id, packet } => match self.owed.remove(&(slot, id)) {
                Some((n, _)) if inner(&packet).parse() == Ok(n) => {}
                other => net.fail(format!(
                    "guest {number}: {id} is acknowledged by {}, owed {other:?}",
                    packet.args()
                )),
            },
            Event::AckTimeout { slot, id } => {
                let owed = self.owed.remove(&(slot, id));
                net.check(owed.is_some_and(|(_, by)| by <= now), || {
                    format!("guest {number}: {id} is late, and {owed:?} was owed")
                });
            }
            Event::Disconnected { slot } => {
                if let Some(which) = self.which(slot) {
                    net.note(format_args!(
                        "guest {number}: is put out of {}",
                        NSPS[which]
                    ));
                    self.parted(which);
                    self.plan(now.after(LATER), which, Act::Enter);
                }
            }
            Event::Error { .. } => net.fail(format!("guest {number}: an error of revision 4")),
        }
    }

    fn event(
        &mut self,
        net: &mut Net<'_>,
        client: &mut EngineClient,
        (slot, id): (Slot, Option<u64>),
        packet: &Packet<'_>,
    ) {
        let number = self.number;
        let args = inner(packet);
        let n = args.split(',').next().and_then(|n| n.parse::<u64>().ok());
        let which = self.which(slot);
        let (Some(n), Some(which)) = (n, which) else {
            return net.fail(format!(
                "guest {number}: {args} for a socket that is not in"
            ));
        };
        let stay = &mut self.stays[which];
        let Some(sid) = &stay.sid else {
            return net.fail(format!("guest {number}: an event before it is in"));
        };
        net.digest([7, n, number as u64]);
        net.note(format_args!("guest {number}: {sid} hears {n}"));
        let mut model = self.model.borrow_mut();
        let before = stay.before.as_deref();
        if !before.is_some_and(|before| model.was_under_way(before, n)) {
            net.check_result("guest", model.heard(sid, n));
        }
        drop(model);
        // A function stands behind the arguments of an event that wants an acknowledgement.
        if let (None, Some(_), Some(rest)) = (id, &stay.pid, args.strip_suffix('"')) {
            stay.offset = rest.rsplit('"').next().map(str::to_owned);
        }
        let (Some(id), Some(sockets)) = (id.filter(|_| n % 4 != 3), &mut self.sockets) else {
            return;
        };
        let answer =
            Encoded::args(&n).and_then(|args| sockets.ack(slot, id, &args, &mut client.sink()));
        let fits = matches!(answer, Ok(()) | Err(SendError::Closed));
        net.check(fits, || {
            format!("guest {number}: {answer:?} for an acknowledgement")
        });
    }
}

impl peer::User for Guest {
    fn hear(
        &mut self,
        net: &mut Net<'_>,
        now: Instant,
        client: &mut EngineClient,
        event: ClientEvent<'_>,
    ) {
        match event {
            ClientEvent::Opened => {
                let sid = client
                    .session()
                    .opened()
                    .map(|o| o.sid.clone())
                    .unwrap_or_default();
                self.sockets = Some(Client::new(self.config.clone(), &sid));
                for which in 0..NSPS.len() {
                    self.enter(net, client, which);
                }
            }
            ClientEvent::Message(message) => self.message(net, now, client, message),
            ClientEvent::Heartbeat | ClientEvent::Upgrading | ClientEvent::Upgraded => {}
            ClientEvent::UpgradeFailed(error) => check::client_error(net, error),
            ClientEvent::Closed { reason, error } => {
                net.note(format_args!(
                    "guest {}: closed: {reason} {error:?}",
                    self.number
                ));
                if let Some(error) = error {
                    check::client_error(net, error);
                }
                self.sockets = None;
                (0..NSPS.len()).for_each(|which| self.parted(which));
                self.stays.iter_mut().for_each(|stay| stay.before = None);
                if !self.going {
                    let wait = 200 + self.rng.below(800);
                    self.again = Some(now.after(Duration::from_millis(wait)));
                }
            }
        }
    }

    fn next(&self) -> Option<Instant> {
        let sockets = self.sockets.as_ref().and_then(Client::poll_timeout);
        let act = self.acts.front().map(|(at, ..)| *at);
        [sockets, act, self.again].into_iter().flatten().min()
    }

    fn speak(&mut self, net: &mut Net<'_>, now: Instant, client: &mut EngineClient) {
        if self.again.is_some_and(|at| at <= now) {
            self.again = match client.is_over() {
                true => {
                    *client = peer::client(net.plan, now);
                    None
                }
                false => Some(now.after(LATER)),
            };
        }
        if self
            .sockets
            .as_ref()
            .and_then(Client::poll_timeout)
            .is_some_and(|at| at <= now)
        {
            self.expire(net, now, client);
        }
        while let Some((at, which, act)) = self.acts.front().copied()
            && at <= now
        {
            self.acts.pop_front();
            if !self.act(net, now, client, which, act) {
                self.plan(now.after(LATER), which, act);
            }
        }
        let late = self.owed.iter().find(|(_, (_, by))| *by <= now);
        if let Some((key, _)) = late {
            net.fail(format!(
                "guest {}: the acknowledgement {key:?} is never told",
                self.number
            ));
        }
    }
}
