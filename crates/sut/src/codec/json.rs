//! JSON in which binary data is an object of one member, `{"$b": "BASE64"}` or with another mark.

use super::Fault;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use siox_socketio::{Value, ValueKind, View};

const MARK: &str = "$b";

/// Reads a value, its binary leaves included.
pub(crate) fn read(text: &str) -> Result<Value, Fault> {
    read_marked(text, MARK)
}

/// As [`read`], where `mark` marks them.
pub(crate) fn read_marked(text: &str, mark: &str) -> Result<Value, Fault> {
    let value: Value = text.parse().map_err(|e| format!("{e}"))?;
    filled(value.view(), mark)
}

/// The value with binary leaves where marks stand.
fn filled(view: View<'_>, mark: &str) -> Result<Value, Fault> {
    let whole = match view.kind() {
        ValueKind::Array => {
            let items: Vec<Value> = view
                .items()
                .map(|item| filled(item, mark))
                .collect::<Result<_, _>>()?;
            Value::array(items)
        }
        ValueKind::Object => match marked(view, mark) {
            Some(text) => return binary(&text),
            None => {
                let members = view
                    .members()
                    .map(|(key, value)| Ok((key, filled(value, mark)?)));
                let members: Vec<_> = members.collect::<Result<_, Fault>>()?;
                Value::object(members)
            }
        },
        ValueKind::Null
        | ValueKind::Bool
        | ValueKind::Number
        | ValueKind::String
        | ValueKind::Binary => Value::from_serialize(&view),
    };
    whole.map_err(|e| e.to_string())
}

fn marked(object: View<'_>, mark: &str) -> Option<String> {
    let (key, value) = object.members().next().filter(|_| object.len() == 1)?;
    let text = value.as_str().filter(|_| key == mark)?;
    Some(text.into_owned())
}

fn binary(text: &str) -> Result<Value, Fault> {
    let bytes = STANDARD.decode(text).map_err(|e| e.to_string())?;
    Ok(Bytes::from(bytes).into())
}

/// Writes a value, its binary leaves included.
pub(crate) fn write(value: &Value) -> String {
    write_marked(value, MARK)
}

/// As [`write()`], with `mark` as their mark.
pub(crate) fn write_marked(value: &Value, mark: &str) -> String {
    let mut text = String::new();
    put(&mut text, value.view(), mark);
    text
}

fn put(text: &mut String, view: View<'_>, mark: &str) {
    match view.kind() {
        ValueKind::Array => {
            text.push('[');
            for (n, item) in view.items().enumerate() {
                separate(text, n);
                put(text, item, mark);
            }
            text.push(']');
        }
        ValueKind::Object => {
            text.push('{');
            for (n, (key, value)) in view.members().enumerate() {
                separate(text, n);
                text.push_str(Value::from(&*key).json());
                text.push(':');
                put(text, value, mark);
            }
            text.push('}');
        }
        ValueKind::Binary => {
            let bytes = view.as_bytes().cloned().unwrap_or_default();
            text.push_str(&format!("{{\"{mark}\":\"{}\"}}", STANDARD.encode(bytes)));
        }
        ValueKind::Null | ValueKind::Bool | ValueKind::Number | ValueKind::String => {
            text.push_str(view.json());
        }
    }
}

fn separate(text: &mut String, n: usize) {
    if n > 0 {
        text.push(',');
    }
}
