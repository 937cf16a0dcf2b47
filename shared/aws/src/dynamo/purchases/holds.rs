//! Holds: redemptions that are reserved for applications.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use aws_sdk_dynamodb::types::builders::{PutBuilder, UpdateBuilder};
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::purchases::ports::HoldOutcome;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::purchases::{Application, PriceRevision};
use couponflow_domain::timers::timer::{Purpose, Timer};

use super::applications::ApplicationItem;
use super::deduct::Source;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{n, s, to_item};
use crate::dynamo::engine::keys;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;

/// Index of the counter's update in a transaction that reserves a redemption.
const COUNTER: usize = 2;

impl TenantStore {
    pub(crate) async fn hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        now: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> Result<HoldOutcome, StoreError> {
        let doing = "holding a redemption";
        let Some(hold) = application.hold else {
            return Err(StoreError::damaged(doing, "the application has no hold"));
        };
        let key = self.keys.application(application.id.key());
        let stored: Option<ApplicationItem> = self.table.get(key.clone(), doing).await?;
        let snapshot = CouponSnapshot::from(coupon);
        let mut item = ApplicationItem::new(self.keys.tenant.clone(), application, &snapshot, correlation_id);
        item.hold_until_ms = Some(hold.expires_at.timestamp_millis());
        match item.price_revision(stored.as_ref()) {
            PriceRevision::New { revision, owner } => {
                item = item.with_owner(owner);
                item.revision = revision.get();
            }
            PriceRevision::Denied => return Ok(HoldOutcome::Denied),
            PriceRevision::Same { application, revision, .. } => {
                item = item.with_repeated(*application);
                item.revision = revision.get();
            }
        }
        if let Some(stored) = &stored {
            item.application_id = stored.application_id.clone();
            item.hold_expired_at_ms = stored.hold_expired_at_ms;
            item.abandoned_at_ms = stored.abandoned_at_ms;
        }
        let put = self.table.put(to_item(key, &item, doing)?);
        let put = match &stored {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(stored) => unchanged(put, stored),
        };
        let purpose = Purpose::HoldExpiry { coupon_id: coupon.id.clone(), application_id: item.application_id.clone() };
        let timer = Timer { tenant_id: self.keys.tenant.clone(), due_at: hold.expires_at, purpose };
        let mut elements = vec![put.element(doing)?, self.put_timer(&timer, doing)?];
        let before = stored.clone().map(Application::from);
        if stored.is_none_or(|stored| stored.hold_until_ms.is_none()) {
            let deduct = self.deduct(coupon, Source::Remaining, "held = held + :one", now);
            let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
            elements.push(deduct.return_values_on_condition_check_failure(all_old).element(doing)?);
        }
        let code = elements.len();
        if application.is_unique_code {
            elements.push(self.hold_code(application, hold, now).element(doing)?);
        }
        match self.table.transact(elements, doing).await? {
            Transacted::Committed => {
                if let Some(before) = before.filter(|before| before.is_unique_code && before.code != application.code) {
                    self.release_code(&before).await?;
                }
                Ok(HoldOutcome::Held(Box::new(item.into())))
            }
            Transacted::Cancelled(cancellation) if cancellation.failed_at(code) => Ok(HoldOutcome::CodeTaken),
            Transacted::Cancelled(mut cancellation) if cancellation.failed_at(COUNTER) => {
                let counter = cancellation.item_at(COUNTER);
                self.current_coupon(coupon, counter, doing).await.map(HoldOutcome::Rejected)
            }
            Transacted::Cancelled(_) => Ok(HoldOutcome::Changed),
        }
    }

    pub(crate) async fn expire_hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        timer: &Timer,
        was_redeemed: bool,
    ) -> Result<bool, StoreError> {
        let doing = "ending an expired hold";
        let end_of_it = match was_redeemed {
            true => "REMOVE hold_until_ms",
            false => "SET hold_expired_at_ms = :until REMOVE hold_until_ms",
        };
        let end = self
            .table
            .update(self.keys.application(application.id.key()))
            .update_expression(end_of_it)
            .condition_expression("hold_until_ms = :until")
            .expression_attribute_values(":until", n(timer.due_at.timestamp_millis()));
        let elements = vec![
            end.element(doing)?,
            self.return_held(coupon).element(doing)?,
            self.table.delete(keys::timer(timer)).element(doing)?,
        ];
        Ok(self.table.transact(elements, doing).await?.is_committed())
    }

    pub(crate) async fn remove_application(
        &self,
        application: &Application,
        coupon: &Coupon,
    ) -> Result<bool, StoreError> {
        let doing = "removing an application";
        let mut delete = self.table.delete(self.keys.application(application.id.key()));
        let owned = match &application.owner.token {
            Some(token) => {
                delete = delete.expression_attribute_values(":token", s(token.as_str()));
                "(attribute_not_exists(pk) OR token_digest = :token)"
            }
            None => "attribute_not_exists(token_digest)",
        };
        let elements = match application.hold {
            None => vec![
                delete
                    .condition_expression(format!("attribute_not_exists(hold_until_ms) AND {owned}"))
                    .element(doing)?,
            ],
            Some(hold) => vec![
                delete
                    .condition_expression(format!("hold_until_ms = :until AND {owned}"))
                    .expression_attribute_values(":until", n(hold.expires_at.timestamp_millis()))
                    .element(doing)?,
                self.return_held(coupon).element(doing)?,
            ],
        };
        // Without a hold, the delete is the only element. A repeated delete finds no item and succeeds.
        let removed = self.table.transact(elements, doing).await?.is_committed();
        if removed && application.is_unique_code {
            self.release_code(application).await?;
        }
        Ok(removed)
    }
}

/// Adds the condition that the application is unchanged since it was read: its price, its hold, its owner and
/// its abandonment window.
fn unchanged(put: PutBuilder, stored: &ApplicationItem) -> PutBuilder {
    let mut conditions = vec!["revision = :seen".to_owned()];
    let mut put = put.expression_attribute_values(":seen", n(stored.revision));
    match &stored.token_digest {
        None => conditions.push("attribute_not_exists(token_digest)".to_owned()),
        Some(token) => {
            conditions.push("token_digest = :token".to_owned());
            put = put.expression_attribute_values(":token", s(token.as_str()));
        }
    }
    for (name, value) in [
        ("hold_until_ms", stored.hold_until_ms),
        ("abandonment_due_ms", stored.abandonment_due_ms),
        ("abandoned_at_ms", stored.abandoned_at_ms),
    ] {
        match value {
            None => conditions.push(format!("attribute_not_exists({name})")),
            Some(value) => {
                conditions.push(format!("{name} = :{name}"));
                put = put.expression_attribute_values(format!(":{name}"), n(value));
            }
        }
    }
    put.condition_expression(conditions.join(" AND "))
}

impl TenantStore {
    /// Builds the counter update that moves one held redemption back to the remaining redemptions.
    /// Condition: the coupon has the version that was read, because an edit may have introduced or
    /// removed the limit.
    fn return_held(&self, coupon: &Coupon) -> UpdateBuilder {
        let set = match coupon.terms.max_redemptions {
            Some(_) => "SET held = held - :one, remaining = remaining + :one",
            None => "SET held = held - :one",
        };
        self.table
            .update(self.keys.counter(&coupon.id))
            .update_expression(set)
            .condition_expression("version = :version AND held > :zero")
            .expression_attribute_values(":version", n(coupon.version))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":zero", n(0))
    }
}
