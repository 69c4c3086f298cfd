//! A Socket.IO server that talks to every official client.
