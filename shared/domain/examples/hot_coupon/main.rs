//! Simulates a flash sale of one coupon in virtual time, under modelled limits of DynamoDB.
//!
//! `cargo run -p couponflow-domain --example hot_coupon > infra/docs/hot-coupon.svg` writes the plot of throughput
//! against shards, and prints the figures to the standard error. The run fails if a limit is not exact. The same code
//! always gives the same figures.

mod dynamo;
mod plot;
mod sale;

use std::io::Write as _;

use couponflow_domain::coupons::escrow::MAX_SHARDS;
use couponflow_domain::coupons::escrow::sizing::shards_for;
use dynamo::Micros;
use plot::Point;
use sale::{Figures, Sale};

/// Requests per second and shard in the runs of the plot. Below the planned 100, as 10,240 requests per second over 128
/// shards are.
const RATE_PER_SHARD: u64 = 80;

/// How long a transaction holds its items in the runs of the plot.
const IN_FLIGHT: Micros = 2_000;

fn main() -> std::io::Result<()> {
    let mut points = Vec::new();
    for shards in [1, 2, 4, 8, 16, 32, 64, 128] {
        let rate = RATE_PER_SHARD * u64::from(shards);
        let figures = Sale { shards, rate, seconds: 10, limit: 20 * rate as i64, in_flight: IN_FLIGHT }.run();
        report(&format!("{shards} shards, {rate} requests/s for 10 s"), &figures);
        let sold = figures.redeemed as f64 / 10.0;
        points.push(Point { shards, sold, planned: rate as f64 });
    }
    let (rate, limit) = (10_000, 550_000);
    for shards in [shards_for(Some(limit), rate), MAX_SHARDS] {
        for in_flight in [1_000, IN_FLIGHT, 4_000] {
            let figures = Sale { shards, rate: rate.into(), seconds: 60, limit, in_flight }.run();
            let held = in_flight / 1_000;
            report(
                &format!("{shards} shards, {rate} requests/s for 60 s, limit {limit}, items held {held} ms"),
                &figures,
            );
            assert_eq!(figures.redeemed, limit, "the limit is exact and all tokens are redeemed");
            assert_eq!(figures.limit_events, 1, "limit reached is announced once");
        }
    }
    std::io::stdout().write_all(plot::svg(&points).as_bytes())
}

/// Prints the figures of one run.
fn report(name: &str, figures: &Figures) {
    let Figures { redeemed, rejected, busy, conflicts, units, units_of_conflicts, .. } = figures;
    let each = |units: u64| units as f64 / (*redeemed).max(1) as f64;
    eprintln!(
        "{name}: {redeemed} redeemed, {rejected} rejected, {busy} busy; {:.2} write units each, {:.2} more for \
         {conflicts} conflicts; latency p50 {} ms, p99 {} ms",
        each(*units),
        each(*units_of_conflicts),
        figures.latency_ms(50),
        figures.latency_ms(99),
    );
}
