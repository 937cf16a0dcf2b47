//! Several codes on one order: prices, rejections, limits, events and subscriptions.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::coupons::ports::StatisticsQuery;
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::coupons::coupon::{Coupon, RollbackReason};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{Application, Checkout, RedeemRequest, Redemption};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::apply_codes;
use couponflow_tests::fixtures::{at, purchase_body, stored_coupon};
use couponflow_tests::relayed::{RelayOutput, Stream};
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

use crate::instance::RedeemInstance;

fn body(codes: &[&str], order: &str) -> Value {
    let mut body = purchase_body("X00", order, "ana@example.com");
    body.as_object_mut().unwrap().remove("code");
    body["codes"] = json!(codes);
    body
}

async fn redeem(dynamo: &Dynamo, codes: &[&str], order: &str) -> Result<Vec<i64>, Vec<Rejection>> {
    let request = input::read(&body(codes, order), RedeemRequest::read).unwrap();
    let redeemed = RedeemInstance::of(dynamo).redeem_all(request, &fixtures::tenant("demo"), 1).await?;
    Ok(redeemed.into_iter().map(|redemption| redemption.discount.amount).collect())
}

#[tokio::test]
async fn codes_are_priced_in_order_and_redeemed_together() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let ten = json!({"type": "fixed_amount", "amount_off": 4500, "currency": "USD"});
    let (first, second) = (
        stored_coupon(&store, "TWENTY", json!({})).await,
        stored_coupon(&store, "FIXED", json!({"discount": ten})).await,
    );
    assert_eq!(
        redeem(&dynamo, &["TWENTY", "FIXED"], "ord_1").await,
        Ok(vec![980, 3920]),
        "the discounts never exceed the order of 49.00"
    );
    assert_eq!(
        redeem(&dynamo, &["TWENTY", "FIXED"], "ord_1").await,
        Ok(vec![980, 3920]),
        "a repeated request gets the same discounts"
    );
    assert_eq!(
        redeem(&dynamo, &["FIXED", "TWENTY"], "ord_2").await,
        Ok(vec![4500, 80]),
        "the order of the list decides the prices"
    );
    for coupon in [first, second] {
        assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().times_redeemed, 2);
    }
}

#[tokio::test]
async fn a_list_with_a_rejected_code_redeems_nothing_and_all_rejections_are_reported() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let open = stored_coupon(&store, "OPEN", json!({})).await;
    stored_coupon(&store, "DEAR", json!({"minimum_order_value": {"amount": 9900, "currency": "USD"}})).await;
    let refused = redeem(&dynamo, &["OPEN", "DEAR", "NOBODYS"], "ord_1").await;
    assert_eq!(refused, Err(vec![Rejection::MinimumOrderNotMet, Rejection::CouponNotFound]));
    assert_eq!(store.coupon(&open.id).await.unwrap().unwrap().times_redeemed, 0);
}

#[tokio::test]
async fn a_list_that_hits_a_limit_concurrently_is_rejected_as_a_whole() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let open = stored_coupon(&store, "OPEN", json!({})).await;
    stored_coupon(&store, "LAST", json!({"max_redemptions": 1})).await;
    let instances = [RedeemInstance::of(&dynamo), RedeemInstance::of(&dynamo)];
    for (instance, order) in instances.iter().zip(["ord_1", "ord_2"]) {
        let warm = input::read(&purchase_body("OPEN", order, "ana@example.com"), RedeemRequest::read).unwrap();
        instance.redeem_all(warm, &fixtures::tenant("demo"), 1).await.unwrap();
    }
    let lists =
        ["ord_3", "ord_4"].map(|order| input::read(&body(&["OPEN", "LAST"], order), RedeemRequest::read).unwrap());
    let [first, second] = lists;
    let tenant = fixtures::tenant("demo");
    let (first, second) = futures_util::future::join(
        instances[0].redeem_all(first, &tenant, 2),
        instances[1].redeem_all(second, &tenant, 2),
    )
    .await;
    let refused = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert_eq!(refused, [[Rejection::LimitReached]]);
    assert_eq!(
        store.coupon(&open.id).await.unwrap().unwrap().times_redeemed,
        3,
        "two redemptions before, and one together with LAST"
    );
}

#[tokio::test]
async fn a_code_already_redeemed_for_the_order_keeps_its_redemption_when_codes_are_added() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "ONE", json!({"max_redemptions": 1})).await;
    stored_coupon(&store, "TWO", json!({})).await;
    assert_eq!(redeem(&dynamo, &["ONE"], "ord_1").await, Ok(vec![980]));
    assert_eq!(redeem(&dynamo, &["ONE", "TWO"], "ord_1").await, Ok(vec![980, 784]), "20 % of the remaining total");
}

#[tokio::test]
async fn each_code_is_applied_or_rejected_on_its_own() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    stored_coupon(&store, "ALONE", json!({"combinable": false})).await;
    stored_coupon(&store, "OPEN", json!({})).await;
    stored_coupon(&store, "ALSO", json!({})).await;
    let checkout = input::read(&body(&["OPEN", "ALONE", "NOBODYS", "ALSO"], "ord_1"), Checkout::read).unwrap();
    let applied = apply_codes(&store, &checkout, at(1), "r1").await.unwrap();
    let outcomes: Vec<_> = applied
        .iter()
        .map(|applied| applied.outcome.as_ref().map(|a| a.total().amount).map_err(|rejection| rejection.rejection))
        .collect();
    let expected = [Ok(3136), Err(Rejection::CouponNotCombinable), Err(Rejection::CouponNotFound), Ok(3136)];
    assert_eq!(outcomes, expected);
    let output = Stream::of(&dynamo).relay(&table, at(2)).await;
    let mut fired: Vec<_> = output.events.iter().map(|e| (e.kind.detail_type(), e.data.coupon.code.as_str())).collect();
    fired.sort_unstable();
    assert_eq!(fired, [("CouponApplied", "ALSO"), ("CouponApplied", "OPEN"), ("CouponRejected", "ALONE")]);
}

/// Two coupons, 1.00 and 2.00 off, for an order of 10.00.
struct TwoCoupons {
    dynamo: Dynamo,
    table: Table,
    store: TenantStore,
    one: Coupon,
    two: Coupon,
    stream: Stream,
}

const ONE_AND_TWO: [&str; 2] = ["ONEOFF", "TWOOFF"];

impl TwoCoupons {
    async fn with(terms: Value) -> Self {
        let dynamo = Dynamo::start().await;
        let table = dynamo.instance();
        let store = table.of(&fixtures::tenant("demo"));
        let off = |amount: i64| {
            let mut terms = terms.clone();
            terms["discount"] = json!({"type": "fixed_amount", "amount_off": amount, "currency": "USD"});
            terms
        };
        let one = stored_coupon(&store, "ONEOFF", off(100)).await;
        let two = stored_coupon(&store, "TWOOFF", off(200)).await;
        let stream = Stream::of(&dynamo);
        Self { dynamo, table, store, one, two, stream }
    }

    fn body(codes: &[&str]) -> Value {
        let mut body = body(codes, "ord_1");
        body["order"]["lines"][0]["unit_amount"] = json!(1000);
        body
    }

    async fn apply(&self, codes: &[&str], now_ms: i64) -> Vec<Application> {
        let checkout = input::read(&Self::body(codes), Checkout::read).unwrap();
        let applied = apply_codes(&self.store, &checkout, at(now_ms), &format!("apply-{now_ms}")).await.unwrap();
        applied.into_iter().map(|applied| applied.outcome.unwrap()).collect()
    }

    async fn redeem(&self, codes: &[&str], now_ms: i64) -> Vec<Redemption> {
        let request = input::read(&Self::body(codes), RedeemRequest::read).unwrap();
        RedeemInstance::of(&self.dynamo).redeem_all(request, &fixtures::tenant("demo"), now_ms).await.unwrap()
    }

    async fn relay(&mut self) -> RelayOutput {
        self.stream.relay(&self.table, at(0)).await
    }

    /// The revenue of each coupon in its statistics.
    async fn revenues(&self) -> [i64; 2] {
        let day = at(0).date_naive();
        let mut revenues = [0; 2];
        for (revenue, coupon) in revenues.iter_mut().zip([&self.one, &self.two]) {
            let query = StatisticsQuery { coupon_id: Some(coupon.id.clone()), from: day, to: day };
            *revenue = self.store.statistics(&query).await.unwrap().0.revenue.values().sum();
        }
        revenues
    }
}

/// Code, discount and order total of each event of a type, sorted.
fn told(output: &RelayOutput, kind: &str) -> Vec<(String, i64, i64)> {
    let told = output.of(kind).into_iter().map(|event| {
        let order = event.data.order.unwrap();
        (event.data.coupon.code.as_str().to_owned(), order.discount.amount, order.total.amount)
    });
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    told
}

fn both_for_700() -> Vec<(String, i64, i64)> {
    vec![("ONEOFF".to_owned(), 100, 700), ("TWOOFF".to_owned(), 200, 700)]
}

#[tokio::test]
async fn the_redemptions_and_events_of_all_codes_of_an_order_have_the_total_paid() {
    let mut shop = TwoCoupons::with(json!({})).await;
    let redeemed = shop.redeem(&ONE_AND_TWO, 1).await;
    assert_eq!(redeemed.iter().map(|r| r.total().amount).collect::<Vec<_>>(), [700, 700]);
    assert_eq!(told(&shop.relay().await, "CouponRedeemed"), both_for_700());
    assert_eq!(shop.revenues().await, [700, 700]);
    let again = shop.redeem(&ONE_AND_TWO, 2).await;
    assert_eq!(
        again.iter().map(|r| r.total().amount).collect::<Vec<_>>(),
        [700, 700],
        "a repeated request gets the recorded totals"
    );
}

#[tokio::test]
async fn rolling_back_one_of_several_codes_removes_only_its_revenue() {
    let mut shop = TwoCoupons::with(json!({})).await;
    let redeemed = shop.redeem(&ONE_AND_TWO, 1).await;
    shop.relay().await;
    roll_back(&shop.store, &redeemed[0].id, RollbackReason::Refunded, at(2), &CorrelationId::new("r"))
        .await
        .unwrap()
        .unwrap();
    let output = shop.relay().await;
    assert_eq!(
        told(&output, "CouponRedemptionRolledBack"),
        both_for_700()[..1],
        "the event has the total that the customer paid"
    );
    assert_eq!(shop.revenues().await, [0, 700]);
}

#[tokio::test]
async fn the_events_of_every_applied_code_have_the_order_total_and_are_published_once() {
    let mut shop = TwoCoupons::with(json!({"abandonment_window": "PT30M"})).await;
    let applied = shop.apply(&ONE_AND_TWO, 1).await;
    assert_eq!(applied.iter().map(|a| a.total().amount).collect::<Vec<_>>(), [700, 700]);
    assert_eq!(told(&shop.relay().await, "CouponApplied"), both_for_700());
    shop.apply(&ONE_AND_TWO, 2).await;
    assert_eq!(told(&shop.relay().await, "CouponApplied"), [], "an unchanged price publishes no event");
    shop.apply(&["TWOOFF", "ONEOFF"], 3).await;
    assert_eq!(
        told(&shop.relay().await, "CouponApplied"),
        [],
        "another sequence of the codes does not change the price"
    );
    couponflow_tests::due::fire_due(&shop.dynamo, at(31 * 60_000)).await;
    assert_eq!(
        told(&shop.relay().await, "CouponApplicationAbandoned"),
        [],
        "the first firing only sets the timers of the restarted windows"
    );
    couponflow_tests::due::fire_due(&shop.dynamo, at(31 * 60_000)).await;
    assert_eq!(told(&shop.relay().await, "CouponApplicationAbandoned"), both_for_700());
}

#[tokio::test]
async fn adding_a_code_changes_the_total_of_the_codes_before_it() {
    let mut shop = TwoCoupons::with(json!({})).await;
    shop.apply(&["ONEOFF"], 1).await;
    assert_eq!(told(&shop.relay().await, "CouponApplied"), [("ONEOFF".to_owned(), 100, 900)]);
    shop.apply(&ONE_AND_TWO, 2).await;
    assert_eq!(told(&shop.relay().await, "CouponApplied"), both_for_700());
    let redeemed = shop.redeem(&ONE_AND_TWO, 3).await;
    assert_eq!(redeemed.iter().map(|r| r.total().amount).collect::<Vec<_>>(), [700, 700]);
}

#[tokio::test]
async fn a_code_that_finds_nothing_left_to_discount_is_not_used_up() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let free = json!({"discount": {"type": "percentage", "percent_off": 100}});
    let fixed = json!({"type": "fixed_amount", "amount_off": 1000, "currency": "USD"});
    let all = stored_coupon(&store, "FREE", free).await;
    let last = stored_coupon(&store, "LASTONE", json!({"discount": fixed, "max_redemptions": 1})).await;
    let codes = |refused: Vec<Rejection>| refused.into_iter().map(Rejection::code).collect::<Vec<_>>();
    let refused = redeem(&dynamo, &["FREE", "LASTONE"], "ord_1").await.map_err(codes);
    assert_eq!(refused, Err(vec!["nothing_to_discount"]), "a list is redeemed completely or not at all");
    for coupon in [&all, &last] {
        assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().times_redeemed, 0);
    }
    let mut held = body(&["FREE", "LASTONE"], "ord_1");
    held["hold"] = json!({"ttl_seconds": 60});
    let checkout = input::read(&held, Checkout::read).unwrap();
    let applied = apply_codes(&store, &checkout, at(1), "r1").await.unwrap();
    let outcomes: Vec<_> = applied.iter().map(|a| a.outcome.as_ref().map_err(|r| r.rejection.code()).err()).collect();
    assert_eq!(outcomes, [None, Some("nothing_to_discount")]);
    assert_eq!(store.coupon(&last.id).await.unwrap().unwrap().held, 0);
    assert_eq!(redeem(&dynamo, &["LASTONE"], "ord_2").await, Ok(vec![1000]), "nothing was used up");
}

#[tokio::test]
async fn discounts_on_later_payments_ignore_codes_that_discount_only_the_first_payment() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let off = |percent: i64, duration: &str| json!({"discount": {"type": "percentage", "percent_off": percent}, "duration": duration});
    stored_coupon(&store, "ONCE50", off(50, "once")).await;
    stored_coupon(&store, "EVER10", off(10, "forever")).await;
    let mut body = body(&["ONCE50", "EVER10"], "ord_1");
    body["order"]["lines"][0]["unit_amount"] = json!(10_000);
    body["order"]["lines"][0]["product_type"] = json!("recurring");
    let request = input::read(&body, RedeemRequest::read).unwrap();
    let redeemed = RedeemInstance::of(&dynamo).redeem_all(request, &fixtures::tenant("demo"), 1).await.unwrap();
    assert_eq!(redeemed.iter().map(|r| r.discount.amount).collect::<Vec<_>>(), [5000, 500], "first payment");
    assert_eq!(redeemed[1].subscription.as_ref().unwrap().discount.amount, 1000, "later payments");
}
