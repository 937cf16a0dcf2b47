//! Coupons, their counters, codes, jobs and statistics.

pub(crate) mod count_codes;
pub(crate) mod coupon;
pub(crate) mod coupon_items;
pub(crate) mod coupon_partition;
pub(crate) mod edits;
pub(crate) mod expiry;
pub(crate) mod jobs;
pub(crate) mod statistics;
pub(crate) mod thresholds;
pub(crate) mod unique_codes;
