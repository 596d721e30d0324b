//! Where everything of a ladder stands: time runs down, and gaps in which nothing happens are short or folded.

use std::time::Duration;

use super::keys::in_words;
use super::widths::{width, wrap};
use super::words::{all_of, lasting};
use super::{Item, Ladder, LaneKind, Sound, Tone, What};
use crate::control::time::Instant;

/// The column of times.
pub(super) const GUTTER: i32 = 72;

/// From a lane's line to its labels.
pub(super) const INSET: i32 = 14;

/// The height of a line of text.
pub(super) const LINE: i32 = 16;

/// A ladder is at least this wide, so that it fills the page.
const WIDTH_MIN: i32 = 960;

/// From the top to the first row.
const TOP: i32 = 26;

/// The height of a fold.
pub(super) const FOLD: i32 = 26;

/// Wording of a prompt that is drawn.
const WORDING_LINES: usize = 4;

/// From this gap on it is folded.
const FOLDED: Duration = Duration::from_secs(10);

/// A ladder with the place of each item.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// The place of each lane's line, and the width that its labels have.
    pub(super) columns: Vec<(i32, i32)>,
    /// In the order of the items.
    pub(super) placed: Vec<Placed>,
    /// The times on the left.
    pub(super) times: Vec<(i32, Instant)>,
    /// Stretches of time that are folded.
    pub(super) folds: Vec<Fold>,
}

/// The place of an item.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) y: i32,
    /// The lane of its label, and the baseline of its first line.
    pub(super) label: (usize, i32),
    pub(super) lines: Vec<LabelLine>,
}

/// A line of a label.
#[derive(Debug)]
pub(super) struct LabelLine {
    pub(super) text: String,
    pub(super) style: &'static str,
}

/// A stretch of time in which nothing happened.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) y: i32,
    pub(super) words: String,
}

impl Layout {
    pub(super) fn of(ladder: &Ladder) -> Self {
        let (columns, width) = columns(ladder);
        let mut layout =
            Self { width, height: 0, columns, placed: Vec::new(), times: Vec::new(), folds: Vec::new() };
        let mut bottoms = vec![0; layout.columns.len()];
        let mut last: Option<(Instant, i32)> = None;
        for items in ladder.items.chunk_by(|one, other| one.at.millis() == other.at.millis()) {
            let Some(at) = items.first().map(|item| item.at) else { continue };
            let row = match last {
                None => TOP,
                Some(before) => layout.after(ladder, before, at, &bottoms),
            };
            // What happens at one moment stands in one row; what would be in the way of something else goes below it.
            let in_row = items.iter().filter(|item| !matches!(item.what, What::Verdict { .. }));
            let row = in_row.map(|item| layout.fits(ladder, item, &bottoms).0).fold(row, i32::max);
            let mut lowest = row;
            for item in items {
                let (fits, lines, reach) = layout.fits(ladder, item, &bottoms);
                let y = row.max(fits);
                for lane in [item.lane].into_iter().chain(reach.crossed) {
                    raise(&mut bottoms, lane, y + 4);
                }
                raise(&mut bottoms, reach.label, y + reach.bottom);
                let labelled = layout.times.last();
                if labelled.is_none_or(|(at_y, labelled)| labelled.millis() != at.millis() && y - at_y >= 13)
                {
                    layout.times.push((y, at));
                }
                layout.placed.push(Placed { y, label: (reach.label, y + reach.first), lines });
                lowest = lowest.max(y);
            }
            last = Some((at, lowest));
        }
        layout.height = bottoms.into_iter().max().unwrap_or_default().max(TOP) + 22;
        layout
    }

    /// The least place of an item below everything that is in its way, its label, and what it takes up.
    fn fits(&self, ladder: &Ladder, item: &Item, bottoms: &[i32]) -> (i32, Vec<LabelLine>, Reach) {
        let lines = self.lines(item, Reach::of(ladder, item, 0).label);
        let reach = Reach::of(ladder, item, lines.len());
        let bottom = |lane: usize| bottoms.get(lane).copied().unwrap_or_default();
        let below_all = matches!(item.what, What::Verdict { .. });
        let all = bottoms.iter().copied().filter(|_| below_all).map(|bottom| bottom + LINE);
        let crossed = reach.crossed.clone().chain([item.lane]).map(|lane| bottom(lane) + 6);
        let y = all.chain(crossed).fold(bottom(reach.label) - reach.top, i32::max);
        (y, lines, reach)
    }

    /// The least place of a row after another; a long gap is folded.
    fn after(&mut self, ladder: &Ladder, (before, y): (Instant, i32), at: Instant, bottoms: &[i32]) -> i32 {
        let gap = at.since(before);
        if gap < FOLDED {
            return y + match gap.as_millis() {
                0 => 0,
                1..300 => 8,
                300..3_000 => 16,
                _ => 26,
            };
        }
        let top = bottoms.iter().copied().max().unwrap_or(y).max(y) + 10;
        self.folds.push(Fold { y: top, words: folded(ladder, before, at) });
        top + FOLD + 18
    }

    /// The label of an item.
    fn lines(&self, item: &Item, label: usize) -> Vec<LabelLine> {
        let room = self.columns.get(label).map_or(0, |(_, room)| *room);
        let lines = |text: &str, style: &'static str, most: usize| {
            let bold = style.starts_with('b');
            let broken = wrap(text, room, bold, most).into_iter();
            broken.map(move |text| LabelLine { text, style }).collect::<Vec<_>>()
        };
        match &item.what {
            What::Keys { .. } => Vec::new(),
            What::Hears { sound, until, met } => {
                let mut label = match sound {
                    Sound::Silence => {
                        let long = until.since(item.at);
                        if long < Duration::from_secs(2) && met.is_empty() {
                            Vec::new()
                        } else {
                            lines(&format!("silence, {}", lasting(long)), "m", 2)
                        }
                    }
                    Sound::HoldMusic { .. } => lines("♪ hold music", "b xhold", 1),
                    Sound::Meeting => lines("the meeting", "b xconf", 1),
                    Sound::Prompt { name, wording, .. } => {
                        let mut label = lines(name, "b xprompt", 3);
                        if !wording.is_empty() {
                            label.extend(lines(&format!("“{wording}”"), "m", WORDING_LINES));
                        }
                        label
                    }
                };
                label.extend(met.iter().flat_map(|met| lines(&format!("✓ {met}"), "s xconf", 2)));
                label
            }
            What::Arrow { words, tone, leaves, .. } => {
                let style = if *leaves { "m" } else { style_of(*tone) };
                lines(words, style, 3)
            }
            What::Message { words, refuses, .. } => lines(words, if *refuses { "t xfail" } else { "t" }, 2),
            What::Packets { words, lost } => lines(words, if *lost { "s xfail" } else { "s m" }, 3),
            What::Note { words, tone } => lines(words, style_of(*tone), 4),
            What::Ends { words } => lines(words, "m", 3),
            What::Fails { words, .. } => lines(words, "b xfail", 5),
            What::Missing { words, .. } => lines(words, "b xfail", 3),
            What::Late { words } => lines(words, "s xhold", 3),
            What::Verdict { words } => {
                let broken = wrap(words, self.width - 80, true, 3).into_iter();
                broken.map(|text| LabelLine { text, style: "b xfail" }).collect()
            }
        }
    }
}

/// What an item takes up around its place.
struct Reach {
    /// The lane of its label.
    label: usize,
    /// The top and the bottom of the label, and the baseline of its first line, from the place of the item.
    top: i32,
    bottom: i32,
    first: i32,
    /// Lanes that its arrow crosses.
    crossed: std::ops::Range<usize>,
}

impl Reach {
    fn of(ladder: &Ladder, item: &Item, lines: usize) -> Self {
        let height = i32::try_from(lines).unwrap_or_default() * LINE;
        let beside = |label: usize| Self { label, top: -9, bottom: height - 5, first: 4, crossed: 0..0 };
        let between = |from: usize, to: usize| from.min(to) + 1..from.max(to);
        match &item.what {
            What::Keys { .. } => Self { top: -12, bottom: 13, ..beside(item.lane) }
                .crossing(between(item.lane, ladder.attendant() + 1)),
            What::Arrow { to, leaves, .. } => {
                let crossed = between(item.lane, *to);
                if *leaves
                    || ladder.lanes.get(item.lane).is_some_and(|lane| lane.kind == LaneKind::Administrator)
                {
                    beside(item.lane).crossing(item.lane.min(*to)..item.lane.max(*to))
                } else if ladder.is_caller(item.lane) {
                    Self { top: -20, bottom: 4, first: -6, ..beside(item.lane) }.crossing(crossed)
                } else {
                    beside(*to).crossing(crossed)
                }
            }
            What::Message { to, .. } => {
                let caller = if ladder.is_caller(item.lane) { item.lane } else { *to };
                let above = Self { top: -4 - height, bottom: 4, first: 10 - height, ..beside(caller) };
                above.crossing(between(item.lane, *to))
            }
            What::Fails { .. } => Self { top: -6, bottom: height + 18, first: 22, ..beside(item.lane) },
            What::Missing { from, .. } => {
                Self { top: -13, bottom: height + 2, ..beside(*from) }.crossing(between(*from, item.lane))
            }
            What::Verdict { .. } => Self { top: -4, bottom: height + 22, first: 24, ..beside(item.lane) },
            What::Hears { .. }
            | What::Packets { .. }
            | What::Note { .. }
            | What::Ends { .. }
            | What::Late { .. } => beside(item.lane),
        }
    }

    fn crossing(self, crossed: std::ops::Range<usize>) -> Self {
        Self { crossed, ..self }
    }
}

/// The style of words about something.
const fn style_of(tone: Tone) -> &'static str {
    match tone {
        Tone::Quiet => "m",
        Tone::Key => "b xkey",
        Tone::Hold => "b xhold",
        Tone::Meeting => "b xconf",
        Tone::Fail => "b xfail",
    }
}

/// The lanes from left to right, and how wide the ladder is.
fn columns(ladder: &Ladder) -> (Vec<(i32, i32)>, i32) {
    let callers = (0..ladder.lanes.len()).filter(|lane| ladder.is_caller(*lane)).count();
    let of_a_caller = match callers {
        0 | 1 => 300,
        2 => 190,
        3 => 165,
        _ => 150,
    };
    let widths: Vec<i32> = ladder
        .lanes
        .iter()
        .map(|lane| match lane.kind {
            LaneKind::Caller(_) => of_a_caller,
            LaneKind::Attendant => 150,
            LaneKind::Meeting(_) => 128,
            LaneKind::Lobby(_) => 105,
            LaneKind::Administrator => 112,
        })
        .collect();
    let total = GUTTER + 16 + widths.iter().sum::<i32>();
    let spare = (WIDTH_MIN - total).max(0) / i32::try_from(widths.len().max(1)).unwrap_or(1);
    let mut x = GUTTER + 16;
    let mut columns = Vec::new();
    for width in widths {
        columns.push((x, width + spare - INSET - 14));
        x += width + spare;
    }
    (columns, x.max(WIDTH_MIN))
}

/// Keys as they are drawn: one by one where there is room, digits in groups where there is not.
pub(super) fn drawn_keys(caps: &[String], room: i32) -> Vec<String> {
    if keys_width(caps) + 40 <= room { caps.to_vec() } else { grouped(caps) }
}

fn grouped(caps: &[String]) -> Vec<String> {
    let mut drawn: Vec<String> = Vec::new();
    let mut row: Vec<String> = Vec::new();
    for cap in caps {
        if cap.len() == 1 && cap.bytes().all(|byte| byte.is_ascii_digit()) {
            row.push(cap.clone());
        } else {
            drawn.extend((!row.is_empty()).then(|| in_words(&std::mem::take(&mut row))));
            drawn.push(cap.clone());
        }
    }
    drawn.extend((!row.is_empty()).then(|| in_words(&row)));
    drawn
}

/// The width of one key.
pub(super) fn cap_width(cap: &str) -> i32 {
    if cap.chars().count() == 1 { 18 } else { width(cap, true) + 14 }
}

/// The width of keys with what is between them.
pub(super) fn keys_width(caps: &[String]) -> i32 {
    caps.iter().map(|cap| cap_width(cap) + 3).sum()
}

/// What a fold says: how long it is, and who hears what meanwhile.
fn folded(ladder: &Ladder, from: Instant, until: Instant) -> String {
    let mut words = lasting(until.since(from)) + " folded";
    let mut heard: Vec<(String, Vec<String>)> = Vec::new();
    for track in &ladder.tracks {
        let sound = track.heard.iter().find(|heard| heard.from <= from && heard.until >= until);
        if let Some(sound) = sound.map(|heard| &heard.sound).filter(|sound| **sound != Sound::Silence) {
            match heard.iter_mut().find(|(name, _)| name == sound.name()) {
                Some((_, names)) => names.push(track.name.clone()),
                None => heard.push((sound.name().to_owned(), vec![track.name.clone()])),
            }
        }
    }
    for (number, (sound, names)) in heard.iter().enumerate() {
        let verb = if names.len() > 1 { "hear" } else { "hears" };
        let mark = if number == 0 { ":" } else { "," };
        words += &format!("{mark} {} {verb} {sound}", all_of(names));
    }
    words
}

/// How far down a moment is: on a row, or between two.
pub(super) fn height_of(ladder: &Ladder, layout: &Layout, at: Instant) -> i32 {
    let mut rows = ladder.items.iter().zip(&layout.placed).map(|(item, placed)| (item.at, placed.y));
    let mut before = None;
    let after = rows.find(|row| {
        let is_reached = row.0 >= at;
        if !is_reached {
            before = Some(*row);
        }
        is_reached
    });
    match (before, after) {
        (_, Some((after, y))) if after == at => y,
        (Some((from, top)), Some((until, bottom))) => {
            let (passed, all) = (at.since(from).as_micros(), until.since(from).as_micros().max(1));
            let way = u128::try_from(bottom - top).unwrap_or_default();
            top + i32::try_from(way * passed / all).unwrap_or_default()
        }
        (Some((_, y)), None) | (None, Some((_, y))) => y,
        (None, None) => 0,
    }
}

fn raise(bottoms: &mut [i32], lane: usize, to: i32) {
    if let Some(bottom) = bottoms.get_mut(lane) {
        *bottom = (*bottom).max(to);
    }
}
