//! Pings of our own and the silence after them, in virtual time.

mod common;

use common::*;
use siox_websocket::{Connection, Error, Limits, Timeout};
use siox_wire::Instant;
use std::time::Duration;

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

/// A machine whose counting began at 0.
fn started(interval: u64, timeout: Option<u64>) -> Connection {
    let mut machine = server(&Limits {
        ping_interval: Some(Duration::from_millis(interval)),
        pong_timeout: timeout.map(Duration::from_millis),
        ..Limits::default()
    });
    assert_eq!(machine.poll_timeout(), Some(Instant::EPOCH));
    assert_eq!(machine.handle_timeout(at(0)), Ok(None));
    machine
}

#[test]
fn pings_and_gives_up() {
    let mut machine = started(1000, Some(300));
    assert_eq!(machine.poll_timeout(), Some(at(1000)));
    assert_eq!(machine.handle_timeout(at(999)), Ok(None));
    assert_eq!(queued(&machine), b"");
    assert_eq!(machine.handle_timeout(at(1005)), Ok(None));
    assert_eq!(frames(&drain(&mut machine)), [(FIN | PING, vec![])]);
    assert_eq!(machine.poll_timeout(), Some(at(1300)));
    let timeout = Err(Error::Timeout(Timeout::Pong));
    assert_eq!(machine.handle_timeout(at(1300)), timeout);
    let close = close_payload(1011, "no answer to a ping");
    assert_eq!(frames(&drain(&mut machine)), [(FIN | CLOSE, close)]);
    assert!(machine.is_finished());
}

#[test]
fn any_byte_is_a_sign_of_life() {
    for sign in [masked(FIN | PONG, b""), masked(FIN | TEXT, b"x")] {
        for sign in [&sign[..], &sign[..1]] {
            let mut machine = started(1000, Some(300));
            machine.handle_timeout(at(1000)).unwrap();
            feed(&mut machine, at(1200), sign, &mut Vec::new()).unwrap();
            assert_eq!(machine.poll_timeout(), Some(at(2000)));
        }
    }
    // Nothing at all is none.
    let mut machine = started(1000, Some(300));
    machine.handle_timeout(at(1000)).unwrap();
    feed(&mut machine, at(1200), b"", &mut Vec::new()).unwrap();
    assert_eq!(machine.poll_timeout(), Some(at(1300)));
}

#[test]
fn without_a_timeout_it_only_pings() {
    let mut machine = started(1000, None);
    for n in 1..100 {
        assert_eq!(machine.handle_timeout(at(n * 1000)), Ok(None));
    }
    assert_eq!(frames(&queued(&machine)).len(), 99);
}

#[test]
fn pings_do_not_pass_the_hard_cap() {
    let mut machine = server(&Limits {
        ping_interval: Some(Duration::from_millis(1)),
        hard_cap: 100,
        ..Limits::default()
    });
    for n in 0..1000 {
        assert_eq!(machine.handle_timeout(at(n)), Ok(None));
    }
    assert_eq!(queued(&machine).len(), 100);
}
