//! From a filter to patterns: one for each way to pass it.

use std::collections::{BTreeMap, BTreeSet};

use couponflow_domain::filter::{Condition, Filter, Operator, Wanted};
use serde_json::{Value, json};

use crate::facts::{mark, mark_member, mark_of_quantity, number, text_member};

/// Ways to pass a filter that are followed. A part with more of them is left to the filter itself.
const MAX_WAYS: usize = 100;

/// Alternatives other than marks that one pattern may have.
const MAX_SHAPES: usize = 50;

/// Bytes by which a beginning or an end is looked for: a state each.
const MAX_BYTES: usize = 16;

/// One way for a member of the document to match.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Alternative {
    /// It has this mark.
    Mark(String),
    /// It begins so.
    Prefix(String),
    /// It ends so.
    Suffix(String),
    /// It lies between these, both included, where they are given.
    Range(Option<i64>, Option<i64>),
}

impl Alternative {
    fn is_exact(&self) -> bool {
        matches!(self, Self::Mark(_))
    }

    fn is_always(&self) -> bool {
        matches!(self, Self::Prefix(text) | Self::Suffix(text) if text.is_empty())
    }

    fn json(&self) -> Value {
        match self {
            Self::Mark(mark) => json!(mark),
            Self::Prefix(text) => json!({"prefix": text}),
            Self::Suffix(text) => json!({"suffix": text}),
            Self::Range(low, high) => {
                let bound = |sign: &str, bound: &Option<i64>| bound.map(|bound| [json!(sign), json!(bound)]);
                let bounds: Vec<Value> =
                    [bound(">=", low), bound("<=", high)].into_iter().flatten().flatten().collect();
                json!({"numeric": bounds})
            }
        }
    }
}

/// Members that must each match by one of their alternatives.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern(BTreeMap<String, BTreeSet<Alternative>>);

impl Pattern {
    /// As `quamina` takes it.
    pub(crate) fn json(&self) -> String {
        let alternatives = |of: &BTreeSet<Alternative>| of.iter().map(Alternative::json).collect::<Value>();
        self.0.iter().map(|(member, of)| (member.clone(), alternatives(of))).collect::<Value>().to_string()
    }

    /// How many alternatives it has.
    pub(crate) fn alternatives(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// What may leave one state of an automaton together: all that asks for the same mark, and, of a member, all that
    /// is not a mark.
    pub(crate) fn crowds(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().flat_map(|(member, alternatives)| {
            alternatives.iter().map(move |alternative| match alternative {
                Alternative::Mark(mark) => (member.as_str(), Some(mark.as_str())),
                _ => (member.as_str(), None),
            })
        })
    }

    /// A pattern that matches wherever both do, and perhaps more: of one member it keeps the shorter list.
    fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (member, alternatives) in &other.0 {
            match both.0.get(member) {
                Some(kept) if kept.len() <= alternatives.len() => {}
                _ => drop(both.0.insert(member.clone(), alternatives.clone())),
            }
        }
        both
    }

    /// The same pattern with its exact members only, or else with one other: an automaton costs the product of the
    /// rest, and where something is exact, little is left to save.
    fn selective(mut self) -> Self {
        let is_exact = |alternatives: &BTreeSet<Alternative>| alternatives.iter().all(Alternative::is_exact);
        if self.0.values().any(is_exact) {
            self.0.retain(|_, alternatives| is_exact(alternatives));
            return self;
        }
        let best = self.0.into_iter().min_by(|(_, a), (_, b)| a.cmp(b));
        Self(best.into_iter().collect())
    }
}

/// Patterns of which at least one matches every event that passes the filter; none where there is nothing to go by.
pub(crate) fn of(filter: &Filter) -> Option<Vec<Pattern>> {
    let ways = ways(filter, true)?;
    Some(ways.into_iter().map(Pattern::selective).collect::<BTreeSet<_>>().into_iter().collect())
}

/// The ways for a filter to come out as `wanted`; none where these can't be told.
fn ways(filter: &Filter, wanted: bool) -> Option<Vec<Pattern>> {
    match (filter, wanted) {
        (Filter::All(filters), true) | (Filter::Any(filters), false) => all_ways(filters, wanted),
        (Filter::Any(filters), true) | (Filter::All(filters), false) => any_way(filters, wanted),
        (Filter::Not(filter), _) => ways(filter, !wanted),
        (Filter::Is(condition), true) => of_condition(condition),
        (Filter::Is(_), false) => None,
    }
}

fn any_way(filters: &[Filter], wanted: bool) -> Option<Vec<Pattern>> {
    let mut any = Vec::new();
    for filter in filters {
        any.extend(ways(filter, wanted)?);
    }
    (any.len() <= MAX_WAYS).then_some(any)
}

/// What can't be told, or would multiply beyond the bound, is left out: without it more matches, never less.
fn all_ways(filters: &[Filter], wanted: bool) -> Option<Vec<Pattern>> {
    let told = filters.iter().filter_map(|filter| ways(filter, wanted));
    told.reduce(|all, more| match all.len() * more.len() {
        0 => Vec::new(),
        1..=MAX_WAYS => all.iter().flat_map(|a| more.iter().map(|b| a.and(b))).collect(),
        _ => all,
    })
}

fn of_condition(condition: &Condition) -> Option<Vec<Pattern>> {
    let field = condition.field;
    let texts = |alternative: fn(String) -> Alternative, cut: fn(&str) -> &str| {
        shapes(text_member(field), condition.texts().iter().map(|text| alternative(cut(text).to_owned())).collect())
    };
    let range = |low: Option<_>, high: Option<_>| {
        let member = low.or(high).map(|bound| number(field, bound).0)?;
        let [low, high] = [low, high].map(|bound| bound.map(|bound| number(field, bound).1));
        shapes(member, BTreeSet::from([Alternative::Range(low, high)]))
    };
    let marks = |marks: BTreeSet<Alternative>| one(mark_member(field), marks);
    let quantity = match &condition.wanted {
        Wanted::Quantity(quantity) => Some(*quantity),
        _ => None,
    };
    match condition.operator {
        Operator::Is | Operator::IsAnyOf | Operator::ContainsAny => {
            marks(condition.texts().iter().map(|text| Alternative::Mark(mark(text))).collect())
        }
        Operator::ContainsAll => {
            marks(condition.texts().first().map(|text| Alternative::Mark(mark(text))).into_iter().collect())
        }
        Operator::StartsWith => texts(Alternative::Prefix, beginning),
        Operator::EndsWith => texts(Alternative::Suffix, end),
        Operator::Equal => marks(BTreeSet::from([Alternative::Mark(mark_of_quantity(quantity?))])),
        // A number is compared as the nearest of 64 floating bits, which keeps the order but not every difference: so
        // a bound is always included.
        Operator::Greater | Operator::GreaterOrEqual => range(quantity, None),
        Operator::Less | Operator::LessOrEqual => range(None, quantity),
        Operator::Between => match condition.wanted {
            Wanted::Range(low, high) if low <= high => range(Some(low), Some(high)),
            _ => None,
        },
        // Nearly every event passes most of these, and a part can stand anywhere in a text: in an automaton each costs
        // more than to ask the filter.
        Operator::Contains
        | Operator::DoesNotContain
        | Operator::IsNot
        | Operator::IsNoneOf
        | Operator::ContainsNone
        | Operator::NotEqual
        | Operator::IsEmpty
        | Operator::IsNotEmpty => None,
    }
}

/// One pattern, if that is affordable and says anything: every text begins with an empty one.
fn shapes(member: String, alternatives: BTreeSet<Alternative>) -> Option<Vec<Pattern>> {
    if alternatives.len() > MAX_SHAPES || alternatives.iter().any(Alternative::is_always) {
        return None;
    }
    one(member, alternatives)
}

/// One pattern of one member; none where nothing is asked of it.
fn one(member: String, alternatives: BTreeSet<Alternative>) -> Option<Vec<Pattern>> {
    (!alternatives.is_empty()).then(|| vec![Pattern(BTreeMap::from([(member, alternatives)]))])
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

fn end(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(MAX_BYTES))..]
}
