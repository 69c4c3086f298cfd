//! Settings of HTTP: which requests are for the server, who may open a session, what answers say, and how
//! long a request may take.

use super::Builder;
#[cfg(feature = "compression")]
use crate::front::Compression;
use crate::front::{About, Admission, ClientFiles, Cookie, Cors, Fields, Refused, TrailingSlash};
use std::{fs, io, path::Path, sync::Arc, time::Duration};

/// Which requests are for the server, and from whom.
impl Builder {
    /// The request path. Default: `/socket.io/`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.options.path = path.into();
        self
    }

    /// With which end of the path a request is for the server. Default: with a slash or without.
    pub fn trailing_slash(mut self, ends: TrailingSlash) -> Self {
        self.options.trailing_slash = ends;
        self
    }

    /// Which pages of other origins may connect, on either transport, and read the answers. Default:
    /// none; those of the server's own host always may.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.options.cors = Some(cors);
        self
    }

    /// How many proxies before the server are trusted. Where there are any, the client's address is taken
    /// from `X-Forwarded-For`, that many places from its end, and `X-Forwarded-Host` and
    /// `X-Forwarded-Proto` count. Each trusted proxy must append to the first and set the others.
    /// Default: 0.
    pub fn trusted_proxies(mut self, proxies: u8) -> Self {
        self.options.trusted_proxies = proxies;
        self
    }

    /// How many sessions there may be at a time, those included that are being opened; a client beyond it
    /// gets 503. Default: any number.
    pub fn max_sessions(mut self, most: usize) -> Self {
        self.options.caps.sessions = Some(most);
        self
    }

    /// How many sessions clients of one address may have at a time; one beyond it gets 429. The address is
    /// the connection's, or with [`trusted_proxies`](Self::trusted_proxies) the one that these saw. An IPv6
    /// network of 64 bits counts as one address. Behind [`layer`](crate::Server::layer) the address is
    /// known where the request has a `SocketAddr` among its extensions, or proxies are trusted; a client of
    /// unknown address is not counted. Default: any number.
    pub fn max_sessions_per_address(mut self, most: usize) -> Self {
        self.options.caps.per_address = Some(most);
        self
    }

    /// How long an upgrade for a path that is not this server's may go unanswered by the service behind
    /// [`layer`](crate::Server::layer) before it is cut; `None` never cuts it. Default: 1 s.
    pub fn destroy_upgrade(mut self, after: Option<Duration>) -> Self {
        self.options.destroy_upgrade = after;
        self
    }

    /// Who may open a session, and under which id. Asked about requests that are in order otherwise, and
    /// only those that open a session. Default: everybody, a random one.
    pub fn allow_request(
        mut self,
        hook: impl Fn(&About<'_>) -> Admission + Send + Sync + 'static,
    ) -> Self {
        self.hooks.set_allow_request(hook);
        self
    }

    /// As [`allow_request`](Self::allow_request), for a hook that needs time: it reads the request, and
    /// returns what will know. The client waits meanwhile; if it goes away, the future is dropped.
    pub fn allow_request_later<F>(
        mut self,
        hook: impl Fn(&About<'_>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Admission> + Send + 'static,
    {
        self.hooks.set_allow_request_later(hook);
        self
    }

    /// Hears of requests that are refused, with the code and what it is about.
    pub fn connection_error(
        mut self,
        hook: impl Fn(&About<'_>, &Refused) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.set_connection_error(hook);
        self
    }
}

/// What answers say.
impl Builder {
    /// A cookie with the session's id in the first answer of each session, for a balancer to go by; no
    /// server reads it. Default: none.
    pub fn cookie(mut self, cookie: Cookie) -> Self {
        self.options.cookie = Some(cookie);
        self
    }

    /// Serves the official client's files beneath the path, from `folder`: `socket.io.js`,
    /// `socket.io.min.js`, `socket.io.esm.min.js`, `socket.io.msgpack.min.js` and their source maps, as far
    /// as they are there. The folder is `client-dist` of the npm package `socket.io`, or `dist` of
    /// `socket.io-client`; it is read now and not looked at again, and no other file of it is served. With
    /// the feature `compression` they are compressed once, for those who take that.
    ///
    /// Off by default: no JavaScript comes with this server, so that the client is of the version that
    /// the page wants, and from where its author takes it (a bundle, mostly).
    ///
    /// # Errors
    /// When a file cannot be read, and when there is none of them.
    pub fn serve_client(mut self, folder: impl AsRef<Path>) -> io::Result<Self> {
        self.options.client = Some(Arc::new(client_files(folder.as_ref())?));
        Ok(self)
    }

    /// Compresses the answers to polls. Default: off, since an attacker who can have something sent
    /// beside a secret learns of it from lengths.
    #[cfg(feature = "compression")]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.options.compression = Some(compression);
        self
    }

    /// Which headers the first answer of a session has.
    pub fn initial_headers(
        mut self,
        hook: impl Fn(&About<'_>, &mut Fields) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.set_initial_headers(hook);
        self
    }

    /// Which headers every answer of a session has: to a poll, a POST, an upgrade.
    pub fn headers(
        mut self,
        hook: impl Fn(&About<'_>, &mut Fields) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.set_headers(hook);
        self
    }
}

/// How long a request may take on the connections of [`serve`](crate::Server::serve). Behind
/// [`layer`](crate::Server::layer) the surrounding HTTP server has deadlines of its own.
impl Builder {
    /// Time for a whole request head: from the start of the connection for the first one, from its first
    /// byte for each later one. Beyond it the client gets 408, or, if it has sent nothing, a plain close.
    /// Default: 10 s.
    pub fn head_deadline(mut self, deadline: Duration) -> Self {
        self.options.http.head_deadline = deadline;
        self
    }

    /// Time for the whole body of a POST. Beyond it the client gets 408. Default: 60 s.
    pub fn body_deadline(mut self, deadline: Duration) -> Self {
        self.options.http.body_deadline = deadline;
        self
    }

    /// How long a connection may lie idle between two requests, and how long its client may take no byte
    /// of an answer, before it is closed. A poll that waits is not idle. Default: 60 s.
    pub fn keep_alive(mut self, idle: Duration) -> Self {
        self.options.http.idle = idle;
        self
    }
}

/// Larger files are not the client's.
const CLIENT_FILE: u64 = 4 * 1024 * 1024;

fn client_files(folder: &Path) -> io::Result<ClientFiles> {
    let mut files = ClientFiles::default();
    for name in ClientFiles::NAMES {
        let path = folder.join(name);
        match fs::metadata(&path) {
            Ok(about) if about.is_file() && about.len() <= CLIENT_FILE => {
                files.add(name, fs::read(&path)?);
            }
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    if files.names().next().is_none() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "there is no file of the client; the folder wanted is the `client-dist` of the npm package \
             socket.io, or the `dist` of socket.io-client",
        ));
    }
    Ok(files)
}
