//! Applications and redemptions.
#![expect(dead_code, reason = "described, never made")]

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::code::CouponCode;
use couponflow_domain::customer::Customer;
use couponflow_domain::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::money::Money;
use couponflow_domain::pricing::PricedDiscount;
use couponflow_domain::purchase::{Hold, Rollback, Subscription, Undiscounted};
use schemars::JsonSchema;
use serde_json::Value;

/// A code applied to an order: a price, not a promise.
#[derive(JsonSchema)]
pub(super) struct Application {
    /// Its id: one per coupon and order.
    id: ApplicationId,
    /// The coupon.
    coupon_id: CouponId,
    /// Its code.
    code: CouponCode,
    /// The shop's id of the order.
    order_id: String,
    /// Before any discount.
    order_value: Money,
    /// What this code takes off.
    discount: PricedDiscount,
    /// What the customer pays: after all codes of the request. It is the same for each of them.
    total: Money,
    /// After this code and those before it in the request. Before this code it was this plus `discount`.
    total_after_code: Money,
    /// The redemption that is reserved for it.
    hold: Option<Hold>,
    /// When the order was first given this price.
    created_at: DateTime<Utc>,
}

fn problem(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"$ref": "#/components/schemas/Problem"})
}

/// What came of one code of several.
#[derive(JsonSchema)]
#[schemars(tag = "status", rename_all = "snake_case")]
pub(super) enum CodeResult {
    /// It is applied.
    Applied {
        /// The code.
        code: CouponCode,
        /// Its application.
        application: Application,
    },
    /// It is refused.
    Rejected {
        /// The code.
        code: CouponCode,
        /// Why.
        #[schemars(schema_with = "problem")]
        rejection: Value,
    },
}

/// What came of several codes on one order.
#[derive(JsonSchema)]
pub(super) struct AppliedCodes {
    /// The shop's id of the order.
    order_id: String,
    /// Before any discount.
    order_value: Money,
    /// All that the codes take off.
    discount: Money,
    /// After all discounts.
    total: Money,
    /// Each code, in the order of the request.
    results: Vec<CodeResult>,
}

/// The redemptions of several codes on one order.
#[derive(JsonSchema)]
pub(super) struct RedeemedCodes {
    /// The shop's id of the order.
    order_id: String,
    /// Before any discount.
    order_value: Money,
    /// All that the codes took off.
    discount: Money,
    /// After all discounts.
    total: Money,
    /// Each redemption, in the order of the request.
    redemptions: Vec<Redemption>,
}

/// What a payment is discounted by.
#[derive(JsonSchema)]
pub(super) struct BillingDiscount {
    /// The redemption.
    redemption_id: RedemptionId,
    /// When the payment is due.
    billing_date: NaiveDate,
    /// Whether it is discounted.
    discounted: bool,
    /// By how much.
    discount: Option<PricedDiscount>,
    /// Why it is not.
    reason: Option<Undiscounted>,
    /// The first day that is not discounted any more; null where the discount is for ever.
    ends_on: Option<NaiveDate>,
}

/// Whether a redemption stands.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum RedemptionStatus {
    /// It stands.
    Redeemed,
    /// It was given back.
    RolledBack,
}

/// One permitted use, consumed.
#[derive(JsonSchema)]
pub(super) struct Redemption {
    /// Its id.
    id: RedemptionId,
    /// The coupon.
    coupon_id: CouponId,
    /// Its code.
    code: CouponCode,
    /// The shop's id of the order.
    order_id: String,
    /// Before any discount.
    order_value: Money,
    /// What this code took off.
    discount: PricedDiscount,
    /// What the customer paid: after all codes of the request. It is the same for each of them, and stays when one of them
    /// is given back.
    total: Money,
    /// After this code and those before it in the request. Before this code it was this plus `discount`.
    total_after_code: Money,
    /// Whether it stands.
    status: RedemptionStatus,
    /// When it was committed.
    created_at: DateTime<Utc>,
}

/// A redemption as it is read later.
#[derive(JsonSchema)]
pub(super) struct RedemptionRecord {
    #[schemars(flatten)]
    redemption: Redemption,
    /// The how-many-eth of the coupon's redemptions it is; null for a moment after the commit.
    redemption_number: Option<i64>,
    /// By whom.
    customer: Option<Customer>,
    /// Where the order came from.
    source: Option<String>,
    /// What it does to the subscription that the order began; null where it began none.
    subscription: Option<Subscription>,
    /// That it was given back; null while it stands.
    rollback: Option<Rollback>,
}
