//! Pages to read; nothing lives here but documentation.
//!
//! * [`first_steps`]: from frames to a running client and server.
//! * [`security`]: every limit and deadline, what it answers, and what is left to the caller.
//! * [`from_tungstenite`]: the names of tungstenite and tokio-tungstenite, and what they are here.

pub mod first_steps;
pub mod from_tungstenite;
pub mod security;
