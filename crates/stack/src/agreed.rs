//! What the opening handshake of a session's WebSocket agrees to, beside WebSocket itself. What that does
//! to the bytes is the WebSocket's business.

use crate::Config;
#[cfg(feature = "deflate")]
use siox_websocket::deflate;
use siox_websocket::{
    Connection,
    handshake::server::{Accept, Offer, Refusal},
};

/// What a WebSocket's opening handshake agreed to: permessage-deflate, or nothing. For
/// [`Machine::agree`](crate::Machine::agree).
#[derive(Debug, Clone, Copy, Default)]
#[must_use]
pub struct Agreed {
    #[cfg(feature = "deflate")]
    deflate: Option<deflate::Agreed>,
}

impl Config {
    /// Judges the handshake of a WebSocket for a session, its origin left aside: the answer, and what it
    /// agrees to.
    ///
    /// # Errors
    /// The first [`Refusal`] there is.
    pub fn accept(&self, offer: &Offer<'_>) -> Result<(Accept<'static>, Agreed), Refusal> {
        let accept = offer.accept()?;
        #[cfg(feature = "deflate")]
        if let Some(config) = &self.deflate
            && let Some(agreed) = deflate::answer(&offer.extensions()?, config)
        {
            let deflate = Some(agreed);
            return Ok((accept.with_deflate(&agreed), Agreed { deflate }));
        }
        Ok((accept, Agreed::default()))
    }

    /// `socket` as it was agreed to.
    pub(crate) fn agree(&self, socket: Connection, agreed: Agreed) -> Connection {
        #[cfg(feature = "deflate")]
        if let (Some(agreed), Some(config)) = (&agreed.deflate, &self.deflate) {
            return socket.with_deflate(agreed, config);
        }
        let Agreed { .. } = agreed;
        socket
    }
}
