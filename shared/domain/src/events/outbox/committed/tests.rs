use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::coupons::coupon::{Coupon, RollbackReason, Terms};
use crate::events::event::EventType;
use crate::kernel::counters::Revision;
use crate::kernel::input;
use crate::purchases::decision::{Price, decide};
use crate::purchases::pricing::Remainder;
use crate::purchases::rejection::Rejection;
use crate::purchases::{Application, ApplicationOwner, AttemptedOperation, Checkout, Maker, Purchase, Rollback};
use crate::tenants::secret::TenantSecret;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn tenant() -> TenantId {
    TenantId::parse("demo").unwrap()
}

/// Coupon of two redemptions with a threshold at 50 %.
fn stored() -> Coupon {
    let terms = json!({"code": "FLASH20", "name": "n", "max_redemptions": 2, "expires_at": "2030-01-01T00:00:00Z",
        "thresholds": [{"percent_used": 50}], "discount": {"type": "percentage", "percent_off": 20}});
    let terms = input::read(&terms, Terms::read).unwrap();
    Coupon::new(CouponId::new(at(0), [1; 10]), terms, at(0))
}

/// The coupon after both redemptions, of which the last one was at second 102.
fn full() -> CouponImage {
    let coupon = stored();
    CouponImage {
        coupon: CouponSnapshot { times_redeemed: 2, remaining: Some(0), ..CouponSnapshot::from(&coupon) },
        state: coupon.state,
        thresholds: coupon.terms.thresholds,
        limit_epoch: LimitEpoch::FIRST,
        has_abandonment_window: false,
        updated_at: at(1),
        redemption_seq: 2,
        code_seq: 0,
        last_redemption: None,
        last_redeemed_at: Some(at(102)),
        last_correlation_id: Some(CorrelationId::new("req_2")),
        rollback_seq: 0,
        last_rollback: None,
        last_notice: None,
    }
}

fn purchase() -> Purchase {
    let checkout = json!({"code": "FLASH20", "order": {"id": "o1", "currency": "USD",
        "lines": [{"product_id": "mug", "quantity": 1, "unit_amount": 5000}]}});
    let checkout = input::read(&checkout, Checkout::read).unwrap();
    checkout.purchase(&checkout.codes.all()[0])
}

fn price() -> Price {
    let order = purchase().order;
    decide(&stored(), &order, &Remainder::of(&order), None, at(100)).unwrap()
}

fn redemption() -> Redemption {
    Redemption::new(&stored(), purchase(), price(), at(100))
}

/// An application that was abandoned, and whose hold had expired before.
fn applied() -> ApplicationImage {
    let secret = TenantSecret::new([[7; 10]; 4]);
    let owner = ApplicationOwner { maker: Maker::Server, token: None };
    let application = Application::new(&secret, owner, &stored(), purchase(), price(), at(100));
    ApplicationImage {
        tenant_id: tenant(),
        coupon: CouponSnapshot::from(&stored()),
        application,
        revision: Revision::FIRST,
        correlation_id: None,
        abandoned_at: Some(at(300)),
        hold_expired_at: Some(at(200)),
    }
}

fn names(committed: &[CommittedChange]) -> Vec<&'static str> {
    let name = |change: &Change| match change {
        Change::ThresholdReached { .. } => "threshold",
        Change::LimitReached { .. } => "limit",
        Change::Expiring { .. } => "notice",
        Change::Expired { .. } => "expired",
        Change::Redeemed { .. } => "redeemed",
        Change::RedeemedUnnumbered { .. } => "unnumbered",
        Change::RolledBack { .. } => "rolled back",
        Change::Applied { .. } => "applied",
        Change::HoldExpired { .. } => "hold expired",
        Change::Abandoned { .. } => "abandoned",
        Change::Rejected { .. } => "rejected",
        other => panic!("{other:?}"),
    };
    committed.iter().flat_map(|one| &one.changes).map(name).collect()
}

#[test]
fn full_coupon_proves_its_threshold_and_the_event_id_of_its_limit() {
    let committed = committed_by_coupon(&tenant(), &full(), true);
    assert_eq!(names(&committed), ["threshold", "limit"]);
    let published = Event::coupon_limit_reached(&tenant(), full().coupon, LimitEpoch::FIRST, at(102), None);
    assert_eq!(committed[1].evidence, Some(Evidence::Event(published.id().clone())));
    assert!(committed.iter().all(|one| one.occurred_at == at(102)));
}

#[test]
fn coupon_with_edited_terms_proves_neither_limit_nor_threshold() {
    assert_eq!(committed_by_coupon(&tenant(), &full(), false), []);
}

#[test]
fn threshold_of_a_later_limit_epoch_is_not_proved() {
    let image = CouponImage { limit_epoch: LimitEpoch::FIRST.next(), ..full() };
    assert_eq!(names(&committed_by_coupon(&tenant(), &image, true)), ["limit"]);
}

#[test]
fn expired_coupon_proves_its_notice_and_its_expiry_even_if_it_was_edited() {
    let expires_at = full().coupon.expires_at.unwrap();
    let lead = stored_lead();
    let notice = Some(ExpiryNotice { lead, expires_at });
    let image = CouponImage { state: State::Expired, last_notice: notice, ..full() };
    let committed = committed_by_coupon(&tenant(), &image, false);
    assert_eq!(names(&committed), ["notice", "expired"]);
    assert_eq!([committed[0].occurred_at, committed[1].occurred_at], [expires_at - lead.delta(), expires_at]);
    let published = Event::coupon_expired(&tenant(), full().coupon, expires_at);
    assert_eq!(committed[1].evidence, Some(Evidence::Event(published.id().clone())));
}

/// Lead time of one day, as the terms of a coupon give it.
fn stored_lead() -> crate::kernel::span::Span {
    let terms = json!({"code": "FLASH20", "name": "n", "expires_at": "2030-01-01T00:00:00Z", "expiry_lead_times": ["PT24H"],
        "discount": {"type": "percentage", "percent_off": 20}});
    input::read(&terms, Terms::read).unwrap().expiry_lead_times[0]
}

#[test]
fn redemption_proves_its_event_with_or_without_a_number_and_its_rollback() {
    let numbered = Redemption { redemption_number: Some(RedemptionNumber::new(2)), ..redemption() };
    let rollback = Rollback { reason: RollbackReason::Refunded, at: at(200), released: true };
    let rolled_back = Redemption { rollback: Some(rollback), ..redemption() };
    let of = |redemption: &Redemption| committed_by_redemption(&tenant(), &full(), redemption);
    assert_eq!(names(&of(&redemption())), ["unnumbered"]);
    assert_eq!(names(&of(&numbered)), ["redeemed"]);
    assert_eq!(names(&of(&rolled_back)), ["unnumbered", "rolled back"]);
    assert_eq!(of(&redemption())[0].evidence, of(&numbered)[0].evidence, "the id does not depend on the number");
    assert_eq!([of(&rolled_back)[0].occurred_at, of(&rolled_back)[1].occurred_at], [at(100), at(200)]);
}

/// Returns what proves an event of this type, and the name of the change. A new type needs an arm here.
fn proof_of(kind: EventType) -> (Vec<CommittedChange>, &'static str) {
    let expires_at = full().coupon.expires_at.unwrap();
    let notice = Some(ExpiryNotice { lead: stored_lead(), expires_at });
    let expired = CouponImage { state: State::Expired, last_notice: notice, ..full() };
    let rollback = Rollback { reason: RollbackReason::Refunded, at: at(200), released: true };
    let rolled_back = Redemption { rollback: Some(rollback), ..redemption() };
    let request = CorrelationId::new("req_3");
    let rejection = Rejection::LimitReached;
    let attempt = RejectedAttempt::new(AttemptedOperation::Apply, &purchase(), rejection, at(400), &request);
    match kind {
        EventType::CouponApplied => (committed_by_application(&applied()), "applied"),
        EventType::CouponHoldExpired => (committed_by_application(&applied()), "hold expired"),
        EventType::CouponApplicationAbandoned => (committed_by_application(&applied()), "abandoned"),
        EventType::CouponRedeemed => (committed_by_redemption(&tenant(), &full(), &rolled_back), "unnumbered"),
        EventType::CouponRedemptionRolledBack => {
            (committed_by_redemption(&tenant(), &full(), &rolled_back), "rolled back")
        }
        EventType::CouponRejected => {
            (vec![committed_by_rejection(&tenant(), Some(full().coupon), attempt)], "rejected")
        }
        EventType::CouponLimitReached => (committed_by_coupon(&tenant(), &expired, true), "limit"),
        EventType::CouponThresholdReached => (committed_by_coupon(&tenant(), &expired, true), "threshold"),
        EventType::CouponExpiring => (committed_by_coupon(&tenant(), &expired, true), "notice"),
        EventType::CouponExpired => (committed_by_coupon(&tenant(), &expired, true), "expired"),
    }
}

#[test]
fn stored_items_prove_events_of_every_type() {
    for kind in EventType::ALL {
        let (committed, name) = proof_of(*kind);
        assert!(names(&committed).contains(&name), "{kind:?}: {:?}", names(&committed));
        assert!(committed.iter().all(|one| one.event_id.is_some()), "{kind:?}");
    }
}
