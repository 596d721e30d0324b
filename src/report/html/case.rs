//! What the page shows of one case.

use std::fmt::Write as _;

use serde::Serialize;

use super::player::Play;
use super::row::{Row, Status};
use super::scenario::Source;
use crate::control::time::Instant;
use crate::play::{CaseRun, Failure, Played};
use crate::report::ladder::{EventLine, Ladder, compare, draw, escape, lasting, strip};
use crate::report::why::why;
use crate::report::{CaseResult, describe_faults, failure, seconds};

/// A case for the page: what it shows, and what it plays.
#[derive(Debug, Serialize)]
pub(super) struct Chunk {
    html: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    play: Option<Play>,
}

/// A case that was not played.
pub(super) fn not_played(why: &str, row: &Row, source: (&Source, usize)) -> Chunk {
    let mut html = heading(row, row.status, &[]);
    let _infallible = write!(
        html,
        "<section class=\"why passed\" aria-label=\"Why it was not played\"><p class=\"also\">{}</p></section>",
        escape(why)
    );
    html += &scenario(source.0, source.1);
    Chunk { html, play: None }
}

/// A case that was played.
pub(super) fn played(
    result: &CaseResult<'_>,
    run: &CaseRun,
    ladder: &mut Ladder,
    row: &Row,
    source: (&Source, usize),
    mut play: Play,
) -> Chunk {
    let time = if ladder.is_real_time { "real time" } else { "virtual time" };
    let mut facts = vec![format!("{} {time}", lasting(run.played.took.since(Instant::ZERO)))];
    facts.push(format!("seed {}", run.played.seed));
    if run.seeds > 1 {
        facts.push(format!("{} seeds tried", run.seeds));
    }
    facts.extend((!run.attempts.is_empty()).then(|| format!("attempt {}", run.attempts.len() + 1)));
    facts.extend(run.is_flaky().then(|| "flaky".to_owned()));
    facts.extend(result.outcome.failed_as_expected().map(|why| format!("fails as expected: {why}")));
    let mut html = heading(row, row.status, &facts);
    html += &verdict(result, run, ladder, source.0);
    html += &decided(result, run);
    let before = before(run).map(|before| {
        let earlier = CaseRun::once(before.clone(), run.bridge.clone());
        let mut earlier = Ladder::of(result, &earlier);
        compare(&mut earlier, ladder);
        earlier
    });
    html += &ladder_part(ladder, row, &mut play);
    if let Some(earlier) = before {
        html += &attempts(&earlier, ladder, titles(run));
    }
    html += &heard(ladder, &mut play);
    html += &events(ladder);
    html += &scenario(source.0, source.1);
    Chunk { html, play: Some(play) }
}

/// How the case was played before, if it was, and came out in another way or no better: what the last time is compared with.
fn before(run: &CaseRun) -> Option<&Played> {
    run.passed.as_deref().or(run.attempts.last())
}

/// What that time and the last one are called.
fn titles(run: &CaseRun) -> [String; 2] {
    if let Some(passed) = &run.passed {
        return [format!("Seed {} passed", passed.seed), format!("Seed {} failed", run.played.seed)];
    }
    let last = run.attempts.len();
    let became = if run.has_failures() { "failed" } else { "passed" };
    [format!("Attempt {last} failed"), format!("Attempt {} {became}", last + 1)]
}

fn icon(name: &str) -> String {
    format!("<svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-{name}\"/></svg>")
}

fn heading(row: &Row, status: Status, facts: &[String]) -> String {
    let (colour, sign) = match status {
        Status::Failed => ("fail", "circle-x"),
        Status::Passed => ("conf", "circle-check"),
        Status::Skipped | Status::Open => ("quiet", "circle-dashed"),
    };
    let place = match &row.at {
        Some((file, line)) => format!("{file}:{line}"),
        None => row.file.clone(),
    };
    let mut html = format!(
        "<div class=\"head\"><div class=\"row\"><span class=\"pill {colour}\">{}{}</span><code>{}</code>",
        icon(sign),
        status.word(),
        escape(&place)
    );
    for fact in facts {
        let _infallible = write!(html, "<span>{}</span>", escape(fact));
    }
    for value in &row.values {
        let _infallible = write!(html, "<span class=\"par\">{}</span>", escape(value));
    }
    for tag in &row.tags {
        let _infallible = write!(html, "<span>#{}</span>", escape(tag));
    }
    let _infallible = write!(html, "</div><h2 id=\"name\" tabindex=\"-1\">{}</h2></div>", escape(&row.name));
    html
}

fn verdict(result: &CaseResult<'_>, run: &CaseRun, ladder: &Ladder, source: &Source) -> String {
    let again = format!(
        "<div class=\"again\"><span class=\"mut\">Replay</span><code id=\"again\">{}</code><button class=\"btn\" \
         data-copy=\"again\">{}Copy</button></div>",
        escape(&failure::command(result, run)),
        icon("copy")
    );
    let Some(failed) = &ladder.failed else {
        return format!("<section class=\"why passed\" aria-label=\"Replay\">{again}</section>");
    };
    let mut html = format!(
        "<section class=\"why\" aria-label=\"What failed\"><h3>{}{}</h3>",
        icon("circle-x"),
        escape(&failed.headline)
    );
    if !failed.evidence.is_empty() {
        html += "<dl class=\"evid\">";
        for (name, fact, more) in &failed.evidence {
            let _infallible = write!(
                html,
                "<div><dt>{name}</dt><dd><b>{}</b><span>{}</span></dd></div>",
                escape(fact),
                escape(more)
            );
        }
        html += "</dl>";
    }
    let faults = run.smallest.as_ref().map(|smallest| match smallest.as_slice() {
        [] => "It fails without any fault.".to_owned(),
        faults => format!("The fewest faults with which it fails: {}", faults.join("; ")),
    });
    let injected = describe_faults(result.story());
    let injected = (!injected.is_empty()).then(|| format!("Faults of the scenario: {}", injected.join("; ")));
    let also = failed.also.iter().map(|also| format!("Also: {also}"));
    for line in faults.into_iter().chain(injected).chain(also) {
        let _infallible = write!(html, "<p class=\"also\">{}</p>", escape(&line));
    }
    html + &source.excerpt() + &again + "</section>"
}

/// Callers whose treatment is told of a case in which no step of a caller failed.
const DECIDED_MAX: usize = 4;

/// Why the bridge treated those callers as it did whose steps failed, or the first callers.
fn decided(result: &CaseResult<'_>, run: &CaseRun) -> String {
    if !run.has_failures() {
        return String::new();
    }
    let failed = run.played.failures.iter().filter_map(|failure| match failure {
        Failure::Step { role, .. } => Some(*role),
        Failure::TimedOut { .. } | Failure::Check { .. } => None,
        Failure::Invariant(_) | Failure::Order { .. } => None,
    });
    let mut parts: Vec<u32> = failed.collect();
    if parts.is_empty() {
        parts = (0..).zip(&result.story().cast.roles).map(|(part, _)| part).take(DECIDED_MAX).collect();
    }
    let mut rows = String::new();
    for part in parts {
        let name = result.story().cast.roles.get(part as usize).map_or("", |role| role.name.as_str());
        for reason in why(result.story(), &run.played.log, part) {
            let (at, words) = (reason.at, escape(&reason.to_string()));
            let _infallible =
                write!(rows, "<tr><td>{at}</td><td class=\"who\">{}</td><td>{words}</td></tr>", escape(name));
        }
    }
    if rows.is_empty() {
        return rows;
    }
    let board = format!(
        "<div class=\"board\" tabindex=\"0\" role=\"region\" aria-labelledby=\"h-decided\"><table class=\"ev\"><thead><tr><th \
         scope=\"col\">Time</th><th scope=\"col\">Who</th><th scope=\"col\">Decision</th></tr></thead><tbody>{rows}</tbody></table></div>"
    );
    part("h-decided", "What the bridge decided, and why", "", &board)
}

/// A part of the page under its heading.
fn part(id: &str, title: &str, beside: &str, inside: &str) -> String {
    format!("<section class=\"part\"><header><h3 id=\"{id}\">{title}</h3>{beside}</header>{inside}</section>")
}

fn ladder_part(ladder: &Ladder, row: &Row, play: &mut Play) -> String {
    let drawn = draw(ladder, &format!("Ladder of {}; the table of events tells the same", row.name));
    play.rows = drawn.rows;
    let mut legend = "<div class=\"legend\">".to_owned();
    let mut signs = vec![
        ("prompt", "Prompt"),
        ("hold", "Hold music"),
        ("conf", "Meeting"),
        ("quiet", "Silence"),
        ("key", "Keys"),
    ];
    if !ladder.messages.is_empty() {
        signs.push(("sip", "SIP"));
    }
    if !ladder.streams.is_empty() {
        signs.push(("rtp", "RTP"));
    }
    if ladder.streams.iter().any(|stream| !stream.losses.is_empty()) {
        signs.push(("loss", "RTP lost"));
    }
    if ladder.failed.is_some() {
        signs.push(("miss", "Expected, missing"));
    }
    for (sign, words) in signs {
        let _infallible = write!(legend, "<span>{}{words}</span>", swatch(sign));
    }
    legend += "</div>";
    let mut left_out = String::new();
    if ladder.more_callers > 0 {
        left_out += &format!(
            "<p class=\"note\">{} more callers have no lane; their events are in the table.</p>",
            ladder.more_callers
        );
    }
    if ladder.left_out.0 > 0 {
        let which = if ladder.failed.is_some() { "earlier" } else { "later" };
        left_out += &format!("<p class=\"note\">{} {which} items are not drawn.</p>", ladder.left_out.0);
    }
    let board = format!(
        "{left_out}<div class=\"board\" id=\"ladder\" tabindex=\"0\" role=\"region\" aria-labelledby=\"h-ladder\"><div \
         class=\"lhead\">{}</div>{}</div>",
        drawn.head, drawn.body
    );
    let board = board + if ladder.messages.is_empty() { "" } else { MESSAGE };
    part("h-ladder", "Ladder", &legend, &board)
}

/// Where the script shows the message that was chosen.
const MESSAGE: &str = "<div class=\"board noprint\" id=\"message\" role=\"region\" aria-label=\"SIP message\" aria-live=\"polite\" \
                       tabindex=\"0\"><p class=\"mut s\">Select a SIP message, here or in the table of events, to read it. Keys \
                       are masked.</p></div>";

/// Two attempts beside each other; what only one of them has stands on a ground.
fn attempts(before: &Ladder, last: &Ladder, [earlier, later]: [String; 2]) -> String {
    let attempt = |ladder: &Ladder, id: &str, title: &str| {
        let drawn = draw(ladder, title);
        format!(
            "<div><h4 id=\"{id}\">{title}</h4><div class=\"board\" tabindex=\"0\" role=\"region\" \
             aria-labelledby=\"{id}\"><div class=\"lhead\">{}</div>{}</div></div>",
            drawn.head, drawn.body
        )
    };
    let both = attempt(before, "h-before", &earlier) + &attempt(last, "h-last", &later);
    let told = "<span class=\"mut s\">What only one of them has is marked.</span>";
    part("h-attempts", "Two attempts", told, &format!("<div class=\"twin\">{both}</div>"))
}

/// A sample of a colour with its shape.
fn swatch(sign: &str) -> String {
    let inside = match sign {
        "quiet" => "<path class=\"squiet wide\" d=\"M0 5H18\"/>".to_owned(),
        "key" => "<rect class=\"cap\" x=\"4.5\" y=\".5\" width=\"9\" height=\"9\" rx=\"2\"/>".to_owned(),
        "sip" => "<path class=\"ar squiet\" d=\"M0 5H14\"/><path class=\"fquiet\" d=\"M18 5l-7 -4v8z\"/>".to_owned(),
        "rtp" => "<rect class=\"rtp\" y=\"2\" width=\"18\" height=\"2\"/><rect class=\"rtp\" y=\"6\" width=\"18\" height=\"2\"/>".to_owned(),
        "loss" => "<rect class=\"rtp\" y=\"4\" width=\"18\" height=\"2\"/><rect class=\"ffail\" x=\"8\" y=\"2\" width=\"2\" height=\"6\"/>".to_owned(),
        "miss" => "<rect class=\"miss\" x=\"1\" y=\"1\" width=\"16\" height=\"8\" rx=\"3\"/>".to_owned(),
        "hold" => "<rect class=\"fhold\" width=\"18\" height=\"10\" rx=\"3\"/><path class=\"hatch\" d=\"M3 10l6-10M9 10l6-10\"/>".to_owned(),
        sign => format!("<rect class=\"f{sign}\" width=\"18\" height=\"10\" rx=\"3\"/>"),
    };
    format!("<svg class=\"l sw\" viewBox=\"0 0 18 10\" aria-hidden=\"true\">{inside}</svg>")
}

fn heard(ladder: &Ladder, play: &mut Play) -> String {
    if ladder.tracks.is_empty() {
        return String::new();
    }
    let drawn = strip(ladder);
    play.points = drawn.points;
    let mut ears = String::new();
    for (number, track) in ladder.tracks.iter().enumerate() {
        let _infallible = write!(ears, "<option value=\"{number}\">{}</option>", escape(&track.name));
    }
    let board = format!(
        "<div class=\"board\"><div class=\"play\"><button class=\"btn pri go\" id=\"go\" aria-label=\"Play\">{}</button><output \
         id=\"clock\"></output><select class=\"btn\" id=\"ear\" aria-label=\"Listen to\">{ears}</select><select class=\"btn\" \
         id=\"speed\" aria-label=\"Speed\"><option value=\"1\">1×</option><option value=\"4\">4×, silent</option><option \
         value=\"16\">16×, silent</option></select><div class=\"caption\" id=\"caption\"></div><input type=\"range\" id=\"seek\" \
         min=\"0\" max=\"1000\" aria-label=\"Position\"></div><div class=\"scroll\" id=\"strips\" tabindex=\"0\" role=\"region\" \
         aria-labelledby=\"h-heard\">{}</div></div>",
        icon("play"),
        drawn.svg
    );
    part("h-heard", "What each caller heard", "<span class=\"mut s\" id=\"silent\"></span>", &board)
}

fn events(ladder: &Ladder) -> String {
    let mut people: Vec<&str> =
        ladder.events.iter().map(|event| event.who.as_str()).filter(|who| !who.is_empty()).collect();
    people.sort_unstable();
    people.dedup();
    let mut who = "<select class=\"btn noprint\" id=\"who\" aria-label=\"Whose events\"><option value=\"\">Everybody</option>".to_owned();
    for name in people {
        let _infallible = write!(who, "<option>{}</option>", escape(name));
    }
    // A case that passed is told without the steps of its scripts: the ladder has how close each was.
    let has_steps = ladder.failed.is_some();
    let told = ladder.events.iter().filter(|event| event.dot != "step").count();
    let open = if ladder.events.len() < 40 { " checked" } else { "" };
    let steps = format!(
        "<label class=\"row s noprint\"><input type=\"checkbox\" id=\"steps\"{open}>Steps of scripts</label>"
    );
    let beside = format!(
        "<span class=\"mut s\">{told} events</span><span class=\"grow\"></span>{who}</select>{}",
        if has_steps { steps.as_str() } else { "" }
    ) + if ladder.streams.is_empty() && ladder.messages.is_empty() { "" } else { WIRE };
    let mut rows = String::new();
    let mut failed = false;
    for event in ladder.events.iter().filter(|event| has_steps || event.dot != "step") {
        failed |= event.word == "failed";
        event_row(&mut rows, event);
    }
    if let Some(what) = ladder.failed.as_ref().filter(|_| !failed) {
        let at = ladder.took;
        let words = what.headline.clone();
        let line = EventLine { at, word: "failed", dot: "fail", who: String::new(), words, message: None };
        event_row(&mut rows, &line);
    }
    let left_out = match ladder.left_out.1 {
        0 => String::new(),
        more => format!("<p class=\"note\">{more} events are left out; the report `json` has all.</p>"),
    };
    let board = format!(
        "{left_out}<div class=\"board evbox\" id=\"events\" tabindex=\"0\" role=\"region\" aria-labelledby=\"h-events\"><table \
         class=\"ev\"><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Who</th><th \
         scope=\"col\">What</th></tr></thead><tbody>{rows}</tbody></table></div>"
    );
    part("h-events", "Events", &beside, &board)
}

/// Hides what passed by SIP and RTP.
const WIRE: &str =
    "<label class=\"row s noprint\"><input type=\"checkbox\" id=\"wire\" checked>SIP and RTP</label>";

fn event_row(rows: &mut String, event: &EventLine) {
    let message = event.message.map_or_else(String::new, |message| format!(" data-m=\"{message}\""));
    let _infallible = write!(
        rows,
        "<tr class=\"k-{} d-{}\" data-t=\"{}\"{message}><td>{}</td><td class=\"who\">{}</td><td>{}</td></tr>",
        event.word,
        event.dot,
        event.at.micros(),
        event.at,
        escape(&event.who),
        escape(&event.words)
    );
}

/// The place for the file of this number, which the page has once for all its cases.
fn scenario(source: &Source, file: usize) -> String {
    let path = format!("<code class=\"mut\">{}</code>", escape(&source.path));
    let failed = source.failed.map_or_else(String::new, |line| format!(" data-failed=\"{line}\""));
    let board = format!("<div class=\"board\" id=\"source\" data-file=\"{file}\"{failed}></div>");
    part("h-source", "Scenario", &path, &board)
}

/// All the virtual time of a run, in words.
pub(super) fn all_time(rows: &[Row]) -> String {
    let millis = rows.iter().map(|row| row.took).sum();
    let time = std::time::Duration::from_millis(millis);
    if time.as_secs() == 0 { seconds(time) } else { lasting(time) }
}
