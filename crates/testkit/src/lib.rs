//! The test bed of the siox crates: virtual time, unreliable links, scripts and oracles for sans-IO
//! machines. Never published, never a normal dependency.
//!
//! * [`machine`]: [`Endpoint`], the shape to which a test adapts the machine that it drives.
//! * [`clock`]: virtual time; nothing here ever sleeps or asks what time it is.
//! * [`rng`]: the one source of chance, seeded.
//! * [`link`]: one direction of a connection, with delay, jitter, cuts, stalls and breaks.
//! * [`pair`]: two endpoints over two links under one clock.
//! * [`script`]: bytes and time in, bytes and events out, for table tests of one machine.
//! * [`split`]: the split oracle: any way of cutting the input gives the same result.
//! * [`alloc`]: a counting allocator, and the rule about what a connection may hold.
//!
//! # The canonical loop
//! Adapt the machine once, then let a [`Pair`] or a [`Script`] drive it:
//!
//! ```
//! use siox_testkit::{Endpoint, Link, Pair, Profile, Script, machine::feed, ms};
//! use siox_wire::{Input, Instant, Outbox};
//!
//! /// Sends back what it receives; hangs up on `!`.
//! #[derive(Default)]
//! struct Echo { out: Outbox, done: bool }
//!
//! impl Echo {
//!     fn step<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<&'b [u8]>, &'static str> {
//!         let bytes = &*input.take_all();
//!         self.done |= bytes.contains(&b'!');
//!         self.out.pack(&[bytes]);
//!         Ok((!bytes.is_empty()).then_some(bytes))
//!     }
//! }
//!
//! impl Endpoint for Echo {
//!     type Event = String;
//!     fn handle_input(&mut self, now: Instant, bytes: &mut [u8], log: &mut Vec<String>) {
//!         feed(now, bytes, log, |input| self.step(input));
//!     }
//!     fn handle_written(&mut self, n: usize) { self.out.advance(n) }
//!     fn poll_transmit(&self) -> impl Iterator<Item = &[u8]> { self.out.chunks() }
//!     fn is_finished(&self) -> bool { self.done && self.out.is_empty() }
//! }
//!
//! Script::new()
//!     .at(ms(0)).recv(b"hi").expect_event("[104, 105]").expect_send(b"hi")
//!     .at(ms(5)).recv(b"!").expect_event("[33]").expect_send(b"!").expect_finished(true)
//!     .run(Echo::default());
//!
//! let mut first = Echo::default();
//! first.out.pack(&[b"a", b"!"]);
//! let mut pair = Pair::new(first, Echo::default(), Profile::rough(), 7);
//! pair.run_until_quiet();
//! assert!(pair.b.is_finished());
//! ```
//!
//! # Limits
//! A link carries one ordered stream of bytes, as TCP does: nothing is lost, repeated or reordered
//! before the place where the link breaks. A machine that makes no progress is found by a count of
//! its steps, not by a watchdog: an endless loop inside one call hangs the test.
#![deny(
    unsafe_code,
    reason = "an allocator cannot be written without; `alloc` is the only exception"
)]

pub mod alloc;
pub mod clock;
pub mod link;
pub mod machine;
pub mod pair;
pub mod rng;
#[cfg(unix)]
pub mod scarce;
pub mod script;

pub mod split;

pub use clock::{Clock, ms, us};
pub use link::{Arrival, Break, Cut, Link, Profile, Stall};
pub use machine::Endpoint;
pub use pair::Pair;
pub use rng::Rng;
pub use script::Script;
