//! Two toy machines talk over a bad network, under a virtual clock: `cargo run -p siox-testkit --example
//! chat -- 7` prints the run of seed 7, the same every time.
#![forbid(unsafe_code)]

use siox_testkit::{Endpoint, Pair, Profile, machine::feed};
use siox_wire::{Input, Instant, Outbox};
use std::time::Duration;

/// Counts what it hears, and answers every hundredth byte with a dot.
#[derive(Default)]
struct Counter {
    heard: usize,
    out: Outbox,
}

impl Counter {
    fn step(&mut self, input: &mut Input<'_>) -> Result<Option<usize>, &'static str> {
        if input.take(1).is_empty() {
            return Ok(None);
        }
        self.heard += 1;
        if !self.heard.is_multiple_of(100) {
            return self.step(input);
        }
        self.out.pack(&[b"."]);
        Ok(Some(self.heard))
    }
}

impl Endpoint for Counter {
    type Event = String;

    fn handle_input(&mut self, now: Instant, bytes: &mut [u8], log: &mut Vec<String>) {
        feed(now, bytes, log, |input| self.step(input));
    }

    fn handle_written(&mut self, n: usize) {
        self.out.advance(n);
    }

    fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> {
        self.out.chunks()
    }
}

fn main() {
    let seed = std::env::args().nth(1).and_then(|word| word.parse().ok());
    let mut pair = Pair::new(
        Counter::default(),
        Counter::default(),
        Profile::rough(),
        seed.unwrap_or(1),
    );
    for _ in 0..5 {
        pair.a.out.pack(&[&[b'x'; 150]]);
        pair.run_for(Duration::from_millis(100));
    }
    pair.run_until_quiet();
    print!("{}", pair.trace());
}
