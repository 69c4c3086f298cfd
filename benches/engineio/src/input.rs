//! The messages, and the bodies that carry them, made by hand so that no side's encoder has a part in them.

/// What joins the packets of a body.
pub(crate) const SEPARATOR: u8 = 0x1e;

/// Packets of one body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    /// How many.
    pub(crate) count: usize,
    /// Bytes of each message.
    pub(crate) size: usize,
    pub(crate) is_binary: bool,
}

impl Batch {
    pub(crate) const fn text(count: usize, size: usize) -> Self {
        Self {
            count,
            size,
            is_binary: false,
        }
    }

    pub(crate) const fn binary(count: usize, size: usize) -> Self {
        Self {
            is_binary: true,
            ..Self::text(count, size)
        }
    }

    pub(crate) fn title(self) -> String {
        let Self { count, size, .. } = self;
        let kind = if self.is_binary { "binary" } else { "text" };
        match size {
            0..1024 => format!("{count} × {size} B {kind}"),
            _ => format!("{count} × {} KiB {kind}", size / 1024),
        }
    }

    /// Each message; the bytes of binary ones are of no meaning either.
    pub(crate) fn message(self) -> String {
        let letters = "the quick brown fox jumps over the lazy dog; ".chars();
        letters.cycle().take(self.size).collect()
    }

    /// The body of v4 that carries them.
    pub(crate) fn body(self) -> Vec<u8> {
        let packet = match self.is_binary {
            true => format!("b{}", base64(self.message().as_bytes())),
            false => format!("4{}", self.message()),
        };
        vec![packet.into_bytes(); self.count].join(&SEPARATOR)
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for some in bytes.chunks(3) {
        let word = some
            .iter()
            .fold(0, |word: usize, &byte| word << 8 | usize::from(byte))
            << (8 * (3 - some.len()));
        for digit in 0..4 {
            match digit <= some.len() {
                true => text.push(char::from(DIGITS[word >> (18 - 6 * digit) & 63])),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        assert_eq!(Batch::text(2, 3).body(), b"4the\x1e4the");
        assert_eq!(Batch::binary(1, 3).body(), b"bdGhl");
        assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
        assert_eq!(base64(b"pleasure."), "cGxlYXN1cmUu");
    }
}
