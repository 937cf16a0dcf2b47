//! Coupons: their terms, discounts, codes, jobs that issue codes, and statistics.

pub mod code;
pub mod coupon;
pub mod escrow;
pub mod job;
pub mod statistics;
