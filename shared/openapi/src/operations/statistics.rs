//! Statistics.

use crate::entry::Entry;
use crate::parameters::day;
use crate::samples;

pub(crate) fn of_coupon() -> Entry {
    Entry::new("Coupons", "What became of a coupon", 200, "CouponStatistics", samples::coupon_statistics())
        .described(
            "Counted from its events, each once, within moments of them; a day of the time series is one in UTC. Discount \
             and revenue are of redemptions that were not given back. `revenue` is what customers paid for whole orders: one \
             with several codes counts in full for each of their coupons.",
        )
        .of("CouponId")
        .takes(range())
        .rule("?from", "is at most 366 days before `to`, and not after it")
}

pub(crate) fn without_coupon() -> Entry {
    Entry::new("Coupons", "Attempts on codes of no coupon", 200, "Statistics", samples::statistics())
        .described("Somebody mistypes, or probes.")
        .takes(range())
        .rule("?from", "is at most 366 days before `to`, and not after it")
}

fn range() -> Vec<serde_json::Value> {
    vec![
        day("from", "The first day of the time series; without it, 29 days before `to`.", false),
        day("to", "The last day; without it, today.", false),
    ]
}
