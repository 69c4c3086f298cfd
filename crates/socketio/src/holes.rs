//! Placeholders: the objects that stand for binary attachments in the text of a packet.

use crate::{
    Error,
    packet::whole_number,
    scan::{self, Atom, Token, Visit},
    text::unescape,
};
use alloc::{format, string::String, vec::Vec};

/// A placeholder: from its opening brace to behind its closing one, and the attachment it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) num: u32,
}

/// The hole that begins at `at`, in a list sorted by `start`.
#[inline]
pub(crate) fn hole_at(holes: &[Hole], at: usize) -> Option<Hole> {
    if holes.is_empty() {
        return None;
    }
    let at = u32::try_from(at).ok()?;
    let i = holes.binary_search_by_key(&at, |h| h.start).ok()?;
    holes.get(i).copied()
}

/// The holes that begin in `start..end`.
pub(crate) fn holes_in(holes: &[Hole], start: usize, end: usize) -> &[Hole] {
    let from = holes.partition_point(|h| (h.start as usize) < start);
    let to = holes.partition_point(|h| (h.start as usize) < end);
    holes.get(from..to).unwrap_or_default()
}

/// What the value that comes next belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Mark,
    Num,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    start: u32,
    marked: bool,
    num: Option<u32>,
}

/// Finds the placeholders of a text while it is scanned. An object whose last member of the name
/// `_placeholder` is `true` is one, whatever else it holds; its `num` must be a plain integer.
#[derive(Debug)]
pub(crate) struct FindHoles<'a> {
    text: &'a str,
    attachments: usize,
    open: Vec<Frame>,
    key: Key,
    bad: bool,
    /// Whether a number may have any form, and what is not whole is [`NOTHING`].
    loose: bool,
    found: Vec<Hole>,
}

/// The number of a placeholder that stands for no attachment.
const NOTHING: u32 = u32::MAX;

impl<'a> FindHoles<'a> {
    pub(crate) fn new(text: &'a str, attachments: usize) -> Self {
        Self {
            text,
            attachments,
            open: Vec::new(),
            key: Key::Other,
            bad: false,
            loose: false,
            found: Vec::new(),
        }
    }

    /// The holes, sorted and apart from each other.
    pub(crate) fn finish(self) -> Result<Vec<Hole>, Error> {
        if self.bad {
            return Err(Error::Placeholder);
        }
        Ok(self.found)
    }

    /// As [`finish`](Self::finish), where an object that names no attachment is none.
    pub(crate) fn valid(self) -> Vec<Hole> {
        self.found
    }

    /// A value begins: what it means for the object whose member it is.
    fn member(&mut self, is_true: bool, num: Option<u32>) {
        let key = core::mem::replace(&mut self.key, Key::Other);
        if let Some(frame) = self.open.last_mut() {
            match key {
                Key::Mark => frame.marked = is_true,
                Key::Num => frame.num = num,
                Key::Other => {}
            }
        }
    }

    fn slice(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    fn found(&mut self, frame: Frame, end: usize) {
        let fits = |&n: &u32| (n as usize) < self.attachments || self.loose && n == NOTHING;
        let num = frame.num.filter(fits);
        let (Some(num), Ok(end)) = (num, u32::try_from(end)) else {
            self.bad = true;
            return;
        };
        // What lies within a placeholder is no value of its own.
        while self.found.last().is_some_and(|h| h.start > frame.start) {
            self.found.pop();
        }
        self.found.push(Hole {
            start: frame.start,
            end,
            num,
        });
    }
}

impl Visit for FindHoles<'_> {
    fn open(&mut self, at: usize, object: bool) {
        self.member(false, None);
        if object {
            self.open.push(Frame {
                start: u32::try_from(at).unwrap_or(u32::MAX),
                marked: false,
                num: None,
            });
        }
    }

    fn close(&mut self, end: usize, object: bool) {
        if object && let Some(frame) = self.open.pop().filter(|f| f.marked) {
            self.found(frame, end);
        }
    }

    fn key(&mut self, token: Token) {
        let raw = self.slice(token);
        let raw = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        self.key = match &*unescape(raw, token.escaped) {
            "_placeholder" => Key::Mark,
            "num" => Key::Num,
            _ => Key::Other,
        };
    }

    fn string(&mut self, _: Token) {
        self.member(false, None);
    }

    fn atom(&mut self, _: Atom, token: Token) {
        let text = self.slice(token);
        let num = if self.loose {
            self.loose_number(text)
        } else {
            text.parse().ok()
        };
        self.member(text == "true", num);
    }
}

impl FindHoles<'_> {
    fn loose_number(&self, text: &str) -> Option<u32> {
        let n: f64 = text.parse().ok()?;
        match whole_number(n) {
            Some(n) => u32::try_from(n).ok().filter(|&n| n != NOTHING),
            #[expect(clippy::cast_precision_loss, reason = "attachments are few")]
            None => (n > 0.0 && n < self.attachments as f64).then_some(NOTHING),
        }
    }
}

/// The text with all placeholders in the form of the grammar, those whose number is not whole as `null`.
/// `None` where nothing has to change, or where it is no JSON.
pub(crate) fn loose_placeholders(text: &str, attachments: usize) -> Result<Option<String>, Error> {
    let mut holes = FindHoles::new(text, attachments);
    let scanned = scan::value(text, 0, 0, &mut holes);
    if scanned.is_err() || holes.finish().is_ok() {
        return Ok(None);
    }
    let mut holes = FindHoles::new(text, attachments);
    holes.loose = true;
    scan::value(text, 0, 0, &mut holes)?;
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for hole in holes.finish()? {
        out.push_str(text.get(done..hole.start as usize).unwrap_or_default());
        match hole.num {
            NOTHING => out.push_str("null"),
            num => out.push_str(&format!(r#"{{"_placeholder":true,"num":{num}}}"#)),
        }
        done = hole.end as usize;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::only_value;

    fn find(text: &str, attachments: usize) -> Result<Vec<(&str, u32)>, Error> {
        let mut holes = FindHoles::new(text, attachments);
        only_value(text, 0, &mut holes).unwrap();
        let holes = holes.finish()?;
        Ok(holes
            .iter()
            .map(|h| (&text[h.start as usize..h.end as usize], h.num))
            .collect())
    }

    #[test]
    fn placeholders_are_found_in_any_form() {
        for text in [
            r#"{"_placeholder":true,"num":1}"#,
            r#"{"num":1,"_placeholder":true}"#,
            r#"{ "x":[{}], "_placeholder" : true, "num":7, "num":1 }"#,
            r#"{"\u005fplaceholder":true,"num":1}"#,
            r#"{"_placeholder":true,"x":{"num":9},"num":1}"#,
            r#"{"_placeholder":true,"x":{"_placeholder":true,"num":0},"num":1}"#,
        ] {
            assert_eq!(find(text, 2), Ok(alloc::vec![(text, 1)]), "{text}");
        }
        for text in [
            r#"{"_placeholder":false,"num":1}"#,
            r#"{"_placeholder":"true","num":1}"#,
            r#"{"_placeholder":[true],"num":1}"#,
            r#"{"_placeholder":true,"_placeholder":1,"num":9}"#,
            r#"["_placeholder",true,"num",1]"#,
            r#"{"a":"_placeholder"}"#,
        ] {
            assert_eq!(find(text, 2), Ok(alloc::vec![]), "{text}");
        }
    }

    #[test]
    fn a_placeholder_must_name_an_attachment() {
        for num in [
            "-1",
            "2",
            "5",
            "\"splice\"",
            "0.5",
            "null",
            "[0]",
            "{}",
            "1e0",
            "-0",
        ] {
            let text = alloc::format!("[{{\"_placeholder\":true,\"num\":{num}}}]");
            assert_eq!(find(&text, 2), Err(Error::Placeholder), "{text}");
        }
        assert_eq!(
            find(r#"[{"_placeholder":true}]"#, 2),
            Err(Error::Placeholder)
        );
    }
}
