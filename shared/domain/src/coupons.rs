//! Coupons: terms, discounts, codes, their generation and their statistics.

pub mod code;
pub mod coupon;
pub mod job;
pub mod statistics;
