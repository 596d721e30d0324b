//! The level of what each telephone hears and of what its caller says, measured on the samples that are rendered, for
//! meters on the screen.

use std::collections::VecDeque;
use std::time::Duration;

use crate::media::level;
use crate::media::mixer::Frame;
use crate::media::rate::FRAME_TIME;

/// Frames of 20 ms that one level is measured over: a meter moves about eight times a second.
pub(super) const FRAMES: u32 = 6;

/// The time that one level is measured over.
pub const COLUMN_TIME: Duration = FRAME_TIME.saturating_mul(FRAMES);

/// Levels that a meter keeps: as many as the widest window shows, 16 seconds.
const KEPT: usize = 132;

/// Sets of levels that wait to be drawn: a second. One that finds no room is left out.
pub const LEVELS_MAX: usize = 8;

/// The level of the second step; each further step is [`STEP_DB`] louder. The hold music moves between the first and the
/// last, and prompts reach the last.
const FLOOR_DBM0: f64 = -30.0;

/// Decibels from one step to the next.
const STEP_DB: f64 = 3.0;

/// A meter's steps, from silence to loud.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One level of a meter, in its steps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Level(u8);

impl Level {
    /// The level of a sound in dBm0.
    #[must_use]
    pub fn of_dbm0(dbm0: f64) -> Self {
        let step = (dbm0 - FLOOR_DBM0) / STEP_DB + 1.0;
        // `as` saturates, and silence is minus infinity.
        Self((step.max(0.0) as u8).min(STEPS.len() as u8 - 1))
    }

    /// Returns its bar, one cell high.
    #[must_use]
    pub fn symbol(self) -> char {
        STEPS[usize::from(self.0)]
    }
}

/// The levels of one stretch of [`COLUMN_TIME`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Levels {
    /// By the place of the handset: the sound that it hears, and its caller's voice; nothing for one without a call.
    pub handsets: Vec<Option<[Level; 2]>>,
}

/// Measures one sound.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    squares: f64,
    samples: u32,
}

impl Meter {
    /// Takes 20 ms more.
    pub fn take(&mut self, frame: &Frame) {
        self.squares += frame.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
        self.samples += frame.len() as u32;
    }

    /// Returns the level since this was asked last.
    pub fn level(&mut self) -> Level {
        let Self { squares, samples } = std::mem::take(self);
        Level::of_dbm0(level::level_of_power(squares / f64::from(samples.max(1))))
    }
}

/// The latest levels of one sound, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Trace(VecDeque<Level>);

impl Trace {
    /// Adds a level.
    pub fn push(&mut self, level: Level) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(level);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the latest levels as bars, the newest on the right; at most so many.
    #[must_use]
    pub fn bars(&self, columns: usize) -> String {
        let skipped = self.0.len().saturating_sub(columns);
        self.0.iter().skip(skipped).map(|level| level.symbol()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::rate::FRAME;

    #[test]
    fn a_meter_has_eight_steps_of_three_decibels() {
        let steps: String = (-11..0).map(|step| Level::of_dbm0(f64::from(step) * STEP_DB).symbol()).collect();
        assert_eq!(steps, "▁▂▃▄▅▆▇████");
        assert_eq!(Level::of_dbm0(f64::NEG_INFINITY).symbol(), '▁');
    }

    #[test]
    fn a_level_is_of_what_came_since_the_last() {
        let mut meter = Meter::default();
        meter.take(&[10_000; FRAME]);
        assert_eq!(meter.level().symbol(), '█');
        meter.take(&[0; FRAME]);
        assert_eq!(meter.level().symbol(), '▁');
        assert_eq!(meter.level().symbol(), '▁', "nothing has come");
    }

    #[test]
    fn the_newest_level_is_on_the_right() {
        let mut trace = Trace::default();
        (0..200).for_each(|_| trace.push(Level::default()));
        trace.push(Level::of_dbm0(0.0));
        assert_eq!(trace.bars(3), "▁▁█");
        assert_eq!(trace.bars(1_000).chars().count(), KEPT);
    }
}
