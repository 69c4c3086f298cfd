//! The server's handshake from the bytes on: a request in, an answer and a connection out. The caller
//! reads, writes and keeps the deadline.

use super::{
    Accept, AcceptOptions, Denial, Refusal, Request, Verdict, options::put_extra, refusal::head,
    request,
};
use crate::{
    Connection,
    handshake::{Agreed, HeadReader, HeadTooLarge, InvalidHeader},
};
use alloc::vec::Vec;
use core::fmt;
use siox_wire::Input;

/// Reads one request and answers it.
///
/// ```
/// use siox_websocket::handshake::server::{AcceptOptions, Handshake};
/// use siox_wire::{Input, Instant};
///
/// let options = AcceptOptions::default();
/// let mut handshake = Handshake::new(&options);
/// let mut read = *b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// let mut input = Input::new(Instant::EPOCH, &mut read);
/// match handshake.handle_input(&mut input) {
///     // Write `answer`, then feed `connection`, first with what is left of the input.
///     Ok(Some(accepted)) => assert!(accepted.answer.starts_with(b"HTTP/1.1 101 ")),
///     Ok(None) => {} // read on
///     // Write `answer`, and close.
///     Err(rejected) => panic!("{}", rejected.error),
/// }
/// ```
#[derive(Debug)]
pub struct Handshake<'o> {
    options: &'o AcceptOptions,
    head: HeadReader,
}

/// A request that is in order, and waits for the server's verdict; it may take its time.
#[derive(Debug)]
#[must_use]
pub struct Pending<'o> {
    options: &'o AcceptOptions,
    accept: Accept<'o>,
    agreed: Agreed,
}

/// A handshake that succeeded.
#[derive(Debug)]
pub struct Accepted {
    /// What to write before anything of the connection's.
    pub answer: Vec<u8>,
    /// The server's end. What is left of the input is its first.
    pub connection: Connection,
    /// What was agreed to.
    pub agreed: Agreed,
}

/// A handshake that failed.
#[derive(Debug)]
pub struct Rejected {
    /// What to write before the connection is closed; it may be empty. What the peer sent behind its
    /// request is to be dropped.
    pub answer: Vec<u8>,
    /// Why.
    pub error: AcceptError,
}

/// Why a server refused a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptError {
    /// The request is none, or not allowed.
    Refused(Refusal),
    /// The hook refused it, with this status.
    Denied(u16),
    /// The head is too long; the peer was told 431.
    HeadTooLarge(HeadTooLarge),
    /// The request did not come in time, and a peer that had begun one was told 408; or the verdict on it
    /// did not, and the peer was told 503.
    Timeout,
    /// The hook gave a header that cannot be sent; the peer was told 500.
    InvalidHeader,
}

impl<'o> Handshake<'o> {
    /// Waits for a request.
    #[must_use]
    pub fn new(options: &'o AcceptOptions) -> Self {
        Self {
            options,
            head: HeadReader::new(options.head),
        }
    }

    /// Takes what belongs to the request; what comes behind it stays in the input. The options' hook
    /// judges it.
    ///
    /// # Errors
    /// [`Rejected`].
    pub fn handle_input(&mut self, input: &mut Input<'_>) -> Result<Option<Accepted>, Rejected> {
        let options = self.options;
        match self.handle_request(input, |request| options.judge(request))? {
            Some((pending, verdict)) => pending.decide(verdict).map(Some),
            None => Ok(None),
        }
    }

    /// As [`handle_input`](Self::handle_input), for a server that must wait to judge: in place of the
    /// options' hook `read` is called, once, for a request that is in order, and what it makes of the
    /// request comes back beside it.
    ///
    /// # Errors
    /// [`Rejected`].
    pub fn handle_request<R>(
        &mut self,
        input: &mut Input<'_>,
        read: impl FnOnce(&Request<'_>) -> R,
    ) -> Result<Option<(Pending<'o>, R)>, Rejected> {
        match self.head.handle_input(input) {
            Ok(Some(head)) => {
                let options = self.options;
                let judged = request::parse(&head, |(target, headers, offer)| {
                    let (accept, agreed) = options.agree(&offer)?;
                    let pending = Pending {
                        options,
                        accept,
                        agreed,
                    };
                    Ok((pending, read(&Request::new(target, headers))))
                });
                judged.and_then(|judged| judged).map(Some).map_err(refuse)
            }
            Ok(None) => Ok(None),
            Err(e) => Err(Rejected {
                answer: empty(431),
                error: AcceptError::HeadTooLarge(e),
            }),
        }
    }

    /// The time is over.
    #[must_use]
    pub fn give_up(&self) -> Rejected {
        Rejected {
            answer: match self.head.is_empty() {
                true => Vec::new(),
                false => empty(408),
            },
            error: AcceptError::Timeout,
        }
    }
}

impl Pending<'_> {
    /// Accepts the request, with these headers beside those of the handshake, or refuses it.
    ///
    /// # Errors
    /// [`Rejected`].
    pub fn decide(self, verdict: Verdict) -> Result<Accepted, Rejected> {
        let extra = verdict.map_err(|denial| deny(&denial))?;
        let mut fields = Vec::new();
        put_extra(&mut fields, &extra).map_err(fault)?;
        let mut answer = self.accept.response(&[]).map_err(fault)?;
        // Before the empty line.
        answer.truncate(answer.len().saturating_sub(2));
        answer.extend_from_slice(&fields);
        answer.extend_from_slice(b"\r\n");
        Ok(Accepted {
            answer,
            connection: self.options.connection(&self.agreed),
            agreed: self.agreed,
        })
    }

    /// The time is over, and there is no verdict: the server's fault, with status 503.
    #[must_use]
    pub fn give_up(self) -> Rejected {
        Rejected {
            answer: empty(503),
            error: AcceptError::Timeout,
        }
    }
}

fn refuse(refusal: Refusal) -> Rejected {
    Rejected {
        answer: refusal.response(),
        error: AcceptError::Refused(refusal),
    }
}

fn deny(denial: &Denial) -> Rejected {
    match denial.response() {
        Ok(answer) => Rejected {
            answer,
            error: AcceptError::Denied(denial.status),
        },
        Err(e) => fault(e),
    }
}

fn fault(_: InvalidHeader) -> Rejected {
    Rejected {
        answer: empty(500),
        error: AcceptError::InvalidHeader,
    }
}

/// A whole answer without a body.
fn empty(status: u16) -> Vec<u8> {
    let mut answer = head(status, "close", 0);
    answer.extend_from_slice(b"\r\n");
    answer
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(e) => e.fmt(f),
            Self::Denied(status) => write!(f, "denied with status {status}"),
            Self::HeadTooLarge(e) => e.fmt(f),
            Self::Timeout => f.write_str("the request did not come in time"),
            Self::InvalidHeader => f.write_str("a header of ours that cannot be sent"),
        }
    }
}

impl core::error::Error for AcceptError {}
