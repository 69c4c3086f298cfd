//! Whether a session may be opened, and what a refused request is about.

use alloc::{borrow::Cow, string::String};
use siox_engineio::{Context, ErrorCode, Refusal, Sid};
use siox_websocket::handshake::server;

/// The application's word on a request that opens a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It may, under a random id.
    Granted,
    /// It may, under this id. One that is taken is refused with [`Context::IdGeneration`].
    As(Sid),
    /// It may not: 403, code 4, with this message for the client ("Forbidden" where it is empty).
    Forbidden(Cow<'static, str>),
    /// The application could not decide, or could make no id: 400, code 3.
    Failed(Context),
}

impl Admission {
    /// It may not, and the client is told why.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Forbidden(message.into())
    }

    /// The id that the session is to have, if it is not to be a random one.
    ///
    /// # Errors
    /// Why the request is refused.
    pub fn decide(self) -> Result<Option<Sid>, Refused> {
        match self {
            Self::Granted => Ok(None),
            Self::As(sid) => Ok(Some(sid)),
            Self::Forbidden(message) => Err(Refused {
                message,
                ..ErrorCode::Forbidden.into()
            }),
            Self::Failed(context) => Err(Refusal::bad_request(context).into()),
        }
    }
}

/// A refused request, as the application hears of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The code, and what it is about.
    pub refusal: Refusal,
    /// The application's own message; empty where it gave none.
    pub(super) message: Cow<'static, str>,
    /// What was wrong with a WebSocket handshake.
    pub(super) handshake: Option<server::Refusal>,
}

impl Refused {
    /// What the client is told.
    #[must_use]
    pub fn message(&self) -> &str {
        match (&*self.message, self.handshake) {
            ("", Some(handshake)) => handshake.reason(),
            ("", None) => self.refusal.message(),
            (own, _) => own,
        }
    }

    pub(super) fn handshake(refusal: server::Refusal) -> Self {
        Self {
            handshake: Some(refusal),
            ..Refusal::bad_request(Context::TransportHandshake).into()
        }
    }

    /// The JSON body.
    pub(super) fn body(&self) -> String {
        let mut body = alloc::format!(r#"{{"code":{},"message":""#, self.refusal.code as u8);
        for c in self.message().chars() {
            match c {
                '"' | '\\' => {
                    body.push('\\');
                    body.push(c);
                }
                '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => {
                    body.push_str(&alloc::format!("\\u{:04x}", u32::from(c)));
                }
                c => body.push(c),
            }
        }
        body.push_str("\"}");
        body
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            message: Cow::Borrowed(""),
            handshake: None,
        }
    }
}

impl From<ErrorCode> for Refused {
    fn from(code: ErrorCode) -> Self {
        Refusal::from(code).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_escaped() {
        for (message, body) in [
            ("", r#"{"code":4,"message":"Forbidden"}"#),
            ("no token", r#"{"code":4,"message":"no token"}"#),
            (
                "a\"b\\c\n\u{2028}é",
                r#"{"code":4,"message":"a\"b\\c\u000a\u2028é"}"#,
            ),
        ] {
            let refused = Admission::forbidden(message).decide().unwrap_err();
            assert_eq!(refused.body(), body);
        }
    }
}
