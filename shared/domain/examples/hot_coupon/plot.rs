//! Plot of throughput against shards, as SVG.

use std::fmt::Write as _;

/// Throughput of one run.
pub(crate) struct Point {
    pub(crate) shards: u8,
    /// Redemptions per second.
    pub(crate) sold: f64,
    /// Requests per second.
    pub(crate) planned: f64,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 80.0;
const TOP: f64 = 40.0;
const PLOT_WIDTH: f64 = 520.0;
const PLOT_HEIGHT: f64 = 290.0;

/// Returns the plot. Both axes are linear.
pub(crate) fn svg(points: &[Point]) -> String {
    let most_shards = points.iter().map(|point| f64::from(point.shards)).fold(1.0, f64::max);
    let most_sold = points.iter().map(|point| point.sold.max(point.planned)).fold(1.0, f64::max);
    let x = |shards: f64| LEFT + PLOT_WIDTH * shards / most_shards;
    let y = |sold: f64| TOP + PLOT_HEIGHT * (1.0 - sold / most_sold);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\">Redemptions per second of one coupon, by number of shards (simulation)</text>\n"
    );
    let mut line = |text: String| {
        let _ = writeln!(svg, "{text}");
    };
    for tick in 0..=5 {
        let sold = most_sold * f64::from(tick) / 5.0;
        let (right, at) = (LEFT + PLOT_WIDTH, y(sold));
        line(format!("<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"#ddd\"/>"));
        line(format!("<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{sold:.0}</text>", LEFT - 8.0, at + 4.0));
    }
    let ideal = points.iter().map(|point| format!("{:.1},{:.1}", x(point.shards.into()), y(point.planned)));
    let ideal = ideal.collect::<Vec<_>>().join(" ");
    line(format!("<polyline points=\"{ideal}\" fill=\"none\" stroke=\"#999\" stroke-dasharray=\"5 4\"/>"));
    let sold = points.iter().map(|point| format!("{:.1},{:.1}", x(point.shards.into()), y(point.sold)));
    let sold = sold.collect::<Vec<_>>().join(" ");
    line(format!("<polyline points=\"{sold}\" fill=\"none\" stroke=\"#1f6feb\" stroke-width=\"2\"/>"));
    for point in points {
        let (across, down) = (x(point.shards.into()), y(point.sold));
        line(format!("<circle cx=\"{across:.1}\" cy=\"{down:.1}\" r=\"4\" fill=\"#1f6feb\"/>"));
        if point.shards >= 16 {
            let under = TOP + PLOT_HEIGHT + 18.0;
            line(format!("<text x=\"{across:.1}\" y=\"{under}\" text-anchor=\"middle\">{}</text>", point.shards));
        }
    }
    line(format!(
        "<text x=\"{LEFT}\" y=\"{}\">Solid: redeemed. Dashed: requested, 80 per second and shard.</text>",
        HEIGHT - 12.0
    ));
    svg.push_str("</svg>\n");
    svg
}
