//! Test data: instants, coupons, contacts, purchases and requests.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::contacts::ports::{ContactStore as _, CreateContactOutcome};
use couponflow_app::coupons::ports::{CouponStore as _, CreateOutcome};
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::system::{Clock, Rng};
use couponflow_app::purchases::apply::{self, Applicant, Applied, apply};
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_app::tenants::ports::{
    AccessStore as _, CreateTenantOutcome, Key, KeyScope, Keys as _, TenantStores as _,
};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::system::System;
use couponflow_domain::contacts::contact::{Contact, ContactDetails};
use couponflow_domain::coupons::coupon::{Coupon, Terms};
use couponflow_domain::delivery::recipient::{ConfirmationToken, recipient_key};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::digest::{Bits80, bits80};
use couponflow_domain::kernel::ids::{ApplicationId, CouponId, KeyId};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::purchases::decision::decide;
use couponflow_domain::purchases::pricing::Remainder;
use couponflow_domain::purchases::{Application, ApplicationOwner, ApplicationToken, Checkout, Maker, Redemption};
use couponflow_domain::tenants::api_key::{KeySecret, NewKey};
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_http::Request;
use serde_json::{Value, json};

use crate::repository;

/// Returns the instant `milliseconds` after 2024-10-04T00:00:00Z, the time origin of the tests.
pub fn at(milliseconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::milliseconds(milliseconds)
}

/// The id of a tenant.
pub fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).expect("a tenant id")
}

/// The secret of a tenant.
pub fn tenant_secret() -> TenantSecret {
    TenantSecret::new([[7; 10]; 4])
}

/// Stores a tenant without keys.
pub async fn stored_tenant(table: &Table, name: &str) -> TenantStore {
    let created = table.create_tenant(&tenant(name), &tenant_secret(), &[], at(0)).await.expect("stored");
    assert_eq!(created, CreateTenantOutcome::Created);
    table.of(&tenant(name))
}

/// Builds a 20 % coupon without storing it. `more` adds or replaces terms.
pub fn coupon(code: &str, more: Value) -> Coupon {
    let mut terms = json!({"code": code, "name": code, "discount": {"type": "percentage", "percent_off": 20}});
    terms.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let terms = input::read(&terms, Terms::read).expect("valid terms");
    Coupon::new(CouponId::new(at(0), bits80(&[code])), terms, at(0))
}

/// Stores a 20 % coupon. `more` adds or replaces terms.
pub async fn stored_coupon(store: &TenantStore, code: &str, more: Value) -> Coupon {
    let coupon = coupon(code, more);
    assert_eq!(store.create_coupon(&coupon).await.expect("stored"), CreateOutcome::New);
    coupon
}

/// Builds a contact without storing it.
pub fn contact(details: Value) -> Contact {
    let details = input::read(&details, ContactDetails::read).expect("valid details");
    Contact::new(details, at(0), System.bits()).expect("at most the maximum number of tags and lists")
}

/// Stores a contact. Panics if the contact exists.
pub async fn stored_contact(store: &TenantStore, details: Value) -> Contact {
    match store.create_contact(&contact(details)).await.expect("stored") {
        CreateContactOutcome::Created(contact) => *contact,
        CreateContactOutcome::Existing(id) => panic!("the contact {id} exists"),
    }
}

/// Confirms an address of the shop's team, as its recipient would.
pub async fn confirmed_recipient(store: &TenantStore, address: &str) {
    let key = recipient_key(&Email::parse(address).expect("an address"));
    let (token, now) = (ConfirmationToken::new([9; 10]), System.now());
    assert!(store.ask_recipient(&key, &token, now).await.expect("asked"), "{address} was asked before");
    assert!(store.confirm_recipient(&key, &token, now).await.expect("confirmed"));
}

/// Builds a POST request with the server key, in the format of the API gateway.
pub fn post(path: &str, idempotency_key: Option<&str>, body: &str) -> Request {
    let mut gateway = repository::json("events/samples/redeem.json");
    gateway["rawPath"] = json!(path);
    gateway["body"] = json!(body);
    if let Some(key) = idempotency_key {
        gateway["headers"]["idempotency-key"] = json!(key);
    }
    Request::new(serde_json::from_value(gateway).expect("a gateway request"))
}

/// An API key of a tenant.
pub fn key(tenant_name: &str, scope: KeyScope) -> Key {
    let request = NewKey { scope, name: "test".to_owned(), expires_at: None };
    request.key(tenant(tenant_name), KeyId::new(at(0), bits80(&[tenant_name])), &key_secret(scope), at(0))
}

/// The secret of an API key.
pub fn key_secret(scope: KeyScope) -> KeySecret {
    KeySecret::new(scope, [[3; 10]; 3])
}

/// A clock that stands at [`at`]`(self.0)`, with random bits from the operating system.
pub struct ClockAt(pub i64);

impl Clock for ClockAt {
    fn now(&self) -> DateTime<Utc> {
        at(self.0)
    }
}

impl Rng for ClockAt {
    fn bits(&self) -> Bits80 {
        System.bits()
    }
}

/// Builds the request body of a purchase: one product for 49.00 USD.
pub fn purchase_body(code: &str, order_id: &str, email: &str) -> Value {
    json!({"code": code, "customer": {"email": email, "first_name": "Ana"}, "order": {"id": order_id, "currency": "USD",
        "lines": [{"product_id": "prod_1", "quantity": 1, "unit_amount": 4900}]}})
}

/// The parsed request of [`purchase_body`].
pub fn checkout(code: &str, order_id: &str, email: &str) -> Checkout {
    input::read(&purchase_body(code, order_id, email), Checkout::read).expect("a valid checkout")
}

/// Builds a redemption of the coupon for [`purchase_body`] without storing it.
pub fn redemption(coupon: &Coupon, order_id: &str, email: &str, now: DateTime<Utc>) -> Redemption {
    let checkout = checkout(coupon.terms.code.as_str(), order_id, email);
    let left = Remainder::of(&checkout.order);
    let price = decide(coupon, &checkout.order, &left, checkout.customer.as_ref(), now).expect("a valid purchase");
    Redemption::new(coupon, checkout.purchase(&coupon.terms.code), price, now)
}

/// The owner of an application that a server made in an earlier version.
pub fn owner() -> ApplicationOwner {
    ApplicationOwner { maker: Maker::Server, token: None }
}

/// Applies codes with a server key.
pub async fn apply_codes(
    store: &TenantStore,
    checkout: &Checkout,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Vec<Applied>, StoreError> {
    apply_as(store, Maker::Server, None, checkout, now, correlation_id).await.map(|applied| applied.expect("permitted"))
}

/// Applies codes with or without a token. Returns `None` if the token does not permit it.
pub async fn apply_as(
    store: &TenantStore,
    maker: Maker,
    token: Option<&ApplicationToken>,
    checkout: &Checkout,
    now: DateTime<Utc>,
    correlation_id: &str,
) -> Result<Option<Vec<Applied>>, StoreError> {
    let secret = &store.profile().await?.secret;
    let fresh = ApplicationToken::new(secret, bits80(&[correlation_id]));
    let applicant = Applicant { secret, maker, token: token.unwrap_or(&fresh) };
    apply(store, checkout, &applicant, now, &CorrelationId::new(correlation_id)).await
}

/// Removes an application with a server key.
pub async fn remove(store: &TenantStore, id: &ApplicationId) -> Result<bool, StoreError> {
    apply::remove(store, id, &owner()).await
}

/// Applies a single code.
pub async fn apply_single(
    store: &TenantStore,
    checkout: &Checkout,
    now: DateTime<Utc>,
) -> Result<Application, CodeRejection> {
    apply_codes(store, checkout, now, "request").await.expect("applied or rejected").remove(0).outcome
}
