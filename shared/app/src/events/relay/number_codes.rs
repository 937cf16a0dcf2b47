//! Assigns sequence numbers to redemptions of unique codes. The redemption of a unique code can be
//! committed without a sequence number, because its write does not change the coupon's counter.

use std::collections::HashMap;

use couponflow_domain::events::outbox::Change;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::Redemption;

use super::record::Record;
use crate::events::ports::{EventStore, NumberedRedemption};
use crate::kernel::error::StoreError;
use crate::kernel::guard::isolated;
use crate::tenants::ports::TenantStores;

const DOING: &str = "numbering redemptions of unique codes";

/// Result of the numbering, by redemption.
#[derive(Debug, Default)]
pub(super) struct NumberedCodes(HashMap<RedemptionId, Result<NumberedRedemption, StoreError>>);

impl NumberedCodes {
    /// Returns the numbered redemption.
    ///
    /// # Errors
    /// Returns an error if the redemption could not be numbered.
    pub(super) fn get(&self, redemption: &Redemption) -> Result<&NumberedRedemption, StoreError> {
        let unknown = || {
            let detail =
                format!("redemption {} does not belong to the coupon whose redemptions are numbered", redemption.id);
            StoreError::damaged(DOING, detail)
        };
        self.0.get(&redemption.id).ok_or_else(unknown)?.as_ref().map_err(StoreError::clone)
    }
}

/// Numbers the redemptions of one coupon's unique codes together. A corrupt redemption fails alone.
pub(super) async fn number_codes<'a, S>(stores: &S, records: impl Iterator<Item = &'a Record>) -> NumberedCodes
where
    S: TenantStores<Store: EventStore>,
{
    let mut store = None;
    let mut redeemed: Vec<(Redemption, Option<String>)> = Vec::new();
    for record in records {
        for change in &record.changes {
            if let Change::CodeRedeemed { redemption, correlation_id } = change {
                store.get_or_insert_with(|| stores.of(&record.tenant_id));
                redeemed.push((Redemption::clone(redemption), correlation_id.clone()));
            }
        }
    }
    let (Some(store), Some((first, _))) = (store, redeemed.first()) else { return NumberedCodes::default() };
    let coupon_id = first.coupon_id.clone();
    let number = async |part: &[_]| store.number_code_redemptions(&coupon_id, part).await;
    let mut numbered = HashMap::new();
    for (part, outcome) in isolated(&redeemed, DOING, number).await {
        match outcome {
            Ok(outcome) => numbered.extend(outcome.into_iter().map(|one| (one.redemption.id.clone(), Ok(one)))),
            Err(error) => {
                let ids = redeemed[part].iter().map(|(redemption, _)| redemption.id.clone());
                numbered.extend(ids.map(|id| (id, Err(error.clone()))));
            }
        }
    }
    NumberedCodes(numbered)
}
