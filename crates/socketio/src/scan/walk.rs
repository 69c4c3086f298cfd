//! The walk from token to token, and what is open on its way.

use super::{
    Atom, Fault, MAX_DEPTH, Token, Visit,
    token::{literal, number, skip_space, string},
};

/// Which brackets are open: one bit each, set for an object.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stack {
    bits: u128,
    depth: usize,
}

impl Stack {
    pub(super) const IN_ARRAY: Self = Self { bits: 0, depth: 1 };

    #[inline(always)]
    fn push(&mut self, object: bool) -> Result<(), Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::Depth);
        }
        self.bits = (self.bits << 1) | u128::from(object);
        self.depth = self.depth.wrapping_add(1);
        Ok(())
    }

    #[inline(always)]
    fn pop(&mut self) {
        self.bits >>= 1;
        self.depth = self.depth.wrapping_sub(1);
    }

    #[inline(always)]
    fn in_object(self) -> bool {
        self.bits & 1 == 1
    }
}

/// A place in text, everything before which is right.
pub(super) struct Walk<'a, V> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) stack: Stack,
    /// Commas seen between the elements of the outermost array.
    pub(super) commas: usize,
    pub(super) visit: &'a mut V,
}

// The parts of the loop are always inlined into it: the position then stays in a register.
impl<'a, V: Visit> Walk<'a, V> {
    pub(super) fn new(bytes: &'a [u8], at: usize, visit: &'a mut V) -> Self {
        Self {
            bytes,
            at,
            stack: Stack::default(),
            commas: 0,
            visit,
        }
    }

    #[inline(always)]
    fn syntax(&self) -> Fault {
        Fault::Syntax { at: self.at }
    }

    /// The byte here or, where that is white space, the first one behind it.
    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let here = self.bytes.get(self.at).copied();
        if here.is_some_and(|b| b > b' ') {
            return here;
        }
        self.at = skip_space(self.bytes, self.at);
        self.bytes.get(self.at).copied()
    }

    #[inline(always)]
    fn step(&mut self) {
        self.at = self.at.wrapping_add(1);
    }

    /// Eats values until the one that is begun here has ended; returns where that is, and how many commas
    /// the outermost array had.
    pub(super) fn run(mut self) -> Result<(usize, usize), Fault> {
        loop {
            match self.next() {
                Some(b'"') => {
                    let token = string(self.bytes, self.at)?;
                    self.at = token.end;
                    self.visit.string(token);
                }
                Some(b'-' | b'0'..=b'9') => self.atom(Atom::Number, number(self.bytes, self.at))?,
                Some(b'{') => {
                    if self.open(true, b'}')? {
                        self.key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    if self.open(false, b']')? {
                        continue;
                    }
                }
                Some(b't') => self.word(Atom::Bool, b"true")?,
                Some(b'f') => self.word(Atom::Bool, b"false")?,
                Some(b'n') => self.word(Atom::Null, b"null")?,
                Some(_) | None => return Err(self.syntax()),
            }
            if self.end_values()? {
                return Ok((self.at, self.commas));
            }
        }
    }

    #[inline(always)]
    fn word(&mut self, atom: Atom, word: &[u8]) -> Result<(), Fault> {
        self.atom(atom, literal(self.bytes, self.at, word))
    }

    #[inline(always)]
    fn atom(&mut self, atom: Atom, end: Result<usize, Fault>) -> Result<(), Fault> {
        let (start, end) = (self.at, end?);
        self.at = end;
        let escaped = false;
        self.visit.atom(
            atom,
            Token {
                start,
                end,
                escaped,
            },
        );
        Ok(())
    }

    /// Eats a bracket, and the closing one if it comes next. Says whether something is between them.
    #[inline(always)]
    fn open(&mut self, object: bool, close: u8) -> Result<bool, Fault> {
        self.stack.push(object)?;
        self.visit.open(self.at, object);
        self.step();
        let full = self.next() != Some(close);
        if !full {
            self.close(object);
        }
        Ok(full)
    }

    #[inline(always)]
    fn close(&mut self, object: bool) {
        self.step();
        self.stack.pop();
        self.visit.close(self.at, object);
    }

    /// Eats a key and its colon.
    #[inline(always)]
    fn key(&mut self) -> Result<(), Fault> {
        if self.next() != Some(b'"') {
            return Err(self.syntax());
        }
        let token = string(self.bytes, self.at)?;
        self.visit.key(token);
        self.at = token.end;
        if self.next() != Some(b':') {
            return Err(self.syntax());
        }
        self.step();
        Ok(())
    }

    /// Behind a value: eats closing brackets and a comma. Says whether the outermost value ended.
    #[inline(always)]
    pub(super) fn end_values(&mut self) -> Result<bool, Fault> {
        loop {
            if self.stack.depth == 0 {
                return Ok(true);
            }
            let object = self.stack.in_object();
            match self.next() {
                Some(b',') => {
                    self.commas = self.commas.wrapping_add(usize::from(self.stack.depth == 1));
                    self.step();
                    if object {
                        self.key()?;
                    }
                    return Ok(false);
                }
                Some(b']') if !object => self.close(false),
                Some(b'}') if object => self.close(true),
                Some(_) | None => return Err(self.syntax()),
            }
        }
    }
}
