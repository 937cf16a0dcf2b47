//! Reads filters and rejects conditions that could never match.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::Filter;
use super::condition::{Condition, Wanted};
use super::facts::Quantity;
use super::field::{FilterField, Kind};
use super::operator::{Operator, ValueShape};
use crate::automation::workflow::Trigger;
use crate::kernel::input;
use crate::kernel::input::{Errors, Field};
use crate::kernel::label::Label;
use crate::kernel::money::read_money;
use crate::kernel::percentage::{InvalidPercentage, Percentage};
use crate::kernel::text::fold;
use crate::purchases::customer::comparable;

const MAX_DEPTH: usize = 8;
pub(super) const MAX_CONDITIONS: usize = 100;
pub(super) const MAX_VALUES: usize = 500;
/// Permitted lengths of a text, in characters.
pub(super) const TEXT_LENGTH: RangeInclusive<usize> = 1..=500;
/// Maximum total length of the texts of a filter, in bytes. The length is limited, because each
/// instance of `action-executor` reads every published workflow.
const MAX_TEXT: usize = 50_000;

/// Context of a filter: the trigger, and whether there is a contact. The context determines which
/// fields can have a value.
#[derive(Debug, Clone, Copy)]
struct FilterContext {
    trigger: Trigger,
    has_contact: bool,
}

impl FilterContext {
    fn fields(self) -> impl Iterator<Item = FilterField> {
        let fits = move |field: &FilterField| field.fits(self.trigger) || (self.has_contact && field.is_of_contact());
        FilterField::ALL.iter().copied().filter(fits)
    }
}

impl Filter {
    /// Reads and checks the filters of a trigger: a tree, or a list. A list means `all`.
    pub fn read(field: &Field<'_>, trigger: Trigger, errors: &mut Errors) -> Option<Self> {
        whole(field, FilterContext { trigger, has_contact: false }, errors)
    }

    /// Reads and checks filters of a step within a workflow with this trigger. With `has_contact`, the step runs for a
    /// contact even if the trigger's event names none.
    pub fn read_within(field: &Field<'_>, trigger: Trigger, has_contact: bool, errors: &mut Errors) -> Option<Self> {
        whole(field, FilterContext { trigger, has_contact }, errors)
    }

    /// Reads the `filters` of a trigger without the rest of the workflow. Null matches every event.
    ///
    /// # Errors
    /// Returns every fault, with its pointer into `filters`, if the filters are invalid.
    pub fn from_json(filters: &Value, trigger: Trigger) -> Result<Self, Errors> {
        let read = input::read(filters, |field, errors| {
            field.optional(errors, |field, errors| Self::read(field, trigger, errors))
        });
        read.map(|filter| filter.unwrap_or(Self::All(Vec::new())))
    }
}

/// Reads a filter and checks its total size.
fn whole(field: &Field<'_>, place: FilterContext, errors: &mut Errors) -> Option<Filter> {
    let filter = filter(field, place, 0, errors)?;
    let (conditions, bytes) = size(&filter);
    if conditions > MAX_CONDITIONS {
        let detail = format!(
            "must have at most {MAX_CONDITIONS} conditions in total, but has {conditions}; split it into several workflows"
        );
        return field.reject(detail, errors);
    }
    if bytes > MAX_TEXT {
        let detail = format!(
            "must have at most {MAX_TEXT} bytes of text in total, but has {bytes}; split it into several workflows"
        );
        return field.reject(detail, errors);
    }
    Some(filter)
}

/// Returns the number of conditions in a filter, and the total length of their texts in bytes.
fn size(filter: &Filter) -> (usize, usize) {
    match filter {
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter().map(size).fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1))
        }
        Filter::Not(filter) => size(filter),
        Filter::Is(condition) => (1, condition.wanted.texts().iter().map(String::len).sum()),
    }
}

fn filter(field: &Field<'_>, place: FilterContext, depth: usize, errors: &mut Errors) -> Option<Filter> {
    if depth > MAX_DEPTH {
        return field.reject(format_args!("filters must be nested at most {MAX_DEPTH} deep"), errors);
    }
    let list = |field: &Field<'_>, least: usize, errors: &mut Errors| {
        field.list(least..=MAX_CONDITIONS, errors, |field, errors| filter(field, place, depth + 1, errors))
    };
    match field.value() {
        // An empty list is allowed only at the top. Deeper in the tree, it would match every event,
        // or no event if it is inside `not`.
        Some(serde_json::Value::Array(_)) => list(field, usize::from(depth > 0), errors).map(Filter::All),
        Some(serde_json::Value::Object(map)) if map.len() == 1 && map.contains_key("all") => {
            list(&field.get("all"), 1, errors).map(Filter::All)
        }
        Some(serde_json::Value::Object(map)) if map.len() == 1 && map.contains_key("any") => {
            list(&field.get("any"), 1, errors).map(Filter::Any)
        }
        Some(serde_json::Value::Object(map)) if map.len() == 1 && map.contains_key("not") => {
            filter(&field.get("not"), place, depth + 1, errors).map(|filter| Filter::Not(Box::new(filter)))
        }
        _ => condition(field, place, errors).map(Filter::Is),
    }
}

fn condition(field: &Field<'_>, place: FilterContext, errors: &mut Errors) -> Option<Condition> {
    field.object(&["field", "operator", "value"], errors)?;
    let tested = field.get("field").parse(|name| known_field(name, place), errors);
    let operator = field.get("operator").parse(|word| tested.map_or(Ok(None), |tested| fitting(word, tested)), errors);
    let (tested, operator) = (tested?, operator??);
    let value = field.get("value");
    let wanted = match operator.value_shape() {
        ValueShape::None if value.is_absent() => Wanted::Nothing,
        ValueShape::None => return value.reject(format_args!("must be absent with {operator}"), errors),
        ValueShape::One => Wanted::Quantity(quantity(&value, tested.kind(), errors)?),
        ValueShape::OneOrMore => Wanted::Texts(texts(&value, tested, errors)?),
        ValueShape::Range => range(&value, tested.kind(), errors)?,
    };
    Some(Condition { field: tested, operator, wanted })
}

fn known_field(name: &str, place: FilterContext) -> Result<FilterField, String> {
    let known = FilterField::ALL.iter().copied().find(|field| field.name() == name);
    if let Some(field) = known.filter(|known| place.fields().any(|field| field == *known)) {
        return Ok(field);
    }
    let fitting = place.fields().map(FilterField::name).collect::<Vec<_>>().join(", ");
    Err(match (known, place.trigger) {
        (_, Trigger::Manual) if !place.has_contact => {
            "a workflow with a manual trigger has no event to filter; omit filters".to_owned()
        }
        (Some(_), trigger) => format!("{} events never have {name}; they have {fitting}", trigger.name()),
        (None, _) => format!("is not a field; must be one of {fitting}"),
    })
}

/// Returns the operator with this name if it fits the field.
fn fitting(word: &str, field: FilterField) -> Result<Option<Operator>, String> {
    let operators = field.operators();
    let found = operators.iter().copied().find(|operator| operator.name() == word);
    let names = || operators.iter().map(|operator| operator.name()).collect::<Vec<_>>().join(", ");
    found.map(Some).ok_or_else(|| format!("does not fit {}; must be one of {}", field.name(), names()))
}

/// Reads one text or a list of texts, case-folded.
fn texts(value: &Field<'_>, tested: FilterField, errors: &mut Errors) -> Option<Vec<String>> {
    let text = |value: &Field<'_>, errors: &mut Errors| {
        let text = value.text(TEXT_LENGTH, errors)?;
        let text = match tested {
            FilterField::ContactTag => Label::from(text).key().to_owned(),
            FilterField::ContactEmail => comparable(text),
            _ => fold(text),
        };
        match tested.choices() {
            Some(choices) if !choices.contains(&text.as_str()) => {
                value.reject(format_args!("must be one of {}", choices.join(", ")), errors)
            }
            _ => Some(text),
        }
    };
    match value.value() {
        Some(serde_json::Value::Array(_)) => value.list(1..=MAX_VALUES, errors, text),
        _ => text(value, errors).map(|text| vec![text]),
    }
}

fn quantity(value: &Field<'_>, kind: Kind, errors: &mut Errors) -> Option<Quantity> {
    match (kind, value.value()) {
        (Kind::Count, _) => value.integer(0..=i64::MAX, errors).map(Quantity::Count),
        (Kind::PercentOrMoney, Some(serde_json::Value::Number(number))) => match Percentage::from_number(number) {
            Ok(percent) => Some(Quantity::Percent(percent)),
            Err(InvalidPercentage) => value.reject(InvalidPercentage, errors),
        },
        (_, Some(serde_json::Value::Object(_))) => read_money(value, errors).map(Quantity::Money),
        (Kind::PercentOrMoney, _) => {
            value.reject("must be a percentage such as 12.5, or {\"amount\": 1000, \"currency\": \"USD\"}", errors)
        }
        _ => value
            .reject("must be an amount with its currency, such as {\"amount\": 1000, \"currency\": \"USD\"}", errors),
    }
}

fn range(value: &Field<'_>, kind: Kind, errors: &mut Errors) -> Option<Wanted> {
    let bounds = value.list(2..=2, errors, |value, errors| quantity(value, kind, errors))?;
    match bounds[..] {
        [low, high] if low <= high => Some(Wanted::Range(low, high)),
        _ => value
            .reject("must be a lower and an upper bound of the same kind and currency, the lower one first", errors),
    }
}
