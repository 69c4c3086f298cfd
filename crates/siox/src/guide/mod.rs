//! Pages to read; there is no code here.

pub mod deployment;
pub mod from_socket_io;
pub mod from_socketioxide;
