//! A counting allocator for tests that state what a machine may hold. `GlobalAlloc`
//! cannot be implemented without `unsafe`; each call goes straight to `System`.
#![allow(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts what each thread holds. Install it in the test binary, then [`measure`]:
/// `#[global_allocator] static ALLOCATOR: CountingAllocator = CountingAllocator;`
#[derive(Debug, Clone, Copy, Default)]
pub struct CountingAllocator;

/// What a closure did to this thread's heap, in bytes as asked for (the allocator's own overhead is
/// not counted). What another thread frees is not seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Held at the end beyond what was held at the start; below zero if it freed more.
    pub kept: isize,
    /// The most that was held at once beyond what was held at the start.
    pub peak: isize,
    /// How often memory was asked for, or asked to change its size.
    pub calls: u64,
}

thread_local! {
    static HERE: Cell<Usage> = const { Cell::new(Usage { kept: 0, peak: 0, calls: 0 }) };
}

/// Runs `f` and tells what it did to this thread's heap. May be nested. All zero unless
/// [`CountingAllocator`] is installed.
pub fn measure<T>(f: impl FnOnce() -> T) -> (T, Usage) {
    let outer = HERE.replace(Usage::default());
    let result = f();
    let inner = HERE.get();
    HERE.set(Usage {
        kept: outer.kept + inner.kept,
        peak: outer.peak.max(outer.kept + inner.peak),
        calls: outer.calls + inner.calls,
    });
    (result, inner)
}

/// The most that a connection may hold after `received` bytes of a hostile peer: twice that and
/// 16 KiB.
#[must_use]
pub fn allowance(received: usize) -> isize {
    let bytes = received.saturating_mul(2).saturating_add(16 * 1024);
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

fn count(change: isize, calls: u64) {
    // A thread that is being torn down has no counter any more; what it frees then is not of interest.
    let _ = HERE.try_with(|here| {
        let mut usage = here.get();
        usage.kept += change;
        usage.peak = usage.peak.max(usage.kept);
        usage.calls += calls;
        here.set(usage);
    });
}

// SAFETY: every method hands its arguments to `System` unchanged; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed(), 1);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed(), 0);
        // SAFETY: `at` came from `System` with this layout.
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed(), 1);
        // SAFETY: `at` came from `System` with this layout, and the caller answers for `size`.
        unsafe { System.realloc(at, layout, size) }
    }
}
