//! What is sent, and what must come back: frames made by hand, so that no side's encoder has a part in them.

/// Connections of the echo.
pub(crate) const CONNECTIONS: usize = 64;

/// One row of the echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Case {
    /// Bytes of payload in a message.
    pub(crate) size: usize,
    /// Messages of one connection that are under way at once: all are sent before the first answer is read.
    pub(crate) in_flight: usize,
}

impl Case {
    pub(crate) const fn new(size: usize, in_flight: usize) -> Self {
        Self { size, in_flight }
    }

    pub(crate) fn title(self) -> String {
        let size = match self.size {
            size if size % 1024 == 0 => format!("{} KiB", size / 1024),
            size => format!("{size} B"),
        };
        format!("{size}, {} in flight", self.in_flight)
    }

    pub(crate) fn batch(self, is_raw: bool) -> Batch {
        let mut batch = Batch::default();
        for number in 0..self.in_flight {
            let payload: Vec<u8> = (0..self.size).map(|at| (at * 7 + number) as u8).collect();
            if !is_raw {
                batch.masked(
                    &payload,
                    (number as u32).wrapping_mul(0x9E37_79B9).to_be_bytes(),
                );
            }
            batch.unmasked(&payload);
        }
        if is_raw {
            // Byte for byte what a WebSocket echo answers, so that what leaves is the same; four bytes less a
            // message come in, which is to the raw echo's advantage.
            batch.ask = batch.answer.clone();
        }
        batch
    }
}

/// The messages of one turn, and their echo.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) ask: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

impl Batch {
    fn masked(&mut self, payload: &[u8], key: [u8; 4]) {
        head(&mut self.ask, payload.len(), 0x80);
        self.ask.extend(key);
        let masked = payload.iter().zip(key.iter().cycle());
        self.ask.extend(masked.map(|(byte, key)| byte ^ key));
    }

    fn unmasked(&mut self, payload: &[u8]) {
        head(&mut self.answer, payload.len(), 0);
        self.answer.extend(payload);
    }
}

/// The head of a binary message (RFC 6455 §5.2).
fn head(bytes: &mut Vec<u8>, len: usize, mask: u8) {
    bytes.push(0x82);
    match len {
        0..=125 => bytes.push(mask | len as u8),
        126..=0xFFFF => {
            bytes.push(mask | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
}
