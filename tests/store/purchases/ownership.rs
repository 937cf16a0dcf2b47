//! Who may replace and remove applications.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::purchases::apply;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::ApplicationId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::{Application, ApplicationOwner, ApplicationToken, Checkout, Maker};
use couponflow_tests::fixtures::{apply_as, at, purchase_body, stored_coupon, tenant};
use couponflow_tests::table::Dynamo;
use serde_json::json;

/// A shop with one coupon that has two redemptions.
struct Shop {
    store: TenantStore,
    coupon: Coupon,
}

impl Shop {
    async fn open() -> Self {
        let dynamo = Dynamo::start().await;
        let store = dynamo.instance().of(&tenant("demo"));
        let coupon = stored_coupon(&store, "LAST2", json!({"max_redemptions": 2})).await;
        Self { store, coupon }
    }

    /// Applies the coupon to an order with this value. Returns `None` if the caller may not.
    async fn apply(
        &self,
        maker: Maker,
        token: Option<&ApplicationToken>,
        value: i64,
        hold: bool,
    ) -> Option<Application> {
        let mut body = purchase_body("LAST2", "ord_1", "ana@example.com");
        body["order"]["lines"][0]["unit_amount"] = json!(value);
        if hold {
            body["hold"] = json!({"ttl_seconds": 600});
        }
        let checkout = input::read(&body, Checkout::read).unwrap();
        let applied =
            apply_as(&self.store, maker, token, &checkout, at(1), &format!("{maker:?}-{value}")).await.unwrap();
        applied.map(|mut applied| applied.remove(0).outcome.unwrap())
    }

    async fn remove(&self, id: &ApplicationId, maker: Maker, token: Option<&ApplicationToken>) -> bool {
        let caller = ApplicationOwner { maker, token: token.map(ApplicationToken::digest) };
        apply::remove(&self.store, id, &caller).await.unwrap()
    }
}

fn token(text: &str) -> ApplicationToken {
    ApplicationToken::parse(&format!("token-of-{text:-<22}")).unwrap()
}

#[tokio::test]
async fn browser_replaces_an_application_only_with_its_token() {
    let shop = Shop::open().await;
    let (ana, eve) = (token("ana"), token("eve"));
    let first = shop.apply(Maker::Storefront, Some(&ana), 5000, false).await.unwrap();
    for value in [5000, 6000] {
        assert_eq!(shop.apply(Maker::Storefront, Some(&eve), value, false).await, None);
        assert_eq!(shop.apply(Maker::Storefront, None, value, false).await, None);
    }
    assert_eq!(shop.store.application(&first.id).await.unwrap(), Some(first.clone()));
    let second = shop.apply(Maker::Storefront, Some(&ana), 6000, false).await.unwrap();
    assert_eq!((&second.id, second.order.value().amount), (&first.id, 6000));
    assert_eq!(shop.apply(Maker::Storefront, Some(&ana), 6000, false).await, Some(second));
}

#[tokio::test]
async fn server_takes_over_the_application_of_a_browser_with_and_without_a_hold() {
    for hold in [false, true] {
        for value in [5000, 6000] {
            let shop = Shop::open().await;
            let eve = token("eve");
            let first = shop.apply(Maker::Storefront, Some(&eve), 5000, false).await.unwrap();
            let server = shop.apply(Maker::Server, None, value, hold).await.unwrap();
            assert_eq!((&server.id, server.owner.maker), (&first.id, Maker::Server));
            assert_eq!(shop.apply(Maker::Storefront, Some(&eve), 7000, false).await, None);
            assert!(!shop.remove(&first.id, Maker::Storefront, Some(&eve)).await, "the hold stays");
            let again = shop.apply(Maker::Server, None, 8000, hold).await.unwrap();
            assert_eq!(again.owner, server.owner, "the server keeps its token");
            assert!(shop.remove(&first.id, Maker::Server, None).await);
            let coupon = shop.store.coupon(&shop.coupon.id).await.unwrap().unwrap();
            assert_eq!((coupon.held, coupon.remaining), (0, Some(2)));
        }
    }
}

#[tokio::test]
async fn browser_with_the_token_releases_a_hold_that_the_server_made_with_the_token() {
    let shop = Shop::open().await;
    let ana = token("ana");
    shop.apply(Maker::Storefront, Some(&ana), 5000, false).await.unwrap();
    let held = shop.apply(Maker::Server, Some(&ana), 5000, true).await.unwrap();
    assert!(held.hold.is_some());
    assert!(!shop.remove(&held.id, Maker::Storefront, None).await);
    assert!(shop.remove(&held.id, Maker::Storefront, Some(&ana)).await);
    assert!(!shop.remove(&held.id, Maker::Storefront, Some(&ana)).await, "removed already");
}

#[tokio::test]
async fn id_of_an_application_cannot_be_computed_and_is_compared_whole() {
    let shop = Shop::open().await;
    let application = shop.apply(Maker::Server, None, 5000, true).await.unwrap();
    let computed = ApplicationId::new(at(1), bits80(&[shop.coupon.id.as_str(), "ord_1"]));
    assert_ne!(computed.key(), application.id.key());
    assert_eq!(shop.store.application(&computed).await.unwrap(), None);
    let text = application.id.as_str();
    let other_time = ApplicationId::parse(&format!("app_0000000000{}", &text[text.len() - 16..])).unwrap();
    assert_eq!(other_time.key(), application.id.key());
    assert_eq!(shop.store.application(&other_time).await.unwrap(), None);
    let found = shop.store.application_for_order(&shop.coupon.id, "ord_1").await.unwrap();
    assert_eq!(found, Some(application));
}
