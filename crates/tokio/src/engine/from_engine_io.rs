//! Coming from Node's `engine.io` 6.6 and `engine.io-client` 6.6: each option and event, and how it is said
//! here. `siox_tcp::engine` has the same names, without `async`, and what it does otherwise is marked.
//!
//! # Options of the server
//! | engine.io | here |
//! |---|---|
//! | `pingInterval`, `pingTimeout`, `upgradeTimeout` | `ping_interval`, `ping_timeout`, `upgrade_timeout` of [`Config`](super::Config) |
//! | `maxHttpBufferSize` | `max_payload` |
//! | `transports`, `allowUpgrades` | `transports`, `allow_upgrades`; no WebTransport, see below |
//! | `allowEIO3`, `initialPacket` | `allow_eio3`, `initial_packet` |
//! | `allowRequest`, `generateId` | [`Builder::allow_request`](super::Builder::allow_request), [`allow_request_later`](super::Builder::allow_request_later) (not on threads, where a hook may block): one hook for both |
//! | `perMessageDeflate` | `Builder::deflate` (feature `deflate`) |
//! | `httpCompression` | `compression` of [`Options`](super::Options) (feature `compression`); off by default |
//! | `cors`, `cookie` | the same of [`Options`](super::Options) |
//! | `path`, `addTrailingSlash` | [`Builder::path`](super::Builder::path), `trailing_slash` |
//! | `destroyUpgrade`, `destroyUpgradeTimeout` | `destroy_upgrade` |
//! | `wsEngine`, `attachApp` | not there: they choose between WebSocket libraries of JavaScript |
//! | `idleTimeout`, `maxBackpressure` (uWebSockets.js) | the heartbeat; `high_water` and `hard_cap` of [`Config`](super::Config) |
//!
//! # The server
//! | engine.io | here |
//! |---|---|
//! | `engine.listen`, `attach` | [`Server::serve`](super::Server::serve), [`Server::layer`](super::Server::layer) (threads: `serve` alone) |
//! | `engine.use(middleware)` | a tower layer around [`Server::layer`](super::Server::layer); what only reads requests or adds headers are the hooks of [`Builder`](super::Builder) |
//! | event `connection` | [`Server::accept`](super::Server::accept), [`serve_with`](super::Server::serve_with) |
//! | `initial_headers`, `headers`, `connection_error` | [`initial_headers`](super::Builder::initial_headers), [`headers`](super::Builder::headers), [`connection_error`](super::Builder::connection_error) of [`Builder`](super::Builder) |
//! | `flush`, `drain` | of each socket, as below |
//! | `clientsCount`, `close()` | [`Server::clients`](super::Server::clients), [`Server::close`](super::Server::close) |
//!
//! # Its sockets
//! | engine.io | here |
//! |---|---|
//! | `id`, `protocol`, `transport.name`, `request`, `remoteAddress` | [`sid`](super::Socket::sid), [`version`](super::Socket::version), [`transport`](super::Socket::transport), [`request`](super::Socket::request), [`address`](super::Socket::address) (threads: `query` and `address` of the request) |
//! | `readyState` | [`closed`](super::Socket::closed) |
//! | `send(data)` | [`send`](super::Socket::send), [`try_send`](super::Socket::try_send) |
//! | `send(data, { compress: false })` | [`compress(false)`](super::Socket::compress), which gives a handle to send by |
//! | `send(data, options, callback)`, event `drain` | [`flush`](super::Socket::flush) behind `send`: it ends once all that was sent has left |
//! | `writable`, `writeBuffer` | [`queued`](super::Socket::queued) |
//! | `close()` | [`close`](super::Socket::close); `close(true)` is the session's end by the server's |
//! | events `message`, `data` | [`recv`](super::Socket::recv), [`Event::Message`](super::Event::Message) |
//! | `upgrading`, `heartbeat` | [`Event::Upgrading`](super::Event::Upgrading), [`Event::Heartbeat`](super::Event::Heartbeat), where `tell_all` of [`Config`](super::Config) asks for them |
//! | `upgrade` | [`Event::Upgraded`](super::Event::Upgraded) |
//! | `close(reason, description)`, `error` | [`Event::Closed`](super::Event::Closed), whose reasons are the reference's; what a client did wrong stands in the log |
//! | `open` | [`accept`](super::Server::accept): a socket that is accepted is open |
//! | `packet` | the events above: of a packet that is none of them nothing is to be known |
//! | `packetCreate`, `flush` | not there: they tell of what the application itself sends, and of its own turn of the event loop |
//!
//! # Options of the client
//! | engine.io-client | here |
//! |---|---|
//! | `host`, `hostname`, `port`, `secure` | the URL of [`connect`](super::connect()) |
//! | `path`, `addTrailingSlash`, `query` | `path`, `trailing_slash`, `query` of [`ClientOptions`](super::ClientOptions) |
//! | `extraHeaders`, `withCredentials`, `protocols` | `headers`, `cookies`, `protocols` |
//! | `timestampRequests`, `timestampParam` | `timestamps`, `timestamp_param` |
//! | `perMessageDeflate` | `deflate` (feature `deflate`) |
//! | `transports`, `tryAllTransports`, `upgrade`, `rememberUpgrade`, `forceBase64`, `requestTimeout` | `transports`, `try_all_transports`, `upgrade`, `remembered_upgrade`, `base64`, `request_timeout` of [`ClientConfig`](super::ClientConfig) |
//! | `agent` | `proxy` of [`ConnectOptions`](super::ConnectOptions) |
//! | `pfx`, `key`, `passphrase`, `cert`, `ca`, `ciphers`, `rejectUnauthorized` | `tls`: a configuration of rustls (feature `tls`) |
//! | `transportOptions`, `transportImplementations` | not there: the options above are one transport's or both's already |
//! | `closeOnBeforeunload`, `useNativeTimers`, `autoUnref` | not there: a page's life, and timers, of JavaScript |
//!
//! # The client
//! | engine.io-client | here |
//! |---|---|
//! | events `open`, `handshake` | [`connect`](super::connect()) returns; [`Client::opened`](super::Client::opened) |
//! | `message`, `data` | [`Client::recv`](super::Client::recv), [`ClientEvent::Message`](super::ClientEvent::Message) |
//! | `ping` (and `pong`, which answers it), `heartbeat` | [`ClientEvent::Heartbeat`](super::ClientEvent::Heartbeat), where `tell_all` of [`ClientConfig`](super::ClientConfig) asks for it |
//! | `upgrading` | [`ClientEvent::Upgrading`](super::ClientEvent::Upgrading), likewise |
//! | `upgrade`, `upgradeError` | [`ClientEvent::Upgraded`](super::ClientEvent::Upgraded), [`UpgradeFailed`](super::ClientEvent::UpgradeFailed) |
//! | `error`, `close(reason, description)` | [`ConnectError`](super::ConnectError), [`ClientEvent::Closed`](super::ClientEvent::Closed), [`Client::cause`](super::Client::cause), which knows status, headers and page of a refusal |
//! | `drain`; `send` with a callback | [`Client::flush`](super::Client::flush) |
//! | `send(data, { compress: false })` | [`Client::compress`](super::Client::compress) |
//! | `write`, `writeBuffer` | [`Client::send`](super::Client::send), [`queued`](super::Client::queued) |
//! | `packet`, `packetCreate`, `flush` | as for sockets of the server |
//!
//! # WebTransport
//! It takes QUIC and HTTP/3 below, which neither runtime has. Where a server does not offer it, and where
//! it cannot be reached, official clients use the other transports.
