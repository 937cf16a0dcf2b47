//! Who has bought under another address: one purchase settles every application of the same order or customer.

use std::collections::BTreeSet;

use crate::event::{Event, EventType};
use crate::ids::RedemptionId;

/// An application, redemption or rollback of one coupon, as far as it decides who is in the coupon's audiences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseNote {
    /// `CouponApplied`, `CouponRedeemed` or `CouponRedemptionRolledBack`.
    pub kind: EventType,
    /// The key of the contact; none where the purchase names nobody.
    pub contact_key: Option<String>,
    /// Which redemption; none of an application.
    pub redemption_id: Option<RedemptionId>,
}

/// That a contact's application is settled by a redemption that names somebody else, or that this redemption was given
/// back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Settlement {
    /// The contact who applied.
    pub contact_key: String,
    /// The redemption.
    pub redemption_id: RedemptionId,
    /// Whether it was given back.
    pub is_rolled_back: bool,
}

impl PurchaseNote {
    /// The note of an event; none where the event is no purchase.
    pub fn of(event: &Event, contact_key: Option<&str>) -> Option<Self> {
        let contact_key = contact_key.map(str::to_owned);
        let redemption_id = event.data.redemption.as_ref().map(|redemption| redemption.id.clone());
        match event.kind {
            EventType::CouponApplied => Some(Self { kind: event.kind, contact_key, redemption_id: None }),
            EventType::CouponRedeemed | EventType::CouponRedemptionRolledBack => {
                Some(Self { kind: event.kind, contact_key, redemption_id: Some(redemption_id?) })
            }
            EventType::CouponLimitReached
            | EventType::CouponExpired
            | EventType::CouponHoldExpired
            | EventType::CouponApplicationAbandoned
            | EventType::CouponRejected
            | EventType::CouponThresholdReached
            | EventType::CouponExpiring => None,
        }
    }
}

/// What a purchase and those that share an order or a customer id with it settle. Whichever of two purchases comes second
/// finds the other, so the order in which they come does not matter. A contact's own redemptions are counted elsewhere.
pub fn settlements(own: &PurchaseNote, related: &[PurchaseNote]) -> BTreeSet<Settlement> {
    let settle = |applied: &PurchaseNote, redeemed: &PurchaseNote| {
        let contact_key = applied.contact_key.clone()?;
        let redemption_id = redeemed.redemption_id.clone()?;
        let is_application = applied.redemption_id.is_none();
        let is_rolled_back = redeemed.kind == EventType::CouponRedemptionRolledBack;
        let is_of_another = redeemed.contact_key.as_ref() != Some(&contact_key);
        (is_application && is_of_another).then_some(Settlement { contact_key, redemption_id, is_rolled_back })
    };
    related.iter().flat_map(|other| [settle(own, other), settle(other, own)]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(by: &str) -> PurchaseNote {
        PurchaseNote { kind: EventType::CouponApplied, contact_key: Some(by.into()), redemption_id: None }
    }

    fn redeemed(by: Option<&str>) -> PurchaseNote {
        let redemption_id = Some(RedemptionId::new(Default::default(), [7; 10]));
        PurchaseNote { kind: EventType::CouponRedeemed, contact_key: by.map(str::to_owned), redemption_id }
    }

    fn settled(own: &PurchaseNote, related: &[PurchaseNote]) -> Vec<(String, bool)> {
        let all = settlements(own, related);
        all.into_iter().map(|settled| (settled.contact_key, settled.is_rolled_back)).collect()
    }

    #[test]
    fn a_redemption_settles_the_application_of_another_address_whichever_comes_first() {
        let paid_by = [redeemed(Some("billing")), redeemed(None)];
        for redeemed in paid_by {
            let expected = [("account".to_owned(), false)];
            assert_eq!(settled(&redeemed, &[applied("account"), redeemed.clone()]), expected);
            assert_eq!(settled(&applied("account"), &[applied("account"), redeemed]), expected);
        }
    }

    #[test]
    fn a_rollback_gives_the_settlement_back() {
        let rolled_back = PurchaseNote { kind: EventType::CouponRedemptionRolledBack, ..redeemed(Some("billing")) };
        assert_eq!(settled(&rolled_back, &[applied("account")]), [("account".to_owned(), true)]);
    }

    #[test]
    fn what_one_contact_does_alone_settles_nothing() {
        assert_eq!(settled(&redeemed(Some("account")), &[applied("account")]), []);
        assert_eq!(settled(&applied("account"), &[applied("billing")]), []);
        assert_eq!(settled(&redeemed(Some("a")), &[redeemed(Some("b"))]), []);
    }
}
