//! permessage-deflate beside its codec used bare: the same messages through a connection, and through
//! `flate2` on zlib-rs with buffers that are used again.
