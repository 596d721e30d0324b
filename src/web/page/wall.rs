//! The wall: the figures of the bridge, to be read from across a room.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::extract::Admin;
use super::frame::{Frame, fragment, page};
use super::watch::watch;
use crate::scenario::load::{Metric, Statistic};
use crate::web::app::{App, Shared};
use crate::web::drawings::Drawing;
use crate::web::live::figures::{Figures, Second};
use crate::web::translation::Translation;

/// Seconds that a line is wide at least: the first ones do not fill the wall.
const SECONDS_LEAST: usize = 60;

#[derive(Template)]
#[template(path = "web/templates/wall.html")]
struct Wall {
    frame: Frame,
    board: String,
}

/// `/wall`
pub(crate) async fn show(State(app): State<Shared>, Admin(by): Admin) -> Response {
    let board = board(&app, by.t);
    page(StatusCode::OK, &Wall { frame: by.frame("wall", by.t.wall), board })
}

/// The wall, each second.
pub(crate) async fn stream(State(app): State<Shared>, Admin(by): Admin) -> Response {
    watch(app, by, Drawing::Wall, |app, _, t| board(app, t))
}

struct Dial {
    name: &'static str,
    now: u64,
    most: u64,
    /// The points of its line, in a field 60 high.
    line: String,
    /// Where the line begins, and where the field ends.
    first: usize,
    end: usize,
}

struct Row {
    name: &'static str,
    cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "web/templates/wall_board.html")]
struct Board {
    t: &'static Translation,
    dials: Vec<Dial>,
    rows: Vec<Row>,
}

/// The figures as they are now.
fn board(app: &App, t: &'static Translation) -> String {
    let board = {
        let figures = app.bridge.events.figures();
        let dials = [
            dial(t.calls_up, &figures, |second| second.calls),
            dial(t.lobby_depth, &figures, |second| second.lobby),
            dial(t.talking, &figures, |second| second.joined),
            dial(t.answered_a_second, &figures, |second| second.answered),
        ];
        let rows = Metric::ALL.into_iter().map(|metric| row(t, &figures, metric)).collect();
        Board { t, dials: dials.into(), rows }
    };
    fragment(&board)
}

fn dial(name: &'static str, figures: &Figures, of: fn(&Second) -> u64) -> Dial {
    let values: Vec<u64> = figures.seconds.iter().map(of).collect();
    let most = values.iter().copied().max().unwrap_or(0);
    let end = values.len().max(SECONDS_LEAST) - 1;
    let first = (end + 1) - values.len();
    let height = |value: u64| 58 - value * 56 / most.max(1);
    let points = values.iter().enumerate().map(|(at, value)| format!("{},{}", first + at, height(*value)));
    let points: Vec<String> = points.collect();
    Dial { name, now: values.last().copied().unwrap_or(0), most, line: points.join(" "), first, end }
}

fn row(t: &'static Translation, figures: &Figures, metric: Metric) -> Row {
    let name = match metric {
        Metric::CallSetup => t.call_setup,
        Metric::DigitToResponse => t.digit_to_response,
        Metric::LobbyEntry => t.lobby_entry,
        Metric::StartToJoined => t.start_to_joined,
        Metric::ReleaseSpread => t.release_spread,
        Metric::HangUp => t.hang_up,
    };
    let all = figures.latencies.of(metric);
    let shown = |statistic| {
        let took = all.figure(statistic);
        let text = took.map_or_else(
            || "–".to_owned(),
            |took| {
                let seconds = took.as_secs_f64();
                if seconds >= 1.0 { format!("{seconds:.1} s") } else { format!("{:.1} ms", seconds * 1e3) }
            },
        );
        text.replace('.', t.decimal)
    };
    let statistics = [Statistic::Percentile(5_000), Statistic::Percentile(9_900), Statistic::Max];
    let cells = std::iter::once(all.count().to_string()).chain(statistics.map(shown)).collect();
    Row { name, cells }
}
