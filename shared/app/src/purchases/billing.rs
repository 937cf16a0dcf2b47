//! Discount on a payment of a subscription.

use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::{Billing, BillingDiscount, Redemption};

use crate::kernel::error::StoreError;
use crate::purchases::ports::Redemptions;

/// Computes what a redemption takes off a payment; `None` if the payment is due before the subscription starts. Also
/// reads the redemptions that the price builds on, because the discount depends on whether they were rolled back and
/// how long they last.
///
/// # Errors
/// If the store fails or a redemption is missing.
pub async fn billing_discount(
    store: &impl Redemptions,
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
        let missing = || StoreError::Damaged { doing, detail: format!("redemption {id} does not exist") };
        let other = store.redemption(&id).await?.ok_or_else(missing)?;
        wanted.extend(priced_after(&other).iter().cloned());
        others.push(other);
    }
    Ok(billing.discount_on(redemption, &others))
}

fn priced_after(redemption: &Redemption) -> &[RedemptionId] {
    redemption.later.as_ref().map_or(&[], |pricing| &pricing.after)
}
