//! Tenants: the shops that use couponflow.

pub mod api_key;
pub mod audit;
pub mod client_network;
pub mod deletion;
pub mod profile;
pub mod quota;
pub mod rate_limit;
pub mod retention;
pub mod secret;
pub mod session;
pub mod settings;
pub mod tenant;
pub mod token_link;
