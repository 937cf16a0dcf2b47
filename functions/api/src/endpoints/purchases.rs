//! Applications and redemptions.

pub(crate) mod applications;
pub(crate) mod redemptions;
