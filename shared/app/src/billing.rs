//! What a payment of a subscription is discounted by.

use couponflow_domain::ids::RedemptionId;
use couponflow_domain::purchase::{Billing, BillingDiscount, Redemption};

use crate::error::StoreError;
use crate::ports::Redemptions;

/// Says what a redemption takes off a payment; none where the payment lies before the start of the subscription. Reads the
/// redemptions that this one is priced after, which the answer depends on: whether they stand, and for how long they last.
///
/// # Errors
/// Where the store fails, or a redemption is missing.
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
        let doing = "reading the redemptions that a payment depends on";
        let missing = || StoreError::Damaged { doing, detail: format!("there is no redemption {id}") };
        let other = store.redemption(&id).await?.ok_or_else(missing)?;
        wanted.extend(priced_after(&other).iter().cloned());
        others.push(other);
    }
    Ok(billing.discount_of(redemption, &others))
}

fn priced_after(redemption: &Redemption) -> &[RedemptionId] {
    redemption.later.as_ref().map_or(&[], |pricing| &pricing.after)
}
