//! What was found, line by line, each at its depth; printed for people or for programs.

use std::fmt::Write as _;

/// Findings in the order in which they stand in the capture.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Line>);

#[derive(Debug)]
struct Line {
    depth: usize,
    kind: Kind,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The name of a layer begins the text.
    Layer(&'static str),
    /// A part of the layer above it.
    Part,
    /// Something about the capture.
    Note,
    /// The rule that is broken.
    Error,
}

impl Report {
    pub(crate) fn layer(&mut self, depth: usize, layer: &'static str, text: impl Into<String>) {
        self.push(depth, Kind::Layer(layer), text.into());
    }

    pub(crate) fn part(&mut self, depth: usize, text: impl Into<String>) {
        self.push(depth, Kind::Part, text.into());
    }

    pub(crate) fn note(&mut self, depth: usize, text: impl Into<String>) {
        self.push(depth, Kind::Note, text.into());
    }

    pub(crate) fn error(&mut self, depth: usize, text: impl Into<String>) {
        self.push(depth, Kind::Error, text.into());
    }

    fn push(&mut self, depth: usize, kind: Kind, text: String) {
        self.0.push(Line { depth, kind, text });
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.0.iter().any(|line| line.kind == Kind::Error)
    }

    /// For people.
    pub(crate) fn to_text(&self, colours: bool) -> String {
        let mut out = String::new();
        for line in &self.0 {
            let (before, after) = if colours {
                line.kind.colour()
            } else {
                ("", "")
            };
            let indent = "  ".repeat(line.depth);
            let text = &line.text;
            // A `String` takes everything that is written to it.
            let _ = match line.kind {
                Kind::Layer(name) => writeln!(out, "{indent}{before}{name}{after}  {text}"),
                Kind::Part => writeln!(out, "{indent}{text}"),
                Kind::Note => writeln!(out, "{indent}{before}({text}){after}"),
                Kind::Error => writeln!(out, "{indent}{before}error: {text}{after}"),
            };
        }
        out
    }

    /// For programs: one object a line.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        for line in &self.0 {
            let (kind, name) = match line.kind {
                Kind::Layer(name) => ("layer", Some(name)),
                Kind::Part => ("part", None),
                Kind::Note => ("note", None),
                Kind::Error => ("error", None),
            };
            let name = name.map_or(String::new(), |name| format!("\"layer\":{},", quote(name)));
            let _ = writeln!(
                out,
                "{{\"kind\":\"{kind}\",{name}\"depth\":{},\"text\":{}}}",
                line.depth,
                quote(&line.text)
            );
        }
        out
    }
}

impl Kind {
    const fn colour(self) -> (&'static str, &'static str) {
        const RESET: &str = "\x1b[0m";
        match self {
            Self::Layer(_) => ("\x1b[1;36m", RESET),
            Self::Part => ("", ""),
            Self::Note => ("\x1b[2m", RESET),
            Self::Error => ("\x1b[1;31m", RESET),
        }
    }
}

/// A JSON string.
fn quote(text: &str) -> String {
    siox::Value::from(text).json().to_owned()
}

/// Bytes, as many as fit a line, in hex and as what can be printed of them.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 32;
    let mut out = format!("{} bytes", bytes.len());
    if bytes.is_empty() {
        return out;
    }
    out.push_str(": ");
    for byte in bytes.iter().take(MOST) {
        let _ = write!(out, "{byte:02x} ");
    }
    if bytes.len() > MOST {
        out.push_str("… ");
    }
    out.push_str(" |");
    out.extend(bytes.iter().take(MOST).map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    }));
    out.push('|');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_indented_and_escaped() {
        let mut report = Report::default();
        report.layer(0, "Engine.IO", "message");
        report.part(1, "a \"quote\"");
        assert!(!report.is_broken());
        report.error(1, "no");
        assert!(report.is_broken());
        assert_eq!(
            report.to_text(false),
            "Engine.IO  message\n  a \"quote\"\n  error: no\n"
        );
        assert_eq!(
            report.to_json().lines().nth(1),
            Some(r#"{"kind":"part","depth":1,"text":"a \"quote\""}"#)
        );
        assert!(
            report
                .to_text(true)
                .starts_with("\x1b[1;36mEngine.IO\x1b[0m")
        );
    }

    #[test]
    fn bytes_are_shown() {
        assert_eq!(shown(b"a\x00"), "2 bytes: 61 00  |a.|");
        assert_eq!(shown(b""), "0 bytes");
        assert!(shown(&[7; 40]).contains('…'));
    }
}
