//! What befalls an Engine.IO client and its connections: a byte of settings, then operations of three bytes (what, on
//! which connection, with which text), as the target `eio_engine_client` reads them.

use super::Seed;

// Settings.
const V4: u8 = 0;
const V3: u8 = 1;
const TRY_ALL: u8 = 4;
const REMEMBERED: u8 = 8;
const NO_UPGRADE: u8 = 16;
const COOKIES: u8 = 64;
const NOT_KEPT: u8 = 128;

// Operations.
const CONNECT: u8 = 1;
const ANSWER: u8 = 4;
const REFUSE: u8 = 7;
const SWITCH: u8 = 8;
const RAW: u8 = 9;
const VERB: u8 = 10;
const TIME: u8 = 11;
const GONE: u8 = 12;
const EOF: u8 = 14;
const FRAME: u8 = 15;

// Texts, by their place on the target's list.
const OPEN: u8 = 0;
const PROBED: u8 = 2;
const TEXT: u8 = 3;
const SEVERAL: u8 = 4;
const GOODBYE: u8 = 5;
const PING: u8 = 6;
const NOOP: u8 = 8;
const OK: u8 = 9;
const JUNK: u8 = 11;

// What a verb's argument, and time's, say.
const CLOSE: u8 = 0;
const SEND: u8 = 1;
const LONG: u8 = 255;

fn script(settings: u8, operations: &[[u8; 3]]) -> Vec<u8> {
    [&[settings][..], operations.as_flattened()].concat()
}

/// A session opened by polling; connection 0 carries the polls, 1 is the WebSocket's.
const OPENED: [[u8; 3]; 3] = [[CONNECT, 0, 0], [ANSWER, 0, OPEN], [CONNECT, 0, 0]];

fn opened(settings: u8, then: &[[u8; 3]]) -> Vec<u8> {
    script(settings, &[&OPENED, then].concat())
}

pub(super) fn seeds() -> Vec<Seed> {
    let upgrade = [[SWITCH, 1, 0], [FRAME, 1, PROBED], [ANSWER, 0, NOOP]];
    let talk = [[FRAME, 1, TEXT], [VERB, 0, SEND], [FRAME, 1, PING]];
    vec![
        (
            "upgraded",
            opened(V4, &[&upgrade[..], &talk, &[[VERB, 0, CLOSE]]].concat()),
        ),
        (
            "upgraded-and-cut",
            opened(V4, &[&upgrade[..], &talk, &[[EOF, 0, 0]]].concat()),
        ),
        (
            "polling",
            opened(
                NO_UPGRADE | COOKIES,
                &[
                    [ANSWER, 0, SEVERAL],
                    [VERB, 0, SEND],
                    [CONNECT, 0, 0],
                    [ANSWER, 1, OK],
                    [ANSWER, 0, GOODBYE],
                ],
            ),
        ),
        (
            "a-connection-each",
            opened(
                NO_UPGRADE | NOT_KEPT,
                &[[ANSWER, 0, TEXT], [CONNECT, 0, 0], [ANSWER, 0, PING]],
            ),
        ),
        (
            "v3",
            opened(V3 | NO_UPGRADE, &[[VERB, 0, SEND], [TIME, 0, LONG]]),
        ),
        (
            "remembered-in-vain",
            script(
                REMEMBERED | TRY_ALL,
                &[
                    [CONNECT, 0, 0],
                    [REFUSE, 0, JUNK],
                    [CONNECT, 0, 0],
                    [ANSWER, 0, OPEN],
                ],
            ),
        ),
        (
            "probe-in-vain",
            opened(
                V4,
                &[
                    [SWITCH, 1, 0],
                    [FRAME, 1, JUNK],
                    [ANSWER, 0, TEXT],
                    [TIME, 0, LONG],
                ],
            ),
        ),
        ("refused", script(V4, &[[CONNECT, 0, 0], [REFUSE, 0, JUNK]])),
        ("unreachable", script(V4, &[[CONNECT, 0, 0], [GONE, 0, 0]])),
        ("no-http", script(V4, &[[CONNECT, 0, 0], [RAW, 0, JUNK]])),
    ]
}
