//! The answer as a whole: an agreement, or a refusal with its headers and the beginning of its body.

use super::{
    Agreed, Handshake, HandshakeError,
    answer::with_head,
    body::{Body, Progress},
};
use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use core::{fmt, time::Duration};
use siox_wire::{Input, Instant};

/// Reads the answer to a [`Request`](super::Request), a refusal with its body.
///
/// Until there is a result, the runtime reads by its own deadline, or by
/// [`poll_timeout`](Self::poll_timeout) where that is earlier; at the end of the stream, and when the
/// time is over, it asks for what is [known](Self::give_up).
#[derive(Debug)]
pub struct Answer {
    handshake: Handshake,
    refused: Option<Refused>,
}

/// A refusal whose body is still to come.
#[derive(Debug)]
struct Refused {
    rejection: Rejection,
    body: Body,
    by: Instant,
}

impl Answer {
    /// How long the body of a refusal is waited for, once its head is there.
    pub const BODY_WAIT: Duration = Duration::from_secs(1);

    /// A reader of the answer.
    #[must_use]
    pub fn new(handshake: Handshake) -> Self {
        Self {
            handshake,
            refused: None,
        }
    }

    /// Takes what belongs to the answer; frames behind an agreement stay in the input. Interim
    /// responses (status 1xx) are skipped.
    ///
    /// # Errors
    /// [`AnswerError`]. Afterwards there is nothing more to read.
    pub fn handle_input(&mut self, input: &mut Input<'_>) -> Result<Option<Agreed>, AnswerError> {
        if self.refused.is_none() {
            let Some(head) = self.handshake.final_head(input)? else {
                return Ok(None);
            };
            let agreed = self.judge(&head, input.now())?;
            if agreed.is_some() {
                return Ok(agreed);
            }
        }
        let Some(refused) = &mut self.refused else {
            return Ok(None);
        };
        match refused
            .body
            .feed(input.take_all(), &mut refused.rejection.body)
        {
            Progress::More => return Ok(None),
            Progress::Whole => refused.rejection.is_whole = true,
            Progress::Cut => {}
        }
        let refused = self.refused.take();
        refused.map_or(Ok(None), |refused| Err(refused.rejection.into()))
    }

    /// Judges a whole head: something is agreed to, or the body of a refusal follows.
    fn judge(&mut self, head: &[u8], now: Instant) -> Result<Option<Agreed>, HandshakeError> {
        with_head(head, |status, headers| {
            let headers = headers.iter().map(|h| (h.name, h.value));
            if status == 101 {
                return self.handshake.check(status, headers).map(Some);
            }
            self.refused = Some(Refused {
                body: Body::new(status, headers.clone(), Rejection::BODY),
                rejection: Rejection::new(status, headers),
                by: now.after(Self::BODY_WAIT),
            });
            Ok(None)
        })?
    }

    /// When the body of a refusal is waited for no longer: then [`give_up`](Self::give_up).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.refused.as_ref().map(|refused| refused.by)
    }

    /// What is known at the end of the stream: a refusal whose body has not come is still one. `None`
    /// where no head has come either.
    pub fn handle_eof(&mut self) -> Option<Box<Rejection>> {
        if let Some(refused) = &mut self.refused {
            refused.rejection.is_whole = refused.body.ends_with_stream();
        }
        self.give_up()
    }

    /// What is known when the time is over, as at the [end of the stream](Self::handle_eof).
    pub fn give_up(&mut self) -> Option<Box<Rejection>> {
        self.refused
            .take()
            .map(|refused| Box::new(refused.rejection))
    }
}

/// A server's answer that is not 101: refused, or sent elsewhere. Redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The status, 200 to 599.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The beginning of the body, at most [`BODY`](Self::BODY) bytes; of a chunked one, its data.
    pub body: Vec<u8>,
    /// Whether that is all of the body.
    pub is_whole: bool,
}

impl Rejection {
    /// The most bytes of a body that are kept.
    pub const BODY: usize = 8 * 1024;

    /// A refusal with this head, and nothing of a body yet.
    #[must_use]
    pub fn new<'h>(status: u16, headers: impl Iterator<Item = (&'h str, &'h [u8])>) -> Self {
        Self {
            status,
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.trim_ascii().to_vec()))
                .collect(),
            body: Vec::new(),
            is_whole: false,
        }
    }

    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &value[..])
    }

    /// How long to stay away: what a 503 says by `Retry-After` in seconds (RFC 9110 §10.2.3, §15.6.4). A date is
    /// not read, for want of a calendar here; more than 2^32 - 1 s is read as that.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if self.status != 503 {
            return None;
        }
        let digits = self.header("Retry-After")?;
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let seconds = digits.iter().fold(0u32, |seconds, digit| {
            seconds
                .saturating_mul(10)
                .saturating_add(u32::from(digit.saturating_sub(b'0')))
        });
        Some(Duration::from_secs(seconds.into()))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {} in place of 101", self.status)
    }
}

impl core::error::Error for Rejection {}

/// Why there is no WebSocket connection. No frame may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerError {
    /// The server answered with another status than 101.
    Rejected(Box<Rejection>),
    /// The server did not answer in HTTP, or with 101 but not to our request.
    Handshake(HandshakeError),
}

impl From<Rejection> for AnswerError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(Box::new(rejection))
    }
}

impl From<HandshakeError> for AnswerError {
    fn from(e: HandshakeError) -> Self {
        Self::Handshake(e)
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Handshake(e) => e.fmt(f),
        }
    }
}

impl core::error::Error for AnswerError {}
