//! Any interleaving of emits, posts, polls, probes, upgrades and losses: every message arrives once
//! and in order, in both directions, and every request is answered once.

use crate::peer::{Peer, answer, body, calm, ms, short};
use proptest::{collection::vec, prelude::*};
use siox_engineio::{CloseReason, Config, Decision, Error, Lane, Payload};
use siox_wire::Instant;
use std::time::Duration;

const UPGRADE_TIMEOUT: u64 = 1500;

#[derive(Debug, Clone, Copy)]
enum Op {
    Emit,
    EmitBinary,
    Get,
    PostBegin(u8),
    PostStep,
    PostFinish,
    PostTooLarge,
    Open,
    Probe,
    Nonsense,
    Complete,
    SocketMessage,
    SocketGone,
    Advance(u16),
    AbandonGet,
    AbandonPost,
    OverlapGet,
    ClientClose,
    ServerClose,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => Just(Op::Emit),
        3 => Just(Op::EmitBinary),
        12 => Just(Op::Get),
        6 => (1u8..5).prop_map(Op::PostBegin),
        6 => Just(Op::PostStep),
        6 => Just(Op::PostFinish),
        1 => Just(Op::PostTooLarge),
        5 => Just(Op::Open),
        4 => Just(Op::Probe),
        1 => Just(Op::Nonsense),
        3 => Just(Op::Complete),
        8 => Just(Op::SocketMessage),
        2 => Just(Op::SocketGone),
        8 => (0u16..700).prop_map(Op::Advance),
    ]
}

fn last() -> impl Strategy<Value = Op> {
    prop_oneof![
        Just(Op::AbandonGet),
        Just(Op::AbandonPost),
        Just(Op::OverlapGet),
        Just(Op::ClientClose),
        Just(Op::ServerClose),
        Just(Op::SocketGone),
        Just(Op::Emit),
    ]
}

struct Post {
    lane: Lane,
    body: Payload<'static>,
    left: u32,
    /// Whether the upgrade came in between.
    stale: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Socket {
    Probing { lane: Lane, opened: u64 },
    Carrying(Lane),
    Failed(Lane),
}

struct World {
    peer: Peer,
    now: u64,
    emitted: u32,
    received: u32,
    /// Numbers of the client's messages, as sent and as the server must see them next.
    sent: u32,
    seen: u32,
    held: Option<Lane>,
    post: Option<Post>,
    socket: Option<Socket>,
    dead: bool,
}

impl World {
    fn new() -> Self {
        let config = Config {
            upgrade_timeout: Duration::from_millis(UPGRADE_TIMEOUT),
            ..calm()
        };
        Self {
            peer: Peer::polling(config),
            now: 0,
            emitted: 0,
            received: 0,
            sent: 0,
            seen: 0,
            held: None,
            post: None,
            socket: None,
            dead: false,
        }
    }

    fn upgraded(&self) -> bool {
        matches!(self.socket, Some(Socket::Carrying(_)))
    }

    fn run(&mut self, op: Op) {
        if self.dead {
            return;
        }
        match op {
            Op::Emit => {
                self.peer.emit(&self.emitted.to_string()).unwrap();
                self.emitted += 1;
            }
            Op::EmitBinary => self.emit_binary(),
            Op::Get => self.get(),
            Op::PostBegin(messages) => self.post_begin(messages),
            Op::PostStep => self.post_step(),
            Op::PostFinish => self.post_finish(),
            Op::PostTooLarge => {
                if let Some(post) = self.post.take() {
                    assert_eq!(self.peer.session.body_too_large(post.lane).status, 413);
                    // What the server will never see; of a stale one that is counted already.
                    self.seen += if post.stale { 0 } else { post.left };
                }
            }
            Op::Open => self.open(),
            Op::Probe => self.probe(),
            Op::Nonsense => self.nonsense(),
            Op::Complete => self.complete(),
            Op::SocketMessage => self.socket_message(),
            Op::SocketGone => self.socket_gone(),
            Op::Advance(by) => {
                self.now += u64::from(by);
                // Now and then the clock is late: the next input must find what is due by itself.
                if by % 2 == 0 {
                    assert_eq!(self.peer.tick(self.now), None);
                }
            }
            Op::AbandonGet => {
                if let Some(lane) = self.held.take() {
                    self.peer.session.handle_abandoned(lane);
                    self.die("transport error");
                }
            }
            Op::AbandonPost => {
                if let Some(post) = self.post.take() {
                    self.peer.session.handle_abandoned(post.lane);
                    if !post.stale {
                        self.die("transport error");
                    }
                }
            }
            Op::OverlapGet => {
                if self.held.is_some() {
                    assert_eq!(answer(self.peer.get(self.now)).0, 400);
                    self.die("transport error");
                }
            }
            Op::ClientClose => self.client_close(),
            Op::ServerClose => self.server_close(),
        }
        self.settle();
    }

    /// What a runtime does after every step.
    fn settle(&mut self) {
        if let Some(Socket::Probing { lane, opened }) = self.socket
            && opened + UPGRADE_TIMEOUT <= self.now
        {
            self.socket = Some(Socket::Failed(lane));
        }
        self.take_response();
        self.take_sent();
        // Whatever is overdue is done by one call.
        if !self.dead
            && self
                .peer
                .session
                .poll_timeout()
                .is_some_and(|at| at <= ms(self.now))
        {
            assert_eq!(self.peer.tick(self.now), None);
            self.take_response();
            assert!(
                self.peer
                    .session
                    .poll_timeout()
                    .is_some_and(|at| at > ms(self.now))
            );
        }
        let expected = match self.socket {
            Some(Socket::Failed(lane)) if !self.dead => Some(lane),
            _ => None,
        };
        if !self.dead {
            assert_eq!(self.peer.session.dropped_lane(), expected);
        }
    }

    fn take_response(&mut self) {
        while let Some((lane, status, body)) = self.peer.response() {
            assert_eq!((Some(lane), status), (self.held.take(), 200));
            self.receive(&body);
        }
    }

    fn take_sent(&mut self) {
        for packet in self.peer.sent() {
            self.receive(&packet);
        }
    }

    fn receive(&mut self, payload: &str) {
        for packet in payload.split('\x1e') {
            if matches!(packet, "1" | "6" | "3probe") {
                continue;
            }
            let text = self.received.to_string();
            let binary = siox_engineio::Packet::decode(text.as_bytes().into()).unwrap();
            assert!(
                packet == format!("4{text}") || packet == binary.to_text(),
                "{packet} for {text}"
            );
            self.received += 1;
        }
    }

    fn emit_binary(&mut self) {
        use siox_wire::Sink;
        let mut out = self.peer.session.sink(Some(&mut self.peer.socket));
        out.put_binary(&[], self.emitted.to_string().into_bytes().into());
        self.emitted += 1;
    }

    fn get(&mut self) {
        if self.held.is_some() {
            return;
        }
        match self.peer.get(self.now) {
            Decision::Park(lane) => {
                assert!(!self.upgraded());
                self.held = Some(lane);
            }
            Decision::Answer(response) if self.upgraded() => assert_eq!(response.status, 400),
            Decision::Answer(response) => {
                assert_eq!(response.status, 200);
                self.receive(&body(&response));
            }
            other => panic!("{other:?}"),
        }
    }

    fn post_begin(&mut self, messages: u8) {
        if self.post.is_some() || self.upgraded() {
            return;
        }
        let lane = self.peer.begin_post(self.now);
        let numbers = (self.sent..).take(messages.into());
        let text: Vec<_> = numbers.map(|n| format!("4{n}")).collect();
        self.sent += u32::from(messages);
        let body = Box::leak(text.join("\x1e").into_bytes().into_boxed_slice());
        self.post = Some(Post {
            lane,
            body: Payload::new(body),
            left: messages.into(),
            stale: false,
        });
    }

    fn post_step(&mut self) {
        let Some(post) = &mut self.post else { return };
        match self
            .peer
            .session
            .handle_body(ms(self.now), post.lane, &mut post.body)
        {
            Ok(Some(event)) => {
                assert!(!post.stale);
                assert_eq!(short(event), format!("4{}", self.seen));
                self.seen += 1;
                post.left -= 1;
            }
            Ok(None) => assert_eq!((post.left, post.stale), (0, false)),
            Err(error) => assert_eq!((error, post.stale), (Error::Stale, true)),
        }
    }

    fn post_finish(&mut self) {
        while self
            .post
            .as_ref()
            .is_some_and(|post| post.left > 0 && !post.stale)
        {
            self.post_step();
        }
        self.post_step();
        let Some(post) = self.post.take() else { return };
        let status = self.peer.session.finish_post(post.lane, Ok(())).status;
        assert_eq!(status, if post.stale { 400 } else { 200 });
    }

    fn open(&mut self) {
        let decision = self.peer.upgrade(self.now);
        // The probe may have run out in this very call.
        self.settle();
        match (self.socket, decision) {
            (None, Decision::Upgrade(lane)) => {
                let opened = self.now;
                self.socket = Some(Socket::Probing { lane, opened });
            }
            (Some(_), decision) => assert_eq!(answer(decision).0, 400),
            (None, decision) => panic!("{decision:?}"),
        }
    }

    fn probing(&self) -> Option<(Lane, bool)> {
        match self.socket? {
            Socket::Probing { lane, opened } => Some((lane, self.now < opened + UPGRADE_TIMEOUT)),
            Socket::Failed(lane) => Some((lane, false)),
            Socket::Carrying(_) => None,
        }
    }

    fn probe(&mut self) {
        let Some((lane, live)) = self.probing() else {
            return;
        };
        let got = self.peer.frame(self.now, lane, "2probe");
        assert_eq!(got, if live { Ok(None) } else { Err(Error::Stale) });
    }

    fn nonsense(&mut self) {
        let Some((lane, live)) = self.probing() else {
            return;
        };
        let error = if live { Error::NotAProbe } else { Error::Stale };
        assert_eq!(self.peer.frame(self.now, lane, "4early"), Err(error));
        self.socket = Some(Socket::Failed(lane));
    }

    fn complete(&mut self) {
        let Some((lane, live)) = self.probing() else {
            return;
        };
        let got = self.peer.frame(self.now, lane, "5");
        if !live {
            assert_eq!(got, Err(Error::Stale));
            return;
        }
        assert_eq!(got.unwrap().as_deref(), Some("upgraded"));
        self.socket = Some(Socket::Carrying(lane));
        // A POST in flight, which an honest client would not have, is cut off here.
        if let Some(post) = &mut self.post {
            post.stale = true;
            self.seen += post.left;
        }
        self.take_response();
        assert_eq!(self.held, None);
    }

    fn socket_message(&mut self) {
        let Some(Socket::Carrying(lane)) = self.socket else {
            return;
        };
        let got = self.peer.frame(self.now, lane, &format!("4{}", self.sent));
        assert_eq!(self.seen, self.sent);
        assert_eq!(got.unwrap(), Some(format!("4{}", self.seen)));
        self.sent += 1;
        self.seen += 1;
    }

    fn socket_gone(&mut self) {
        let Some(socket) = self.socket.take() else {
            return;
        };
        let (Socket::Probing { lane, .. } | Socket::Carrying(lane) | Socket::Failed(lane)) = socket;
        self.peer
            .session
            .handle_socket_gone(lane, CloseReason::TransportClose);
        if let Socket::Carrying(_) = socket {
            self.die("transport close");
        }
    }

    fn client_close(&mut self) {
        if let Some(Socket::Carrying(lane)) = self.socket {
            assert_eq!(self.peer.frame(self.now, lane, "1"), Ok(None));
        } else {
            if self.post.is_some() {
                return;
            }
            assert_eq!(self.peer.post(self.now, "1").0, 200);
        }
        self.die("transport close");
    }

    /// An orderly close: everything emitted arrives before it.
    fn server_close(&mut self) {
        self.peer.session.close(CloseReason::ForcedClose);
        let polling = !self.upgraded();
        if polling && self.held.is_none() {
            let (status, payload) = answer(self.peer.get(self.now));
            assert_eq!(
                (status, payload.split('\x1e').next_back()),
                (200, Some("1"))
            );
            self.receive(&payload);
        }
        self.take_response();
        self.take_sent();
        assert_eq!(self.received, self.emitted);
        self.die("forced close");
    }

    fn die(&mut self, reason: &str) {
        self.dead = true;
        assert_eq!(self.peer.session.poll_timeout(), Some(Instant::EPOCH));
        assert_eq!(self.peer.tick(self.now).as_deref(), Some(reason));
        self.take_response();
        assert_eq!(self.held, None);
        assert_eq!(self.peer.tick(self.now), None);
        assert!(self.peer.session.is_finished());
    }

    /// A live session delivers all that was emitted.
    fn drain(&mut self) {
        if self.dead {
            return;
        }
        self.post_finish();
        if self.held.is_none() {
            // Past the second for which an upgrade holds the queue back.
            self.now += 1000;
            self.get();
        } else {
            self.run(Op::Advance(1000));
        }
        self.settle();
        assert_eq!((self.received, self.seen), (self.emitted, self.sent));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nothing_is_lost_doubled_or_reordered(ops in vec(op(), 0..80), last in last()) {
        let mut world = World::new();
        for op in ops {
            world.run(op);
        }
        world.run(last);
        world.drain();
    }

    /// Whatever is said in whatever order, honest or not: no panic, one death at most, and time
    /// always moves on.
    #[test]
    fn no_order_of_calls_breaks_it(calls in vec((0u8..14, 0u32..6, 0u64..400), 0..120)) {
        let mut peer = Peer::polling(crate::peer::config());
        let (mut now, mut deaths) = (0, 0);
        for (call, lane, by) in calls {
            now += by;
            let lane = Lane(lane);
            match call {
                0 => drop(peer.get(now)),
                1 => drop(peer.request(now, siox_engineio::Method::Post, crate::peer::QUERY)),
                2 => drop(peer.work_off(now, lane, "4a\x1e3\x1eb\x1e4b")),
                3 => drop(peer.session.finish_post(lane, Ok(()))),
                4 => drop(peer.session.finish_post(lane, Err(Error::Base64))),
                5 => drop(peer.upgrade(now)),
                6 => drop(peer.frame(now, lane, "2probe")),
                7 => drop(peer.frame(now, lane, "5")),
                8 => drop(peer.frame(now, lane, "3")),
                9 => peer.session.handle_socket_gone(lane, CloseReason::TransportClose),
                10 => peer.session.handle_abandoned(lane),
                11 => drop(peer.session.body_too_large(lane)),
                12 => drop(peer.emit("x")),
                _ => drop(peer.response()),
            }
            deaths += usize::from(peer.session.farewell().is_some());
            while peer.response().is_some() {}
            let mut ticks = 0;
            while peer.session.poll_timeout().is_some_and(|at| at <= ms(now)) {
                deaths += usize::from(peer.tick(now).is_some());
                while peer.response().is_some() {}
                ticks += 1;
                prop_assert!(ticks <= 2, "time stands still");
            }
        }
        prop_assert!(deaths <= 1);
        prop_assert_eq!(deaths == 1, peer.session.is_finished());
    }
}
