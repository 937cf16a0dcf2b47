//! Applications, holds, redemptions, rejections and rollbacks.

pub(crate) mod abandonment;
pub(crate) mod applications;
pub(crate) mod code_redemptions;
pub(crate) mod deduct;
pub(crate) mod holds;
pub(crate) mod listing;
mod port;
pub(crate) mod redemption_numbers;
mod redemption_pages;
pub(crate) mod redemptions;
pub(crate) mod rejections;
pub(crate) mod rollbacks;
pub(crate) mod stored_application;
pub(crate) mod stored_attempt;
pub(crate) mod stored_discount;
pub(crate) mod stored_order;
pub(crate) mod stored_redemption;
