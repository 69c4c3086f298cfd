//! HTTP `CONNECT` (RFC 9110 §9.3.6): one request, and a head that answers it.

use super::{Error, Open, Refusal, credentials::Credentials, url::is_name};
use crate::ResponseReader;
use alloc::{borrow::ToOwned, format, string::String, sync::Arc};
use base64::{Engine, engine::general_purpose::STANDARD};
use core::net::Ipv6Addr;
use siox_wire::{Input, Outbox};

pub(super) struct Connect {
    reader: ResponseReader,
}

impl Connect {
    pub(super) fn new(
        name: &str,
        port: u16,
        credentials: Option<&Credentials>,
        out: &mut Outbox,
    ) -> Result<Self, Error> {
        let server = match name.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]:{port}"),
            Err(_) if is_name(name) => format!("{name}:{port}"),
            Err(_) => return Err(Error::Server),
        };
        let authorization = credentials.map_or(String::new(), |c| {
            let pair = [&c.user[..], b":", &c.password].concat();
            format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(pair))
        });
        out.pack(&[
            b"CONNECT ",
            server.as_bytes(),
            b" HTTP/1.1\r\nHost: ",
            server.as_bytes(),
            b"\r\n",
            authorization.as_bytes(),
            b"\r\n",
        ]);
        Ok(Self {
            reader: ResponseReader::new(Arc::default()),
        })
    }

    pub(super) fn handle_input(&mut self, input: &mut Input<'_>) -> Result<Option<Open>, Error> {
        let Some(head) = self.reader.handle_input(input)? else {
            return Ok(None);
        };
        // A length or coding that a 2xx claims is to be ignored.
        if (200..300).contains(&head.status()) {
            return Ok(Some(Open));
        }
        Err(Error::Refused(Refusal {
            status: head.status(),
            headers: head
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect(),
        }))
    }
}
