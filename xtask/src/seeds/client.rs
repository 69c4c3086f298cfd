//! What befalls an Engine.IO client: a byte of settings, then operations of three bytes (what, on which lane, with which
//! text), as the target `eio_client` reads them.

use super::Seed;

// Settings.
const V4: u8 = 0;
const V3: u8 = 1;
const TRY_ALL: u8 = 4;
const REMEMBERED: u8 = 8;
const NO_UPGRADE: u8 = 16;
const REQUEST_TIMEOUT: u8 = 32;

// Operations.
const REQUEST: u8 = 0;
const PART_OF_ANSWER: u8 = 2;
const ANSWER: u8 = 3;
const STATUS: u8 = 4;
const SOCKET_OPENED: u8 = 5;
const MESSAGE: u8 = 6;
const SOCKET_GONE: u8 = 8;
const FAILED: u8 = 9;
const VERB: u8 = 10;
const TIME: u8 = 11;

// Texts, by their place on the target's list.
const OPEN: u8 = 0;
const PROBED: u8 = 2;
const TEXT: u8 = 3;
const SEVERAL: u8 = 4;
const GOODBYE: u8 = 5;
const PING: u8 = 6;
const NOOP: u8 = 8;
const OK: u8 = 9;
const V3_PAYLOAD: u8 = 10;
const JUNK: u8 = 11;

// What a verb's argument, and time's, say.
const CLOSE: u8 = 0;
const SEND: u8 = 3;
const LONG: u8 = 255;

fn script(settings: u8, operations: &[[u8; 3]]) -> Vec<u8> {
    [&[settings][..], operations.as_flattened()].concat()
}

/// A session opened by polling, and its upgrade; the lanes are 1 for the first GET, 2 for the WebSocket, and so on.
const OPENED: [[u8; 3]; 3] = [[REQUEST, 0, 0], [ANSWER, 1, OPEN], [REQUEST, 0, 0]];

fn opened(settings: u8, then: &[[u8; 3]]) -> Vec<u8> {
    script(settings, &[&OPENED, then].concat())
}

pub(super) fn seeds() -> Vec<Seed> {
    vec![
        (
            "upgraded",
            opened(
                V4,
                &[
                    [REQUEST, 0, 0],
                    [SOCKET_OPENED, 2, 0],
                    [MESSAGE, 2, PROBED],
                    [ANSWER, 3, NOOP],
                    [MESSAGE, 2, TEXT],
                    [VERB, 0, SEND],
                    [MESSAGE, 2, PING],
                    [VERB, 0, CLOSE],
                ],
            ),
        ),
        (
            "polling",
            opened(
                NO_UPGRADE,
                &[
                    [ANSWER, 2, SEVERAL],
                    [VERB, 0, SEND],
                    [REQUEST, 0, 0],
                    [REQUEST, 0, 0],
                    [ANSWER, 3, OK],
                    [ANSWER, 4, PING],
                    [REQUEST, 0, 0],
                    [ANSWER, 5, GOODBYE],
                ],
            ),
        ),
        (
            "v3",
            opened(
                V3 | NO_UPGRADE,
                &[[ANSWER, 2, V3_PAYLOAD], [VERB, 0, SEND], [TIME, 0, LONG]],
            ),
        ),
        (
            "remembered",
            script(
                REMEMBERED,
                &[
                    [REQUEST, 0, 0],
                    [SOCKET_OPENED, 1, 0],
                    [MESSAGE, 1, OPEN],
                    [MESSAGE, 1, TEXT],
                    [SOCKET_GONE, 1, 0],
                ],
            ),
        ),
        (
            "remembered-in-vain",
            script(
                REMEMBERED | TRY_ALL,
                &[
                    [REQUEST, 0, 0],
                    [FAILED, 1, 0],
                    [REQUEST, 0, 0],
                    [ANSWER, 2, OPEN],
                ],
            ),
        ),
        (
            "probe-in-vain",
            opened(
                V4,
                &[
                    [REQUEST, 0, 0],
                    [SOCKET_OPENED, 2, 0],
                    [MESSAGE, 2, JUNK],
                    [ANSWER, 3, TEXT],
                    [TIME, 0, LONG],
                ],
            ),
        ),
        ("refused", script(V4, &[[REQUEST, 0, 0], [STATUS, 1, 0]])),
        (
            "silent",
            script(
                REQUEST_TIMEOUT,
                &[
                    [REQUEST, 0, 0],
                    [PART_OF_ANSWER, 1, OPEN],
                    [TIME, 0, LONG],
                    [TIME, 0, LONG],
                ],
            ),
        ),
        (
            "bad-open",
            script(V4, &[[REQUEST, 0, 0], [ANSWER, 1, JUNK]]),
        ),
    ]
}
