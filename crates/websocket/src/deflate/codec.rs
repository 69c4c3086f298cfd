//! The two halves of the codec, over `flate2` and what it is made of: messages in, DEFLATE streams without their last four
//! bytes out (RFC 7692 §7.2), and back. What was negotiated, and frames, are not known here.

use super::Guess;
use crate::{Error, Violation};
use alloc::vec::Vec;
use core::fmt;
use flate2::{Compress, Compression, FlushCompress};
use zlib_rs::{Inflate, InflateFlush, Status};

/// A compressor and an inflater, each made when first needed. Connections lend it from their runtime
/// (see [`Connection::lend_codec`](crate::Connection::lend_codec)); nothing of a connection stays in
/// it that another could see.
#[derive(Debug, Default)]
pub struct Codec {
    pub(super) deflater: Option<Deflater>,
    pub(super) inflater: Option<Inflater>,
}

impl Codec {
    pub(super) fn is_empty(&self) -> bool {
        self.deflater.is_none() && self.inflater.is_none()
    }
}

/// What a sender strips from each message (§7.2.1) and a receiver appends (§7.2.2).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// The tail, and an empty stored block with BFINAL set.
const FINAL_TAIL: [u8; 9] = [0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff];
const WINDOW: usize = 1 << 15;
/// The codec counts what it is given at once in 32 bits.
const AT_ONCE: usize = 1 << 30;

/// What is to become of what the compressor has seen when a message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// The next message may refer to it.
    Keep,
    /// It is forgotten. To flush this way costs half of what a reset does, which a short message spends most of
    /// its time on.
    Forget,
}

impl Window {
    fn flush(self) -> FlushCompress {
        match self {
            Self::Keep => FlushCompress::Sync,
            Self::Forget => FlushCompress::Full,
        }
    }
}

/// Compresses messages.
#[derive(Debug)]
pub(super) struct Deflater {
    z: Compress,
    level: u8,
    bits: u8,
    /// Its window holds something.
    used: bool,
}

impl Deflater {
    /// `level` up to 9, `bits` 9 to 15: others are cut to that.
    pub(super) fn new(level: u8, bits: u8) -> Self {
        let z = Compress::new_with_window_bits(
            Compression::new(u32::from(level.min(9))),
            false,
            bits.clamp(9, 15),
        );
        Self {
            z,
            level,
            bits,
            used: false,
        }
    }

    pub(super) fn is(&self, level: u8, bits: u8) -> bool {
        self.level == level && self.bits == bits
    }

    /// Forgets the messages before.
    pub(super) fn reset(&mut self) {
        if core::mem::take(&mut self.used) {
            self.z.reset();
        }
    }

    /// Compresses one message behind what `out` holds; `None` if the codec fails, which it does not.
    pub(super) fn compress(
        &mut self,
        parts: &[&[u8]],
        window: Window,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let len = parts.iter().map(|p| p.len()).fold(0, usize::saturating_add);
        if len == 0 {
            out.push(0); // an empty stored block without its tail (RFC 7692 §7.2.3.6)
            return Some(());
        }
        self.run(parts, window.flush(), out)?;
        self.used = window == Window::Keep;
        let end = out.len().checked_sub(TAIL.len())?;
        if out.get(end..) != Some(&TAIL) {
            return None;
        }
        out.truncate(end);
        Some(())
    }

    /// Compresses the next bytes of a message behind what `out` holds, so that all of them can be
    /// inflated; `fin`: the message ends with them, and this becomes of the window.
    pub(super) fn fragment(
        &mut self,
        chunk: &[u8],
        fin: Option<Window>,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        if let Some(window) = fin {
            return self.compress(&[chunk], window, out);
        }
        self.run(&[chunk], FlushCompress::Sync, out)
    }

    /// Compresses all of the parts, and flushes behind the last.
    fn run(&mut self, parts: &[&[u8]], flush: FlushCompress, out: &mut Vec<u8>) -> Option<()> {
        self.used = true;
        let len = parts.iter().map(|p| p.len()).fold(0, usize::saturating_add);
        out.reserve((len / 2).saturating_add(64));
        let mut chunks = parts.iter().flat_map(|part| part.chunks(AT_ONCE));
        let mut last: &[u8] = chunks.next().unwrap_or_default();
        for chunk in chunks {
            self.feed(last, FlushCompress::None, out)?;
            last = chunk;
        }
        self.feed(last, flush, out)
    }

    fn feed(&mut self, mut rest: &[u8], flush: FlushCompress, out: &mut Vec<u8>) -> Option<()> {
        loop {
            let (taken, made) = self.step(rest, out, flush)?;
            rest = rest.get(taken..)?;
            let is_idle = taken == 0 && made == 0;
            if rest.is_empty() && (is_idle || out.len() < out.capacity()) {
                return Some(());
            }
            if is_idle {
                return None;
            }
        }
    }

    fn step(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        flush: FlushCompress,
    ) -> Option<(usize, usize)> {
        out.reserve(64);
        let (taken, made) = (self.z.total_in(), out.len());
        self.z.compress_vec(input, out, flush).ok()?;
        let taken = self.z.total_in().saturating_sub(taken);
        Some((usize::try_from(taken).ok()?, out.len().saturating_sub(made)))
    }
}

/// Inflates messages, piece by piece.
pub(crate) struct Inflater {
    z: Inflate,
    /// Its window holds something.
    used: bool,
    /// A stream has begun and must be ended by the message's tail.
    open: bool,
    /// How many blocks with BFINAL may still come.
    finals: u32,
    guess: Guess,
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("total_in", &self.z.total_in())
            .field("total_out", &self.z.total_out())
            .finish_non_exhaustive()
    }
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self {
            z: Inflate::new(false, 15),
            used: false,
            open: false,
            finals: 0,
            guess: Guess::default(),
        }
    }

    /// A message begins; without context takeover, with an empty window.
    pub(crate) fn begin_message(&mut self, takeover: bool) {
        if !takeover && core::mem::take(&mut self.used) {
            self.z.reset(false);
        }
        self.open = false;
        self.finals = 0;
    }

    /// A frame of the message begins. One BFINAL a frame is what a sender has use for; each costs a
    /// copy of the window.
    pub(crate) fn begin_frame(&mut self) {
        self.finals = self.finals.saturating_add(1);
    }

    /// Inflates a piece of a message behind what `out` holds of it; `ahead`: for so many bytes that are to come
    /// behind it there may be room too. After an error `out` holds all that came before.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        ahead: usize,
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<(), Error> {
        for mut rest in input.chunks(AT_ONCE) {
            self.used = true;
            self.open = true;
            loop {
                let step = self.step(rest, ahead, out, limit)?;
                rest = rest.get(step.taken..).unwrap_or_default();
                if step.ended {
                    self.restart(out)?;
                    if rest.is_empty() {
                        break;
                    }
                    self.open = true;
                } else if step.is_idle || (rest.is_empty() && step.had_room) {
                    break;
                }
            }
            if !rest.is_empty() {
                return Err(Violation::Deflate.into());
            }
        }
        Ok(())
    }

    /// Inflates a piece of a message behind what `out` holds, its window at least, until that is `most`
    /// long or longer or all is made of the piece that can be; says how many bytes it took. After an
    /// error `out` holds all that came before.
    pub(crate) fn inflate_up_to(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        most: usize,
    ) -> Result<usize, Error> {
        let mut rest = input;
        while out.len() < most && (self.open || !rest.is_empty()) {
            self.used = true;
            self.open = true;
            let step = self.run(rest, 0, out, most)?;
            rest = rest.get(step.taken..).unwrap_or_default();
            if step.ended {
                self.restart(out)?;
            } else if step.had_room && (rest.is_empty() || step.is_idle) {
                break;
            }
        }
        if out.len() < most && !rest.is_empty() {
            return Err(Violation::Deflate.into());
        }
        Ok(input.len().saturating_sub(rest.len()))
    }

    fn run(
        &mut self,
        input: &[u8],
        ahead: usize,
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<Step, Error> {
        let had = out.len();
        let wanted = input.len().saturating_add(ahead);
        let room = self.guess.make_room(out, limit, wanted);
        let before = self.z.total_in();
        let status = siox_mask::inflate(&mut self.z, input, out, room);
        let taken = since(before, self.z.total_in());
        let made = out.len().saturating_sub(had);
        let status = status.map_err(|_| Violation::Deflate)?;
        self.guess.learn(taken, made);
        Ok(Step {
            taken,
            is_idle: taken == 0 && made == 0,
            had_room: made < room,
            ended: status == Status::StreamEnd,
        })
    }

    /// The message ends: with a whole block at the border of a byte, or it is not one. Without
    /// takeover that is known for certain, else as far as the codec tells.
    pub(crate) fn end_message(&mut self, takeover: bool) -> Result<(), Error> {
        if !core::mem::take(&mut self.open) {
            return Ok(()); // no byte at all, or a final block was the last
        }
        match takeover {
            true => self.match_tail(&TAIL, false),
            false => self.match_tail(&FINAL_TAIL, true),
        }
    }

    /// Feeds what must end as told and yield nothing.
    fn match_tail(&mut self, input: &[u8], ended: bool) -> Result<(), Error> {
        let mut out = [0; 8];
        let (taken, made) = (self.z.total_in(), self.z.total_out());
        let status = self.z.decompress(input, &mut out, InflateFlush::SyncFlush);
        let taken = self.z.total_in().saturating_sub(taken);
        let is_whole = taken == input.len() as u64 && made == self.z.total_out();
        match status {
            Ok(status) if is_whole && (status == Status::StreamEnd) == ended => Ok(()),
            Ok(_) | Err(_) => Err(Violation::Deflate.into()),
        }
    }

    fn step(
        &mut self,
        input: &[u8],
        ahead: usize,
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<Step, Error> {
        if out.len() >= limit {
            return self.probe(input, limit);
        }
        self.run(input, ahead, out, limit)
    }

    /// All that is allowed is there: another byte is one too many, but blocks may still end.
    fn probe(&mut self, input: &[u8], limit: usize) -> Result<Step, Error> {
        let (taken, made) = (self.z.total_in(), self.z.total_out());
        let status = self
            .z
            .decompress(input, &mut [0; 1], InflateFlush::SyncFlush);
        if self.z.total_out() != made {
            return Err(Error::TooBig { limit });
        }
        let status = status.map_err(|_| Violation::Deflate)?;
        Ok(Step {
            taken: since(taken, self.z.total_in()),
            is_idle: self.z.total_in() == taken,
            had_room: true,
            ended: status == Status::StreamEnd,
        })
    }

    /// A final block ended: what follows is another stream, which may refer to this message so far.
    fn restart(&mut self, out: &[u8]) -> Result<(), Error> {
        self.finals = self.finals.checked_sub(1).ok_or(Violation::Deflate)?;
        self.open = false;
        self.z.reset(false);
        let window = out.get(out.len().saturating_sub(WINDOW)..).unwrap_or(out);
        if !window.is_empty() {
            self.z
                .set_dictionary(window)
                .map_err(|_| Violation::Deflate)?;
        }
        Ok(())
    }
}

fn since(before: u64, now: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}

/// What one call of the codec did.
struct Step {
    /// Bytes of the input that it took.
    taken: usize,
    /// Nothing went in or out.
    is_idle: bool,
    /// It did not stop for want of room.
    had_room: bool,
    /// A final block ended.
    ended: bool,
}
