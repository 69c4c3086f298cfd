//! What the reference's decoders take although the protocol's documents do not allow it. Only the names
//! and meanings are here; the reading is in the parsers.

/// Named exceptions from the grammar, each off by default.
///
/// None of them makes a packet mean something else that is valid without it. They are for clients that
/// rely on one; a client of the reference's own relies on none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leniency {
    /// The empty message, or white space in the place of the type, is a CONNECT, since JavaScript takes
    /// both for the number 0.
    pub empty_type: bool,
    /// An EVENT, ACK or CONNECT_ERROR may come without a payload. An event then has the name `undefined`
    /// and no arguments, an acknowledgement no arguments, a refusal the payload `null`. An acknowledgement
    /// without an id is ignored: it is told as that of [`u64::MAX`], for which nobody waits.
    pub missing_payload: bool,
    /// White space before or behind the digits of an id belongs to them, and alone it is the id 0; so
    /// `2 ["a"]` asks for an acknowledgement. An id of a packet that has none is ignored.
    pub loose_id: bool,
    /// Ids beyond 2^53 - 1. Here they stay exact up to 2^64 - 1, which stands for all above; the reference
    /// rounds them to doubles. The peer gets back an id that it may not know.
    pub unbounded_id: bool,
    /// The number of attachments in any form in which JavaScript reads a whole number: `0x1`, `1e0`,
    /// `2.0`, ` 1`. Its limit holds.
    pub loose_count: bool,
    /// A placeholder whose number is in range but not whole stands for `null`, and one whose number is
    /// whole may have any form (`1e0`, `-0`). The arguments are copied to be rewritten.
    pub loose_placeholder: bool,
    /// MessagePack: an event may have a reserved name, no name (`undefined`), or `null`, `true` or `false`
    /// for one. **Dangerous** where names are passed on: in the reference a client can so make its own
    /// socket's `disconnect` listeners run. Here it reaches nobody but handlers registered for an event
    /// of that name, and relaying it is refused. Arrays, objects and binary stay refused as names.
    pub msgpack_names: bool,
    /// MessagePack: numbers that are not finite become `null`; keys that are numbers, booleans or nil
    /// become their text, so that two keys of a map may become one; of a packet's own keys that come
    /// twice the last one counts. **Dangerous** behind anything that judges the packet by the first.
    pub msgpack_values: bool,
}

impl Leniency {
    /// Nothing but what the protocol allows.
    pub const STRICT: Self = Self {
        empty_type: false,
        missing_payload: false,
        loose_id: false,
        unbounded_id: false,
        loose_count: false,
        loose_placeholder: false,
        msgpack_names: false,
        msgpack_values: false,
    };

    /// All that the reference takes.
    #[must_use]
    pub const fn compatible() -> Self {
        Self {
            empty_type: true,
            missing_payload: true,
            loose_id: true,
            unbounded_id: true,
            loose_count: true,
            loose_placeholder: true,
            msgpack_names: true,
            msgpack_values: true,
        }
    }

    /// Whether nothing is on.
    #[must_use]
    #[inline]
    pub fn is_strict(&self) -> bool {
        *self == Self::STRICT
    }
}
