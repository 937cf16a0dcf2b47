//! Requests to create and rotate keys.

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::key::Key;
use super::scope::KeyScope;
use super::secret::KeySecret;
use crate::kernel::ids::KeyId;
use crate::kernel::input::{Errors, Field};
use crate::kernel::instants::read_instant;
use crate::kernel::json_schema::{object, optional, reference, text};
use crate::kernel::span::Span;
use crate::tenants::tenant::TenantId;

/// Maximum number of characters of a key's name.
const MAX_NAME: usize = 64;

/// How long a rotated key stays valid by default.
pub const DEFAULT_OVERLAP: TimeDelta = TimeDelta::hours(24);

/// Permitted times for which a rotated key stays valid.
const OVERLAPS: RangeInclusive<TimeDelta> = TimeDelta::zero()..=TimeDelta::days(30);

/// Request to create a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    pub scope: KeyScope,
    pub name: String,
    pub expires_at: Option<DateTime<Utc>>,
}

impl NewKey {
    /// Names of the members of [`NewKey::read`].
    pub const MEMBERS: &'static [&'static str] = &["scope", "name", "expires_at"];

    /// Returns the request schema.
    pub fn schema() -> Value {
        let instant = json!({"type": "string", "format": "date-time",
            "description": "Time from which the key is not valid. By default, the key does not expire."});
        let name = text(1..=MAX_NAME, "Where the key is used, such as `checkout service`.");
        let members = [("scope", reference("KeyScope")), ("name", name), ("expires_at", optional(instant))];
        object("KeyInput", "A key to create.", &["scope", "name"], &members)
    }

    /// Reads the members of a request to create a key.
    pub fn read(field: &Field<'_>, now: DateTime<Utc>, errors: &mut Errors) -> Option<Self> {
        let scope = field.get("scope").parse(KeyScope::parse, errors);
        let name = field.get("name").text(1..=MAX_NAME, errors).map(str::to_owned);
        let expires_at = field.get("expires_at").optional(errors, |field, errors| {
            let at = read_instant(field, None, errors)?;
            match at > now {
                true => Some(at),
                false => field.reject("must be in the future", errors),
            }
        });
        Some(Self { scope: scope?, name: name?, expires_at: expires_at? })
    }

    /// Creates the key.
    #[must_use]
    pub fn key(self, tenant_id: TenantId, id: KeyId, secret: &KeySecret, now: DateTime<Utc>) -> Key {
        let Self { scope, name, expires_at } = self;
        Key {
            id,
            tenant_id,
            scope,
            name: Some(name),
            created_at: now,
            expires_at,
            revoked_at: None,
            last_used_on: None,
            last_four: Some(secret.last_four()),
        }
    }
}

/// Reads the body of a request to rotate a key: for how long the old key stays valid.
pub fn read_overlap(field: &Field<'_>, errors: &mut Errors) -> Option<TimeDelta> {
    field.object(&["overlap"], errors)?;
    let overlap = field.get("overlap").optional(errors, |field, errors| Span::read(field, OVERLAPS, errors));
    overlap.map(|overlap| overlap.map_or(DEFAULT_OVERLAP, Span::delta))
}

/// Returns the request schema of a rotation.
pub fn rotation_schema() -> Value {
    let overlap = Span::schema("How long the old key stays valid. Default: `P1D`.", &OVERLAPS);
    object("KeyRotationInput", "How to rotate a key.", &[], &[("overlap", optional(overlap))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::input;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    #[test]
    fn every_fault_of_a_new_key_is_reported() {
        let read = |body| input::read(&body, |field, errors| NewKey::read(field, at(1), errors));
        let past = read(json!({"scope": "root", "name": "", "expires_at": at(1)})).unwrap_err();
        let pointers: Vec<_> = past.into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, ["/scope", "/name", "/expires_at"]);
        assert!(read(json!({"scope": "admin", "name": "CI", "expires_at": at(2)})).is_ok());
    }

    #[test]
    fn overlap_is_a_day_by_default_and_thirty_days_at_most() {
        let read = |body| input::read(&body, read_overlap);
        assert_eq!(read(json!({})), Ok(DEFAULT_OVERLAP));
        assert_eq!(read(json!({"overlap": "PT0S"})), Ok(TimeDelta::zero()));
        assert!(read(json!({"overlap": "P31D"})).is_err());
    }
}
