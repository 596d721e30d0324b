//! Moments as our streams know them: a packet begins with a whole millisecond, so that its samples do at whole 125 µs.

use crate::control::call::Source;
use crate::control::time::Instant;
use crate::media::rate::SAMPLES_PER_SECOND;

/// How long a sample lasts, in microseconds.
const SAMPLE: u64 = 1_000_000 / SAMPLES_PER_SECOND as u64;

/// The beginning of the sample that a moment falls into. A sound that began within a sample would have its first one twice:
/// in the packet in which it begins, and in the next.
pub(super) fn sample_of(at: Instant) -> Instant {
    Instant::from_micros(at.micros() / SAMPLE * SAMPLE)
}

/// The same for the beginning of music.
pub(super) fn on_the_grid(source: Source) -> Source {
    match source {
        Source::HoldMusic { begun } => Source::HoldMusic { begun: sample_of(begun) },
        Source::Silence | Source::Prompt { .. } | Source::Conference => source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_begin_with_a_sample() {
        for (micros, expected) in [(0, 0), (124, 0), (125, 125), (1_000_249, 1_000_125)] {
            let at = Instant::from_micros(micros);
            assert_eq!(sample_of(at), Instant::from_micros(expected));
            let music = on_the_grid(Source::HoldMusic { begun: at });
            assert_eq!(music, Source::HoldMusic { begun: Instant::from_micros(expected) });
        }
        assert_eq!(on_the_grid(Source::Conference), Source::Conference);
    }
}
