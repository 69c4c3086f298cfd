//! Engine.IO, sans-IO: packets, payloads and whole sessions, polling and upgrade included.
