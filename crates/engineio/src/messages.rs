//! The session as a sink for the layer above: adds the packet type, keeps no queue of its own.

use crate::{dialect::Dialect, queue::Queue};
use alloc::{sync::Arc, vec::Vec};
use bytes::Bytes;
use core::cell::Cell;
use siox_wire::{Admit, Lead, SendError, Shared, Sink};

/// Where messages go just now. Each text or binary message put here becomes one message packet; the
/// `lead` of a shared group is replaced, since no layer above puts one.
#[derive(Debug)]
pub struct Messages<'a, S>(Holder<'a, S>);

#[derive(Debug)]
enum Holder<'a, S> {
    Queue {
        queue: &'a mut Queue,
        high_water: usize,
        hard_cap: usize,
        /// Whether the next put begins a group, which is what the hard cap judges.
        begins: Cell<bool>,
    },
    Socket {
        socket: &'a mut S,
        dialect: Dialect,
    },
    Closed,
}

impl<'a, S> Messages<'a, S> {
    pub(crate) fn queue(queue: &'a mut Queue, high_water: usize, hard_cap: usize) -> Self {
        Self(Holder::Queue {
            queue,
            high_water,
            hard_cap,
            begins: Cell::new(true),
        })
    }

    #[inline]
    pub(crate) fn socket(socket: &'a mut S, dialect: Dialect) -> Self {
        Self(Holder::Socket { socket, dialect })
    }

    pub(crate) fn closed() -> Self {
        Self(Holder::Closed)
    }
}

impl<S: Sink> Sink for Messages<'_, S> {
    #[inline]
    fn admit(&self, kind: Admit) -> Result<(), SendError> {
        match &self.0 {
            Holder::Queue {
                queue,
                high_water,
                begins,
                ..
            } => {
                begins.set(true);
                queue.admit(kind, *high_water)
            }
            Holder::Socket { socket, .. } => socket.admit(kind),
            Holder::Closed => Err(SendError::Closed),
        }
    }

    fn set_compress(&mut self, wanted: bool) {
        match &mut self.0 {
            Holder::Queue { queue, .. } => queue.set_compress(wanted),
            Holder::Socket { socket, .. } => socket.set_compress(wanted),
            Holder::Closed => {}
        }
    }

    #[inline]
    fn put_text(&mut self, parts: &[&[u8]]) {
        match &mut self.0 {
            Holder::Queue {
                queue,
                hard_cap,
                begins,
                ..
            } => {
                begin(queue, *hard_cap, begins);
                queue.put_text(parts);
            }
            Holder::Socket { socket, dialect } => {
                put_led(*socket, dialect.lead().text, parts);
            }
            Holder::Closed => {}
        }
    }

    fn put_binary(&mut self, above: &[u8], payload: Bytes) {
        match &mut self.0 {
            Holder::Queue {
                queue,
                hard_cap,
                begins,
                ..
            } => {
                begin(queue, *hard_cap, begins);
                queue.put_binary(above, payload);
            }
            Holder::Socket { socket, dialect } => dialect.put_binary(*socket, above, payload),
            Holder::Closed => {}
        }
    }

    #[inline]
    fn put_shared(&mut self, group: &Arc<Shared>, _: Lead) {
        match &mut self.0 {
            Holder::Queue {
                queue,
                hard_cap,
                begins,
                ..
            } => {
                begin(queue, *hard_cap, begins);
                queue.put_shared(group);
            }
            Holder::Socket { socket, dialect } if group.may_compress() => {
                dialect.put_shared(*socket, group);
            }
            Holder::Socket { socket, dialect } => {
                socket.set_compress(false);
                dialect.put_shared(*socket, group);
                socket.set_compress(true);
            }
            Holder::Closed => {}
        }
    }
}

fn begin(queue: &mut Queue, hard_cap: usize, begins: &Cell<bool>) {
    if begins.replace(false) {
        queue.begin(hard_cap);
    }
}

/// Puts one text with `lead` before it; the parts are copied only where there are very many.
fn put_led<S: Sink>(socket: &mut S, lead: &'static [u8], parts: &[&[u8]]) {
    match *parts {
        [a] => socket.put_text(&[lead, a]),
        [a, b] => socket.put_text(&[lead, a, b]),
        [a, b, c, d] => socket.put_text(&[lead, a, b, c, d]),
        [a, b, c, d, e, f] => socket.put_text(&[lead, a, b, c, d, e, f]),
        _ => {
            let mut all = Vec::from([lead]);
            all.extend_from_slice(parts);
            socket.put_text(&all);
        }
    }
}
