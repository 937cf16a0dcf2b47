//! Discount on a payment of a subscription.

use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::{Billing, BillingDiscount, Redemption};

use crate::kernel::error::StoreError;
use crate::purchases::ports::PurchaseStore;

/// Computes the discount of a redemption on a payment of a subscription. Returns `None` if the
/// payment is due before the subscription starts.
///
/// Earlier codes of the order reduce the amount that this redemption discounts. Therefore also
/// reads the redemptions of the earlier codes, which can have ended or been rolled back.
///
/// # Errors
/// Returns an error if the store fails, or if one of the redemptions does not exist.
pub async fn billing_discount(
    store: &impl PurchaseStore,
    redemption: &Redemption,
    billing: &Billing,
) -> Result<Option<BillingDiscount>, StoreError> {
    let mut others: Vec<Redemption> = Vec::new();
    let mut wanted: Vec<RedemptionId> = priced_after(redemption).to_vec();
    while let Some(id) = wanted.pop() {
        if others.iter().any(|other| other.id == id) {
            continue;
        }
        let doing = "reading the redemptions that a billing discount depends on";
        let missing = || StoreError::damaged(doing, format!("redemption {id} does not exist"));
        let other = store.redemption(&id).await?.ok_or_else(missing)?;
        wanted.extend(priced_after(&other).iter().cloned());
        others.push(other);
    }
    Ok(billing.discount_on(redemption, &others))
}

fn priced_after(redemption: &Redemption) -> &[RedemptionId] {
    redemption.later.as_ref().map_or(&[], |pricing| &pricing.after)
}
