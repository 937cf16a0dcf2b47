mod generate;

use std::collections::BTreeSet;

use couponflow_domain::filter::{
    Condition, Facts, Filter, FilterField, Kind, Operator, Quantity, Subject, ValueShape, Wanted,
};
use couponflow_domain::money::{Currency, Money};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use generate::{Generated, event, filter, generated, precise};

fn is(field: FilterField, operator: Operator, wanted: Wanted) -> Filter {
    Filter::Is(Condition { field, operator, wanted })
}

fn text(field: FilterField, operator: Operator, texts: &[&str]) -> Filter {
    is(field, operator, Wanted::Texts(texts.iter().map(|text| (*text).to_owned()).collect()))
}

fn count(operator: Operator, count: i64) -> Filter {
    is(FilterField::RedemptionCount, operator, Wanted::Quantity(Quantity::Count(count)))
}

/// What the plain evaluator finds, filter by filter.
fn plainly(filters: &[Filter], facts: &Facts) -> Vec<usize> {
    (0..filters.len()).filter(|i| filters[*i].passes(facts)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_answer_is_that_of_the_plain_evaluator(
        filters in vec(filter(), 0..60),
        events in vec(generated(), 1..8),
    ) {
        let matcher = Matcher::new(filters.clone());
        for Generated { event, tags } in events {
            let subject = Subject { event: &event, tags: tags.as_ref() };
            let matching: Vec<usize> = (0..filters.len()).filter(|i| filters[*i].matches(subject)).collect();
            prop_assert_eq!(matcher.matching(&Facts::of(subject)), matching);
        }
    }

    /// What patterns can say in full they must say in full: else the automata would find everything, and save nothing.
    /// One text of a million may be taken for another, so one such candidate is let pass.
    #[test]
    fn what_patterns_express_needs_no_second_look(
        filters in vec(precise(), 1..60),
        events in vec(generated(), 1..8),
    ) {
        let matcher = Matcher::new(filters.clone());
        let mut needless = 0;
        for Generated { event, tags } in events {
            let facts = Facts::of(Subject { event: &event, tags: tags.as_ref() });
            let plain = plainly(&filters, &facts);
            prop_assert_eq!(matcher.matching(&facts), &plain[..]);
            needless += matcher.candidates(&facts).len() - plain.len();
        }
        prop_assert!(needless <= 1, "{needless} candidates too many");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Negative operators hold where there is no value, so an event without values passes many filters that no pattern
    /// can find.
    #[test]
    fn an_event_without_values_is_matched_as_the_plain_evaluator_would(filters in vec(filter(), 1..60)) {
        let facts = bare();
        let matching = plainly(&filters, &facts);
        let matcher = Matcher::new(filters);
        prop_assert_eq!(matcher.matching(&facts), matching);
    }
}

/// The facts of an event that leaves out all that an event can be without.
fn bare() -> Facts {
    let mut event = event("CODE1", "", 1);
    let data = &mut event.data;
    (data.source, data.customer, data.order, data.coupon.limit) = (None, None, None, None);
    Facts::of(Subject { event: &event, tags: None })
}

#[test]
fn every_test_of_a_missing_value_is_found_alone_and_beside_what_patterns_find() {
    let facts = bare();
    let code = text(FilterField::CouponCode, Operator::Is, &["code1"]);
    let (mut checked, mut held) = (0, 0);
    for field in FilterField::ALL.iter().copied().filter(|field| facts.get(*field).is_empty()) {
        for operator in field.operators() {
            let one = match field.kind() {
                Kind::Count => Quantity::Count(5),
                _ => Quantity::Money(Money::new(5, Currency::parse("USD").unwrap())),
            };
            let wanted = match operator.value_shape() {
                ValueShape::None => Wanted::Nothing,
                ValueShape::One => Wanted::Quantity(one),
                ValueShape::OneOrMore => Wanted::Texts(vec!["x".to_owned()]),
                ValueShape::Range => Wanted::Range(one, one),
            };
            let test = is(field, *operator, wanted);
            let filters = vec![
                test.clone(),
                Filter::Not(Box::new(test.clone())),
                Filter::All(vec![code.clone(), test.clone()]),
                Filter::Any(vec![text(FilterField::CouponCode, Operator::Is, &["other"]), test.clone()]),
            ];
            let holds = operator.holds_without_value();
            let expected: Vec<usize> = if holds { vec![0, 2, 3] } else { vec![1] };
            assert_eq!(Matcher::new(filters).matching(&facts), expected, "{} {operator}", field.name());
            checked += 1;
            held += usize::from(holds);
        }
    }
    assert_eq!((checked, held), (100, 30), "every field that can be without a value, with every operator");
}

#[test]
fn of_a_long_text_the_whole_counts() {
    let [a, b, ue] = ["a", "b", "ü"].map(|letter| letter.repeat(15));
    let name = format!("{a}é*{b}\\{ue}");
    let wanted = [
        (Operator::Is, name.clone(), true),
        (Operator::Is, format!("{a}é*{b}\\{ue}ü"), false),
        (Operator::StartsWith, format!("{a}é*{b}"), true),
        (Operator::StartsWith, format!("{a}é*{b}b"), false),
        (Operator::EndsWith, format!("{b}\\{ue}"), true),
        (Operator::EndsWith, format!("b{b}\\{ue}"), false),
        (Operator::Contains, format!("aé*{b}\\ü"), true),
        (Operator::Contains, format!("aé*{b}*ü"), false),
    ];
    let filters = wanted.iter().map(|(operator, wanted, _)| text(FilterField::CouponName, *operator, &[wanted]));
    let matcher = Matcher::new(filters.collect());
    let event = event("CODE1", &name, 1);
    let matching: Vec<usize> = (0..wanted.len()).filter(|i| wanted[*i].2).collect();
    assert_eq!(matcher.matching(&Facts::of(Subject { event: &event, tags: None })), matching);
}

/// Ten thousand as a large tenant might have them: by code, by name, by product and tag, by amount, and by what they
/// are not.
fn mixed() -> Vec<Filter> {
    let one = |i: usize| {
        let (code, name) = (format!("code{i:05}"), format!("summer \"sale\" *{i}* straße"));
        match i % 10 {
            0 | 1 => text(FilterField::CouponCode, Operator::Is, &[&code]),
            2 => text(FilterField::CouponName, Operator::Contains, &[&name[7..]]),
            3 => text(FilterField::CouponName, Operator::StartsWith, &[&name[..16], "winter"]),
            4 => text(FilterField::CouponCode, Operator::EndsWith, &[&code[4..]]),
            5 => text(FilterField::CouponCode, Operator::IsNot, &[&code]),
            6 => count(Operator::GreaterOrEqual, i as i64),
            7 => count(Operator::Equal, i as i64),
            8 => Filter::All(vec![
                text(FilterField::CouponType, Operator::Is, &["percentage"]),
                Filter::Not(Box::new(count(Operator::Less, i as i64))),
            ]),
            _ => Filter::Any(vec![
                text(FilterField::Product, Operator::ContainsAny, &[&code, "mug"]),
                text(FilterField::ContactTag, Operator::ContainsNone, &[&name]),
            ]),
        }
    };
    (0..10_000).map(one).collect()
}

#[test]
fn ten_thousand_mixed_filters_are_matched_as_the_plain_evaluator_would() {
    let filters = mixed();
    let matcher = Matcher::new(filters.clone());
    assert!(matcher.automata.iter().all(Automaton::is_built), "an automaton failed");
    let tags = BTreeSet::from(["vip".into()]);
    for (code, name, number) in [("CODE00010", "Summer \"Sale\" *12* STRASSE", 7), ("WINTER", "winter", i64::MAX)] {
        let event = event(code, name, number);
        for tags in [Some(&tags), None] {
            let facts = Facts::of(Subject { event: &event, tags });
            assert_eq!(matcher.matching(&facts), plainly(&filters, &facts));
        }
    }
}

#[test]
fn an_event_that_few_of_ten_thousand_want_is_asked_of_few() {
    let filters = (0..10_000).map(|i| text(FilterField::CouponCode, Operator::Is, &[&format!("code{i:05}")]));
    let matcher = Matcher::new(filters.collect());
    let event = event("CODE00010", "n", 1);
    let facts = Facts::of(Subject { event: &event, tags: None });
    assert_eq!(matcher.matching(&facts), [10]);
    assert!(matcher.candidates(&facts).len() < 10, "{}", matcher.candidates(&facts).len());
}

#[test]
fn an_automaton_that_panics_makes_candidates_of_its_filters() {
    let ranges: Vec<Filter> = (0..300).map(|i| count(Operator::GreaterOrEqual, i)).collect();
    let patterns = ranges
        .iter()
        .enumerate()
        .flat_map(|(i, filter)| pattern::of(filter).unwrap().into_iter().map(move |pattern| (pattern, vec![i])));
    let overfull = Automaton::new(&patterns.collect::<Vec<_>>());
    assert!(!overfull.is_built(), "quamina has become able to do this: its guard can go");
    let matcher = Matcher { filters: ranges.clone(), automata: vec![overfull], others: Vec::new() };
    let event = event("CODE1", "n", 150);
    let facts = Facts::of(Subject { event: &event, tags: None });
    assert_eq!(matcher.matching(&facts), plainly(&ranges, &facts));
    assert!(Matcher::new(ranges).automata.iter().all(Automaton::is_built), "as it is divided, none fails");
}

#[test]
fn enormous_filters_cost_the_automata_nothing_that_others_need() {
    let texts = |i: usize| -> Vec<String> { (0..500).map(|k| format!("{i}-{k}{}", "x".repeat(50))).collect() };
    let mut filters: Vec<Filter> =
        (0..60).map(|i| is(FilterField::Product, Operator::ContainsAny, Wanted::Texts(texts(i)))).collect();
    filters.push(text(FilterField::CouponCode, Operator::Is, &["code1"]));
    let matcher = Matcher::new(filters);
    assert!(!matcher.others.is_empty() && matcher.others.len() < 20, "{:?}", matcher.others);
    assert!(!matcher.others.contains(&60), "the small one has its place");
    let event = event("CODE1", "n", 1);
    assert_eq!(matcher.matching(&Facts::of(Subject { event: &event, tags: None })), [60]);
}

#[test]
fn ways_beyond_number_are_left_to_the_filter() {
    let either = |i: i64| Filter::Any(vec![count(Operator::Equal, i), text(FilterField::Source, Operator::Is, &["a"])]);
    let filter = Filter::All((0..12).map(either).collect());
    assert!(pattern::of(&filter).unwrap().len() <= 100);
    let event = event("CODE1", "n", 1);
    let facts = Facts::of(Subject { event: &event, tags: None });
    assert_eq!(Matcher::new(vec![filter.clone()]).matching(&facts), plainly(&[filter], &facts));
}
