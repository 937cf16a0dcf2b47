//! An index over many filters by the coupon codes, or the starts of codes, that they require.

use std::collections::{BTreeSet, HashMap};

use super::Filter;
use super::condition::Condition;
use super::facts::{Facts, FieldValue};
use super::field::FilterField;
use super::operator::Operator;

/// Filters, indexed so that only filters that can match an event are evaluated for the event.
///
/// A filter that matches only events whose coupon code has a certain start is found by that start, which is the whole
/// code for `is` and `is_any_of`. Every other filter is evaluated for each event. The index narrows the choice and never decides: each candidate is evaluated with [`Filter::passes`].
#[derive(Debug, Default)]
pub struct FilterIndex {
    filters: Vec<Filter>,
    /// For each folded start of a code, the positions of the filters that require it or another one, ascending.
    by_start: HashMap<String, Vec<usize>>,
    /// The positions of the filters that require no start, ascending.
    any_code: Vec<usize>,
}

impl FilterIndex {
    /// Indexes the filters. [`matching`](Self::matching) returns positions in this list.
    pub fn new(filters: Vec<Filter>) -> Self {
        let filters: Vec<Filter> = filters.into_iter().map(unwrapped).collect();
        let mut by_start: HashMap<String, Vec<usize>> = HashMap::new();
        let mut any_code = Vec::new();
        for (position, filter) in filters.iter().enumerate() {
            match required_starts(filter) {
                Some(starts) => {
                    starts.into_iter().for_each(|start| by_start.entry(start.to_owned()).or_default().push(position));
                }
                None => any_code.push(position),
            }
        }
        Self { filters, by_start, any_code }
    }

    /// Returns the positions of the filters that an event with these facts passes, in ascending order.
    pub fn matching(&self, facts: &Facts) -> Vec<usize> {
        let mut matching: Vec<usize> = self.candidates(facts).filter(|i| self.filters[*i].passes(facts)).collect();
        matching.sort_unstable();
        matching.dedup();
        matching
    }

    /// Positions of the filters to evaluate. A filter that requires one of several starts can occur more than once.
    fn candidates(&self, facts: &Facts) -> impl Iterator<Item = usize> {
        let code = match facts.get(FilterField::CouponCode) {
            FieldValue::Text(code) => Some(code),
            FieldValue::None | FieldValue::Quantity(_) | FieldValue::Set(_) => None,
        };
        let starts = code.into_iter().flat_map(|code| (0..=code.len()).filter_map(|end| code.get(..end)));
        let of_code = starts.filter_map(|start| self.by_start.get(start)).flatten();
        of_code.chain(&self.any_code).copied()
    }
}

/// Unwraps `all` and `any` of a single filter. Most filters of workflows are an `all` of one test.
fn unwrapped(filter: Filter) -> Filter {
    match filter {
        Filter::All(mut filters) | Filter::Any(mut filters) if filters.len() == 1 => unwrapped(filters.remove(0)),
        other => other,
    }
}

/// Returns the starts of codes that the filter requires: the filter passes only events whose coupon code has one of
/// these starts. `None` if the filter can pass events with any code.
fn required_starts(filter: &Filter) -> Option<BTreeSet<&str>> {
    match filter {
        Filter::All(filters) => filters.iter().filter_map(required_starts).min_by_key(BTreeSet::len),
        Filter::Any(filters) => filters.iter().map(required_starts).try_fold(BTreeSet::new(), |mut starts, more| {
            starts.append(&mut more?);
            Some(starts)
        }),
        Filter::Is(Condition {
            field: FilterField::CouponCode,
            operator: Operator::Is | Operator::IsAnyOf | Operator::StartsWith,
            wanted,
        }) => Some(wanted.texts().iter().map(String::as_str).collect()),
        Filter::Not(_) | Filter::Is(_) => None,
    }
}

#[cfg(test)]
mod tests;
