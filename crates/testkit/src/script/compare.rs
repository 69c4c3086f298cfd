//! How a difference is shown.

/// Characters of a value shown in a list of steps.
const SHORT: usize = 100;
/// Bytes shown on either side of the first difference.
const AROUND: usize = 24;

/// `text`, or its beginning and its length.
pub(super) fn shorten(text: &str) -> String {
    if text.chars().count() <= SHORT {
        return text.to_owned();
    }
    let head: String = text.chars().take(SHORT).collect();
    format!("{head}.. ({} characters)", text.chars().count())
}

/// Where two runs of bytes part, and what stands there in each.
pub(super) fn bytes(expected: &[u8], got: &[u8]) -> String {
    let same = expected.iter().zip(got).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(AROUND);
    let show = |bytes: &[u8]| {
        let to = bytes.len().min(same + AROUND);
        let lead = if from > 0 { ".." } else { "" };
        let tail = if to < bytes.len() { ".." } else { "" };
        let part = &bytes[from.min(to)..to];
        let hex: Vec<_> = part.iter().map(|b| format!("{b:02x}")).collect();
        format!(
            "{lead}\"{}\"{tail}\n           {lead}{}{tail}",
            part.escape_ascii(),
            hex.join(" ")
        )
    };
    format!(
        "the bytes differ from offset {same} on\n expected {:>4} {}\n      got {:>4} {}",
        expected.len(),
        show(expected),
        got.len(),
        show(got)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_place_of_the_difference() {
        let mut expected = vec![b'a'; 100];
        let mut got = expected.clone();
        expected[70] = 0;
        got.truncate(72);
        let shown = bytes(&expected, &got);
        assert!(shown.contains("from offset 70 on"), "{shown}");
        assert!(shown.contains("expected  100 ..\"aaaa"), "{shown}");
        assert!(shown.contains("61 61 00 61"), "{shown}");
        assert!(shown.contains("got   72 ..\"aaaa"), "{shown}");
    }

    #[test]
    fn shows_what_is_missing() {
        assert!(bytes(b"abc", b"").contains("from offset 0 on"));
        assert!(bytes(b"", b"abc").contains("\"abc\""));
    }

    #[test]
    fn shortens_only_what_is_long() {
        assert_eq!(shorten("abc"), "abc");
        assert!(shorten(&"é".repeat(101)).ends_with(".. (101 characters)"));
    }
}
