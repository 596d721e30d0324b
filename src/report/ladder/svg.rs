//! A ladder as SVG.

use std::fmt::Write as _;

use super::layout::{
    FOLD, GUTTER, INSET, LINE, Layout, Placed, cap_width, drawn_keys, height_of, keys_width,
};
use super::svg_style::{SHAPES, STYLE};
use super::widths::escape;
use super::{Item, Ladder, LaneKind, Tone, What};

/// The height of the heading.
const HEAD: i32 = 38;

/// A ladder as two pictures, so that the heading can stay while the rest scrolls.
#[derive(Debug)]
pub(in crate::report) struct Drawn {
    /// The names of the lanes.
    pub(in crate::report) head: String,
    /// The rest.
    pub(in crate::report) body: String,
    /// Which moment, in microseconds, is how far down.
    pub(in crate::report) rows: Vec<(u64, i32)>,
}

/// A ladder as a file of its own.
#[must_use]
pub fn document(ladder: &Ladder, title: &str) -> String {
    let layout = Layout::of(ladder);
    let (width, height) = (layout.width, layout.height + HEAD);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"l\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
         {height}\"><title>{}</title><style>{STYLE}{SHAPES}</style><rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>",
        escape(title)
    );
    svg += &heading(ladder, &layout);
    let _infallible =
        write!(svg, "<g transform=\"translate(0 {HEAD})\">{}</g></svg>", picture(ladder, &layout));
    svg.push('\n');
    svg
}

/// A ladder for a page, which has the style.
pub(in crate::report) fn draw(ladder: &Ladder, label: &str) -> Drawn {
    let layout = Layout::of(ladder);
    let (width, height) = (layout.width, layout.height);
    let open = |height: i32, more: &str| {
        format!(
            "<svg class=\"l\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\"{more}>"
        )
    };
    let head = open(HEAD, " aria-hidden=\"true\"") + &heading(ladder, &layout) + "</svg>";
    let named = format!(" role=\"img\" aria-label=\"{}\"", escape(label));
    let cursor = format!("<rect class=\"cur\" width=\"{width}\" height=\"22\" y=\"-99\"/>");
    let body = open(height, &named) + &cursor + &picture(ladder, &layout) + "</svg>";
    let mut rows: Vec<(u64, i32)> = Vec::new();
    for (item, placed) in ladder.items.iter().zip(&layout.placed) {
        let at = item.at.micros();
        if rows.last().is_none_or(|(last, _)| *last != at) {
            rows.push((at, placed.y));
        }
    }
    Drawn { head, body, rows }
}

fn heading(ladder: &Ladder, layout: &Layout) -> String {
    let mut svg = format!("<text class=\"t e\" x=\"{}\" y=\"24\">time</text>", GUTTER - 12);
    for (lane, (x, room)) in ladder.lanes.iter().zip(&layout.columns) {
        let name = super::widths::wrap(&lane.name, room + INSET, true, 1).concat();
        let _infallible = write!(svg, "<text class=\"b\" x=\"{}\" y=\"24\">{}</text>", x - 6, escape(&name));
    }
    svg
}

fn picture(ladder: &Ladder, layout: &Layout) -> String {
    let mut pen = Pen { svg: String::new(), ladder, layout };
    pen.pattern();
    pen.changed();
    pen.lanes();
    pen.streams();
    for (item, placed) in ladder.items.iter().zip(&layout.placed) {
        pen.behind(item, placed);
    }
    pen.folds();
    for (y, at) in &layout.times {
        let _infallible =
            write!(pen.svg, "<text class=\"t e\" x=\"{}\" y=\"{}\">{}</text>", GUTTER - 12, y + 4, at);
    }
    for (item, placed) in ladder.items.iter().zip(&layout.placed) {
        pen.item(item, placed);
    }
    pen.svg
}

struct Pen<'a> {
    svg: String,
    ladder: &'a Ladder,
    layout: &'a Layout,
}

impl Pen<'_> {
    fn x(&self, lane: usize) -> i32 {
        self.layout.columns.get(lane).map_or(0, |(x, _)| *x)
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let _infallible = self.svg.write_fmt(text);
    }

    /// The stripes of hold music, which is told by more than its colour.
    fn pattern(&mut self) {
        self.svg.push_str(
            "<defs><pattern id=\"stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><rect class=\"stripe\" width=\"2\" height=\"6\"/></pattern></defs>",
        );
    }

    /// A ground for what another attempt does not have.
    fn changed(&mut self) {
        for number in &self.ladder.changed {
            if let Some(placed) = self.layout.placed.get(*number) {
                let (y, width) = (placed.y - 11, self.layout.width);
                let tall = i32::try_from(placed.lines.len()).unwrap_or_default().max(1) * LINE + 6;
                self.put(format_args!(
                    "<rect class=\"changed\" y=\"{y}\" width=\"{width}\" height=\"{tall}\"/>"
                ));
            }
        }
    }

    /// The line of each lane, and what its caller hears, or whether the lobby and the meeting are there.
    fn lanes(&mut self) {
        let height = self.layout.height;
        for lane in 0..self.ladder.lanes.len() {
            let x = self.x(lane);
            self.put(format_args!("<path class=\"ln\" d=\"M{x} 4V{}\"/>", height - 6));
            let stretches = self.stretches(lane);
            for (from, until, colour) in stretches {
                let tall = (until - from).max(3);
                match colour {
                    "ringing" => {
                        self.put(format_args!("<path class=\"squiet dash\" d=\"M{x} {from}V{until}\"/>"));
                    }
                    "quiet" => {
                        self.put(format_args!("<path class=\"squiet wide\" d=\"M{x} {from}V{until}\"/>"));
                    }
                    _ => {
                        let left = x - 5;
                        self.put(format_args!(
                            "<rect class=\"f{colour}\" x=\"{left}\" y=\"{}\" width=\"10\" height=\"{}\" rx=\"4\"/>",
                            from + 1,
                            (tall - 2).max(2)
                        ));
                        if colour == "hold" {
                            self.put(format_args!(
                                "<rect class=\"stripes\" x=\"{left}\" y=\"{}\" width=\"10\" height=\"{}\" rx=\"4\"/>",
                                from + 1,
                                (tall - 2).max(2)
                            ));
                        }
                    }
                }
            }
        }
    }

    /// A thin bar beside the line of a caller for each stream: what was received nearest, then what was sent. What is
    /// missing is a red mark on it.
    fn streams(&mut self) {
        let (ladder, layout) = (self.ladder, self.layout);
        for stream in &ladder.streams {
            let x = self.x(stream.lane) - if stream.is_sent { 13 } else { 9 };
            let [from, until] = [stream.from, stream.until].map(|at| height_of(ladder, layout, at));
            self.put(format_args!(
                "<rect class=\"rtp\" x=\"{x}\" y=\"{from}\" width=\"2\" height=\"{}\"><title>{}</title></rect>",
                (until - from).max(2),
                escape(&stream.words)
            ));
            for at in &stream.losses {
                let y = height_of(ladder, layout, *at) - 1;
                self.put(format_args!(
                    "<rect class=\"ffail\" x=\"{}\" y=\"{y}\" width=\"6\" height=\"2\"/>",
                    x - 2
                ));
            }
        }
    }

    /// From where to where a lane has which colour.
    fn stretches(&self, lane: usize) -> Vec<(i32, i32, &'static str)> {
        let kind = self.ladder.lanes.get(lane).map(|lane| lane.kind);
        let mut stretches = Vec::new();
        let mut open: Option<(i32, &'static str)> = None;
        let mut waiting = 0_usize;
        let mut turn = |at: i32, next: Option<&'static str>| {
            if let Some((from, colour)) = open.take() {
                stretches.push((from, at, colour));
            }
            open = next.map(|colour| (at, colour));
        };
        for (item, placed) in self.ladder.items.iter().zip(&self.layout.placed) {
            let y = placed.y;
            match (&item.what, kind) {
                (What::Arrow { to, .. }, Some(LaneKind::Lobby(_))) if *to == lane => {
                    waiting += 1;
                    if waiting == 1 {
                        turn(y, Some("hold"));
                    }
                }
                (What::Arrow { .. }, Some(LaneKind::Lobby(_))) if item.lane == lane => {
                    waiting = waiting.saturating_sub(1);
                    if waiting == 0 {
                        turn(y, None);
                    }
                }
                (What::Note { tone: Tone::Meeting, .. }, Some(LaneKind::Meeting(_))) if item.lane == lane => {
                    turn(y, Some("conf"));
                }
                (What::Ends { .. }, _) if item.lane == lane => turn(y, None),
                (What::Arrow { leaves: false, .. }, Some(LaneKind::Caller(_))) if item.lane == lane => {
                    turn(y, Some("ringing"));
                }
                (What::Hears { sound, .. }, _) if item.lane == lane => turn(y, Some(sound.colour())),
                (What::Fails { .. }, _) if item.lane == lane => turn(y, None),
                _ => {}
            }
        }
        turn(self.layout.height - 14, None);
        stretches
    }

    /// Arrows, and what lies behind labels.
    fn behind(&mut self, item: &Item, placed: &Placed) {
        let (x, y) = (self.x(item.lane), placed.y);
        match &item.what {
            What::Keys { caps, .. } => {
                let from = x + 12 + keys_width(&self.keys_of(item.lane, caps));
                let to = self.x(self.ladder.attendant());
                self.arrow((from + 2, to - 4, y), "key", false);
            }
            What::Arrow { to, tone, count, leaves, .. } => {
                let target = self.x(*to);
                let way = if target > x { 1 } else { -1 };
                let near = if count.is_some() && !leaves { 11 } else { 5 };
                let start = if self.ladder.is_caller(item.lane) { 0 } else { 6 };
                self.arrow((x + start * way, target - near * way, y), tone.colour(), *leaves);
            }
            What::Message { to, refuses, .. } => {
                let (target, way) = (self.x(*to), if self.x(*to) > x { 1 } else { -1 });
                let colour = if *refuses { "fail" } else { "quiet" };
                self.arrow((x + 6 * way, target - 6 * way, y), colour, false);
            }
            What::Fails { since, .. } => {
                let from = height_of(self.ladder, self.layout, *since).min(y);
                let width = self.layout.width;
                self.put(format_args!(
                    "<rect class=\"miss\" x=\"{}\" y=\"{from}\" width=\"20\" height=\"{}\" rx=\"6\"/>\
                     <path class=\"sfail\" d=\"M{} {y}H{width}\"/>",
                    x - 10,
                    (y - from).max(12),
                    GUTTER - 6
                ));
            }
            What::Missing { from, .. } => {
                let start = self.x(*from) + 10;
                self.put(format_args!("<path class=\"miss\" d=\"M{start} {y}H{}\"/>", x - 12));
            }
            What::Hears { .. }
            | What::Packets { .. }
            | What::Note { .. }
            | What::Ends { .. }
            | What::Late { .. }
            | What::Verdict { .. } => {}
        }
    }

    fn arrow(&mut self, (from, to, y): (i32, i32, i32), colour: &str, leaves: bool) {
        let back = if to > from { -7 } else { 7 };
        let dash = if leaves { " dash" } else { "" };
        self.put(format_args!(
            "<path class=\"ar s{colour}{dash}\" d=\"M{from} {y}H{}\"/><path class=\"f{colour}\" d=\"M{to} {y}l{back} -4v8z\"/>",
            to + back / 2
        ));
    }

    fn folds(&mut self) {
        for fold in &self.layout.folds {
            let width = self.layout.width;
            let edge = |y: i32| {
                (0..=width / 8).map(move |tooth| (tooth * 8, y + if tooth % 2 == 0 { -3 } else { 3 }))
            };
            let points: Vec<(i32, i32)> = edge(fold.y).chain(edge(fold.y + FOLD).rev()).collect();
            self.svg.push_str("<path class=\"fold\" d=\"M");
            for (x, y) in points {
                self.put(format_args!("{x} {y} "));
            }
            self.put(format_args!(
                "z\"/><text class=\"t e\" x=\"{}\" y=\"{y}\">···</text><text class=\"m\" x=\"{}\" y=\"{y}\">{}</text>",
                GUTTER - 12,
                GUTTER + 10,
                escape(&fold.words),
                y = fold.y + FOLD / 2 + 4
            ));
        }
    }

    fn item(&mut self, item: &Item, placed: &Placed) {
        let (x, y) = (self.x(item.lane), placed.y);
        let message = if let What::Message { text, .. } = &item.what {
            format!(" data-m=\"{text}\"")
        } else {
            String::new()
        };
        self.put(format_args!("<g class=\"it\" data-t=\"{}\"{message}>", item.at.micros()));
        match &item.what {
            What::Keys { caps, .. } => self.keys(x + 12, y, &self.keys_of(item.lane, caps)),
            What::Arrow { to, tone, count, leaves, .. } => {
                if let Some(count) = count {
                    let (at, colour) = if *leaves { (x, "hold") } else { (self.x(*to), tone.colour()) };
                    self.put(format_args!(
                        "<circle class=\"f{colour}\" cx=\"{at}\" cy=\"{y}\" r=\"9\"/><text class=\"bub on{colour}\" x=\"{at}\" \
                         y=\"{}\">{count}</text>",
                        y + 4
                    ));
                }
            }
            What::Note { tone, .. } => {
                self.put(format_args!(
                    "<circle class=\"f{}\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>",
                    tone.colour()
                ));
            }
            What::Ends { .. } => {
                self.put(format_args!("<path class=\"squiet wide\" d=\"M{} {y}h16\"/>", x - 8));
            }
            What::Fails { .. } => {
                self.tint(item.lane, y + 7, placed.lines.len());
                self.cross(x, y);
            }
            What::Late { .. } => self.put(format_args!(
                "<rect class=\"late\" x=\"{}\" y=\"{}\" width=\"10\" height=\"18\" rx=\"4\"/>",
                x - 5,
                y - 2
            )),
            What::Missing { from, .. } => {
                let at = self.x(*from);
                self.put(format_args!("<circle class=\"miss paper\" cx=\"{at}\" cy=\"{y}\" r=\"7\"/>"));
                self.tint(*from, y - 12, placed.lines.len());
            }
            What::Verdict { .. } => {
                let tall = i32::try_from(placed.lines.len()).unwrap_or(1) * LINE + 20;
                let width = self.layout.width - 16;
                self.put(format_args!(
                    "<rect class=\"tint\" x=\"8\" y=\"{y}\" width=\"{width}\" height=\"{tall}\" rx=\"8\"/>"
                ));
                self.cross(26, y + 19);
            }
            What::Hears { .. } | What::Message { .. } | What::Packets { .. } => {}
        }
        let (lane, first) = placed.label;
        let left = self.x(lane)
            + match item.what {
                What::Verdict { .. } => 44 - self.x(lane),
                What::Arrow { count: Some(_), .. } => INSET + 2,
                What::Arrow { count: None, .. } | What::Keys { .. } | What::Hears { .. } => INSET,
                What::Note { .. } | What::Ends { .. } | What::Fails { .. } => INSET,
                What::Message { .. } | What::Packets { .. } => INSET,
                What::Late { .. } | What::Missing { .. } => INSET,
            };
        for (line, label) in (0_i32..).zip(&placed.lines) {
            let (y, style) = (first + line * LINE, label.style);
            self.put(format_args!(
                "<text class=\"{style}\" x=\"{left}\" y=\"{y}\">{}</text>",
                escape(&label.text)
            ));
        }
        self.svg.push_str("</g>");
    }

    fn keys_of(&self, lane: usize, caps: &[String]) -> Vec<String> {
        drawn_keys(caps, self.layout.columns.get(lane).map_or(0, |(_, room)| *room))
    }

    fn keys(&mut self, from: i32, y: i32, caps: &[String]) {
        let mut x = from;
        for cap in caps {
            let wide = cap_width(cap);
            self.put(format_args!(
                "<rect class=\"cap\" x=\"{x}\" y=\"{}\" width=\"{wide}\" height=\"19\" rx=\"4\"/><text class=\"capt\" x=\"{}\" \
                 y=\"{}\">{}</text>",
                y - 10,
                x + wide / 2,
                y + 4,
                escape(cap)
            ));
            x += wide + 3;
        }
    }

    /// A red ground for words.
    fn tint(&mut self, lane: usize, y: i32, lines: usize) {
        let (x, room) = self.layout.columns.get(lane).copied().unwrap_or_default();
        let tall = i32::try_from(lines).unwrap_or(1) * LINE + 8;
        let left = x + INSET - 6;
        self.put(format_args!(
            "<rect class=\"tint\" x=\"{left}\" y=\"{y}\" width=\"{}\" height=\"{tall}\" rx=\"6\"/>",
            room + 12
        ));
    }

    fn cross(&mut self, x: i32, y: i32) {
        self.put(format_args!(
            "<circle class=\"ffail\" cx=\"{x}\" cy=\"{y}\" r=\"8\"/><path class=\"cross\" d=\"M{} {}l6 6m0-6l-6 6\"/>",
            x - 3,
            y - 3
        ));
    }
}
