//! What one connection agreed to, and the codec it holds or was lent. Which half is kept between
//! turns is decided here, and nowhere else.

use super::{
    Agreed, Codec, Config, Inflater,
    codec::{Deflater, Window},
    negotiation::MIN_OWN_BITS,
};
use crate::{
    frame::{HeadBytes, Role},
    outgoing::framing,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bytes::Bytes;
use siox_wire::{Form, Lead, Part, SendError, Shared};

/// The compression of one connection; none, unless agreed to.
#[derive(Debug, Default)]
pub(crate) struct Compression {
    terms: Option<Terms>,
    codec: Option<Box<Codec>>,
}

/// How a group made for many receivers is to be sent.
pub(crate) enum Group {
    /// As it is.
    Plain,
    /// As these frames, which others share.
    Run(Bytes),
    /// As frames of this connection's own.
    Own,
}

#[derive(Debug, Clone, Copy)]
struct Terms {
    /// Messages shorter than this are not compressed.
    threshold: u32,
    level: u8,
    /// Our window; below what the codec can, nothing is compressed.
    bits: u8,
    /// Our messages may refer to those before.
    own_takeover: bool,
    /// The peer's may.
    peer_takeover: bool,
    /// The caller wants the messages to come compressed.
    wanted: bool,
    /// The caller takes the codec back at the end of its turn.
    is_turn: bool,
    /// The peer has seen compressed messages that our compressor has not.
    stale: bool,
    /// A message in fragments is being compressed: our compressor is in the middle of it.
    streams: bool,
}

impl Terms {
    /// Whether the compressor lasts beyond a turn.
    fn keeps_deflater(&self) -> bool {
        self.own_takeover || self.streams
    }

    /// What becomes of our window with the end of a message.
    fn window(&self) -> Window {
        match self.own_takeover {
            true => Window::Keep,
            false => Window::Forget,
        }
    }
}

impl Compression {
    pub(crate) fn new(role: Role, agreed: &Agreed, config: &Config) -> Self {
        let server_takes = !agreed.server_no_context_takeover;
        let client_takes = !agreed.client_no_context_takeover;
        let (bits, own_takeover, peer_takeover) = match role {
            Role::Server => (agreed.server_bits(), server_takes, client_takes),
            // What the answer did not forbid, we may still forgo.
            Role::Client => (
                agreed.client_bits(),
                client_takes && !config.client_no_context_takeover,
                server_takes,
            ),
        };
        Self {
            terms: Some(Terms {
                threshold: u32::try_from(config.threshold).unwrap_or(u32::MAX),
                level: config.level,
                bits,
                own_takeover,
                peer_takeover,
                wanted: true,
                is_turn: false,
                stale: false,
                streams: false,
            }),
            codec: None,
        }
    }

    /// Whether the peer may send compressed messages.
    #[inline]
    pub(crate) fn is_agreed(&self) -> bool {
        self.terms.is_some()
    }

    pub(crate) fn set_wanted(&mut self, wanted: bool) {
        if let Some(terms) = &mut self.terms {
            terms.wanted = wanted;
        }
    }

    /// Our terms, if a message of `len` bytes is to be compressed.
    #[inline]
    fn terms_for(&self, len: usize) -> Option<Terms> {
        self.terms
            .filter(|t| t.wanted && len >= t.threshold as usize && t.bits >= MIN_OWN_BITS)
    }

    /// The message compressed; `None` where it goes as it is.
    #[inline]
    pub(crate) fn pack(&mut self, parts: &[&[u8]]) -> Option<Vec<u8>> {
        let len = parts.iter().map(|p| p.len()).fold(0, usize::saturating_add);
        let terms = self.terms_for(len)?;
        self.pack_with(terms, parts, len)
    }

    #[inline(never)]
    fn pack_with(&mut self, terms: Terms, parts: &[&[u8]], len: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let deflater = self.deflater(terms);
        if !terms.own_takeover || terms.stale {
            deflater.reset();
        }
        let done = deflater.compress(parts, terms.window(), &mut out);
        self.set_stale(done.is_none());
        self.settle_deflater();
        done?;
        // With takeover the peer must see what our window has seen.
        (terms.own_takeover || out.len() < len).then_some(out)
    }

    /// A message in fragments begins.
    pub(crate) fn begin_stream(&mut self) {
        let Some(terms) = self.terms_for(usize::MAX) else {
            return;
        };
        let deflater = self.deflater(terms);
        if !terms.own_takeover || terms.stale {
            deflater.reset();
        }
        self.set_stale(false);
        self.set_streams(true);
    }

    /// The next fragment compressed; `None` where it goes as it is. Fails if the codec does, which it
    /// does not.
    pub(crate) fn pack_fragment(
        &mut self,
        chunk: &[u8],
        fin: bool,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let Some(terms) = self.terms.filter(|t| t.streams) else {
            return Ok(None);
        };
        let mut out = Vec::new();
        let fin = fin.then(|| terms.window());
        let done = self.deflater(terms).fragment(chunk, fin, &mut out);
        done.map(|()| Some(out)).ok_or(SendError::Unencodable)
    }

    /// The message in fragments is over.
    pub(crate) fn end_stream(&mut self) {
        if self.terms.is_some_and(|t| t.streams) {
            self.set_streams(false);
            self.settle_deflater();
        }
    }

    /// A group made once for many receivers, as frames in which each message is compressed by itself.
    pub(crate) fn pack_group(&mut self, group: &Arc<Shared>, lead: Lead) -> Group {
        let lens = group.parts().iter().map(|part| {
            let (_, lead) = framing(part, lead);
            lead.len().saturating_add(part.bytes().len())
        });
        let longest = lens.max().unwrap_or(0);
        let Some(terms) = self.terms_for(longest) else {
            return Group::Plain;
        };
        // By itself, a message refers to itself only: its own length is window enough.
        if terms.bits < 15 && longest > 1usize.checked_shl(u32::from(terms.bits)).unwrap_or(0) {
            return Group::Own;
        }
        let run = group.form(Form::Deflated, lead, |parts| {
            self.encode_group(terms, parts, lead)
        });
        self.set_stale(true);
        self.settle_deflater();
        Group::Run(run)
    }

    fn encode_group(&mut self, terms: Terms, parts: &[Part], lead: Lead) -> Bytes {
        let (mut run, mut packed) = (Vec::new(), Vec::new());
        let deflater = self.deflater(terms);
        for part in parts {
            let (opcode, lead) = framing(part, lead);
            let payload = part.bytes();
            let len = lead.len().saturating_add(payload.len());
            packed.clear();
            deflater.reset();
            let is_packed = len >= terms.threshold as usize
                && deflater
                    .compress(&[lead, payload], Window::Forget, &mut packed)
                    .is_some()
                && packed.len() < len;
            if is_packed {
                let head = HeadBytes::encode(true, opcode, packed.len(), None).with_rsv1();
                run.extend_from_slice(head.as_slice());
                run.extend_from_slice(&packed);
            } else {
                let head = HeadBytes::encode(true, opcode, len, None);
                for bytes in [head.as_slice(), lead, payload] {
                    run.extend_from_slice(bytes);
                }
            }
        }
        run.into()
    }

    fn deflater(&mut self, terms: Terms) -> &mut Deflater {
        let codec = self.codec.get_or_insert_default();
        codec.deflater.take_if(|d| !d.is(terms.level, terms.bits));
        codec
            .deflater
            .get_or_insert_with(|| Deflater::new(terms.level, terms.bits))
    }

    fn set_stale(&mut self, stale: bool) {
        if let Some(terms) = &mut self.terms {
            terms.stale = stale;
        }
    }

    fn set_streams(&mut self, streams: bool) {
        if let Some(terms) = &mut self.terms {
            terms.streams = streams;
        }
    }

    /// The inflater, and whether its window lasts beyond the message.
    pub(crate) fn inflater(&mut self) -> (&mut Inflater, bool) {
        let codec = self.codec.get_or_insert_default();
        let takeover = self.terms.is_some_and(|t| t.peer_takeover);
        (codec.inflater.get_or_insert_with(Inflater::new), takeover)
    }

    /// The peer's data was bad: what the inflater holds is not to be used again.
    pub(crate) fn drop_inflater(&mut self) {
        if let Some(codec) = &mut self.codec {
            codec.inflater = None;
        }
        self.drop_empty();
    }

    /// The input is eaten; with `in_message`, a compressed message is not whole.
    #[inline]
    pub(crate) fn settle_inflater(&mut self, in_message: bool) {
        let Some(terms) = self.terms else { return };
        if self.codec.is_some() && !terms.is_turn && !terms.peer_takeover && !in_message {
            self.drop_inflater();
        }
    }

    fn settle_deflater(&mut self) {
        let Some(terms) = self.terms else { return };
        if let Some(codec) = &mut self.codec
            && !terms.is_turn
            && !terms.keeps_deflater()
        {
            codec.deflater = None;
        }
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        self.codec.take_if(|codec| codec.is_empty());
    }

    /// The connection is over: no window is needed any more.
    pub(crate) fn forget(&mut self) {
        let Some(terms) = &mut self.terms else { return };
        terms.own_takeover = false;
        terms.peer_takeover = false;
        terms.streams = false;
        if !terms.is_turn {
            self.codec = None;
        }
    }

    /// A turn begins: takes from `pool` what this connection does not keep itself.
    pub(crate) fn lend(&mut self, pool: &mut Option<Box<Codec>>) {
        let Some(terms) = &mut self.terms else { return };
        terms.is_turn = true;
        let keeps_any = terms.own_takeover || terms.peer_takeover;
        let Some(from) = pool else { return };
        if self.codec.is_none() && !keeps_any {
            self.codec = pool.take();
            return;
        }
        let codec = self.codec.get_or_insert_default();
        if !terms.own_takeover && codec.deflater.is_none() {
            codec.deflater = from.deflater.take();
        }
        if !terms.peer_takeover && codec.inflater.is_none() {
            codec.inflater = from.inflater.take();
        }
    }

    /// A turn ends: gives back all that need not be kept.
    pub(crate) fn release(&mut self, pool: &mut Option<Box<Codec>>, in_message: bool) {
        let Some(terms) = &mut self.terms else { return };
        terms.is_turn = false;
        let Some(mut codec) = self.codec.take() else {
            return;
        };
        let keeps_inflater = terms.peer_takeover || in_message;
        let keeps_deflater = terms.keeps_deflater();
        if !keeps_deflater && !keeps_inflater && pool.is_none() {
            *pool = Some(codec);
            return;
        }
        let to = pool.get_or_insert_default();
        if !keeps_deflater {
            to.deflater = codec.deflater.take().or(to.deflater.take());
        }
        if !keeps_inflater {
            to.inflater = codec.inflater.take().or(to.inflater.take());
        }
        self.codec = Some(codec);
        self.drop_empty();
    }
}
