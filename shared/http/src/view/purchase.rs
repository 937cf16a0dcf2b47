//! Views of applications, redemptions and discounts on subscription payments.

use std::iter;

use chrono::{DateTime, Utc};
use couponflow_app::purchases::apply::{Applicant, Applied};
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId, RedemptionId};
use couponflow_domain::kernel::money::Money;
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::order::Order;
use couponflow_domain::purchases::pricing::PricedDiscount;
use couponflow_domain::purchases::{self, Checkout, Hold, Rollback, Subscription};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::doc::reference;
use crate::problem::Problem;

/// An application: a code applied to an order, with the resulting price. Only an application with a
/// `hold` reserves a redemption.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Application {
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
    /// Amount that the customer pays after all accepted codes of the apply request. All
    /// applications of one request have the same `total`.
    total: Money,
    /// Order total after this code and the codes that precede this code in the request. The total
    /// before this code is `total_after_code` plus `discount`.
    total_after_code: Money,
    /// The hold that reserves a redemption for the application. Null if the application has no
    /// hold.
    hold: Option<Hold>,
    /// Time at which the current price was recorded. Applying the code again at the same price does
    /// not change this time.
    created_at: DateTime<Utc>,
}

impl From<&purchases::Application> for Application {
    fn from(application: &purchases::Application) -> Self {
        Self {
            id: application.id.clone(),
            coupon_id: application.coupon_id.clone(),
            code: application.code.clone(),
            order_id: application.order.id.clone(),
            order_value: application.order.value(),
            discount: application.discount.clone(),
            total: application.total(),
            total_after_code: application.total_after_code(),
            hold: application.hold,
            created_at: application.created_at,
        }
    }
}

/// Application with its token, as returned by apply.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OwnApplication {
    #[serde(flatten)]
    application: Application,
    /// Token with which a browser can apply codes to the order again, or remove this application. Keep the token while
    /// the order is open: a later response contains the token only if the request sent the token. Null if an
    /// earlier request created the token and this request did not send the token. Only a key with scope `server` or
    /// `admin` can get null, because these scopes can change an application without sending its token.
    application_token: Option<String>,
}

impl OwnApplication {
    /// Creates the view. Shows the token if the application has the token of the applicant.
    pub fn new(application: &purchases::Application, applicant: &Applicant<'_>) -> Self {
        let shown = applicant.has_token_of(application).then(|| applicant.token.reveal().to_owned());
        Self { application: application.into(), application_token: shown }
    }
}

fn problem(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::Schema::try_from(reference::schema("Problem")).unwrap_or_default()
}

/// Result of one code of an apply request with several codes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CodeResult {
    /// The code was applied.
    #[schemars(title = "AppliedCode")]
    Applied {
        /// The code.
        code: CouponCode,
        /// The application of the code.
        application: OwnApplication,
    },
    /// The code was rejected.
    #[schemars(title = "RejectedCode")]
    Rejected {
        /// The code.
        code: CouponCode,
        /// The reason, as a problem document.
        #[schemars(schema_with = "problem")]
        rejection: Value,
    },
}

/// Result of applying several codes to one order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AppliedCodes {
    /// The shop's id of the order.
    order_id: String,
    /// Value of the order before any discount.
    order_value: Money,
    /// Total discount of all applied codes.
    discount: Money,
    /// Amount that the customer pays after the discounts of all applied codes.
    total: Money,
    /// One result per code, in the order of the request.
    results: Vec<CodeResult>,
}

impl AppliedCodes {
    /// Creates the result of several codes, in request order. `rejected` converts a rejection and
    /// the code of its backup coupon to a problem.
    pub fn new(
        checkout: &Checkout,
        applied: &[Applied],
        applicant: &Applicant<'_>,
        rejected: impl Fn(&CodeRejection, Option<&CouponCode>) -> Problem,
    ) -> Self {
        let result = |Applied { code, outcome, backup }: &Applied| match outcome {
            Ok(application) => {
                CodeResult::Applied { code: code.clone(), application: OwnApplication::new(application, applicant) }
            }
            Err(rejection) => CodeResult::Rejected {
                code: code.clone(),
                rejection: rejected(rejection, backup.as_ref()).answer().body,
            },
        };
        let discounts = applied.iter().filter_map(|applied| applied.outcome.as_ref().ok()).map(|a| a.discount.amount);
        let (discount, total) = discounted(&checkout.order, discounts.sum());
        Self {
            order_id: checkout.order.id.clone(),
            order_value: checkout.order.value(),
            discount,
            total,
            results: applied.iter().map(result).collect(),
        }
    }
}

/// Returns the discount and the discounted total of an order.
fn discounted(order: &Order, discount: i64) -> (Money, Money) {
    (Money::new(discount, order.currency), Money::new(order.value().amount - discount, order.currency))
}

/// Response of apply. For a request with `code`: the application. For a request with `codes`: one
/// result per code.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Applied")]
pub enum ApplyAnswer {
    One(Box<OwnApplication>),
    Several(AppliedCodes),
}

/// Response of redeem. For a request with `code` or `application_id`: the redemption. For a request
/// with `codes`: one redemption per code.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Redeemed")]
pub enum RedeemAnswer {
    One(Box<Redemption>),
    Several(RedeemedCodes),
}

/// The redemptions of several codes on one order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RedeemedCodes {
    /// The shop's id of the order.
    order_id: String,
    /// Value of the order before any discount.
    order_value: Money,
    /// Total discount of all codes.
    discount: Money,
    /// Amount that the customer pays after the discounts of all applied codes.
    total: Money,
    /// One redemption per code, in the order of the request.
    redemptions: Vec<Redemption>,
}

impl RedeemedCodes {
    /// Creates the response for the redemptions of several codes on an order, in request order.
    pub fn new(first: &purchases::Redemption, rest: &[purchases::Redemption]) -> Self {
        let (order, redemptions) = (&first.order, iter::once(first).chain(rest));
        let discount: i64 = redemptions.clone().map(|redemption| redemption.discount.amount).sum();
        let (discount, total) = discounted(order, discount);
        Self {
            order_id: order.id.clone(),
            order_value: order.value(),
            discount,
            total,
            redemptions: redemptions.map(Redemption::from).collect(),
        }
    }
}

/// Status of a redemption.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionStatus {
    /// The redemption is in effect.
    Redeemed,
    /// The redemption was rolled back.
    RolledBack,
}

/// A redemption: one use of a coupon for an order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Redemption {
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
    /// Amount that the customer paid after all codes of the request that created the redemption.
    /// Later requests and rollbacks do not change this amount.
    total: Money,
    /// Order total after this code and all earlier codes. If a previous request had already redeemed some codes of this
    /// request for the order, these codes come first. The other codes follow in the order of the request. The total
    /// before this code is `total_after_code` plus `discount`.
    total_after_code: Money,
    /// Whether the redemption is in effect or rolled back.
    status: RedemptionStatus,
    /// Time at which the redemption was committed.
    created_at: DateTime<Utc>,
}

impl From<&purchases::Redemption> for Redemption {
    fn from(redemption: &purchases::Redemption) -> Self {
        let status = match redemption.rollback {
            Some(_) => RedemptionStatus::RolledBack,
            None => RedemptionStatus::Redeemed,
        };
        Self {
            id: redemption.id.clone(),
            coupon_id: redemption.coupon_id.clone(),
            code: redemption.code.clone(),
            order_id: redemption.order.id.clone(),
            order_value: redemption.order.value(),
            discount: redemption.discount.clone(),
            total: redemption.total(),
            total_after_code: redemption.total_after_code(),
            status,
            created_at: redemption.created_at,
        }
    }
}

/// A redemption with all its details, such as the customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RedemptionRecord {
    #[serde(flatten)]
    redemption: Redemption,
    /// Sequence number of the redemption among the coupon's redemptions, in commit order. Null
    /// until the number is assigned, shortly after the redeem request.
    redemption_number: Option<i64>,
    /// The customer who redeemed the code. Null if the request did not name a customer.
    customer: Option<Customer>,
    /// Source of the order, as sent by the shop.
    source: Option<String>,
    /// Discount on the payments of the subscription that the order started. Null if the coupon
    /// applies to no recurring product of the order.
    subscription: Option<Subscription>,
    /// Reason and time of the rollback. Null if the redemption was not rolled back.
    rollback: Option<Rollback>,
}

impl From<&purchases::Redemption> for RedemptionRecord {
    fn from(record: &purchases::Redemption) -> Self {
        Self {
            redemption: record.into(),
            redemption_number: record.redemption_number.map(RedemptionNumber::get),
            customer: record.customer.clone(),
            source: record.source.clone(),
            subscription: record.subscription.clone(),
            rollback: record.rollback,
        }
    }
}
