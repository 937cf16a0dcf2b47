//! Data of an event.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::coupons::code::CouponCode;
use crate::coupons::coupon::{Coupon, CouponType, CouponValue};
use crate::kernel::counters::RedemptionNumber;
use crate::kernel::ids::{ApplicationId, CouponId, ExecutionId, RedemptionId};
use crate::kernel::money::{Currency, Money};
use crate::purchases::customer::Customer;
use crate::purchases::order::{Line, Order};
use crate::purchases::rejection::Rejection;

/// Coupon as it was when the event happened. For `CouponHoldExpired` and
/// `CouponApplicationAbandoned`: as it was when the code was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CouponSnapshot {
    /// Id of the coupon.
    pub id: CouponId,
    /// Code that the customer entered, or else the coupon's own code.
    pub code: CouponCode,
    /// The operator's name for the coupon.
    pub name: String,
    /// Type of discount.
    pub r#type: CouponType,
    /// Amount or percentage of the discount. An amount is in the currency of the order. For
    /// `CouponRejected` and events without an order, an amount is in the first currency of the
    /// coupon.
    pub value: CouponValue,
    /// Maximum number of redemptions; null if there is no limit.
    pub limit: Option<i64>,
    /// Number of committed redemptions, including the redemption of this event, without redemptions
    /// that a rollback made available again.
    pub times_redeemed: i64,
    /// Number of redemptions that are neither used nor held; null if there is no limit.
    pub remaining: Option<i64>,
    /// When the coupon expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// Last workflow execution that issued the coupon or edited its terms. Absent if there is none,
    /// or if an operator has since changed the expiry or its lead times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<ExecutionId>,
}

impl From<&Coupon> for CouponSnapshot {
    fn from(coupon: &Coupon) -> Self {
        Self {
            id: coupon.id.clone(),
            code: coupon.terms.code.clone(),
            name: coupon.terms.name.clone(),
            r#type: coupon.terms.discount.kind(),
            value: coupon.terms.discount.value(),
            limit: coupon.terms.max_redemptions,
            times_redeemed: coupon.times_redeemed,
            remaining: coupon.remaining,
            expires_at: coupon.terms.expires_at,
            caused_by: coupon.caused_by.clone(),
        }
    }
}

impl CouponSnapshot {
    /// Sets the code that the customer entered, and the value of the discount in the currency of
    /// the order.
    pub(super) fn for_purchase(self, code: &CouponCode, value: CouponValue) -> Self {
        Self { code: code.clone(), value, ..self }
    }
}

/// Order, with the discount and the totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OrderSnapshot {
    /// The shop's id of the order.
    pub id: String,
    /// Currency of every amount in the order.
    pub currency: Currency,
    /// Lines of the order.
    pub lines: Vec<Line>,
    /// Order value before any discount.
    pub value: Money,
    /// Discount by this coupon.
    pub discount: Money,
    /// Total that the customer pays, after all codes of the request. The total is the same in the
    /// events of all codes of the request.
    pub total: Money,
    /// Total after this coupon and the preceding codes of the request. Add `discount` to get the
    /// total before this coupon. Absent in `CouponRejected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_after_code: Option<Money>,
}

impl OrderSnapshot {
    /// Combines an order with the discount of one code, the total after that code, and the total
    /// after all codes.
    pub fn new(order: &Order, discount: Money, total_after_code: Option<Money>, total: Money) -> Self {
        Self {
            id: order.id.clone(),
            currency: order.currency,
            lines: order.lines.clone(),
            value: order.value(),
            discount,
            total,
            total_after_code,
        }
    }
}

/// Application that an event concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ApplicationRef {
    /// Id of the application.
    pub id: ApplicationId,
    /// When the code was first applied at this price.
    pub created_at: DateTime<Utc>,
}

/// Redemption that an event concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RedemptionRef {
    /// Id of the redemption.
    pub id: RedemptionId,
    /// Sequence number among the coupon's redemptions, in commit order.
    #[schemars(with = "i64")]
    pub redemption_number: RedemptionNumber,
    /// When the redemption was committed.
    pub created_at: DateTime<Utc>,
}

/// Part of the data of an event that depends on the type of the event. The name is the part's member of [`EventData`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum EventPart {
    Order,
    Application,
    Redemption,
    Rejection,
    Threshold,
    LeadTime,
}

/// Data of an event. The coupon is always present. The other parts depend on the type of event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EventData {
    /// The coupon that the event concerns.
    pub coupon: CouponSnapshot,
    /// Customer, if the apply or redeem request named a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// Order that the code was used for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderSnapshot>,
    /// Where the order came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Application of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationRef>,
    /// Redemption of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redemption: Option<RedemptionRef>,
    /// Why an attempt to use the code was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// Threshold that was reached, such as `80%` or `10 left`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// Time from the event to the expiry, as an ISO 8601 duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_time: Option<String>,
}

impl EventData {
    pub(super) fn of(coupon: CouponSnapshot) -> Self {
        Self {
            coupon,
            customer: None,
            order: None,
            source: None,
            application: None,
            redemption: None,
            rejection: None,
            threshold: None,
            lead_time: None,
        }
    }
}
