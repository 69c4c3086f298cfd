//! A storm: a crowd of clients whose server restarts, all at once, and comes back.
//!
//! What runs is the product: [`siox_stack::Manager`] at one end and [`siox_socketio::Connection`] at the
//! other. Between them are messages with a delay; how those become bytes is not simulated here, but by a
//! [`Party`](crate::Party), which is smaller.
//!
//! The rules: nothing is heard twice, or out of order; nothing is lost but what was on its way when the
//! connection was lost, and with retries nothing at all, though it may be heard again; each
//! acknowledgement that is awaited is told once; and the attempts of the crowd are spread over the whole
//! time that their delay and its random part say.

mod client;
mod ledger;
mod server;

use crate::{Failure, Outcome, campaign::Simulation, minimise::changed};
use client::Client;
use ledger::Waits;
use server::Server;
use siox_socketio::Revision;
use siox_testkit::Rng;
use siox_wire::{Instant, Message};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    fmt,
    time::Duration,
};

/// One run of a crowd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storm {
    /// All chances of the run come from it.
    pub seed: u64,
    /// How many clients there are.
    pub crowd: u32,
    /// What they speak.
    pub revision: Revision,
    /// Whether their events are sent until they are acknowledged.
    pub retries: bool,
    /// How long a message is under way at least, and how much longer it may be.
    pub delay: [Duration; 2],
    /// When the server stops, and for how long it is away; once or more often.
    pub outages: Vec<[Duration; 2]>,
    /// How many events each client emits, and in what time.
    pub events: u32,
    /// In what time they are emitted.
    pub spread: Duration,
}

impl Simulation for Storm {
    fn draw(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x5707_A11D_0000_0007);
        let mut at = Duration::from_millis(3_000 + rng.below(4_000));
        let outages = (0..1 + rng.index(2)).map(|_| {
            let away = Duration::from_millis([20, 2_000, 30_000][rng.index(3)] + rng.below(5_000));
            let outage = [at, away];
            at += away + Duration::from_millis(500 + rng.below(20_000));
            outage
        });
        let outages: Vec<_> = outages.collect();
        Self {
            seed,
            crowd: 1_000,
            revision: [Revision::V5, Revision::V4][usize::from(rng.chance(300))],
            retries: rng.chance(400),
            delay: [1 + rng.below(50), rng.below(200)].map(Duration::from_millis),
            outages,
            events: 5 + rng.below(20) as u32,
            spread: at,
        }
    }

    fn run(&self, logs: bool) -> Outcome {
        Run::new(self, logs).play()
    }

    fn faults(&self) -> usize {
        self.outages.len()
    }

    fn shorter(&self) -> Vec<Self> {
        changed(
            self,
            &[
                &|storm: &mut Self| storm.crowd = (storm.crowd / 2).max(1),
                &|storm| storm.events /= 2,
                &|storm| storm.events = storm.events.saturating_sub(1),
                &|storm| storm.outages.truncate(1),
                &|storm| storm.delay[1] = Duration::ZERO,
                &|storm| storm.retries = false,
            ],
        )
    }
}

/// Names one connection: whose, and which of its.
type Link = (usize, u32);

/// What happens at a time.
#[derive(Debug)]
enum What {
    Emit(usize),
    /// The client's own deadline.
    Due(usize),
    /// The server hears of a connection that a client opens.
    Arrives(Link),
    Opened(Link),
    Refused(Link),
    Lost(Link),
    ToServer(Link, Message<'static>),
    ToClient(Link, Message<'static>),
    Stop,
    Start,
}

/// What both ends share: time, chance, what is to come, the first failure.
struct Sky<'p> {
    plan: &'p Storm,
    now: Instant,
    rng: Rng,
    coming: BinaryHeap<Reverse<(Instant, u64)>>,
    whats: BTreeMap<u64, What>,
    next: u64,
    /// When the last message of each direction of a connection arrives: none overtakes another.
    last: BTreeMap<(Link, bool), Instant>,
    log: Option<String>,
    digest: u64,
    failure: Option<String>,
}

impl Sky<'_> {
    fn at(&mut self, at: Instant, what: What) {
        self.next += 1;
        self.coming.push(Reverse((at, self.next)));
        self.whats.insert(self.next, what);
    }

    /// On a connection, behind what is under way on it.
    fn send(&mut self, link: Link, up: bool, what: What) {
        let [least, more] = self.plan.delay;
        let more = Duration::from_micros(self.rng.below(more.as_micros() as u64 + 1));
        let last = self.last.get(&(link, up)).copied().unwrap_or(self.now);
        let at = last.max(self.now.after(least + more));
        self.last.insert((link, up), at);
        self.at(at, what);
    }

    fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.failure.is_none() {
            self.failure = Some(what());
        }
    }

    fn note(&mut self, what: fmt::Arguments<'_>) {
        if let Some(log) = &mut self.log {
            let at = self.now.as_micros();
            let _ = fmt::write(
                log,
                format_args!("{:>6}.{:06} {what}\n", at / 1_000_000, at % 1_000_000),
            );
        }
    }
}

struct Run<'p> {
    sky: Sky<'p>,
    clients: Vec<Client>,
    server: Server,
    waits: Waits,
}

impl<'p> Run<'p> {
    fn new(plan: &'p Storm, logs: bool) -> Self {
        let mut sky = Sky {
            plan,
            now: Instant::from_millis(1),
            rng: Rng::new(plan.seed),
            coming: BinaryHeap::new(),
            whats: BTreeMap::new(),
            next: 0,
            last: BTreeMap::new(),
            log: logs.then(String::new),
            digest: 0xCBF2_9CE4_8422_2325,
            failure: None,
        };
        for [at, away] in &plan.outages {
            sky.at(sky.now.after(*at), What::Stop);
            sky.at(sky.now.after(*at + *away), What::Start);
        }
        let spread = plan.spread.as_micros() as u64;
        let clients = (0..plan.crowd as usize).map(|number| {
            for _ in 0..plan.events {
                let at = Duration::from_micros(sky.rng.below(spread));
                sky.at(sky.now.after(at), What::Emit(number));
            }
            Client::new(&mut sky, number)
        });
        let clients = clients.collect();
        Self {
            server: Server::new(plan),
            clients,
            waits: Waits::default(),
            sky,
        }
    }

    fn play(mut self) -> Outcome {
        for client in &mut self.clients {
            client.settle(&mut self.sky, &mut self.waits);
        }
        // The longest wait, and what it takes to open and to talk, several times over.
        let limit = self
            .sky
            .now
            .after(self.sky.plan.spread + Duration::from_secs(120));
        while self.sky.failure.is_none()
            && let Some(Reverse((at, number))) = self.sky.coming.pop()
            && at <= limit
        {
            self.sky.now = self.sky.now.max(at);
            if let Some(what) = self.sky.whats.remove(&number) {
                self.sky.digest = (self.sky.digest ^ at.as_micros() ^ number)
                    .wrapping_mul(0x0100_0000_01B3)
                    .rotate_left(17);
                self.happens(what);
            }
        }
        if self.sky.failure.is_none() {
            for client in &self.clients {
                client.verdict(&mut self.sky, &self.server);
            }
            let spread = self.waits.verdict();
            self.sky.check(spread.is_ok(), || spread.unwrap_err());
        }
        let seed = self.sky.plan.seed;
        Outcome {
            upgraded: self.sky.failure.is_none(),
            complete: self.sky.failure.is_none(),
            messages: self.server.heard,
            failure: self.sky.failure.map(|what| Failure { seed, what }),
            log: self.sky.log,
            digest: self.sky.digest,
        }
    }

    fn happens(&mut self, what: What) {
        let Self {
            sky,
            clients,
            server,
            waits,
        } = self;
        let touched = match what {
            What::Stop => {
                sky.note(format_args!("the server stops"));
                return server.stop(sky);
            }
            What::Start => {
                sky.note(format_args!("the server is back"));
                return server.start();
            }
            What::Arrives(link) => return server.arrives(sky, link),
            What::ToServer(link, message) => return server.hear(sky, link, message),
            What::Emit(number) => {
                clients[number].emit(sky);
                number
            }
            What::Due(number) => {
                clients[number].due(sky);
                number
            }
            What::Opened(link) => {
                clients[link.0].opened(sky, link);
                link.0
            }
            What::Refused(link) => {
                clients[link.0].refused(sky, link);
                link.0
            }
            What::Lost(link) => {
                clients[link.0].lost(sky, link);
                link.0
            }
            What::ToClient(link, message) => {
                clients[link.0].hear(sky, link, message);
                link.0
            }
        };
        clients[touched].settle(sky, waits);
    }
}
