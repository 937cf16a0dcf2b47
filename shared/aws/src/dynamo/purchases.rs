//! Applications, holds, redemptions, rejections and rollbacks.

pub(crate) mod abandonment;
pub(crate) mod applications;
pub(crate) mod code_redemptions;
pub(crate) mod deduct;
pub(crate) mod holds;
pub(crate) mod listing;
pub(crate) mod redemption_numbers;
pub(crate) mod redemptions;
pub(crate) mod rejections;
pub(crate) mod rollbacks;
