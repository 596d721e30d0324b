//! The page around the cases: head, list, style and script.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::case::all_time;
use super::row::{Row, Status};
use crate::report::ladder::{SHAPES, escape};
use crate::report::typefaces::{MONO, SANS};
use crate::report::{RunInfo, Totals};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const ICONS: &str = include_str!("icons.svg");
const MARK: &str = include_str!("../../../docs/pictures/mark.svg");

/// Everything up to the cases.
pub(super) fn begin() -> String {
    head("Attendant report", SHAPES, Some(SCRIPT))
}

/// The beginning of a page of this title, with this style beside that of all pages, and this script if it has one.
pub(super) fn head(title: &str, own_style: &str, script: Option<&str>) -> String {
    let font = |family: &str, weight: &str, bytes: &[u8]| {
        let data = STANDARD.encode(bytes);
        format!(
            "@font-face{{font-family:\"{family}\";font-weight:{weight};src:url(data:font/woff2;base64,{data}) format(\"woff2\")}}"
        )
    };
    let fonts = font("Inter Variable", "400 650", SANS) + &font("Plex Mono", "400", MONO);
    let style = format!("{fonts}{STYLE}{own_style}");
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let scripts = script.map_or_else(|| "'none'".to_owned(), |script| format!("'sha256-{}'", hash(script)));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src {scripts}; font-src data:; img-src data:; base-uri 'none'; \
         form-action 'none'",
        hash(&style)
    );
    let mark = STANDARD.encode(MARK);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
         content=\"{policy}\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title><link rel=\"icon\" href=\"data:image/svg+xml;base64,{mark}\"><style>{style}</style></head>\n<body>\n"
    )
}

/// A part of the page as text that no browser reads before the script does.
pub(super) fn deflated(out: &mut impl Write, id: &str, part: &impl Serialize) -> io::Result<()> {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    serde_json::to_writer(&mut deflated, part)?;
    let text = STANDARD.encode(deflated.finish()?);
    writeln!(out, "<script type=\"text/plain\" id=\"{id}\">{text}</script>")
}

/// So many cases are deflated together.
pub(super) const TOGETHER: usize = 16;

/// What the script knows of a run.
#[derive(Debug, Serialize)]
struct Index<'a> {
    together: usize,
    cases: &'a [Row],
}

/// Everything behind the cases.
pub(super) fn body(out: &mut impl Write, run: &RunInfo, rows: &[Row], totals: &Totals) -> io::Result<()> {
    // `<` would end the script in which it stands, within `</script>`.
    let index = serde_json::to_string(&Index { together: TOGETHER, cases: rows })?.replace('<', "\\u003c");
    writeln!(out, "<script type=\"application/json\" id=\"index\">{index}</script>")?;
    writeln!(out, "{ICONS}")?;
    let mut files: Vec<&str> = rows.iter().map(|row| row.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let count = |status: Status| rows.iter().filter(|row| row.status == status).count();
    let facts = [
        ("Cases", format!("{} in {}", totals.cases, files_of(totals.files))),
        ("Played", format!("{} of calls", all_time(rows))),
        ("Attendant", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let facts: String = facts
        .iter()
        .map(|(name, fact)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(fact)))
        .collect();
    let parts = [
        (count(Status::Failed), "f"),
        (count(Status::Open) + count(Status::Skipped) + totals.not_run(), "o"),
        (count(Status::Passed), "p"),
    ];
    let bar = ratio(parts);
    let title = title(totals);
    write!(
        out,
        "<a class=\"skip\" href=\"#case\">Skip to the case</a>\
         <header class=\"bar\"><span class=\"brand\"><svg class=\"mark\" viewBox=\"0 0 32 32\" aria-hidden=\"true\"><use \
         href=\"#i-mark\"/></svg><b>Attendant</b><span class=\"mut\">Replay report</span></span>\
         <span class=\"cmd\"><code id=\"command\">{}</code><button class=\"btn ico\" data-copy=\"command\" aria-label=\"Copy the \
         command of this run\"><svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-copy\"/></svg></button></span></header>\
         <section class=\"sum\" aria-label=\"Summary\"><h1>{title}</h1><dl class=\"facts\">{facts}</dl>{bar}</section>\
         <noscript><p class=\"also\">This page shows its cases with JavaScript.</p></noscript>\
         <main class=\"split\" id=\"main\"><nav class=\"list\" aria-label=\"Cases\"><div class=\"tools\">\
         <label class=\"find\"><svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-search\"/></svg><span class=\"vh\">Search \
         cases</span><input id=\"q\" type=\"search\" placeholder=\"Name, file, failure\" autocomplete=\"off\"><kbd \
         aria-hidden=\"true\">/</kbd></label><div class=\"seg\" role=\"group\" aria-label=\"Status\" id=\"status\"></div>\
         <div class=\"row two\"><select id=\"tag\" class=\"btn\" aria-label=\"Tag\"></select><select id=\"file\" class=\"btn\" \
         aria-label=\"File\"></select></div><select id=\"order\" class=\"btn\" aria-label=\"Order\"><option \
         value=\"file\">Failures first</option><option value=\"slow\">Longest first</option></select></div>\
         <div id=\"cases\"></div><p class=\"hint noprint\"><span><kbd>j</kbd> <kbd>k</kbd> next, previous</span><span><kbd>/</kbd> \
         search</span><span><kbd>space</kbd> play</span><span><kbd>↑</kbd> <kbd>↓</kbd> event by event</span></p></nav>\
         <article id=\"case\" tabindex=\"-1\" aria-label=\"Case\"></article></main>\
         <div class=\"toast\" id=\"toast\" role=\"status\"></div>\n<script>{SCRIPT}</script></body></html>\n",
        escape(&run.command)
    )
}

fn files_of(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// `2 failed, 54 passed`.
fn title(totals: &Totals) -> String {
    let mut parts = Vec::new();
    if totals.failed > 0 {
        parts.push(format!("<span class=\"f\">{} failed</span>", totals.failed));
    }
    match (totals.failed, totals.passed) {
        (0, passed) if passed == totals.cases && passed > 1 => parts.push(format!("All {passed} passed")),
        (_, passed) => parts.push(format!("{passed} passed")),
    }
    for (number, what) in [
        (totals.expected_failures, "failed as expected"),
        (totals.skipped, "skipped"),
        (totals.not_built, "not implemented"),
        (totals.unreachable, "unreachable"),
        (totals.not_run(), "not run"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    let interrupted = if totals.interrupted { "<span class=\"f\">Interrupted:</span> " } else { "" };
    interrupted.to_owned() + &parts.join(", ")
}

/// The shares of a run, in at most so many pieces.
pub(super) fn ratio(parts: [(usize, &str); 3]) -> String {
    const PIECES: usize = 60;
    let all: usize = parts.iter().map(|(count, _)| count).sum();
    let mut bar =
        "<svg class=\"ratio\" preserveAspectRatio=\"none\" aria-hidden=\"true\" viewBox=\"0 0 600 8\">"
            .to_owned();
    let pieces = all.clamp(1, PIECES);
    let mut x = 0;
    for (count, class) in parts {
        // Whatever there is takes a piece, however little it is.
        let share = (count * pieces).div_ceil(all.max(1));
        for _ in 0..share {
            let width = 600 / pieces;
            bar += &format!(
                "<rect class=\"{class}\" x=\"{x}\" width=\"{}\" height=\"8\"/>",
                width.saturating_sub(2).max(1)
            );
            x += width;
        }
    }
    bar + "</svg>"
}
