//! Redacts applications, rejected attempts and redemptions of an erased contact.

use couponflow_app::kernel::error::StoreError;
use couponflow_domain::events::event::Event;
use couponflow_domain::purchases::{Application, AttemptedOperation, Redemption, application_key, purchase_key};

use super::{DOING, ErasedContact};
use crate::dynamo::engine::item::{n, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::purchases::applications::ApplicationItem;
use crate::dynamo::purchases::listing;
use crate::dynamo::purchases::redemptions::RedemptionItem;

impl TenantStore {
    /// Removes the customer from the application and the rejected attempts of an event of the contact.
    pub(super) async fn redact_purchase(&self, event: &Event, erased: &ErasedContact<'_>) -> Result<(), StoreError> {
        let Some(order) = &event.data.order else { return Ok(()) };
        let (profile, coupon) = (self.profile().await?, &event.data.coupon.id);
        // Earlier versions stored an application under the digest of its coupon and order.
        for key in [application_key(&profile.secret, coupon, &order.id), purchase_key(coupon, &order.id)] {
            let key = self.keys.application(&key);
            let Some(item) = self.table.get::<ApplicationItem>(key.clone(), DOING).await? else { continue };
            let revision = n(item.revision);
            let application = Application::from(item);
            if erased.is(application.customer.as_ref()) && application.created_at <= erased.erased_at {
                let condition = "revision = :revision AND attribute_not_exists(gsi1pk)";
                let values = vec![(":revision", revision)];
                self.update_if(key, "REMOVE application.customer", condition, values).await?;
            }
        }
        let rejected = event.data.rejection.and(event.metadata.correlation_id.as_ref());
        for operation in [AttemptedOperation::Apply, AttemptedOperation::Redeem] {
            let Some(correlation_id) = rejected else { break };
            let key = self.keys.rejected(correlation_id, &event.data.coupon.code, operation);
            let condition = "attribute_exists(attempt.customer) AND attribute_not_exists(gsi1pk)";
            self.update_if(key, "REMOVE attempt.customer", condition, Vec::new()).await?;
        }
        Ok(())
    }

    /// Removes the customer from a redemption, and the digests of the customer from its sort key.
    pub(super) async fn redact_redemption(&self, listed: &str, erased: &ErasedContact<'_>) -> Result<bool, StoreError> {
        let id = listing::id(listed).map_err(|error| StoreError::damaged(DOING, error))?;
        for key in [self.keys.redemption(id.key()), self.keys.rolled_back(&id)] {
            let Some(item) = self.table.get::<RedemptionItem>(key.clone(), DOING).await? else { continue };
            let is_this = item.redemption_id == id;
            let redemption = Redemption::from(item);
            let is_of_contact = erased.is(redemption.customer.as_ref()) && redemption.created_at <= erased.erased_at;
            if is_this && is_of_contact && self.remove_customer(key, &redemption).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn remove_customer(&self, key: Key, redemption: &Redemption) -> Result<bool, StoreError> {
        let nameless = listing::of(&Redemption { customer: None, ..redemption.clone() });
        let values = vec![(":id", s(redemption.id.as_str())), (":nameless", s(nameless))];
        self.update_if(key, "SET gsi1sk = :nameless REMOVE redemption.customer", "redemption_id = :id", values).await
    }
}
