//! Price revisions: whether an application gives its order a new price or repeats the stored one.

use super::{Application, ApplicationOwner};
use crate::kernel::counters::Revision;

/// Application that is stored for a coupon and an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierApplication {
    /// First application with the current price, with the abandonment window as it is stored.
    pub application: Application,
    /// [`Application::fingerprint`] that was stored with the application.
    pub fingerprint: String,
    /// Number of different prices that were recorded for the order.
    pub revision: Revision,
    /// Whether the application was abandoned.
    pub is_abandoned: bool,
}

/// What an application changes about the earlier application of the coupon to the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PriceRevision {
    /// Nothing is stored, or the price differs. The order gets this price revision, which has an event.
    New { revision: Revision, owner: ApplicationOwner },
    /// The price is unchanged. The customer or the order may be more complete, and the abandonment window restarts. The
    /// order keeps its price revision, so there is no event.
    Same {
        /// Application to store instead of the earlier one.
        application: Box<Application>,
        /// Price revision of the earlier application.
        revision: Revision,
        /// Whether `application` differs from the earlier application, apart from the hold.
        is_changed: bool,
    },
    /// The caller may not replace the earlier application; see [`ApplicationOwner::after`].
    Denied,
}

impl PriceRevision {
    /// Decides what `application` changes about `earlier`. Two applications have the same price if their fingerprints
    /// are equal.
    pub fn between(earlier: Option<&EarlierApplication>, application: Application) -> Self {
        let Some(earlier) = earlier else { return Self::New { revision: Revision::FIRST, owner: application.owner } };
        let Some(owner) = earlier.application.owner.after(&application.owner) else { return Self::Denied };
        if application.fingerprint() != earlier.fingerprint {
            return Self::New { revision: earlier.revision.next(), owner };
        }
        let application = Application { owner, ..application };
        let application = application.repeating(&earlier.application, earlier.is_abandoned);
        let without_hold = |application: &Application| Application { hold: None, ..application.clone() };
        let is_changed = without_hold(&application) != without_hold(&earlier.application);
        Self::Same { application: Box::new(application), revision: earlier.revision, is_changed }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use serde_json::json;

    use super::*;
    use crate::coupons::coupon::{Coupon, Terms};
    use crate::kernel::ids::CouponId;
    use crate::kernel::input;
    use crate::purchases::decision::decide;
    use crate::purchases::pricing::Remainder;
    use crate::purchases::{Checkout, Hold, Maker};
    use crate::tenants::secret::TenantSecret;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    /// Application of `MEMBER20` to an order of this value, in cents.
    fn applied(second: i64, value: i64) -> Application {
        let terms = json!({"code": "MEMBER20", "name": "n", "abandonment_window": "PT60S",
            "discount": {"type": "percentage", "percent_off": 20}});
        let terms = input::read(&terms, Terms::read).unwrap();
        let coupon = Coupon::new(CouponId::new(DateTime::UNIX_EPOCH, [1; 10]), terms, DateTime::UNIX_EPOCH);
        let purchase = json!({"code": "MEMBER20", "customer": {"id": "c1"}, "order": {"id": "o1", "currency": "USD",
            "lines": [{"product_id": "mug", "quantity": 1, "unit_amount": value}]}});
        let checkout = input::read(&purchase, Checkout::read).unwrap();
        let purchase = checkout.purchase(&checkout.codes.all()[0]);
        let left = Remainder::of(&purchase.order);
        let price = decide(&coupon, &purchase.order, &left, purchase.customer.as_ref(), at(second)).unwrap();
        Application::new(&TenantSecret::new([[7; 10]; 4]), owner(), &coupon, purchase, price, at(second))
    }

    fn owner() -> ApplicationOwner {
        ApplicationOwner { maker: Maker::Server, token: None }
    }

    fn stored(application: Application, revision: Revision) -> EarlierApplication {
        let fingerprint = application.fingerprint();
        EarlierApplication { application, fingerprint, revision, is_abandoned: false }
    }

    /// Decides that the price is unchanged; returns the application and whether it differs from the earlier one.
    fn same(earlier: &EarlierApplication, application: Application) -> (Application, bool) {
        match PriceRevision::between(Some(earlier), application) {
            PriceRevision::Same { application, revision, is_changed } if revision == earlier.revision => {
                (*application, is_changed)
            }
            other => panic!("the price is the same: {other:?}"),
        }
    }

    #[test]
    fn given_no_application_when_applied_then_the_first_price_revision() {
        assert_eq!(
            PriceRevision::between(None, applied(0, 5000)),
            PriceRevision::New { revision: Revision::FIRST, owner: owner() }
        );
    }

    #[test]
    fn given_another_price_when_applied_then_the_next_price_revision() {
        let earlier = stored(applied(0, 5000), Revision::new(3));
        assert_eq!(
            PriceRevision::between(Some(&earlier), applied(9, 6000)),
            PriceRevision::New { revision: Revision::new(4), owner: owner() }
        );
    }

    #[test]
    fn given_an_abandoned_application_when_the_price_differs_then_the_next_price_revision() {
        let earlier = EarlierApplication { is_abandoned: true, ..stored(applied(0, 5000), Revision::FIRST) };
        assert_eq!(
            PriceRevision::between(Some(&earlier), applied(9, 6000)),
            PriceRevision::New { revision: Revision::new(2), owner: owner() }
        );
    }

    #[test]
    fn given_the_same_price_when_applied_later_then_the_application_is_repeated() {
        let earlier = stored(applied(0, 5000), Revision::new(3));
        let (application, is_changed) = same(&earlier, applied(9, 5000));
        assert_eq!((&application.id, application.created_at), (&earlier.application.id, at(0)));
        assert_eq!(application.abandonment.map(|window| window.due_at), Some(at(69)));
        assert!(is_changed, "the abandonment window restarted");
    }

    #[test]
    fn given_the_same_price_when_the_customer_is_more_complete_then_the_application_changes() {
        let first = Application { abandonment: None, customer: None, ..applied(0, 5000) };
        let again = Application { abandonment: None, ..applied(9, 5000) };
        let (application, is_changed) = same(&stored(first, Revision::FIRST), again.clone());
        assert_eq!((application.customer, is_changed), (again.customer, true));
    }

    #[test]
    fn given_an_abandoned_application_when_repeated_then_nothing_changes() {
        let earlier = EarlierApplication { is_abandoned: true, ..stored(applied(0, 5000), Revision::FIRST) };
        let (application, is_changed) = same(&earlier, applied(9, 5000));
        assert_eq!((application, is_changed), (earlier.application, false));
    }

    #[test]
    fn given_the_same_price_when_only_the_hold_is_new_then_the_application_is_unchanged() {
        let hold = Some(Hold { expires_at: at(900) });
        let earlier = stored(applied(0, 5000), Revision::FIRST);
        let (application, is_changed) = same(&earlier, Application { hold, ..applied(0, 5000) });
        assert_eq!((application.hold, is_changed), (hold, false));
    }

    #[test]
    fn given_a_fingerprint_of_an_earlier_version_when_applied_then_a_new_price_revision() {
        let earlier = EarlierApplication {
            fingerprint: "another digest".to_owned(),
            ..stored(applied(0, 5000), Revision::FIRST)
        };
        assert_eq!(
            PriceRevision::between(Some(&earlier), applied(9, 5000)),
            PriceRevision::New { revision: Revision::new(2), owner: owner() }
        );
    }

    #[test]
    fn browser_without_the_token_cannot_replace_an_application() {
        let stranger = ApplicationOwner { maker: Maker::Storefront, token: None };
        let earlier = stored(applied(0, 5000), Revision::FIRST);
        for value in [5000, 6000] {
            let application = Application { owner: stranger.clone(), ..applied(9, value) };
            assert_eq!(PriceRevision::between(Some(&earlier), application), PriceRevision::Denied);
        }
    }
}
