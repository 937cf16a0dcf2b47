use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::coupons::coupon::{Coupon, Terms};
use crate::kernel::ids::CouponId;
use crate::kernel::input;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn redemption(number: u8) -> RedemptionId {
    RedemptionId::new(at(0), [number; 10])
}

/// Active coupon of ten redemptions, of which `redeemed` are used, with thresholds at 50 % and 2
/// left.
fn coupon(redeemed: i64) -> CouponImage {
    let terms = json!({"code": "FLASH20", "name": "n", "max_redemptions": 10, "expires_at": "2030-01-01T00:00:00Z",
        "thresholds": [{"percent_used": 50}, {"remaining": 2}],
        "discount": {"type": "percentage", "percent_off": 20}});
    let terms = input::read(&terms, Terms::read).unwrap();
    let coupon = Coupon::new(CouponId::new(at(0), [1; 10]), terms, at(0));
    CouponImage {
        coupon: CouponSnapshot {
            times_redeemed: redeemed,
            remaining: Some(10 - redeemed),
            ..CouponSnapshot::from(&coupon)
        },
        state: coupon.state,
        thresholds: coupon.terms.thresholds,
        limit_epoch: LimitEpoch::FIRST,
        has_abandonment_window: false,
        updated_at: at(1),
        redemption_seq: redeemed,
        code_seq: 0,
        last_redemption: (redeemed > 0).then(|| redemption(redeemed as u8)),
        last_redeemed_at: (redeemed > 0).then(|| at(100 + redeemed)),
        last_correlation_id: (redeemed > 0).then(|| CorrelationId::new(format!("req_{redeemed}"))),
        rollback_seq: 0,
        last_rollback: None,
        last_notice: None,
    }
}

fn with_limit(image: CouponImage, limit: Option<i64>) -> CouponImage {
    CouponImage { coupon: CouponSnapshot { limit, ..image.coupon }, ..image }
}

fn redeemed(image: &CouponImage) -> Change {
    Change::Redeemed {
        coupon: Box::new(image.coupon.clone()),
        redemption_id: image.last_redemption.clone().unwrap(),
        number: RedemptionNumber::new(image.redemption_seq),
        has_abandonment_window: image.has_abandonment_window,
    }
}

fn threshold(image: &CouponImage, threshold: Threshold, at: DateTime<Utc>, request: Option<&str>) -> Change {
    let (coupon, correlation_id) = (Box::new(image.coupon.clone()), request.map(CorrelationId::new));
    Change::ThresholdReached { coupon, threshold, limit_epoch: image.limit_epoch, at, correlation_id }
}

fn full(image: &CouponImage, at: DateTime<Utc>, request: Option<&str>) -> Change {
    let (coupon, correlation_id) = (Box::new(image.coupon.clone()), request.map(CorrelationId::new));
    Change::LimitReached { coupon, limit_epoch: image.limit_epoch, at, correlation_id }
}

#[test]
fn given_nothing_when_a_coupon_is_created_then_nothing() {
    assert_eq!(coupon_changes(None, &coupon(10)), []);
}

#[test]
fn given_a_coupon_when_it_is_stored_unchanged_then_nothing() {
    assert_eq!(coupon_changes(Some(&coupon(10)), &coupon(10)), []);
}

#[test]
fn given_a_coupon_when_a_request_redeems_it_then_redeemed_with_the_sequence_number() {
    let after = CouponImage { has_abandonment_window: true, ..coupon(3) };
    assert_eq!(coupon_changes(Some(&coupon(2)), &after), [redeemed(&after)]);
}

#[test]
fn given_a_coupon_when_the_relay_counts_a_unique_code_then_no_redemption() {
    let after = CouponImage { redemption_seq: 3, code_seq: 1, ..coupon(2) };
    assert_eq!(coupon_changes(Some(&coupon(2)), &after), []);
}

#[test]
fn given_a_coupon_when_the_relay_counts_the_last_code_then_the_limit_is_reached_without_a_request() {
    let before = coupon(9);
    let after = CouponImage { redemption_seq: 10, code_seq: 1, last_redemption: before.last_redemption, ..coupon(10) };
    assert_eq!(coupon_changes(Some(&coupon(9)), &after), [full(&after, at(1), None)]);
}

#[test]
fn given_a_coupon_when_a_redemption_is_rolled_back_then_rolled_back() {
    let after = CouponImage { rollback_seq: 1, last_rollback: Some(redemption(3)), redemption_seq: 3, ..coupon(2) };
    let before = CouponImage { redemption_seq: 3, ..coupon(3) };
    let rolled_back = Change::RolledBack { coupon: Box::new(after.coupon.clone()), redemption_id: redemption(3) };
    assert_eq!(coupon_changes(Some(&before), &after), [rolled_back]);
}

#[test]
fn given_a_rollback_when_the_item_does_not_name_the_redemption_then_nothing() {
    let after = CouponImage { rollback_seq: 1, ..coupon(2) };
    assert_eq!(coupon_changes(Some(&coupon(2)), &after), []);
}

#[test]
fn given_a_coupon_below_a_threshold_when_a_redemption_reaches_it_then_threshold_reached() {
    let after = coupon(5);
    let reached = threshold(&after, Threshold::PercentUsed(50), at(105), Some("req_5"));
    assert_eq!(coupon_changes(Some(&coupon(4)), &after), [redeemed(&after), reached]);
    let after = coupon(8);
    let reached = threshold(&after, Threshold::Remaining(2), at(108), Some("req_8"));
    assert_eq!(coupon_changes(Some(&coupon(7)), &after), [redeemed(&after), reached]);
}

#[test]
fn given_a_reached_threshold_when_redeemed_again_then_only_redeemed() {
    assert_eq!(coupon_changes(Some(&coupon(5)), &coupon(6)), [redeemed(&coupon(6))]);
}

#[test]
fn given_one_left_when_redeemed_then_limit_reached_after_redeemed() {
    let after = coupon(10);
    assert_eq!(coupon_changes(Some(&coupon(9)), &after), [redeemed(&after), full(&after, at(110), Some("req_10"))]);
}

#[test]
fn given_a_redemption_without_its_instant_when_the_limit_is_reached_then_at_the_last_update() {
    let after = CouponImage { last_redeemed_at: None, ..coupon(10) };
    assert_eq!(coupon_changes(Some(&coupon(9)), &after), [redeemed(&after), full(&after, at(1), Some("req_10"))]);
}

#[test]
fn given_a_coupon_when_its_limit_is_lowered_to_the_redemptions_then_thresholds_and_limit_without_a_request() {
    let after = CouponImage { updated_at: at(50), ..with_limit(coupon(4), Some(4)) };
    let expected = [
        threshold(&after, Threshold::PercentUsed(50), at(50), None),
        threshold(&after, Threshold::Remaining(2), at(50), None),
        full(&after, at(50), None),
    ];
    assert_eq!(coupon_changes(Some(&coupon(4)), &after), expected);
}

#[test]
fn given_a_full_coupon_when_its_limit_is_raised_then_nothing() {
    let after = CouponImage { limit_epoch: LimitEpoch::new(2), ..with_limit(coupon(10), Some(100)) };
    assert_eq!(coupon_changes(Some(&coupon(10)), &after), []);
}

#[test]
fn given_a_new_limit_epoch_when_the_limit_is_reached_again_then_limit_reached_in_that_epoch() {
    let epoch = |image| CouponImage { limit_epoch: LimitEpoch::new(2), ..image };
    let after = epoch(coupon(10));
    let changes = coupon_changes(Some(&epoch(coupon(9))), &after);
    assert_eq!(changes[1], full(&after, at(110), Some("req_10")));
    assert!(matches!(changes[1], Change::LimitReached { limit_epoch, .. } if limit_epoch == LimitEpoch::new(2)));
}

#[test]
fn given_a_coupon_without_a_limit_when_redeemed_then_only_redeemed() {
    let (before, after) = (with_limit(coupon(9), None), with_limit(coupon(10), None));
    assert_eq!(coupon_changes(Some(&before), &after), [redeemed(&after)]);
}

#[test]
fn given_a_coupon_when_an_advance_notice_is_recorded_then_expiring_once_per_notice() {
    let noticed = |days: &str| {
        let notice = ExpiryNotice { lead: Span::parse(days).unwrap(), expires_at: at(900) };
        CouponImage { last_notice: Some(notice), ..coupon(2) }
    };
    let expiring = |days: &str| Change::Expiring {
        coupon: Box::new(coupon(2).coupon),
        lead: Span::parse(days).unwrap(),
        expires_at: at(900),
    };
    assert_eq!(coupon_changes(Some(&coupon(2)), &noticed("P3D")), [expiring("P3D")]);
    assert_eq!(coupon_changes(Some(&noticed("P3D")), &noticed("P3D")), []);
    assert_eq!(coupon_changes(Some(&noticed("P3D")), &noticed("P1D")), [expiring("P1D")]);
    assert_eq!(coupon_changes(Some(&noticed("P3D")), &coupon(2)), []);
}

#[test]
fn given_an_active_coupon_when_its_expiry_is_recorded_then_expired() {
    let after = CouponImage { state: State::Expired, ..coupon(2) };
    let expires_at = after.coupon.expires_at.unwrap();
    let expired = Change::Expired { coupon: Box::new(after.coupon.clone()), expires_at };
    assert_eq!(coupon_changes(Some(&coupon(2)), &after), [expired]);
}

#[test]
fn given_another_change_of_state_when_stored_then_nothing() {
    let states = [State::Active, State::Paused, State::Expired, State::Deleted];
    let mut checked = 0;
    for (from, to) in states.iter().flat_map(|from| states.iter().map(move |to| (*from, *to))) {
        if (from, to) != (State::Active, State::Expired) {
            let image = |state| CouponImage { state, ..coupon(2) };
            assert_eq!(coupon_changes(Some(&image(from)), &image(to)), [], "{from:?} to {to:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, 15);
}

#[test]
fn given_a_coupon_without_an_expiry_when_it_is_marked_as_expired_then_nothing() {
    let after = CouponImage { state: State::Expired, ..coupon(2) };
    let after = CouponImage { coupon: CouponSnapshot { expires_at: None, ..after.coupon }, ..after };
    assert_eq!(coupon_changes(Some(&coupon(2)), &after), []);
}
