//! Settings of packets: how they are written, and how strictly they are read.

use super::Builder;
use crate::parser::{Leniency, Parser};
use std::sync::Arc;

impl Builder {
    /// How packets are written: a parser that all clients of this server use too. Default: JSON.
    pub fn parser(mut self, parser: impl Parser + 'static) -> Self {
        self.socket.parser = Some(Arc::new(parser));
        self
    }

    /// Whether to take all that the reference takes, what the protocol does not allow included. What that
    /// is, and what of it is dangerous, stands at [`Leniency`]. Default: no.
    pub fn compatible(self, compatible: bool) -> Self {
        self.leniency(if compatible {
            Leniency::compatible()
        } else {
            Leniency::STRICT
        })
    }

    /// What exactly to take that the protocol does not allow. Default: nothing.
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.socket.leniency = leniency;
        self
    }
}
