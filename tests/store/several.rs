use couponflow_app::apply::apply;
use couponflow_app::ports::{ReadCoupons as _, TenantStores as _};
use couponflow_domain::input;
use couponflow_domain::purchase::{Checkout, RedeemRequest};
use couponflow_domain::rejection::Rejection;
use couponflow_tests::given::{self, at, purchase_body, stored_coupon};
use couponflow_tests::relayed::Stream;
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

use crate::instance::Instance;

fn body(codes: &[&str], order: &str) -> Value {
    let mut body = purchase_body("X00", order, "ana@example.com");
    body.as_object_mut().unwrap().remove("code");
    body["codes"] = json!(codes);
    body
}

async fn redeem(dynamo: &Dynamo, codes: &[&str], order: &str) -> Result<Vec<i64>, Vec<Rejection>> {
    let request = input::read(&body(codes, order), RedeemRequest::read).unwrap();
    let redeemed = Instance::of(dynamo).ask_all(request, &given::tenant("demo"), 1).await?;
    Ok(redeemed.into_iter().map(|redemption| redemption.discount.amount).collect())
}

#[tokio::test]
async fn codes_of_one_order_are_priced_one_after_the_other_and_redeemed_together() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let ten = json!({"type": "fixed_amount", "amount_off": 4500, "currency": "USD"});
    let (first, second) = (
        stored_coupon(&store, "TWENTY", json!({})).await,
        stored_coupon(&store, "FIXED", json!({"discount": ten})).await,
    );
    assert_eq!(redeem(&dynamo, &["TWENTY", "FIXED"], "ord_1").await, Ok(vec![980, 3920]), "never more than 49.00");
    assert_eq!(redeem(&dynamo, &["TWENTY", "FIXED"], "ord_1").await, Ok(vec![980, 3920]), "the same again");
    assert_eq!(redeem(&dynamo, &["FIXED", "TWENTY"], "ord_2").await, Ok(vec![4500, 80]), "in the order of the list");
    for coupon in [first, second] {
        assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().times_redeemed, 2);
    }
}

#[tokio::test]
async fn one_refusal_leaves_the_others_unredeemed_and_all_refusals_are_told() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let open = stored_coupon(&store, "OPEN", json!({})).await;
    stored_coupon(&store, "DEAR", json!({"minimum_order_value": {"amount": 9900, "currency": "USD"}})).await;
    let refused = redeem(&dynamo, &["OPEN", "DEAR", "NOBODYS"], "ord_1").await;
    assert_eq!(refused, Err(vec![Rejection::MinimumOrderNotMet, Rejection::CouponNotFound]));
    assert_eq!(store.coupon(&open.id).await.unwrap().unwrap().times_redeemed, 0);
}

#[tokio::test]
async fn a_list_that_runs_into_a_limit_is_refused_as_a_whole() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    let open = stored_coupon(&store, "OPEN", json!({})).await;
    stored_coupon(&store, "LAST", json!({"max_redemptions": 1})).await;
    let instances = [Instance::of(&dynamo), Instance::of(&dynamo)];
    for (instance, order) in instances.iter().zip(["ord_1", "ord_2"]) {
        let warm = input::read(&purchase_body("OPEN", order, "ana@example.com"), RedeemRequest::read).unwrap();
        instance.ask_all(warm, &given::tenant("demo"), 1).await.unwrap();
    }
    let lists =
        ["ord_3", "ord_4"].map(|order| input::read(&body(&["OPEN", "LAST"], order), RedeemRequest::read).unwrap());
    let [first, second] = lists;
    let tenant = given::tenant("demo");
    let (first, second) =
        futures_util::future::join(instances[0].ask_all(first, &tenant, 2), instances[1].ask_all(second, &tenant, 2))
            .await;
    let refused = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert_eq!(refused, [[Rejection::LimitReached]]);
    assert_eq!(store.coupon(&open.id).await.unwrap().unwrap().times_redeemed, 3, "two before, one with LAST");
}

#[tokio::test]
async fn a_code_that_redeemed_the_order_before_counts_as_done() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&given::tenant("demo"));
    stored_coupon(&store, "ONE", json!({"max_redemptions": 1})).await;
    stored_coupon(&store, "TWO", json!({})).await;
    assert_eq!(redeem(&dynamo, &["ONE"], "ord_1").await, Ok(vec![980]));
    assert_eq!(redeem(&dynamo, &["ONE", "TWO"], "ord_1").await, Ok(vec![980, 784]), "twenty percent of what is left");
}

#[tokio::test]
async fn each_code_is_applied_or_refused_by_itself_and_fires() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&given::tenant("demo"));
    stored_coupon(&store, "ALONE", json!({"combinable": false})).await;
    stored_coupon(&store, "OPEN", json!({})).await;
    stored_coupon(&store, "ALSO", json!({})).await;
    let checkout = input::read(&body(&["OPEN", "ALONE", "NOBODYS", "ALSO"], "ord_1"), Checkout::read).unwrap();
    let applied = apply(&store, &checkout, at(1), "r1").await.unwrap();
    let outcomes: Vec<_> = applied
        .iter()
        .map(|applied| applied.outcome.as_ref().map(|a| a.total().amount).map_err(|refusal| refusal.rejection))
        .collect();
    let expected = [Ok(3920), Err(Rejection::CouponNotCombinable), Err(Rejection::CouponNotFound), Ok(3136)];
    assert_eq!(outcomes, expected);
    let heard = Stream::of(&dynamo).relay(&table, at(2)).await;
    let mut fired: Vec<_> = heard.events.iter().map(|e| (e.kind.detail_type(), e.data.coupon.code.as_str())).collect();
    fired.sort_unstable();
    assert_eq!(fired, [("CouponApplied", "ALSO"), ("CouponApplied", "OPEN"), ("CouponRejected", "ALONE")]);
}
