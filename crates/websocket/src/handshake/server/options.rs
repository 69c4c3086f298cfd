//! What a server agrees to, as plain fields, and the hook that judges a request by more than RFC 6455.

use super::{Accept, Offer, Refusal, Request, refusal::head};
use crate::{
    Connection, Limits,
    handshake::{Agreed, InvalidHeader, Origins, syntax::put_header},
};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::{fmt, time::Duration};

/// What a server says to a request that is otherwise in order: headers for the answer, or a refusal of
/// its own.
pub type Verdict = Result<Vec<(String, String)>, Denial>;

/// Judges a request that is otherwise in order.
pub type OnRequest = dyn Fn(&Request<'_>) -> Verdict + Send + Sync;

/// What a server agrees to, and what it allows the client.
#[derive(Clone)]
pub struct AcceptOptions {
    /// The limits and deadlines of the connection. Default [`Limits::server`].
    pub limits: Arc<Limits>,
    /// Which pages may connect; a peer without an `Origin` header is no browser, and may. Others get
    /// 403. Default [`Origins::Same`].
    pub origins: Origins,
    /// Take the host from `X-Forwarded-Host`, which a proxy before the server must then set. Default
    /// `false`.
    pub trust_proxy: bool,
    /// The subprotocols, the preferred first: the first that the client offers is agreed to. Default
    /// none.
    pub protocols: Vec<String>,
    /// permessage-deflate, where the client offers it. Default none.
    #[cfg(feature = "deflate")]
    pub deflate: Option<crate::deflate::Config>,
    /// The longest request head, in bytes; beyond: 431. Default 16 KiB.
    pub head: usize,
    /// How long the handshake may take; beyond: 408, or nothing to a peer that said nothing. Default
    /// 10 s.
    pub handshake: Duration,
    /// Called for a request that is otherwise in order, before it is accepted. Default none.
    pub on_request: Option<Arc<OnRequest>>,
}

impl Default for AcceptOptions {
    fn default() -> Self {
        Self {
            limits: Arc::new(Limits::server()),
            origins: Origins::default(),
            trust_proxy: false,
            protocols: Vec::new(),
            #[cfg(feature = "deflate")]
            deflate: None,
            head: 16 * 1024,
            handshake: Duration::from_secs(10),
            on_request: None,
        }
    }
}

impl AcceptOptions {
    /// Judges an offer, and chooses: the answer, and what it agrees to. The hook is not called.
    ///
    /// # Errors
    /// The first [`Refusal`] there is.
    pub fn agree<'o>(&'o self, offer: &Offer<'_>) -> Result<(Accept<'o>, Agreed), Refusal> {
        let accept = offer.accept()?;
        offer.judge_origin(self.trust_proxy, |origin, host| {
            self.origins.allow(origin, host)
        })?;
        let mut agreed = Agreed::default();
        #[cfg(feature = "deflate")]
        let accept = match &self.deflate {
            Some(config) => {
                agreed.deflate = crate::deflate::answer(&offer.extensions()?, config);
                agreed.deflate.iter().fold(accept, Accept::with_deflate)
            }
            None => accept,
        };
        let offered = |ours: &&String| offer.protocols().any(|p| p == ours.as_bytes());
        let Some(protocol) = self.protocols.iter().find(offered) else {
            return Ok((accept, agreed));
        };
        agreed.protocol = Some(protocol.clone());
        // What was offered is a token, or the offer had been refused.
        let accept = accept.with_protocol(protocol);
        accept
            .map(|accept| (accept, agreed))
            .map_err(|_| Refusal::Protocol)
    }

    /// What the hook says to a request; without a hook it is let in.
    ///
    /// # Errors
    /// The refusal, if it is one.
    pub fn judge(&self, request: &Request<'_>) -> Verdict {
        match &self.on_request {
            Some(hook) => hook(request),
            None => Ok(Vec::new()),
        }
    }

    /// The server's end of the connection that was agreed to.
    #[must_use]
    pub fn connection(&self, agreed: &Agreed) -> Connection {
        let connection = Connection::server(self.limits.clone());
        #[cfg(feature = "deflate")]
        if let (Some(agreed), Some(config)) = (&agreed.deflate, &self.deflate) {
            return connection.with_deflate(agreed, config);
        }
        let _ = agreed;
        connection
    }
}

impl fmt::Debug for AcceptOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AcceptOptions");
        shown
            .field("limits", &self.limits)
            .field("origins", &self.origins)
            .field("trust_proxy", &self.trust_proxy)
            .field("protocols", &self.protocols)
            .field("head", &self.head)
            .field("handshake", &self.handshake)
            .field("on_request", &self.on_request.is_some());
        #[cfg(feature = "deflate")]
        shown.field("deflate", &self.deflate);
        shown.finish()
    }
}

/// The server's own refusal of a request; the connection is closed behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The status, 300 to 599; another one is sent as 500.
    pub status: u16,
    /// Headers beside `Content-Length` and `Connection`, which are written anyway.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Denial {
    /// A refusal with neither headers nor body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The whole answer.
    ///
    /// # Errors
    /// [`InvalidHeader`] for a header that is none, or that is written anyway.
    pub fn response(&self) -> Result<Vec<u8>, InvalidHeader> {
        let status = match self.status {
            status @ 300..=599 => status,
            _ => 500,
        };
        // A 304 has no body (RFC 9110 §15.4.5).
        let body: &[u8] = if status == 304 { &[] } else { &self.body };
        let mut out = head(status, "close", body.len());
        put_extra(&mut out, &self.headers)?;
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
        Ok(out)
    }
}

/// Headers that say where the answer ends or what it agrees to: a second one would contradict.
const OURS: [&str; 7] = [
    "Connection",
    "Content-Length",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
    "Transfer-Encoding",
    "Upgrade",
];

/// Writes headers of the server's own.
pub(super) fn put_extra(
    out: &mut Vec<u8>,
    headers: &[(String, String)],
) -> Result<(), InvalidHeader> {
    for (name, value) in headers {
        if OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
            return Err(InvalidHeader);
        }
        put_header(out, name, value)?;
    }
    Ok(())
}
