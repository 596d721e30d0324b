//! One source after the other, each from its own moment on.

use crate::control::call::Source;
use crate::control::time::Instant;
use crate::media::library::{Library, Sound};
use crate::media::mixer::Frame;
use crate::media::playout::{Playout, samples_before};
use crate::media::rate::{FRAME, FRAME_TIME};

/// A source that plays, with the samples that it may have of its own.
#[derive(Clone, Debug)]
pub(super) struct Playing {
    playout: Playout,
    name: Option<Box<Sound>>,
}

impl Playing {
    pub(super) fn new(at: Instant, source: Source, name: Option<Sound>) -> Self {
        let mut playout = Playout::new(at);
        playout.hear(at, source);
        Self { playout, name: name.map(Box::new) }
    }

    fn render(&self, library: &Library, from: Instant, conference: &[i16], out: &mut [i16]) {
        match &self.name {
            Some(name) => self.playout.render_sound(name, from, out),
            None => self.playout.render(library, from, conference, out),
        }
    }
}

/// The sound that plays, and the next one.
#[derive(Clone, Debug)]
pub(super) struct Track {
    playing: Playing,
    /// In the order of their moments.
    changes: Vec<Playing>,
}

impl Track {
    /// A track that is silent from now on.
    pub(super) fn new(now: Instant) -> Self {
        Self { playing: Playing::new(now, Source::Silence, None), changes: Vec::new() }
    }

    pub(super) fn is_changing(&self) -> bool {
        !self.changes.is_empty()
    }

    pub(super) fn change(&mut self, next: Playing) {
        self.changes.push(next);
    }

    /// Forgets what was over by now. Whether changes are left.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        let begun = self.changes.iter().take_while(|change| change.playout.since() <= now).count();
        if let Some(last) = self.changes.drain(..begun).next_back() {
            self.playing = last;
        }
        if self.changes.is_empty() {
            self.changes = Vec::new();
        }
        self.is_changing()
    }

    /// The one source of the whole frame; nothing if it changes.
    pub(super) fn steady_source(&self) -> Option<Source> {
        (!self.is_changing()).then(|| self.playing.playout.source())
    }

    /// Returns whether nothing of a prompt is left.
    pub(super) fn is_over(&self, library: &Library, now: Instant) -> bool {
        self.playing.playout.is_over(library, now)
    }

    /// Fills the frame that begins at `from`.
    pub(super) fn render(&self, library: &Library, from: Instant, conference: &Frame, out: &mut Frame) {
        let (mut playing, mut at) = (&self.playing, 0);
        for next in &self.changes {
            let before = samples_before(from, next.playout.since());
            let until = usize::try_from(before).unwrap_or(FRAME).clamp(at, FRAME);
            playing.render(library, moment(from, at), &conference[at..], &mut out[at..until]);
            (playing, at) = (next, until);
        }
        playing.render(library, moment(from, at), &conference[at..], &mut out[at..]);
    }
}

/// The moment of a sample of the frame that begins at `from`.
fn moment(from: Instant, at: usize) -> Instant {
    from + FRAME_TIME * at as u32 / FRAME as u32
}
