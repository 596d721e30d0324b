//! Curves over the time of a run, as SVG that reads on light and on dark pages.

use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

/// The size of a plot, in pixels of its own; pages scale it.
const SIZE: (u32, u32) = (860, 280);

/// Text and axes: a grey that has contrast on white and on black.
const INK: RGBColor = RGBColor(128, 134, 146);

/// Colours that people with any kind of colour vision tell apart (Okabe and Ito, 2008).
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
];

/// One curve.
#[derive(Debug)]
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// The scale of the value axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Axis {
    /// Evenly, from zero.
    Even,
    /// By powers of ten, for times in seconds.
    Times,
}

/// The curves in one plot, up to this second; at most as many as there are colours.
pub(super) fn plot(curves: &[Curve], end: f64, axis: Axis) -> Result<String, String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let points = || curves.iter().flat_map(|curve| &curve.points);
        let end = end.max(1.0);
        let most = points().map(|(_, value)| *value).fold(0.0, f64::max);
        let least =
            points().map(|(_, value)| *value).filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        let mut chart = ChartBuilder::on(&area);
        chart.margin(8).margin_right(20).x_label_area_size(28).y_label_area_size(64);
        let drawn = match axis {
            Axis::Even => {
                let top = if most > 0.0 { most * 1.08 } else { 1.0 };
                chart.build_cartesian_2d(0.0..end, 0.0..top).map(|mut chart| draw(&mut chart, curves, &even))
            }
            Axis::Times => {
                let range = if least.is_finite() { least / 1.5..most * 1.5 } else { 1e-6..1.0 };
                let range = range.log_scale();
                chart.build_cartesian_2d(0.0..end, range).map(|mut chart| draw(&mut chart, curves, &time))
            }
        };
        drawn.and_then(|drawn| drawn).map_err(|error| error.to_string())?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(svg)
}

type Failed<'s> = DrawingAreaErrorKind<<SVGBackend<'s> as DrawingBackend>::ErrorType>;

fn draw<'s, Y>(
    chart: &mut ChartContext<'s, SVGBackend<'s>, Cartesian2d<RangedCoordf64, Y>>,
    curves: &[Curve],
    label: &dyn Fn(&f64) -> String,
) -> Result<(), Failed<'s>>
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let text = ("sans-serif", 13).into_font().color(&INK);
    chart
        .configure_mesh()
        .axis_style(INK)
        .bold_line_style(INK.mix(0.25))
        .light_line_style(INK.mix(0.0))
        .label_style(text.clone())
        .x_labels(10)
        .y_labels(6)
        .x_label_formatter(&|at| format!("{at:.0} s"))
        .y_label_formatter(label)
        .draw()?;
    for (curve, colour) in curves.iter().zip(COLOURS) {
        let line = LineSeries::new(curve.points.iter().copied(), colour.stroke_width(2));
        chart
            .draw_series(line)?
            .label(curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::UpperLeft).label_font(text).draw()?;
    Ok(())
}

fn even(value: &f64) -> String {
    match *value {
        value if value >= 1e6 => format!("{:.1}M", value / 1e6),
        value if value >= 1e4 => format!("{:.0}k", value / 1e3),
        value if value >= 10.0 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}

fn time(value: &f64) -> String {
    super::took(crate::load::schedule::seconds(*value))
}
