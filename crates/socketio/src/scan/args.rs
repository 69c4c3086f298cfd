//! The arrays that packets carry: a name and arguments, or arguments alone.

use super::token::{number, string};
use super::{Fault, MAX_TEXT, Token, Visit, Walk, from, only_value, skip_space, the_end};
use crate::text::plain_run;

/// An array of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Args {
    /// The first argument that counts; the closing bracket if there is none.
    pub(crate) inner: usize,
    /// Behind the closing bracket.
    pub(crate) end: usize,
    /// How many arguments there are from `inner` on.
    pub(crate) count: usize,
}

/// The array at `at`, its event's name (`None` if its first element is no name), and the arguments
/// behind the name.
#[inline]
pub(crate) fn event<V: Visit>(
    text: &str,
    at: usize,
    visit: &mut V,
) -> Result<(Option<Token>, Args), Fault> {
    let bytes = text.as_bytes();
    if bytes.len() > MAX_TEXT {
        return Err(Fault::Length);
    }
    let start = skip_space(bytes, at.wrapping_add(1));
    let name = match bytes.get(start) {
        Some(b'"') => string(bytes, start)?,
        Some(b'-' | b'0'..=b'9') => Token {
            start,
            end: number(bytes, start)?,
            escaped: false,
        },
        Some(_) | None => {
            let end = only_value(text, at, visit)?;
            return Ok((
                None,
                Args {
                    inner: start,
                    end,
                    count: 0,
                },
            ));
        }
    };
    let behind = skip_space(bytes, name.end);
    let inner = behind.wrapping_add(1);
    let (inner, count, end) = match bytes.get(behind) {
        Some(b']') => (behind, 0, inner),
        Some(b',') => {
            let (end, count) = Walk::new(bytes, visit).elements(from(bytes, behind))?;
            (inner, count, end)
        }
        Some(_) | None => return Err(Fault::Syntax { at: behind }),
    };
    the_end(bytes, end)?;
    Ok((Some(name), Args { inner, end, count }))
}

/// The common case of the name in [`event`]: from where to where it is, a string without escapes, with no white space
/// before it. `None` for any other array, and for what is none.
#[inline]
pub(crate) fn plain_name(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    if bytes.len() > MAX_TEXT {
        return None;
    }
    let start = at.wrapping_add(2);
    let [b'[', b'"', ..] = bytes.get(at..)? else {
        return None;
    };
    let end = plain_run(bytes, start);
    (bytes.get(end) == Some(&b'"')).then_some((start, end))
}

/// The arguments behind a [plain name](plain_name), whose closing quote is before `behind`, with no white space there
/// and behind all.
#[inline]
pub(crate) fn plain_args(text: &str, behind: usize) -> Option<Args> {
    let bytes = text.as_bytes();
    let next = bytes.get(behind)?;
    let inner = behind.wrapping_add(usize::from(*next == b','));
    let (end, count) = match next {
        b']' => (behind.wrapping_add(1), 0),
        b',' => match only_string(bytes, inner) {
            Some(end) => (end, 1),
            None => plain_values(bytes, behind)?,
        },
        _ => return None,
    };
    (end == bytes.len()).then_some(Args { inner, end, count })
}

/// Behind the bracket that closes an array whose last element is the string at `at`, one without escapes.
#[inline]
fn only_string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let end = plain_run(bytes, at.wrapping_add(1));
    matches!(bytes.get(end..), Some([b'"', b']', ..])).then_some(end.wrapping_add(2))
}

/// Behind the array whose first comma is at `at`, and how many elements follow that.
#[inline(never)]
fn plain_values(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    Walk::new(bytes, &mut ()).elements(from(bytes, at)).ok()
}

/// The array at `at`, all of whose elements are arguments.
pub(crate) fn args<V: Visit>(text: &str, at: usize, visit: &mut V) -> Result<Args, Fault> {
    let bytes = text.as_bytes();
    if bytes.len() > MAX_TEXT {
        return Err(Fault::Length);
    }
    let inner = skip_space(bytes, at.wrapping_add(1));
    let (end, count) = match bytes.get(inner) {
        Some(b']') => (inner.wrapping_add(1), 0),
        Some(_) | None => Walk::new(bytes, visit).elements(from(bytes, at))?,
    };
    the_end(bytes, end)?;
    Ok(Args { inner, end, count })
}
