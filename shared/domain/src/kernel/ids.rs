//! Typed ids. An id is a prefix that names the type, followed by a ULID. A ULID consists of a time
//! and 80 more bits.
//!
//! The 80 bits are random, or a digest. For example, the bits of an application id are a digest of
//! coupon and order. If an application is created twice, both ids have the same bits.
//! [`key`](ApplicationId::key) returns the bits as text, and the application is stored under this
//! key. The application can therefore be read by its id, or by coupon and order, without an index.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::kernel::digest::{Bits80, ulid_text};

/// Error for a text that is not an id of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an id such as {prefix}01KAP2V7E8QJ6D0Y4T3M5N9R1C")]
pub struct InvalidId {
    prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("pattern" = concat!("^", $prefix, "[0-7][0-9A-HJKMNP-TV-Z]{25}$")))]
        pub struct $name(String);

        impl $name {
            /// Prefix of ids of this type.
            pub const PREFIX: &'static str = $prefix;

            /// Creates an id from an instant and 80 bits. The bits are random or a digest.
            pub fn new(at: DateTime<Utc>, bits: Bits80) -> Self {
                let at_ms = u64::try_from(at.timestamp_millis()).unwrap_or(0);
                Self(format!("{}{}", $prefix, ulid_text(at_ms, bits)))
            }

            /// Parses an id.
            ///
            /// # Errors
            /// Returns an error if the prefix is wrong, or if the rest is not a ULID in canonical
            /// spelling.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix($prefix)
                    .and_then(|ulid| Ulid::from_string(ulid).ok())
                    .map(|ulid| Self(format!("{}{}", $prefix, ulid)))
                    .filter(|id| id.0 == text)
                    .ok_or(InvalidId { prefix: $prefix })
            }

            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Returns the instant in the id, with millisecond precision.
            pub fn instant(&self) -> DateTime<Utc> {
                let ulid = Ulid::from_string(&self.0[$prefix.len()..]);
                let at_ms = ulid.map_or(0, |ulid| ulid.timestamp_ms());
                DateTime::from_timestamp_millis(at_ms as i64).unwrap_or_default()
            }

            /// Returns the last 16 characters, which hold the 80 bits.
            pub fn key(&self) -> &str {
                &self.0[self.0.len() - 16..]
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

id!(
    /// Id of a coupon.
    CouponId, "cpn_"
);
id!(
    /// Id of an application of a code to an order.
    ApplicationId, "app_"
);
id!(
    /// Id of a redemption.
    RedemptionId, "rdm_"
);
id!(
    /// Id of a contact.
    ContactId, "ctc_"
);
id!(
    /// Id of a workflow. All versions of the workflow have the same id.
    WorkflowId, "wfl_"
);
id!(
    /// Id of an execution of a workflow version.
    ExecutionId, "exe_"
);
id!(
    /// Id of an event.
    EventId, "evt_"
);
id!(
    /// Id of an API key. The id does not reveal the secret.
    KeyId, "key_"
);
id!(
    /// Id of a secret that signs webhooks. The id does not reveal the secret.
    SigningSecretId, "whs_"
);
id!(
    /// Id of an entry of the audit log.
    AuditId, "aud_"
);
id!(
    /// Id of a job, which issues unique codes.
    JobId, "job_"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::digest::{bits80, key80};

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).unwrap()
    }

    #[test]
    fn key_of_id_is_its_digest_regardless_of_time() {
        let identity_parts = ["cpn_x", "ord_1"];
        let first = RedemptionId::new(at(1), bits80(&identity_parts));
        let later = RedemptionId::new(at(1_700_000_000_000), bits80(&identity_parts));
        assert_ne!(first, later);
        assert_eq!(first.key(), later.key());
        assert_eq!(first.key(), key80(&identity_parts));
    }

    #[test]
    fn id_with_other_prefix_or_invalid_ulid_is_rejected() {
        let id = CouponId::new(at(5), [7; 10]);
        assert_eq!(CouponId::parse(id.as_str()), Ok(id.clone()));
        let too_short = &id.as_str()[..29];
        let (too_large, of_look_alikes) = (id.as_str().replace("cpn_0", "cpn_8"), id.as_str().replace('0', "O"));
        let other_kind = "rdm_01KAP2V7E8QJ6D0Y4T3M5N9R1C";
        for wrong in [
            "",
            "cpn_",
            other_kind,
            too_short,
            &id.as_str().to_lowercase(),
            too_large.as_str(),
            of_look_alikes.as_str(),
        ] {
            assert!(CouponId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
