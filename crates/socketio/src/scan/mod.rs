//! One pass over JSON text: strict, at most [`MAX_DEPTH`] deep. Whoever wants to
//! know what is where listens with a [`Visit`]; no value is made here.

mod args;
mod token;
mod walk;

pub(crate) use args::{Args, args, event, plain_args, plain_name};
pub(crate) use token::{number, skip_space, space, string};
use walk::Walk;

/// The deepest nesting of arrays and objects that a packet may have; its array of arguments counts.
pub const MAX_DEPTH: usize = 128;

/// The longest text whose offsets the index structures hold, in bytes.
const MAX_TEXT: usize = 1 << 28;

/// Why text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Syntax { at: usize },
    Depth,
    Length,
}

/// A string with its quotes, or a number or literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) escaped: bool,
}

impl Token {
    #[inline(always)]
    const fn plain(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            escaped: false,
        }
    }
}

/// What is neither string nor container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Atom {
    Null,
    Bool,
    Number,
}

/// Told of each token as it passes.
pub(crate) trait Visit {
    fn open(&mut self, _at: usize, _object: bool) {}
    /// `end` is the offset behind the bracket.
    fn close(&mut self, _end: usize, _object: bool) {}
    fn key(&mut self, _token: Token) {}
    fn string(&mut self, _token: Token) {}
    fn atom(&mut self, _atom: Atom, _token: Token) {}
}

impl Visit for () {}

/// The offset behind the value that begins at `at`, with so many arrays and objects open around it.
pub(crate) fn value<V: Visit>(
    text: &str,
    at: usize,
    depth: usize,
    visit: &mut V,
) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    if bytes.len() > MAX_TEXT {
        return Err(Fault::Length);
    }
    Walk::new(bytes, visit).one(from(bytes, at), depth)
}

/// As [`value`], and nothing but white space may follow.
pub(crate) fn only_value<V: Visit>(text: &str, at: usize, visit: &mut V) -> Result<usize, Fault> {
    let end = value(text, at, 0, visit)?;
    the_end(text.as_bytes(), end)?;
    Ok(end)
}

fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

fn the_end(bytes: &[u8], end: usize) -> Result<(), Fault> {
    let at = skip_space(bytes, end);
    if at < bytes.len() {
        return Err(Fault::Syntax { at });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    fn accepts(text: &str) -> bool {
        only_value(text, 0, &mut ()).is_ok()
    }

    fn serde_accepts(text: &str) -> bool {
        serde_json::from_str::<IgnoredAny>(text).is_ok()
    }

    #[test]
    fn accepts_what_serde_json_accepts() {
        for text in [
            "",
            " ",
            "null",
            "nul",
            "nulll",
            "true",
            "tru",
            "false ",
            "0",
            "-0",
            "00",
            "01",
            "-",
            "1.",
            "1.5",
            ".5",
            "1e5",
            "1E+5",
            "1e",
            "1e-",
            "1e999",
            "--1",
            "+1",
            "0x1",
            "NaN",
            "Infinity",
            "\"\"",
            "\"",
            "\"\\\"",
            "\"\\\"\"",
            "\"\\u00e9\"",
            "\"\\u00g9\"",
            "\"\\ud800\"",
            "\"\\x\"",
            "\"\t\"",
            "\"\u{7f}\"",
            "[]",
            "[",
            "]",
            "[,]",
            "[1,]",
            "[1 2]",
            "[1,2]",
            "{}",
            "{",
            "}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "{1:1}",
            "[1}",
            "{\"a\":1]",
            "[[]]]",
            "[[],{}]",
            "{\"a\":{\"b\":[]}}",
            " [ 1 , { \"a\" : [ ] } ] ",
            "[]x",
            "\u{feff}[]",
            "[\u{a0}1]",
            "{\"a\":1,\"a\":2}",
            "'a'",
            "[1]//",
            "{\"a\" :1 ,\"b\":2}",
        ] {
            assert_eq!(accepts(text), serde_accepts(text), "{text:?}");
        }
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        for depth in [1, 127, 128, 129, 200, 50_000] {
            for (open, leaf, close) in [("[", "", "]"), ("{\"a\":", "1", "}")] {
                let text = format!("{}{leaf}{}", open.repeat(depth), close.repeat(depth));
                let expected = if depth > MAX_DEPTH {
                    Err(Fault::Depth)
                } else {
                    Ok(text.len())
                };
                assert_eq!(only_value(&text, 0, &mut ()), expected, "{depth}");
            }
        }
    }

    #[test]
    fn an_event_is_its_name_and_arguments() {
        for (text, name, inner, count) in [
            (r#"["a"]"#, Some(r#""a""#), "", 0),
            (r#"["a",1]"#, Some(r#""a""#), "1", 1),
            (r#" [ "a" , 1 , [2,3] ] "#, Some(r#""a""#), " 1 , [2,3] ", 2),
            ("[7,{\"x\":[1,2]}]", Some("7"), "{\"x\":[1,2]}", 1),
            ("[null]", None, "null", 0),
            ("[]", None, "", 0),
        ] {
            let at = skip_space(text.as_bytes(), 0);
            let (token, args) = event(text, at, &mut ()).unwrap();
            assert_eq!(token.map(|t| &text[t.start..t.end]), name, "{text}");
            assert_eq!(&text[args.inner..args.end - 1], inner, "{text}");
            assert_eq!(args.count, count, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_json_like_noise(text in r#"[\[\]{}",:\\ 0-9.eE+\-tfnulraesu/b\t]{0,24}"#) {
            prop_assert_eq!(accepts(&text), serde_accepts(&text));
        }

        #[test]
        fn agrees_with_serde_json_on_damaged_json(
            parts in proptest::collection::vec(0usize..20, 1..16),
            cut in any::<proptest::sample::Index>(),
            with in ".?",
        ) {
            const PART: [&str; 20] = ["[", "]", "{", "}", ",", ":", "\"a\"", "\"\\u12aF\"", "1", "-0.5e3",
                "true", "null", " ", "\"k\":", "[1,2]", "{\"x\":1}", "\"long enough for a word\"", "\"\\n\"", "é", "\"é\""];
            let mut text: String = parts.iter().map(|&i| PART[i]).collect();
            prop_assert_eq!(accepts(&text), serde_accepts(&text));
            let mut at = cut.index(text.len());
            while !text.is_char_boundary(at) { at -= 1 }
            text.insert_str(at, &with);
            prop_assert_eq!(accepts(&text), serde_accepts(&text));
            let array = format!("[{text}]");
            let whole = args(&array, 0, &mut ()).is_ok();
            prop_assert_eq!(whole, serde_accepts(&array));
            prop_assert_eq!(event(&array, 0, &mut ()).is_ok(), whole);
        }

        #[test]
        fn agrees_with_serde_json_on_tokens_of_any_length(
            before in "[a-zé]{0,40}",
            with in r#"\\\\|\\"|\\|\\u00e9|\\x|\x01|\x7f|é|"|"#,
            after in "[a-zé]{0,40}",
            number in r"-?[0-9]{0,20}(\.[0-9]{0,12})?([eE][+-]?[0-9]{0,3})?",
            space in "[ \n\t]{0,24}",
            tail in "[]}, ]{0,4} {0,24}",
        ) {
            let string = format!("\"{before}{with}{after}\"");
            for text in [
                format!("[{space}{string}{space},{number}{space}]{space}"),
                format!("{{{space}{string}{space}:{space}{number}{space},{space}{string}:{string}}}{space}"),
                format!("[{number},{string},{space}{number}]{tail}"),
                format!("{{\"a\":{number},{string}:{{}},\"b\":{string}}}{tail}"),
            ] {
                prop_assert_eq!(accepts(&text), serde_accepts(&text), "{}", text);
            }
        }

        #[test]
        fn never_panics(text: String, at in 0usize..8) {
            let _ = value(&text, at, 0, &mut ());
            let _ = event(&text, at, &mut ());
        }
    }
}
