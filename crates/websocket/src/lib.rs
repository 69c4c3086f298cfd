//! WebSocket (RFC 6455), sans-IO: frames, messages, the closing handshake and the opening one.
