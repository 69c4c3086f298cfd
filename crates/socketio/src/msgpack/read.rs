//! From MessagePack to JSON text with placeholders, and the binary values for which they stand. No
//! recursion; memory grows with items that were read, not with counts that were declared.

use super::{
    date,
    item::{Item, Items},
};
use crate::{
    Error, MAX_DEPTH,
    ser::{Encoder, Json},
};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt::Write;

/// An array or a map that is open.
#[derive(Debug, Clone, Copy)]
struct Frame {
    map: bool,
    /// How many elements or pairs are still to come, the one that is being read included.
    left: u32,
}

/// Reads a packet's values off the front of a message.
pub(super) struct Reader<'a> {
    items: Items<'a>,
    /// How many binary values may still come.
    binary: usize,
    max_binary: usize,
    /// Whether values that JSON does not know are bent instead of refused.
    loose: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], max_binary: usize, loose: bool) -> Self {
        Self {
            items: Items::new(bytes),
            binary: max_binary,
            max_binary,
            loose,
        }
    }

    pub(super) fn item(&mut self) -> Result<Item<'a>, Error> {
        self.items.next()
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Error> {
        if self.items.is_empty() {
            return Ok(());
        }
        Err(Error::TrailingBytes {
            at: self.items.at(),
        })
    }

    /// A value that nobody wants.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        let mut left = Vec::from([1u64]);
        while let Some(top) = left.last_mut() {
            let Some(next) = top.checked_sub(1) else {
                left.pop();
                continue;
            };
            *top = next;
            match self.item()? {
                Item::Array(n) => left.push(n.into()),
                Item::Map(n) => left.push(u64::from(n).saturating_mul(2)),
                _ => {}
            }
            if left.len() > MAX_DEPTH {
                return Err(Error::TooDeep { limit: MAX_DEPTH });
            }
        }
        Ok(())
    }

    /// The payload of a packet; `None` for one that is there and says that there is none.
    pub(super) fn data(&mut self) -> Result<Option<Encoder>, Error> {
        let mut out = Encoder::recording();
        let first = self.item()?;
        if matches!(first, Item::Nil | Item::Undefined) {
            return Ok(None);
        }
        let mut open: Vec<Frame> = Vec::new();
        let mut item = first;
        loop {
            let frame = match item {
                Item::Array(left) => Some(Frame { map: false, left }),
                Item::Map(left) => Some(Frame { map: true, left }),
                scalar => {
                    self.scalar(scalar, &mut out)?;
                    None
                }
            };
            if let Some(frame) = frame {
                if open.len() >= MAX_DEPTH {
                    return Err(Error::TooDeep { limit: MAX_DEPTH });
                }
                out.json.push(if frame.map { b'{' } else { b'[' });
                open.push(frame);
            }
            if !self.go_on(&mut open, frame.is_some(), &mut out.json)? {
                return Ok(Some(out));
            }
            item = self.item()?;
        }
    }

    /// Writes what stands before the next value: closing brackets, a comma, a key. Says whether there is
    /// a next value. `fresh`: the innermost one has just been opened.
    fn go_on(
        &mut self,
        open: &mut Vec<Frame>,
        mut fresh: bool,
        out: &mut Json,
    ) -> Result<bool, Error> {
        while let Some(top) = open.last_mut() {
            if !fresh {
                top.left = top.left.saturating_sub(1);
            }
            if top.left > 0 {
                let map = top.map;
                if !fresh {
                    out.push(b',');
                }
                if map {
                    self.key(out)?;
                }
                return Ok(true);
            }
            out.push(if top.map { b'}' } else { b']' });
            open.pop();
            fresh = false;
        }
        Ok(false)
    }

    fn key(&mut self, out: &mut Json) -> Result<(), Error> {
        match self.item()? {
            Item::Str(key) => out.quote(key),
            key if self.loose => {
                let mut text = Json::default();
                match key {
                    Item::Nil => text.push_str("null"),
                    Item::Undefined => text.push_str("undefined"),
                    Item::Bool(b) => text.push_str(if b { "true" } else { "false" }),
                    Item::UInt(n) => display(&mut text, format_args!("{n}")),
                    Item::Int(n) => display(&mut text, format_args!("{n}")),
                    Item::Float(n) if n.is_finite() => float(&mut text, n),
                    _ => return Err(Error::MapKey),
                }
                out.quote(&text.into_string());
            }
            _ => return Err(Error::MapKey),
        }
        out.push(b':');
        Ok(())
    }

    /// Writes a value that holds no other. Arrays and maps are no such.
    fn scalar(&mut self, item: Item<'_>, out: &mut Encoder) -> Result<(), Error> {
        let json = &mut out.json;
        match item {
            Item::Nil | Item::Undefined => json.push_str("null"),
            Item::Bool(b) => json.push_str(if b { "true" } else { "false" }),
            Item::UInt(n) => display(json, format_args!("{n}")),
            Item::Int(n) => display(json, format_args!("{n}")),
            Item::Float(n) if n.is_finite() => float(json, n),
            Item::Float(_) if self.loose => json.push_str("null"),
            Item::Float(_) => return Err(Error::NotFinite),
            Item::Str(text) => json.quote(text),
            Item::Bin(bytes) => self.attach(bytes, out)?,
            Item::Ext(kind, bytes) => self.ext(kind, bytes, out)?,
            Item::Array(_) | Item::Map(_) => {}
        }
        Ok(())
    }

    fn ext(&mut self, kind: i8, bytes: &[u8], out: &mut Encoder) -> Result<(), Error> {
        match (kind, bytes.len()) {
            (-1, 4 | 8 | 12) => date::timestamp(&mut out.json, bytes),
            (0, 8) => date::notepack(&mut out.json, bytes),
            // An ArrayBuffer of notepack 2.
            (0, _) => self.attach(bytes, out)?,
            (_, _) => {
                display(&mut out.json, format_args!("[{kind},"));
                self.attach(bytes, out)?;
                out.json.push(b']');
            }
        }
        Ok(())
    }

    fn attach(&mut self, bytes: &[u8], out: &mut Encoder) -> Result<(), Error> {
        let limit = self.max_binary;
        let left = self.binary.checked_sub(1);
        self.binary = left.ok_or(Error::TooManyAttachments { limit })?;
        out.attach(Bytes::copy_from_slice(bytes));
        Ok(())
    }
}

/// A number as JSON, whole ones without a fraction as far as JavaScript holds them exactly.
fn float(out: &mut Json, n: f64) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::float_cmp,
        reason = "coming back shows whether it was whole"
    )]
    let whole = Some(n as i64).filter(|&i| n.abs() <= EXACT && i as f64 == n);
    match whole {
        Some(0) if n.is_sign_negative() => out.push_str("-0"),
        Some(n) => display(out, format_args!("{n}")),
        None => display(out, format_args!("{n:?}")),
    }
}

fn display(out: &mut Json, what: core::fmt::Arguments<'_>) {
    // Writing to memory cannot fail.
    let _ = out.write_fmt(what);
}
