//! What each caller heard, sideways: one strip for each caller, all on one time line with the long gaps folded.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::widths::{escape, wrap};
use super::words::lasting;
use super::{Ladder, Sound, Track, What};
use crate::control::time::Instant;

/// The width of the picture, of the names on its left, and of the margin on its right.
const WIDTH: i32 = 1_000;
const NAMES: i32 = 84;
const MARGIN: i32 = 16;

/// A caller's strip, with the keys under it.
const STRIP: i32 = 42;

/// The height of the axis.
const AXIS: i32 = 26;

/// Time beyond this between two events takes no more room, in microseconds.
const FOLDED: u64 = 9_000_000;

/// And less than this no less: what is short is seen, too.
const SEEN: u64 = 500_000;

/// Labels of the axis are at least this far apart.
const APART: i32 = 58;

/// The strips, drawn.
#[derive(Debug)]
pub(in crate::report) struct Strip {
    /// The picture.
    pub(in crate::report) svg: String,
    /// Which moment, in microseconds, is how far to the right.
    pub(in crate::report) points: Vec<(u64, i32)>,
}

/// Draws what was heard.
pub(in crate::report) fn strip(ladder: &Ladder) -> Strip {
    let points = points(ladder);
    let height = STRIP * i32::try_from(ladder.tracks.len()).unwrap_or_default() + 8 + AXIS;
    let mut svg = format!(
        "<svg class=\"l strip\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"What each caller heard; the table of events tells the same\">"
    );
    for (row, track) in (0..).zip(&ladder.tracks) {
        draw(&mut svg, ladder, &points, track, row * STRIP + 8);
    }
    let base = height - AXIS;
    let mut last = -APART;
    for pair in points.windows(2) {
        let [(from, left), (until, right)] = pair else { continue };
        if until - from > FOLDED {
            let middle = (left + right) / 2;
            let _infallible = write!(
                svg,
                "<rect class=\"paper\" x=\"{}\" y=\"0\" width=\"7\" height=\"{base}\"/><path class=\"squiet dash\" d=\"M{} \
                 0v{base}m7 0v-{base}\"><title>{} folded</title></path>",
                middle - 4,
                middle - 4,
                lasting(std::time::Duration::from_micros(until - from))
            );
        }
    }
    for (at, x) in &points {
        if x - last >= APART {
            let seconds = Instant::from_micros(*at).millis() / 100;
            let _infallible = write!(
                svg,
                "<text class=\"t s\" text-anchor=\"middle\" x=\"{x}\" y=\"{}\">{}.{}</text>",
                height - 8,
                seconds / 10,
                seconds % 10
            );
            last = *x;
        }
    }
    let _infallible =
        write!(svg, "<path class=\"curl\" d=\"M0 0V{base}\" transform=\"translate({NAMES} 0)\"/></svg>");
    Strip { svg, points }
}

fn draw(svg: &mut String, ladder: &Ladder, points: &[(u64, i32)], track: &Track, y: i32) {
    let x = |at: Instant| place(points, at);
    let name = wrap(&track.name, NAMES - 22, true, 1).concat();
    let _infallible = write!(svg, "<text class=\"b\" x=\"12\" y=\"{}\">{}</text>", y + 18, escape(&name));
    let own = track.heard.iter().map(|heard| (heard, false));
    for (heard, is_announced) in own.chain(track.announced.iter().map(|heard| (heard, true))) {
        let (left, right) = (x(heard.from), x(heard.until));
        let (wide, sound) = ((right - left).max(2), &heard.sound);
        let (top, tall) = if is_announced { (y + 15, 12) } else { (y + 1, 26) };
        let _infallible = write!(svg, "<g class=\"it\" data-t=\"{}\">", heard.from.micros());
        if *sound == Sound::Silence {
            let _infallible = write!(svg, "<path class=\"squiet wide\" d=\"M{left} {}H{right}\"/>", y + 14);
        } else {
            let mut block = |class: &str| {
                let _infallible = write!(
                    svg,
                    "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{tall}\" rx=\"4\"/>",
                    (wide - 1).max(2)
                );
            };
            block(match sound.colour() {
                "hold" => "fhold",
                "conf" => "fconf",
                _ => "fprompt",
            });
            if let Sound::HoldMusic { .. } = sound {
                block("stripes");
            }
            let words = match sound {
                Sound::HoldMusic { .. } => "♪ hold music",
                Sound::Meeting => "meeting",
                Sound::Silence | Sound::Prompt { .. } => sound.name(),
            };
            if wide > 40 && !is_announced {
                let words = wrap(words, wide - 12, false, 1).concat();
                let colour = sound.colour();
                let _infallible = write!(
                    svg,
                    "<text class=\"s on{colour}\" x=\"{}\" y=\"{}\">{}</text>",
                    left + 6,
                    y + 18,
                    escape(&words)
                );
            }
        }
        let _infallible = write!(
            svg,
            "<title>{}: {}, {} s to {} s</title></g>",
            escape(&track.name),
            escape(sound.name()),
            heard.from,
            heard.until
        );
    }
    for (from, until) in &track.keys {
        let left = x(*from);
        let wide = (x(*until) - left).max(4);
        let _infallible = write!(
            svg,
            "<rect class=\"fkey\" x=\"{left}\" y=\"{}\" width=\"{wide}\" height=\"4\" rx=\"2\"/>",
            y + 30
        );
    }
    if let Some(failed) = ladder.failed.as_ref().filter(|failed| failed.lane == Some(track.lane)) {
        if let Some((from, until)) = failed.waited {
            let left = x(from);
            let wide = (x(until) - left).max(6);
            let _infallible = write!(
                svg,
                "<rect class=\"miss\" x=\"{left}\" y=\"{}\" width=\"{wide}\" height=\"34\" rx=\"6\"/>",
                y - 3
            );
        }
        if let Some(came) = failed.came {
            let left = x(came).min(WIDTH - MARGIN - 12);
            let _infallible = write!(
                svg,
                "<rect class=\"late\" x=\"{left}\" y=\"{}\" width=\"12\" height=\"26\" rx=\"4\"/>",
                y + 1
            );
        }
    }
}

/// The moments at which something begins or ends, each with its place.
fn points(ladder: &Ladder) -> Vec<(u64, i32)> {
    let mut moments: BTreeSet<u64> = [0, ladder.took.micros()].into();
    for track in &ladder.tracks {
        for heard in track.heard.iter().chain(&track.announced) {
            moments.extend([heard.from.micros(), heard.until.min(ladder.took).micros()]);
        }
        moments.extend(track.keys.iter().map(|(from, _)| from.micros()));
    }
    moments.extend(
        ladder
            .items
            .iter()
            .filter(|item| matches!(item.what, What::Late { .. }))
            .map(|item| item.at.micros()),
    );
    let moments: Vec<u64> = moments.into_iter().collect();
    let weights: Vec<u64> = moments.windows(2).map(|pair| (pair[1] - pair[0]).clamp(SEEN, FOLDED)).collect();
    let all = weights.iter().sum::<u64>().max(1);
    let room = u64::try_from(WIDTH - NAMES - MARGIN).unwrap_or_default();
    let mut points = Vec::with_capacity(moments.len());
    let mut sum = 0;
    for (number, at) in moments.into_iter().enumerate() {
        if number > 0 {
            sum += weights.get(number - 1).copied().unwrap_or_default();
        }
        points.push((at, NAMES + i32::try_from(room * sum / all).unwrap_or_default()));
    }
    points
}

/// The place of a moment between the points.
fn place(points: &[(u64, i32)], at: Instant) -> i32 {
    let at = at.micros();
    let next = points.partition_point(|(point, _)| *point < at);
    let right = points.get(next).copied();
    let left = next.checked_sub(1).and_then(|before| points.get(before)).copied();
    match (left, right) {
        (_, Some((point, x))) if point == at => x,
        (Some((from, x)), Some((until, right))) => {
            let share = u64::try_from(right - x).unwrap_or_default() * (at - from) / (until - from).max(1);
            x + i32::try_from(share).unwrap_or_default()
        }
        (Some((_, x)), None) | (None, Some((_, x))) => x,
        (None, None) => NAMES,
    }
}
