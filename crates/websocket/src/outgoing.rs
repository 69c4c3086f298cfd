//! The one place where frames are queued: head, mask, payload, in that order.

use crate::{
    CloseCode, Limits,
    close::fitting,
    control::Control,
    frame::{FIN, HeadBytes, Opcode, Role, Unkeyed},
    mask::{self, Masks},
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bytes::Bytes;
use siox_wire::{Form, Lead, Outbox, Part, Shared};

/// The queue of frames to the peer.
#[derive(Debug)]
pub(crate) struct Outgoing {
    outbox: Outbox,
    /// The keys of a client; a server has none.
    masks: Option<Box<Masks>>,
}

impl Outgoing {
    pub(crate) fn server() -> Self {
        Self {
            outbox: Outbox::default(),
            masks: None,
        }
    }

    pub(crate) fn client(seed: [u8; 32]) -> Self {
        Self {
            outbox: Outbox::default(),
            masks: Some(Box::new(Masks::new(seed))),
        }
    }

    #[inline]
    pub(crate) fn role(&self) -> Role {
        match self.masks {
            None => Role::Server,
            Some(_) => Role::Client,
        }
    }

    #[inline]
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    #[inline]
    pub(crate) fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// Queues one whole message or control frame, copying its parts.
    #[inline(never)]
    pub(crate) fn frame(&mut self, opcode: Opcode, parts: &[&[u8]]) {
        let len = parts.iter().map(|p| p.len()).fold(0, usize::saturating_add);
        let Some(masks) = &mut self.masks else {
            return match Unkeyed::new(FIN | opcode as u8, 0, len) {
                Unkeyed::Short(head) => self.outbox.pack_led(head, parts, len),
                Unkeyed::Medium(head) => self.outbox.pack_led(head, parts, len),
                Unkeyed::Long(head) => self.outbox.pack_led(head, parts, len),
            };
        };
        let key = masks.next_key();
        let head = HeadBytes::encode(true, opcode, len, Some(key));
        self.outbox.pack(&[head.as_slice()]);
        self.outbox
            .pack_with(parts, |payload| mask::apply(payload, key));
    }

    /// Queues one whole message, copied: as [`frame`](Self::frame), in the form of a server's most common
    /// one.
    #[inline(never)]
    pub(crate) fn message(&mut self, opcode: Opcode, payload: &[u8]) {
        match (self.role(), payload.len()) {
            (Role::Client, _) => self.masked(opcode, payload),
            (Role::Server, len @ ..126) => {
                let head = [FIN | opcode as u8, len as u8];
                self.outbox.pack_headed(head, payload);
            }
            (Role::Server, len) => self.headed(opcode, len, payload),
        }
    }

    /// The same of a client.
    #[inline(never)]
    fn masked(&mut self, opcode: Opcode, payload: &[u8]) {
        self.frame(opcode, &[payload]);
    }

    /// Queues the head of a server's message, and its `lead`; the other `more` bytes of it are to come.
    #[inline]
    fn head(&mut self, opcode: Opcode, lead: &[u8], more: usize) {
        if !lead.is_empty() {
            return self.headed(opcode, lead.len().saturating_add(more), lead);
        }
        match Unkeyed::new(FIN | opcode as u8, 0, more) {
            Unkeyed::Short(head) => self.outbox.pack_head(head),
            Unkeyed::Medium(head) => self.outbox.pack_head(head),
            Unkeyed::Long(head) => self.outbox.pack_head(head),
        }
    }

    /// Queues the head of a server's message of `len` bytes, and the first of them.
    #[inline(never)]
    fn headed(&mut self, opcode: Opcode, len: usize, first: &[u8]) {
        match Unkeyed::new(FIN | opcode as u8, 0, len) {
            Unkeyed::Short(head) => self.outbox.pack_headed(head, first),
            Unkeyed::Medium(head) => self.outbox.pack_headed(head, first),
            Unkeyed::Long(head) => self.headed_long(head, first),
        }
    }

    #[inline(never)]
    fn headed_long(&mut self, head: [u8; 10], first: &[u8]) {
        self.outbox.pack_headed(head, first);
    }

    /// Queues one whole message that is compressed already.
    #[cfg(feature = "deflate")]
    pub(crate) fn compressed(&mut self, opcode: Opcode, payload: &[u8]) {
        self.fragment(true, true, opcode, payload);
    }

    /// Queues one data frame, with the first reserved bit as told.
    pub(crate) fn fragment(&mut self, fin: bool, rsv1: bool, opcode: Opcode, payload: &[u8]) {
        let key = self.masks.as_mut().map(|masks| masks.next_key());
        let mut head = HeadBytes::encode(fin, opcode, payload.len(), key);
        if rsv1 {
            head = head.with_rsv1();
        }
        self.outbox.pack(&[head.as_slice()]);
        self.outbox.pack_with(&[payload], |payload| {
            if let Some(key) = key {
                mask::apply(payload, key);
            }
        });
    }

    /// Queues frames that are encoded already.
    #[cfg(feature = "deflate")]
    pub(crate) fn run(&mut self, run: Bytes) {
        self.outbox.share(run);
    }

    /// Queues one whole message: a server keeps a large payload by reference.
    #[inline]
    pub(crate) fn payload(&mut self, opcode: Opcode, lead: &[u8], payload: Bytes) {
        match self.role() {
            Role::Client => self.frame(opcode, &[lead, &payload]),
            Role::Server => {
                self.head(opcode, lead, payload.len());
                self.outbox.share(payload);
            }
        }
    }

    /// Queues a group made for many receivers: a server shares one run of frames, a client has to
    /// mask a copy of its own.
    #[inline]
    pub(crate) fn shared(&mut self, group: &Arc<Shared>, lead: Lead) {
        match self.role() {
            Role::Server => {
                let run = group.form(Form::Frames, lead, move |parts| encode_group(parts, lead));
                self.outbox.share(run);
            }
            Role::Client => {
                for part in group.parts() {
                    let (opcode, lead) = framing(part, lead);
                    self.frame(opcode, &[lead, part.bytes()]);
                }
            }
        }
    }

    /// Queues a close frame: empty where the code is one that no frame carries.
    pub(crate) fn close(&mut self, code: CloseCode, reason: &str) {
        if code.is_allowed() {
            let code = code.get().to_be_bytes();
            self.frame(Opcode::Close, &[&code, fitting(reason).as_bytes()]);
        } else {
            self.frame(Opcode::Close, &[]);
        }
    }

    /// Queues the answer to a ping, or keeps it aside while too much is unwritten.
    pub(crate) fn pong(&mut self, control: &mut Control, payload: &[u8], limits: &Limits) {
        if self.has_room(control, limits) {
            self.frame(Opcode::Pong, &[payload]);
            control.pong_queued(self.outbox.len());
        } else {
            control.set_aside(payload);
        }
    }

    /// Queues the answer that was kept aside, if there is room for it now.
    #[inline]
    pub(crate) fn flush_aside(&mut self, control: &mut Control, limits: &Limits) {
        if control.has_aside()
            && self.has_room(control, limits)
            && let Some(payload) = control.take_aside()
        {
            self.frame(Opcode::Pong, &[&payload]);
            control.pong_queued(self.outbox.len());
        }
    }

    fn has_room(&self, control: &Control, limits: &Limits) -> bool {
        control.pongs() < usize::from(limits.pending_pongs) && self.outbox.held() < limits.hard_cap
    }
}

pub(crate) fn framing(part: &Part, lead: Lead) -> (Opcode, &'static [u8]) {
    match part {
        Part::Text(_) => (Opcode::Text, lead.text),
        Part::Binary(_) => (Opcode::Binary, lead.binary),
    }
}

/// All frames of a group as one run, so that nothing can come between a packet and its attachments.
fn encode_group(parts: &[Part], lead: Lead) -> Bytes {
    let mut run = Vec::new();
    for part in parts {
        let (opcode, lead) = framing(part, lead);
        let payload = part.bytes();
        let len = lead.len().saturating_add(payload.len());
        let head = HeadBytes::encode(true, opcode, len, None);
        run.reserve(len.saturating_add(head.as_slice().len()));
        run.extend_from_slice(head.as_slice());
        run.extend_from_slice(lead);
        run.extend_from_slice(payload);
    }
    run.into()
}
