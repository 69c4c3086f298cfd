//! Whether the application is quick: only then may its answers wait for each other.

use crate::clock;
use siox_wire::Instant;
use std::time::Duration;

/// How fast the application answers what one read brought.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the last read came.
    came: Option<Instant>,
    /// Answers held back since.
    held: u32,
    /// At so many of them the clock is looked at.
    look: u32,
    is_quick: bool,
    end: End,
}

/// How it becomes known how long the messages of a read took altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// By a look at the clock, once all are taken.
    Unknown,
    /// It is known.
    Known,
    /// By the next read, which is expected soon: to have been answered before it, they were answered quickly.
    Awaited,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            came: None,
            held: 0,
            look: Self::SOON,
            is_quick: true,
            end: End::Known,
        }
    }
}

impl Pace {
    /// How long after a read its messages may be answered for the application to count as quick.
    const QUICK: Duration = Duration::from_millis(5);
    /// Looking at the clock costs as much as a small message: it is done once for so many.
    const EVERY: u32 = 8;
    /// The first look, unless the last read was answered quickly: the second answer tells already what the
    /// first had to wait for.
    const SOON: u32 = 2;
    /// The first look, if it was.
    const LATE: u32 = 16;

    /// Something was read.
    pub(super) fn begin(&mut self, now: Instant) {
        let follows = self.came.is_some_and(|came| now <= came.after(Self::QUICK));
        match self.end {
            End::Known => {}
            End::Unknown | End::Awaited if follows => self.end_read(now),
            End::Unknown | End::Awaited => self.look = Self::SOON,
        }
        // Reads that follow one another closely are likely to go on so.
        self.end = match follows {
            true => End::Awaited,
            false => End::Unknown,
        };
        self.came = Some(now);
        self.held = 0;
    }

    /// All of it is taken, and more is asked for.
    #[inline]
    pub(super) fn end(&mut self) {
        if self.end == End::Unknown {
            self.end_read(clock::now());
            self.end = End::Known;
        }
    }

    /// Judges by the time when all was taken, or by a later one.
    fn end_read(&mut self, now: Instant) {
        let was_quick = self.is_quick;
        self.judge(now);
        self.look = match was_quick && self.is_quick {
            true => Self::LATE,
            false => Self::SOON,
        };
    }

    /// Whether one more answer may be held back.
    #[inline]
    pub(super) fn may_hold(&mut self) -> bool {
        self.held = self.held.wrapping_add(1);
        if self.is_quick && self.held == self.look {
            self.judge(clock::now());
            self.look = self.look.wrapping_add(Self::EVERY);
        }
        self.is_quick
    }

    fn judge(&mut self, now: Instant) {
        if let Some(came) = self.came {
            self.is_quick = now <= came.after(Self::QUICK);
        }
    }
}
