//! From JSON text with placeholders to MessagePack, in the smallest forms, as notepack.io writes it. Two
//! scans: the first counts what arrays and objects hold, since their heads say it.

use crate::{
    Header, Kind,
    holes::{Hole, hole_at},
    scan::{self, Atom, Fault, Token, Visit},
    text::unescape,
};
use alloc::vec::Vec;
use bytes::Bytes;

/// A whole packet. `body` is JSON, or empty for a packet without payload.
pub(super) fn packet(
    header: &Header<'_>,
    body: &str,
    holes: &[Hole],
    attachments: &[Bytes],
) -> Result<Vec<u8>, Fault> {
    let len: usize = attachments.iter().map(Bytes::len).sum();
    let mut out = Vec::with_capacity(len.saturating_add(body.len()).saturating_add(32));
    let optional = usize::from(!body.is_empty()).saturating_add(usize::from(header.id.is_some()));
    head(&mut out, MAP, optional.saturating_add(2));
    text(&mut out, "type");
    out.push(match header.kind {
        Kind::Connect => 0,
        Kind::Disconnect => 1,
        Kind::Event => 2,
        Kind::Ack => 3,
        Kind::ConnectError => 4,
    });
    text(&mut out, "nsp");
    text(&mut out, header.nsp);
    if !body.is_empty() {
        text(&mut out, "data");
        value(&mut out, body, holes, attachments)?;
    }
    if let Some(id) = header.id {
        text(&mut out, "id");
        uint(&mut out, id);
    }
    Ok(out)
}

fn value(
    out: &mut Vec<u8>,
    json: &str,
    holes: &[Hole],
    attachments: &[Bytes],
) -> Result<(), Fault> {
    let mut count = Skip::new(holes, Count::default());
    scan::only_value(json, 0, &mut count)?;
    let write = Write {
        json,
        counts: count.visit.counts.into_iter(),
        attachments,
        out,
    };
    scan::only_value(json, 0, &mut Skip::new(holes, write))?;
    Ok(())
}

/// What hears of values and keys, where a placeholder is one value.
trait Values {
    fn open(&mut self, object: bool);
    fn close(&mut self);
    fn key(&mut self, token: Token);
    fn string(&mut self, token: Token);
    fn atom(&mut self, atom: Atom, token: Token);
    fn binary(&mut self, num: usize);
}

/// Tells what it hears, save what lies in placeholders.
struct Skip<'h, V> {
    holes: &'h [Hole],
    /// Where the placeholder ends that the scan is in.
    until: Option<usize>,
    visit: V,
}

impl<'h, V: Values> Skip<'h, V> {
    fn new(holes: &'h [Hole], visit: V) -> Self {
        Self {
            holes,
            until: None,
            visit,
        }
    }
}

impl<V: Values> Visit for Skip<'_, V> {
    fn open(&mut self, at: usize, object: bool) {
        if self.until.is_some() {
            return;
        }
        match hole_at(self.holes, at).filter(|_| object) {
            Some(hole) => {
                self.until = Some(hole.end as usize);
                self.visit.binary(hole.num as usize);
            }
            None => self.visit.open(object),
        }
    }

    fn close(&mut self, end: usize, _: bool) {
        match self.until {
            Some(until) if until == end => self.until = None,
            Some(_) => {}
            None => self.visit.close(),
        }
    }

    fn key(&mut self, token: Token) {
        if self.until.is_none() {
            self.visit.key(token);
        }
    }

    fn string(&mut self, token: Token) {
        if self.until.is_none() {
            self.visit.string(token);
        }
    }

    fn atom(&mut self, atom: Atom, token: Token) {
        if self.until.is_none() {
            self.visit.atom(atom, token);
        }
    }
}

/// How many elements or members each container has, in the order of their beginnings.
#[derive(Default)]
struct Count {
    counts: Vec<u32>,
    /// The places in `counts` of those that are open, and which are objects.
    open: Vec<(usize, bool)>,
}

impl Count {
    fn one(&mut self, member: bool) {
        if let Some(&(place, object)) = self.open.last()
            && object == member
            && let Some(count) = self.counts.get_mut(place)
        {
            *count = count.saturating_add(1);
        }
    }
}

impl Values for Count {
    fn open(&mut self, object: bool) {
        self.one(false);
        self.open.push((self.counts.len(), object));
        self.counts.push(0);
    }

    fn close(&mut self) {
        self.open.pop();
    }

    fn key(&mut self, _: Token) {
        self.one(true);
    }

    fn string(&mut self, _: Token) {
        self.one(false);
    }

    fn atom(&mut self, _: Atom, _: Token) {
        self.one(false);
    }

    fn binary(&mut self, _: usize) {
        self.one(false);
    }
}

struct Write<'a> {
    json: &'a str,
    counts: alloc::vec::IntoIter<u32>,
    attachments: &'a [Bytes],
    out: &'a mut Vec<u8>,
}

impl Write<'_> {
    fn slice(&self, start: usize, end: usize) -> &str {
        self.json.get(start..end).unwrap_or_default()
    }
}

impl Values for Write<'_> {
    fn open(&mut self, object: bool) {
        let count = self.counts.next().unwrap_or(0);
        let form = if object { MAP } else { ARRAY };
        head(self.out, form, count as usize);
    }

    fn close(&mut self) {}

    fn key(&mut self, token: Token) {
        self.string(token);
    }

    fn string(&mut self, token: Token) {
        let (start, end) = (token.start.wrapping_add(1), token.end.wrapping_sub(1));
        let raw = self.json.get(start..end).unwrap_or_default();
        text(self.out, &unescape(raw, token.escaped));
    }

    fn atom(&mut self, atom: Atom, token: Token) {
        match atom {
            Atom::Null => self.out.push(0xc0),
            Atom::Bool if self.slice(token.start, token.end) == "true" => self.out.push(0xc3),
            Atom::Bool => self.out.push(0xc2),
            Atom::Number => {
                let digits = self.json.get(token.start..token.end).unwrap_or_default();
                number(self.out, digits);
            }
        }
    }

    fn binary(&mut self, num: usize) {
        let bytes = self.attachments.get(num).map_or(&[][..], |b| b);
        head(self.out, BIN, bytes.len());
        self.out.extend_from_slice(bytes);
    }
}

/// The first bytes of a kind of head: with the length in it up to `most`, and followed by one of 1, 2 or 4
/// bytes.
#[derive(Clone, Copy)]
struct Form {
    small: u8,
    most: usize,
    wide: [Option<u8>; 3],
}

const MAP: Form = Form {
    small: 0x80,
    most: 15,
    wide: [None, Some(0xde), Some(0xdf)],
};
const ARRAY: Form = Form {
    small: 0x90,
    most: 15,
    wide: [None, Some(0xdc), Some(0xdd)],
};
const STR: Form = Form {
    small: 0xa0,
    most: 31,
    wide: [Some(0xd9), Some(0xda), Some(0xdb)],
};
const BIN: Form = Form {
    small: 0,
    most: 0,
    wide: [Some(0xc4), Some(0xc5), Some(0xc6)],
};

fn head(out: &mut Vec<u8>, form: Form, len: usize) {
    // Texts end at 2^28 bytes and attachments at what memory holds of one message: 32 bits are enough.
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let [_, _, c, d] = len.to_be_bytes();
    let [one, two, four] = form.wide;
    if form.most > 0 && len as usize <= form.most {
        out.push(form.small | d);
    } else if let Some(one) = one.filter(|_| len <= 0xff) {
        out.extend([one, d]);
    } else if let Some(two) = two.filter(|_| len <= 0xffff) {
        out.extend([two, c, d]);
    } else if let Some(four) = four {
        out.push(four);
        out.extend(len.to_be_bytes());
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    head(out, STR, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// A number of JSON: whole ones as integers, as far as they are exact.
fn number(out: &mut Vec<u8>, digits: &str) {
    if let Ok(n) = digits.parse::<u64>() {
        return uint(out, n);
    }
    if let Ok(n) = digits.parse::<i64>() {
        return int(out, n);
    }
    let n: f64 = digits.parse().unwrap_or(f64::NAN);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::float_cmp,
        reason = "coming back shows whether it was whole"
    )]
    let whole = Some(n as i64).filter(|&i| n.abs() <= 9_007_199_254_740_992.0 && i as f64 == n);
    match whole {
        Some(n) => int(out, n),
        None => {
            out.push(0xcb);
            out.extend(n.to_be_bytes());
        }
    }
}

fn uint(out: &mut Vec<u8>, n: u64) {
    let bytes = n.to_be_bytes();
    let [.., e, f, g, h] = bytes;
    match n {
        0..=0x7f => out.push(h),
        0x80..=0xff => out.extend([0xcc, h]),
        0x100..=0xffff => out.extend([0xcd, g, h]),
        0x1_0000..=0xffff_ffff => out.extend([0xce, e, f, g, h]),
        _ => {
            out.push(0xcf);
            out.extend(bytes);
        }
    }
}

fn int(out: &mut Vec<u8>, n: i64) {
    let bytes = n.to_be_bytes();
    let [.., e, f, g, h] = bytes;
    match n {
        0.. => uint(out, n.unsigned_abs()),
        -0x20..=-1 => out.push(h),
        -0x80..=-0x21 => out.extend([0xd0, h]),
        -0x8000..=-0x81 => out.extend([0xd1, g, h]),
        -0x8000_0000..=-0x8001 => out.extend([0xd2, e, f, g, h]),
        _ => {
            out.push(0xd3);
            out.extend(bytes);
        }
    }
}
