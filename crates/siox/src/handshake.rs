//! What is known of the request that opened a connection.

use crate::{SendError, Value, View};
use siox_tokio::About;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What a thread keeps at most to gather texts in, in bytes.
const KEPT: usize = 4096;

thread_local! {
    /// Where they are gathered, so that what is kept of them is as large as they are.
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The request that opened a connection.
#[derive(Clone)]
pub struct Handshake {
    issued: SystemTime,
    address: Option<SocketAddr>,
    client_address: Option<IpAddr>,
    secure: bool,
    text: Text,
}

/// All that is text of a request, in one piece: its URL, then its query, where that is not the end of the URL, then the
/// headers. A request is shorter than 4 GiB.
#[derive(Clone)]
struct Text {
    all: Box<[u8]>,
    /// Where the URL ends.
    url: u32,
    /// Where the query begins, which ends where the headers begin.
    query: u32,
    /// Where the headers begin: names and values, each ended by a NUL, which neither can hold.
    headers: u32,
}

impl Text {
    /// Of a request with these headers.
    fn new(url: &str, query: &str, headers: impl FnOnce(&mut Vec<u8>)) -> Self {
        TEXT.with_borrow_mut(|all| {
            all.extend_from_slice(url.as_bytes());
            if !url.ends_with(query) {
                all.extend_from_slice(query.as_bytes());
            }
            let end = all.len();
            headers(all);
            let text = Self {
                all: all.as_slice().into(),
                url: place(url.len()),
                query: place(end.saturating_sub(query.len())),
                headers: place(end),
            };
            all.clear();
            all.shrink_to(KEPT);
            text
        })
    }

    fn part(&self, from: u32, to: u32) -> &str {
        let part = self.all.get(from as usize..to as usize);
        part.and_then(|part| str::from_utf8(part).ok())
            .unwrap_or_default()
    }

    fn url(&self) -> &str {
        self.part(0, self.url)
    }

    fn query(&self) -> &str {
        self.part(self.query, self.headers)
    }

    fn headers(&self) -> &[u8] {
        self.all.get(self.headers as usize..).unwrap_or_default()
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A header behind those of a text.
fn put(headers: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let at = headers.len();
    headers.extend_from_slice(name);
    headers[at..].make_ascii_lowercase();
    headers.push(0);
    headers.extend_from_slice(value);
    headers.push(0);
}

impl Handshake {
    pub(crate) fn new(about: &About<'_>) -> Self {
        let text = Text::new(about.target, about.query, |all| {
            about
                .headers
                .for_each(&mut |name, value| put(all, name.as_bytes(), value));
        });
        Self {
            issued: SystemTime::now(),
            address: about.peer,
            client_address: about.address(),
            secure: about.is_secure(),
            text,
        }
    }

    /// The same request with more of a query, behind its own.
    pub(crate) fn with_query(&self, more: &str) -> Self {
        let query = match self.query() {
            "" => more.into(),
            own => format!("{own}&{more}"),
        };
        let headers = self.text.headers();
        Self {
            text: Text::new(self.url(), &query, |all| all.extend_from_slice(headers)),
            ..*self
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
        self.text.url()
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
        self.text.query()
    }

    /// The headers in their order, names in lower case. A value that is not UTF-8 is left out.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut fields = self.text.headers().split(|&b| b == 0);
        std::iter::from_fn(move || Some((fields.next()?, fields.next()?)))
            .filter_map(|(n, v)| Some((str::from_utf8(n).ok()?, str::from_utf8(v).ok()?)))
    }

    /// The first header of this name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

/// As nodes of a cluster tell each other.
impl Handshake {
    /// An object with the members that the reference's has, but for `time`. `auth` is JSON.
    pub(crate) fn to_value(&self, auth: &str) -> Result<Value, SendError> {
        let since = self.issued.duration_since(UNIX_EPOCH).unwrap_or_default();
        let issued = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let address = self.client_address.map(|address| address.to_string());
        // Of a key that repeats, the last value.
        let query: BTreeMap<_, _> = siox_engineio::pairs(self.query()).collect();
        Value::object([
            ("headers", Value::object(self.headers())?),
            ("address", address.into()),
            ("xdomain", self.is_cross_domain().into()),
            ("secure", self.secure.into()),
            ("issued", issued.into()),
            ("url", self.url().into()),
            ("query", Value::object(query)?),
            ("auth", auth.parse().unwrap_or_else(|_| Value::null())),
        ])
    }

    /// The handshake that such an object tells of, and the credentials in it as JSON.
    pub(crate) fn from_value(value: View<'_>) -> Option<(Self, Box<str>)> {
        let mut headers = Vec::new();
        for (name, value) in value.get("headers")?.members() {
            // One that repeats may be an array; none of those is of use here.
            if let Some(value) = value
                .as_str()
                .filter(|v| !v.contains('\0') && !name.contains('\0'))
            {
                put(&mut headers, name.as_bytes(), value.as_bytes());
            }
        }
        let mut query = String::new();
        for (key, value) in value.get("query")?.members() {
            if !query.is_empty() {
                query.push('&');
            }
            encode(&key, &mut query);
            query.push('=');
            encode(&value.as_str()?, &mut query);
        }
        let issued = Duration::from_millis(value.get("issued")?.as_u64()?);
        let address = value.get("address").and_then(View::as_str);
        let url = value.get("url")?.as_str()?;
        let handshake = Self {
            issued: UNIX_EPOCH.checked_add(issued)?,
            address: None,
            client_address: address.and_then(|address| address.parse().ok()),
            secure: value.get("secure")?.as_bool()?,
            text: Text::new(&url, &query, |all| all.extend_from_slice(&headers)),
        };
        let auth = value.get("auth").map_or("{}", View::json);
        Some((handshake, auth.into()))
    }
}

/// A name or value of a query, so that nothing in it means anything there.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                into.push(byte.into());
            }
            other => into.push_str(&format!("%{other:02X}")),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_node_knows_what_was_told() {
        let told = Handshake {
            issued: UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
            address: "127.0.0.1:9".parse().ok(),
            client_address: "203.0.113.7".parse().ok(),
            secure: true,
            text: Text::new(
                "/socket.io/?EIO=4&name=a%26b",
                "EIO=4&name=a%26b&name=%c3%a9+x&flag",
                |all| all.extend_from_slice(b"origin\0https://a.example\0x-name\0me\0"),
            ),
        };
        let value = told.to_value(r#"{"token":1}"#).unwrap();
        assert_eq!(
            value.json(),
            concat!(
                r#"{"headers":{"origin":"https://a.example","x-name":"me"},"address":"203.0.113.7","#,
                r#""xdomain":true,"secure":true,"issued":1700000000123,"url":"/socket.io/?EIO=4&name=a%26b","#,
                r#""query":{"EIO":"4","flag":"","name":"é x"},"auth":{"token":1}}"#,
            ),
        );
        let (known, auth) = Handshake::from_value(value.view()).unwrap();
        assert_eq!(&*auth, r#"{"token":1}"#);
        assert!(known.headers().eq(told.headers()));
        assert_eq!(known.query(), "EIO=4&flag=&name=%C3%A9%20x");
        assert_eq!((known.issued(), known.url()), (told.issued(), told.url()));
        assert_eq!(
            (known.address(), known.client_address()),
            (None, told.client_address())
        );
        assert!(known.is_secure() && known.is_cross_domain());
        for broken in [
            "{}",
            "[]",
            r#"{"headers":{},"query":{},"issued":-1,"url":"/","secure":true}"#,
        ] {
            let value: Value = broken.parse().unwrap();
            assert!(Handshake::from_value(value.view()).is_none(), "{broken}");
        }
    }
}
