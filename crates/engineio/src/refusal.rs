//! Why a request is refused: for the client a code, for the application what it is about.

use crate::{ErrorCode, Transport, Version};

/// What a refusal is about, where its code does not say it; named as the reference does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Context {
    /// What the code is about stands in the request: its transport, its `sid`, its method, its version.
    Request,
    /// The request comes from a page of another origin, which may not connect.
    InvalidOrigin,
    /// The session is on another transport.
    TransportMismatch {
        /// The one that the request wants.
        transport: Transport,
        /// The one that carries the session.
        previous: Transport,
    },
    /// The session speaks another version.
    ProtocolMismatch {
        /// The one that it speaks.
        previous: Version,
    },
    /// The WebSocket transport without a proper WebSocket handshake.
    TransportHandshake,
    /// No id could be made for the session, or one that is taken.
    IdGeneration,
    /// The application could not decide.
    Middleware,
    /// There are as many sessions as there may be: 503.
    SessionLimit,
    /// There are as many sessions of the client's address as there may be: 429 (RFC 6585 §4).
    AddressLimit,
}

impl Context {
    /// The name, as the reference gives it to an application; none for [`Context::Request`].
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Request => None,
            Self::InvalidOrigin => Some("INVALID_ORIGIN"),
            Self::TransportMismatch { .. } => Some("TRANSPORT_MISMATCH"),
            Self::ProtocolMismatch { .. } => Some("PROTOCOL_MISMATCH"),
            Self::TransportHandshake => Some("TRANSPORT_HANDSHAKE_ERROR"),
            Self::IdGeneration => Some("ID_GENERATION_ERROR"),
            Self::Middleware => Some("MIDDLEWARE_FAILURE"),
            Self::SessionLimit => Some("SESSION_LIMIT"),
            Self::AddressLimit => Some("ADDRESS_LIMIT"),
        }
    }
}

/// Why a request is refused: a code, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What the client is told.
    pub code: ErrorCode,
    /// What the application is told beside.
    pub context: Context,
}

impl Refusal {
    /// A bad request, and why it is one.
    #[must_use]
    pub const fn bad_request(context: Context) -> Self {
        Self {
            code: ErrorCode::BadRequest,
            context,
        }
    }

    /// The HTTP status of the answer: that of the code, where the context has none of its own.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self.context {
            Context::SessionLimit => 503,
            Context::AddressLimit => 429,
            Context::Request
            | Context::InvalidOrigin
            | Context::TransportMismatch { .. }
            | Context::ProtocolMismatch { .. }
            | Context::TransportHandshake
            | Context::IdGeneration
            | Context::Middleware => self.code.status(),
        }
    }

    /// What the client is told.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self.context {
            Context::SessionLimit => "Too many sessions",
            Context::AddressLimit => "Too many sessions of this address",
            Context::Request
            | Context::InvalidOrigin
            | Context::TransportMismatch { .. }
            | Context::ProtocolMismatch { .. }
            | Context::TransportHandshake
            | Context::IdGeneration
            | Context::Middleware => self.code.message(),
        }
    }

    /// The JSON body, code and message.
    pub(crate) const fn body(self) -> &'static str {
        match (self.code, self.context) {
            (ErrorCode::Forbidden, Context::SessionLimit) => {
                r#"{"code":4,"message":"Too many sessions"}"#
            }
            (ErrorCode::Forbidden, Context::AddressLimit) => {
                r#"{"code":4,"message":"Too many sessions of this address"}"#
            }
            (code, _) => code.body(),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            context: Context::Request,
        }
    }
}
