//! Parser that splits a template into texts, expressions and tags without rendering it.

use std::iter;

/// Piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Literal text.
    Text(&'a str),
    /// Content of `{{…}}`, trimmed.
    Expression(Expression<'a>),
    /// Tag `{% … %}` or comment `{# … #}`.
    Tag,
}

/// Content of `{{…}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expression<'a>(pub(super) &'a str);

impl<'a> Expression<'a> {
    /// Returns the name of the field, if the expression consists of only a field.
    pub(super) fn field(self) -> Option<&'a str> {
        let is_named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        (!self.0.is_empty() && self.0.chars().all(is_named)).then_some(self.0)
    }

    /// Returns the name of the last filter, if the filter applies to the whole expression.
    pub(super) fn last_filter(self) -> Option<&'a str> {
        let is_pipe = |&(_, c, depth): &(usize, char, usize)| c == '|' && depth == 0;
        let (place, ..) = outside_quotes(self.0).filter(is_pipe).last()?;
        let (before, call) = (self.0.get(..place)?, self.0.get(place + 1..)?.trim());
        let name = call.split('(').next()?.trim_end();
        let arguments = call.get(name.len()..)?.trim();
        let end = outside_quotes(arguments).find(|(_, c, depth)| *c == ')' && *depth == 0);
        let is_all_of_the_call = arguments.is_empty() || end.is_some_and(|(end, ..)| end + 1 == arguments.len());
        let is_filter = is_operand(name) && is_all_of_the_call;
        // A filter binds tighter than any operator. It applies to the whole expression only if no
        // operator precedes it.
        let mut start = 0;
        let mut operands = outside_quotes(before).filter(is_pipe).map(|(pipe, ..)| pipe).chain([before.len()]);
        let is_chain = operands.all(|pipe| {
            let operand = before.get(start..pipe).unwrap_or_default();
            start = pipe + 1;
            is_operand(operand.trim())
        });
        (is_filter && is_chain).then_some(name)
    }
}

/// Whether the text has no operator outside of brackets and string literals.
fn is_operand(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ')' | ']' | '}');
    !text.is_empty() && outside_quotes(text).all(|(_, c, depth)| depth > 0 || is_part(c))
}

/// Returns the characters outside of string literals, with their byte offset and bracket depth. A
/// closing bracket has the same depth as the text after it.
pub(super) fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let mut quote = None;
    let mut is_escaped = false;
    let mut depth = 0usize;
    text.char_indices().filter_map(move |(place, c)| {
        match (quote, c) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => {
                depth += 1;
                return Some((place, c, depth));
            }
            (None, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                return Some((place, c, depth));
            }
            (None, _) => return Some((place, c, depth)),
        }
        None
    })
}

/// Splits a template into its pieces, in order.
pub(super) fn parts(source: &str) -> Vec<Part<'_>> {
    let mut rest = source;
    let next = move || {
        if rest.is_empty() {
            return None;
        }
        let start = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min();
        let (part, after) = match start {
            None => (Part::Text(rest), ""),
            Some(0) if rest.starts_with("{{") => {
                let inside = &rest[2..];
                let end = end_of_expression(inside);
                let after = inside.get(end + 2..).unwrap_or_default();
                (Part::Expression(Expression(inside[..end].trim_matches(['-', '+']).trim())), after)
            }
            Some(0) => {
                let close = if rest.starts_with("{%") { "%}" } else { "#}" };
                (Part::Tag, rest.split_once(close).map_or("", |(_, after)| after))
            }
            Some(start) => (Part::Text(&rest[..start]), &rest[start..]),
        };
        rest = after;
        Some(part)
    };
    iter::from_fn(next).collect()
}

/// Returns the byte offset of the `}}` that ends the expression. The expression itself can contain
/// braces.
pub(super) fn end_of_expression(inside: &str) -> usize {
    let mut before = None;
    for (place, c, depth) in outside_quotes(inside) {
        if c == '}' && depth == 0 && before == Some(place.wrapping_sub(1)) {
            return place - 1;
        }
        before = (c == '}' && depth == 0).then_some(place);
    }
    inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_is_split_into_texts_expressions_and_tags() {
        let expression = |text| Part::Expression(Expression(text));
        assert_eq!(
            parts("Hi {{ customer.first_name|default('}} you') }}, {% if a %}x{% endif %}{# no #}{{-a-}}"),
            [
                Part::Text("Hi "),
                expression("customer.first_name|default('}} you')"),
                Part::Text(", "),
                Part::Tag,
                Part::Text("x"),
                Part::Tag,
                Part::Tag,
                expression("a"),
            ]
        );
        assert_eq!(parts("{{ {'a': {'b': 1}}|tojson }}."), [expression("{'a': {'b': 1}}|tojson"), Part::Text(".")]);
    }

    #[test]
    fn last_filter_is_found_only_if_it_applies_to_the_whole_expression() {
        let last = |text| Expression(text).last_filter();
        assert_eq!(last("customer.email|urlencode"), Some("urlencode"));
        assert_eq!(last("customer.email | default('a|b') | urlencode()"), Some("urlencode"));
        assert_eq!(last("(a ~ b)|tojson"), Some("tojson"));
        for not_all in ["customer.email", "a|tojson ~ b", "a ~ b|tojson", "a or b|tojson", "a|tojson|", "x('|tojson')"]
        {
            assert_eq!(last(not_all), None, "{not_all}");
        }
    }
}
