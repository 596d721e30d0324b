//! What the live exchange costs as callers become many, in real time and in process, by load runs of the program itself:
//! bytes and processor time for each caller, the processor while all just wait with music, how long the last of a lobby
//! waits after the PIN, and how many calls are set up in a second.
//!
//! `cargo bench --bench exchange [-- MEETINGS…]`: so many meetings of ten, one run each; 100, 1,000 and 10,000 unless told
//! otherwise. `-- lobby CALLERS…` plays one meeting with so many callers, `-- setup` searches the call set-up rate. Leaves
//! the curves of cost in `target/exchange.svg`.

#![expect(clippy::print_stdout, reason = "a bench prints figures")]

use std::error::Error;
use std::process::Command;

use plotters::prelude::*;
use serde_json::Value;

/// Meetings that begin in a second: their callers dial within five seconds.
const RATE: u64 = 1_000;

/// Dials, is answered, hangs up.
const SETUP: &str = r#"scenario: A call is answered
params: { rate: 1000 }
given: { organizers: { amos: {} } }
callers:
  pat:
    count: 10
    script: [dial: bridge, expect: answered, wait: 1s, hang_up]
load:
  stages: [{ to: "${rate}/s", over: 0s }, { to: "${rate}/s", over: 3s }]
  thresholds: { call_setup: p(99) < 10ms }
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let numbers = || arguments.iter().filter_map(|word| word.parse::<u64>().ok()).collect::<Vec<_>>();
    match arguments.first().map(String::as_str) {
        Some("setup") => setup(),
        Some("lobby") => numbers().into_iter().try_for_each(lobby),
        Some(_) => meetings(&numbers()),
        None => meetings(&[100, 1_000, 10_000]),
    }
}

fn meetings(sizes: &[u64]) -> Result<(), Box<dyn Error>> {
    println!(
        "{:>10}{:>10}{:>12}{:>12}{:>32}",
        "callers", "bytes", "CPU each", "all wait", "start_to_joined p50/p99/max"
    );
    let mut costs = Vec::new();
    for meetings in sizes {
        // All wait for half a minute before the first organizer calls.
        let over = meetings.div_ceil(RATE).max(1);
        let rate = meetings / over;
        let set = [
            format!("rate={rate}"),
            format!("over={over}s"),
            "callers=10".to_owned(),
            format!("hold={}s", over + 30),
            "talk=5s".to_owned(),
        ];
        costs.push(play("many-small", &set)?);
    }
    draw(&costs)
}

fn lobby(callers: u64) -> Result<(), Box<dyn Error>> {
    let join = callers.div_ceil(10_000).max(1);
    play("one-big-lobby", &[format!("callers={callers}"), format!("join={join}s")]).map(|_| ())
}

/// What a run cost: callers, bytes and microseconds of a processor for each, percent of a core while all wait.
struct Cost {
    callers: f64,
    bytes: f64,
    cpu_us: f64,
    waiting: f64,
}

fn play(profile: &str, set: &[String]) -> Result<Cost, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut load = Command::new(env!("CARGO_BIN_EXE_attendant"));
    load.current_dir(folder.path())
        .args(["load", profile, "--plain", "--report", "run=run", "--report", "json=-"]);
    set.iter().for_each(|set| {
        load.args(["--set", set]);
    });
    let figures: Value = serde_json::from_slice(&load.output()?.stdout)?;
    let run: Value = serde_json::from_str(&std::fs::read_to_string(folder.path().join("run"))?)?;
    let number = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let seconds = run["seconds"].as_array().ok_or("a run has seconds")?;
    let peak = number(&figures, "/totals/lobby_peak");
    let all_wait = seconds
        .iter()
        .filter(|second| number(second, "/lobby") >= peak && number(second, "/answered") == 0.0);
    let mut waiting: Vec<f64> = all_wait.map(|second| 100.0 * number(second, "/cpu")).collect();
    waiting.sort_by(f64::total_cmp);
    let calls = number(&figures, "/totals/dialled");
    let cost = Cost {
        callers: number(&figures, "/totals/calls_peak"),
        bytes: number(&figures, "/totals/bytes_a_call"),
        cpu_us: 1e6 * number(&figures, "/totals/cpu") / calls,
        // The median: what callers expected while they came leaves the queue of deadlines in the first seconds.
        waiting: waiting.get(waiting.len() / 2).copied().unwrap_or(f64::NAN),
    };
    let released = |part: &str| number(&figures, &format!("/latencies_us/start_to_joined/{part}")) / 1e3;
    println!(
        "{:>10.0}{:>10.0}{:>10.1}us{:>10.2} %{:>14.2} / {:.2} / {:.2} ms",
        cost.callers,
        cost.bytes,
        cost.cpu_us,
        cost.waiting,
        released("p50"),
        released("p99"),
        released("max")
    );
    for why in figures["void"].as_array().into_iter().flatten() {
        println!("           void: {}", why.as_str().unwrap_or_default());
    }
    Ok(cost)
}

fn setup() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("setup.yaml"), SETUP)?;
    let mut load = Command::new(env!("CARGO_BIN_EXE_attendant"));
    load.current_dir(folder.path()).args(["load", "setup.yaml", "--plain", "--find", "rate=1000..60000"]);
    let ended = load.output()?;
    println!("stories of ten calls a second:\n{}", String::from_utf8_lossy(&ended.stderr));
    Ok(())
}

/// Bytes and microseconds for each caller by how many there are: flat curves are the aim.
fn draw(costs: &[Cost]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new("target/exchange.svg", (720, 360)).into_drawing_area();
    area.fill(&WHITE)?;
    let most = costs.iter().map(|cost| cost.callers).fold(1e3, f64::max);
    let top = costs.iter().map(|cost| cost.bytes.max(cost.cpu_us * 10.0)).fold(1e3, f64::max);
    let mut chart = ChartBuilder::on(&area);
    chart.margin(12).x_label_area_size(36).y_label_area_size(56);
    let mut chart = chart.build_cartesian_2d((900.0..most * 1.2).log_scale(), 0.0..top * 1.1)?;
    chart.configure_mesh().x_desc("callers at once").y_desc("for each caller").draw()?;
    for (name, colour, of) in [
        ("bytes", BLUE, (|cost| cost.bytes) as fn(&Cost) -> f64),
        ("processor time, tenths of a microsecond", RED, |cost| cost.cpu_us * 10.0),
    ] {
        let points: Vec<(f64, f64)> = costs.iter().map(|cost| (cost.callers, of(cost))).collect();
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(4))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart.configure_series_labels().border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}
