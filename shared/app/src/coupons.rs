//! Creates and edits coupons, and issues unique codes.

pub mod backup_coupon;
pub mod cache;
pub mod create_coupon;
pub mod edit;
pub mod jobs;
pub mod ports;
pub mod switch;
