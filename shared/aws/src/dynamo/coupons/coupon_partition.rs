//! Assembles a coupon from the items of its partition.

use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_domain::coupons::coupon::Coupon;

use super::coupon_items::{CounterItem, TermsItem};
use super::statistics::of_item;
use crate::dynamo::engine::item::{Item, from_item};

/// Outcome of [`assemble`].
pub(crate) enum Assembled {
    Coupon(Box<Coupon>),
    /// The partition holds no coupon.
    Nothing,
    /// The counter and the terms have different versions, because the query read one of them before
    /// an edit and the other after the edit.
    Torn,
}

/// Assembles a coupon from the items of its partition. The items come from a query. A query is not
/// isolated from transactions: it can return one item from before a transaction and another item
/// from after the transaction.
pub(crate) fn assemble(items: Vec<Item>, doing: &'static str) -> Result<Assembled, StoreError> {
    let (mut counter, mut terms, mut times_applied) = (None, None, 0);
    for item in items {
        match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
            Some("counter") => counter = Some(from_item::<CounterItem>(item, doing)?),
            Some("terms") => terms = Some(from_item::<TermsItem>(item, doing)?),
            // A coupon works without its statistics.
            Some("stats") => {
                let statistics = of_item(&item, doing).inspect_err(
                    |error| tracing::error!(error = %chain(error), "Could not read the statistics of a coupon"),
                );
                times_applied = statistics.map_or(0, |statistics| statistics.applied);
            }
            _ => {}
        }
    }
    Ok(match (counter, terms) {
        (Some(counter), Some(terms)) if counter.terms_version == terms.terms_version => {
            Assembled::Coupon(Box::new(counter.coupon(terms.terms.into(), times_applied)))
        }
        (None, None) => Assembled::Nothing,
        _ => Assembled::Torn,
    })
}
