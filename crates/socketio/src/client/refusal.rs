//! What a server says when it does not let a client in.

use crate::{Raw, Revision, Value, View};
use alloc::{
    borrow::Cow,
    string::{String, ToString},
};

/// The message and the data of a refusal: of an object its members of these names, of a string that, and
/// of anything else its JSON.
pub(super) fn read(payload: &Raw<'_>, revision: Revision) -> (String, Option<Value>) {
    let value = payload.to_value();
    let message = value.as_str();
    let message = message.or_else(|| value.get("message").and_then(View::as_str));
    let message = message.map(Cow::into_owned);
    let data = match (revision, value.as_str()) {
        (_, Some(_)) => None,
        (Revision::V5, None) => value.get("data").map(View::to_value),
        (Revision::V4, None) => Some(value),
    };
    let message = message.unwrap_or_else(|| payload.as_str().to_string());
    (message, data)
}
