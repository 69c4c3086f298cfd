//! Coming from Node's `socket.io-client` 4.8: each option, method and event, how it is said here, and where that is shown.
//! Both kinds of clients have the same names; where one awaits, the other waits.
//!
//! The last column names the tests: *manager* those of the machine (`siox-stack`, `tests/manager`), *client* and *blocking*
//! those of the two kinds (`tests/client`, `tests/blocking`), *engine* those of the sessions below (`siox-stack`,
//! `tests/client`; `siox-engineio`, `tests/client`), *interop* those against Node's and Python's servers
//! (`xtask/interop/socketclient`), *scenario* the one that both kinds must pass with the same log (`siox-sut`).
//!
//! # Options of the manager
//! | socket.io-client | here | shown by |
//! |---|---|---|
//! | `io(url, opts)`, `io.connect` | [`Client::builder`](super::Client::builder), [`connect`](super::ClientBuilder::connect), [`Client::connect_to`](super::Client::connect_to) | all |
//! | `new Manager(url, opts)` | [`Client::manager`](super::Client::manager), of a client that was told not to [`auto_connect`](super::ClientBuilder::auto_connect) | client `namespaces` |
//! | `forceNew`, `multiplex` | [`force_new`](super::ClientBuilder::force_new), [`multiplex`](super::ClientBuilder::multiplex) | client `namespaces` |
//! | `autoConnect` | [`auto_connect`](super::ClientBuilder::auto_connect) | client `events`, `connection` |
//! | `reconnection` | [`reconnection`](super::ClientBuilder::reconnection) | manager `line`; client `reconnect` |
//! | `reconnectionAttempts` | [`reconnection_attempts`](super::ClientBuilder::reconnection_attempts) | manager `line`; client `reconnect` |
//! | `reconnectionDelay`, `reconnectionDelayMax` | [`reconnection_delay`](super::ClientBuilder::reconnection_delay), both at once | manager `line`, `backoff` |
//! | `randomizationFactor` | [`randomization_factor`](super::ClientBuilder::randomization_factor), which counts at the longest delay too | manager `backoff`, `storm` |
//! | `timeout` (`false`: none) | [`timeout`](super::ClientBuilder::timeout) ([`Duration::MAX`](std::time::Duration::MAX): none) | manager `line`; client `reconnect` |
//! | `parser` | [`parser`](super::ClientBuilder::parser) | client `recovery`; interop |
//! | setters of these names | [`Manager::reconnection`](super::Manager::reconnection), [`reconnection_attempts`](super::Manager::reconnection_attempts), [`reconnection_delay`](super::Manager::reconnection_delay), [`randomization_factor`](super::Manager::randomization_factor), [`timeout`](super::Manager::timeout) | manager `line`; client, blocking `connection` |
//! | getters of these names | not there: who sets them knows them | |
//! | nothing: the header is not looked at | [`retry_after_max`](super::ClientBuilder::retry_after_max): an overloaded server's `Retry-After` | manager `line`, `backoff`; client `reconnect` |
//! | nothing: without bound | [`offline_buffer`](super::ClientBuilder::offline_buffer) | manager `sending`; client `offline` |
//!
//! # The manager
//! | socket.io-client | here | shown by |
//! |---|---|---|
//! | `open(cb)`, `connect(cb)` | [`Manager::open`](super::Manager::open); for `cb`, the events | client `namespaces` |
//! | `socket(nsp, opts)` | [`Manager::namespace`](super::Manager::namespace) | client, blocking `namespaces`, `events` |
//! | `disconnect()` | [`Manager::close`](super::Manager::close); [`closed`](super::Manager::closed) and `closed_within` wait until all has left | manager `line`; client, blocking `connection` |
//! | `engine.transport.name` | [`Manager::transport`](super::Manager::transport) | client, blocking `connection` |
//! | events `open`, `error` | [`ConnectionEvent::Open`](super::ConnectionEvent::Open), [`Error`](super::ConnectionEvent::Error) | client `reconnect` |
//! | `close(reason, description)` | [`ConnectionEvent::Close`](super::ConnectionEvent::Close), with [`CloseDetails`](crate::CloseDetails) | client, blocking `connection` |
//! | `reconnect_attempt(n)`, `reconnect(n)` | [`ReconnectAttempt`](super::ConnectionEvent::ReconnectAttempt), [`Reconnect`](super::ConnectionEvent::Reconnect) | client `reconnect` |
//! | `reconnect_error`, `reconnect_failed` | [`ReconnectError`](super::ConnectionEvent::ReconnectError), [`ReconnectFailed`](super::ConnectionEvent::ReconnectFailed) | client `reconnect` |
//! | `ping` | [`Ping`](super::ConnectionEvent::Ping) | client, blocking `connection` |
//! | `packet` | [`Manager::on_message`](super::Manager::on_message): each packet as it is written, both ways | `siox connect --raw` |
//!
//! # Options of the socket
//! | socket.io-client | here | shown by |
//! |---|---|---|
//! | `auth`, an object | [`auth`](super::ClientBuilder::auth) | client `auth`; interop |
//! | `auth`, a function | [`auth_with`](super::ClientBuilder::auth_with), asked for each connection | manager `sockets`; client `auth` |
//! | `retries` | [`retries`](super::ClientBuilder::retries); a lost connection takes no try | manager `retries`; client `offline`; interop |
//! | `ackTimeout` | [`ack_timeout`](super::ClientBuilder::ack_timeout) | manager `retries` |
//!
//! # The socket
//! | socket.io-client | here | shown by |
//! |---|---|---|
//! | `id`, `connected`, `disconnected` | [`id`](super::Client::id), [`is_connected`](super::Client::is_connected) | client `reconnect`, `events` |
//! | `active`, `recovered` | [`is_active`](super::Client::is_active), [`is_recovered`](super::Client::is_recovered) | client `reconnect`, `recovery` |
//! | `io`, `nsp` | [`manager`](super::Client::manager), [`namespace`](super::Client::namespace) | client `namespaces` |
//! | `connect()`, `open()` | [`connect`](super::Client::connect) | client `auth`, `events` |
//! | `disconnect()`, `close()` | [`disconnect`](super::Client::disconnect) | client `namespaces`; scenario |
//! | `emit(event, ..args)` | [`emit`](super::Client::emit): a tuple is several arguments | client `events`; interop |
//! | `emit(event, ..args, cb)`, `emitWithAck` | [`emit_with_ack`](super::Client::emit_with_ack) | client, blocking `acks` |
//! | `send(x)` | `emit("message", &x)` | as `emit` |
//! | `volatile` | [`volatile`](super::Client::volatile), [`emit_volatile`](super::Client::emit_volatile) | manager `sending`; client `offline` |
//! | `timeout(ms)` | [`timeout`](super::Client::timeout) | client `acks`; interop |
//! | `compress(bool)` | [`compress`](super::Client::compress) | client, blocking `connection` |
//! | `on`, `once`, `off(event)` | [`on`](super::Client::on), [`once`](super::Client::once), [`off`](super::Client::off) | client `handlers`; blocking `events` |
//! | `onAny`, `prependAny`, `offAny()` | [`on_any`](super::Client::on_any), [`prepend_any`](super::Client::prepend_any), [`off_any`](super::Client::off_any) | client `handlers` |
//! | `onAnyOutgoing`, `prependAnyOutgoing`, `offAnyOutgoing()` | [`on_any_outgoing`](super::Client::on_any_outgoing), [`prepend_any_outgoing`](super::Client::prepend_any_outgoing), [`off_any_outgoing`](super::Client::off_any_outgoing) | client `handlers` |
//! | event `connect` | [`on_connect`](super::Client::on_connect), [`ready`](super::Client::ready), [`Received::Connected`](super::Received::Connected) | client `events` |
//! | `connect_error(err)`, `err.message`, `err.data` | [`on_connect_error`](super::Client::on_connect_error) with a [`ConnectError`](crate::ConnectError) | client `auth`; interop |
//! | `disconnect(reason, description)` | [`on_disconnect`](super::Client::on_disconnect) with a [`DisconnectReason`](crate::DisconnectReason) and [`CloseDetails`](crate::CloseDetails) | client `connection`; interop |
//! | an event's callback | [`Ack`](crate::Ack) | client, blocking `acks` |
//! | an exception in a handler | [`on_error`](super::ClientBuilder::on_error) | client `handlers` |
//! | `listenersAny()`, `listenersAnyOutgoing()`, `off(event, listener)`, `offAny(listener)` | not there: closures cannot be compared. A handler that is to end is [`once`](super::Client::once), or a stream ([`events`](super::Client::events)) that is dropped | |
//!
//! # What waits
//! | socket.io-client | here | shown by |
//! |---|---|---|
//! | `sendBuffer` | [`waiting`](super::Client::waiting) tells how many; delivered once, in order | manager `sending`; client `offline`; interop |
//! | an acknowledgement that is overdue takes its event from the buffer | the same | manager `sending` |
//! | `receiveBuffer`: what comes before the CONNECT is answered | kept, within a bound | manager `recovery` |
//! | volatile events are dropped where the transport is not writable | the same | manager `sending` |
//! | an emit after the server's ping has expired waits | the same | client `offline` |
//! | acknowledgements fail with the connection | [`AckError::Disconnected`](crate::AckError::Disconnected) | manager `sending`; client `acks` |
//! | the offset of the last event outlives its session | forgotten with it: the next session may not know it | manager `recovery` |
//!
//! # Options of the engine
//! | socket.io-client | here | shown by |
//! |---|---|---|
//! | `host`, `hostname`, `port`, `secure` | the URL | client `ways` |
//! | `path`, `query`, `extraHeaders` | [`path`](super::ClientBuilder::path), [`query`](super::ClientBuilder::query) or the URL's, [`extra_header`](super::ClientBuilder::extra_header) | client `settings`, `ways`; interop |
//! | `transports` (names) | [`transports`](super::ClientBuilder::transports) | all |
//! | `upgrade`, `rememberUpgrade`, `tryAllTransports` | [`upgrade`](super::ClientBuilder::upgrade), [`remember_upgrade`](super::ClientBuilder::remember_upgrade), [`try_all_transports`](super::ClientBuilder::try_all_transports) | client `settings`; engine |
//! | `requestTimeout` | [`request_timeout`](super::ClientBuilder::request_timeout) | client `settings`; engine |
//! | `withCredentials` (Node's cookie jar) | [`with_credentials`](super::ClientBuilder::with_credentials) | client `settings`; engine |
//! | `agent` | [`proxy`](super::ClientBuilder::proxy) | client `ways`; interop |
//! | `pfx`, `key`, `passphrase`, `cert`, `ca`, `ciphers`, `rejectUnauthorized` | [`tls`](super::ClientBuilder#method.tls): a configuration of rustls (feature `tls`) | client `ways`; interop |
//! | `perMessageDeflate` (on, in Node) | [`deflate`](super::ClientBuilder#method.deflate) (feature `deflate`), off by default | client, blocking `connection` |
//! | `addTrailingSlash`, `timestampRequests`, `timestampParam`, `protocols`, `forceBase64` | [`engine`](super::ClientBuilder::engine): `trailing_slash`, `timestamps`, `timestamp_param`, `protocols` of [`ClientOptions`](super::ClientOptions), `base64` of its `engine` | client `settings`; engine |
//! | the client of version 2 | [`eio3`](super::ClientBuilder::eio3) | interop; client `settings` |
//! | `transportOptions`, `transportImplementations`, transports by constructor (`Fetch`, `NodeXHR`, `XHR`, `NodeWebSocket`, `WebSocket`) | not there: they choose between implementations of JavaScript | |
//! | `WebTransport` | not there: it takes QUIC and HTTP/3 below, which neither runtime has | |
//! | `closeOnBeforeunload`, `useNativeTimers`, `autoUnref` | not there: a page's life, and timers, of JavaScript | |
//!
//! # Events of the engine
//! | socket.io-client (`io.engine`) | here | shown by |
//! |---|---|---|
//! | `open`, `handshake`, `close`, `error` | the manager's | client `reconnect` |
//! | `ping`, `pong`, `heartbeat` | [`ConnectionEvent::Ping`](super::ConnectionEvent::Ping); the pong is sent by itself | client, blocking `connection` |
//! | `upgrading`, `upgrade`, `upgradeError` | [`Upgrading`](super::ConnectionEvent::Upgrading), [`Upgrade`](super::ConnectionEvent::Upgrade), [`UpgradeError`](super::ConnectionEvent::UpgradeError) | client, blocking `connection` |
//! | `packet`, `packetCreate`, `message`, `data` | [`Manager::on_message`](super::Manager::on_message): both ways | `siox connect --raw` |
//! | `drain`, `flush` | [`emit_when_ready`](super::Client::emit_when_ready) waits for room, [`Manager::closed`](super::Manager::closed) until all has left | client `events`, `connection` |
//! | a POST keeps to the server's `maxPayload` | the same | engine `lines` |
