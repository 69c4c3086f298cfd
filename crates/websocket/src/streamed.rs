//! What is remembered of a message that is handed on in chunks, and what becomes a chunk. Which frames
//! may come is not known here.

#[cfg(feature = "deflate")]
use crate::deflate::{Inflater, Unpacking};
use crate::{Chunk, Error, Limits, Violation, assembly::Kind, frame::Head, reader::Reader};
use alloc::borrow::Cow;
use siox_wire::{Input, Message};

/// A message of which chunks are handed on as they come.
#[derive(Debug)]
pub(crate) struct Streamed {
    kind: Kind,
    /// No chunk of it was handed on yet.
    is_fresh: bool,
    /// Bytes of it so far, if it is compressed: inflated.
    #[cfg(feature = "deflate")]
    len: u64,
    /// Payload bytes of it so far, as they came.
    received: u64,
    /// Its frames that have no payload.
    empty_frames: u32,
    #[cfg(feature = "deflate")]
    unpacking: Option<Unpacking>,
}

/// A chunk, if there is something to tell, and the fault that comes behind it.
pub(crate) type Made<'b> = (Option<Chunk<'b>>, Result<(), Error>);

impl Streamed {
    /// The message that begins with the frame of `head`.
    pub(crate) fn new(head: &Head) -> Self {
        Self {
            kind: Kind::of(head.opcode),
            is_fresh: true,
            #[cfg(feature = "deflate")]
            len: 0,
            received: 0,
            empty_frames: 0,
            #[cfg(feature = "deflate")]
            unpacking: head.rsv1.then(Unpacking::default),
        }
    }

    /// Judges a frame of it by its head.
    pub(crate) fn admit(&mut self, head: &Head, limits: &Limits) -> Result<(), Error> {
        if head.len == 0 {
            let limit = limits.fragments;
            if self.empty_frames >= limit {
                return Err(Error::TooManyFragments { limit });
            }
            self.empty_frames = self.empty_frames.saturating_add(1);
        }
        let limit = limits.streamed_message;
        #[cfg(feature = "deflate")]
        let most = match &self.unpacking {
            Some(_) => limit.saturating_mul(2).saturating_add(64 * 1024),
            None => limit,
        };
        #[cfg(not(feature = "deflate"))]
        let most = limit;
        match self.received.saturating_add(head.len) > most {
            true => Err(too_big(limit)),
            false => Ok(()),
        }
    }

    /// Payload bytes so far, as they came.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The next chunk from the payload that `reader` stands in.
    pub(crate) fn next<'b>(&mut self, reader: &mut Reader, input: &mut Input<'b>) -> Made<'b> {
        // The rest of a character by itself: what is behind it can be borrowed.
        let most = match &self.kind {
            Kind::Text(utf8) if utf8.lacks() > 0 => utf8.lacks(),
            Kind::Text(_) | Kind::Binary => usize::MAX,
        };
        let Some(piece) = reader.resume_up_to(input, most) else {
            return (None, Ok(()));
        };
        let ends = piece.ends_message();
        let bytes = piece.payload.unmask();
        self.received = self.received.saturating_add(bytes.len() as u64);
        self.make(bytes, ends, Ok(()))
    }

    /// The next bytes as a chunk. `ends`: with them the message is whole, unless `fault` or bad text
    /// says otherwise.
    pub(crate) fn make<'b>(
        &mut self,
        bytes: &'b [u8],
        ends: bool,
        fault: Result<(), Error>,
    ) -> Made<'b> {
        let (data, result) = match &mut self.kind {
            Kind::Binary => (Message::Binary(Cow::Borrowed(bytes)), fault),
            Kind::Text(utf8) => {
                let (text, valid) = utf8.take(bytes);
                // Before a fault a character may be unfinished: what is missing of it would have come.
                let is_end = ends && fault.is_ok();
                let is_valid = valid.is_ok() && (!is_end || utf8.is_complete());
                let bad = Err(Violation::InvalidUtf8.into());
                (Message::Text(text), if is_valid { fault } else { bad })
            }
        };
        let last = ends && result.is_ok();
        if data.as_bytes().is_empty() && !last {
            return (None, result);
        }
        let first = core::mem::take(&mut self.is_fresh);
        (Some(Chunk { data, first, last }), result)
    }
}

#[cfg(feature = "deflate")]
impl Streamed {
    /// Whether the message is compressed.
    pub(crate) fn is_packed(&self) -> bool {
        self.unpacking.is_some()
    }

    /// The next chunk from the compressed payload that `reader` stands in, at most 64 KiB.
    pub(crate) fn inflate(
        &mut self,
        reader: &mut Reader,
        input: &mut Input<'_>,
        inflater: &mut Inflater,
        takeover: bool,
        limit: u64,
    ) -> Made<'static> {
        let Some(mut unpacking) = self.unpacking.take() else {
            return (None, Ok(()));
        };
        let (taken, mut fault) = unpacking.fill(inflater, |to, most| reader.copy(input, to, most));
        let piece = reader.resume_up_to(input, taken);
        self.received = self.received.saturating_add(taken as u64);
        let mut ends = piece.is_some_and(|piece| piece.ends_message());
        if ends && fault.is_ok() {
            fault = inflater.end_message(takeover);
        }
        let room = limit.saturating_sub(self.len);
        let mut new = unpacking.new_bytes();
        if let Ok(room) = usize::try_from(room)
            && let Some(allowed) = new.get(..room)
            && allowed.len() < new.len()
        {
            (new, fault, ends) = (allowed, Err(too_big(limit)), false);
        }
        self.len = self.len.saturating_add(new.len() as u64);
        let (chunk, result) = self.make(new, ends, fault);
        let chunk = chunk.map(Chunk::into_owned);
        self.unpacking = Some(unpacking);
        (chunk, result)
    }
}

fn too_big(limit: u64) -> Error {
    Error::TooBig {
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    }
}
