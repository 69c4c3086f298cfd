//! Bytes of what is not whole yet: a client that sends a long message slowly is not dead, and a socket
//! that is given up still says goodbye.

mod common;

use common::{Peer, ms, quick, wire::masked};
use siox_stack::{Error, Machine};

/// The message takes from before the ping until behind the time when the pong is due.
#[test]
fn a_long_message_holds_the_pong_up() {
    let mut peer = Peer::socket(&quick()).joined();
    let message = masked(
        0x81,
        format!("42[\"message\",{:?}]", "x".repeat(500)).as_bytes(),
    );
    for (n, part) in message.chunks(110).enumerate() {
        assert_eq!(peer.advance_to(ms(250 + n as u64 * 80)), []);
        peer.feed(part).unwrap();
    }
    assert_eq!(peer.now, ms(570));
    peer.text("3").unwrap();
    let sent = peer.sent();
    // Pinged again when it would have been dead, for it may count on a ping by then.
    assert_eq!((&*sent[0], &*sent[1], sent.len()), ("2", "2", 3));
    assert_eq!(peer.heard().len(), 1);
}

#[test]
fn a_long_post_holds_the_pong_up() {
    let mut peer = Peer::polling(&quick()).joined();
    let post = peer.begin_post();
    for at in [280, 360, 440] {
        assert_eq!(peer.advance_to(ms(at)), []);
        peer.session.handle_progress(peer.now, post);
    }
    assert_eq!(peer.advance_to(ms(600)), []);
    assert_eq!(peer.finish_post(post, b"4x").0, 400);
    let mut silent = Peer::polling(&quick()).joined();
    silent.begin_post();
    silent.advance_to(ms(600));
    assert_eq!(silent.heard(), ["closed: ping timeout"]);
}

/// Bytes that trickle in put its death off once.
#[test]
fn a_trickle_does_not_keep_it_alive() {
    let mut peer = Peer::socket(&quick()).joined();
    let message = masked(0x81, &[b'4'; 100]);
    for (n, byte) in message.chunks(1).enumerate() {
        peer.advance_to(ms(n as u64 * 10));
        peer.feed(byte).unwrap();
    }
    assert_eq!(peer.heard(), ["closed: ping timeout"]);
    assert!(peer.now > ms(700));
}

/// What a socket sends after its probe has failed is read up to its goodbye.
#[test]
fn a_socket_given_up_says_goodbye() {
    let mut peer = Peer::polling(&quick()).joined();
    let lane = peer.open_probe();
    let frames = [masked(0x81, b"4hello"), masked(0x81, b"4again")].concat();
    let (behind, cut) = frames.split_at(frames.len() - 3);
    assert!(matches!(peer.feed(behind), Err(Error::Engine(_))));
    assert_eq!(peer.sent(), ["close 1000"]);
    peer.feed(cut).unwrap();
    peer.text("5").unwrap();
    peer.frame(0x88, &[3, 0xE8]).unwrap();
    assert!(peer.session.is_finished(lane));
    assert_eq!(peer.heard(), [""; 0]);
}
