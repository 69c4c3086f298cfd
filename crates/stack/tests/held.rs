//! While the application does not read, a client's signs of life wait unread: that time does not count
//! against it, but not for ever.

mod common;

use common::{Peer, ms, quick};
use siox_stack::Machine;
use siox_wire::Instant;
use std::time::Duration;

const MOST: Duration = Duration::from_secs(600);

/// The pings that a client has got until `end`.
fn pings(peer: &mut Peer, end: Instant) -> usize {
    peer.advance_to(end);
    let got = match peer.lane {
        Some(_) => peer.sent(),
        None => match peer.get() {
            siox_engineio::Decision::Answer(response) => {
                let (_, body) = common::answer(&response);
                body.split('\x1e').map(str::to_owned).collect()
            }
            siox_engineio::Decision::Park(lane) => {
                panic!("no ping: parked as {lane:?}")
            }
            other => panic!("{other:?}"),
        },
    };
    got.iter().filter(|packet| *packet == "2").count()
}

#[test]
fn a_live_client_stays_however_long_it_is_not_read() {
    for (name, peer) in Peer::every(&quick()) {
        let mut peer = peer.joined();
        peer.advance_to(ms(100));
        peer.session.hold(peer.now);
        // It is pinged every 300 ms, as if it had answered: so it knows that its server lives.
        for n in 1..=20 {
            assert_eq!(pings(&mut peer, ms(300 * n)), 1, "{name}");
        }
        peer.session.resume(peer.now);
        assert!(!peer.session.is_closed(), "{name}");
        // What it had answered long ago is read now.
        peer.advance_to(ms(6100));
        peer.say("3").unwrap();
        assert_eq!(pings(&mut peer, ms(6500)), 1, "{name}");
        assert!(!peer.session.is_closed(), "{name}");
    }
}

#[test]
fn a_dead_client_dies_when_it_is_read_again() {
    for (name, peer) in Peer::every(&quick()) {
        let mut peer = peer.joined();
        peer.advance_to(ms(400));
        peer.session.hold(peer.now);
        peer.advance_to(ms(5000));
        assert!(!peer.session.is_closed(), "{name}");
        peer.session.resume(peer.now);
        // It had 100 ms left of the time to answer its ping.
        peer.advance_to(ms(5099));
        assert!(!peer.session.is_closed(), "{name}");
        peer.advance_to(ms(5100));
        assert_eq!(
            peer.heard().last().unwrap(),
            "closed: ping timeout",
            "{name}"
        );
    }
}

#[test]
fn nobody_lives_for_ever_unread() {
    for (name, peer) in Peer::every(&quick()) {
        let mut peer = peer.joined();
        peer.advance_to(ms(100));
        peer.session.hold(peer.now);
        // To begin again is to go on.
        peer.advance_to(ms(100).after(MOST / 2));
        peer.session.hold(peer.now);
        peer.advance_to(ms(99).after(MOST));
        assert!(!peer.session.is_closed(), "{name}");
        peer.advance_to(ms(100).after(MOST));
        assert_eq!(
            peer.heard().last().unwrap(),
            "closed: ping timeout",
            "{name}"
        );
        peer.session.resume(peer.now);
        peer.advance_to(ms(100).after(2 * MOST));
        assert_eq!(peer.session.poll_timeout(), None, "{name}");
    }
}

#[test]
fn what_was_begun_may_be_ended() {
    // An attachment that is announced and half a frame of it: both have deadlines of their own.
    let mut peer = Peer::socket(&quick()).joined();
    peer.text(r#"451-["e",{"_placeholder":true,"num":0}]"#)
        .unwrap();
    let mut frame = common::wire::masked(0x82, &[7; 100]);
    let rest = frame.split_off(50);
    peer.feed(&frame).unwrap();
    peer.session.hold(peer.now);
    let errors = peer.advance_to(ms(0).after(MOST / 2));
    assert!(errors.is_empty(), "{errors:?}");
    peer.session.resume(peer.now);
    peer.feed(&rest).unwrap();
    let heard = peer.heard();
    assert!(heard.last().unwrap().contains("[\"e\""), "{heard:?}");
}
