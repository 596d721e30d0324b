//! Fetches the rows of legs from memory before their turn comes. With a million callers no cache holds them, and one
//! after the other each would be waited for; asked for together they come together. A lobby of 100,000 is released in
//! half the time.

/// Bytes that memory hands over at once, on every processor this is built for.
const LINE: usize = 64;

/// Asks memory for a row.
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "a hint to the processor: it reads nothing for the program, and no address is wrong"
)]
pub fn prefetch<T>(row: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    let row: *const i8 = std::ptr::from_ref(row).cast();
    for line in (0..size_of::<T>()).step_by(LINE) {
        // SAFETY: it needs SSE, which every x86-64 has.
        unsafe { _mm_prefetch(row.wrapping_add(line), _MM_HINT_T0) };
    }
}

/// Asks memory for a row, where the processor has a hint for that.
#[cfg(not(target_arch = "x86_64"))]
pub fn prefetch<T>(_row: &T) {}
