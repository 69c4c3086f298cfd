//! What is printed: for people, or as lines of JSON for programs.

use super::editor::Printer;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer, ser::SerializeMap};
use siox::{Value, View};
use siox_socketio::ValueKind;
use std::{
    collections::BTreeSet,
    io::IsTerminal,
    sync::{Arc, Mutex, PoisonError},
};

/// Prints from anywhere.
#[derive(Clone)]
pub(crate) struct Screen {
    printer: Arc<Mutex<Printer>>,
    pub(crate) json: bool,
    pub(crate) colours: bool,
    /// Why there was no connection so far.
    reasons: Arc<Mutex<BTreeSet<String>>>,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    State,
    In,
    Answer,
    Bad,
}

impl Tone {
    const fn colour(self) -> &'static str {
        match self {
            Self::State => "\x1b[2m",
            Self::In => "\x1b[36m",
            Self::Answer => "\x1b[32m",
            Self::Bad => "\x1b[31m",
        }
    }
}

impl Screen {
    pub(crate) fn new(printer: Printer, json: bool, colours: bool) -> Self {
        Self {
            printer: Arc::new(Mutex::new(printer)),
            json,
            colours,
            reasons: Arc::default(),
        }
    }

    /// Something happened: `head` and `rest` are for people, `members` for programs.
    pub(crate) fn tell(&self, tone: Tone, head: &str, rest: &str, members: &[(&str, Value)]) {
        if self.json {
            return self.line(&line(members));
        }
        let gap = if rest.is_empty() { "" } else { " " };
        if self.colours {
            self.line(&format!("{}{head}\x1b[0m{gap}{rest}", tone.colour()));
        } else {
            self.line(&format!("{head}{gap}{rest}"));
        }
    }

    /// The user asked for what cannot be done.
    pub(crate) fn complain(&self, what: &str) {
        let members = [("is", Value::from("error")), ("message", Value::from(what))];
        self.tell(Tone::Bad, "!", what, &members);
    }

    /// There is no connection. Where the output is a program's, each reason is told whoever runs it too, once.
    pub(crate) fn no_connection(&self, why: &str, tries_again: bool) {
        /// The most that are told apart.
        const MOST: usize = 100;
        let members = [
            ("is", Value::from("connection_error")),
            ("message", Value::from(why)),
        ];
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = reasons.len() < MOST && reasons.insert(why.to_owned());
        drop(reasons);
        self.tell(Tone::Bad, "no connection:", why, &members);
        if is_new && tries_again && !std::io::stdout().is_terminal() {
            eprintln!("siox connect: no connection: {why}; trying again (--no-reconnect gives up)");
        }
    }

    /// Whether it was told for why there is no connection.
    pub(crate) fn knows(&self, why: &str) -> bool {
        let reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.contains(why)
    }

    /// Text for people only.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            self.line(text);
        }
    }

    fn line(&self, text: &str) {
        let mut printer = self.printer.lock().unwrap_or_else(PoisonError::into_inner);
        printer(format!("{}\n", text.trim_end_matches('\n')));
    }
}

fn line(members: &[(&str, Value)]) -> String {
    let marked = members.iter().map(|(name, value)| {
        let value = Value::from_serialize(&Marked(value.view()));
        (*name, value.unwrap_or_else(|_| Value::null()))
    });
    Value::object(marked).map_or_else(|_| "{}".to_owned(), |line| line.json().to_owned())
}

/// A value as text alone: binary leaves are objects that hold base64.
pub(crate) struct Marked<'a>(pub(crate) View<'a>);

impl Serialize for Marked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.kind() {
            ValueKind::Array => serializer.collect_seq(self.0.items().map(Marked)),
            ValueKind::Object => {
                let members = self.0.members();
                serializer.collect_map(members.map(|(name, value)| (name, Marked(value))))
            }
            ValueKind::Binary => {
                let bytes = self.0.as_bytes().cloned().unwrap_or_default();
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$bin", &STANDARD.encode(bytes))?;
                map.end()
            }
            ValueKind::Null | ValueKind::Bool | ValueKind::Number | ValueKind::String => {
                self.0.serialize(serializer)
            }
        }
    }
}

/// Arguments for people: binary data by its length.
pub(crate) fn shown(args: View<'_>) -> String {
    let shown = args.items().map(|item| match item.as_bytes() {
        Some(bytes) => format!("<{} bytes>", bytes.len()),
        None => match Value::from_serialize(&Marked(item)) {
            Ok(value) => value.json().to_owned(),
            Err(_) => item.json().to_owned(),
        },
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox::Bytes;

    #[test]
    fn binary_leaves_are_marked() {
        let bytes = Value::from(Bytes::from_static(b"\x01\x02\x03"));
        let args = Value::array([Value::from("a"), bytes]).unwrap();
        assert_eq!(
            line(&[("is", Value::from("event")), ("args", args.clone())]),
            r#"{"is":"event","args":["a",{"$bin":"AQID"}]}"#
        );
        assert_eq!(shown(args.view()), "\"a\" <3 bytes>");
    }
}
