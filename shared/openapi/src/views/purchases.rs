//! Response schemas of applications and redemptions.
#![expect(dead_code, reason = "only the schemas of these types are used; no value is created")]

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::kernel::money::Money;
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::pricing::PricedDiscount;
use couponflow_domain::purchases::{Hold, Rollback, Subscription, Undiscounted};
use schemars::JsonSchema;
use serde_json::Value;

/// An application: a code applied to an order, with the resulting price. Only an application with a
/// `hold` reserves a redemption.
#[derive(JsonSchema)]
pub(super) struct Application {
    /// Id of the application. There is one application per coupon and order.
    id: ApplicationId,
    /// Id of the coupon.
    coupon_id: CouponId,
    /// The applied code.
    code: CouponCode,
    /// The shop's id of the order.
    order_id: String,
    /// Value of the order before any discount.
    order_value: Money,
    /// Discount of this code.
    discount: PricedDiscount,
    /// Amount that the customer pays after all codes of the request. All codes of the request have the same `total`.
    total: Money,
    /// Order total after this code and the codes before it in the request. The total before this code is
    /// `total_after_code` plus `discount`.
    total_after_code: Money,
    /// The hold that reserves a redemption for the application. Null without a hold.
    hold: Option<Hold>,
    /// Time of the first apply that resulted in the current price.
    created_at: DateTime<Utc>,
}

fn problem(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"$ref": "#/components/schemas/Problem"})
}

/// Result of one code of an apply request with several codes.
#[derive(JsonSchema)]
#[schemars(tag = "status", rename_all = "snake_case")]
pub(super) enum CodeResult {
    /// The code was applied.
    Applied {
        /// The code.
        code: CouponCode,
        /// The application of the code.
        application: Application,
    },
    /// The code was rejected.
    Rejected {
        /// The code.
        code: CouponCode,
        /// The reason, as a problem document.
        #[schemars(schema_with = "problem")]
        rejection: Value,
    },
}

/// Result of applying several codes to one order.
#[derive(JsonSchema)]
pub(super) struct AppliedCodes {
    /// The shop's id of the order.
    order_id: String,
    /// Value of the order before any discount.
    order_value: Money,
    /// Total discount of all applied codes.
    discount: Money,
    /// Amount that the customer pays after all discounts.
    total: Money,
    /// One result per code, in the order of the request.
    results: Vec<CodeResult>,
}

/// The redemptions of several codes on one order.
#[derive(JsonSchema)]
pub(super) struct RedeemedCodes {
    /// The shop's id of the order.
    order_id: String,
    /// Value of the order before any discount.
    order_value: Money,
    /// Total discount of all codes.
    discount: Money,
    /// Amount that the customer pays after all discounts.
    total: Money,
    /// One redemption per code, in the order of the request.
    redemptions: Vec<Redemption>,
}

/// Discount of one payment of a subscription.
#[derive(JsonSchema)]
pub(super) struct BillingDiscount {
    /// Id of the redemption.
    redemption_id: RedemptionId,
    /// Date on which the payment is due.
    billing_date: NaiveDate,
    /// Whether the payment is discounted.
    discounted: bool,
    /// The discount. Null if the payment is not discounted.
    discount: Option<PricedDiscount>,
    /// Reason why the payment is not discounted. Null if the payment is discounted.
    reason: Option<Undiscounted>,
    /// First day without the discount. Null if the discount never ends.
    ends_on: Option<NaiveDate>,
}

/// Status of a redemption.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum RedemptionStatus {
    /// The redemption is in effect.
    Redeemed,
    /// The redemption was rolled back.
    RolledBack,
}

/// A redemption: one use of a coupon, consumed for an order.
#[derive(JsonSchema)]
pub(super) struct Redemption {
    /// Id of the redemption.
    id: RedemptionId,
    /// Id of the coupon.
    coupon_id: CouponId,
    /// The redeemed code.
    code: CouponCode,
    /// The shop's id of the order.
    order_id: String,
    /// Value of the order before any discount.
    order_value: Money,
    /// Discount of this code.
    discount: PricedDiscount,
    /// Amount that the customer paid after all codes of the request. All codes of the request have
    /// the same `total`. A rollback does not change this amount.
    total: Money,
    /// Order total after this code and the codes before it in the request. The total before this code is
    /// `total_after_code` plus `discount`.
    total_after_code: Money,
    /// Whether the redemption is in effect or rolled back.
    status: RedemptionStatus,
    /// Time at which the redemption was committed.
    created_at: DateTime<Utc>,
}

/// A redemption with the details that are available after the commit.
#[derive(JsonSchema)]
pub(super) struct RedemptionRecord {
    #[schemars(flatten)]
    redemption: Redemption,
    /// Sequence number of the redemption among the coupon's redemptions, in commit order. Null
    /// until the number is assigned, shortly after the commit.
    redemption_number: Option<i64>,
    /// The customer who redeemed the code. Null if the request did not name a customer.
    customer: Option<Customer>,
    /// Source of the order, as sent by the shop.
    source: Option<String>,
    /// Discount of the subscription that the order started. Null if the order started no
    /// subscription.
    subscription: Option<Subscription>,
    /// Reason and time of the rollback. Null if the redemption was not rolled back.
    rollback: Option<Rollback>,
}
