//! Stores applications. An application records that a code was applied to an order. Each coupon and
//! order has one item.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::events::outbox::ApplicationImage;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId};
use couponflow_domain::purchases::{
    APPLICATION_RETENTION, AbandonmentWindow, Application, ApplicationOwner, EarlierApplication, Hold, Maker,
    PriceRevision, TokenDigest, application_key, purchase_key,
};
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::stored_application::StoredApplication;
use crate::dynamo::coupons::stored_snapshot::StoredSnapshot;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Stored, from_item, n, s, to_item};
use crate::dynamo::engine::person_entry::PersonEntry;
use crate::dynamo::engine::tenant_keys::TenantKeys;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// Maximum number of attempts to write an application that other requests change concurrently.
const ATTEMPTS: usize = 5;

/// Item of an application. The item includes a snapshot of the coupon, so that the relay can build the event from the
/// stream record alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApplicationItem {
    pub(crate) tenant_id: TenantId,
    /// Id of the first application of this coupon to this order. The id in `application` is the id
    /// of the first application with the current price.
    pub(crate) application_id: ApplicationId,
    pub(crate) application: StoredApplication,
    pub(crate) coupon: StoredSnapshot,
    /// Digest of the price. Equal prices have equal digests.
    pub(crate) fingerprint: String,
    /// Number of different prices that were recorded for the order.
    pub(crate) revision: i64,
    pub(crate) correlation_id: Option<CorrelationId>,
    /// End of the hold. `None` if the application holds no redemption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hold_until_ms: Option<i64>,
    /// Instant of the abandonment timer. Also the end of the abandonment window, unless
    /// `abandonment_restarted_until_ms` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abandonment_due_ms: Option<i64>,
    /// End of the abandonment window, if the window restarted after its timer was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abandonment_restarted_until_ms: Option<i64>,
    /// The customer's last activity on the order, if later than the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) active_at_ms: Option<i64>,
    /// Instant of the abandonment. An application is abandoned at most once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abandoned_at_ms: Option<i64>,
    /// Instant at which the latest hold of the application expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hold_expired_at_ms: Option<i64>,
    /// Digest of the token that permits browsers to change the application. Absent in items that earlier versions of
    /// couponflow stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_digest: Option<TokenDigest>,
    /// Who made the application. Missing means the shop's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maker: Option<Maker>,
    /// When DynamoDB may delete the item, in seconds since 1970.
    pub(crate) ttl: i64,
    /// Lists the application under its customer. Absent in items that earlier versions of couponflow stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
}

impl Stored for ApplicationItem {
    const KIND: &'static str = "APPLICATION";
}

impl From<ApplicationItem> for Application {
    fn from(item: ApplicationItem) -> Self {
        let hold = item.hold_until_ms.map(|until| Hold { expires_at: instant(until) });
        let (abandonment, owner) = (item.window(), item.owner());
        Self { id: item.application_id, ..item.application.application(hold, abandonment, owner) }
    }
}

impl ApplicationItem {
    /// Creates the item of an application, without a hold. The caller sets the hold, because a hold
    /// is valid only if the coupon's counter is updated in the same transaction.
    pub(crate) fn new(
        tenant_id: TenantId,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &CorrelationId,
    ) -> Self {
        let (keys, named_at) = (TenantKeys::new(tenant_id.clone()), application.created_at);
        let entry = PersonEntry::new(&keys, application.customer.as_ref(), application.id.as_str(), named_at);
        let item = Self {
            tenant_id,
            application_id: application.id.clone(),
            application: application.clone().into(),
            coupon: coupon.clone().into(),
            fingerprint: application.fingerprint(),
            revision: 0,
            correlation_id: Some(correlation_id.clone()),
            hold_until_ms: None,
            abandonment_due_ms: None,
            abandonment_restarted_until_ms: None,
            active_at_ms: None,
            abandoned_at_ms: None,
            hold_expired_at_ms: None,
            token_digest: None,
            maker: None,
            ttl: (application.created_at + APPLICATION_RETENTION).timestamp(),
            gsi1pk: entry.gsi1pk,
            gsi1sk: entry.gsi1sk,
        };
        item.with_window(application.abandonment).with_owner(application.owner.clone())
    }

    fn owner(&self) -> ApplicationOwner {
        ApplicationOwner { maker: self.maker.unwrap_or(Maker::Server), token: self.token_digest.clone() }
    }

    pub(crate) fn with_owner(mut self, owner: ApplicationOwner) -> Self {
        (self.token_digest, self.maker) = (owner.token, Some(owner.maker));
        self
    }

    /// Decides whether the application of this item gives its order a new price; see [`PriceRevision`].
    pub(crate) fn price_revision(&self, stored: Option<&Self>) -> PriceRevision {
        let earlier = stored.map(|stored| EarlierApplication {
            application: stored.application_with_window(),
            fingerprint: stored.fingerprint.clone(),
            revision: Revision::new(stored.revision),
            is_abandoned: stored.abandoned_at_ms.is_some(),
        });
        PriceRevision::between(earlier.as_ref(), self.application_with_window())
    }

    /// Returns the item with `application`, which repeats a stored application, instead of its own one.
    pub(crate) fn with_repeated(mut self, application: Application) -> Self {
        let (window, owner) = (application.abandonment, application.owner.clone());
        let (keys, named_at) = (TenantKeys::new(self.tenant_id.clone()), self.application.created_at);
        let entry = PersonEntry::new(&keys, application.customer.as_ref(), application.id.as_str(), named_at);
        (self.gsi1pk, self.gsi1sk) = (entry.gsi1pk, entry.gsi1sk);
        self.application = application.into();
        self.with_window(window).with_owner(owner)
    }

    fn application_with_window(&self) -> Application {
        self.application.clone().application(None, self.window(), self.owner())
    }

    /// Converts the item for comparison with the item before or after a write.
    pub(crate) fn image(self) -> ApplicationImage {
        ApplicationImage {
            tenant_id: self.tenant_id.clone(),
            coupon: self.coupon.clone().into(),
            revision: Revision::new(self.revision),
            correlation_id: self.correlation_id.clone(),
            abandoned_at: self.abandoned_at_ms.map(instant),
            hold_expired_at: self.hold_expired_at_ms.map(instant),
            application: self.into(),
        }
    }

    /// Returns the abandonment window; `None` if the application has none.
    fn window(&self) -> Option<AbandonmentWindow> {
        let timer_at = instant(self.abandonment_due_ms?);
        let due_at = self.abandonment_restarted_until_ms.map_or(timer_at, instant);
        let active_at = self.active_at_ms.map_or(self.application.created_at, instant);
        Some(AbandonmentWindow { active_at, due_at, timer_at })
    }

    /// Sets the attributes of the abandonment window.
    fn with_window(mut self, window: Option<AbandonmentWindow>) -> Self {
        let later_than = |instant: DateTime<Utc>, than: DateTime<Utc>| {
            Some(instant.timestamp_millis()).filter(|ms| *ms > than.timestamp_millis())
        };
        self.abandonment_due_ms = window.map(|window| window.timer_at.timestamp_millis());
        self.abandonment_restarted_until_ms = window.and_then(|window| later_than(window.due_at, window.timer_at));
        self.active_at_ms = window.and_then(|window| later_than(window.active_at, self.application.created_at));
        self
    }
}

impl TenantStore {
    pub(crate) async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &CorrelationId,
    ) -> Result<Option<Application>, StoreError> {
        let item = ApplicationItem::new(self.keys.tenant.clone(), application, coupon, correlation_id);
        let (mut next, mut price) = (item.clone(), Price::New);
        for _ in 0..ATTEMPTS {
            let stored = match self.write_application(&next, &price).await? {
                Written::Done(stored) => return Ok(Some(stored.into())),
                Written::Existing(stored) => stored,
                Written::Gone => {
                    (next, price) = (item.clone(), Price::New);
                    continue;
                }
            };
            match item.price_revision(Some(&stored)) {
                PriceRevision::Denied => return Ok(None),
                PriceRevision::New { owner, .. } if owner != stored.owner() => {
                    (next, price) = (item.clone(), Price::TakenOver { from: stored.token_digest });
                }
                // A concurrent request recorded another price for the order.
                PriceRevision::New { .. } => return Ok(Some(stored.into())),
                PriceRevision::Same { is_changed: false, .. } => return Ok(Some(stored.into())),
                PriceRevision::Same { application, is_changed: true, .. } => {
                    let repeated = item.clone().with_repeated(*application);
                    (next, price) =
                        (repeated, Price::Same { timer: stored.abandonment_due_ms, from: stored.token_digest });
                }
            }
        }
        Err(StoreError::Busy { doing: "recording an application that other requests keep changing" })
    }

    pub(crate) async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        let key = self.keys.application(id.key());
        let item: Option<ApplicationItem> = self.table.get(key, "reading an application").await?;
        Ok(item.map(Application::from).filter(|application| application.id == *id))
    }

    pub(crate) async fn application_for_order(
        &self,
        coupon: &CouponId,
        order_id: &str,
    ) -> Result<Option<Application>, StoreError> {
        let secret = &self.profile().await?.secret;
        // Earlier versions derived the key without the secret.
        for key in [application_key(secret, coupon, order_id), purchase_key(coupon, order_id)] {
            let item: Option<ApplicationItem> =
                self.table.get(self.keys.application(&key), "reading an application").await?;
            if let Some(item) = item {
                return Ok(Some(item.into()));
            }
        }
        Ok(None)
    }
}

/// Price condition of a write.
#[derive(Clone, PartialEq)]
enum Price {
    /// The price differs from the stored one, and the caller may replace the application without becoming its owner; or
    /// nothing is stored.
    New,
    /// The price differs from the stored one, and the caller becomes the owner. The token is still the token `from`.
    TakenOver { from: Option<TokenDigest> },
    /// The price equals the stored one. The abandonment timer is still `timer`, and the token is still the token `from`.
    Same { timer: Option<i64>, from: Option<TokenDigest> },
}

/// Outcome of a conditional write.
enum Written {
    /// The write succeeded. Holds the new item.
    Done(ApplicationItem),
    /// The condition failed. Holds the stored item.
    Existing(ApplicationItem),
    /// The condition failed, and the application no longer exists.
    Gone,
}

/// Attributes of the abandonment window and of the index entry. A write removes the attributes that no longer have a
/// value.
const REMOVED_IF_ABSENT: [&str; 5] =
    ["abandonment_due_ms", "abandonment_restarted_until_ms", "active_at_ms", "gsi1pk", "gsi1sk"];

impl TenantStore {
    async fn write_application(&self, item: &ApplicationItem, price: &Price) -> Result<Written, StoreError> {
        let doing = "recording an application";
        let key = self.keys.application(item.application_id.key());
        let mut values = to_item(key.clone(), item, doing)?;
        for kept in ["pk", "sk", "revision", "application_id"] {
            values.remove(kept);
        }
        // A caller that does not become the owner keeps the owner of an existing application.
        let is_kept = |name: &str| *price == Price::New && matches!(name, "token_digest" | "maker");
        let set = |name: &String| match is_kept(name) {
            true => format!("#{name} = if_not_exists(#{name}, :{name})"),
            false => format!("#{name} = :{name}"),
        };
        let mut sets: Vec<String> = values.keys().map(set).collect();
        sets.push("application_id = if_not_exists(application_id, :id)".to_owned());
        let is_new = matches!(price, Price::New | Price::TakenOver { .. });
        if is_new {
            sets.push("revision = if_not_exists(revision, :zero) + :one".to_owned());
        }
        let had_token = |from: &Option<TokenDigest>| match from {
            Some(_) => "token_digest = :from",
            None => "attribute_not_exists(token_digest)",
        };
        let condition = match (price, item.maker) {
            (Price::New, Some(Maker::Storefront)) => {
                "attribute_not_exists(pk) OR (#fingerprint <> :fingerprint AND token_digest = :token)".to_owned()
            }
            (Price::New, Some(Maker::Server) | None) => {
                "attribute_not_exists(pk) OR (#fingerprint <> :fingerprint AND attribute_exists(token_digest) \
                 AND (token_digest = :token OR maker = :server))"
                    .to_owned()
            }
            (Price::TakenOver { from }, _) => format!("#fingerprint <> :fingerprint AND {}", had_token(from)),
            (Price::Same { timer: Some(_), from }, _) => {
                format!("#fingerprint = :fingerprint AND abandonment_due_ms = :timer AND {}", had_token(from))
            }
            (Price::Same { timer: None, from }, _) => {
                format!(
                    "#fingerprint = :fingerprint AND attribute_not_exists(abandonment_due_ms) AND {}",
                    had_token(from)
                )
            }
        };
        let gone: Vec<&str> = REMOVED_IF_ABSENT.into_iter().filter(|name| !values.contains_key(*name)).collect();
        let remove = if gone.is_empty() { String::new() } else { format!(" REMOVE {}", gone.join(", ")) };
        let mut update = self
            .table
            .update_item(key)
            .update_expression(format!("SET {}{remove}", sets.join(", ")))
            .condition_expression(condition)
            .expression_attribute_values(":id", s(item.application_id.as_str()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if is_new {
            update = update.expression_attribute_values(":zero", n(0)).expression_attribute_values(":one", n(1));
        }
        match price {
            Price::New => {
                let token = item.token_digest.as_ref().map(TokenDigest::as_str).unwrap_or_default();
                update = update.expression_attribute_values(":token", s(token));
            }
            Price::TakenOver { from } | Price::Same { from, .. } => {
                if let Some(from) = from {
                    update = update.expression_attribute_values(":from", s(from.as_str()));
                }
            }
        }
        if let Price::Same { timer: Some(timer), .. } = price {
            update = update.expression_attribute_values(":timer", n(*timer));
        }
        if *price == Price::New && item.maker != Some(Maker::Storefront) {
            update = update.expression_attribute_values(":server", s("server"));
        }
        for (name, value) in values {
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        match update.send().await {
            Ok(updated) => from_item(updated.attributes.unwrap_or_default(), doing).map(Written::Done),
            Err(error) => match error.into_service_error() {
                UpdateItemError::ConditionalCheckFailedException(unchanged) => match unchanged.item {
                    Some(item) => from_item(item, doing).map(Written::Existing),
                    None => Ok(Written::Gone),
                },
                other => Err(failed(doing)(other.into())),
            },
        }
    }
}
