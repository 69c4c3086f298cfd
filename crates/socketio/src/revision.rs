//! Which revision of the protocol a peer speaks, and the one thing that only revision 4 writes in a
//! packet: the query behind a namespace's name.
//! Source: Socket.IO protocol, revision 5, "History", and what `socket.io-client` 2.x sends.

use crate::{Raw, text::quote};
use alloc::{borrow::Cow, collections::BTreeMap, string::String, vec::Vec};

/// A revision of the Socket.IO protocol. The packets of events, acknowledgements and their attachments
/// are the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Revision {
    /// Of clients 1.0.3 to 2.x, on Engine.IO v3: the server joins a client to `/` unasked, a CONNECT
    /// carries a query behind the namespace's name and is answered without a payload, and a refusal is an
    /// ERROR with any JSON.
    V4,
    /// Of clients 3.x and 4.x, on Engine.IO v4.
    #[default]
    V5,
}

/// The name of a namespace, and what stands behind its question mark.
pub(crate) fn split(nsp: Cow<'_, str>) -> (Cow<'_, str>, Option<Cow<'_, str>>) {
    let Some(at) = nsp.find('?') else {
        return (nsp, None);
    };
    let behind = at.wrapping_add(1);
    let (name, query) = match nsp {
        Cow::Borrowed(nsp) => (
            Cow::Borrowed(nsp.get(..at).unwrap_or_default()),
            Cow::Borrowed(nsp.get(behind..).unwrap_or_default()),
        ),
        Cow::Owned(nsp) => (
            Cow::Owned(nsp.get(..at).unwrap_or_default().into()),
            Cow::Owned(nsp.get(behind..).unwrap_or_default().into()),
        ),
    };
    let name = if name.len() < 2 { "/".into() } else { name };
    (name, Some(query))
}

/// A query as the object of strings that the reference hands to the application as credentials: of keys
/// that repeat, the last one counts.
pub(crate) fn credentials(query: &str) -> Raw<'static> {
    let mut members: Vec<(String, String)> = Vec::new();
    let mut places = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (unquote(key), unquote(value));
        let place = places.entry(key.clone()).or_insert(members.len());
        match members.get_mut(*place) {
            Some(member) => member.1 = value,
            None => members.push((key, value)),
        }
    }
    let mut json = String::from("{");
    for (i, (key, value)) in members.iter().enumerate() {
        if i > 0 {
            json.push(',');
        }
        quote(&mut json, key);
        json.push(':');
        quote(&mut json, value);
    }
    json.push('}');
    Raw(Cow::Owned(json))
}

/// `application/x-www-form-urlencoded`, as the URL standard decodes it: a `+` is a space, an escape that
/// is none stays, and what is no UTF-8 becomes U+FFFD.
fn unquote(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        let escaped = match (first, behind.first_chunk::<2>()) {
            (b'%', Some(&[high, low])) => byte(high, low),
            _ => None,
        };
        bytes.push(match (first, escaped) {
            (_, Some(byte)) => {
                rest = behind.get(2..).unwrap_or_default();
                byte
            }
            (b'+', None) => b' ',
            (plain, None) => plain,
        });
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    }
}

fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    u8::try_from(digit(high)?.wrapping_mul(16).wrapping_add(digit(low)?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_queries() {
        for (nsp, name, query) in [
            ("/", "/", None),
            ("/a", "/a", None),
            ("/?x=1", "/", Some("x=1")),
            ("/a?", "/a", Some("")),
            ("/a?x=1", "/a", Some("x=1")),
            ("/a?x=1?y", "/a", Some("x=1?y")),
        ] {
            let owned = split(Cow::Owned(nsp.into()));
            assert_eq!(split(nsp.into()), owned, "{nsp}");
            assert_eq!((&*owned.0, owned.1.as_deref()), (name, query), "{nsp}");
        }
    }

    #[test]
    fn queries_are_objects_of_strings() {
        for (query, json) in [
            ("", "{}"),
            ("a=b", r#"{"a":"b"}"#),
            ("a=b&c=%26d", r#"{"a":"b","c":"&d"}"#),
            ("&&a&b=&=c&", r#"{"a":"","b":"","":"c"}"#),
            ("a=1&b=2&a=3", r#"{"a":"3","b":"2"}"#),
            ("a=x+y%20z", r#"{"a":"x y z"}"#),
            ("a=b=c", r#"{"a":"b=c"}"#),
            ("a=%", r#"{"a":"%"}"#),
            ("a=%4", r#"{"a":"%4"}"#),
            ("a=%zz%41", r#"{"a":"%zzA"}"#),
            ("a=%+1", r#"{"a":"% 1"}"#),
            ("%C3%A9=%ff", "{\"é\":\"\u{fffd}\"}"),
            ("a=%22%5C%0A", r#"{"a":"\"\\\n"}"#),
            ("__proto__=x", r#"{"__proto__":"x"}"#),
        ] {
            assert_eq!(credentials(query).as_str(), json, "{query}");
        }
    }
}
