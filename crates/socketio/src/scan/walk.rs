//! The walk from token to token. It goes into arrays and objects by a call each, at most [`MAX_DEPTH`] deep.

use super::{
    Atom, Fault, MAX_DEPTH, Token, Visit,
    token::{
        WINDOW, is_longer, literal, middle_string, number, past_space, short_number, short_string,
        string, to_token,
    },
};

/// A walk through text. Its steps take what is left of the text and return what is left then, or `None` where it is not
/// right: two registers, and why is kept aside.
///
/// What is common is read from a window, within which no bounds are to be checked; all else goes by
/// [`any_value`](Self::any_value) and [`any_key`](Self::any_key).
pub(super) struct Walk<'v, V> {
    /// How long all of the text is.
    len: usize,
    fault: Fault,
    visit: &'v mut V,
}

impl<'v, V: Visit> Walk<'v, V> {
    #[inline(always)]
    pub(super) fn new(text: &[u8], visit: &'v mut V) -> Self {
        Self {
            len: text.len(),
            fault: Fault::Length,
            visit,
        }
    }

    /// The offset behind the value at the front of `rest`.
    pub(super) fn one(mut self, rest: &[u8], depth: usize) -> Result<usize, Fault> {
        match self.any_value(rest, depth) {
            Some(rest) => Ok(self.at(rest)),
            None => Err(self.fault),
        }
    }

    /// The offset behind the array whose bracket or whose comma `rest` begins with, and how many elements follow that.
    #[inline(always)]
    pub(super) fn elements(mut self, rest: &[u8]) -> Result<(usize, usize), Fault> {
        let mut count = 0;
        match self.items(rest, 1, &mut count) {
            Some(rest) => Ok((self.at(rest), count)),
            None => Err(self.fault),
        }
    }

    #[inline(always)]
    fn at(&self, rest: &[u8]) -> usize {
        self.len.wrapping_sub(rest.len())
    }

    #[cold]
    #[inline(never)]
    fn fail<T>(&mut self, rest: &[u8]) -> Option<T> {
        self.fault = Fault::Syntax { at: self.at(rest) };
        None
    }

    /// For a fault whose offset is one into `rest`.
    #[cold]
    #[inline(never)]
    fn fail_in<T>(&mut self, rest: &[u8], fault: Fault) -> Option<T> {
        self.fault = match fault {
            Fault::Syntax { at } => Fault::Syntax {
                at: self.at(rest).wrapping_add(at),
            },
            Fault::Depth | Fault::Length => fault,
        };
        None
    }

    /// A token at so many bytes of `rest`.
    #[inline(always)]
    fn token(&self, rest: &[u8], start: usize, end: usize) -> Token {
        let at = self.at(rest);
        Token::plain(at.wrapping_add(start), at.wrapping_add(end))
    }

    /// Eats the object whose brace is here.
    fn object<'a>(&mut self, mut rest: &'a [u8], depth: usize) -> Option<&'a [u8]> {
        self.enter(rest, true, depth)?;
        if let Some(end) = empty(rest, b'}') {
            return Some(self.leave(end, true));
        }
        loop {
            rest = self.key(rest)?;
            rest = self.value(rest, depth)?;
            match rest {
                [b',', ..] => {}
                [b'}', behind @ ..] => return Some(self.leave(behind, true)),
                _ => {
                    rest = past_space(rest);
                    match rest {
                        [b',', ..] => {}
                        [b'}', behind @ ..] => return Some(self.leave(behind, true)),
                        _ => return self.fail(rest),
                    }
                }
            }
        }
    }

    /// Eats the array whose bracket is here.
    fn array<'a>(&mut self, rest: &'a [u8], depth: usize) -> Option<&'a [u8]> {
        self.enter(rest, false, depth)?;
        if let Some(end) = empty(rest, b']') {
            return Some(self.leave(end, false));
        }
        let end = self.items(rest, depth, &mut 0)?;
        Some(self.leave(end, false))
    }

    /// Eats the bracket or comma here, the elements behind it, and the closing bracket.
    #[inline(always)]
    fn items<'a>(
        &mut self,
        mut rest: &'a [u8],
        depth: usize,
        count: &mut usize,
    ) -> Option<&'a [u8]> {
        loop {
            rest = self.value(rest, depth)?;
            *count = count.wrapping_add(1);
            match rest {
                [b',', ..] => {}
                [b']', behind @ ..] => return Some(behind),
                _ => {
                    rest = past_space(rest);
                    match rest {
                        [b',', ..] => {}
                        [b']', behind @ ..] => return Some(behind),
                        _ => return self.fail(rest),
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn enter(&mut self, rest: &[u8], object: bool, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            self.fault = Fault::Depth;
            return None;
        }
        self.visit.open(self.at(rest), object);
        Some(())
    }

    #[inline(always)]
    fn leave<'a>(&mut self, behind: &'a [u8], object: bool) -> &'a [u8] {
        self.visit.close(self.at(behind), object);
        behind
    }

    /// Eats the byte here and the value behind it.
    #[inline(always)]
    fn value<'a>(&mut self, mut rest: &'a [u8], depth: usize) -> Option<&'a [u8]> {
        while let Some(window) = rest.first_chunk::<WINDOW>() {
            let first = window[1];
            if first == b'"' {
                if let Some(end) = short_string(window) {
                    return self.string(rest, end);
                }
                if is_longer(window)
                    && let Some(end) = middle_string(rest)
                {
                    return self.string(rest, end);
                }
            } else if first.is_ascii_digit() {
                if let Some(end) = short_number(window, 1) {
                    return self.number(rest, end);
                }
                if let Ok(end) = number(rest, 1) {
                    return self.number(rest, end);
                }
            } else if first == b'{' {
                return self.object(rest.get(1..)?, depth.wrapping_add(1));
            } else if first == b'[' {
                return self.array(rest.get(1..)?, depth.wrapping_add(1));
            } else if let Some(token) = to_token(rest, first) {
                rest = token;
                continue;
            }
            break;
        }
        self.any_value(rest.get(1..)?, depth)
    }

    #[inline(always)]
    fn number<'a>(&mut self, rest: &'a [u8], end: usize) -> Option<&'a [u8]> {
        let token = self.token(rest, 1, end);
        self.visit.atom(Atom::Number, token);
        rest.get(end..)
    }

    #[inline(always)]
    fn string<'a>(&mut self, rest: &'a [u8], end: usize) -> Option<&'a [u8]> {
        let token = self.token(rest, 1, end);
        self.visit.string(token);
        rest.get(end..)
    }

    /// Eats the value here.
    #[inline(never)]
    fn any_value<'a>(&mut self, rest: &'a [u8], depth: usize) -> Option<&'a [u8]> {
        let rest = past_space(rest);
        match rest.first() {
            Some(b'"') => match string(rest, 0) {
                Ok(token) => {
                    let at = self.token(rest, 0, token.end);
                    self.visit.string(Token {
                        escaped: token.escaped,
                        ..at
                    });
                    rest.get(token.end..)
                }
                Err(fault) => self.fail_in(rest, fault),
            },
            Some(b'{') => self.object(rest, depth.wrapping_add(1)),
            Some(b'[') => self.array(rest, depth.wrapping_add(1)),
            Some(b't') => self.atom(rest, Atom::Bool, literal(rest, b"true")),
            Some(b'f') => self.atom(rest, Atom::Bool, literal(rest, b"false")),
            Some(b'n') => self.atom(rest, Atom::Null, literal(rest, b"null")),
            Some(b'-' | b'0'..=b'9') => self.atom(rest, Atom::Number, number(rest, 0)),
            Some(_) | None => self.fail(rest),
        }
    }

    #[inline(always)]
    fn atom<'a>(
        &mut self,
        rest: &'a [u8],
        atom: Atom,
        end: Result<usize, Fault>,
    ) -> Option<&'a [u8]> {
        match end {
            Ok(end) => {
                let token = self.token(rest, 0, end);
                self.visit.atom(atom, token);
                rest.get(end..)
            }
            Err(fault) => self.fail_in(rest, fault),
        }
    }

    /// Eats the brace or comma here and the key behind it, but not its colon.
    #[inline(always)]
    fn key<'a>(&mut self, mut rest: &'a [u8]) -> Option<&'a [u8]> {
        while let Some(window) = rest.first_chunk::<WINDOW>() {
            if window[1] == b'"' {
                if let Some(end) = short_string(window)
                    && window.get(end) == Some(&b':')
                {
                    let token = self.token(rest, 1, end);
                    self.visit.key(token);
                    return rest.get(end..);
                }
            } else if let Some(token) = to_token(rest, window[1]) {
                rest = token;
                continue;
            }
            break;
        }
        self.any_key(rest.get(1..)?)
    }

    /// Eats the key here, but not its colon.
    #[inline(never)]
    fn any_key<'a>(&mut self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let rest = past_space(rest);
        if rest.first() != Some(&b'"') {
            return self.fail(rest);
        }
        let token = match string(rest, 0) {
            Ok(token) => token,
            Err(fault) => return self.fail_in(rest, fault),
        };
        let at = self.token(rest, 0, token.end);
        self.visit.key(Token {
            escaped: token.escaped,
            ..at
        });
        let behind = past_space(rest.get(token.end..)?);
        match behind.first() {
            Some(b':') => Some(behind),
            Some(_) | None => self.fail(behind),
        }
    }
}

/// What is behind the bracket that follows the one here, if nothing but white space is between them.
#[inline(always)]
fn empty(rest: &[u8], close: u8) -> Option<&[u8]> {
    match rest {
        [_, b, ..] if *b > b' ' && *b != close => None,
        _ => {
            let (end, behind) = past_space(rest.get(1..)?).split_first()?;
            (*end == close).then_some(behind)
        }
    }
}
