//! Coupons, unique codes and statistics.

pub(crate) mod codes;
pub(crate) mod coupons;
pub(crate) mod statistics;
