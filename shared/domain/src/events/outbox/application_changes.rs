//! Changes of an application.

use chrono::{DateTime, Utc};

use super::Change;
use crate::events::event::CouponSnapshot;
use crate::kernel::correlation_id::CorrelationId;
use crate::kernel::counters::Revision;
use crate::purchases::Application;
use crate::tenants::tenant::TenantId;
use crate::timers::timer::{Purpose, Timer};

/// Stored application before or after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationImage {
    pub tenant_id: TenantId,
    /// Coupon when the code was applied.
    pub coupon: CouponSnapshot,
    pub application: Application,
    /// Sequence number of the price of the application, from 1.
    pub revision: Revision,
    /// Apply request that last stored the application.
    pub correlation_id: Option<CorrelationId>,
    /// `None` if the application is not abandoned.
    pub abandoned_at: Option<DateTime<Utc>>,
    /// End of the latest hold that expired.
    pub hold_expired_at: Option<DateTime<Utc>>,
}

impl ApplicationImage {
    /// Returns the due time of the abandonment timer.
    fn abandonment_timer_at(&self) -> Option<DateTime<Utc>> {
        self.application.abandonment.map(|window| window.timer_at)
    }
}

/// Returns the changes of an application, in causal order: a timer for the abandonment window, an
/// abandonment, an expired hold, and a new price. `before` is `None` for a new application.
pub fn application_changes(before: Option<&ApplicationImage>, after: &ApplicationImage) -> Vec<Change> {
    let coupon = || Box::new(after.coupon.clone());
    let application = || Box::new(after.application.clone());
    let correlation_id = || after.correlation_id.clone();
    let set_to = |instant: fn(&ApplicationImage) -> Option<DateTime<Utc>>| {
        instant(after).filter(|set| before.and_then(instant) != Some(*set))
    };
    let mut changes = Vec::new();
    if let Some(due_at) = set_to(ApplicationImage::abandonment_timer_at) {
        let purpose = Purpose::Abandonment { application_id: after.application.id.clone() };
        changes.push(Change::TimerNeeded(Timer { tenant_id: after.tenant_id.clone(), due_at, purpose }));
    }
    if let Some(due_at) = set_to(|image| image.abandoned_at) {
        let (coupon, application, correlation_id) = (coupon(), application(), correlation_id());
        changes.push(Change::Abandoned { coupon, application, due_at, correlation_id });
    }
    if let Some(expired_at) = set_to(|image| image.hold_expired_at) {
        let (coupon, application, correlation_id) = (coupon(), application(), correlation_id());
        changes.push(Change::HoldExpired { coupon, application, expired_at, correlation_id });
    }
    if after.revision > before.map_or(Revision::new(0), |before| before.revision) {
        let (coupon, application, correlation_id) = (coupon(), application(), correlation_id());
        changes.push(Change::Applied { coupon, application, revision: after.revision, correlation_id });
    }
    changes
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::json;

    use super::*;
    use crate::coupons::coupon::{Coupon, Terms};
    use crate::kernel::ids::CouponId;
    use crate::kernel::input;
    use crate::purchases::decision::decide;
    use crate::purchases::pricing::Remainder;
    use crate::purchases::{AbandonmentWindow, ApplicationOwner, Checkout, Maker};
    use crate::tenants::secret::TenantSecret;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    /// Application at the first price, without an abandonment window.
    fn applied() -> ApplicationImage {
        let terms = json!({"code": "MEMBER20", "name": "n", "discount": {"type": "percentage", "percent_off": 20}});
        let terms = input::read(&terms, Terms::read).unwrap();
        let coupon = Coupon::new(CouponId::new(at(0), [1; 10]), terms, at(0));
        let purchase = json!({"code": "MEMBER20", "order": {"id": "o1", "currency": "USD",
            "lines": [{"product_id": "mug", "quantity": 1, "unit_amount": 5000}]}});
        let checkout = input::read(&purchase, Checkout::read).unwrap();
        let purchase = checkout.purchase(&checkout.codes.all()[0]);
        let price = decide(&coupon, &purchase.order, &Remainder::of(&purchase.order), None, at(0)).unwrap();
        ApplicationImage {
            tenant_id: TenantId::parse("demo").unwrap(),
            coupon: CouponSnapshot::from(&coupon),
            application: Application::new(
                &TenantSecret::new([[7; 10]; 4]),
                ApplicationOwner { maker: Maker::Server, token: None },
                &coupon,
                purchase,
                price,
                at(0),
            ),
            revision: Revision::FIRST,
            correlation_id: Some(CorrelationId::new("req_1")),
            abandoned_at: None,
            hold_expired_at: None,
        }
    }

    fn with_window(image: ApplicationImage, due_at: i64, timer_at: i64) -> ApplicationImage {
        let window = AbandonmentWindow { active_at: at(0), due_at: at(due_at), timer_at: at(timer_at) };
        let application = Application { abandonment: Some(window), ..image.application };
        ApplicationImage { application, ..image }
    }

    fn timer(due_at: i64) -> Change {
        let purpose = Purpose::Abandonment { application_id: applied().application.id };
        Change::TimerNeeded(Timer { tenant_id: applied().tenant_id, due_at: at(due_at), purpose })
    }

    fn price(image: &ApplicationImage) -> Change {
        Change::Applied {
            coupon: Box::new(image.coupon.clone()),
            application: Box::new(image.application.clone()),
            revision: image.revision,
            correlation_id: image.correlation_id.clone(),
        }
    }

    #[test]
    fn given_nothing_when_an_application_is_stored_then_applied() {
        assert_eq!(application_changes(None, &applied()), [price(&applied())]);
    }

    #[test]
    fn given_an_application_when_it_is_stored_unchanged_then_nothing() {
        let image = with_window(applied(), 60, 60);
        assert_eq!(application_changes(Some(&image), &image), []);
    }

    #[test]
    fn given_an_application_when_its_price_revision_grows_then_applied() {
        let next = ApplicationImage {
            revision: Revision::new(2),
            correlation_id: Some(CorrelationId::new("req_2")),
            ..applied()
        };
        assert_eq!(application_changes(Some(&applied()), &next), [price(&next)]);
    }

    #[test]
    fn given_an_application_when_repeated_at_the_same_price_then_nothing() {
        let again = ApplicationImage { correlation_id: Some(CorrelationId::new("req_2")), ..applied() };
        assert_eq!(application_changes(Some(&applied()), &again), []);
    }

    #[test]
    fn given_nothing_when_stored_with_an_abandonment_window_then_timer_and_applied() {
        let image = with_window(applied(), 60, 60);
        assert_eq!(application_changes(None, &image), [timer(60), price(&image)]);
    }

    #[test]
    fn given_a_window_when_it_restarts_under_the_same_timer_then_nothing() {
        let (before, after) = (with_window(applied(), 60, 60), with_window(applied(), 90, 60));
        assert_eq!(application_changes(Some(&before), &after), []);
    }

    #[test]
    fn given_a_window_when_its_timer_moves_then_timer() {
        let (before, after) = (with_window(applied(), 90, 60), with_window(applied(), 90, 90));
        assert_eq!(application_changes(Some(&before), &after), [timer(90)]);
    }

    #[test]
    fn given_a_window_when_it_is_removed_then_nothing() {
        assert_eq!(application_changes(Some(&with_window(applied(), 60, 60)), &applied()), []);
    }

    #[test]
    fn given_an_application_when_it_is_abandoned_then_abandoned_once() {
        let after = ApplicationImage { abandoned_at: Some(at(60)), ..applied() };
        let abandoned = Change::Abandoned {
            coupon: Box::new(after.coupon.clone()),
            application: Box::new(after.application.clone()),
            due_at: at(60),
            correlation_id: Some(CorrelationId::new("req_1")),
        };
        assert_eq!(application_changes(Some(&applied()), &after), [abandoned]);
        assert_eq!(application_changes(Some(&after), &after), []);
    }

    #[test]
    fn given_a_hold_that_expired_when_another_hold_expires_then_hold_expired_again() {
        let expired = |second| ApplicationImage { hold_expired_at: Some(at(second)), ..applied() };
        let change = |second| Change::HoldExpired {
            coupon: Box::new(applied().coupon),
            application: Box::new(applied().application),
            expired_at: at(second),
            correlation_id: Some(CorrelationId::new("req_1")),
        };
        assert_eq!(application_changes(Some(&applied()), &expired(900)), [change(900)]);
        assert_eq!(application_changes(Some(&expired(900)), &expired(900)), []);
        assert_eq!(application_changes(Some(&expired(900)), &expired(1800)), [change(1800)]);
    }
}
