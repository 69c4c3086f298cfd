//! A client that does not read: what waits for it is bounded, whichever transport carries it. `emit` says
//! so at the high-water mark, what is owed goes on to the hard cap, and beyond it the session ends.

mod common;

use bytes::Bytes;
use common::{Peer, bounded, ms, unknown_sid};
use siox_engineio::CloseReason;
use siox_socketio::Encoded;
use siox_stack::{Error, Machine};
use siox_testkit::alloc::{CountingAllocator, measure};
use siox_wire::{Admit, SendError};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const HIGH: usize = 16 * 1024;
const CAP: usize = 64 * 1024;

fn event(size: usize) -> Encoded {
    Encoded::event("e", &("x".repeat(size),)).unwrap()
}

fn every() -> [(&'static str, Peer); 3] {
    Peer::every(&bounded(HIGH, CAP)).map(|(name, peer)| {
        let mut peer = peer.joined();
        peer.heard();
        (name, peer)
    })
}

fn queued(peer: &Peer) -> usize {
    peer.session.engine().queued()
}

/// Emits until it is refused; returns how often it was not.
fn fill(peer: &mut Peer, event: &Encoded) -> usize {
    let slot = peer.app.slot();
    for n in 0..100_000 {
        let result = peer.session.emit(slot, event, Admit::Normal);
        if result == Err(SendError::Full) {
            return n;
        }
        assert_eq!(result, Ok(()));
    }
    panic!("never full");
}

#[test]
fn emit_says_full_at_the_high_water_mark() {
    for size in [0, 10, 500, 2000] {
        for (name, mut peer) in every() {
            let event = event(size);
            let n = fill(&mut peer, &event);
            let held = queued(&peer);
            // The mark is passed by the last message taken, and by nothing else.
            assert!(held >= HIGH && held < HIGH + size + 200, "{name}: {held}");
            assert!(!peer.session.is_closed());
            assert_eq!(peer.fetch().len(), n, "{name}");
            assert_eq!(queued(&peer), 0, "{name}");
            assert!(fill(&mut peer, &event) >= n, "{name}");
        }
    }
}

#[test]
fn what_is_owed_goes_on_to_the_hard_cap_and_beyond_it_the_session_ends() {
    let group = siox_socketio::shared("/", &event(1000), None);
    let args = Encoded::args(&("x".repeat(1000),)).unwrap();
    for broadcast in [false, true] {
        for (name, mut peer) in every() {
            let slot = peer.app.slot();
            fill(&mut peer, &event(1000));
            let mut last = queued(&peer);
            while last < CAP {
                let sent = match broadcast {
                    true => peer.session.broadcast(slot, &group, Admit::Owed),
                    false => peer.session.ack(slot, 1, &args),
                };
                assert_eq!(sent, Ok(()), "{name}");
                assert!(queued(&peer) > last, "{name}: not queued at {last}");
                last = queued(&peer);
            }
            assert!(last < CAP + 1200, "{name}: {last}");
            let refused = peer.session.emit(slot, &event(1), Admit::Normal);
            assert_eq!(refused, Err(SendError::Full), "{name}");
            assert!(peer.session.poll_timeout().is_some_and(|at| at > peer.now));

            // One too many. The verb cannot say so; the next turn does.
            let _ = peer.session.ack(slot, 1, &args);
            assert!(queued(&peer) <= last + 100, "{name}");
            slow_consumer(name, &mut peer);
        }
    }
}

/// The session has just passed the cap.
fn slow_consumer(name: &str, peer: &mut Peer) {
    let slot = peer.app.slot();
    for kind in [Admit::Normal, Admit::Volatile, Admit::Owed] {
        let emitted = peer.session.emit(slot, &event(1), kind);
        assert_eq!(emitted, Err(SendError::Closed), "{name}");
    }
    assert!(
        peer.session.poll_timeout().is_some_and(|at| at <= peer.now),
        "{name}"
    );
    let errors = peer.settle();
    assert_eq!(peer.heard(), ["closed: slow consumer"], "{name}");
    match peer.lane {
        Some(lane) => {
            let limit = CAP;
            let slow = siox_websocket::Error::SlowConsumer { limit };
            assert_eq!(errors, [Error::WebSocket(slow)], "{name}");
            let last = peer.sent().pop();
            assert_eq!(last.as_deref(), Some("close 1008 slow consumer"), "{name}");
            assert!(peer.session.is_finished(lane), "{name}");
        }
        None => {
            assert_eq!(errors, []);
            assert_eq!(queued(peer), 0, "{name}");
            assert_eq!(peer.poll(), Ok(unknown_sid()), "{name}");
        }
    }
    peer.advance_to(ms(1_000_000));
    assert_eq!(peer.session.poll_timeout(), None, "{name}");
    assert_eq!(peer.heard(), [""; 0], "{name}");
}

/// A slow consumer that never reads its close frame either does not keep what waits for ever.
#[test]
fn a_slow_consumer_that_reads_nothing_at_all() {
    let mut peer = every().into_iter().nth(1).unwrap().1;
    let slot = peer.app.slot();
    let args = Encoded::args(&("x".repeat(1000),)).unwrap();
    while peer.session.ack(slot, 1, &args).is_ok() {}
    peer.settle();
    assert!(queued(&peer) >= CAP);
    peer.advance_to(ms(30_000));
    assert_eq!(queued(&peer), 0);
    assert!(peer.session.is_finished(peer.lane.unwrap()));
    assert_eq!(peer.heard(), ["closed: slow consumer"]);
    assert_eq!(peer.session.poll_timeout(), None);
}

/// An honest heap: what is counted bounds what is held, until the session is gone.
#[test]
fn memory_is_bounded() {
    for size in [0, 50, 1000, 1030, 5000] {
        for (name, mut peer) in every() {
            let slot = peer.app.slot();
            let blob = Bytes::from(vec![1; size]);
            let args = Encoded::args(&(blob,)).unwrap();
            let (count, usage) = measure(|| {
                let mut count = 0;
                while peer.session.ack(slot, 1, &args).is_ok() {
                    count += 1;
                    assert!(count < 100_000, "{name}: never ended");
                }
                count
            });
            // The blob is shared and costs nothing more; the tail doubles as it grows.
            let most = isize::try_from(3 * CAP).unwrap();
            assert!(
                usage.peak <= most,
                "{name}: {} for {count} of {size}",
                usage.peak
            );
            peer.settle();
            assert_eq!(peer.heard(), ["closed: slow consumer"], "{name}");
        }
    }
}

#[test]
fn an_empty_queue_takes_one_message_of_any_size() {
    for (name, mut peer) in every() {
        let slot = peer.app.slot();
        let huge = event(10 * CAP);
        for kind in [Admit::Normal, Admit::Volatile, Admit::Owed] {
            assert_eq!(peer.session.emit(slot, &huge, kind), Ok(()), "{name}");
            let refused = peer.session.emit(slot, &huge, Admit::Normal);
            assert_eq!(refused, Err(SendError::Full), "{name}");
            peer.settle();
            assert!(!peer.session.is_closed(), "{name}");
            assert_eq!(peer.fetch().len(), 1, "{name}");
        }
        // Behind anything at all that has passed the cap, what is owed ends the session.
        peer.session.emit(slot, &huge, Admit::Normal).unwrap();
        let _ = peer.session.emit(slot, &event(1), Admit::Owed);
        slow_consumer(name, &mut peer);
    }
}

#[test]
fn volatile_goes_only_where_nothing_waits() {
    for (name, mut peer) in every() {
        let slot = peer.app.slot();
        let group = siox_socketio::shared("/", &event(1), None);
        let volatile = |peer: &mut Peer| {
            let emitted = peer.session.emit(slot, &event(1), Admit::Volatile);
            let sent = peer.session.broadcast(slot, &group, Admit::Volatile);
            (emitted, sent)
        };
        assert_eq!(
            volatile(&mut peer),
            (Ok(()), Err(SendError::Full)),
            "{name}"
        );
        assert_eq!(
            volatile(&mut peer),
            (Err(SendError::Full), Err(SendError::Full))
        );
        assert_eq!(peer.fetch().len(), 1, "{name}");
        assert_eq!(volatile(&mut peer).0, Ok(()), "{name}");
    }
}

/// A parked poll fetches at once: nothing waits then.
#[test]
fn a_parked_poll_drains() {
    let mut peer = every().into_iter().next().unwrap().1;
    let slot = peer.app.slot();
    for n in 0..100 {
        let parked = peer.park();
        peer.session
            .emit(slot, &event(1000), Admit::Volatile)
            .unwrap();
        let (lane, (status, _)) = peer.answered().expect("nothing fetched");
        assert_eq!((lane, status, queued(&peer)), (parked, 200, 0), "{n}");
    }
}

/// A packet and its attachments go in whole or not at all, and nothing comes between them, wherever
/// the cap falls.
#[test]
fn a_group_goes_in_whole_or_not_at_all() {
    for lead in 0..64 {
        for (name, mut peer) in every() {
            let slot = peer.app.slot();
            let parts: Vec<_> = (0..5).map(|n| Bytes::from(vec![n; 1500])).collect();
            let binary = Encoded::args(&(&parts[0], &parts[1], &parts[2], &parts[3], &parts[4]));
            let binary = binary.unwrap();
            let filler = Encoded::args(&("x".repeat(lead * 40),)).unwrap();
            peer.session.ack(slot, 1, &filler).unwrap();
            let mut count = 0;
            while peer.session.ack(slot, 2, &binary).is_ok() {
                count += 1;
                assert!(count < 1000, "{name}: never ended");
            }
            if peer.lane.is_none() {
                // The queue of a session that polls is given up with the session.
                assert_eq!(queued(&peer), 0);
                continue;
            }
            peer.settle();
            let sent = peer.sent();
            let (close, groups) = sent[1..].split_last().unwrap();
            assert_eq!(close, "close 1008 slow consumer", "{name}");
            assert_eq!(groups.len() % 6, 0, "{name}: half a group");
            for group in groups.chunks(6) {
                assert!(group[0].starts_with("465-2["), "{name}: {}", group[0]);
                for (n, part) in group[1..].iter().enumerate() {
                    assert_eq!(part[1..3], format!("{n:02x}"), "{name}");
                }
            }
            // The one that was refused says so by its absence only: verbs after it are refused.
            assert_eq!(groups.len() / 6 + 1, count, "{name}");
        }
    }
}

/// The heartbeat is owed too: it passes the high-water mark, and a client that does not read dies of it
/// or of the cap, whichever comes first.
#[test]
fn pings_go_behind_what_waits() {
    let base = bounded(HIGH, CAP);
    let mut engine = (**base.engine()).clone();
    engine.ping_interval = std::time::Duration::from_millis(300);
    engine.ping_timeout = std::time::Duration::from_millis(200);
    let config = siox_stack::Config::new(engine, (**base.socket()).clone());
    for (name, peer) in Peer::every(&config) {
        let mut peer = peer.joined();
        peer.heard();
        let n = fill(&mut peer, &event(100));
        peer.advance_to(ms(300));
        assert!(!peer.session.is_closed(), "{name}");
        let got = peer.fetch();
        assert_eq!(
            (got.len(), got.last().map(String::as_str)),
            (n + 1, Some("2")),
            "{name}"
        );
        fill(&mut peer, &event(100));
        peer.advance_to(ms(500));
        assert_eq!(peer.heard(), ["closed: ping timeout"], "{name}");
    }
}

/// Closing by the application is not refused by a full queue.
#[test]
fn close_goes_behind_a_full_queue() {
    for (name, mut peer) in every() {
        let n = fill(&mut peer, &event(100));
        peer.session.close(peer.now, CloseReason::ForcedClose);
        peer.settle();
        let got = peer.fetch();
        assert_eq!(got.len(), n + 1, "{name}");
        let last = if peer.lane.is_some() {
            "close 1000"
        } else {
            "1"
        };
        assert_eq!(got.last().map(String::as_str), Some(last), "{name}");
        peer.settle();
        assert_eq!(peer.heard(), ["closed: forced close"], "{name}");
    }
}
