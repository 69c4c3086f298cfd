//! How the answer to one request is made: what the session says, dressed as options and application want.

#[cfg(feature = "compression")]
use super::compression::Chosen;
use super::{Fields, Refused};
use alloc::{borrow::Cow, collections::VecDeque, vec::Vec};
use bytes::Bytes;
use siox_engineio::Response;
use siox_websocket::handshake::server::Accept;

/// How the answer to one request will be made. Kept beside a request that waits.
#[derive(Debug, Default)]
pub struct Reply {
    /// Headers beside those of the answer itself: the application may put more.
    pub fields: Fields,
    #[cfg(feature = "compression")]
    pub(super) coding: Option<Chosen>,
}

/// An answer as it is to be sent. Whoever sends it adds `Content-Length`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, checked.
    pub headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// The body, in order.
    pub body: VecDeque<Bytes>,
}

impl Answer {
    /// An answer without headers and body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: VecDeque::new(),
        }
    }

    /// The headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl Reply {
    /// The answer that says what a session, or its absence, has said.
    #[must_use]
    pub fn finish(self, response: Response) -> Answer {
        let (own, fields) = (response.headers(), self.fields);
        #[cfg(feature = "compression")]
        let (mut fields, mut response) = (fields, response);
        #[cfg(feature = "compression")]
        let encoding = super::compression::apply(self.coding, &mut response, &mut fields);
        let mut headers = Vec::with_capacity(4);
        headers.extend(own.filter(|(name, _)| !fields.has(name)).map(borrowed));
        #[cfg(feature = "compression")]
        headers.extend(encoding.map(|name| borrowed(("Content-Encoding", name))));
        headers.append(&mut fields.into_lines());
        Answer {
            status: response.status,
            headers,
            body: response.body,
        }
    }

    /// The answer to a request that is refused.
    #[must_use]
    pub fn refuse(self, refused: &Refused) -> Answer {
        if let Some(handshake) = refused.handshake {
            let text = Bytes::from_static(handshake.reason().as_bytes());
            let own = handshake.headers().iter().copied();
            let typed = [("Content-Type", "text/plain")];
            let mut headers: Vec<_> = typed.into_iter().chain(own).map(borrowed).collect();
            headers.append(&mut self.fields.into_lines());
            return Answer {
                status: handshake.status(),
                headers,
                body: VecDeque::from([text]),
            };
        }
        let mut response = refused.refusal.response();
        if !refused.message.is_empty() {
            response.body = VecDeque::from([Bytes::from(refused.body())]);
        }
        self.finish(response)
    }

    /// The headers of the 101 that accepts a WebSocket.
    #[must_use]
    pub fn switch(self, accept: &Accept<'_>) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
        let mut headers = Vec::with_capacity(4);
        for (name, value) in accept.headers() {
            let value = match value {
                "websocket" => Cow::Borrowed("websocket"),
                "Upgrade" => Cow::Borrowed("Upgrade"),
                own => Cow::Owned(own.into()),
            };
            headers.push((Cow::Borrowed(name), value));
        }
        headers.append(&mut self.fields.into_lines());
        headers
    }
}

fn borrowed((name, value): (&'static str, &'static str)) -> (Cow<'static, str>, Cow<'static, str>) {
    (Cow::Borrowed(name), Cow::Borrowed(value))
}
