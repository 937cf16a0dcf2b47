//! Examples of API keys.

use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{CouponId, KeyId};
use couponflow_domain::tenants::api_key::{Key as ApiKey, KeyScope, KeySecret, NewKey as KeyRequest};
use couponflow_domain::tenants::audit::{Actor, AuditEntry as Entry, Author, Change};
use couponflow_domain::tenants::tenant::TenantId;
use serde_json::{Value, json};

use super::example_time;
use crate::view::{AuditEntry, Key, Me, NewKey};

fn a_secret() -> KeySecret {
    KeySecret::new(KeyScope::Server, [bits80(&["an example"]); 3])
}

fn an_api_key() -> ApiKey {
    let request = KeyRequest { scope: KeyScope::Server, name: "Checkout service".to_owned(), expires_at: None };
    let tenant = TenantId::parse("demo").expect("the sample is a valid tenant id");
    let key = request.key(tenant, key_id(), &a_secret(), example_time());
    ApiKey { last_used_on: Some(example_time().date_naive()), ..key }
}

/// Id of the key in examples.
pub(super) fn key_id() -> KeyId {
    KeyId::new(example_time(), bits80(&["key"]))
}

/// Entry of the audit log.
pub fn audit_entry() -> AuditEntry {
    let author = Author {
        actor: Actor::Key(key_id()),
        operation: "EditCoupon",
        request_id: Some("JKJaXmPLvHcESHA=".to_owned()),
        at: example_time(),
        bits: bits80(&["audit"]),
    };
    let coupon = CouponId::new(example_time(), bits80(&["coupon"]));
    AuditEntry::from(&Entry::new(&author, Change::of(coupon).versions(Revision::new(3), Revision::new(4))))
}

/// Request to create a key.
pub fn key_request() -> Value {
    json!({"scope": "server", "name": "Checkout service"})
}

/// Response with a key.
pub fn key() -> Key {
    Key::from(&an_api_key())
}

/// Response of creating a key.
pub fn new_key() -> NewKey {
    NewKey::new(&ApiKey { last_used_on: None, ..an_api_key() }, Some(&a_secret()))
}

/// Response about the caller.
pub fn me() -> Me {
    Me::from(&an_api_key())
}
