//! Typed values straight from validated text: nothing is parsed twice and no tree is made. A
//! placeholder reads as bytes. The recursion of nested types ends where the scan's depth limit does.

mod access;
mod args;
mod key;
mod number;
mod reader;
mod value;

pub(crate) use args::decode_args;
pub(crate) use reader::{Reader, Source};

use crate::DecodeError;
use serde::Deserialize;

/// The name by which [`Value`](crate::Value) asks this deserializer for raw text.
pub(crate) const RAW: &str = "$siox::raw";

/// The one value of a text.
pub(crate) fn decode_one<'a, T: Deserialize<'a>>(source: Source<'a>) -> Result<T, DecodeError> {
    T::deserialize(&mut Reader::new(source, 0))
}
