//! Applies and redeems codes, rolls back redemptions, and computes discounts on later payments.

pub mod apply;
pub mod billing;
pub mod code_rejection;
pub(crate) mod code_request;
pub(crate) mod end_abandonment_window;
pub(crate) mod end_hold;
pub mod numbered_redemption;
pub mod ports;
pub mod redeem;
pub mod roll_back;
