mod generate;

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::automation::filter::{Subject, Wanted};
use generate::{Generated, event, filter, generated};

fn is(field: FilterField, operator: Operator, texts: &[&str]) -> Filter {
    let wanted = Wanted::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    Filter::Is(Condition { field, operator, wanted })
}

fn code(code: &str) -> Filter {
    is(FilterField::CouponCode, Operator::Is, &[code])
}

fn facts(code: &str, name: &str) -> Facts {
    Facts::of(Subject { event: &event(code, name, 1), tags: None })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_exactly_the_filters_that_match(
        filters in vec(filter(), 0..60),
        events in vec(generated(), 1..8),
    ) {
        let index = FilterIndex::new(filters.clone());
        for Generated { event, tags } in events {
            let subject = Subject { event: &event, tags: tags.as_ref() };
            let matching: Vec<usize> = (0..filters.len()).filter(|i| filters[*i].matches(subject)).collect();
            prop_assert_eq!(index.matching(&Facts::of(subject)), matching);
        }
    }
}

#[test]
fn only_filters_of_the_code_or_its_start_and_filters_of_any_code_are_evaluated() {
    let name = || is(FilterField::CouponName, Operator::Contains, &["sale"]);
    let mut filters: Vec<Filter> = (0..10_000).map(|i| code(&format!("code{i:05}"))).collect();
    filters.push(is(FilterField::CouponCode, Operator::IsAnyOf, &["other", "code00010"]));
    filters.push(Filter::All(vec![name(), code("code00010")]));
    filters.push(Filter::Any(vec![code("code00010"), code("other")]));
    filters.push(Filter::Any(vec![code("other"), name()]));
    filters.push(Filter::Not(Box::new(code("other"))));
    filters.push(is(FilterField::CouponCode, Operator::StartsWith, &["code0001", "co"]));
    filters.push(is(FilterField::CouponCode, Operator::StartsWith, &["other", "ode"]));
    let index = FilterIndex::new(filters);
    let facts = facts("CODE00010", "Summer sale");
    let candidates: BTreeSet<usize> = index.candidates(&facts).collect();
    assert_eq!(candidates, BTreeSet::from([10, 10_000, 10_001, 10_002, 10_003, 10_004, 10_005]));
    assert_eq!(index.matching(&facts), [10, 10_000, 10_001, 10_002, 10_003, 10_004, 10_005]);
}

#[test]
fn a_filter_that_requires_two_codes_or_has_an_empty_any_never_matches() {
    let filters = vec![Filter::All(vec![code("aaa"), code("bbb")]), Filter::Any(Vec::new())];
    let index = FilterIndex::new(filters);
    assert!(index.matching(&facts("AAA", "n")).is_empty());
    assert!(index.any_code.is_empty(), "neither is evaluated for events of other codes");
}
