//! Examples of applications and redemptions.

use couponflow_app::purchases::apply::{Applicant, Applied, Previewed};
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, RollbackReason};
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::decision::{Case, Price, decide};
use couponflow_domain::purchases::pricing::Remainder;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{self, ApplicationOwner, ApplicationToken, Checkout, Maker, Purchase, Rollback};
use couponflow_domain::tenants::secret::TenantSecret;
use serde_json::{Value, json};

use super::coupons::a_coupon;
use super::{body, example_time};
use crate::view::{
    Application, AppliedCodes, ApplyAnswer, OwnApplication, RedeemAnswer, RedeemedCodes, Redemption, RedemptionRecord,
};

/// Request body that applies a code.
pub fn purchase() -> Value {
    body(sample_file!("apply"))
}

/// Request body that redeems a code.
pub fn redeem() -> Value {
    body(sample_file!("redeem"))
}

pub(super) fn a_checkout() -> Checkout {
    input::read(&purchase(), Checkout::read).expect("the sample is valid")
}

fn a_purchase() -> (Coupon, Purchase, Price) {
    let (coupon, checkout) = (a_coupon(), a_checkout());
    let left = Remainder::of(&checkout.order);
    let price = decide(&coupon, &checkout.order, &left, checkout.customer.as_ref(), example_time());
    let purchase = checkout.purchase(&checkout.codes.all()[0]);
    (coupon, purchase, price.expect("the sample is eligible"))
}

/// Calls `view` with the applicant of the examples.
fn with_applicant<T>(view: impl FnOnce(&Applicant<'_>) -> T) -> T {
    let secret = TenantSecret::new([[7; 10]; 4]);
    let token = ApplicationToken::new(&secret, [1; 10]);
    view(&Applicant { secret: &secret, maker: Maker::Storefront, token: &token })
}

fn an_application() -> purchases::Application {
    let (coupon, purchase, price) = a_purchase();
    with_applicant(|Applicant { secret, maker, token }| {
        let owner = ApplicationOwner { maker: *maker, token: Some(token.digest()) };
        purchases::Application::new(secret, owner, &coupon, purchase, price, example_time())
    })
}

/// Response of apply with two codes: the first code is applied, and the second code is rejected.
pub fn applied() -> ApplyAnswer {
    let applied = Applied { code: an_application().code, outcome: Ok(an_application()), backup: None };
    let code = CouponCode::parse("WELCOME5").expect("the code is valid");
    let rejected = Applied { code, outcome: Err(Rejection::CouponNotCombinable.into()), backup: None };
    with_applicant(|applicant| {
        let problem = |rejection: &CodeRejection, _: Option<&CouponCode>| (*rejection).into();
        ApplyAnswer::Several(AppliedCodes::new(&a_checkout(), &[applied, rejected], applicant, problem))
    })
}

/// Response of apply with one code.
pub fn own_application() -> OwnApplication {
    with_applicant(|applicant| OwnApplication::new(&an_application(), applicant))
}

/// Preview of two codes: the first code is accepted, and the second code is rejected.
pub fn previewed() -> (Checkout, Vec<Previewed>) {
    let checkout = input::read(&several_codes(), Checkout::read).expect("the sample is valid");
    let coupon = a_coupon();
    let code = CouponCode::parse("WELCOME5").expect("the code is valid");
    let mut other = a_coupon();
    (other.id, other.terms.code) = (CouponId::new(example_time(), [5; 10]), code);
    other.terms.combinable = false;
    let mut left = Remainder::of(&checkout.order);
    let mut accepted = Vec::new();
    let mut previewed = Vec::new();
    for coupon in [&coupon, &other] {
        let case = Case {
            coupon,
            unique: None,
            order: &checkout.order,
            customer: checkout.customer.as_ref(),
            left: &left,
            accepted: &accepted,
            is_only_code: false,
            redeemed_by_customer: Some(0),
            now: example_time(),
        };
        let (outcome, terms) = (case.decide(), case.judge());
        if let Ok(price) = &outcome {
            left.deduct(&price.discount);
            accepted.push(coupon);
        }
        previewed.push(Previewed {
            code: coupon.terms.code.clone(),
            coupon_id: Some(coupon.id.clone()),
            outcome: outcome.map_err(CodeRejection::from),
            backup: None,
            terms,
        });
    }
    (checkout, previewed)
}

/// Response with an application.
pub fn application() -> Application {
    Application::from(&an_application())
}

/// The redemption of the examples.
pub fn a_redemption() -> purchases::Redemption {
    let (coupon, purchase, price) = a_purchase();
    purchases::Redemption::new(&coupon, purchase, price, example_time())
}

/// Response of redeem to a request with `codes`.
pub fn redeemed() -> RedeemAnswer {
    let redemption = a_redemption();
    RedeemAnswer::Several(RedeemedCodes::new(&redemption, &[]))
}

/// Response of redeem with one code.
pub fn redemption() -> Redemption {
    Redemption::from(&a_redemption())
}

/// Response of reading a redemption.
pub fn redemption_record() -> RedemptionRecord {
    RedemptionRecord::from(&purchases::Redemption {
        redemption_number: Some(RedemptionNumber::new(42)),
        ..a_redemption()
    })
}

/// Response with a redemption that was rolled back.
pub fn rolled_back() -> RedemptionRecord {
    let rollback = Some(Rollback { reason: RollbackReason::Refunded, at: example_time(), released: true });
    RedemptionRecord::from(&purchases::Redemption {
        redemption_number: Some(RedemptionNumber::new(42)),
        rollback,
        ..a_redemption()
    })
}

/// Request body of apply and redeem with several codes.
pub fn several_codes() -> Value {
    let mut body = purchase();
    if let Some(body) = body.as_object_mut() {
        body.remove("code");
    }
    body["codes"] = json!(["FLASH20", "WELCOME5"]);
    body
}

/// Request body of redeem by application.
pub fn redeem_by_application() -> Value {
    json!({"application_id": an_application().id, "order": purchase()["order"]})
}
