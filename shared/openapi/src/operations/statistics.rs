//! Statistics.

use crate::operation_doc::OperationDoc;
use crate::parameters::day;
use crate::{samples, tags};

pub(crate) fn for_coupon() -> OperationDoc {
    OperationDoc::new(
        tags::COUPONS,
        "Read the statistics of a coupon",
        200,
        "CouponStatistics",
        samples::coupon_statistics(),
    )
    .description(
        "Counts each event of the coupon once, shortly after the event. Days of the time series are in UTC. Discount \
         and revenue exclude redemptions that were rolled back. `revenue` is the total of whole orders: an order with \
         several codes counts in full for the coupon of each code.",
    )
    .path_id("CouponId")
    .query_parameters(range())
    .rule("?from", "must not be after `to`, and at most 366 days before it")
}

pub(crate) fn for_unknown_codes() -> OperationDoc {
    OperationDoc::new(tags::COUPONS, "Read the statistics of unknown codes", 200, "Statistics", samples::statistics())
        .description(
            "Counts rejected attempts with codes that belong to no coupon, such as typing errors and guessed codes.",
        )
        .query_parameters(range())
        .rule("?from", "must not be after `to`, and at most 366 days before it")
}

fn range() -> Vec<serde_json::Value> {
    vec![
        day("from", "First day of the time series. Default: 29 days before `to`.", false),
        day("to", "Last day of the time series. Default: today.", false),
    ]
}
