//! Why a session did not open, in words.

use crate::{Value, View};
use std::fmt::Display;

/// The error, and what the server says of its refusal, where that is in the form of Engine.IO:
/// `{"code":5,"message":".."}`.
pub(super) fn words(error: impl Display, body: Option<&[u8]>) -> String {
    match body.and_then(said) {
        Some(said) => format!("{error} ({said})"),
        None => error.to_string(),
    }
}

fn said(body: &[u8]) -> Option<String> {
    let body: Value = std::str::from_utf8(body).ok()?.parse().ok()?;
    let said = body.get("message").and_then(View::as_str)?;
    // It goes to logs and terminals.
    let is_plain = said.len() <= 200 && !said.contains(char::is_control);
    is_plain.then(|| said.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_is_added() {
        for (body, expected) in [
            (None, "no"),
            (
                Some(&b"{\"code\":5,\"message\":\"not so\"}"[..]),
                "no (not so)",
            ),
            (Some(&b"{\"code\":5,\"message\":7}"[..]), "no"),
            (Some(&b"{\"message\":\"a\\u001bb\"}"[..]), "no"),
            (Some(&b"<html>"[..]), "no"),
            (Some(&b"\xff"[..]), "no"),
            (Some(&b""[..]), "no"),
        ] {
            assert_eq!(words("no", body), expected, "{body:?}");
        }
    }
}
