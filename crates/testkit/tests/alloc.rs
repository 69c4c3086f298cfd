//! The counting allocator counts what a closure holds, on its own thread only.

use siox_testkit::alloc::{CountingAllocator, allowance, measure};
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn counts_what_is_kept_and_the_peak() {
    let (kept, usage) = measure(|| {
        drop(black_box(vec![0_u8; 5_000]));
        let kept = black_box(vec![0_u8; 300]);
        drop(black_box(vec![0_u8; 1_000]));
        kept
    });
    assert_eq!((usage.kept, usage.peak, usage.calls), (300, 5_000, 3));
    let ((), usage) = measure(|| drop(kept));
    assert_eq!((usage.kept, usage.peak, usage.calls), (-300, 0, 0));
}

#[test]
fn a_vector_that_grows_is_counted_at_its_size() {
    let (vec, usage) = measure(|| {
        let mut vec: Vec<u8> = Vec::with_capacity(10);
        vec.reserve_exact(black_box(100));
        vec
    });
    assert_eq!((usage.kept, usage.calls, vec.capacity()), (100, 2, 100));
}

#[test]
fn measures_nest() {
    let (inner, outer) = measure(|| {
        let held = black_box(vec![0_u8; 100]);
        let (_, inner) = measure(|| drop(black_box(vec![0_u8; 50])));
        drop(held);
        drop(black_box(vec![0_u8; 120]));
        inner
    });
    assert_eq!((inner.kept, inner.peak), (0, 50));
    assert_eq!((outer.kept, outer.peak, outer.calls), (0, 150, 3));
}

#[test]
fn other_threads_are_not_counted() {
    let (vec, usage) = measure(|| {
        let thread = std::thread::spawn(|| black_box(vec![0_u8; 100_000]));
        thread.join().unwrap_or_default()
    });
    assert!(usage.peak < 10_000, "{usage:?}");
    assert_eq!(vec.len(), 100_000);
}

#[test]
fn the_allowance_is_twice_what_was_received_and_a_base() {
    assert_eq!((allowance(0), allowance(1_000)), (16_384, 18_384));
    assert_eq!(allowance(usize::MAX / 2), isize::MAX);
}
