//! A ladder as a Mermaid sequence diagram, for READMEs and merge requests.

use std::fmt::Write as _;

use super::keys::in_words;
use super::words::lasting;
use super::{Ladder, LaneKind, Sound, What};
use crate::control::time::Instant;

/// From this gap on a note says how long nothing happens.
const GAP_SECONDS: u64 = 10;

/// The ladder in Mermaid's language.
#[must_use]
pub fn mermaid(ladder: &Ladder) -> String {
    let mut text = "sequenceDiagram\n".to_owned();
    for (number, lane) in ladder.lanes.iter().enumerate() {
        let kind = if let LaneKind::Caller(_) = lane.kind { "actor" } else { "participant" };
        let _infallible = writeln!(text, "  {kind} L{number} as {}", plain(&lane.name));
    }
    let attendant = ladder.attendant();
    let mut last: Option<Instant> = None;
    for item in &ladder.items {
        if let Some(gap) = last.map(|last| item.at.since(last)).filter(|gap| gap.as_secs() >= GAP_SECONDS) {
            let end = ladder.lanes.len().saturating_sub(1);
            let _infallible = writeln!(text, "  Note over L0,L{end}: {} later", lasting(gap));
        }
        last = Some(item.at);
        let (lane, at) = (item.lane, format!("{} s", item.at));
        let line = match &item.what {
            What::Keys { caps, .. } => format!("L{lane}->>L{attendant}: {} [{at}]", plain(&in_words(caps))),
            What::Hears { sound: Sound::Silence, .. } => continue,
            What::Hears { sound, met, .. } => {
                let met: String = met.iter().map(|met| format!(" ✓ {met}")).collect();
                format!("Note over L{lane}: {}{} [{at}]", plain(sound.name()), plain(&met))
            }
            What::Arrow { to, words, leaves, .. } => {
                let arrow = if *leaves { "-->>" } else { "->>" };
                format!("L{lane}{arrow}L{to}: {} [{at}]", plain(words))
            }
            What::Message { to, words, .. } => format!("L{lane}->>L{to}: {} [{at}]", plain(words)),
            What::Note { words, .. } | What::Packets { words, .. } | What::Ends { words } => {
                format!("Note over L{lane}: {} [{at}]", plain(words))
            }
            What::Fails { words, .. } | What::Verdict { words } => {
                format!("Note over L{lane}: ❌ {} [{at}]", plain(words))
            }
            What::Late { words } | What::Missing { words, .. } => {
                format!("Note over L{lane}: {} [{at}]", plain(words))
            }
        };
        let _infallible = writeln!(text, "  {line}");
    }
    text
}

/// Text in which nothing is Mermaid's own: it ends a line at `;` and reads `#` as the beginning of an entity.
fn plain(text: &str) -> String {
    text.replace('#', "\u{1}").replace(';', "#59;").replace('\u{1}', "#35;").replace(['\n', '\r'], " ")
}
