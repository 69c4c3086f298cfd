//! One item of MessagePack: a value, or the beginning of an array or a map. Nothing here allocates.
//! Source: the MessagePack specification, "Formats".

use crate::Error;

/// A scalar, or how many items follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    Nil,
    /// As notepack writes it: extension 0 of one byte.
    Undefined,
    Bool(bool),
    UInt(u64),
    /// Below zero.
    Int(i64),
    Float(f64),
    Str(&'a str),
    Bin(&'a [u8]),
    /// How many elements follow.
    Array(u32),
    /// How many pairs of key and value follow.
    Map(u32),
    Ext(i8, &'a [u8]),
}

/// Takes items off the front of bytes.
#[derive(Debug)]
pub(super) struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Items<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(super) fn next(&mut self) -> Result<Item<'a>, Error> {
        let start = self.at;
        let [first] = self.fixed::<1>()?;
        let low = |mask: u8| u32::from(first & mask);
        Ok(match first {
            0x00..=0x7f => Item::UInt(first.into()),
            0x80..=0x8f => Item::Map(low(0x0f)),
            0x90..=0x9f => Item::Array(low(0x0f)),
            0xa0..=0xbf => self.str(low(0x1f))?,
            0xc0 => Item::Nil,
            0xc1 => return Err(Error::MessagePack { at: start }),
            0xc2 => Item::Bool(false),
            0xc3 => Item::Bool(true),
            0xc4..=0xc6 => {
                let len = self.len(first.wrapping_sub(0xc4))?;
                Item::Bin(self.take(len)?)
            }
            0xc7..=0xc9 => {
                let len = self.len(first.wrapping_sub(0xc7))?;
                self.ext(len)?
            }
            0xca => Item::Float(f32::from_be_bytes(self.fixed()?).into()),
            0xcb => Item::Float(f64::from_be_bytes(self.fixed()?)),
            0xcc => Item::UInt(u8::from_be_bytes(self.fixed()?).into()),
            0xcd => Item::UInt(u16::from_be_bytes(self.fixed()?).into()),
            0xce => Item::UInt(u32::from_be_bytes(self.fixed()?).into()),
            0xcf => Item::UInt(u64::from_be_bytes(self.fixed()?)),
            0xd0 => int(i8::from_be_bytes(self.fixed()?).into()),
            0xd1 => int(i16::from_be_bytes(self.fixed()?).into()),
            0xd2 => int(i32::from_be_bytes(self.fixed()?).into()),
            0xd3 => int(i64::from_be_bytes(self.fixed()?)),
            0xd4..=0xd8 => self.ext(1 << first.wrapping_sub(0xd4))?,
            0xd9..=0xdb => {
                let len = self.len(first.wrapping_sub(0xd9))?;
                self.str(len)?
            }
            0xdc => Item::Array(u16::from_be_bytes(self.fixed()?).into()),
            0xdd => Item::Array(u32::from_be_bytes(self.fixed()?)),
            0xde => Item::Map(u16::from_be_bytes(self.fixed()?).into()),
            0xdf => Item::Map(u32::from_be_bytes(self.fixed()?)),
            0xe0..=0xff => Item::Int(i8::from_be_bytes([first]).into()),
        })
    }

    /// A length of 1, 2 or 4 bytes.
    fn len(&mut self, width: u8) -> Result<u32, Error> {
        Ok(match width {
            0 => u8::from_be_bytes(self.fixed()?).into(),
            1 => u16::from_be_bytes(self.fixed()?).into(),
            _ => u32::from_be_bytes(self.fixed()?),
        })
    }

    fn ext(&mut self, len: u32) -> Result<Item<'a>, Error> {
        let kind = i8::from_be_bytes(self.fixed()?);
        let data = self.take(len)?;
        Ok(match (kind, data.len()) {
            (0, 1) => Item::Undefined,
            _ => Item::Ext(kind, data),
        })
    }

    fn str(&mut self, len: u32) -> Result<Item<'a>, Error> {
        let at = self.at;
        let bytes = self.take(len)?;
        let text = core::str::from_utf8(bytes).map_err(|_| Error::Utf8 { at })?;
        Ok(Item::Str(text))
    }

    fn missing(&self) -> Error {
        Error::MessagePack {
            at: self.bytes.len(),
        }
    }

    fn take(&mut self, len: u32) -> Result<&'a [u8], Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let taken = taken.ok_or(self.missing())?;
        self.at = self.at.saturating_add(taken.len());
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.first_chunk::<N>().ok_or(self.missing())?;
        self.at = self.at.saturating_add(N);
        Ok(*taken)
    }
}

fn int(n: i64) -> Item<'static> {
    u64::try_from(n).map_or(Item::Int(n), Item::UInt)
}
