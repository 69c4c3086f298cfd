//! A stricter limit never accepts more: for each field of [`Limits`], what is told under the stricter value
//! is a beginning of what is told under the laxer one.

mod common;
#[path = "differential/oracle.rs"]
mod oracle;
#[path = "differential/streams.rs"]
mod streams;

use common::*;
use proptest::prelude::*;
use siox_websocket::{CloseCode, Connection, Event, Limits, frame::Role};
use siox_wire::Instant;
use std::time::Duration;
use streams::Case;

/// What is told, and how many messages of ours were let in.
#[derive(Debug, Default)]
struct Told {
    events: Vec<Event<'static>>,
    sent: usize,
}

impl Told {
    fn count(&self) -> usize {
        self.events.len() + self.sent
    }

    fn begins(&self, more: &Self) -> bool {
        more.events.starts_with(&self.events) && self.sent <= more.sent
    }
}

/// A field's name, and how to set it to a value made of a number: the larger, the laxer.
type Field = (&'static str, fn(&mut Limits, u32));

/// Every field: a new one does not compile until it is here.
fn fields() -> [Field; 14] {
    let Limits {
        message: _,
        streamed_message: _,
        fragments: _,
        high_water: _,
        hard_cap: _,
        close_wait: _,
        control_flood: _,
        pending_pongs: _,
        accept_non_minimal_length: _,
        ping_interval: _,
        pong_timeout: _,
        message_deadline: _,
        message_idle: _,
        message_rate: _,
    } = Limits::default();
    [
        ("message", |l, n| l.message = n as usize * 40),
        ("streamed_message", |l, n| {
            l.streamed_message = u64::from(n) * 40;
        }),
        ("fragments", |l, n| l.fragments = n / 2),
        ("high_water", |l, n| l.high_water = n as usize * 30),
        ("hard_cap", |l, n| l.hard_cap = n as usize * 60),
        ("close_wait", |l, n| l.close_wait = ms(n * 20)),
        ("control_flood", |l, n| l.control_flood = n),
        ("pending_pongs", |l, n| l.pending_pongs = n as u8),
        ("accept_non_minimal_length", |l, n| {
            l.accept_non_minimal_length = n > 7;
        }),
        // An interval is no limit: with pings there is one, without there is none.
        ("ping_interval", |l, n| {
            l.ping_interval = (n < 8).then_some(ms(200));
            l.pong_timeout = Some(ms(50));
        }),
        ("pong_timeout", |l, n| {
            l.ping_interval = Some(ms(200));
            l.pong_timeout = (n < 15).then_some(ms(n * 12));
        }),
        ("message_deadline", |l, n| {
            l.message_deadline = (n < 15).then_some(ms(n * 20));
        }),
        ("message_idle", |l, n| {
            l.message_idle = (n < 15).then_some(ms(n * 20));
        }),
        ("message_rate", |l, n| {
            l.message_idle = Some(ms(60));
            l.message_rate = 15_000 - n * 1000;
        }),
    ]
}

fn ms(n: u32) -> Duration {
    Duration::from_millis(n.into())
}

/// Plays a stream whose pieces come with pauses, to a peer that does not read; after each piece we send.
fn play(mut machine: Connection, pieces: &[&[u8]], pauses: &[u64], close_at: usize) -> Told {
    let (mut told, mut now) = (Told::default(), 0);
    for (i, piece) in pieces.iter().enumerate() {
        let until = now + pauses[i % pauses.len()];
        while let Some(due) = machine.poll_timeout()
            && due <= Instant::from_millis(until)
        {
            now = now.max(due.as_micros().div_ceil(1000));
            if machine.handle_timeout(Instant::from_millis(now)).is_err() {
                return told;
            }
        }
        now = until;
        let at = Instant::from_millis(now);
        if feed(&mut machine, at, piece, &mut told.events).is_err() {
            return told;
        }
        let let_in = match i == close_at {
            true => machine.close(at, CloseCode::NORMAL, "").is_ok(),
            false => machine.text("twenty bytes of text").is_ok(),
        };
        told.sent += usize::from(let_in);
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stricter_limit_never_accepts_more(
        tape in proptest::collection::vec(any::<u8>(), 0..300),
        pauses in proptest::collection::vec(prop_oneof![Just(0u64), 0u64..10, 0u64..150], 1..8),
        others in proptest::collection::vec(8u32..16, 14),
        (strict, lax) in (0u32..16, 0u32..16).prop_map(|(a, b)| (a.min(b), a.max(b))),
        close_at in prop_oneof![Just(usize::MAX), 0usize..20],
        streaming in any::<bool>(),
    ) {
        let case = Case::damaged(&tape);
        let pieces = case.pieces();
        for (name, set) in fields() {
            let mut limits = Limits::default();
            // The others stand at some value as well, so that fields are seen to be apart.
            for ((other, set), n) in fields().into_iter().zip(&others) {
                if other != name && matches!(other, "message" | "streamed_message" | "fragments" | "control_flood") {
                    set(&mut limits, *n);
                }
            }
            let told = |n: u32| {
                let mut limits = limits.clone();
                set(&mut limits, n);
                let mut machine = connection(case.role, &limits);
                machine.set_streaming(streaming);
                play(machine, &pieces, &pauses, close_at)
            };
            let (less, more) = (told(strict), told(lax));
            prop_assert!(less.begins(&more), "{name} {strict} {lax}\n{less:?}\n{more:?}");
        }
    }
}

/// Each field matters: some stream is cut short by the stricter value.
#[test]
fn every_limit_on_what_comes_in_bites() {
    let bytes = [
        masked(TEXT, &[b'x'; 100]),
        masked(CONTINUATION, b"y").repeat(3),
        masked(FIN | PING, b"").repeat(3),
        masked(FIN | CONTINUATION, b""),
        vec![FIN | BINARY, 0xfe, 0, 0, 1, 2, 3, 4],
        masked(FIN | TEXT, b"last"),
    ]
    .concat();
    let pieces: Vec<&[u8]> = bytes.chunks(10).collect();
    for (name, set) in fields() {
        let told = |n: u32| {
            let mut limits = Limits {
                accept_non_minimal_length: true,
                ..Limits::default()
            };
            set(&mut limits, n);
            let mut machine = connection(Role::Server, &limits);
            machine.set_streaming(name == "streamed_message");
            play(machine, &pieces, &[55], usize::MAX).count()
        };
        let bites = told(0) < told(15);
        let no_effect = ["close_wait", "pending_pongs"].contains(&name);
        // A peer that keeps sending is alive.
        let is_alive = ["ping_interval"].contains(&name);
        assert_eq!(
            bites,
            !no_effect && !is_alive,
            "{name}: {} {}",
            told(0),
            told(15)
        );
    }
}
