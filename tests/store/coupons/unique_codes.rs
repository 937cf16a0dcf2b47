//! Unique codes: lists, statuses and ownership.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::coupons::ports::{Code, CreateOutcome};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::coupons::code::{CodeStatus, CouponCode, UniqueCode};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use serde_json::json;

use crate::coupons::jobs::JobHarness;
use crate::instance::RedeemInstance;

fn codes(count: usize) -> Vec<CouponCode> {
    (0..count).map(|i| CouponCode::parse(&format!("CODE{i:04}")).unwrap()).collect()
}

impl JobHarness {
    async fn redeem(&self, code: &CouponCode) {
        let order = format!("order of {}", code.as_str());
        RedeemInstance::of(&self.dynamo).redeem(code.as_str(), &order, "ana@example.com", 9).await.unwrap();
    }

    /// Every page of a list.
    async fn pages(&self, limit: usize, status: Option<CodeStatus>) -> Vec<Vec<UniqueCode>> {
        let (mut pages, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit, cursor };
            let page = self.store.unique_codes(&self.coupon.id, status, &page).await.unwrap();
            assert!(page.data.len() <= limit);
            pages.push(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return pages;
            }
        }
    }
}

#[tokio::test]
async fn codes_are_listed_completely_and_in_order() {
    let shop = JobHarness::open().await;
    let all = codes(230);
    shop.import("job", &all).await;
    shop.run_to_end(1).await;
    for (limit, expected) in [(7, 33), (100, 3), (115, 2), (230, 1), (1000, 1)] {
        let pages = shop.pages(limit, None).await;
        assert_eq!(pages.len(), expected);
        let listed: Vec<CouponCode> = pages.into_iter().flatten().map(|code| code.code).collect();
        assert_eq!(listed, all, "{limit}");
    }
    let without_codes = fixtures::coupon("NOCODES", json!({})).id;
    let page = PageRequest { limit: 5, cursor: None };
    assert!(shop.store.unique_codes(&without_codes, None, &page).await.unwrap().data.is_empty());
}

#[tokio::test]
async fn codes_are_listed_by_status_without_gaps() {
    let shop = JobHarness::open().await;
    let all = codes(1200);
    shop.import("job", &all).await;
    shop.run_to_end(1).await;
    let redeemed = [&all[3], &all[250], &all[1199]];
    for code in redeemed {
        shop.redeem(code).await;
    }
    let pages = shop.pages(2, Some(CodeStatus::Redeemed)).await;
    let listed: Vec<&UniqueCode> = pages.iter().flatten().collect();
    assert_eq!(listed.iter().map(|code| &code.code).collect::<Vec<_>>(), redeemed);
    assert!(listed.iter().all(|code| code.redeemed_at == Some(at(9))));
    let available = shop.pages(100, Some(CodeStatus::Available)).await;
    assert_eq!(available.into_iter().flatten().count(), 1197);
}

#[tokio::test]
async fn issuing_a_code_again_does_not_undo_its_redemption() {
    let shop = JobHarness::open().await;
    let all = codes(2);
    let job = shop.import("job", &all).await;
    shop.run_to_end(1).await;
    shop.redeem(&all[0]).await;
    assert!(shop.store.issue_code(&all[0], &job, 0, at(20)).await.unwrap(), "issuing the same code again succeeds");
    let Some(Code::Unique(code)) = shop.store.code(&all[0]).await.unwrap() else { panic!("the code is not issued") };
    assert_eq!(
        (code.status(), code.created_at),
        (CodeStatus::Redeemed, at(300_000)),
        "the code keeps its creation instant"
    );
    assert!(
        !shop.store.issue_code(&all[0], &job, 1, at(20)).await.unwrap(),
        "a code is not issued for a second index of the job"
    );
}

#[tokio::test]
async fn a_unique_code_belongs_to_one_coupon_and_tenant() {
    let shop = JobHarness::open().await;
    let all = codes(1);
    let job = shop.import("job", &all).await;
    shop.run_to_end(1).await;
    let same = fixtures::coupon(all[0].as_str(), json!({}));
    assert_eq!(shop.store.create_coupon(&same).await.unwrap(), CreateOutcome::Taken);
    assert!(matches!(shop.store.code(&all[0]).await.unwrap(), Some(Code::Unique(_))));
    let theirs = shop.dynamo.instance().of(&fixtures::tenant("theirs"));
    assert_eq!(theirs.code(&all[0]).await.unwrap(), None);
    assert_eq!(theirs.job(&job.id).await.unwrap(), None);
    assert_eq!(theirs.create_coupon(&same).await.unwrap(), CreateOutcome::New);
}
