//! Previews: the decisions of apply, without a record.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::purchases::apply::{Previewed, preview};
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::kernel::ids::JobId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::Checkout;
use couponflow_domain::purchases::decision::Term;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{apply_codes, apply_single, at, checkout, purchase_body, stored_coupon};
use couponflow_tests::golden::dump;
use couponflow_tests::table::Dynamo;
use serde_json::json;

use crate::instance::RedeemInstance;

const ANA: &str = "ana@example.com";

/// Codes in every condition that apply distinguishes.
const CODES: [&str; 13] = [
    "OPEN", "PAUSED", "EXPIRED", "LATER", "DEAR", "EUROS", "OTHERS", "BOS", "ONCE", "USEDUP", "HELD", "UNIQUE1",
    "NOBODYS",
];

fn several(codes: &[&str], order: &str) -> Checkout {
    let mut body = purchase_body("X00", order, ANA);
    body.as_object_mut().unwrap().remove("code");
    body["codes"] = json!(codes);
    input::read(&body, Checkout::read).unwrap()
}

/// Stores the coupons of [`CODES`]. The customer has used `ONCE`, the unique code is redeemed, and another order holds
/// `HELD`.
async fn stored(dynamo: &Dynamo) -> TenantStore {
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    for (code, terms) in [
        ("OPEN", json!({})),
        ("PAUSED", json!({})),
        ("EXPIRED", json!({"expires_at": at(10)})),
        ("LATER", json!({"starts_at": at(9_000)})),
        ("DEAR", json!({"minimum_order_value": {"amount": 9900, "currency": "USD"}})),
        ("EUROS", json!({"discount": {"type": "fixed_amount", "amount_off": 5, "currency": "EUR"}})),
        ("OTHERS", json!({"applies_to": {"products": ["prod_2"]}})),
        ("BOS", json!({"only_for": {"email": "bo@example.com"}})),
        ("ONCE", json!({"max_redemptions_per_customer": 1})),
        ("USEDUP", json!({"max_redemptions": 1})),
        ("HELD", json!({"max_redemptions": 1})),
    ] {
        let coupon = stored_coupon(&store, code, terms).await;
        if code == "PAUSED" {
            assert!(store.set_state(&coupon, State::Paused, at(1)).await.unwrap());
        }
    }
    let batch = stored_coupon(&store, "BATCH", json!({"code_type": "unique"})).await;
    let job = Job::new(JobId::new(at(0), [1; 10]), batch.id, JobKind::ImportCodes, 1, at(0));
    assert!(store.issue_code(&CouponCode::parse("UNIQUE1").unwrap(), &job, 0, at(0)).await.unwrap());
    let shop = RedeemInstance::of(dynamo);
    for code in ["ONCE", "USEDUP", "UNIQUE1"] {
        shop.redeem(code, "ord_before", ANA, 2).await.unwrap();
    }
    let holding = Checkout { hold: Some(chrono::TimeDelta::hours(1)), ..checkout("HELD", "ord_before", ANA) };
    apply_single(&store, &holding, at(3)).await.unwrap();
    store
}

/// The discount, or the rejection.
type Told = Result<i64, CodeRejection>;

fn told(previewed: &[Previewed]) -> Vec<Told> {
    previewed.iter().map(|code| code.outcome.as_ref().map(|price| price.discount.amount).map_err(|r| *r)).collect()
}

async fn applied(store: &TenantStore, checkout: &Checkout) -> Vec<Told> {
    let applied = apply_codes(store, checkout, at(50), "request").await.unwrap();
    applied.into_iter().map(|code| code.outcome.map(|application| application.discount.amount)).collect()
}

#[tokio::test]
async fn a_preview_decides_as_apply_does_and_records_nothing() {
    let dynamo = Dynamo::start().await;
    let store = stored(&dynamo).await;
    let alone = CODES.map(|code| checkout(code, &format!("ord_{code}"), ANA));
    let pairs = CODES.iter().skip(1).map(|code| several(&["OPEN", code], &format!("pair_{code}")));
    let checkouts: Vec<Checkout> = alone.into_iter().chain(pairs).collect();
    let before = dump(&dynamo).await;
    let mut previews = Vec::new();
    for checkout in &checkouts {
        previews.push(preview(&store, checkout, at(50)).await.unwrap());
    }
    assert_eq!(dump(&dynamo).await, before);
    let mut reasons = Vec::new();
    for (checkout, previewed) in checkouts.iter().zip(&previews) {
        assert_eq!(told(previewed), applied(&store, checkout).await, "{:?}", checkout.codes);
        for code in previewed {
            let failed = code.terms.iter().find_map(|judgement| judgement.rejection);
            let rejection = code.outcome.as_ref().err().map(|rejected| rejected.rejection);
            let expected = rejection.filter(|_| code.coupon_id.is_some());
            assert_eq!(failed, expected, "{}: {:#?}", code.code.as_str(), code.terms);
            reasons.extend(rejection);
        }
    }
    reasons.sort_unstable();
    reasons.dedup();
    assert_eq!(reasons.len(), 10, "{reasons:?}");
    assert!(dump(&dynamo).await.len() > before.len(), "apply recorded its attempts");
}

#[tokio::test]
async fn a_preview_judges_every_term_with_expected_and_received_value() {
    let dynamo = Dynamo::start().await;
    let store = stored(&dynamo).await;
    let judged = async |code: &str, term: Term| {
        let previewed = preview(&store, &checkout(code, "ord_1", ANA), at(50)).await.unwrap().remove(0);
        let judgement = previewed.terms.into_iter().find(|judgement| judgement.term == term).unwrap();
        (judgement.expected, judgement.received, judgement.rejection)
    };
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    for (code, term, expected, received, rejection) in [
        ("DEAR", Term::MinimumOrderValue, usd(9900), usd(4900), Rejection::MinimumOrderNotMet),
        ("ONCE", Term::MaxRedemptionsPerCustomer, json!(1), json!(1), Rejection::CustomerLimitReached),
        ("HELD", Term::MaxRedemptions, json!(1), json!(1), Rejection::LimitReached),
        ("UNIQUE1", Term::UniqueCode, json!("available"), json!("redeemed"), Rejection::CodeAlreadyUsed),
        ("EXPIRED", Term::ExpiresAt, json!(at(10)), json!(at(50)), Rejection::CouponExpired),
    ] {
        assert_eq!(judged(code, term).await, (expected, received, Some(rejection)), "{code}");
    }
    let unknown = preview(&store, &checkout("NOBODYS", "ord_1", ANA), at(50)).await.unwrap().remove(0);
    assert_eq!((unknown.coupon_id, unknown.terms), (None, Vec::new()));
}

#[tokio::test]
async fn an_order_with_a_hold_previews_its_own_held_redemption_as_available() {
    let dynamo = Dynamo::start().await;
    let store = stored(&dynamo).await;
    let of_order = async |order: &str| told(&preview(&store, &checkout("HELD", order, ANA), at(50)).await.unwrap());
    assert_eq!(of_order("ord_before").await, [Ok(980)]);
    let held_for_another = CodeRejection { rejection: Rejection::LimitReached, hold_may_free_up: true };
    assert_eq!(of_order("ord_other").await, [Err(held_for_another)]);
}

#[tokio::test]
async fn a_preview_of_ten_codes_makes_a_bounded_number_of_reads() {
    let dynamo = Dynamo::start().await;
    let (table, meter) = dynamo.metered_instance();
    let store = table.of(&fixtures::tenant("demo"));
    let codes: Vec<String> = (0..10).map(|i| format!("CODE{i}")).collect();
    for code in &codes {
        let coupon =
            stored_coupon(&store, code, json!({"max_redemptions": 1, "max_redemptions_per_customer": 1})).await;
        let holding = Checkout { hold: Some(chrono::TimeDelta::hours(1)), ..checkout(code, "ord_before", ANA) };
        apply_single(&store, &holding, at(1)).await.unwrap();
        assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().held, 1);
    }
    meter.take();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let previewed = preview(&store, &several(&codes, "ord_1"), at(50)).await.unwrap();
    let cost = meter.take();
    assert_eq!((previewed.len(), cost.write_units), (10, 0.0));
    assert_eq!(
        cost.calls, 60,
        "code, coupon, hold under both keys, coupon again and the count of the customer, for each code"
    );
}

#[tokio::test]
async fn a_preview_offers_the_backup_coupon_that_apply_offers() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let backup = stored_coupon(&store, "BACKUP", json!({})).await;
    let terms = json!({"max_redemptions": 1, "backup_coupon_id": backup.id, "offer_backup": true});
    stored_coupon(&store, "FIRST", terms).await;
    RedeemInstance::of(&dynamo).redeem("FIRST", "ord_1", ANA, 1).await.unwrap();
    let request = checkout("FIRST", "ord_2", ANA);
    let previewed = preview(&store, &request, at(2)).await.unwrap().remove(0);
    let applied = apply_codes(&store, &request, at(2), "request").await.unwrap().remove(0);
    assert_eq!(previewed.backup, applied.backup);
    assert_eq!(previewed.backup, Some(backup.terms.code));
}
