//! Sort key of the list of redemptions. The key contains the redemption id, which sorts by time,
//! and the values of all list filters, most of them as digests. A filtered list therefore reads
//! only keys.

use couponflow_app::purchases::ports::RedemptionQuery;
use couponflow_domain::kernel::digest::key80;
use couponflow_domain::kernel::ids::{InvalidId, RedemptionId};
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::Redemption;
use couponflow_domain::purchases::customer::{Customer, Email};

/// Name of the list of redemptions.
pub(crate) const LIST: &str = "redemptions";

/// Builds the sort key of a redemption.
pub(crate) fn of(redemption: &Redemption) -> String {
    let customer = redemption.customer.as_ref().map(Customer::identity_keys).unwrap_or_default();
    let parts = [
        vec![
            redemption.id.to_string(),
            redemption.coupon_id.to_string(),
            by_code(redemption.code.as_str()),
            by_order(&redemption.order.id),
        ],
        customer,
    ];
    parts.concat().join("#")
}

/// Extracts the redemption id from a sort key.
pub(crate) fn id(key: &str) -> Result<RedemptionId, InvalidId> {
    RedemptionId::parse(key.split('#').next().unwrap_or_default())
}

/// Whether the redemption with this sort key matches the query.
pub(crate) fn is_wanted(query: &RedemptionQuery, key: &str) -> bool {
    // Earlier versions normalized e-mail addresses differently, so a redemption can be listed under
    // the current or the former identity key.
    let is_of = |email: Option<&Email>, id: Option<&PersonalText>| {
        let customer =
            Customer { email: email.cloned(), id: id.cloned(), first_name: None, last_name: None, verified: true };
        let keys = customer.identity_keys();
        keys.is_empty() || key.split('#').any(|part| keys.iter().any(|key| key == part))
    };
    let wanted = [
        query.coupon_id.as_ref().map(ToString::to_string),
        query.code.as_ref().map(|code| by_code(code.as_str())),
        query.order_id.as_deref().map(by_order),
    ];
    is_of(query.customer_email.as_ref(), None)
        && is_of(None, query.customer_id.as_ref())
        && wanted.iter().flatten().all(|part| key.split('#').any(|of_key| of_key == part))
}

fn by_code(code: &str) -> String {
    key80(&["code", code])
}

fn by_order(order_id: &str) -> String {
    key80(&["order", order_id])
}
