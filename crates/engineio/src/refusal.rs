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
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            context: Context::Request,
        }
    }
}
