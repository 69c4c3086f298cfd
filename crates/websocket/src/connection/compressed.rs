//! Compressed messages (RFC 7692): how the machine comes to use its codec. The codec itself, and what
//! of it is kept, is in [`deflate`](crate::deflate).

use super::Connection;
use crate::{
    Error,
    deflate::{Agreed, Codec, Compression, Config, Group},
    frame::{Head, Opcode, Role},
    outgoing::framing,
    reader::Piece,
};
use alloc::{boxed::Box, sync::Arc};
use siox_wire::{Lead, Part, Shared};

impl Connection {
    /// With permessage-deflate, as `agreed` in the opening handshake; `config` is the one that was
    /// negotiated with. Before anything is read or sent.
    #[must_use]
    pub fn with_deflate(mut self, agreed: &Agreed, config: &Config) -> Self {
        self.compression = Compression::new(self.outgoing.role(), agreed, config);
        self
    }

    /// Whether permessage-deflate was agreed to.
    #[inline]
    #[must_use]
    pub fn has_deflate(&self) -> bool {
        self.compression.is_agreed()
    }

    /// Whether messages sent from here on are compressed, if they reach the threshold: `true` until
    /// told otherwise. Without effect where nothing was agreed to.
    pub fn set_compress(&mut self, wanted: bool) {
        self.compression.set_wanted(wanted);
    }

    /// A turn begins: takes from the caller's pool the halves of the codec that this connection does
    /// not keep itself, as far as they are there. Until
    /// [`release_codec`](Self::release_codec) a half that is needed and missing is made once; without
    /// this call it is made anew for each message.
    pub fn lend_codec(&mut self, pool: &mut Option<Box<Codec>>) {
        self.compression.lend(pool);
    }

    /// A turn ends: puts into the pool what need not be kept, which is all without context takeover,
    /// but for the inflater of a message that is not whole.
    pub fn release_codec(&mut self, pool: &mut Option<Box<Codec>>) {
        let in_message = self.is_in_compressed();
        self.compression.release(pool, in_message);
    }

    /// Whether a compressed message has begun and is not whole.
    pub(super) fn is_in_compressed(&self) -> bool {
        self.assembly.as_ref().is_some_and(|a| a.is_packed())
    }

    /// Whether the frame belongs to a compressed message; if so, its size is judged.
    pub(super) fn admit_compressed(&self, head: &Head) -> Result<bool, Error> {
        let before = match (&self.assembly, head.opcode) {
            (Some(assembly), Opcode::Continuation) if assembly.is_packed() => assembly.packed(),
            _ if head.rsv1 => 0,
            _ => return Ok(false),
        };
        // No codec makes so much of what fits the limit; beyond, it is bytes that inflate to nothing.
        let limit = self.limits.message;
        let most = limit.saturating_mul(2).saturating_add(64 * 1024) as u64;
        match before.saturating_add(head.len) > most {
            true => Err(Error::TooBig { limit }),
            false => Ok(true),
        }
    }

    /// Whether the piece is one of a compressed message.
    #[inline]
    pub(super) fn is_compressed(&self, piece: &Piece<'_>) -> bool {
        let continues = || self.assembly.as_ref().is_some_and(|a| a.is_packed());
        piece.rsv1 || (piece.opcode == Opcode::Continuation && continues())
    }

    /// Inflates a piece of a compressed message.
    pub(super) fn inflate(&mut self, piece: Piece<'_>) -> Result<(), Error> {
        let assembly = self.assembly.get_or_insert_default();
        let (inflater, takeover) = self.compression.inflater();
        let (limit, paid) = (self.limits.message, self.control.paid);
        let done = assembly.inflate(piece, inflater, takeover, limit, paid);
        if done.is_err() {
            self.compression.drop_inflater();
        }
        done
    }

    /// Queues a group made for many receivers, compressed; says whether it did.
    pub(super) fn put_shared_compressed(&mut self, group: &Arc<Shared>, lead: Lead) -> bool {
        if !self.compression.is_agreed() {
            return false;
        }
        if self.outgoing.role() == Role::Server {
            match self.compression.pack_group(group, lead) {
                Group::Plain => return false,
                Group::Run(run) => {
                    self.outgoing.run(run);
                    return true;
                }
                Group::Own => {}
            }
        }
        for part in group.parts() {
            let (opcode, lead) = framing(part, lead);
            match part {
                Part::Text(text) => self.put_message(opcode, &[lead, text]),
                Part::Binary(bytes) => self.put_payload(opcode, lead, bytes.clone()),
            }
        }
        true
    }
}
