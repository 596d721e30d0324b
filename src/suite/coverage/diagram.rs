//! The machines as pictures: states with the ways between them, and which of those no case took.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Coverage, Group, Reached};
use crate::control::attendant::DialogState;
use crate::control::event::Place;
use crate::report::ladder::escape;

/// The machines that are drawn: the title, where their transitions are, and their states in the order of the picture.
const MACHINES: [(&str, Group); 3] =
    [("Dialog", Group::Transitions), ("Meeting", Group::Meetings), ("Place of a caller", Group::Places)];

/// All ways from one state to another.
#[derive(Debug, Default)]
struct Ways<'c> {
    taken: Vec<&'c str>,
    missing: Vec<&'c str>,
    unreachable: Vec<&'c str>,
}

impl Ways<'_> {
    /// The style of the line: whether something is missing decides.
    fn class(&self) -> &'static str {
        match (self.missing.is_empty(), self.taken.is_empty()) {
            (false, _) => "miss",
            (true, false) => "took",
            (true, true) => "never",
        }
    }

    fn label(&self) -> String {
        let marked = |mark: &str, names: &[&str]| match names {
            [] => String::new(),
            names => format!("{mark}{}", names.join(", ")),
        };
        let parts = [
            marked("", &self.taken),
            marked("not reached: ", &self.missing),
            marked("out of reach: ", &self.unreachable),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

type Edges<'c> = BTreeMap<(&'c str, &'c str), Ways<'c>>;

fn edges(coverage: &Coverage, group: Group) -> Edges<'_> {
    let mut edges = Edges::new();
    for (item, reached) in coverage.items().filter(|(item, _)| item.group == group) {
        let Some((from, to, by)) = item.edge() else { continue };
        let ways = edges.entry((from, to)).or_default();
        match reached {
            Reached::By(_) => ways.taken.push(by),
            Reached::Not => ways.missing.push(by),
            Reached::Unreachable(_) => ways.unreachable.push(by),
        }
    }
    edges
}

/// The states of a machine, in the order in which a call passes through them.
fn states(group: Group, edges: &Edges<'_>) -> Vec<String> {
    let known: Vec<&str> = match group {
        Group::Transitions => DialogState::ALL.map(DialogState::name).to_vec(),
        Group::Places => [&["outside"], &Place::ALL.map(Place::name)[..]].concat(),
        Group::Meetings => vec!["waiting", "running", "locked"],
        Group::States | Group::Keys | Group::Timers | Group::Prompts => Vec::new(),
        Group::Outcomes | Group::Settings | Group::Events => Vec::new(),
    };
    let named: BTreeSet<&str> = edges.keys().flat_map(|(from, to)| [*from, *to]).collect();
    known.into_iter().filter(|name| named.contains(name)).map(str::to_owned).collect()
}

/// The machines as flow charts of Mermaid, one after the other in one chart. What no case took is dashed and red.
#[must_use]
pub fn mermaid(coverage: &Coverage) -> String {
    let mut chart = "flowchart LR\n".to_owned();
    let mut missing = Vec::new();
    let mut number = 0;
    for (title, group) in MACHINES {
        let edges = edges(coverage, group);
        let id = |name: &str| format!("{}_{}", group.name(), name.replace('-', "_"));
        let _infallible = writeln!(chart, "  subgraph {} [\"{title}\"]", group.name());
        for state in states(group, &edges) {
            let _infallible = writeln!(chart, "    {}[\"{state}\"]", id(&state));
        }
        for ((from, to), ways) in &edges {
            for (arrow, names) in [("-->", &ways.taken), ("-.->", &ways.missing)] {
                if names.is_empty() {
                    continue;
                }
                if arrow != "-->" {
                    missing.push(number.to_string());
                }
                number += 1;
                let label = names.join("<br/>").replace('#', "#35;").replace('*', "#42;");
                let _infallible = writeln!(chart, "    {} {arrow}|\"{label}\"| {}", id(from), id(to));
            }
        }
        chart += "  end\n";
    }
    if !missing.is_empty() {
        let _infallible = writeln!(
            chart,
            "  linkStyle {} stroke:#b81d38,stroke-width:2px,color:#b81d38",
            missing.join(",")
        );
    }
    chart
}

const BOX: i32 = 168;
const ROW: i32 = 34;
const TOP: i32 = 44;
/// How far the widest way stands out on either side.
const ROOM: i32 = 330;

/// The shapes of a picture, by the colours of the page or of [`COLOURS`].
pub(super) const SHAPES: &str = ".arcs text{font:13px ui-sans-serif,system-ui,sans-serif;fill:var(--ink)}\
.arcs .h{font-weight:600}\
.arcs rect{fill:var(--surface);stroke:var(--line-2)}\
.arcs rect.no{stroke:var(--fail);stroke-dasharray:4 3;stroke-width:2}\
.arcs path{fill:none;stroke-width:1.5}\
.arcs .took{stroke:var(--conf);opacity:.6}\
.arcs .miss{stroke:var(--fail);stroke-width:2;stroke-dasharray:6 4}\
.arcs .never{stroke:var(--line-2);stroke-dasharray:2 4}\
.arcs path:hover{stroke-width:4;opacity:1}\
.arcs .tip.took{fill:var(--conf);stroke:none}.arcs .tip.miss{fill:var(--fail);stroke:none}.arcs .tip.never{fill:var(--line-2);stroke:none}";

/// The colours of a picture that stands alone.
const COLOURS: &str = ":root{color-scheme:light dark;--ink:light-dark(#1d1a16,#f3efe8);--surface:light-dark(#fff,#1c1a17);\
--line-2:light-dark(#8b8377,#7d766b);--fail:light-dark(#b81d38,#ff929b);--conf:light-dark(#116b45,#62d39b);--paper:light-dark(#faf8f5,#141210)}\
.paper{fill:var(--paper)!important;stroke:none!important}";

/// A picture of every machine, one below the other.
#[must_use]
pub fn svg(coverage: &Coverage) -> String {
    let (mut inside, mut y) = (String::new(), 0);
    for (title, group) in MACHINES {
        let (picture, height) = arcs(coverage, title, group);
        let _infallible = write!(inside, "<g transform=\"translate(0 {y})\">{picture}</g>");
        y += height;
    }
    let width = BOX + 2 * ROOM;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"arcs\" width=\"{width}\" height=\"{y}\" viewBox=\"0 0 {width} {y}\">\
         <title>What scenarios reach of the bridge's machines</title><style>{COLOURS}{SHAPES}</style>\
         <rect class=\"paper\" width=\"{width}\" height=\"{y}\"/>{inside}</svg>\n"
    )
}

/// A picture of one machine for a page, which has the colours.
pub(super) fn picture(coverage: &Coverage, group: Group) -> String {
    let Some((title, _)) = MACHINES.iter().find(|(_, drawn)| *drawn == group) else { return String::new() };
    let (picture, height) = arcs(coverage, title, group);
    let width = BOX + 2 * ROOM;
    format!(
        "<svg class=\"arcs\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{title}: its states and the ways between them; the lists below tell the same\">{picture}</svg>"
    )
}

/// The states of a machine in a column, ways forward on the right, ways back on the left; and how high that is.
fn arcs(coverage: &Coverage, title: &str, group: Group) -> (String, i32) {
    let edges = edges(coverage, group);
    let states = states(group, &edges);
    let place =
        |name: &str| states.iter().position(|state| state == name).and_then(|at| i32::try_from(at).ok());
    let middle = |place: i32| TOP + place * ROW + ROW / 2;
    let mut picture =
        format!("<text class=\"h\" x=\"{}\" y=\"24\" text-anchor=\"middle\">{title}</text>", ROOM + BOX / 2);
    for ((from, to), ways) in &edges {
        let (Some(first), Some(last)) = (place(from), place(to)) else { continue };
        let is_forward = last > first;
        // Both ends keep to their own half of the box, so that what comes and what goes do not touch.
        let (y1, y2) = (middle(first) + 5, middle(last) - 5);
        let out = (26 + 17 * (last - first).abs()).min(ROOM - 12);
        let (x, bow, tip) = if is_forward { (ROOM + BOX, out, 7) } else { (ROOM, -out, -7) };
        let class = ways.class();
        let label = escape(&format!("{from} → {to}: {}", ways.label()));
        let _infallible = write!(
            picture,
            "<path class=\"{class}\" d=\"M{x} {y1}C{0} {y1} {0} {y2} {1} {y2}\"><title>{label}</title></path>\
             <path class=\"tip {class}\" d=\"M{x} {y2}l{tip} -4v8z\"/>",
            x + bow * 4 / 3,
            x + tip
        );
    }
    for (name, at) in states.iter().zip(0..) {
        let is_missing = coverage.items().any(|(item, reached)| {
            item.group == Group::States && item.name == *name && reached == Reached::Not
        });
        let class = if is_missing && group == Group::Transitions { " class=\"no\"" } else { "" };
        let _infallible = write!(
            picture,
            "<rect{class} x=\"{ROOM}\" y=\"{}\" width=\"{BOX}\" height=\"{}\" rx=\"6\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{name}</text>",
            middle(at) - ROW / 2 + 3,
            ROW - 6,
            ROOM + BOX / 2,
            middle(at) + 4
        );
    }
    let rows = i32::try_from(states.len()).unwrap_or(i32::MAX / ROW);
    (picture, TOP + rows * ROW + 16)
}
