//! The index of a value: one node for each value and key, in the order of the text.

use crate::{
    holes::Hole,
    scan::{Atom, Token, Visit},
};
use alloc::{boxed::Box, vec::Vec};

/// What kind of value there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number of any size and precision.
    Number,
    /// A string.
    String,
    /// Bytes, from an attachment.
    Binary,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value or a key: where its text is; and where, for an array or object, the nodes behind it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// The first node that is not within this one.
    pub(super) next: u32,
    /// Elements or members of an array or object; the attachment's number of a binary leaf; whether a
    /// string has escapes. The kind is in the upper bits.
    meta: u32,
}

const KIND_SHIFT: u32 = 29;
const DETAIL: u32 = (1 << KIND_SHIFT) - 1;

/// Text ends at 2^28 bytes, so no offset and no count is larger.
#[inline(always)]
fn narrow(n: usize) -> u32 {
    n as u32
}

impl Node {
    #[inline(always)]
    fn new(kind: ValueKind, start: usize, end: usize, next: usize, detail: u32) -> Self {
        let kind = match kind {
            ValueKind::Null => 0,
            ValueKind::Bool => 1,
            ValueKind::Number => 2,
            ValueKind::String => 3,
            ValueKind::Binary => 4,
            ValueKind::Array => 5,
            ValueKind::Object => 6u32,
        };
        Self {
            start: narrow(start),
            end: narrow(end),
            next: narrow(next),
            meta: (kind << KIND_SHIFT) | (detail & DETAIL),
        }
    }

    /// An array or object ends here.
    fn close(&mut self, end: u32, next: u32, count: u32) {
        self.end = end;
        self.next = next;
        self.meta |= count & DETAIL;
    }

    pub(super) fn kind(self) -> ValueKind {
        match self.meta >> KIND_SHIFT {
            1 => ValueKind::Bool,
            2 => ValueKind::Number,
            3 => ValueKind::String,
            4 => ValueKind::Binary,
            5 => ValueKind::Array,
            6 => ValueKind::Object,
            _ => ValueKind::Null,
        }
    }

    pub(super) fn detail(self) -> u32 {
        self.meta & DETAIL
    }
}

/// How much text a value or key takes at least, but for few texts.
const BYTES: usize = 6;

/// An array or object whose end has not come.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Its node.
    index: usize,
    /// How many elements or members the one around it has had.
    before: u32,
}

/// Builds the index while the text is scanned.
pub(super) struct Tape<'a> {
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// Elements or members of the innermost open array or object.
    count: u32,
    holes: &'a [Hole],
    /// Within a placeholder: how many brackets are open.
    inside: usize,
}

impl<'a> Tape<'a> {
    /// For a text of so many bytes.
    pub(super) fn new(holes: &'a [Hole], bytes: usize) -> Self {
        Self {
            nodes: Vec::with_capacity((bytes / BYTES).saturating_add(1)),
            open: Vec::new(),
            count: 0,
            holes,
            inside: 0,
        }
    }

    pub(super) fn finish(self) -> Box<[Node]> {
        self.nodes.into()
    }

    #[inline(always)]
    fn leaf(&mut self, kind: ValueKind, start: usize, end: usize, detail: u32) {
        if self.inside == 0 {
            self.count = self.count.wrapping_add(1);
            self.push(kind, start, end, detail);
        }
    }

    #[inline(always)]
    fn push(&mut self, kind: ValueKind, start: usize, end: usize, detail: u32) {
        let next = self.nodes.len().wrapping_add(1);
        self.nodes.push(Node::new(kind, start, end, next, detail));
    }

    /// The placeholder that begins at `at`, if one does.
    fn hole(&mut self, at: usize) -> Option<Hole> {
        let (hole, rest) = self.holes.split_first()?;
        if hole.start as usize != at {
            return None;
        }
        self.holes = rest;
        Some(*hole)
    }
}

impl Visit for Tape<'_> {
    #[inline(always)]
    fn open(&mut self, at: usize, object: bool) {
        if self.inside > 0 {
            self.inside = self.inside.saturating_add(1);
            return;
        }
        if let Some(hole) = self.hole(at) {
            self.leaf(ValueKind::Binary, at, hole.end as usize, hole.num);
            self.inside = 1;
            return;
        }
        let kind = if object {
            ValueKind::Object
        } else {
            ValueKind::Array
        };
        self.open.push(Open {
            index: self.nodes.len(),
            before: self.count.wrapping_add(1),
        });
        self.count = 0;
        self.push(kind, at, at, 0);
    }

    #[inline(always)]
    fn close(&mut self, end: usize, _object: bool) {
        if self.inside > 0 {
            self.inside = self.inside.saturating_sub(1);
            return;
        }
        let next = narrow(self.nodes.len());
        if let Some(open) = self.open.pop() {
            if let Some(node) = self.nodes.get_mut(open.index) {
                node.close(narrow(end), next, self.count);
            }
            self.count = open.before;
        }
    }

    #[inline(always)]
    fn key(&mut self, token: Token) {
        if self.inside == 0 {
            let escaped = token.escaped.into();
            self.push(ValueKind::String, token.start, token.end, escaped);
        }
    }

    #[inline(always)]
    fn string(&mut self, token: Token) {
        let escaped = token.escaped.into();
        self.leaf(ValueKind::String, token.start, token.end, escaped);
    }

    #[inline(always)]
    fn atom(&mut self, atom: Atom, token: Token) {
        let kind = match atom {
            Atom::Null => ValueKind::Null,
            Atom::Bool => ValueKind::Bool,
            Atom::Number => ValueKind::Number,
        };
        self.leaf(kind, token.start, token.end, 0);
    }
}
