//! Renders each view once and shows it to all who watch it, so that it costs the same for one viewer and for many.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::translation::Translation;
use crate::control::event::MeetingId;

/// Time for which a rendering is shared, in milliseconds: no longer than a viewer waits for the next.
const LASTS_MS: i64 = 250;

/// A view.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Drawing {
    Overview,
    Meeting(MeetingId),
    Wall,
}

/// A drawing, and the version of the snapshot that it shows.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// When it was made, in milliseconds since the Unix epoch.
    at: i64,
    pub(crate) version: u64,
    pub(crate) text: Arc<str>,
}

/// The newest drawings, by what they show and in which language.
#[derive(Debug, Default)]
pub(crate) struct Drawings(Mutex<BTreeMap<(Drawing, &'static str), Drawn>>);

impl Drawings {
    /// The drawing that was made just now, or a new one of this version.
    pub(crate) fn of(
        &self,
        (drawing, t): (Drawing, &'static Translation),
        (now, version): (i64, u64),
        draw: impl FnOnce() -> String,
    ) -> Drawn {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, drawn| (0..LASTS_MS).contains(&(now - drawn.at)));
        let key = (drawing, t.tag);
        all.entry(key).or_insert_with(|| Drawn { at: now, version, text: draw().into() }).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::translation::{DE, EN};

    #[test]
    fn many_who_look_at_the_same_share_a_drawing_for_a_moment() {
        let drawings = Drawings::default();
        let draw = |t, now, version: u64| {
            let drawn = drawings.of((Drawing::Overview, t), (now, version), || version.to_string());
            (drawn.version, drawn.text.to_string())
        };
        assert_eq!(draw(&EN, 1_000, 1), (1, "1".to_owned()));
        assert_eq!(draw(&EN, 1_249, 2), (1, "1".to_owned()), "it was made just now");
        assert_eq!(draw(&DE, 1_249, 2), (2, "2".to_owned()), "it is another language");
        assert_eq!(draw(&EN, 1_499, 3), (3, "3".to_owned()));
        assert_eq!(drawings.0.lock().unwrap().len(), 1, "what nobody looks at is not kept");
        assert_eq!(draw(&EN, 0, 4), (4, "4".to_owned()), "the clock was set back");
    }
}
