//! A ladder as text: a column for each caller shows what they hear, where telephones call also whether RTP flows, and beside
//! it stands what happens.

use super::keys::in_words;
use super::words::lasting;
use super::{Item, Ladder, LaneKind, Sound, Track, What};
use crate::control::time::Instant;
use crate::report::Paint;

/// From this gap on a line says how long nothing happens.
const GAP_SECONDS: u64 = 10;

/// The ladder line by line, without line ends.
#[must_use]
pub fn ladder_lines(ladder: &Ladder, paint: Paint) -> Vec<String> {
    let mut lines = vec![format!("{:14}  {}", "", initials(ladder)), legend(ladder, paint)];
    let mut last: Option<Instant> = None;
    for item in &ladder.items {
        let Some(words) = words(ladder, item) else { continue };
        let gap = last.map(|before| item.at.since(before)).filter(|gap| gap.as_secs() >= GAP_SECONDS);
        if let (Some(gap), Some(before)) = (gap, last) {
            let middle = before + gap / 2;
            let dots = paint.faint(&format!("{:>14}", "···"));
            lines.push(format!("{dots}  {}   {}", columns(ladder, middle), paint.faint(&lasting(gap))));
        }
        let is_same = last.is_some_and(|last| last.millis() == item.at.millis());
        let at = if is_same { String::new() } else { format!("{} s", item.at) };
        let at = paint.faint(&format!("{at:>14}"));
        let words = match item.what {
            What::Fails { .. } | What::Verdict { .. } | What::Missing { .. } => paint.bad(&words),
            What::Late { .. } => paint.open(&words),
            What::Message { refuses: true, .. } | What::Packets { lost: true, .. } => paint.bad(&words),
            What::Message { .. } | What::Packets { .. } => paint.faint(&words),
            What::Keys { .. } | What::Hears { .. } | What::Arrow { .. } => words,
            What::Note { .. } | What::Ends { .. } => words,
        };
        lines.push(format!("{at}  {}   {words}", columns(ladder, item.at)));
        last = Some(item.at);
    }
    lines
}

/// The callers above their columns, by their first letters.
fn initials(ladder: &Ladder) -> String {
    let beside = if ladder.streams.is_empty() { "" } else { " " };
    let letter = |track: &Track| format!("{}{beside}", track.name.chars().next().unwrap_or('?'));
    ladder.tracks.iter().map(letter).collect::<Vec<_>>().join(" ")
}

fn legend(ladder: &Ladder, paint: Paint) -> String {
    let names: Vec<&str> = ladder.tracks.iter().map(|track| track.name.as_str()).collect();
    let (wide, rtp) =
        if ladder.streams.is_empty() { (2, "") } else { (3, "  ↕ RTP, ↑ sent only, ↓ received only") };
    let width = ladder.tracks.len() * wide;
    let names = names.join(", ");
    let sounds = "█ prompt  ▒ hold music  ▓ meeting  │ silence";
    paint.faint(&format!("{:14}  {:width$}  {names}: {sounds}{rtp}", "", ""))
}

/// What each caller hears from this moment on.
fn columns(ladder: &Ladder, at: Instant) -> String {
    let columns =
        ladder.tracks.iter().map(|track| format!("{}{}", column(track, at), flows(ladder, track, at)));
    columns.collect::<Vec<_>>().join(" ")
}

/// Which way RTP flows at this moment; nothing where no telephone calls.
fn flows(ladder: &Ladder, track: &Track, at: Instant) -> &'static str {
    let flows = |is_sent: bool| {
        ladder.streams.iter().any(|stream| {
            (stream.lane, stream.is_sent) == (track.lane, is_sent)
                && (stream.from..stream.until).contains(&at)
        })
    };
    match (ladder.streams.is_empty(), flows(true), flows(false)) {
        (true, ..) => "",
        (false, true, true) => "↕",
        (false, true, false) => "↑",
        (false, false, true) => "↓",
        (false, false, false) => " ",
    }
}

fn column(track: &Track, at: Instant) -> &'static str {
    let now = track.heard.iter().rfind(|heard| heard.from <= at && at < heard.until);
    match now.map(|heard| &heard.sound) {
        None => "·",
        Some(Sound::Silence) => "│",
        Some(Sound::Prompt { .. }) => "█",
        Some(Sound::HoldMusic { .. }) => "▒",
        Some(Sound::Meeting) => "▓",
    }
}

/// An item in words; nothing for a short silence.
fn words(ladder: &Ladder, item: &Item) -> Option<String> {
    let lane = ladder.lanes.get(item.lane)?;
    let name = lane.name.as_str();
    let met = |met: &[String]| met.iter().map(|met| format!("  ✓ {met}")).collect::<String>();
    Some(match &item.what {
        What::Keys { caps, .. } => format!("{name} keys {}", in_words(caps)),
        What::Hears { sound: Sound::Silence, until, met: kept } => {
            if until.since(item.at).as_secs() < 2 && kept.is_empty() {
                return None;
            }
            format!("{name} hears silence for {}{}", lasting(until.since(item.at)), met(kept))
        }
        What::Hears { sound, met: kept, .. } => format!("{name} hears {}{}", sound.name(), met(kept)),
        What::Arrow { words, .. } if ladder.is_caller(item.lane) => format!("{name} {words}"),
        What::Arrow { words, count: Some(count), to, .. } => {
            let place = if words.ends_with("the lobby") { item.lane } else { *to };
            let place = ladder.lanes.get(place).map_or("", |lane| lane.name.as_str());
            format!("{words} ({place}: {count})")
        }
        What::Arrow { words, .. } if lane.kind == LaneKind::Administrator => {
            format!("The administrator {words}")
        }
        What::Arrow { words, .. } => words.clone(),
        What::Message { words, .. } if ladder.is_caller(item.lane) => format!("{name} → {words}"),
        What::Message { words, to, .. } => {
            let caller = ladder.lanes.get(*to).map_or("", |lane| lane.name.as_str());
            format!("{caller} ← {words}")
        }
        What::Packets { words, .. } => format!("{name}: {words}"),
        What::Note { words, .. } | What::Ends { words } => match lane.kind {
            LaneKind::Attendant => words.clone(),
            LaneKind::Caller(_) => format!("{name} {words}")
                .replace(&format!("{name} call ends"), &format!("{name}’s call ends")),
            LaneKind::Lobby(_) | LaneKind::Meeting(_) | LaneKind::Administrator => format!("{name}: {words}"),
        },
        What::Fails { words, .. } | What::Verdict { words } => format!("✗ {words}"),
        What::Late { words } => words.clone(),
        What::Missing { words, .. } => format!("✗ {words}"),
    })
}
