//! One test of one field.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::Subject;
use super::field::FilterField;
use crate::money::Money;
use crate::percentage::Percentage;

/// A field's value, texts folded.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// The event has none.
    None,
    /// A text that is not empty.
    Text(String),
    /// Something that has an order.
    Quantity(Quantity),
    /// A set, perhaps empty.
    Set(BTreeSet<String>),
}

/// What compares with `<`: only with its own kind, and money only in its own currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A whole number.
    Count(i64),
    /// A percentage.
    Percent(Percentage),
    /// An amount.
    Money(Money),
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Count(a), Self::Count(b)) => Some(a.cmp(b)),
            (Self::Percent(a), Self::Percent(b)) => Some(a.cmp(b)),
            (Self::Money(a), Self::Money(b)) if a.currency == b.currency => Some(a.amount.cmp(&b.amount)),
            _ => None,
        }
    }
}

/// How a text compares with those of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// Equals one of them.
    Is,
    /// Has one of them in it.
    Contains,
    /// Starts with one of them.
    StartsWith,
    /// Ends with one of them.
    EndsWith,
}

/// How a set compares with that of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetTest {
    /// Has one of them.
    Any,
    /// Has each of them.
    All,
}

/// How a quantity compares with that of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It has no value.
    Empty,
    /// A text, compared with any of some folded texts.
    Text(TextTest, Vec<String>),
    /// A set, compared with folded texts.
    Set(SetTest, Vec<String>),
    /// A quantity, compared with one.
    Compare(Comparison, Quantity),
    /// A quantity between two, both included.
    Between(Quantity, Quantity),
}

/// A test of one field, or that it fails.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is tested.
    pub field: FilterField,
    /// How.
    pub test: Test,
    /// Whether the test must fail instead.
    pub negated: bool,
}

impl Condition {
    pub(super) fn matches(&self, subject: Subject<'_>) -> bool {
        self.test.holds(&self.field.value(subject)) != self.negated
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Empty, Value::None) => true,
            (Self::Empty, Value::Set(set)) => set.is_empty(),
            (Self::Text(test, wanted), Value::Text(text)) => wanted.iter().any(|wanted| match test {
                TextTest::Is => text == wanted,
                TextTest::Contains => text.contains(wanted),
                TextTest::StartsWith => text.starts_with(wanted),
                TextTest::EndsWith => text.ends_with(wanted),
            }),
            (Self::Set(SetTest::Any, wanted), Value::Set(set)) => wanted.iter().any(|wanted| set.contains(wanted)),
            (Self::Set(SetTest::All, wanted), Value::Set(set)) => wanted.iter().all(|wanted| set.contains(wanted)),
            (Self::Compare(comparison, wanted), Value::Quantity(quantity)) => {
                quantity.partial_cmp(wanted).is_some_and(|order| comparison.holds(order))
            }
            (Self::Between(low, high), Value::Quantity(quantity)) => low <= quantity && quantity <= high,
            _ => false,
        }
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
        }
    }
}
