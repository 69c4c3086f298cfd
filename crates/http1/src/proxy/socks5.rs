//! SOCKS5 (RFC 1928): the choice of an authentication, perhaps a name and password (RFC 1929), and the
//! request to connect.

use super::{Error, Open, Reply, credentials::Credentials, url::is_name};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use siox_wire::{Input, Outbox};

const VERSION: u8 = 5;
const CREDENTIALS_VERSION: u8 = 1;
const NO_AUTHENTICATION: u8 = 0;
const CREDENTIALS: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xff;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Which byte of the proxy's answers comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Version,
    Method,
    CredentialsVersion,
    CredentialsStatus,
    ReplyVersion,
    Reply,
    Reserved,
    AddressType,
    /// The length of a name that stands as the address.
    NameLength,
    /// The address and the port: so many bytes.
    Address(u16),
}

pub(super) struct Socks5 {
    place: Place,
    credentials: Option<Credentials>,
    /// What is asked for once the proxy knows who asks.
    request: Vec<u8>,
}

impl Socks5 {
    pub(super) fn new(
        name: &str,
        port: u16,
        credentials: Option<Credentials>,
        out: &mut Outbox,
    ) -> Result<Self, Error> {
        let mut request = Vec::from([VERSION, 1, 0]);
        put_address(name, &mut request)?;
        request.extend_from_slice(&port.to_be_bytes());
        let greeting: &[u8] = match credentials {
            Some(_) => &[VERSION, 2, NO_AUTHENTICATION, CREDENTIALS],
            None => &[VERSION, 1, NO_AUTHENTICATION],
        };
        out.pack(&[greeting]);
        Ok(Self {
            place: Place::Version,
            credentials,
            request,
        })
    }

    pub(super) fn handle_input(
        &mut self,
        input: &mut Input<'_>,
        out: &mut Outbox,
    ) -> Result<Option<Open>, Error> {
        while let Some(&b) = input.take(1).first() {
            match self.step(b, out)? {
                Some(place) => self.place = place,
                None => return Ok(Some(Open)),
            }
        }
        Ok(None)
    }

    /// Moves over one byte; `None` behind the last.
    fn step(&mut self, b: u8, out: &mut Outbox) -> Result<Option<Place>, Error> {
        Ok(Some(match (self.place, b) {
            (Place::Version, VERSION) => Place::Method,
            (Place::ReplyVersion, VERSION) => Place::Reply,
            (Place::Method, method) => self.authenticate(method, out)?,
            (Place::CredentialsVersion, CREDENTIALS_VERSION) => Place::CredentialsStatus,
            (Place::Version | Place::ReplyVersion | Place::CredentialsVersion, version) => {
                return Err(Error::Version(version));
            }
            (Place::CredentialsStatus, 0) => self.ask(out),
            (Place::CredentialsStatus, _) => return Err(Error::Credentials),
            (Place::Reply, code) => match Reply::new(code) {
                Some(reply) => return Err(Error::Reply(reply)),
                None => Place::Reserved,
            },
            (Place::Reserved, 0) => Place::AddressType,
            (Place::Reserved, byte) => return Err(Error::Reserved(byte)),
            (Place::AddressType, IPV4) => Place::Address(4 + 2),
            (Place::AddressType, IPV6) => Place::Address(16 + 2),
            (Place::AddressType, NAME) => Place::NameLength,
            (Place::AddressType, kind) => return Err(Error::AddressType(kind)),
            (Place::NameLength, len) => Place::Address(u16::from(len).saturating_add(2)),
            (Place::Address(0 | 1), _) => return Ok(None),
            (Place::Address(left), _) => Place::Address(left.saturating_sub(1)),
        }))
    }

    /// Does what the proxy chose among what was offered.
    fn authenticate(&mut self, method: u8, out: &mut Outbox) -> Result<Place, Error> {
        match (method, self.credentials.take()) {
            (NO_AUTHENTICATION, _) => Ok(self.ask(out)),
            (CREDENTIALS, Some(Credentials { user, password })) => {
                // They are 1 to 255 bytes long, so their lengths fit.
                let len = |part: &[u8]| [u8::try_from(part.len()).unwrap_or(u8::MAX)];
                out.pack(&[
                    &[CREDENTIALS_VERSION],
                    &len(&user),
                    &user,
                    &len(&password),
                    &password,
                ]);
                Ok(Place::CredentialsVersion)
            }
            (NONE_ACCEPTABLE, _) => Err(Error::NoMethod),
            (other, _) => Err(Error::Method(other)),
        }
    }

    fn ask(&mut self, out: &mut Outbox) -> Place {
        out.pack(&[&self.request]);
        Place::ReplyVersion
    }
}

/// The type of an address, and the address.
fn put_address(name: &str, out: &mut Vec<u8>) -> Result<(), Error> {
    let v6 = name.parse::<Ipv6Addr>().map(IpAddr::V6);
    match v6.or_else(|_| name.parse::<Ipv4Addr>().map(IpAddr::V4)) {
        Ok(IpAddr::V4(address)) => {
            out.push(IPV4);
            out.extend_from_slice(&address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            out.push(IPV6);
            out.extend_from_slice(&address.octets());
        }
        Err(_) if is_name(name) => {
            out.extend([NAME, u8::try_from(name.len()).map_err(|_| Error::Server)?]);
            out.extend_from_slice(name.as_bytes());
        }
        Err(_) => return Err(Error::Server),
    }
    Ok(())
}
