//! The way from polling to a WebSocket, through all layers: nothing is lost, doubled or reordered, a probe
//! that fails leaves polling whole, and the heartbeat goes on all the while.

mod common;

use common::{Answer, Peer, bad_request, bounded, calm, ms, ok, quick};
use siox_engineio::{Decision, Lane};
use siox_socketio::Encoded;
use siox_stack::{Error, Machine};
use siox_wire::{Admit, SendError};

/// The steps of the dance, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Park,
    Open,
    Probe,
    Upgrade,
    After,
}

const STEPS: [Step; 5] = [
    Step::Park,
    Step::Open,
    Step::Probe,
    Step::Upgrade,
    Step::After,
];

/// A client in the middle of an upgrade, with all that it received, in order.
struct Dance {
    peer: Peer,
    parked: Option<Lane>,
    received: Vec<String>,
    emitted: u32,
    said: u32,
}

impl Dance {
    fn new() -> Self {
        Self {
            peer: Peer::polling(&calm()).joined(),
            parked: None,
            received: Vec::new(),
            emitted: 0,
            said: 0,
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Park => self.poll(),
            Step::Open => drop(self.peer.open_probe()),
            Step::Probe => self.peer.text("2probe").unwrap(),
            Step::Upgrade => self.peer.text("5").unwrap(),
            Step::After => {}
        }
        self.collect();
    }

    fn poll(&mut self) {
        match self.peer.poll() {
            Ok(answer) => self.take(answer),
            Err(lane) => self.parked = Some(lane),
        }
    }

    fn take(&mut self, (status, body): Answer) {
        assert_eq!(status, 200, "{body}");
        self.received.extend(body.split('\x1e').map(str::to_owned));
    }

    /// What has come on either transport.
    fn collect(&mut self) {
        while let Some((lane, answer)) = self.peer.answered() {
            assert_eq!(Some(lane), self.parked.take());
            self.take(answer);
        }
        let sent = self.peer.sent();
        self.received.extend(sent);
    }

    fn emit(&mut self) {
        self.emitted += 1;
        let event = Encoded::event("n", &(self.emitted,)).unwrap();
        let slot = self.peer.app.slot();
        self.peer.session.emit(slot, &event, Admit::Normal).unwrap();
        self.collect();
    }

    /// The client says something, over the transport that is its own at this point.
    fn say(&mut self, before: Step) {
        self.said += 1;
        let packet = format!(r#"42["said",{}]"#, self.said);
        if before > Step::Upgrade {
            self.peer.text(&packet).unwrap();
        } else {
            assert_eq!(self.peer.post(&packet), ok("ok"));
        }
    }

    fn finish(mut self, name: &str) {
        self.collect();
        let numbers: Vec<_> = self
            .received
            .iter()
            .filter(|p| p.starts_with("42"))
            .collect();
        let expected: Vec<_> = (1..=self.emitted)
            .map(|n| format!(r#"42["n",{n}]"#))
            .collect();
        assert_eq!(
            numbers,
            expected.iter().collect::<Vec<_>>(),
            "{name}: {:?}",
            self.received
        );
        let mut heard = self.peer.heard();
        let upgraded = heard.iter().filter(|line| *line == "upgraded").count();
        assert_eq!(upgraded, 1, "{name}");
        heard.retain(|line| line != "upgraded");
        let expected: Vec<_> = (1..=self.said)
            .map(|n| format!(r#"event / ["said",{n}]"#))
            .collect();
        assert_eq!(heard, expected, "{name}");
        assert_eq!(self.parked, None, "{name}: a poll is never answered");
    }
}

/// Every choice of the points at which either side has something to say, once and twice.
#[test]
fn nothing_is_lost_doubled_or_reordered() {
    for points in 0u32..1 << (2 * STEPS.len()) {
        let mut dance = Dance::new();
        for (i, step) in STEPS.into_iter().enumerate() {
            if points >> i & 1 == 1 {
                dance.emit();
                dance.emit();
            }
            if points >> (i + STEPS.len()) & 1 == 1 {
                dance.say(step);
            }
            dance.step(step);
        }
        dance.emit();
        dance.say(Step::After);
        dance.finish(&format!("{points:#b}"));
    }
}

/// A client whose polls go on while it probes gets noops, and what waits over one transport only.
#[test]
fn polls_meanwhile_steal_nothing() {
    let mut dance = Dance::new();
    dance.step(Step::Open);
    dance.emit();
    for _ in 0..5 {
        dance.poll();
    }
    assert_eq!(dance.received, ["6"; 5]);
    dance.step(Step::Probe);
    dance.emit();
    dance.poll();
    dance.step(Step::Upgrade);
    let expected = ["3probe", "6", r#"42["n",1]"#, r#"42["n",2]"#];
    assert_eq!(dance.received[5..], expected);
    assert_eq!(dance.peer.poll(), Ok(bad_request()));
    dance.finish("polls meanwhile");
}

/// What is held back for a new transport that never comes is delivered by polls after a second.
#[test]
fn what_waits_is_not_held_for_ever() {
    let mut dance = Dance::new();
    dance.step(Step::Park);
    dance.step(Step::Open);
    assert_eq!(dance.received, ["6"]);
    dance.emit();
    while dance.received.iter().all(|packet| packet == "6") {
        dance.poll();
        if dance.parked.is_some() {
            dance.peer.now = dance.peer.session.poll_timeout().unwrap();
            dance.peer.settle();
        }
        dance.collect();
        assert!(dance.received.len() <= 8 + 10 + 1, "it spins");
    }
    assert_eq!(dance.received.last().unwrap(), r#"42["n",1]"#);
    assert_eq!(dance.peer.now, ms(1000));
}

/// A group goes over whole, with its attachments, behind what waited before it.
#[test]
fn attachments_move_too() {
    let mut peer = Peer::polling(&calm()).joined();
    peer.open_probe();
    let slot = peer.app.slot();
    let blob = bytes::Bytes::from_static(&[1, 2, 3]);
    let event = Encoded::event("b", &("x", blob)).unwrap();
    let group = siox_socketio::shared("/", &event, None);
    peer.session.emit(slot, &event, Admit::Normal).unwrap();
    peer.session.broadcast(slot, &group, Admit::Owed).unwrap();
    assert_eq!(peer.session.emit_with_ack(slot, &event, None), Ok(1));
    peer.text("2probe").unwrap();
    peer.text("5").unwrap();
    let plain = r#"451-["b","x",{"_placeholder":true,"num":0}]"#;
    let asking = r#"451-1["b","x",{"_placeholder":true,"num":0}]"#;
    let expected = [
        "3probe", plain, "<010203>", plain, "<010203>", asking, "<010203>",
    ];
    assert_eq!(peer.sent(), expected);
    // The acknowledgement is asked for on one transport and comes on the other.
    peer.text("431[7]").unwrap();
    assert_eq!(peer.heard(), ["upgraded", "ack /#1 [7]"]);
}

/// What the queue of the polls had admitted, the WebSocket takes, however it counts.
#[test]
fn a_queue_at_its_cap_moves_whole() {
    const CAP: usize = 64 * 1024;
    for size in [1, 100, 1023, 1024, 1100, 1150, 1200, 1250, 1300, 5000] {
        let mut peer = Peer::polling(&bounded(CAP / 2, CAP)).joined();
        peer.open_probe();
        let slot = peer.app.slot();
        let args = Encoded::args(&(bytes::Bytes::from(vec![1; size]),)).unwrap();
        let mut count = 0;
        while peer.session.engine().queued() < CAP {
            peer.session.ack(slot, 1, &args).unwrap();
            count += 1;
        }
        peer.text("2probe").unwrap();
        peer.text("5").unwrap();
        peer.settle();
        assert_eq!(peer.heard(), ["upgraded"], "{size}");
        assert_eq!(peer.sent().len(), 1 + 2 * count, "{size}");
        assert_eq!(peer.session.ack(slot, 1, &args), Ok(()), "{size}");
    }
}

/// A body that was begun before `5` and ends after it delivers nothing, so nothing is reordered.
#[test]
fn a_post_that_crosses_the_upgrade() {
    let mut peer = Peer::polling(&calm()).joined();
    peer.open_probe();
    let post = peer.begin_post();
    peer.text("2probe").unwrap();
    peer.text("5").unwrap();
    peer.text(r#"42["first"]"#).unwrap();
    assert_eq!(peer.finish_post(post, br#"42["second"]"#), bad_request());
    assert_eq!(peer.post(r#"42["third"]"#), bad_request());
    assert_eq!(peer.heard(), ["upgraded", r#"event / ["first"]"#]);
    assert_eq!(peer.sent(), ["3probe"]);
}

/// Whatever ends a probe, the session is whole on polling, and the next upgrade works.
#[test]
fn failed_probes() {
    type Fail = fn(&mut Peer);
    let table: [(&str, Fail); 8] = [
        ("frame error", |p| assert!(p.frame(0xf1, b"").is_err())),
        ("another packet", |p| assert!(p.text("4x").is_err())),
        ("binary", |p| assert!(p.frame(0x82, b"2probe").is_err())),
        ("upgrade twice removed", |p| {
            assert!(p.text("2probe2").is_err());
        }),
        ("close frame", |p| p.frame(0x88, b"").unwrap()),
        ("eof", Peer::eof),
        ("gone", Peer::gone),
        ("half a frame", |p| {
            p.feed(b"\x81\x86").unwrap();
            p.eof();
        }),
    ];
    for (name, fail) in table {
        for probed in [false, true] {
            let mut peer = Peer::polling(&calm()).joined();
            let parked = peer.park();
            let lane = peer.open_probe();
            assert_eq!(peer.answered(), Some((parked, ok("6"))));
            if probed {
                peer.text("2probe").unwrap();
            }
            assert_eq!(peer.post(r#"42["message",1]"#), ok("ok"));
            fail(&mut peer);
            peer.settle();
            // What waited is fetched by the next poll.
            assert_eq!(peer.poll(), Ok(ok(r#"42["back",1]"#)), "{name}");
            assert_eq!(peer.post(r#"42["message",2]"#), ok("ok"), "{name}");
            assert_eq!(peer.poll(), Ok(ok(r#"42["back",2]"#)), "{name}");
            peer.sent();
            if name != "gone" {
                refused(&mut peer); // while the dying socket is there
            }
            peer.session.handle_socket_gone(lane);
            peer.heard();
            peer.upgrade();
            peer.text(r#"42["message",3]"#).unwrap();
            assert_eq!(peer.sent(), [r#"42["back",3]"#], "{name}");
            assert_eq!(
                peer.heard(),
                ["upgraded", r#"event / ["message",3]"#],
                "{name}"
            );
        }
    }
}

fn refused(peer: &mut Peer) {
    match peer.ask_upgrade() {
        Decision::Answer(response) => assert_eq!(common::answer(&response), bad_request()),
        other => panic!("{other:?}"),
    }
}

/// The word of a socket that failed does not reach the one that took over.
#[test]
fn a_late_word_of_a_failed_probe() {
    let mut peer = Peer::polling(&calm()).joined();
    let old = peer.open_probe();
    assert!(peer.text("x").is_err());
    peer.gone();
    peer.upgrade();
    let new = peer.lane.replace(old);
    assert_eq!(peer.text(r#"42["x"]"#), Err(Error::Stale));
    let (slot, event) = (peer.app.slot(), Encoded::event("e", &()).unwrap());
    peer.session.emit(slot, &event, Admit::Normal).unwrap();
    peer.session.handle_eof(peer.now, old);
    peer.session.handle_socket_gone(old);
    peer.session.handle_written(old, 1_000_000);
    peer.lane = new;
    peer.settle();
    peer.text(r#"42["message",1]"#).unwrap();
    assert_eq!(peer.sent(), [r#"42["e"]"#, r#"42["back",1]"#]);
}

/// A pong that is withheld across the upgrade is missed all the same.
#[test]
fn the_heartbeat_survives_the_upgrade() {
    // Pinged before the upgrade, dead after it.
    let mut peer = Peer::polling(&quick()).joined();
    peer.advance_to(ms(300));
    peer.upgrade();
    assert_eq!(peer.sent(), ["2"], "the ping moves to the new transport");
    peer.advance_to(ms(499));
    assert_eq!(peer.heard(), ["upgraded"]);
    peer.advance_to(ms(500));
    assert_eq!(peer.heard(), ["closed: ping timeout"]);

    // Fetched by a poll before the upgrade: the pong may come on either side of it.
    for after in [false, true] {
        let mut peer = Peer::polling(&quick()).joined();
        peer.advance_to(ms(300));
        assert_eq!(peer.poll(), Ok(ok("2")));
        if !after {
            assert_eq!(peer.post("3"), ok("ok"));
        }
        peer.upgrade();
        if after {
            peer.text("3").unwrap();
        }
        peer.advance_to(ms(600));
        assert_eq!(peer.sent(), ["2"], "{after}");
        assert_eq!(peer.heard(), ["upgraded"], "{after}");
    }

    // Upgraded before the first ping: that comes when it was due.
    let mut peer = Peer::polling(&quick()).joined();
    peer.advance_to(ms(299));
    peer.upgrade();
    assert_eq!(peer.session.poll_timeout(), Some(ms(300)));
}

/// An upgrade that never completes is dropped; polling and its heartbeat go on all the while.
#[test]
fn an_upgrade_that_is_never_finished() {
    let mut engine = (**calm().engine()).clone();
    engine.ping_interval = std::time::Duration::from_secs(4);
    let config = siox_stack::Config::new(engine, (**calm().socket()).clone());
    for probed in [false, true] {
        let mut peer = Peer::polling(&config).joined();
        let lane = peer.open_probe();
        if probed {
            peer.text("2probe").unwrap();
            peer.sent();
        }
        for at in [4000, 8000] {
            peer.advance_to(ms(at));
            assert_eq!(peer.poll(), Ok(ok("2")), "{at}");
            assert_eq!(peer.post("3"), ok("ok"), "{at}");
        }
        peer.advance_to(ms(9_999));
        assert_eq!(peer.sent(), [""; 0]);
        peer.advance_to(ms(10_000));
        assert_eq!(peer.sent(), ["close 1000"]);
        assert_eq!(peer.post(r#"42["message",1]"#), ok("ok"));
        assert_eq!(peer.poll(), Ok(ok(r#"42["back",1]"#)));
        // The dying socket is not an upgrade any more, and in the way of another until it is gone.
        let _ = peer.text("5");
        assert!(matches!(peer.ask_upgrade(), Decision::Answer(r) if r.status == 400));
        peer.session.handle_socket_gone(lane);
        assert_eq!(peer.heard(), [r#"event / ["message",1]"#]);
        peer.upgrade();
        assert_eq!(peer.heard(), ["upgraded"]);
    }
}

/// The first upgrade wins: others are refused, and disturb nothing.
#[test]
fn a_second_upgrade() {
    let mut peer = Peer::polling(&calm()).joined();
    peer.open_probe();
    refused(&mut peer);
    peer.text("2probe").unwrap();
    refused(&mut peer);
    peer.text("5").unwrap();
    refused(&mut peer);
    peer.text(r#"42["message",1]"#).unwrap();
    assert_eq!(peer.sent(), ["3probe", r#"42["back",1]"#]);
    let mut peer = Peer::socket(&calm()).joined();
    refused(&mut peer);
    peer.text(r#"42["message",1]"#).unwrap();
    assert_eq!(peer.sent(), [r#"42["back",1]"#]);
}

/// A session that ends while it upgrades says so once, and both transports are let go.
#[test]
fn the_end_during_an_upgrade() {
    for probed in [false, true] {
        let mut peer = Peer::polling(&quick()).joined();
        let lane = peer.open_probe();
        if probed {
            peer.text("2probe").unwrap();
        }
        peer.advance_to(ms(500));
        assert_eq!(peer.heard(), ["closed: ping timeout"]);
        assert_eq!(peer.sent().last().map(String::as_str), Some("close 1000"));
        let slot = peer.app.slot();
        let event = Encoded::event("e", &()).unwrap();
        assert_eq!(
            peer.session.emit(slot, &event, Admit::Normal),
            Err(SendError::Closed)
        );
        peer.frame(0x88, b"").unwrap();
        assert!(peer.session.is_finished(lane));
        peer.advance_to(ms(100_000));
        assert_eq!(peer.session.poll_timeout(), None);
    }
}
