//! The server's side (RFC 6455 §4.2): what a request offers, whether to accept it, and the answer.
//!
//! [`Offer`] judges headers that were parsed elsewhere, [`AcceptOptions`] say what is agreed to, and a
//! [`Handshake`] does it all from the bytes on.

mod accept;
mod handshake;
mod offer;
mod options;
mod refusal;
mod request;

pub use accept::Accept;
pub use handshake::{AcceptError, Accepted, Handshake, Pending, Rejected};
pub use offer::Offer;
pub use options::{AcceptOptions, Denial, OnRequest, Verdict};
pub use refusal::Refusal;
pub use request::Request;
