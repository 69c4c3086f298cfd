//! What is known of the request that opened a connection.

use siox_tokio::About;
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::SystemTime,
};

/// The request that opened a connection.
#[derive(Clone)]
pub struct Handshake {
    issued: SystemTime,
    url: Box<str>,
    address: Option<SocketAddr>,
    client_address: Option<IpAddr>,
    secure: bool,
    query: Box<str>,
    /// Names and values, each ended by a NUL, which neither can hold.
    headers: Box<[u8]>,
}

impl Handshake {
    pub(crate) fn new(about: &About<'_>) -> Self {
        let mut len = 0;
        about
            .headers
            .for_each(&mut |name, value| len += name.len() + value.len() + 2);
        let mut headers = Vec::with_capacity(len);
        about.headers.for_each(&mut |name, value| {
            let at = headers.len();
            headers.extend_from_slice(name.as_bytes());
            headers[at..].make_ascii_lowercase();
            headers.push(0);
            headers.extend_from_slice(value);
            headers.push(0);
        });
        Self {
            issued: SystemTime::now(),
            url: about.target.into(),
            address: about.peer,
            client_address: about.address(),
            secure: about.is_secure(),
            query: about.query.into(),
            headers: headers.into(),
        }
    }

    /// The same request with more of a query, behind its own.
    pub(crate) fn with_query(&self, more: &str) -> Self {
        let query = match &*self.query {
            "" => more.into(),
            own => format!("{own}&{more}").into(),
        };
        Self {
            query,
            ..self.clone()
        }
    }

    /// When the connection was opened.
    #[must_use]
    pub fn issued(&self) -> SystemTime {
        self.issued
    }

    /// The request's target, undecoded.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether a page asked for the connection, whatever its origin; Node calls it `xdomain`.
    #[must_use]
    pub fn is_cross_domain(&self) -> bool {
        self.header("origin").is_some()
    }

    /// Where the connection comes from, as the socket tells; unknown inside a foreign HTTP server.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The client's address: the connection's, or, where proxies are trusted
    /// ([`Builder::trusted_proxies`](crate::Builder::trusted_proxies)), the one that the outermost of them
    /// has seen.
    #[must_use]
    pub fn client_address(&self) -> Option<IpAddr> {
        self.client_address
    }

    /// Whether the client came by TLS: to this server, or to a trusted proxy before it.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The query string, undecoded. With a client of 2.x, what it has put behind the namespace's name is
    /// at its end.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The headers in their order, names in lower case. A value that is not UTF-8 is left out.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut fields = self.headers.split(|&b| b == 0);
        std::iter::from_fn(move || Some((fields.next()?, fields.next()?)))
            .filter_map(|(n, v)| Some((str::from_utf8(n).ok()?, str::from_utf8(v).ok()?)))
    }

    /// The first header of this name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

impl fmt::Debug for Handshake {
    /// Without headers and query, which carry secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
