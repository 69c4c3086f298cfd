//! Frames made by hand (RFC 6455 §5.2), so that no side's encoder has a part in them.

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const MASKED: u8 = 0x80;

/// A text of a client.
pub(crate) fn ask_text(bytes: &mut Vec<u8>, text: &str) {
    masked(bytes, TEXT, text.as_bytes());
}

/// A binary message of a client.
pub(crate) fn ask_binary(bytes: &mut Vec<u8>, data: &[u8]) {
    masked(bytes, BINARY, data);
}

/// A text of a server.
pub(crate) fn text(bytes: &mut Vec<u8>, text: &str) {
    head(bytes, TEXT, 0, text.len());
    bytes.extend(text.as_bytes());
}

/// A binary message of a server.
pub(crate) fn binary(bytes: &mut Vec<u8>, data: &[u8]) {
    head(bytes, BINARY, 0, data.len());
    bytes.extend(data);
}

fn masked(bytes: &mut Vec<u8>, first: u8, payload: &[u8]) {
    head(bytes, first, MASKED, payload.len());
    bytes.extend(KEY);
    let masked = payload.iter().zip(KEY.iter().cycle());
    bytes.extend(masked.map(|(byte, key)| byte ^ key));
}

/// The head of a frame, as short as can be.
pub(crate) fn head(bytes: &mut Vec<u8>, first: u8, mask: u8, length: usize) {
    bytes.push(first);
    match length {
        0..=125 => bytes.push(mask | length as u8),
        126..=0xFFFF => {
            bytes.push(mask | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_masked_with_the_key_that_it_names() {
        let mut bytes = Vec::new();
        ask_text(&mut bytes, "Hello");
        // RFC 6455 §5.7.
        assert_eq!(
            bytes,
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
    }

    #[test]
    fn lengths_take_as_few_bytes_as_can_be() {
        for (length, start) in [
            (125, &[0x82, 125][..]),
            (126, &[0x82, 126, 0, 126]),
            (65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut bytes = Vec::new();
            binary(&mut bytes, &vec![7; length]);
            assert!(bytes.starts_with(start), "{length}");
            assert_eq!(bytes.len(), start.len() + length);
        }
    }
}
