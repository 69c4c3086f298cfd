//! What befalls a Socket.IO client: a byte of settings, then operations of two bytes (what, and its argument), as the target
//! `sio_client` reads them.

use super::Seed;

// Settings.
const PLAIN: u8 = 0;
const REVISION_4: u8 = 1;
const GIVES_UP: u8 = 2;
const DROPS_OLDEST: u8 = 8;
const RETRIES: u8 = 32;
const ASKS: u8 = 64;
const HURRIES: u8 = 128;

// Operations on the socket of `/`; those on the other one have the next argument.
const CONNECT: [u8; 2] = [0, 0];
const DISCONNECT: [u8; 2] = [1, 0];
const EMIT: [u8; 2] = [2, 32];
const EMIT_WITH_ACK: [u8; 2] = [2, 36];
const EMIT_BYTES: [u8; 2] = [2, 52];
const VOLATILE: [u8; 2] = [2, 34];
const OPENED: [u8; 2] = [6, 0];
const FAILED: [u8; 2] = [6, 3];
const LOST: [u8; 2] = [6, 2];
const LATE: [u8; 2] = [7, 3];
const TAKEN: [u8; 2] = [9, 7];
const NO_ROOM: [u8; 2] = [9, 135];
const ACKNOWLEDGE: [u8; 2] = [11, 3];
const AUTHORIZE: [u8; 2] = [12, 200];
const CLOSE: [u8; 2] = [13, 0];

/// The server says what has this place on the target's list.
const fn hear(place: u8) -> [u8; 2] {
    [4, place]
}

/// So many fiftieths of a second.
const fn pass(fiftieths: u8) -> [u8; 2] {
    [8, fiftieths]
}

const IN: u8 = 0;
const OTHER_IN: u8 = 1;
const IN_REVISION_4: u8 = 2;
const EVENT: u8 = 4;
const QUESTION: u8 = 5;
const FIRST_ACK: u8 = 7;
const REFUSAL: u8 = 11;
const ERROR: u8 = 13;
const GOODBYE: u8 = 14;
const EVENT_WITH_BYTES: u8 = 16;
const BYTES: u8 = 18;

fn script(settings: u8, operations: &[[u8; 2]]) -> Vec<u8> {
    [&[settings][..], operations.as_flattened()].concat()
}

/// A socket that is in, then more.
fn joined(settings: u8, greeting: u8, then: &[[u8; 2]]) -> Vec<u8> {
    let first = [CONNECT, TAKEN, OPENED, AUTHORIZE, TAKEN, hear(greeting)];
    script(settings, &[&first, then].concat())
}

pub(super) fn seeds() -> Vec<Seed> {
    let talk = [
        EMIT,
        EMIT_WITH_ACK,
        EMIT_BYTES,
        TAKEN,
        hear(FIRST_ACK),
        hear(QUESTION),
        ACKNOWLEDGE,
        hear(EVENT_WITH_BYTES),
        hear(BYTES),
        DISCONNECT,
    ];
    let offline = [
        LOST,
        EMIT,
        EMIT_WITH_ACK,
        EMIT_BYTES,
        pass(100),
        TAKEN,
        OPENED,
        TAKEN,
        hear(IN),
        NO_ROOM,
    ];
    vec![
        ("talk", joined(PLAIN, IN, &talk)),
        (
            "talk-in-revision-4",
            joined(REVISION_4, IN_REVISION_4, &talk),
        ),
        ("talk-with-retries", joined(RETRIES, IN, &talk)),
        ("offline", joined(PLAIN, IN, &offline)),
        (
            "offline-with-retries",
            joined(RETRIES | HURRIES, IN, &offline),
        ),
        (
            "offline-beyond-the-bound",
            joined(
                DROPS_OLDEST,
                IN,
                &[&[LOST][..], &[EMIT_WITH_ACK; 9]].concat(),
            ),
        ),
        (
            "credentials-are-asked-for",
            joined(
                ASKS,
                IN,
                &[VOLATILE, TAKEN, LOST, pass(90), TAKEN, OPENED, AUTHORIZE],
            ),
        ),
        (
            "refused",
            script(
                PLAIN,
                &[CONNECT, TAKEN, OPENED, TAKEN, hear(REFUSAL), CONNECT, TAKEN],
            ),
        ),
        (
            "gives-up",
            script(
                GIVES_UP,
                &[
                    CONNECT,
                    TAKEN,
                    FAILED,
                    pass(90),
                    TAKEN,
                    FAILED,
                    pass(150),
                    TAKEN,
                    FAILED,
                    pass(200),
                ],
            ),
        ),
        (
            "two-namespaces",
            joined(
                PLAIN,
                IN,
                &[
                    [0, 1],
                    TAKEN,
                    hear(OTHER_IN),
                    [2, 33],
                    TAKEN,
                    [1, 1],
                    TAKEN,
                    hear(EVENT),
                ],
            ),
        ),
        (
            "put-out",
            joined(PLAIN, IN, &[EMIT_WITH_ACK, hear(GOODBYE), CONNECT, TAKEN]),
        ),
        (
            "error-in-revision-4",
            joined(REVISION_4, IN_REVISION_4, &[hear(ERROR), hear(EVENT)]),
        ),
        (
            "late-words",
            joined(
                PLAIN,
                IN,
                &[
                    LOST,
                    pass(100),
                    TAKEN,
                    LATE,
                    OPENED,
                    LATE,
                    CLOSE,
                    TAKEN,
                    LATE,
                ],
            ),
        ),
        (
            "silence",
            joined(
                RETRIES | HURRIES,
                IN,
                &[
                    EMIT_WITH_ACK,
                    EMIT_WITH_ACK,
                    pass(30),
                    TAKEN,
                    pass(30),
                    TAKEN,
                    pass(255),
                ],
            ),
        ),
    ]
}
