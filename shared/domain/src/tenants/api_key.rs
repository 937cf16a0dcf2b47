//! API keys of a tenant.

mod key;
mod key_ring;
mod new_key;
mod scope;
mod secret;

pub use key::{ENDED_KEY_RETENTION, Key};
pub use key_ring::{KeyRing, MAX_KEYS, RevokeRejection};
pub use new_key::{DEFAULT_OVERLAP, NewKey, read_overlap, rotation_schema};
pub use scope::KeyScope;
pub use secret::{KeySecret, SecretHash};
