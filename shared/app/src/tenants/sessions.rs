//! Port of the sessions of the console.

use chrono::{DateTime, Utc};
use couponflow_domain::tenants::session::{Session, SignInLink};

use crate::kernel::error::StoreResult;

/// Stores sessions and sign-in links under the hashes of their tokens.
pub trait Sessions {
    /// Stores a new session.
    async fn start_session(&self, token_hash: &str, session: &Session) -> StoreResult<()>;
    /// Returns a session, even if it has ended.
    async fn session(&self, token_hash: &str) -> StoreResult<Option<Session>>;
    /// Records that a session was used. A no-op if the session has been ended.
    async fn touch_session(&self, token_hash: &str, session: &Session, now: DateTime<Utc>) -> StoreResult<()>;
    /// Ends a session. A no-op if the session does not exist.
    async fn end_session(&self, token_hash: &str) -> StoreResult<()>;
    /// Stores a new sign-in link.
    async fn add_sign_in_link(&self, token_hash: &str, link: &SignInLink) -> StoreResult<()>;
    /// Removes and returns a sign-in link, even if it has expired. Only one caller gets the link.
    async fn take_sign_in_link(&self, token_hash: &str) -> StoreResult<Option<SignInLink>>;
}
