//! The pictures of the README, made by the program itself; `docs/pictures/make` makes them again.
//!
//! Those of text are compared with what the program shows now. A screenshot differs from browser to browser: beside
//! it stands a hash of what it was made from.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anstyle_svg::{Palette, Term};
use clap::builder::styling::{Color as Colour, RgbColor};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use sha2::{Digest as _, Sha256};

use super::{is_current, root};
use crate::bounded;
use crate::html_report::take_a_picture_of_a_report;
use crate::phone::asked_for_the_pin;
use crate::step::at_the_failure;
use crate::web::take_a_picture;

/// The design kit's colours on dark: a terminal's eight, and the same bright.
const COLOURS: [RgbColor; 8] = [
    RgbColor(0x14, 0x12, 0x10),
    RgbColor(0xff, 0x92, 0x9b),
    RgbColor(0x62, 0xd3, 0x9b),
    RgbColor(0xf6, 0xb8, 0x4b),
    RgbColor(0x8d, 0xb4, 0xff),
    RgbColor(0xc9, 0xad, 0xff),
    RgbColor(0x8d, 0xb4, 0xff),
    RgbColor(0xb0, 0xa9, 0x9d),
];

/// The design kit's ink on dark.
const INK: RgbColor = RgbColor(0xf3, 0xef, 0xe8);

/// What a terminal shows, as SVG.
fn svg(ansi: &str) -> String {
    let mut palette = [INK; 16];
    for (place, colour) in palette.iter_mut().enumerate() {
        *colour = COLOURS[place % COLOURS.len()];
    }
    let term = Term::new().palette(Palette(palette)).min_width_px(0);
    let svg = term.fg_color(Colour::Rgb(INK)).bg_color(Colour::Rgb(COLOURS[0])).render_svg(ansi);
    // With a view box it fits the width of the page that shows it.
    let (_, width, height) = sizes(&svg);
    svg.replacen("<svg ", &format!("<svg viewBox=\"0 0 {width} {height}\" "), 1)
}

/// The head of an SVG, and its width and height.
fn sizes(svg: &str) -> (&str, &str, &str) {
    let head = svg.lines().next().unwrap_or_default();
    let value = |name: &str| {
        let (_, rest) = head.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once("px").unwrap().0
    };
    (head, value("width"), value("height"))
}

/// The codes that a terminal takes for a cell's colour and manner.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the screen has no other colours, and its own test says so"
)]
fn codes(cell: &Cell) -> String {
    let colour = match cell.fg {
        Color::Red => ";31",
        Color::Green => ";32",
        Color::Yellow => ";33",
        Color::Blue => ";34",
        Color::LightBlue => ";94",
        Color::Magenta => ";35",
        Color::Cyan => ";36",
        _ => "",
    };
    let manners = [(Modifier::BOLD, ";1"), (Modifier::DIM, ";2"), (Modifier::REVERSED, ";7")];
    let manners = manners.iter().filter(|(manner, _)| cell.modifier.contains(*manner));
    let manners: String = manners.map(|(_, code)| *code).collect();
    format!("0{manners}{colour}")
}

/// A screen as a program writes it to a terminal.
fn ansi(screen: &Buffer) -> String {
    let mut text = String::new();
    for row in screen.content().chunks(usize::from(screen.area.width)) {
        let mut before = String::new();
        for cell in row {
            let codes = codes(cell);
            if codes != before {
                write!(text, "\x1b[{codes}m").unwrap();
            }
            text += cell.symbol();
            before = codes;
        }
        text += "\x1b[0m\n";
    }
    text
}

#[test]
fn the_failing_scenario_is_what_a_terminal_shows() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_attendant"));
    let run = ["replay", "docs/wrong-on-purpose.yaml", "--color", "always"];
    let output = bounded::output(program.current_dir(root("")).args(run)).unwrap().stdout;
    let typed = "\x1b[2m$\x1b[0m attendant replay docs/wrong-on-purpose.yaml\n";
    let shown = format!("{typed}{}", String::from_utf8(output).unwrap());
    is_current("docs/pictures/failing.svg", &svg(shown.trim_end()));
}

#[test]
fn the_telephone_is_what_the_screen_shows() {
    is_current("docs/pictures/dial.svg", &svg(ansi(&asked_for_the_pin()).trim_end()));
}

#[test]
fn a_case_step_by_step_is_what_the_screen_shows() {
    is_current("docs/pictures/step.svg", &svg(ansi(&at_the_failure()).trim_end()));
}

/// What the page of a live meeting is made from, and the picture of it.
const LIVE: [&str; 8] = [
    "src/web/static/app.js",
    "src/web/static/icon.svg",
    "src/web/static/style.css",
    "src/web/templates/layout.html",
    "src/web/templates/live.html",
    "src/web/templates/meeting.html",
    "tests/browser/picture.mjs",
    "docs/pictures/live.png",
];

/// What a report's page is made from, and the picture of it.
const REPORT: [&str; 8] = [
    "docs/pictures/report.png",
    "docs/wrong-on-purpose.yaml",
    "src/report/html/page.css",
    "src/report/html/page.js",
    "src/report/ladder/layout.rs",
    "src/report/ladder/shapes.css",
    "src/report/ladder/svg.rs",
    "tests/browser/report_picture.mjs",
];

fn hashes(of: &[&str]) -> String {
    let hash = |path: &str| {
        let hash = Sha256::digest(fs::read(root(path)).unwrap_or_default());
        hash.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    };
    of.iter().map(|path| format!("{}  {path}\n", hash(path))).collect()
}

/// A picture is of the page as it is: the hashes of what it was made from stand beside it.
fn is_of_the_page(name: &str, made_from: &[&str], take: fn(&Path)) {
    let recorded = format!("docs/pictures/{name}.sha256");
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        take(&root(&format!("docs/pictures/{name}.png")));
        fs::write(root(&recorded), hashes(made_from)).unwrap();
    }
    let recorded = fs::read_to_string(root(&recorded)).unwrap_or_default();
    assert_eq!(recorded, hashes(made_from), "`docs/pictures/make` takes the picture again");
}

#[test]
fn the_screenshot_is_of_the_page_as_it_is() {
    is_of_the_page("live", &LIVE, take_a_picture);
}

#[test]
fn the_screenshot_of_a_report_is_of_the_page_as_it_is() {
    is_of_the_page("report", &REPORT, take_a_picture_of_a_report);
}
