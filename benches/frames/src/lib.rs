//! WebSocket frames in memory: siox beside every Rust peer, without a socket. The same work for each
//! side, in the fastest way that its public API has: [`read`] parses, [`write`] encodes, [`deflate`]
//! compresses, and [`rounds`] measures all sides in turn.
//!
//! A figure is worth something only beside another of the same run.
#![forbid(unsafe_code)]

pub mod deflate;
pub mod input;
pub mod memory;
pub mod read;
pub mod rounds;
pub mod write;

/// One side's way of doing the work.
pub struct Job {
    /// The crate.
    pub name: &'static str,
    /// Does the work once; returns the bytes of payload it went through.
    pub run: Box<dyn FnMut() -> usize>,
}

impl Job {
    fn new(name: &'static str, run: impl FnMut() -> usize + 'static) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
