//! The messages, made by hand so that no side's encoder has a part in them.

/// Payload sizes, in bytes: a tick, the largest short length, a chat message with its fan-out, a page,
/// and the largest message that the default limits allow.
pub const SIZES: [(&str, usize); 5] = [
    ("16 B", 16),
    ("125 B", 125),
    ("1 KiB", 1 << 10),
    ("16 KiB", 16 << 10),
    ("1 MiB", 1 << 20),
];

/// How many messages of `size` bytes one run has: some 256 KiB of payload, which stays in a processor's
/// cache as what a kernel has just received does, and at most 4,096 messages.
#[must_use]
pub fn count(size: usize) -> usize {
    ((256 << 10) / size.max(1)).clamp(1, 4096)
}

/// A text of `size` bytes: ASCII, as most messages are.
#[must_use]
pub fn text(size: usize) -> String {
    "the quick brown fox jumps over the lazy dog; "
        .chars()
        .cycle()
        .take(size)
        .collect()
}

/// JSON-like text of `size` bytes, as compressible as such messages are.
#[must_use]
pub fn json(size: usize) -> String {
    let mut text = String::with_capacity(size + 100);
    for n in 0u32.. {
        if text.len() >= size {
            break;
        }
        let hash = n.wrapping_mul(0x9E37_79B9);
        text.push_str(&format!(
            r#"{{"id":{n},"user":"{hash:08x}","price":{}.{:02},"text":"message number {n}"}},"#,
            hash % 1000,
            hash % 97
        ));
    }
    text.truncate(size);
    text
}

/// `count` masked text frames with `payload`, as a client sends them, each with its own key.
#[must_use]
pub fn masked_texts(payload: &str, count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count * (payload.len() + 14));
    for number in 1..=count as u32 {
        let key = number.wrapping_mul(0x9E37_79B9).to_be_bytes();
        bytes.push(0x81);
        push_length(&mut bytes, payload.len(), 0x80);
        bytes.extend(key);
        let masked = payload.bytes().zip(key.iter().cycle());
        bytes.extend(masked.map(|(byte, key)| byte ^ key));
    }
    bytes
}

/// The second byte of a frame's head with the bit `mask`, and the length that follows it.
pub(crate) fn push_length(bytes: &mut Vec<u8>, size: usize, mask: u8) {
    match size {
        0..=125 => bytes.push(mask | size as u8),
        126..=0xFFFF => {
            bytes.push(mask | 126);
            bytes.extend((size as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend((size as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_length_they_should() {
        for (size, head) in [(16, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
            let frames = masked_texts(&text(size), 3);
            assert_eq!(frames.len(), 3 * (size + head), "{size}");
        }
    }
}
