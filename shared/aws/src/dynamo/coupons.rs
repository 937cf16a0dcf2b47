//! Coupons, their counters, codes, jobs and statistics.

pub(crate) mod count_codes;
pub(crate) mod coupon;
pub(crate) mod coupon_items;
pub(crate) mod coupon_partition;
pub(crate) mod edits;
pub(crate) mod expiry;
pub(crate) mod jobs;
mod port;
pub(crate) mod statistics;
pub(crate) mod stored_discount;
pub(crate) mod stored_duration;
pub(crate) mod stored_job;
pub(crate) mod stored_snapshot;
pub(crate) mod stored_terms;
pub(crate) mod stored_value;
pub(crate) mod thresholds;
pub(crate) mod unique_codes;
