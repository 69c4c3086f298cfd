//! The split oracle: any way of cutting the input must give the same result.

use std::fmt::Debug;

/// Runs `run` on `bytes` whole, then cut in many ways, and demands the same result each time.
///
/// `run` gets the pieces in order; it feeds each to a fresh machine and returns all that came of it
/// (events made owned, output, error). The cuts: every single cut (every pair of cuts as well while
/// the input has at most 64 bytes), pieces of 1, 2, 3, 7, 64 and 1,000 bytes, and 64 random cuttings
/// from a fixed seed.
///
/// # Panics
/// When a cutting gives another result; the message shows the pieces' lengths and both results.
pub fn oracle<T: PartialEq + Debug>(bytes: &[u8], mut run: impl FnMut(&[&[u8]]) -> T) -> T {
    let whole = run(&[bytes]);
    let mut check = |pieces: &[&[u8]]| {
        let got = run(pieces);
        let lens: Vec<_> = pieces.iter().map(|p| p.len()).collect();
        assert!(
            got == whole,
            "cut into {lens:?}\n   got {got:?}\n whole {whole:?}\n input {:?}",
            String::from_utf8_lossy(bytes)
        );
    };
    // A long input is cut at some thousand places only, spread evenly.
    let step = (bytes.len() / 2000).max(1);
    for i in (0..=bytes.len()).step_by(step) {
        check(&[&bytes[..i], &bytes[i..]]);
        if bytes.len() <= 64 {
            for j in i..=bytes.len() {
                check(&[&bytes[..i], &bytes[i..j], &bytes[j..]]);
            }
        }
    }
    for size in [1, 2, 3, 7, 64, 1000] {
        check(&bytes.chunks(size).collect::<Vec<_>>());
    }
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..64 {
        let (mut rest, mut pieces) = (bytes, Vec::new());
        while !rest.is_empty() {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let most = 1 + (seed >> 32) as usize % rest.len().min(97);
            let (head, tail) = rest.split_at(most);
            pieces.push(head);
            rest = tail;
        }
        check(&pieces);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::oracle;

    #[test]
    fn accepts_a_machine_that_does_not_care() {
        assert_eq!(oracle(b"abcdef", |pieces| pieces.concat()), b"abcdef");
    }

    #[test]
    #[should_panic(expected = "cut into")]
    fn catches_a_machine_that_does() {
        oracle(b"abcdef", |pieces| {
            pieces.iter().filter(|p| !p.is_empty()).count()
        });
    }
}
