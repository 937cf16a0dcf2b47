//! Index of filters by the coupon codes that they require.

use std::collections::{BTreeSet, HashMap};

use super::Filter;
use super::condition::Condition;
use super::facts::{Facts, FieldValue};
use super::field::FilterField;
use super::operator::Operator;

/// Filters, indexed so that only filters that can match an event are evaluated for the event.
///
/// A filter that requires certain coupon codes is evaluated only for events with these codes. Every
/// other filter is evaluated for each event. The index only selects candidates. Each candidate is
/// then evaluated with [`Filter::passes`].
#[derive(Debug, Default)]
pub struct FilterIndex {
    filters: Vec<Filter>,
    /// For each case-folded code, the positions of the filters that permit this code and require
    /// one of their codes. In ascending order.
    by_code: HashMap<String, Vec<usize>>,
    /// Positions of the filters that require no code, in ascending order.
    any_code: Vec<usize>,
}

impl FilterIndex {
    /// Indexes the filters. [`matching`](Self::matching) returns positions in this list.
    pub fn new(filters: Vec<Filter>) -> Self {
        let mut by_code: HashMap<String, Vec<usize>> = HashMap::new();
        let mut any_code = Vec::new();
        for (position, filter) in filters.iter().enumerate() {
            match required_codes(filter) {
                Some(codes) => {
                    codes.into_iter().for_each(|code| by_code.entry(code.to_owned()).or_default().push(position));
                }
                None => any_code.push(position),
            }
        }
        Self { filters, by_code, any_code }
    }

    /// Returns the positions of the filters that an event with these facts passes, in ascending order.
    pub fn matching(&self, facts: &Facts) -> Vec<usize> {
        let mut matching: Vec<usize> = self.candidates(facts).filter(|i| self.filters[*i].passes(facts)).collect();
        matching.sort_unstable();
        matching
    }

    fn candidates(&self, facts: &Facts) -> impl Iterator<Item = usize> {
        let code = match facts.get(FilterField::CouponCode) {
            FieldValue::Text(code) => Some(code),
            FieldValue::None | FieldValue::Quantity(_) | FieldValue::Set(_) => None,
        };
        let of_code = code.and_then(|code| self.by_code.get(code)).into_iter().flatten();
        of_code.chain(&self.any_code).copied()
    }
}

/// Returns the codes that a filter requires: an event passes only if it has one of these codes.
/// Returns `None` if events of any code can pass.
fn required_codes(filter: &Filter) -> Option<BTreeSet<&str>> {
    match filter {
        Filter::All(filters) => filters.iter().filter_map(required_codes).min_by_key(BTreeSet::len),
        Filter::Any(filters) => filters.iter().map(required_codes).try_fold(BTreeSet::new(), |mut codes, more| {
            codes.append(&mut more?);
            Some(codes)
        }),
        Filter::Is(Condition {
            field: FilterField::CouponCode,
            operator: Operator::Is | Operator::IsAnyOf,
            wanted,
        }) => Some(wanted.texts().iter().map(String::as_str).collect()),
        Filter::Not(_) | Filter::Is(_) => None,
    }
}

#[cfg(test)]
mod tests;
