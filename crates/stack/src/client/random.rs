//! The randomness of one connection.

/// 48 fresh and secret random bytes: for a WebSocket's nonce and its mask keys (RFC 6455, 4.1 and 10.3).
#[derive(Clone, PartialEq, Eq)]
pub struct Random {
    pub(super) nonce: [u8; 16],
    pub(super) keys: [u8; 32],
}

impl From<[u8; 48]> for Random {
    fn from(bytes: [u8; 48]) -> Self {
        let (nonce, keys) = bytes.split_at(16);
        let mut random = Self {
            nonce: [0; 16],
            keys: [0; 32],
        };
        random.nonce.copy_from_slice(nonce);
        random.keys.copy_from_slice(keys);
        random
    }
}

impl core::fmt::Debug for Random {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Random")
    }
}
