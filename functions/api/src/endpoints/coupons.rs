//! Coupons, unique codes and statistics.

pub(crate) mod codes;
pub(crate) mod coupon;
pub(crate) mod statistics;
