//! Generates events and filters for the edge cases of matching: texts that contain one another,
//! characters that JSON or Unicode treats specially, and numbers near the limits of their type.

use std::collections::BTreeSet;

use crate::automation::filter::{Condition, Filter, FilterField, Kind, Quantity, ValueShape, Wanted};
use crate::coupons::code::CouponCode;
use crate::coupons::coupon::CouponValue;
use crate::events::event::{Detail, Event, EventType};
use crate::kernel::counters::RedemptionNumber;
use crate::kernel::label::Label;
use crate::kernel::money::{Currency, Money};
use crate::kernel::percentage::Percentage;
use crate::kernel::text::fold;
use crate::purchases::customer::{Customer, Email};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// An event and the tags of its contact.
#[derive(Debug, Clone)]
pub(super) struct Generated {
    pub(super) event: Event,
    pub(super) tags: Option<BTreeSet<Label>>,
}

/// The sample of an event, with this code, name and redemption number.
pub(super) fn event(code: &str, name: &str, number: i64) -> Event {
    let sample = include_str!("../../../../../../../events/samples/CouponRedeemed.json");
    let sample: serde_json::Value = serde_json::from_str(sample).unwrap();
    let Detail { metadata, mut data } = serde_json::from_value(sample["detail"].clone()).unwrap();
    data.coupon.code = CouponCode::parse(code).unwrap();
    name.clone_into(&mut data.coupon.name);
    data.redemption.as_mut().unwrap().redemption_number = RedemptionNumber::new(number);
    Event { kind: EventType::CouponRedeemed, metadata, data }
}

fn texts() -> impl Strategy<Value = String> + Clone {
    let pieces = vec![
        "a",
        "b",
        "A",
        "ab",
        "*",
        "**",
        "\\",
        "\\*",
        "\"",
        "\\\"",
        "?",
        ".",
        "[",
        "{",
        "~",
        " ",
        "\t",
        "\u{0}",
        "\u{1f}",
        "\u{7f}",
        "ß",
        "SS",
        "ẞ",
        "é",
        "e\u{301}",
        "İ",
        "ı",
        "ς",
        "Σ",
        "ﬁ",
        "𝔘",
        "\u{1f600}",
        "\u{ffff}",
        "null",
        "true",
        "1e3",
        "0",
        "summer",
        "straße",
        "\u{2028}",
        "/u0041",
        "xxxxxxxxxxxxxxxx",
        "éééééééé",
    ];
    let composed = vec(select(pieces), 0..5).prop_map(|pieces| pieces.concat());
    let long = (0usize..600).prop_map(|length| format!("a*{}b", "x".repeat(length)));
    let common =
        select(vec!["Summer", "summer sale", "SUM", "aba", "Straße", "*", "STRASSE *1*"]).prop_map(str::to_owned);
    prop_oneof![6 => common, 12 => composed, 1 => long, 2 => any::<String>()]
}

fn numbers() -> impl Strategy<Value = i64> + Clone {
    const EXACT: i64 = 1 << 53;
    let edges = vec![
        i64::MIN,
        i64::MIN + 1,
        -EXACT - 1,
        -EXACT,
        -1,
        0,
        1,
        2,
        9,
        10,
        99,
        100,
        1_000,
        999_999_999_999,
        1_000_000_000_000,
        EXACT - 1,
        EXACT,
        EXACT + 1,
        EXACT + 2,
        i64::MAX - 1,
        i64::MAX,
    ];
    prop_oneof![4 => select(edges), 2 => 0i64..20, 1 => any::<i64>()]
}

fn currency() -> impl Strategy<Value = Currency> + Clone {
    select(vec!["USD", "EUR", "JPY"]).prop_map(|code| Currency::parse(code).unwrap())
}

fn quantity(kind: Kind) -> BoxedStrategy<Quantity> {
    let money = (numbers(), currency()).prop_map(|(amount, currency)| Quantity::Money(Money { amount, currency }));
    let percent = select(vec![1, 2, 1249, 1250, 9_999, 10_000]);
    let percent = percent.prop_map(|points| Quantity::Percent(Percentage::from_basis_points(points).unwrap()));
    match kind {
        Kind::Count => numbers().prop_map(Quantity::Count).boxed(),
        Kind::PercentOrMoney => prop_oneof![money, percent].boxed(),
        Kind::Text | Kind::Word | Kind::Set | Kind::Money => money.boxed(),
    }
}

/// Events with arbitrary data.
pub(super) fn generated() -> impl Strategy<Value = Generated> {
    let code = select(vec!["ABA", "SUMMER", "A0B", "SUMMERSUMMERSUMMERSUMMER20"]);
    let coupon = (code, texts(), quantity(Kind::PercentOrMoney), option::of(numbers()));
    let lines = vec((texts(), vec(texts(), 0..3)), 0..3);
    let amount = || (numbers(), currency()).prop_map(|(amount, currency)| Money { amount, currency });
    let order = option::of((lines, amount(), amount()));
    let email = select(vec!["ana@example.com", "b@b.example", "ana+summer@example.com"]);
    let rest = (option::of(texts()), option::of(email), option::of(numbers()));
    (coupon, order, rest, option::of(btree_set(texts(), 0..4))).prop_map(|(coupon, order, rest, tags)| {
        let mut event = event(coupon.0, &coupon.1, 1);
        let data = &mut event.data;
        data.coupon.value = match coupon.2 {
            Quantity::Percent(percent) => CouponValue::Percent(percent),
            Quantity::Money(money) => CouponValue::Amount(money),
            Quantity::Count(_) => data.coupon.value,
        };
        data.coupon.limit = coupon.3;
        data.order = order.and_then(|(lines, value, total)| {
            let mut order = data.order.clone()?;
            let sample = order.lines.first()?.clone();
            order.lines.clear();
            for (product_id, collection_ids) in lines {
                order.lines.push(crate::purchases::order::Line { product_id, collection_ids, ..sample.clone() });
            }
            Some(crate::events::event::OrderSnapshot { value, total, ..order })
        });
        let (source, email, number) = rest;
        data.threshold = number.map(|number| match number % 2 {
            0 => format!("{number}%"),
            _ => format!("{number} left"),
        });
        data.source = source;
        data.customer = email.map(|email| Customer {
            email: Some(Email::parse(email).unwrap()),
            id: None,
            first_name: None,
            last_name: None,
            verified: true,
        });
        match (number, &mut data.redemption) {
            (Some(number), Some(redemption)) => redemption.redemption_number = RedemptionNumber::new(number),
            (_, redemption) => *redemption = None,
        }
        let tags = tags.map(|tags| tags.into_iter().map(Label::from).collect());
        Generated { event, tags }
    })
}

fn wanted_texts(field: FilterField) -> BoxedStrategy<Wanted> {
    let own = select(match field {
        FilterField::CouponType => vec!["percentage", "fixed_amount", "per", "e"],
        FilterField::ProductType => vec!["one_time", "recurring"],
        FilterField::ContactEmail => vec!["ana@example.com", "ana", "@example.com", "+"],
        _ => vec!["summer", "aba", "a0b", "sum", "0b", "summersummersummersummer20", "summersummersummersummer2"],
    });
    let text = prop_oneof![2 => own.prop_map(str::to_owned), 3 => texts()].prop_map(|text| fold(&text));
    vec(text, 0..4).prop_map(Wanted::Texts).boxed()
}

fn condition() -> impl Strategy<Value = Condition> {
    let of_field = |field: FilterField| field.operators().iter().map(move |operator| (field, *operator));
    let pairs = FilterField::ALL.iter().copied().flat_map(of_field);
    select(pairs.collect::<Vec<_>>()).prop_flat_map(move |(field, operator)| {
        let one = || quantity(field.kind());
        let wanted = match operator.value_shape() {
            ValueShape::None => Just(Wanted::Nothing).boxed(),
            ValueShape::One => one().prop_map(Wanted::Quantity).boxed(),
            ValueShape::OneOrMore => wanted_texts(field),
            ValueShape::Range => (one(), one()).prop_map(|(low, high)| Wanted::Range(low, high)).boxed(),
        };
        wanted.prop_map(move |wanted| Condition { field, operator, wanted })
    })
}

/// Arbitrary filters, including filters that [`Filter::read`] would reject.
pub(super) fn filter() -> impl Strategy<Value = Filter> {
    let leaf = condition().prop_map(Filter::Is).boxed();
    let tree = leaf.clone().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Filter::All),
            vec(inner.clone(), 0..4).prop_map(Filter::Any),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    });
    prop_oneof![leaf, tree]
}
