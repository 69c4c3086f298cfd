//! What happens in one run, all of it drawn from a seed, as plain values that can be made smaller.

mod draw;

use crate::{Fault, Kind, Side};
use siox_engineio::Version;
use siox_testkit::Rng;
use std::time::Duration;

/// How many letters there are in a row.
const BLOCK: usize = 32;

/// What messages are made of, a row of each letter.
const LETTERS: [&str; 4] = [
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "éééééééééééééééééééééééééééééééé",
    "𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
];

/// A number in decimal, which `fmt` would take ten times as long for.
fn number(n: u32, into: &mut String) {
    if n >= 10 {
        number(n / 10, into);
    }
    into.push(char::from(b'0' + (n % 10) as u8));
}

/// What every connection is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How long a byte is under way at least.
    pub delay: Duration,
    /// How much longer it may be.
    pub jitter: Duration,
    /// A reader gets at most this many bytes at once; `None`: what was sent at once.
    pub cut: Option<usize>,
    /// How many bytes of a WebSocket may be under way.
    pub window: usize,
    /// Bytes a second; `None`: any.
    pub rate: Option<u64>,
}

impl Line {
    pub(crate) fn jitter(&self, rng: &mut Rng) -> Duration {
        Duration::from_micros(rng.below(self.jitter.as_micros() as u64 + 1))
    }
}

/// One run: a server, a client, the network between them, and what goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// All chances of the run come from it.
    pub seed: u64,
    /// The protocol spoken.
    pub version: Version,
    /// Whether the client takes no bytes.
    pub base64: bool,
    /// How many messages the server sends, and the client.
    pub messages: [u32; 2],
    /// How long they send.
    pub spread: Duration,
    /// A message of the server, and of the client, that is long, and its length.
    pub long: [Option<(u32, usize)>; 2],
    /// The largest of the others, in bytes.
    pub largest: usize,
    /// Of the heartbeat.
    pub interval: Duration,
    /// Of the heartbeat.
    pub timeout: Duration,
    /// How long the server lets an upgrade take, and the client.
    pub upgrade: [Duration; 2],
    /// Of both ends.
    pub high_water: usize,
    /// Of both ends.
    pub hard_cap: usize,
    /// Of the server.
    pub max_payload: usize,
    /// How long the client keeps a connection for another request.
    pub keep_alive: Duration,
    /// What every connection is like.
    pub line: Line,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// How long both go on when all messages have come.
    pub idle: Duration,
    /// Who closes.
    pub closer: Side,
    /// When, if not at the end: what it said before must come all the same.
    pub closes_at: Option<Duration>,
}

impl Scenario {
    /// How long a delay of somebody may be that nobody can be blamed for.
    #[must_use]
    pub fn patience(&self) -> Duration {
        let [server, client] = self.upgrade;
        let gap = server.saturating_sub(client);
        (self.timeout / 4).min(gap / 3)
    }

    /// Whether nothing keeps the client from its WebSocket.
    #[must_use]
    pub fn may_upgrade(&self) -> bool {
        self.line.rate.is_none()
            && self.faults.iter().all(|fault| match fault {
                Fault::Break(place, _) | Fault::Hold(place, _) => place.kind != Kind::Socket,
                Fault::Sleep { length, .. } => *length <= self.patience() / 2,
                Fault::Jump { by, .. } => *by <= self.patience() / 2,
                Fault::Refuse { .. } | Fault::Stray { .. } => false,
                Fault::Gather { .. } | Fault::Double { .. } => true,
            })
    }

    /// How long bytes are under way at most where nothing holds them back.
    pub(crate) fn way(&self) -> Duration {
        let gathered = [true, false].into_iter().filter_map(|up| self.gathers(up));
        self.line.delay + self.line.jitter + gathered.max().unwrap_or_default()
    }

    /// For how long a proxy gathers what it passes on in a direction, if it does.
    pub(crate) fn gathers(&self, up: bool) -> Option<Duration> {
        let times = self.faults.iter().filter_map(|fault| match fault {
            Fault::Gather { up: of, time } if *of == up => Some(*time),
            _ => None,
        });
        times.max()
    }

    /// Whether a proxy sends some poll twice.
    pub(crate) fn doubles(&self) -> bool {
        let mut faults = self.faults.iter();
        faults.any(|fault| matches!(fault, Fault::Double { .. }))
    }

    /// How long it takes at most until all messages are there, delays beside that.
    pub(crate) fn swiftness(&self) -> Duration {
        let steps = self.way() * 100;
        self.spread + self.upgrade[1] + steps + Duration::from_secs(4)
    }

    pub(crate) const fn is_binary(&self, n: u32) -> bool {
        n % 3 == 2
    }

    /// Whether the server sends it as a group made for many.
    pub(crate) const fn is_shared(&self, n: u32) -> bool {
        n % 5 == 1 && self.hard_cap >= 1 << 20
    }

    /// Message `n` of a side: its number, then letters of one, two and four bytes.
    pub(crate) fn message(&self, of: Side, n: u32, into: &mut String) {
        into.clear();
        number(n, into);
        into.push(':');
        let letters = LETTERS[n as usize % 4];
        let letter = letters.len() / BLOCK;
        let mut more = self.length(of, n).saturating_sub(into.len()) / letter;
        while more > 0 {
            let some = more.min(BLOCK);
            into.push_str(&letters[..some * letter]);
            more -= some;
        }
    }

    fn length(&self, of: Side, n: u32) -> usize {
        match self.long[of as usize] {
            Some((at, len)) if at == n => len,
            Some(_) | None => {
                let mut rng = Rng::new(self.seed ^ (u64::from(n) << 1) ^ of as u64);
                // Most are small.
                let most = if rng.chance(900) { 24 } else { self.largest };
                rng.index(most.max(1))
            }
        }
    }
}
