//! Against the naive form: every length and offset up to some hundred bytes, and both sides of each step
//! of the vector code.

use proptest::prelude::*;

fn naive(bytes: &[u8], key: [u8; 4]) -> Vec<u8> {
    let keyed = bytes.iter().enumerate();
    keyed.map(|(i, b)| b ^ key[i % 4]).collect()
}

const KEY: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// From 2048 bytes on, what lies aligned is worked on first.
const LONG: [usize; 6] = [2047, 2048, 2049, 2080, 2176, 2177];

#[test]
fn applies_the_key_at_every_offset_and_length() {
    let source: Vec<u8> = (0..2400u32).map(|i| (i * 7 + 3) as u8).collect();
    for offset in 0..33 {
        for len in (0..600).chain(2040..2220) {
            let range = offset..offset + len;
            let mut expected = source.clone();
            expected.splice(range.clone(), naive(&source[range.clone()], KEY));
            let mut buffer = source.clone();
            siox_mask::apply(&mut buffer[range], KEY);
            assert_eq!(buffer, expected, "{offset} {len}");
        }
    }
}

#[test]
fn puts_behind_what_is_there_at_every_offset_and_length() {
    let source: Vec<u8> = (0..2400u32).map(|i| (i * 7 + 3) as u8).collect();
    for held in 0..33 {
        for len in (0..700).chain(2040..2220) {
            let masked = &source[held..held + len];
            let bytes = source[..held].to_vec();
            let (bytes, is_ascii) = siox_mask::extend(bytes, masked, KEY);
            let plain = naive(masked, KEY);
            assert_eq!(is_ascii, plain.is_ascii());
            assert_eq!(bytes, [&source[..held], &plain].concat(), "{held} {len}");
        }
    }
}

/// One byte that is not ASCII, at each place of each length, leaves the text as it was.
#[test]
fn puts_ascii_behind_a_text_or_nothing() {
    for len in (0..700).chain(LONG) {
        let plain = vec![b'a'; len];
        let text = siox_mask::extend_ascii("ä".into(), &naive(&plain, KEY), KEY);
        assert_eq!(text, (format!("ä{}", "a".repeat(len)), true));
        for bad in 0..len {
            let mut plain = plain.clone();
            plain[bad] = 0xe4;
            let text = siox_mask::extend_ascii("ä".into(), &naive(&plain, KEY), KEY);
            assert_eq!(text, ("ä".to_owned(), false), "{len} {bad}");
        }
    }
}

/// One byte that is not ASCII, at each place of each length, is never overlooked.
#[test]
fn no_byte_goes_unchecked() {
    for len in (1..400).chain(LONG) {
        let plain = vec![b'a'; len];
        let mut masked = naive(&plain, KEY);
        assert_eq!(siox_mask::text(&mut masked, KEY).unwrap().as_bytes(), plain);
        for bad in 0..len {
            let mut plain = plain.clone();
            plain[bad] = 0x80;
            let mut masked = naive(&plain, KEY);
            let error = siox_mask::text(&mut masked, KEY).unwrap_err();
            assert_eq!(error.valid_up_to(), bad, "{len}");
            assert_eq!(masked, plain, "{len} {bad}");
        }
    }
}

proptest! {
    #[test]
    fn says_of_text_what_std_says(
        text in "[a-zä-ü€😀]{0,200}",
        noise in proptest::collection::vec(any::<u8>(), 0..3),
        at in 0usize..400,
        key: [u8; 4],
    ) {
        let mut plain = text.into_bytes();
        let at = at.min(plain.len());
        plain.splice(at..at, noise);
        let mut masked = naive(&plain, key);
        prop_assert_eq!(siox_mask::text(&mut masked, key), std::str::from_utf8(&plain));
        prop_assert_eq!(&masked, &plain);
    }
}
