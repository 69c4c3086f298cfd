//! HTTP: which requests are to be made, and what becomes of their answers.

use super::{
    Client, ClientError, ClientEvent,
    phase::{Attempt, Leg, Phase, Step},
};
use crate::{
    CloseReason, Coding, Lane, Payload, Transport, base64::Reading, request::is_octet_stream,
};
use alloc::{collections::VecDeque, format, string::String};
use bytes::Bytes;
use siox_wire::Instant;

/// Something to be sent. The query goes behind the `?` of the server's path; the caller may add pairs
/// of its own to it, and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A GET, whose answer carries packets.
    Get {
        /// Names the request.
        lane: Lane,
        /// The query.
        query: String,
        /// How many bytes the answer's body may have.
        limit: usize,
    },
    /// A POST, which carries packets.
    Post {
        /// Names the request.
        lane: Lane,
        /// The query.
        query: String,
        /// The value of `Content-Type`.
        content_type: &'static str,
        /// The body, in order; no chunk is empty.
        body: VecDeque<Bytes>,
    },
    /// A WebSocket handshake.
    Socket {
        /// Names the socket.
        lane: Lane,
        /// The query.
        query: String,
    },
}

impl Client {
    /// A request to be made. Ask until `None` after every step. Its outcome is told by
    /// [`handle_response`](Self::handle_response) and what follows it, by
    /// [`handle_opened`](Self::handle_opened), or by [`handle_failed`](Self::handle_failed).
    pub fn poll_request(&mut self, now: Instant) -> Option<Outgoing> {
        match &self.phase {
            Phase::Opening { half, tried, .. } => {
                let idle = half.get.is_idle() && half.socket.is_none();
                let transport = self.config.transport(*tried).filter(|_| idle)?;
                Some(match transport {
                    Transport::Polling => self.get(now),
                    Transport::WebSocket => self.socket(now),
                })
            }
            Phase::Polling(half) if half.upgrade => Some(self.socket(now)),
            Phase::Polling(half) if half.is_paused() => None,
            Phase::Polling(half) if half.get.is_idle() && !half.has_said_goodbye() => {
                Some(self.get(now))
            }
            Phase::Polling(_) => self.post(now),
            Phase::Socket { .. } | Phase::Closed { .. } => None,
        }
    }

    fn sent(&self, lane: Lane, now: Instant) -> Leg {
        let by = self.config.request_timeout.map(|after| now.after(after));
        Leg::Sent { lane, by }
    }

    fn get(&mut self, now: Instant) -> Outgoing {
        let lane = self.next_lane();
        let leg = self.sent(lane, now);
        if let Some(half) = self.phase.half_mut() {
            half.get = leg;
        }
        Outgoing::Get {
            lane,
            query: self.query(Transport::Polling),
            limit: self.config.max_response,
        }
    }

    fn socket(&mut self, now: Instant) -> Outgoing {
        let lane = self.next_lane();
        let timeout = self.config.upgrade_timeout;
        let by = match &self.phase {
            Phase::Opening { by, .. } => *by,
            Phase::Polling(_) | Phase::Socket { .. } | Phase::Closed { .. } => now.after(timeout),
        };
        if let Some(half) = self.phase.half_mut() {
            half.upgrade = false;
            let step = Step::Requested;
            half.socket = Some(Attempt { lane, by, step });
        }
        let query = self.query(Transport::WebSocket);
        Outgoing::Socket { lane, query }
    }

    fn post(&mut self, now: Instant) -> Option<Outgoing> {
        let half = self.phase.half()?;
        let goodbye = half.closing.is_some_and(|closing| !closing.said);
        if !half.post.is_idle() || (half.queue.is_empty() && !goodbye) {
            return None;
        }
        let lane = self.next_lane();
        let leg = self.sent(lane, now);
        let limit = self.opened().and_then(|opened| opened.max_payload);
        let most = self.config.max_packets;
        let half = self.phase.half_mut()?;
        half.post = leg;
        let last = goodbye.then_some("1");
        let batch = half
            .queue
            .take_batch(limit.unwrap_or(usize::MAX), most, last);
        if let Some(closing) = &mut half.closing {
            closing.said |= batch.complete;
        }
        Some(Outgoing::Post {
            lane,
            query: self.query(Transport::Polling),
            content_type: match batch.coding {
                Coding::V4 | Coding::V3Text => "text/plain;charset=UTF-8",
                Coding::V3Binary => "application/octet-stream",
            },
            body: batch.body,
        })
    }

    fn query(&self, transport: Transport) -> String {
        let (eio, name) = (self.config.version.name(), transport.name());
        let mut query = ["EIO=", eio, "&transport=", name].concat();
        // Told once for polling, whose session remembers it, and for each socket.
        if self.config.base64 && (self.opened.is_none() || transport == Transport::WebSocket) {
            query.push_str("&b64=1");
        }
        if let Some(opened) = self.opened() {
            let is_plain =
                |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
            query.push_str("&sid=");
            if opened.sid.bytes().all(is_plain) {
                query.push_str(&opened.sid);
                return query;
            }
            for byte in opened.sid.bytes() {
                match byte {
                    _ if is_plain(byte) => query.push(char::from(byte)),
                    _ => query.push_str(&format!("%{byte:02X}")),
                }
            }
        }
        query
    }

    /// The head of an answer came, with this status and value of `Content-Type`. The body of a GET is
    /// to be brought to [`handle_body`](Self::handle_body), that of a POST to be dropped; at its end
    /// comes [`handle_done`](Self::handle_done).
    ///
    /// # Errors
    /// [`ClientError::Status`] when the status is not 200: that transport has failed.
    /// [`ClientError::Stale`]. Either way the body is of no use.
    pub fn handle_response(
        &mut self,
        now: Instant,
        lane: Lane,
        status: u16,
        content_type: Option<&[u8]>,
    ) -> Result<(), ClientError> {
        self.advance(now, None);
        let coding = self.coding(content_type);
        let half = self.phase.half_mut().ok_or(ClientError::Stale)?;
        let leg = half.leg(lane).ok_or(ClientError::Stale)?;
        if status == 200 {
            leg.answer(coding);
            return Ok(());
        }
        self.fail(ClientError::Status(status));
        Err(ClientError::Status(status))
    }

    fn coding(&self, content_type: Option<&[u8]>) -> Coding {
        let octets = content_type.is_some_and(is_octet_stream);
        self.config.dialect().coding_of(octets)
    }

    /// One step through the body of a GET's answer. Call until `Ok(None)`, then
    /// [`handle_done`](Self::handle_done). What stands behind the server's close is dropped.
    ///
    /// # Errors
    /// What was wrong with it; that transport has failed. [`ClientError::Stale`] when nobody waits for
    /// it. Either way the rest of the body is not to be brought.
    pub fn handle_body<'b>(
        &mut self,
        now: Instant,
        lane: Lane,
        body: &mut Payload<'b>,
    ) -> Result<Option<ClientEvent<'b>>, ClientError> {
        self.advance(now, None);
        loop {
            let coding = match &self.phase {
                Phase::Opening { half, .. } | Phase::Polling(half) => match half.get {
                    Leg::Answered {
                        lane: own, coding, ..
                    } if own == lane => coding,
                    Leg::Idle | Leg::Sent { .. } | Leg::Answered { .. } => {
                        return Err(ClientError::Stale);
                    }
                },
                Phase::Closed { .. } => return Ok(None),
                Phase::Socket { .. } => return Err(ClientError::Stale),
            };
            let packet = match body.begin(coding, Reading::Exact, false) {
                Ok(()) => body.next(),
                Err(error) => Some(Err(error)),
            };
            let Some(packet) = packet else {
                return Ok(None);
            };
            if let Some(event) = self.receive(now, packet, None)? {
                return Ok(Some(event));
            }
        }
    }

    /// The body of an answer has been worked off.
    pub fn handle_done(&mut self, now: Instant, lane: Lane) {
        self.advance(now, None);
        let is_opening = matches!(self.phase, Phase::Opening { .. });
        let Some(half) = self.phase.half_mut() else {
            return;
        };
        let is_post = half.post.lane() == Some(lane);
        let Some(leg) = half.leg(lane) else {
            return;
        };
        *leg = Leg::Idle;
        if is_post && half.has_said_goodbye() {
            self.phase.end(CloseReason::ForcedClose, None);
        } else if is_opening {
            // Every packet but the first would have been an error.
            self.fail(ClientError::Handshake);
        }
    }

    /// A request, or a WebSocket's handshake, came to nothing: `error` says why.
    pub fn handle_failed(&mut self, now: Instant, lane: Lane, error: ClientError) {
        self.advance(now, None);
        if self.lane() == Some(lane) {
            self.socket_failed(error, CloseReason::TransportError);
        } else if self.wants(lane) {
            self.fail(error);
        }
    }
}
