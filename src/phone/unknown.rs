//! Sound that is in no library: heard, and not known.

use crate::control::call::Source;

/// Louder than this mean square is sound: -58 dB relative to full scale, as the ear has it.
const LOUD: i64 = 1_702;

/// So many samples of sound in a row, with pauses of words, are not known before it is told: 1 s. Known sounds are known by then.
const LOUD_MIN: usize = 8_000;

/// So many samples of silence end it: 500 ms.
const QUIET_MIN: usize = 4_000;

/// Tells when what is heard has no name.
#[derive(Debug)]
pub(super) struct Unknown {
    /// What is heard has a name: a prompt, music.
    is_known: bool,
    loud: usize,
    quiet: usize,
    is_told: bool,
}

impl Default for Unknown {
    fn default() -> Self {
        Self { is_known: false, loud: 0, quiet: QUIET_MIN, is_told: false }
    }
}

impl Unknown {
    /// This was found out to be heard.
    pub(super) const fn known(&mut self, source: Source) {
        self.is_known = match source {
            Source::Prompt { .. } | Source::HoldMusic { .. } => true,
            Source::Silence | Source::Conference => false,
        };
    }

    /// Takes what is heard next; returns whether unknown sound begins, or ends.
    pub(super) fn hear(&mut self, samples: &[i16]) -> Option<bool> {
        let power: i64 = samples.iter().map(|sample| i64::from(*sample).pow(2)).sum();
        let is_loud = power > LOUD * samples.len() as i64;
        if is_loud {
            (self.loud, self.quiet) = (self.loud + samples.len(), 0);
        } else {
            self.quiet += samples.len();
        }
        if self.is_known || self.quiet >= QUIET_MIN {
            self.loud = 0;
        }
        let is_heard = if self.is_told { self.loud > 0 } else { self.loud >= LOUD_MIN };
        (std::mem::replace(&mut self.is_told, is_heard) != is_heard).then_some(is_heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::time::Instant;

    fn told(unknown: &mut Unknown, level: i16, frames: usize) -> Vec<bool> {
        (0..frames).filter_map(|_| unknown.hear(&[level; 160])).collect()
    }

    #[test]
    fn sound_without_a_name_is_told_after_a_second_and_ends_with_silence() {
        let mut unknown = Unknown::default();
        assert_eq!(told(&mut unknown, 0, 100), [false; 0]);
        assert_eq!(told(&mut unknown, 900, 49), [false; 0]);
        assert_eq!(told(&mut unknown, 0, 10), [false; 0], "a pause between words");
        assert_eq!(told(&mut unknown, 900, 2), [true]);
        assert_eq!(told(&mut unknown, 0, 40), [false]);
    }

    #[test]
    fn what_is_known_is_not_unknown() {
        let mut unknown = Unknown::default();
        assert_eq!(told(&mut unknown, 900, 30), [false; 0]);
        unknown.known(Source::HoldMusic { begun: Instant::ZERO });
        assert_eq!(told(&mut unknown, 900, 500), [false; 0]);
        unknown.known(Source::Conference);
        assert_eq!(told(&mut unknown, 900, 60), [true]);
    }
}
