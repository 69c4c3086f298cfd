//! How much room an inflater is given: what bytes inflate to is not announced, and each time the room runs
//! out costs a call of the codec and a copy. Only bytes that came are counted on, in this message or in the one
//! before.

use alloc::vec::Vec;

/// With less room than this left, the codec looks at its end for each symbol.
const SLACK: usize = 320;
/// Room for bytes of which nothing is known: they may inflate to nothing.
const FIRST: usize = 8 * 1024;
/// No byte is taken to inflate to more, in eighths of one.
const MOST: usize = 16 * 8;
/// Fewer bytes tell nothing.
const TELLING: usize = 32;

/// What the bytes before inflated to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Guess {
    /// Of one byte, in eighths of one.
    eighths: Option<usize>,
}

impl Guess {
    /// So many bytes inflated to `made`.
    pub(super) fn learn(&mut self, taken: usize, made: usize) {
        if taken < TELLING {
            return;
        }
        // An eighth more: what comes next is alike, not the same.
        if let Some(eighths) = made.saturating_mul(9).checked_div(taken) {
            self.eighths = Some(eighths.saturating_add(1).min(MOST));
        }
    }

    /// Makes room behind what `out` holds for what `input` bytes may inflate to, but not beyond `limit`;
    /// says how much of it to give, which is all there is. Where it must grow, it doubles at least.
    pub(super) fn make_room(self, out: &mut Vec<u8>, limit: usize, input: usize) -> usize {
        let allowed = limit.saturating_sub(out.len());
        let guess = match self.eighths {
            Some(eighths) => input.saturating_mul(eighths) / 8,
            None => input.saturating_mul(4).min(FIRST),
        };
        let room = guess.saturating_add(SLACK).min(allowed);
        if out.capacity().saturating_sub(out.len()) < room {
            out.reserve_exact(out.len().max(room).min(allowed));
        }
        out.capacity().saturating_sub(out.len()).min(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The room given, and the room made.
    fn room(guess: Guess, held: usize, limit: usize, input: usize) -> (usize, usize) {
        let mut out = alloc::vec![0; held];
        let given = guess.make_room(&mut out, limit, input);
        (given, out.capacity() - held)
    }

    fn same(n: usize) -> (usize, usize) {
        (n, n)
    }

    #[test]
    fn the_room_is_what_the_bytes_before_inflated_to() {
        let mut guess = Guess::default();
        assert_eq!(room(guess, 0, 1 << 20, 100), same(400 + SLACK));
        assert_eq!(room(guess, 0, 1 << 20, 1 << 16), same(FIRST + SLACK));
        guess.learn(100, 800);
        assert_eq!(room(guess, 0, 1 << 20, 100), same(912 + SLACK));
        guess.learn(100, 0);
        assert_eq!(room(guess, 0, 1 << 20, 1 << 16), same((1 << 13) + SLACK));
        guess.learn(TELLING - 1, 1000);
        assert_eq!(room(guess, 0, 1 << 20, 1 << 16), same((1 << 13) + SLACK));
    }

    #[test]
    fn it_is_bounded_by_what_came_and_by_the_limit() {
        let mut guess = Guess::default();
        guess.learn(TELLING, 1 << 20);
        assert_eq!(room(guess, 0, 1 << 20, 100), same(1600 + SLACK));
        assert_eq!(room(guess, 0, 1000, 100), same(1000));
        assert_eq!(room(guess, 990, 1000, 100), same(10));
        assert_eq!(room(guess, 1000, 1000, 100), same(0));
        assert_eq!(room(guess, 0, 1 << 20, usize::MAX), same(1 << 20));
    }

    #[test]
    fn it_doubles_what_is_held_and_gives_what_there_is() {
        let made = room(Guess::default(), 10_000, 1 << 20, 1);
        assert_eq!(made, same(10_000));
    }
}
