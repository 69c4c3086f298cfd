//! `take_text` takes a text that begins with the character asked for, and leaves all else as it is.

use siox_websocket::{Connection, Limits};
use siox_wire::{Input, Instant};
use std::sync::Arc;

/// What it takes of `bytes`, and how much it leaves.
fn take(bytes: &[u8]) -> (Option<String>, usize) {
    let mut connection = Connection::server(Arc::new(Limits::default()));
    let mut bytes = bytes.to_vec();
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    let taken = connection.take_text(b'4', &mut input);
    let taken = taken.map(|text| text.expect("valid frames").to_owned());
    (taken, input.len())
}

#[test]
fn a_text_is_taken_by_its_first_character() {
    // With this key, what the next frame begins with would read as the character.
    let key = 0x81 ^ b'4';
    for (bytes, text, left) in [
        (&[0x81, 0x82, 0, 0, 0, 0, b'4', b'2'][..], Some("2"), 0),
        (&[0x81, 0x81, 0, 0, 0, 0, b'4'], Some(""), 0),
        (&[0x81, 0x81, 0, 0, 0, 0, b'2'], None, 7),
        (&[0x82, 0x81, 0, 0, 0, 0, b'4'], None, 7),
        (&[0x81, 0x82, 0, 0, 0, 0, b'4'], None, 7),
        (
            &[0x81, 0x80, key, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0],
            None,
            12,
        ),
    ] {
        assert_eq!(take(bytes), (text.map(str::to_owned), left), "{bytes:?}");
    }
}
