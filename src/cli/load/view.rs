//! The live view of a load run: what comes and goes, what callers wait for, and keys that steer.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row, Sparkline, Table};

use crate::load::progress::RunProgress;
use crate::load::report::took;
use crate::load::run::{Run, Second};
use crate::scenario::load::{Metric, Statistic};
use crate::scenario::source::grouped;

/// How often the picture is drawn, and keys are read.
const FRAME: Duration = Duration::from_millis(200);

/// Shows the run until it has ended.
///
/// # Errors
/// The terminal cannot be drawn on.
pub(super) fn show(
    progress: &RunProgress,
    stopped: &AtomicBool,
    coloured: bool,
    has_ended: impl Fn() -> bool,
) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let shown = (|| {
        while !progress.is_over() && !has_ended() {
            let run = progress.run().clone();
            terminal.draw(|frame| draw(frame, &run, progress, coloured))?;
            if event::poll(FRAME)? {
                steer(&event::read()?, progress);
            }
            if stopped.load(Ordering::Relaxed) {
                progress.stop();
            }
        }
        Ok(())
    })();
    ratatui::try_restore()?;
    shown
}

#[expect(clippy::wildcard_enum_match_arm, reason = "terminals know many keys")]
fn steer(event: &Event, progress: &RunProgress) {
    let Event::Key(key) = event else { return };
    if key.kind != KeyEventKind::Press {
        return;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => progress.stop(),
        KeyCode::Char('q') | KeyCode::Esc => progress.stop(),
        KeyCode::Char(' ' | 'p') => progress.pause_or_go_on(),
        KeyCode::Char('+' | '=') | KeyCode::Up => progress.change_rate(true),
        KeyCode::Char('-') | KeyCode::Down => progress.change_rate(false),
        _ => {}
    }
}

fn draw(frame: &mut Frame<'_>, run: &Run, progress: &RunProgress, coloured: bool) {
    let last = run.seconds.last().cloned().unwrap_or_default();
    let rows = [Constraint::Length(2), Constraint::Length(8), Constraint::Min(8), Constraint::Length(1)];
    let [head, figures, curves, keys] = Layout::vertical(rows).areas(frame.area());
    let look = Look { coloured };
    frame.render_widget(title(run, progress, &last, look), head);
    let [counts, latencies] =
        Layout::horizontal([Constraint::Length(30), Constraint::Min(40)]).areas(figures);
    frame.render_widget(sums(run, &last, look), counts);
    frame.render_widget(figures_of(run, look), latencies);
    curves_in(frame, curves, run, look);
    let help = "space pauses   + and - change the rate   q ends the run";
    frame.render_widget(Paragraph::new(help).style(look.faint()).alignment(Alignment::Center), keys);
}

/// Colours, or none.
#[derive(Clone, Copy)]
struct Look {
    coloured: bool,
}

impl Look {
    fn colour(self, colour: Color) -> Style {
        if self.coloured { Style::new().fg(colour) } else { Style::new() }
    }

    fn faint(self) -> Style {
        if self.coloured {
            Style::new().fg(Color::DarkGray)
        } else {
            Style::new().add_modifier(Modifier::DIM)
        }
    }
}

fn title<'r>(run: &'r Run, progress: &RunProgress, last: &Second, look: Look) -> Paragraph<'r> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let stages = &run.about.stages;
    let ends = stages.iter().scan(0.0, |end, lasts| {
        *end += lasts;
        Some(*end)
    });
    let stage = ends.take_while(|end| *end <= last.at).count();
    let at = match stages.len() {
        count if stage >= count => "waiting for the last stories".to_owned(),
        count => format!("stage {} of {count}", stage + 1),
    };
    let mut words = vec![
        Span::styled(run.about.profile.as_str(), bold),
        Span::raw(format!("  {:.0} s  {at}  rate {}%", last.at, progress.rate())),
    ];
    if progress.is_paused() {
        words.push(Span::styled("  PAUSED", look.colour(Color::Yellow).add_modifier(Modifier::BOLD)));
    }
    Paragraph::new(vec![Line::from(words), Line::styled(run.about.line.as_str(), look.faint())])
}

fn sums<'r>(run: &Run, last: &Second, look: Look) -> Table<'r> {
    let failed = if run.totals.failed > 0 { look.colour(Color::Red) } else { Style::new() };
    let rows = [
        ("starts a second", count(last.begun), Style::new()),
        ("stories", count(last.in_flight), Style::new()),
        ("calls", count(last.calls), Style::new()),
        ("in lobbies", count(last.lobby), Style::new()),
        ("in meetings", count(last.joined), Style::new()),
        ("failed stories", count(run.totals.failed), failed),
    ];
    let rows = rows.map(|(name, value, style)| {
        Row::new([Line::raw(name), Line::raw(value).alignment(Alignment::Right)]).style(style)
    });
    Table::new(rows, [Constraint::Length(15), Constraint::Length(11)]).block(Block::bordered().title(" now "))
}

fn figures_of<'r>(run: &Run, look: Look) -> Table<'r> {
    let shown = [Statistic::Percentile(5_000), Statistic::Percentile(9_900), Statistic::Max];
    let right = |text: String| Line::raw(text).alignment(Alignment::Right);
    let rows = Metric::ALL.map(|metric| {
        let all = run.latencies.of(metric);
        let figures = shown.map(|statistic| right(all.figure(statistic).map_or("-".to_owned(), took)));
        Row::new(std::iter::once(Line::raw(metric.name())).chain(figures))
    });
    let header = ["p(50)", "p(99)", "max"].map(|name| right(name.to_owned()));
    let header = Row::new(std::iter::once(Line::raw("")).chain(header)).style(look.faint());
    let mut widths = vec![Constraint::Length(18)];
    widths.extend([Constraint::Length(9); 3]);
    Table::new(rows, widths).header(header).block(Block::bordered().title(" whole run "))
}

/// A curve of the last seconds.
struct Curve {
    name: &'static str,
    colour: Color,
    value: fn(&Second) -> u64,
    show: fn(u64) -> String,
}

const CURVES: [Curve; 4] = [
    Curve { name: "starts a second", colour: Color::Cyan, value: |second| second.begun, show: count },
    Curve { name: "calls", colour: Color::Green, value: |second| second.calls, show: count },
    Curve { name: "in lobbies", colour: Color::Magenta, value: |second| second.lobby, show: count },
    Curve { name: "start_to_joined p(99)", colour: Color::Yellow, value: released, show: time },
];

fn released(second: &Second) -> u64 {
    second.latencies.get(Metric::StartToJoined.name()).map_or(0, |spread| spread.p99)
}

fn count(count: u64) -> String {
    grouped(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Nothing was measured in a second without time.
fn time(micros: u64) -> String {
    if micros == 0 { "-".to_owned() } else { took(Duration::from_micros(micros)) }
}

fn curves_in(frame: &mut Frame<'_>, area: Rect, run: &Run, look: Look) {
    let halves = [Constraint::Fill(1); 2];
    let [top, bottom] = Layout::vertical(halves).areas(area);
    let [first, second] = Layout::horizontal(halves).areas(top);
    let [third, fourth] = Layout::horizontal(halves).areas(bottom);
    for (area, curve) in [first, second, third, fourth].into_iter().zip(&CURVES) {
        let width = usize::from(area.width.saturating_sub(2));
        let from = run.seconds.len().saturating_sub(width);
        let values: Vec<u64> = run.seconds[from..].iter().map(curve.value).collect();
        let now = (curve.show)(values.last().copied().unwrap_or_default());
        let drawn = Sparkline::default()
            .data(values)
            .style(look.colour(curve.colour))
            .block(Block::bordered().title(format!(" {}: {now} ", curve.name)));
        frame.render_widget(drawn, area);
    }
}
