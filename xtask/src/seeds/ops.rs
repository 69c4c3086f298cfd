//! Operations on one session of the server, as the target `stack_ops` reads them: a byte for the session (on what it
//! begins, and which protocol it speaks), then an operation and its argument, two bytes each.

use super::Seed;

const GET: [u8; 2] = [0, 0];
const UPGRADE: [u8; 2] = [3, 0];
const PROBE: [u8; 2] = [5, 13];
const SWITCH: [u8; 2] = [5, 14];
const EMIT: [u8; 2] = [15, 0];
const CLOSE: [u8; 2] = [19, 0];
/// So many fifths of a second.
const fn pass(fifths: u8) -> [u8; 2] {
    [13, fifths]
}

pub(super) fn seeds() -> Vec<Seed> {
    let join = [1, 0, 0, 0];
    let of = |kind: u8, steps: &[&[u8]]| [&[kind], steps.concat().as_slice()].concat();
    let dance: [&[u8]; 6] = [&join, &GET, &UPGRADE, &PROBE, &EMIT, &SWITCH];
    vec![
        ("upgrade", of(0, &dance)),
        ("upgrade-v3", of(2, &dance)),
        ("upgrade-v3-base64", of(6, &dance)),
        ("websocket", of(1, &[&[5, 0], &EMIT, &[17, 255], &[9, 8]])),
        (
            "probe-fails",
            of(0, &[&join, &UPGRADE, &[5, 2], &[9, 8], &GET]),
        ),
        (
            "probe-stays",
            of(0, &[&join, &UPGRADE, &PROBE, &pass(60), &GET]),
        ),
        (
            "closes-amid-the-upgrade",
            of(0, &[&join, &UPGRADE, &PROBE, &EMIT, &CLOSE, &SWITCH]),
        ),
        (
            "slow-post",
            of(
                0,
                &[&[1, 250], &pass(130), &[18, 200], &pass(90), &pass(30)],
            ),
        ),
        (
            "silence",
            of(0, &[&GET, &pass(200), &pass(200), &pass(200)]),
        ),
        ("polls-overlap", of(0, &[&GET, &GET])),
    ]
}
