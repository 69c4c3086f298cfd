//! A server sends text messages; every 16 of them leave together, into a sink that copies what it takes:
//! through [`session`]s, and through [`bare`] encoders. Each side is given the payload in the form that it
//! takes with the least work; it lives as long as the program, so that no side counts references to it.

pub mod bare;
pub mod session;

use crate::{input::text, memory::aligned};

/// Messages that leave together.
pub const BATCH: usize = 16;
/// From this size on a payload is lent where the peer leaves that choice to the caller, in bytes.
const LARGE: usize = 8 * 1024;
/// The column of what no side can pass.
pub const LIMIT: &str = "bare memcpy";

type Run = Box<dyn FnMut() -> usize>;

/// The payload, at the same place of a page for all sides.
fn static_text(size: usize) -> &'static str {
    let (bytes, from) = aligned(text(size).as_bytes());
    std::str::from_utf8(&bytes.leak()[from..]).expect("a text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_does_all_of_it() {
        for (size, count) in [(16, 40), (125, 40), (20_000, 20)] {
            for jobs in [session::jobs, bare::jobs] {
                for mut job in jobs(size, count) {
                    assert_eq!((job.run)(), size * count, "{}", job.name);
                }
            }
        }
    }
}
