//! Which revision of the protocol a peer speaks.
//! Source: Socket.IO protocol, revision 5, "History".

/// A revision of the Socket.IO protocol. The packets of events, acknowledgements and their attachments
/// are the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Revision {
    /// Of clients 1.0.3 to 2.x, on Engine.IO v3: the server joins a client to `/` unasked, a CONNECT
    /// carries a query behind the namespace's name and is answered without a payload, and a refusal is an
    /// ERROR with any JSON.
    V4,
    /// Of clients 3.x and 4.x, on Engine.IO v4.
    #[default]
    V5,
}
