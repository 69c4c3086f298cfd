//! How many sessions there may be, in all and of one address, and the count of the latter.

use alloc::collections::BTreeMap;
use core::{fmt, net::IpAddr};
use siox_engineio::{Context, ErrorCode, Refusal};

/// How many sessions a server has at most, those included that are being opened. `None` is without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// In all; beyond it 503. Default: none.
    pub sessions: Option<usize>,
    /// Of clients of one address; beyond it 429. All addresses of an IPv6 network of 64 bits count as one,
    /// since one client has them all; an IPv4 address counts the same when it is mapped to IPv6. Clients of
    /// unknown address are not counted here. Default: none.
    pub per_address: Option<usize>,
}

/// Why a session has no place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// Its id is taken.
    Taken,
    /// There are as many sessions as [`Caps::sessions`] allows.
    Full,
    /// There are as many of its address as [`Caps::per_address`] allows.
    FullForAddress,
}

impl From<NoPlace> for Refusal {
    fn from(none: NoPlace) -> Self {
        let full = |context| Self {
            code: ErrorCode::Forbidden,
            context,
        };
        match none {
            NoPlace::Taken => Self::bad_request(Context::IdGeneration),
            NoPlace::Full => full(Context::SessionLimit),
            NoPlace::FullForAddress => full(Context::AddressLimit),
        }
    }
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "the id is taken",
            Self::Full => "as many sessions as there may be",
            Self::FullForAddress => "as many sessions of this address as there may be",
        })
    }
}

impl core::error::Error for NoPlace {}

/// Whom a session is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Neighbourhood {
    V4([u8; 4]),
    /// The network.
    V6([u8; 8]),
}

impl From<IpAddr> for Neighbourhood {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.octets()),
            IpAddr::V6(v6) => {
                let [a, b, c, d, e, f, g, h, ..] = v6.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

/// How many sessions each address has; none that has none is kept.
#[derive(Debug, Default)]
pub(crate) struct Census(BTreeMap<Neighbourhood, usize>);

impl Census {
    /// Counts one more, if that is not more than `most`.
    pub(crate) fn add(&mut self, whom: Neighbourhood, most: usize) -> bool {
        if most == 0 {
            return false;
        }
        let count = self.0.entry(whom).or_insert(0);
        let room = *count < most;
        if room {
            *count = count.saturating_add(1);
        }
        room
    }

    pub(crate) fn subtract(&mut self, whom: Neighbourhood) {
        if let Some(count) = self.0.get_mut(&whom) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&whom);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
