//! The demo directory: organizers, handsets and PINs that make the first call possible with no set-up.

use std::sync::Arc;

use super::describe::name;
use crate::scenario::read::read;
use crate::scenario::source::Sources;
use crate::scenario::story::{Params, Story};

/// A scenario file like any other.
const FILE: &str = include_str!("demo.yaml");

/// The demo directory as a story: its organizers, and a caller for each handset.
///
/// # Panics
/// Never: a test reads it.
#[must_use]
pub fn story() -> Arc<Story> {
    let mut sources = Sources::new(|_| Ok(FILE.as_bytes().to_vec()));
    let stories = read("demo.yaml", &mut sources, &Params::new()).unwrap_or_default();
    Arc::new(stories.into_iter().next().expect("the demo directory is a sound scenario"))
}

/// Returns how to reach each organizer, with the PIN: one line each.
#[must_use]
pub fn directory(story: &Story) -> Vec<String> {
    let line = |organizer: &crate::scenario::story::Organizer| {
        let id = organizer.conference_id.as_deref().unwrap_or_default();
        let pin = organizer.pin.map(|pin| pin.reveal().reveal()).unwrap_or_default();
        format!("Demo: {} has conference ID {id} and PIN {pin}", name(&organizer.name))
    };
    story.given.organizers.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_directory_has_a_handset_for_each_part_of_the_story() {
        let story = story();
        let handsets: Vec<_> = story.cast.roles.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(handsets, ["pat", "kim", "amos"]);
        assert_eq!(directory(&story)[0], "Demo: Amos has conference ID 3141592 and PIN 27182");
    }
}
