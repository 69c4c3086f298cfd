//! What `std` would bring: an allocator, a panic handler and a way to say something, from the C library.
//!
//! The toolchain's `alloc` is built to unwind and names two functions of the unwinder, which comes with
//! `std`. Here a panic aborts, so they stand empty.

use alloc::ffi::CString;
use core::{
    alloc::{GlobalAlloc, Layout},
    ffi::{CStr, c_char, c_int, c_void},
    panic::PanicInfo,
};

#[link(name = "c")]
unsafe extern "C" {
    fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    fn free(at: *mut c_void);
    fn puts(text: *const c_char) -> c_int;
    safe fn abort() -> !;
}

/// The C library's heap.
struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

// SAFETY: `aligned_alloc` gives memory of the size and alignment asked for, or null, until `free`; it
// wants a power of two that is at least a pointer's size, and a multiple of it.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let align = layout.align().max(size_of::<usize>());
        let Some(size) = layout.size().checked_next_multiple_of(align) else {
            return core::ptr::null_mut();
        };
        // SAFETY: see above.
        unsafe { aligned_alloc(align, size) }.cast()
    }

    unsafe fn dealloc(&self, at: *mut u8, _: Layout) {
        // SAFETY: `at` came from `aligned_alloc`.
        unsafe { free(at.cast()) }
    }
}

/// Prints a line.
pub(crate) fn say(text: &CStr) {
    // SAFETY: `text` ends with its NUL.
    unsafe { puts(text.as_ptr()) };
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Ok(text) = CString::new(alloc::format!("{info}")) {
        say(&text);
    }
    abort()
}

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {
    abort()
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() {
    abort()
}
