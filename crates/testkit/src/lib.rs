//! The test bed of the siox crates (never published, never a normal dependency).
//!
//! * [`split`]: the split oracle, for decoders and machines: any way of cutting the input must give
//!   the same events and the same output.
#![forbid(unsafe_code)]

pub mod split;
