//! One connection between the two: frames of a length, a mark and bytes, over a link each way.

use bytes::Bytes;
use siox_engineio::Lane;
use siox_testkit::{Arrival, Link, Profile};
use siox_wire::{Admit, Instant, Lead, Part, SendError, Shared, Sink};
use std::sync::Arc;

/// A mark and what it marks: `R` request, `B` body, `H` head of an answer, `t` and `b` messages.
pub(crate) type Frame = (u8, Vec<u8>);

/// What a WebSocket would send.
#[derive(Debug, Default)]
pub(crate) struct Tape(pub(crate) Vec<Frame>);

impl Sink for Tape {
    fn admit(&self, _: Admit) -> Result<(), SendError> {
        Ok(())
    }
    fn put_text(&mut self, parts: &[&[u8]]) {
        self.0.push((b't', parts.concat()));
    }
    fn put_binary(&mut self, lead: &[u8], payload: Bytes) {
        self.0.push((b'b', [lead, &payload].concat()));
    }
    fn put_shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        for part in group.parts() {
            match part {
                Part::Text(text) => self.put_text(&[lead.text, text]),
                Part::Binary(data) => self.put_binary(lead.binary, data.clone()),
            }
        }
    }
}

/// One direction.
pub(crate) struct Stream {
    link: Link,
    come: Vec<u8>,
    ended: bool,
}

/// What came out of a direction.
pub(crate) enum Come {
    Frame(Frame),
    End,
}

impl Stream {
    fn new(profile: Profile, seed: u64) -> Self {
        Self {
            link: Link::new(profile, seed),
            come: Vec::new(),
            ended: false,
        }
    }

    pub(crate) fn send(&mut self, now: Instant, (mark, bytes): &Frame) {
        let len = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        let frame = [&len[..], &[*mark], bytes].concat();
        assert_eq!(
            self.link.send(now, &frame),
            frame.len(),
            "the window holds it"
        );
    }

    pub(crate) fn close(&mut self, now: Instant) {
        self.link.close(now);
    }

    pub(crate) fn deaf(&mut self) {
        self.ended = true;
        self.link.cut_off();
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.link.next_due().filter(|_| !self.ended)
    }

    pub(crate) fn receive(&mut self, now: Instant) -> Option<Come> {
        loop {
            if let Some(frame) = self.frame() {
                return Some(Come::Frame(frame));
            }
            if self.ended || self.link.next_due().is_none_or(|due| due > now) {
                return None;
            }
            match self.link.receive(now)? {
                Arrival::Bytes(bytes) => self.come.extend(bytes),
                Arrival::Eof | Arrival::Reset => {
                    self.ended = true;
                    return Some(Come::End);
                }
            }
        }
    }

    fn frame(&mut self) -> Option<Frame> {
        let len = self.come.first_chunk::<4>().copied()?;
        let end = 5 + u32::from_be_bytes(len) as usize;
        if self.come.len() < end {
            return None;
        }
        let frame: Vec<u8> = self.come.drain(..end).collect();
        Some((frame[4], frame[5..].to_vec()))
    }
}

/// A request with its answer, or a WebSocket.
pub(crate) struct Conn {
    pub(crate) lane: Lane,
    pub(crate) socket: bool,
    pub(crate) up: Stream,
    pub(crate) down: Stream,
    /// The server's name for it, once it has one.
    pub(crate) server: Option<Lane>,
    pub(crate) client_tape: Tape,
    pub(crate) server_tape: Tape,
}

impl Conn {
    pub(crate) fn new(lane: Lane, socket: bool, profiles: [Profile; 2], seed: u64) -> Self {
        let [up, down] = profiles;
        Self {
            lane,
            socket,
            up: Stream::new(up, seed),
            down: Stream::new(down, !seed),
            server: None,
            client_tape: Tape::default(),
            server_tape: Tape::default(),
        }
    }

    /// What was put on the tapes goes on its way.
    pub(crate) fn flush(&mut self, now: Instant) {
        for frame in std::mem::take(&mut self.client_tape.0) {
            self.up.send(now, &frame);
        }
        for frame in std::mem::take(&mut self.server_tape.0) {
            self.down.send(now, &frame);
        }
    }

    /// The client lets go of it.
    pub(crate) fn drop_client(&mut self, now: Instant) {
        self.flush(now);
        self.up.close(now);
        self.down.deaf();
    }

    /// The server lets go of it.
    pub(crate) fn drop_server(&mut self, now: Instant) {
        self.flush(now);
        self.down.close(now);
        self.up.deaf();
        self.server = None;
    }
}
