//! What a request is told before any session is looked at, and what a new session says first.

use crate::{Config, ErrorCode, Method, Query, Request, Sid, Transport, Version, dialect::Dialect};
use alloc::string::String;
use core::time::Duration;
use siox_wire::{Digits, decimal};

/// A request that may open a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handshake {
    /// The transport it begins on; on [`Transport::WebSocket`] the request is a WebSocket handshake.
    pub transport: Transport,
    /// The protocol it speaks.
    pub version: Version,
    /// Whether the client takes no bytes (`b64`), so that binary data goes to it as text. Of v3 only.
    pub base64: bool,
    /// The number of the callback (`j`) when the client polls by JSONP.
    pub jsonp: Option<u64>,
}

impl Handshake {
    /// A plain one of v4.
    #[must_use]
    pub const fn v4(transport: Transport) -> Self {
        Self {
            transport,
            version: Version::V4,
            base64: false,
            jsonp: None,
        }
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        Dialect {
            version: self.version,
            base64: self.base64,
        }
    }

    /// Judges a request without `sid`.
    ///
    /// # Errors
    /// In the reference's order: [`ErrorCode::TransportUnknown`], [`ErrorCode::BadHandshakeMethod`]
    /// when it is no GET, [`ErrorCode::BadRequest`] when it wants the WebSocket transport but is no
    /// WebSocket handshake, [`ErrorCode::UnsupportedVersion`]. So a WebSocket handshake is refused
    /// before any 101.
    pub fn check(config: &Config, request: &Request<'_>) -> Result<Self, ErrorCode> {
        Self::judge(config, request, &Query::parse(request.query))
    }

    fn judge(config: &Config, request: &Request<'_>, query: &Query<'_>) -> Result<Self, ErrorCode> {
        let transport = query.transport(config)?;
        if request.method != Method::Get {
            return Err(ErrorCode::BadHandshakeMethod);
        }
        if transport == Transport::WebSocket && !request.websocket {
            return Err(ErrorCode::BadRequest);
        }
        let version = match query.eio.as_deref() {
            Some("4") => Version::V4,
            Some("3") if config.allow_eio3 => Version::V3,
            Some(_) | None => return Err(ErrorCode::UnsupportedVersion),
        };
        Ok(Self {
            transport,
            version,
            base64: version == Version::V3 && query.base64(),
            jsonp: query.jsonp().filter(|_| transport == Transport::Polling),
        })
    }
}

/// Whom a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// It opens a session.
    Open(Handshake),
    /// It names one, which may or may not exist; if not, it is refused with
    /// [`ErrorCode::UnknownSid`].
    Session(Sid),
}

impl Route {
    /// Says whom a request is for, as far as that can be told without a table of sessions.
    ///
    /// # Errors
    /// Those of [`Handshake::check`], and [`ErrorCode::UnknownSid`] for a `sid` that no session can
    /// have.
    pub fn check(config: &Config, request: &Request<'_>) -> Result<Self, ErrorCode> {
        let query = Query::parse(request.query);
        query.transport(config)?;
        match &query.sid {
            Some(sid) => Sid::parse(sid)
                .map(Self::Session)
                .ok_or(ErrorCode::UnknownSid),
            None => Handshake::judge(config, request, &query).map(Self::Open),
        }
    }
}

/// The open packet. The sid needs no escaping: it is base64url.
pub(crate) fn open_packet(config: &Config, sid: &Sid, transport: Transport) -> String {
    let upgrades = match transport {
        Transport::Polling if config.upgrades() => r#"["websocket"]"#,
        Transport::Polling | Transport::WebSocket => "[]",
    };
    // Written by hand, since every session begins with it.
    let mut packet = String::with_capacity(144);
    packet.push_str(r#"0{"sid":""#);
    packet.push_str(sid.as_str());
    packet.push_str(r#"","upgrades":"#);
    packet.push_str(upgrades);
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    for (name, value) in [
        (r#","pingInterval":"#, millis(config.ping_interval)),
        (r#","pingTimeout":"#, millis(config.ping_timeout)),
        (r#","maxPayload":"#, config.max_payload as u64),
    ] {
        packet.push_str(name);
        packet.push_str(decimal(value, &mut Digits::default()));
    }
    packet.push('}');
    packet
}
