//! Messages from the peer handed on in chunks: which frames become chunks, and when a message ends.

use super::Connection;
use crate::{
    Error, Event,
    frame::{Head, Opcode},
    streamed::{Made, Streamed},
};
use siox_wire::Input;

impl Connection {
    /// Whether messages that begin from here on are handed on in chunks as they arrive, as
    /// [`Event::Chunk`], instead of whole: `false` until told otherwise. A message that has begun goes
    /// on as it began.
    ///
    /// A connection then keeps nothing of a message but a character that is cut, and of a compressed
    /// one its window: together with what it hands on at once, at most 128 KiB beside its codec.
    /// [`Limits::streamed_message`](crate::Limits::streamed_message) bounds such a message, its
    /// deadline is that of any. What was good is handed on before the connection fails: a message of
    /// which no last chunk has come is not whole.
    pub fn set_streaming(&mut self, streaming: bool) {
        self.streaming = streaming;
    }

    /// Whether the data frame that is open, or comes next, is handed on in chunks.
    pub(super) fn is_streamed(&self) -> bool {
        match &self.assembly {
            Some(assembly) if assembly.is_message() => assembly.streamed.is_some(),
            // Of a message to be kept whole, the first head may be here and no byte yet.
            Some(_) | None => self.streaming && self.reader.inside().is_none_or(Opcode::is_control),
        }
    }

    /// Reads frames until one makes an event or the input is eaten.
    pub(super) fn step_streamed<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, Error> {
        while !input.is_empty() {
            let event = match self.reader.inside() {
                None => self.frame_streamed(input)?,
                Some(opcode) if opcode.is_control() => match self.reader.resume(input) {
                    Some(piece) => self.piece(piece, input.now())?,
                    None => None,
                },
                Some(_) => {
                    let made = self.chunk(input);
                    self.tell(made)?
                }
            };
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    /// The next frame: a control frame is read, a data frame only entered, unless it is a whole message.
    fn frame_streamed<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, Error> {
        let (role, lax) = (self.outgoing.role(), self.limits.accept_non_minimal_length);
        let rsv1 = self.accepts_rsv1();
        let Some(head) = self.reader.head(input, role, lax, rsv1)? else {
            return Ok(None);
        };
        let now = input.now();
        self.admit_order(&head, now)?;
        if head.opcode.is_control() {
            let piece = self.reader.begin(head, input);
            return self.piece(piece, now);
        }
        let is_begun = self.assembly.as_ref().is_some_and(|a| a.is_message());
        if !is_begun && head.fin && !head.rsv1 && head.len <= input.len() as u64 {
            let mut message = Streamed::new(&head);
            message.admit(&head, &self.limits)?;
            let piece = self.reader.begin(head, input);
            let made = message.make(piece.payload.unmask(), true, Ok(()));
            return self.tell(made);
        }
        self.open_frame(&head)?;
        if head.len > 0 {
            self.reader.enter(&head);
            return Ok(None);
        }
        let made = self.empty_frame(head.fin);
        self.tell(made)
    }

    /// A data frame of a message begins.
    fn open_frame(&mut self, head: &Head) -> Result<(), Error> {
        let assembly = self.assembly.get_or_insert_default();
        let streamed = assembly.streamed.get_or_insert_with(|| Streamed::new(head));
        #[cfg(feature = "deflate")]
        if streamed.is_packed() {
            let (inflater, takeover) = self.compression.inflater();
            if head.rsv1 {
                inflater.begin_message(takeover);
            }
            inflater.begin_frame();
        }
        streamed.admit(head, &self.limits)
    }

    /// A data frame without payload.
    fn empty_frame(&mut self, fin: bool) -> Made<'static> {
        let Some(streamed) = self.assembly.as_mut().and_then(|a| a.streamed.as_mut()) else {
            return (None, Ok(()));
        };
        #[cfg(feature = "deflate")]
        if fin && streamed.is_packed() {
            let (inflater, takeover) = self.compression.inflater();
            let result = inflater.end_message(takeover);
            return streamed.make(&[], true, result);
        }
        streamed.make(&[], fin, Ok(()))
    }

    /// The next chunk of the payload that the reader stands in.
    fn chunk<'b>(&mut self, input: &mut Input<'b>) -> Made<'b> {
        let Some(streamed) = self.assembly.as_mut().and_then(|a| a.streamed.as_mut()) else {
            input.take_all();
            return (None, Ok(()));
        };
        #[cfg(feature = "deflate")]
        if streamed.is_packed() {
            let (inflater, takeover) = self.compression.inflater();
            let limit = self.limits.streamed_message;
            return streamed.inflate(&mut self.reader, input, inflater, takeover, limit);
        }
        streamed.next(&mut self.reader, input)
    }

    /// Hands a chunk on. The fault behind it is told when the caller comes again.
    fn tell<'b>(&mut self, (chunk, result): Made<'b>) -> Result<Option<Event<'b>>, Error> {
        #[cfg(feature = "deflate")]
        if result.is_err() {
            self.compression.drop_inflater();
        }
        let Some(chunk) = chunk else {
            return result.map(|()| None);
        };
        if let Err(error) = result {
            self.fail(error, None);
        }
        if let Some(assembly) = &mut self.assembly
            && chunk.last
        {
            assembly.streamed = None;
            self.drop_finished();
        }
        Ok(Some(Event::Chunk(chunk)))
    }
}
