//! A user name and a password, which nothing shows.

use super::{BadProxy, Protocol};
use alloc::vec::Vec;
use core::fmt;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: Vec<u8>,
    pub(super) password: Vec<u8>,
}

impl Credentials {
    pub(super) fn new(
        protocol: Protocol,
        user: Vec<u8>,
        password: Vec<u8>,
    ) -> Result<Self, BadProxy> {
        let good = match protocol {
            // RFC 7617 §2.
            Protocol::Http => {
                !user.contains(&b':') && !user.iter().chain(&password).any(u8::is_ascii_control)
            }
            // RFC 1929 §2.
            Protocol::Socks5 => [&user, &password]
                .iter()
                .all(|part| (1..=255).contains(&part.len())),
        };
        match good {
            true => Ok(Self { user, password }),
            false => Err(BadProxy::Credentials),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}
