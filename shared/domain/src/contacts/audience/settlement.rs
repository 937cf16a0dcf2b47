//! Settlement of applications. An application records that a coupon was applied to an order. A
//! customer can apply a coupon under one e-mail address and redeem the coupon under another.
//! Therefore a redemption settles all applications of the coupon with the same order id or the same
//! customer id. The contact of a settled application no longer counts as a contact who applied but
//! did not redeem.

use std::collections::BTreeSet;

use crate::events::event::{Event, EventType, PurchaseStep};
use crate::kernel::ids::RedemptionId;

/// Record of an application, redemption or rollback of a coupon, as needed to compute the coupon's
/// audiences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseRecord {
    /// Type of event that reports a step of a purchase.
    pub kind: EventType,
    /// Key of the contact. `None` if the event has no contact.
    pub contact_key: Option<String>,
    /// `None` for an application.
    pub redemption_id: Option<RedemptionId>,
}

/// Connects a contact's application to a redemption that settles the application. The redemption
/// belongs to another contact or to no contact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settlement {
    /// Key of the contact who applied the coupon.
    pub contact_key: String,
    pub redemption_id: RedemptionId,
    /// Whether the redemption was rolled back, which ends the settlement.
    pub is_rolled_back: bool,
}

impl PurchaseRecord {
    /// Creates the record of an event. Returns `None` if the event is not an application, a
    /// redemption or a rollback.
    pub fn of(event: &Event, contact_key: Option<&str>) -> Option<Self> {
        let contact_key = contact_key.map(str::to_owned);
        let redemption_id = event.data.redemption.as_ref().map(|redemption| redemption.id.clone());
        match event.kind.properties().purchase? {
            PurchaseStep::Application => Some(Self { kind: event.kind, contact_key, redemption_id: None }),
            PurchaseStep::Redemption | PurchaseStep::Rollback => {
                Some(Self { kind: event.kind, contact_key, redemption_id: Some(redemption_id?) })
            }
        }
    }
}

/// Returns the settlements between the record `own` and the `related` records. Related records have
/// the same order id or the same customer id. Checks both directions, because either the
/// application or the redemption can be recorded first. Ignores a contact's own redemptions,
/// because the audience counts these redemptions without a settlement.
pub fn settlements(own: &PurchaseRecord, related: &[PurchaseRecord]) -> BTreeSet<Settlement> {
    let settle = |applied: &PurchaseRecord, redeemed: &PurchaseRecord| {
        let contact_key = applied.contact_key.clone()?;
        let redemption_id = redeemed.redemption_id.clone()?;
        let is_application = applied.redemption_id.is_none();
        let is_rolled_back = redeemed.kind.properties().purchase == Some(PurchaseStep::Rollback);
        let is_of_another = redeemed.contact_key.as_ref() != Some(&contact_key);
        (is_application && is_of_another).then_some(Settlement { contact_key, redemption_id, is_rolled_back })
    };
    related.iter().flat_map(|other| [settle(own, other), settle(other, own)]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(by: &str) -> PurchaseRecord {
        PurchaseRecord { kind: EventType::CouponApplied, contact_key: Some(by.into()), redemption_id: None }
    }

    fn redeemed(by: Option<&str>) -> PurchaseRecord {
        let redemption_id = Some(RedemptionId::new(Default::default(), [7; 10]));
        PurchaseRecord { kind: EventType::CouponRedeemed, contact_key: by.map(str::to_owned), redemption_id }
    }

    fn settled(own: &PurchaseRecord, related: &[PurchaseRecord]) -> Vec<(String, bool)> {
        let all = settlements(own, related);
        all.into_iter().map(|settled| (settled.contact_key, settled.is_rolled_back)).collect()
    }

    #[test]
    fn redemption_settles_application_of_other_address_in_any_order() {
        let paid_by = [redeemed(Some("billing")), redeemed(None)];
        for redeemed in paid_by {
            let expected = [("account".to_owned(), false)];
            assert_eq!(settled(&redeemed, &[applied("account"), redeemed.clone()]), expected);
            assert_eq!(settled(&applied("account"), &[applied("account"), redeemed]), expected);
        }
    }

    #[test]
    fn rollback_reverts_the_settlement() {
        let rolled_back = PurchaseRecord { kind: EventType::CouponRedemptionRolledBack, ..redeemed(Some("billing")) };
        assert_eq!(settled(&rolled_back, &[applied("account")]), [("account".to_owned(), true)]);
    }

    #[test]
    fn purchases_of_one_contact_settle_nothing() {
        assert_eq!(settled(&redeemed(Some("account")), &[applied("account")]), []);
        assert_eq!(settled(&applied("account"), &[applied("billing")]), []);
        assert_eq!(settled(&redeemed(Some("a")), &[redeemed(Some("b"))]), []);
    }
}
