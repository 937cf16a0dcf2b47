//! Catalog of the filters that templates can use, as listed by the API.

use serde::Serialize;

/// Filter that templates can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TemplateFilter {
    /// Name, such as `money` for `{{order.total|money}}`.
    pub name: &'static str,
    /// What the filter does.
    pub description: &'static str,
    /// Template that uses the filter.
    pub example: &'static str,
    /// What the example renders to for the sample event of `coupon_redeemed`.
    pub result: &'static str,
}

macro_rules! filters {
    ($($name:literal $description:literal $example:literal => $result:literal;)*) => {
        /// Every filter, the most used ones first.
        pub const FILTERS: &[TemplateFilter] = &[$(TemplateFilter {
            name: $name,
            description: $description,
            example: $example,
            result: $result,
        },)*];
    };
}

filters! {
    "default" "Replaces a missing value. A message with a missing value and no `default` is skipped. `d` is a short name of this filter."
        "{{customer.last_name|default('there')}}" => "there";
    "money" "Writes an amount for the contact's locale, or `locale='de-DE'`." "{{order.total|money}}" => "$39.20";
    "date" "Writes the date of an instant for the contact's locale and zone. Takes `'short'`, `'medium'` or `'long'`, `locale=` and `zone=`."
        "{{coupon.expires_at|date('long', zone='UTC')}}" => "December 31, 2026";
    "datetime" "Writes the date and time of an instant, with the arguments of `date`."
        "{{coupon.expires_at|datetime('short', locale='de', zone='UTC')}}" => "31.12.26, 23:59";
    "time" "Writes the time of day of an instant. Takes `locale=` and `zone=`."
        "{{coupon.expires_at|time(locale='de', zone='UTC')}}" => "23:59";
    "urlencode" "Makes a value safe in the query of a URL." "{{'ana+x@example.com'|urlencode}}" => "ana%2Bx%40example.com";
    "tojson" "Writes a value as JSON, quotes included. For webhook bodies that are texts." "{{order.total|tojson}}" => "{\"amount\":3920,\"currency\":\"USD\"}";
    "upper" "Writes a text in upper case." "{{'ana'|upper}}" => "ANA";
    "lower" "Writes a text in lower case." "{{coupon.code|lower}}" => "member20";
    "capitalize" "Writes the first letter in upper case and the others in lower case." "{{'aNA'|capitalize}}" => "Ana";
    "title" "Writes each word with a capital letter." "{{'new member'|title}}" => "New Member";
    "trim" "Removes white space around a text, or the given characters." "{{' ana '|trim}}" => "ana";
    "replace" "Replaces a text in a text." "{{coupon.code|replace('MEMBER', '')}}" => "20";
    "length" "Counts characters or elements. `count` is another name of this filter." "{{coupon.code|length}}" => "8";
    "first" "Takes the first character or element." "{{coupon.code|first}}" => "M";
    "last" "Takes the last character or element." "{{coupon.code|last}}" => "0";
    "reverse" "Reverses a text or list." "{{'abc'|reverse}}" => "cba";
    "split" "Splits a text into a list." "{{'a-b'|split('-')|last}}" => "b";
    "lines" "Splits a text into its lines." "{{'a'|lines|first}}" => "a";
    "join" "Joins a list with a text." "{{[1, 2]|join(', ')}}" => "1, 2";
    "indent" "Indents the lines of a text after the first, or all: `indent(2, true)`." "{{'a'|indent(2, true)}}" => "  a";
    "format" "Fills a `%s` pattern." "{{'%s left'|format(3)}}" => "3 left";
    "string" "Converts a value to text." "{{7|string}}" => "7";
    "int" "Converts a text to a whole number." "{{'7'|int + 1}}" => "8";
    "float" "Converts a text to a number." "{{'7.5'|float}}" => "7.5";
    "bool" "Converts a value to true or false." "{{1|bool}}" => "True";
    "round" "Rounds a number to the given number of decimal digits." "{{2.345|round(1)}}" => "2.3";
    "abs" "Returns the absolute value of a number." "{{(-7)|abs}}" => "7";
    "min" "Returns the smallest element." "{{[2, 1]|min}}" => "1";
    "max" "Returns the largest element." "{{[2, 1]|max}}" => "2";
    "sum" "Adds up the elements." "{{[2, 1]|sum}}" => "3";
    "list" "Converts a value to a list. A text becomes the list of its characters." "{{'ab'|list|length}}" => "2";
    "sort" "Sorts a list." "{{[2, 1]|sort|join}}" => "12";
    "unique" "Leaves out repeated elements." "{{[1, 1]|unique|length}}" => "1";
    "map" "Applies a filter to each element." "{{['a', 'b']|map('upper')|join}}" => "AB";
    "select" "Keeps the elements that pass a test." "{{[1, 2]|select('even')|join}}" => "2";
    "reject" "Drops the elements that pass a test." "{{[1, 2]|reject('even')|join}}" => "1";
    "selectattr" "Keeps the objects in which the given member passes a test." "{{[{'a': 1}]|selectattr('a')|length}}" => "1";
    "rejectattr" "Drops the objects in which the given member passes a test." "{{[{'a': 1}]|rejectattr('a')|length}}" => "0";
    "groupby" "Groups objects by a member." "{{[{'a': 1}]|groupby('a')|length}}" => "1";
    "slice" "Splits a list into the given number of lists." "{{[1, 2]|slice(2)|length}}" => "2";
    "batch" "Splits a list into lists of the given length." "{{[1, 2]|batch(1)|length}}" => "2";
    "chain" "Concatenates lists." "{{[1]|chain([2])|list|length}}" => "2";
    "zip" "Pairs the elements of lists." "{{[1]|zip([2])|list|length}}" => "1";
    "items" "Lists the members of an object as pairs of name and value." "{{{'a': 1}|items|length}}" => "1";
    "dictsort" "Lists the members of an object as pairs of name and value, sorted by name." "{{{'a': 1}|dictsort|length}}" => "1";
    "attr" "Returns a member of an object." "{{{'a': 1}|attr('a')}}" => "1";
    "escape" "Escapes a text for HTML; values in `html` are escaped without it. Also `e`." "{{'<'|escape}}" => "&lt;";
    "pprint" "Writes a value for debugging." "{{7|pprint}}" => "7";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::automation::template::{Context, Format, OutputKind, render};
    use crate::events::event::{Detail, Event, EventType};

    #[test]
    fn every_filter_example_renders_to_its_result() {
        let sample = include_str!("../../../../../events/samples/CouponRedeemed.json");
        let mut sample: serde_json::Value = serde_json::from_str(sample).unwrap();
        let Detail { metadata, data } = serde_json::from_value(sample["detail"].take()).unwrap();
        let event = Event { kind: EventType::CouponRedeemed, metadata, data };
        let context = Context::new(&event, None, &BTreeMap::new(), &Format::default());
        let printed = |filter: &TemplateFilter| render(filter.example, OutputKind::Text, &context);
        let wrong = FILTERS.iter().filter(|filter| printed(filter).as_deref() != Ok(filter.result));
        let wrong: Vec<_> = wrong.map(|filter| (filter.name, printed(filter))).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        for filter in FILTERS {
            assert!(filter.example.contains(&format!("|{}", filter.name)), "{}", filter.name);
        }
    }
}
