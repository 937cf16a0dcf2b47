//! What an event tells.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::code::CouponCode;
use crate::coupon::{Coupon, CouponType, CouponValue};
use crate::customer::Customer;
use crate::ids::{ApplicationId, CouponId, ExecutionId, RedemptionId};
use crate::money::{Currency, Money};
use crate::order::{Line, Order};
use crate::rejection::Rejection;

/// The coupon as it was when the event happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CouponSnapshot {
    /// Its id.
    pub id: CouponId,
    /// The code that was typed; the coupon's own where none was.
    pub code: CouponCode,
    /// The operator's name for it.
    pub name: String,
    /// What kind of discount.
    pub r#type: CouponType,
    /// How much; where there is an order, in its currency.
    pub value: CouponValue,
    /// Permitted redemptions; null where there is no limit.
    pub limit: Option<i64>,
    /// Redemptions committed, this one included.
    pub times_redeemed: i64,
    /// Redemptions left; null where there is no limit.
    pub remaining: Option<i64>,
    /// Its expiry instant.
    pub expires_at: Option<DateTime<Utc>>,
    /// The execution that issued it, or extended it last, where one did.
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
    /// As a purchase has it: by the code that was typed, with its value in the order's currency.
    pub(super) fn of_purchase(self, code: &CouponCode, value: CouponValue) -> Self {
        Self { code: code.clone(), value, ..self }
    }
}

/// The order and what the coupon made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OrderSnapshot {
    /// The shop's id.
    pub id: String,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// What was bought.
    pub lines: Vec<Line>,
    /// Before any discount.
    pub value: Money,
    /// What this coupon took off.
    pub discount: Money,
    /// What the customer pays: after all codes of the request. It is the same for each of them.
    pub total: Money,
    /// After this coupon and the codes before it in the request. Before this coupon it was this plus `discount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_after_code: Option<Money>,
}

impl OrderSnapshot {
    /// An order with the discount of one of its codes, what it costs after that code, and after all.
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

/// The application that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ApplicationRef {
    /// Its id.
    pub id: ApplicationId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// The redemption that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RedemptionRef {
    /// Its id.
    pub id: RedemptionId,
    /// The how-many-eth of the coupon it is.
    pub redemption_number: i64,
    /// When it was committed.
    pub created_at: DateTime<Utc>,
}

/// What an event tells. The coupon is always there; the rest where there is any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EventData {
    /// The coupon as it was.
    pub coupon: CouponSnapshot,
    /// Who, where the storefront said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderSnapshot>,
    /// Where the order came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationRef>,
    /// The redemption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redemption: Option<RedemptionRef>,
    /// Why an attempt was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// The threshold that was reached, such as `80%` or `10 left`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// How long before the expiry, as an ISO 8601 duration.
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
