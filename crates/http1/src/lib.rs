//! What an upgrade and a poll need of HTTP/1.1, sans-IO: not a web server.
