//! Finds and renames the steps whose outputs a template uses, without parsing the template. The template can be
//! incomplete.

use std::ops::Range;

use super::expression::{end_of_expression, outside_quotes};

/// Returns the byte ranges of the ids of steps in a template: of `bonus` in `{{steps.bonus.code}}`.
pub fn step_references(source: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some((open, kind)) = next_opening(&source[start..]) {
        let inside = start + open + 2;
        let rest = source.get(inside..).unwrap_or_default();
        let length = match kind {
            Opening::Expression => end_of_expression(rest),
            Opening::Tag => end_of_tag(rest),
            Opening::Comment => rest.find("#}").unwrap_or(rest.len()),
        };
        if kind != Opening::Comment {
            let code = &rest[..length];
            found.extend(ids(code).into_iter().map(|range| inside + range.start..inside + range.end));
        }
        start = (inside + length + 2).min(source.len());
    }
    found
}

/// Renames steps in a template. `new` returns the new id of a step, or `None` if the step keeps its id. Returns `None`
/// if the template uses no step that is renamed.
pub fn rename_step(source: &str, new: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let renamed: Vec<_> =
        step_references(source).into_iter().filter_map(|range| Some((range.clone(), new(&source[range])?))).collect();
    let mut text = source.to_owned();
    for (range, id) in renamed.iter().rev() {
        text.replace_range(range.clone(), id);
    }
    (!renamed.is_empty()).then_some(text)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Expression,
    Tag,
    Comment,
}

fn next_opening(source: &str) -> Option<(usize, Opening)> {
    let openings = [("{{", Opening::Expression), ("{%", Opening::Tag), ("{#", Opening::Comment)];
    openings.into_iter().filter_map(|(open, kind)| Some((source.find(open)?, kind))).min_by_key(|(place, _)| *place)
}

/// Returns the byte offset of the `%}` that ends a tag.
fn end_of_tag(inside: &str) -> usize {
    let mut before = None;
    for (place, c, _) in outside_quotes(inside) {
        if c == '}' && before == Some(place.wrapping_sub(1)) {
            return place - 1;
        }
        before = (c == '%').then_some(place);
    }
    inside.len()
}

/// Name or punctuation in an expression.
struct Token<'a> {
    range: Range<usize>,
    text: &'a str,
}

/// Splits an expression into names and single other characters. Omits spaces and string literals.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut is_in_name = false;
    for (place, c, _) in outside_quotes(code).filter(|(_, c, _)| !c.is_whitespace()) {
        let end = place + c.len_utf8();
        match ranges.last_mut().filter(|last| is_in_name && is_name(c) && last.end == place) {
            Some(last) => last.end = end,
            None => ranges.push(place..end),
        }
        is_in_name = is_name(c);
    }
    ranges.into_iter().map(|range| Token { text: &code[range.clone()], range }).collect()
}

/// Returns the ranges of the ids after `steps.` in an expression, outside of string literals.
fn ids(code: &str) -> Vec<Range<usize>> {
    let tokens = tokens(code);
    let is_id = |place: &usize| {
        let [steps, dot, id] = &tokens[place - 2..=*place] else { return false };
        let is_member = *place > 2 && tokens[place - 3].text == ".";
        steps.text == "steps" && dot.text == "." && id.text.starts_with(is_name) && !is_member
    };
    (2..tokens.len()).filter(is_id).map(|place| tokens[place].range.clone()).collect()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<&str> {
        step_references(source).into_iter().map(|range| &source[range]).collect()
    }

    #[test]
    fn steps_are_found_in_expressions_and_tags_only() {
        for (source, ids) in [
            ("{{steps.bonus.code}} and {{ steps . gift.code|default('x') }}", vec!["bonus", "gift"]),
            ("{% if steps.a.code and not steps.b.code %}{{-steps.c.code-}}{% endif %}", vec!["a", "b", "c"]),
            ("{{ {'x': steps.bonus.code}|tojson }}{{steps.bonus.code ~ \"}} steps.no.code\"}}", vec!["bonus", "bonus"]),
            ("steps.no.code {# {{steps.no.code}} #} {{'steps.no.code'}} {{order.steps.no}} {{mysteps.no.x}}", vec![]),
            ("{{steps.open", vec!["open"]),
            ("{{steps.", vec![]),
            ("{% if '%}' == steps.é.code or steps.after.code", vec!["after"]),
        ] {
            assert_eq!(found(source), ids, "{source}");
        }
    }

    #[test]
    fn renamed_step_is_renamed_everywhere_and_nothing_else() {
        let new = |id: &str| (id == "bonus").then(|| "gift_of_summer".to_owned());
        let source = "bonus {{steps.bonus.code}} {{steps.bonus2.code}} {% if steps.bonus.code %}bonus{% endif %}";
        let renamed = "bonus {{steps.gift_of_summer.code}} {{steps.bonus2.code}} \
                       {% if steps.gift_of_summer.code %}bonus{% endif %}";
        assert_eq!(rename_step(source, &new).as_deref(), Some(renamed));
        assert_eq!(rename_step("{{steps.other.code}}", &new), None);
    }
}
