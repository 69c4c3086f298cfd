//! A line of the user as a command. Nothing is done here.

use siox::Value;
use std::{fmt, path::PathBuf};

/// What the user wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    /// To emit an event in the namespace in use.
    Emit {
        event: String,
        args: Vec<Argument>,
        /// Whether an acknowledgement is asked for.
        ack: bool,
    },
    /// To join a namespace, or use one that is joined.
    Use {
        nsp: String,
        auth: Option<Value>,
    },
    /// To leave the namespace in use.
    Leave,
    /// To see the namespaces.
    Namespaces,
    /// To see the packets, or no longer.
    Raw,
    Help,
    Quit,
}

/// An argument of an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    Value(Value),
    /// The file's bytes.
    File(PathBuf),
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommandError {
    /// Begins like a command, and is none.
    Unknown(String),
    /// An acknowledgement of nothing.
    NoEvent,
    /// `.use` without one.
    NoNamespace,
    /// A quote or bracket that is never closed.
    Unclosed(String),
    /// It begins like JSON, and is none.
    Json { text: String, error: String },
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => write!(f, "there is no command {word} (.help lists them)"),
            Self::NoEvent => f.write_str("which event? (? EVENT ARGUMENTS)"),
            Self::NoNamespace => f.write_str("which namespace? (.use /NAMESPACE [CREDENTIALS])"),
            Self::Unclosed(text) => write!(f, "this is not closed: {text}"),
            Self::Json { text, error } => write!(f, "{text} is not JSON: {error}"),
        }
    }
}

/// What `.help` prints.
pub(crate) const HELP: &str = "\
EVENT ARGUMENTS...        emit; an argument is JSON, @FILE for a file's bytes, or a word
? EVENT ARGUMENTS...      emit, and ask for an acknowledgement
.use /NAMESPACE [JSON]    join a namespace, with these credentials, or go back to one
.leave                    leave the namespace in use
.namespaces               list the namespaces
.raw                      show the packets too, or no longer
.quit                     end, as does the end of the input";

/// The names of the commands, for completion.
pub(crate) const NAMES: [&str; 6] = [".use", ".leave", ".namespaces", ".raw", ".help", ".quit"];

/// Reads a line; `None` for one with nothing in it.
pub(crate) fn parse(line: &str) -> Result<Option<Command>, CommandError> {
    let line = line.trim();
    let Some(first) = line.chars().next() else {
        return Ok(None);
    };
    let command = match first {
        '.' => dotted(line)?,
        '?' => emit(line.trim_start_matches('?'), true)?,
        _ => emit(line, false)?,
    };
    Ok(Some(command))
}

fn dotted(line: &str) -> Result<Command, CommandError> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    Ok(match word {
        ".use" | ".join" => {
            let (nsp, rest) = token(rest)?.ok_or(CommandError::NoNamespace)?;
            let auth = token(rest)?.map(|(auth, _)| json(auth)).transpose()?;
            let nsp = if nsp.starts_with('/') {
                nsp.to_owned()
            } else {
                format!("/{nsp}")
            };
            Command::Use { nsp, auth }
        }
        ".leave" => Command::Leave,
        ".namespaces" => Command::Namespaces,
        ".raw" => Command::Raw,
        ".help" => Command::Help,
        ".quit" | ".exit" => Command::Quit,
        _ => return Err(CommandError::Unknown(word.to_owned())),
    })
}

fn emit(text: &str, ack: bool) -> Result<Command, CommandError> {
    let (event, mut rest) = token(text)?.ok_or(CommandError::NoEvent)?;
    let event = match value(event)? {
        Argument::Value(value) => match value.as_str() {
            Some(text) => text.into_owned(),
            None => event.to_owned(),
        },
        Argument::File(_) => event.to_owned(),
    };
    let mut args = Vec::new();
    while let Some((argument, after)) = token(rest)? {
        args.push(value(argument)?);
        rest = after;
    }
    Ok(Command::Emit { event, args, ack })
}

fn value(token: &str) -> Result<Argument, CommandError> {
    match token.as_bytes().first() {
        Some(b'@') if token.len() > 1 => Ok(Argument::File(token[1..].into())),
        Some(b'{' | b'[' | b'"') => json(token).map(Argument::Value),
        _ => Ok(Argument::Value(
            token.parse().unwrap_or_else(|_| Value::from(token)),
        )),
    }
}

fn json(token: &str) -> Result<Value, CommandError> {
    token
        .parse()
        .map_err(|error: siox_socketio::Error| CommandError::Json {
            text: token.to_owned(),
            error: error.to_string(),
        })
}

/// The first word or JSON value, and what is behind it.
fn token(text: &str) -> Result<Option<(&str, &str)>, CommandError> {
    let text = text.trim_start();
    let end = match text.as_bytes().first() {
        None => return Ok(None),
        Some(b'{' | b'[' | b'"') => {
            json_end(text).ok_or_else(|| CommandError::Unclosed(text.to_owned()))?
        }
        Some(_) => text.find(char::is_whitespace).unwrap_or(text.len()),
    };
    Ok(Some(text.split_at(end)))
}

/// Behind the bracket or quote that closes the first one.
fn json_end(text: &str) -> Option<usize> {
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match (is_string, byte) {
            (true, _) if is_escaped => is_escaped = false,
            (true, b'\\') => is_escaped = true,
            (_, b'"') => is_string = !is_string,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.checked_sub(1)?,
            (_, _) => {}
        }
        if depth == 0 && !is_string {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emitted(line: &str) -> (String, Vec<Argument>, bool) {
        match parse(line) {
            Ok(Some(Command::Emit { event, args, ack })) => (event, args, ack),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn val(json: &str) -> Argument {
        Argument::Value(json.parse().unwrap())
    }

    #[test]
    fn events_and_their_arguments() {
        for (line, event, args, ack) in [
            ("chat", "chat", vec![], false),
            ("chat hello", "chat", vec![val("\"hello\"")], false),
            (
                "chat \"two words\" 1 {\"a\": [\"}\"]} true",
                "chat",
                vec![
                    val("\"two words\""),
                    val("1"),
                    val("{\"a\": [\"}\"]}"),
                    val("true"),
                ],
                false,
            ),
            ("?chat 1", "chat", vec![val("1")], true),
            ("? \"two words\" []", "two words", vec![val("[]")], true),
            ("7 x", "7", vec![val("\"x\"")], false),
            (
                "pic @a/b.png",
                "pic",
                vec![Argument::File("a/b.png".into())],
                false,
            ),
            ("say \"a\\\"b\"", "say", vec![val("\"a\\\"b\"")], false),
        ] {
            assert_eq!(emitted(line), (event.to_owned(), args, ack), "{line}");
        }
    }

    #[test]
    fn commands() {
        let joined = |nsp: &str, auth: Option<&str>| Command::Use {
            nsp: nsp.to_owned(),
            auth: auth.map(|a| a.parse().unwrap()),
        };
        for (line, command) in [
            (".use /a", joined("/a", None)),
            (".use a {\"t\": 1}", joined("/a", Some("{\"t\": 1}"))),
            (".leave", Command::Leave),
            (".namespaces", Command::Namespaces),
            (".raw", Command::Raw),
            (" .help ", Command::Help),
            (".quit", Command::Quit),
        ] {
            assert_eq!(parse(line), Ok(Some(command)), "{line}");
        }
        assert_eq!(parse("  "), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, error) in [
            (".nonsense", CommandError::Unknown(".nonsense".to_owned())),
            ("?", CommandError::NoEvent),
            (".use", CommandError::NoNamespace),
            ("a {\"b\"", CommandError::Unclosed("{\"b\"".to_owned())),
        ] {
            assert_eq!(parse(line), Err(error), "{line}");
        }
        assert!(matches!(parse("a {b}"), Err(CommandError::Json { .. })));
    }
}
