//! The handshake of a socket as an object, with the members that Node's has.

use crate::date;
use siox::{Socket, Value};
use std::{collections::BTreeMap, time::UNIX_EPOCH};

#[derive(serde::Serialize)]
pub(super) struct Handshake {
    headers: BTreeMap<String, String>,
    time: String,
    address: String,
    xdomain: bool,
    secure: bool,
    issued: u64,
    url: String,
    query: BTreeMap<String, String>,
    auth: Value,
}

impl Handshake {
    pub(super) fn of(socket: &Socket) -> Self {
        let handshake = socket.handshake();
        let issued = handshake.issued();
        let since = issued.duration_since(UNIX_EPOCH).unwrap_or_default();
        let address = handshake.client_address();
        Self {
            headers: handshake
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            time: date::imf_fixdate(issued),
            address: address.map(|a| a.to_string()).unwrap_or_default(),
            xdomain: handshake.is_cross_domain(),
            secure: handshake.is_secure(),
            issued: since.as_millis().try_into().unwrap_or(u64::MAX),
            url: handshake.url().to_owned(),
            query: query(socket),
            auth: socket.auth().parse().unwrap_or_else(|_| Value::null()),
        }
    }
}

/// Of a key that repeats, the last value.
pub(super) fn query(socket: &Socket) -> BTreeMap<String, String> {
    siox_engineio::pairs(socket.handshake().query())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}
