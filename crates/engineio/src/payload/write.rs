//! Puts packets together to a body, without copying what is large.

use super::{Coding, v3_binary, v3_text, v4::SEPARATOR};
use crate::{Kind, base64};
use alloc::{collections::VecDeque, string::ToString, vec::Vec};
use bytes::Bytes;
use siox_wire::{Form, Lead, Outbox, Part, Shared};

/// A body that grows.
#[derive(Debug)]
pub(crate) struct Writer {
    coding: Coding,
    out: Outbox,
}

impl Writer {
    pub(crate) fn new(coding: Coding) -> Self {
        let out = Outbox::default();
        Self { coding, out }
    }

    /// A text packet, with its type.
    pub(crate) fn text(&mut self, packet: Bytes) {
        self.prefix(true, &packet);
        self.out.share(packet);
    }

    /// Binary data.
    pub(crate) fn binary(&mut self, kind: Kind, data: Bytes) {
        match self.coding {
            Coding::V4 => self.text(base64::packet("b", &data).into()),
            Coding::V3Text => {
                let mark = ['b', kind.digit()];
                let mark: alloc::string::String = mark.iter().collect();
                self.text(base64::packet(&mark, &data).into());
            }
            Coding::V3Binary => {
                let len = data.len().saturating_add(1);
                self.out.pack(&[&binary_prefix(false, len), &[kind as u8]]);
                self.out.share(data);
            }
        }
    }

    /// Messages that belong together, encoded once for all their receivers.
    pub(crate) fn shared(&mut self, group: &Shared, lead: Lead) {
        let form = match self.coding {
            Coding::V4 | Coding::V3Text => Form::PollingText,
            Coding::V3Binary => Form::PollingBinary,
        };
        let coding = self.coding;
        let run = group.form(form, lead, |parts| {
            let mut writer = Self::new(coding);
            for part in parts {
                match part {
                    Part::Text(text) => writer.text([lead.text, text].concat().into()),
                    Part::Binary(data) => writer.binary(Kind::Message, data.clone()),
                }
            }
            writer
                .finish()
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .into()
        });
        if coding == Coding::V4 {
            self.separate();
        }
        self.out.share(run);
    }

    pub(crate) fn finish(self) -> VecDeque<Bytes> {
        self.out.into_chunks()
    }

    fn prefix(&mut self, text: bool, packet: &[u8]) {
        match self.coding {
            Coding::V4 => self.separate(),
            Coding::V3Text => {
                let len = v3_text::units(packet).to_string();
                self.out.pack(&[len.as_bytes(), b":"]);
            }
            Coding::V3Binary => self.out.pack(&[&binary_prefix(text, packet.len())]),
        }
    }

    fn separate(&mut self) {
        if !self.out.is_empty() {
            self.out.pack(&[&[SEPARATOR]]);
        }
    }
}

fn binary_prefix(text: bool, len: usize) -> Vec<u8> {
    let mut prefix = Vec::from([u8::from(!text)]);
    prefix.extend(len.to_string().bytes().map(|digit| digit & 0x0f));
    prefix.push(v3_binary::END);
    prefix
}

/// The bytes that a text packet of this length takes in a body, at most.
pub(crate) fn text_cost(coding: Coding, packet: &[u8]) -> usize {
    let prefix = match coding {
        Coding::V4 => 1,
        Coding::V3Text => v3_text::units(packet).to_string().len().saturating_add(1),
        Coding::V3Binary => packet.len().to_string().len().saturating_add(2),
    };
    packet.len().saturating_add(prefix)
}

/// The bytes that so much binary data takes in a body, at most.
pub(crate) fn binary_cost(coding: Coding, len: usize) -> usize {
    let encoded = base64::encoded_len(len);
    match coding {
        Coding::V4 => encoded.saturating_add(2),
        Coding::V3Text => {
            let packet = encoded.saturating_add(2);
            packet
                .saturating_add(packet.to_string().len())
                .saturating_add(1)
        }
        Coding::V3Binary => {
            let packet = len.saturating_add(1);
            packet
                .saturating_add(packet.to_string().len())
                .saturating_add(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{V3, V4};
    use proptest::prelude::*;

    fn body(writer: Writer) -> Vec<u8> {
        writer.finish().into_iter().flatten().collect()
    }

    #[test]
    fn writes_what_the_reference_writes() {
        let table: [(Coding, Lead, &[u8]); 3] = [
            (Coding::V4, V4, "4€😀\x1ebAQID\x1e4x\x1ebCQ==".as_bytes()),
            (Coding::V3Text, V3, "4:4€😀6:b4AQID2:4x6:b4CQ==".as_bytes()),
            (
                Coding::V3Binary,
                V3,
                b"\x00\x08\xff4\xe2\x82\xac\xf0\x9f\x98\x80\x01\x04\xff\x04\x01\x02\x03\x00\x02\xff4x\x01\x02\xff\x04\x09",
            ),
        ];
        for (coding, lead, want) in table {
            let mut writer = Writer::new(coding);
            writer.text(Bytes::from_static("4€😀".as_bytes()));
            writer.binary(Kind::Message, Bytes::from_static(&[1, 2, 3]));
            let group = Shared::new(alloc::vec![
                Part::Text(Bytes::from_static(b"x")),
                Part::Binary(Bytes::from_static(&[9])),
            ]);
            writer.shared(&group, lead);
            assert_eq!(body(writer), want, "{coding:?}");
        }
    }

    proptest! {
        #[test]
        fn costs_are_what_is_written(text in ".{1,40}", len in 0usize..2000) {
            for coding in [Coding::V4, Coding::V3Text, Coding::V3Binary] {
                let mut writer = Writer::new(coding);
                writer.text(Bytes::from(text.clone()));
                writer.binary(Kind::Message, Bytes::from(alloc::vec![1; len]));
                let cost = text_cost(coding, text.as_bytes()).saturating_add(binary_cost(coding, len));
                // One separator too many for v4.
                let spare = usize::from(coding == Coding::V4);
                prop_assert_eq!(body(writer).len().saturating_add(spare), cost, "{:?}", coding);
            }
        }
    }
}
